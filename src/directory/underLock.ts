import { mayExceed, seatLimitReached } from "../admission/seatLimit.ts";
import type { Decision } from "../admission/types.ts";
import type { Database, Scope, Who } from "../storage/types.ts";
import type { Member } from "./member.ts";
import { otherAdmins } from "./members.store.ts";
import { rulesUnder, type TenantRules } from "./rules.ts";
import { lockSeats, type SeatRow } from "./seats.store.ts";
import { settle, settleUnseated, type Settled } from "./settle.ts";

/** What holds for the rest of a transaction: nobody else moves a seat of this tenant or changes its rules. */
export interface Locked {
  readonly seats: SeatRow;
  readonly rules: TenantRules;
}

/** Takes the lock of the tenant's seats: the first statement of every careful write (rule 1). */
export async function underLock(db: Database, scope: Scope): Promise<Locked> {
  const [seats] = await scope.trx.run(lockSeats(scope.tenantId));
  if (!seats) throw new Error(`tenant ${scope.tenantId} has no seat row`);
  return { seats, rules: await rulesUnder(db, scope, seats.rulesVersion) };
}

/** The same lock with the seats as this transaction has left them. */
export async function relocked(scope: Scope, { rules }: Pick<Locked, "rules">): Promise<Locked> {
  const [seats] = await scope.trx.run(lockSeats(scope.tenantId));
  if (!seats) throw new Error(`tenant ${scope.tenantId} has no seat row`);
  return { seats, rules };
}

/**
 * Carries a decision out under the lock, where it is known whether there is a seat.
 *
 * @throws Refusal `seat_limit_reached` where the door refuses
 */
export async function pick(
  scope: Scope,
  member: Member,
  decision: Decision,
  { seats, rules }: Locked,
): Promise<Settled> {
  const { limit, used } = seats;
  const settled = settle(member, decision, rules, scope.now);
  if (decision.seat.ask !== "take" || limit === null || used === null || used < limit) return settled;
  if (await isFirstAdmin(scope, settled.member, limit, used)) return { ...settled, seatDoor: "exceed" };
  if (decision.seat.unseated === "refuse") throw seatLimitReached(limit, used);
  return settleUnseated(member, decision, decision.seat.unseated, rules, scope.now);
}

/** Rule 6: while nobody administers, one grant of admin may exceed the limit by one. */
async function isFirstAdmin(scope: Scope, member: Member, limit: number, used: number): Promise<boolean> {
  if (!member.administers) return false;
  const [others] = await scope.trx.run(otherAdmins(scope.tenantId, member.id));
  return mayExceed({ activeAdmins: others?.count ?? 0, grantsAdmin: true, limit, used });
}

/** The `WriteContext` of a settled member, but for its event. */
export function context(
  who: Pick<Who, "tenantId">,
  rules: TenantRules,
  { seatDoor }: Settled,
): { tenantId: string; rulesVersion: number; seatDoor: Settled["seatDoor"] } {
  return { tenantId: who.tenantId, rulesVersion: rules.version, seatDoor };
}
