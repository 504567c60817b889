import { decide } from "../../admission/seats.ts";
import type { Rules } from "../../admission/types.ts";
import { Refusal } from "../../base/errors.ts";
import { inTenant, onceInTenant, readOnce, sqlState, writeOnce } from "../../storage/scope.ts";
import type { Database, Scope, Statement, Transaction, Who } from "../../storage/types.ts";
import type { Via } from "./createMember.ts";
import { promote, releaseHeldAdmins } from "./effects.ts";
import { keepAnAdmin, tellIfAdminless } from "../roles/lastAdmin.ts";
import { changedAt, personOf, standingOf, type Member } from "./member.ts";
import { namingDirectory } from "./managedBy.ts";
import { changed, unchanged } from "./memberEvents.ts";
import { lockMember, memberById, noHoldLeft, STALE, updateMember, type SeatDoor } from "./members.store.ts";
import { rulesOf, type TenantRules } from "../roles/rules.ts";
import { lockSeats, promoteWaiting } from "../seats/seats.store.ts";
import { settle, type Settled } from "./settle.ts";
import { context, pick, underLock, type Locked } from "./underLock.ts";

/** What is wanted of a member. */
export interface Change {
  /** Makes the member as it should be; may run several times, each on a fresher one, and what it throws is thrown. */
  readonly make: (member: Member) => Member;
  /** What else must hold, asked before the write; throws a refusal. */
  readonly check?: Check | undefined;
  /** Statements that stand behind the write and demand that what was asked still holds; they fail as stale. */
  readonly still?: ((before: Member, after: Member) => readonly Statement[]) | undefined;
  /** Whether `check` asks about other members too: then nobody else writes until this change is made. */
  readonly alone?: boolean | undefined;
  /** The member whom an admin named to take over, where this makes somebody leave. */
  readonly reassignTo?: string | undefined;
  /** argon2id, PHC string; null takes the password away, undefined leaves it as it is. */
  readonly passwordHash?: string | null | undefined;
}

type Check = (read: Transaction["run"], before: Member, after: Member, rules: Rules) => Promise<void>;

/**
 * SQLSTATEs of a write that somebody was faster than: the member has changed since it was read, or (check_violation) it
 * held the last seat in use and that was given back meanwhile.
 */
const FASTER: ReadonlySet<string | undefined> = new Set([STALE, "23514"]);

/** How often a change is tried on a member that others change at the same time, before the lock is taken. */
const QUICK_TRIES = 3;

/**
 * Changes a member as admission decides; what changes nothing writes and records nothing.
 *
 * Goes in two round trips, reading and then writing if nobody was faster; under the lock of the tenant's seats where
 * no seat is free, the rules have changed or an admin comes or goes.
 *
 * @throws Refusal `not_found`, `seat_limit_reached`, `last_admin`
 */
export async function changeMember(db: Database, who: Who, id: string, change: Change, via: Via): Promise<Member> {
  for (let i = 0; i < QUICK_TRIES && change.alone !== true; i++) {
    const outcome = await quickly(db, who, id, change, via);
    if (typeof outcome === "object") return outcome;
    if (outcome === "careful") break;
  }
  return inTenant(db, who, async (scope) => changeUnderLock(scope, await underLock(db, scope), id, change, via));
}

/** The refusal of an id that names nobody here, be it unknown or another tenant's. */
export function noSuchMember(id: string): Refusal {
  return new Refusal("not_found", `no member ${id}`);
}

async function quickly(
  db: Database,
  who: Who,
  id: string,
  change: Change,
  via: Via,
): Promise<Member | "stale" | "careful"> {
  const rules = await rulesOf(db, who.tenantId);
  const [[before]] = await onceInTenant(db, who, memberById(who.tenantId, id));
  if (!before) throw noSuchMember(id);
  const wanted = await namingDirectory(readOnce(db, who), who.tenantId, before, () => change.make(before));
  await change.check?.(readOnce(db, who), before, wanted, rules.rules);
  const decision = decide(standingOf(before, who.now), personOf(wanted), via.door, via.act, rules.rules);
  const settled = settle(wanted, decision, rules, who.now);
  if (isNothing(before, settled, change)) return before;
  if (before.administers !== settled.member.administers) return "careful";
  const { after, statement } = write(who, before, settled, rules, change);
  const behind = change.still?.(before, wanted) ?? [];
  try {
    const version = await send(db, who, settled.seatDoor, rules, statement, behind);
    return version === null ? "careful" : after;
  } catch (error) {
    if (FASTER.has(sqlState(error))) return "stale";
    throw error;
  }
}

/**
 * One batch; a freed seat goes to the next in line within it, under the lock. Where that one begins to administer and
 * another kept the role until then (rule 17), the batch fails as stale and the careful way does both.
 */
async function send(
  db: Database,
  who: Who,
  seatDoor: SeatDoor,
  { adminRoles }: TenantRules,
  statement: Statement<{ version: number | null }>,
  behind: readonly Statement[],
): Promise<number | null> {
  const { tenantId, now } = who;
  const promotion = promoteWaiting(tenantId, 1, now, adminRoles);
  const rows =
    seatDoor === "free"
      ? (await writeOnce(db, who, [lockSeats(tenantId), statement, promotion, noHoldLeft(tenantId), ...behind]))[1]
      : (await writeOnce(db, who, [statement, ...behind]))[0];
  return rows[0]?.version ?? null;
}

/**
 * Changes a member in a transaction that holds the lock of the tenant's seats.
 *
 * @throws as `changeMember`
 */
export async function changeUnderLock(
  scope: Scope,
  locked: Locked,
  id: string,
  change: Change,
  via: Via,
): Promise<Member> {
  const [before] = await scope.trx.run(lockMember(scope.tenantId, id));
  if (!before) throw noSuchMember(id);
  const wanted = await namingDirectory(scope.trx.run, scope.tenantId, before, () => change.make(before));
  await change.check?.((statement) => scope.trx.run(statement), before, wanted, locked.rules.rules);
  const standing = standingOf(before, scope.now);
  const decideOn = (member: Member): Promise<Settled> =>
    pick(scope, member, decide(standing, personOf(member), via.door, via.act, locked.rules.rules), locked);
  const settled = await keepAnAdmin(scope, before, await decideOn(wanted), via, locked.rules, decideOn);
  if (isNothing(before, settled, change)) return before;
  const { after, statement } = write(scope, before, settled, locked.rules, change);
  await scope.trx.run(statement);
  if (settled.seatDoor === "free") await promote(scope, locked, 1);
  if (before.administers && !after.administers) await tellIfAdminless(scope, after);
  if (!before.administers && after.administers) await releaseHeldAdmins(scope, locked);
  return after;
}

function write(
  who: Who,
  before: Member,
  settled: Settled,
  rules: TenantRules,
  { passwordHash, reassignTo }: Change,
): { after: Member; statement: Statement<{ version: number | null }> } {
  const after = changedAt(before, settled.member, who.now);
  const passwordChanged = typeof passwordHash === "string" || before.hasPassword !== after.hasPassword;
  const told = changed(who, before, after, { passwordChanged, reassignTo });
  return { after, statement: updateMember({ ...context(who, rules, settled), told, passwordHash }, after) };
}

function isNothing(before: Member, { member }: Settled, { passwordHash }: Change): boolean {
  return typeof passwordHash !== "string" && unchanged(before, member);
}
