import { heldRoles, lastAdmin } from "../../admission/lastAdmin.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import type { Scope } from "../../storage/types.ts";
import type { Via } from "../members/createMember.ts";
import { standingOf, type Member } from "../members/member.ts";
import { otherAdmins } from "../members/members.store.ts";
import type { TenantRules } from "./rules.ts";
import type { Settled } from "../members/settle.ts";

/**
 * Rule 17 for a change under the lock: what is carried out when a member would stop administering.
 *
 * @param decideOn decides again, on a member that keeps the role by `lastAdminHold`
 * @throws Refusal `last_admin` for a person's act
 */
export async function keepAnAdmin(
  scope: Scope,
  before: Member,
  settled: Settled,
  via: Via,
  { rules }: TenantRules,
  decideOn: (member: Member) => Promise<Settled>,
): Promise<Settled> {
  if (!before.administers || settled.member.administers) return settled;
  const otherCount = await countOthers(scope, before);
  const verdict = lastAdmin({ before: true, after: false, otherAdmins: otherCount }, via.loss);
  if (verdict !== "hold") return settled;
  return decideOn({ ...settled.member, lastAdminHold: heldRoles(standingOf(before, scope.now), rules.roles) });
}

/**
 * Rule 17 for a removal under the lock.
 *
 * @throws Refusal `last_admin` for a person's act
 */
export async function refuseLastAdmin(scope: Scope, member: Member, via: Via): Promise<void> {
  const loss = { before: member.administers, after: false, otherAdmins: await countOthers(scope, member) };
  lastAdmin(loss, via.loss);
}

/** Alerts the operator when nobody administers any more. */
export async function tellIfAdminless(scope: Scope, lost: Member): Promise<void> {
  if ((await countOthers(scope, lost)) > 0) return;
  const target = { type: "tenant", id: scope.tenantId } as const;
  await record(scope, event(scope, "tenant.adminless", target, { lastAdmin: lost.id }));
}

async function countOthers(scope: Scope, member: Member): Promise<number> {
  const [others] = await scope.trx.run(otherAdmins(scope.tenantId, member.id));
  return others?.count ?? 0;
}
