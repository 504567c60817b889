import { mayExceed, seatLimitReached } from "../../admission/seatLimit.ts";
import type { Decision } from "../../admission/types.ts";
import type { Refusal } from "../../base/errors.ts";
import type { Database, RowsOf, Scope, Statement, Who } from "../../storage/types.ts";
import { readContactRow } from "../tenants/contact.store.ts";
import type { Member } from "./member.ts";
import { otherAdmins } from "./members.store.ts";
import { rulesUnder, type TenantRules } from "../roles/rules.ts";
import { lockSeats, type SeatRow } from "../seats/seats.store.ts";
import { settle, settleUnseated, type Settled } from "./settle.ts";

/** What holds for the rest of a transaction: nobody else moves a seat of this tenant or changes its rules. */
export interface Locked {
  readonly seats: SeatRow;
  readonly rules: TenantRules;
}

/** Takes the lock of the tenant's seats: the first statement of every careful write (rule 1). */
export async function underLock(db: Database, scope: Scope): Promise<Locked> {
  return (await underLockWith(db, scope)).locked;
}

/** The same with further statements in its round trip, which run under the lock. */
export async function underLockWith<const S extends readonly Statement[]>(
  db: Database,
  scope: Scope,
  ...statements: S
): Promise<{ locked: Locked; rows: RowsOf<S> }> {
  const [[seats], ...rows] = await scope.trx.all<readonly [Statement<SeatRow>, ...Statement[]]>(
    lockSeats(scope.tenantId),
    ...statements,
  );
  if (!seats) throw new Error(`tenant ${scope.tenantId} has no seat row`);
  const locked = { seats, rules: await rulesUnder(db, scope, seats.rulesVersion) };
  return { locked, rows: rows as RowsOf<S> };
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
  if (decision.seat.unseated === "refuse") throw await full(scope, limit, used);
  return settleUnseated(member, decision, decision.seat.unseated, rules, scope.now);
}

/** The refusal, with whom to ask (rule 9). */
export async function full({ trx, tenantId }: Scope, limit: number, used: number): Promise<Refusal> {
  const [row] = await trx.run(readContactRow(tenantId));
  const { name = null, email = null } = row?.contact ?? {};
  return seatLimitReached(limit, used, name === null && email === null ? null : { name, email });
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
