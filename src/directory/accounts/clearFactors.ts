import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import { type AdminWho, checkTakeover } from "../members/adminMembers.ts";
import { noSuchMember } from "../members/changeMember.ts";
import { lockMember } from "../members/members.store.ts";
import { deletePasskeys } from "./passkeys.store.ts";
import { mailPerson } from "../members/personMail.ts";
import { clearFactorsOf } from "./secondFactors.store.ts";
import { underLock } from "../members/underLock.ts";

/**
 * Removes the second factors of a member who has lost them all, those of this tenant alone: an account's are its holder's.
 * Sessions stay; whoever must have a factor is led to add one at the next sign-in.
 *
 * @throws Refusal `not_found`, `forbidden` for who lacks a permission of the member's (rule 16)
 */
export async function clearFactors(db: Database, who: AdminWho, memberId: string): Promise<void> {
  await inTenant(db, who, async (scope) => {
    const { tenantId, trx } = scope;
    const { rules } = await underLock(db, scope);
    const [member] = await trx.run(lockMember(tenantId, memberId));
    if (!member) throw noSuchMember(memberId);
    await checkTakeover(trx.run, rules.rules, who, member);
    const holder = { kind: "member", tenantId, id: memberId } as const;
    const apps = await trx.run(clearFactorsOf(holder));
    const passkeys = await trx.run(deletePasskeys(holder));
    const gone = [...apps.map(() => "totp"), ...passkeys.map(() => "passkey")];
    for (const kind of gone) {
      const told = { kind, holder: holder.kind };
      await record(scope, event(scope, "member.second_factor_removed", { type: "member", id: memberId }, told));
    }
    if (gone.length > 0) await mailPerson(scope, memberId, { message: "factorsCleared", values: {} });
  });
}
