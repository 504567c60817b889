import { record } from "../events/journal.store.ts";
import { inTenant } from "../storage/scope.ts";
import type { Database, Who } from "../storage/types.ts";
import { promote } from "./effects.ts";
import { leaveGroups } from "./groups.store.ts";
import { noSuchMember } from "./changeMember.ts";
import type { Via } from "./createMember.ts";
import { refuseLastAdmin, tellIfAdminless } from "./lastAdmin.ts";
import type { Member } from "./member.ts";
import { deleted } from "./memberEvents.ts";
import { clearManager, deleteMember, lockMember } from "./members.store.ts";
import { freeSeat } from "./seats.store.ts";
import { buryIdentities } from "./signIns.store.ts";
import { underLock } from "./underLock.ts";

/**
 * Removes a member and leaves a tombstone (rule 22); a freed seat goes to the next in line.
 *
 * @param check asked with the member before it goes; what it throws is thrown
 * @throws Refusal `not_found`, `last_admin`
 */
export async function removeMember(
  db: Database,
  who: Who,
  id: string,
  via: Via,
  check: (member: Member) => void = () => {},
): Promise<void> {
  await inTenant(db, who, async (scope) => {
    const locked = await underLock(db, scope);
    const [member] = await scope.trx.run(lockMember(who.tenantId, id));
    if (!member) throw noSuchMember(id);
    check(member);
    if (member.administers) await refuseLastAdmin(scope, member, via);
    await scope.trx.run(leaveGroups(who.tenantId, member.id, who.now));
    await scope.trx.run(buryIdentities(who.tenantId, member.id, who.now));
    await scope.trx.run(deleteMember(who.tenantId, member, who.now));
    await scope.trx.run(clearManager(who.tenantId, member.id, who.now));
    await record(scope, deleted(who, member));
    if (member.administers) await tellIfAdminless(scope, member);
    if (member.seat !== "held" || locked.seats.limit === null) return;
    await scope.trx.run(freeSeat(who.tenantId));
    await promote(scope, locked, 1);
  });
}
