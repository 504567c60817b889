import { record } from "../../events/journal.store.ts";
import { inTenant } from "../../storage/scope.ts";
import type { Database, Scope, Transaction, Who } from "../../storage/types.ts";
import { promote } from "./effects.ts";
import { eraseIfWanted } from "./erase.ts";
import { leaveGroups } from "../directories/groups.store.ts";
import { noSuchMember } from "./changeMember.ts";
import type { Via } from "./createMember.ts";
import { refuseLastAdmin, tellIfAdminless } from "../roles/lastAdmin.ts";
import type { Member } from "./member.ts";
import { deleted } from "./memberEvents.ts";
import { removalTold } from "../offboarding/leaving.ts";
import { clearManager, deleteMember, lockMember } from "./members.store.ts";
import { freeSeat } from "../seats/seats.store.ts";
import { buryIdentities } from "../signIn/signIns.store.ts";
import { type Locked, underLock } from "./underLock.ts";

/** Asked with the member before it goes; what it throws is thrown. */
export type RemovalCheck = (member: Member, read: Transaction["run"]) => Promise<void> | void;

/**
 * Removes a member and leaves a tombstone (rule 22); a freed seat goes to the next in line. What they leave behind is
 * told, and whom the caller named to take over.
 *
 * @throws Refusal `not_found`, `last_admin`
 */
export async function removeMember(
  db: Database,
  who: Who,
  id: string,
  via: Via,
  check: RemovalCheck = () => {},
  reassignTo: string | null = null,
): Promise<void> {
  await inTenant(db, who, async (scope) =>
    removeUnderLock(scope, await underLock(db, scope), id, via, check, reassignTo),
  );
}

/**
 * The same in a transaction that holds the lock of the tenant's seats. What it refuses it refuses before it writes.
 *
 * @throws as `removeMember`
 */
export async function removeUnderLock(
  scope: Scope,
  locked: Locked,
  id: string,
  via: Via,
  check: RemovalCheck,
  reassignTo: string | null = null,
): Promise<void> {
  const { trx, tenantId, now } = scope;
  const [member] = await trx.run(lockMember(tenantId, id));
  if (!member) throw noSuchMember(id);
  await check(member, trx.run);
  if (member.administers) await refuseLastAdmin(scope, member, via);
  // First, while it is known what they leave behind.
  for (const told of removalTold(scope, member, reassignTo)) await trx.run(told);
  await trx.run(leaveGroups(tenantId, member.id, now));
  await trx.run(buryIdentities(tenantId, member.id, now));
  await trx.run(deleteMember(tenantId, member, now));
  await trx.run(clearManager(tenantId, member.id, now));
  await eraseIfWanted(scope, member);
  await record(scope, deleted(scope, member));
  if (member.administers) await tellIfAdminless(scope, member);
  if (member.seat !== "held" || locked.seats.limit === null) return;
  await trx.run(freeSeat(tenantId));
  await promote(scope, locked, 1);
}
