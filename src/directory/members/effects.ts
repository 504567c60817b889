/**
 * The effects of groups and mappings on many members at once: decided one by one, carried out together, under the lock
 * of the tenant's seats.
 */
import { heldRoles } from "../../admission/lastAdmin.ts";
import { freeingFirst } from "../../admission/seatMoves.ts";
import { decide } from "../../admission/seats.ts";
import type { Decision, Door } from "../../admission/types.ts";
import { enqueueAll } from "../../events/jobs.store.ts";
import type { NewJob } from "../../events/jobs.ts";
import type { Scope } from "../../storage/types.ts";
import { changedAt, personOf, standingOf, type Member } from "./member.ts";
import { changed, unchanged } from "./memberEvents.ts";
import { countAdmins, membersHeld, membersWith, writeDecided } from "../roles/redecide.store.ts";
import type { TenantRules } from "../roles/rules.ts";
import { moveUsed, promoteWaiting } from "../seats/seats.store.ts";
import { settle, settleUnseated } from "./settle.ts";
import { relocked, type Locked } from "./underLock.ts";

/** Most members whose roles change in the transaction of the cause; more than these are a job's (rule 3). */
export const MOST_AT_ONCE = 1000;

/** The job that carries effects out on more members than one transaction should hold. */
export const REAPPLY_JOB = "roles.reapply";

interface Plan {
  readonly before: Member;
  readonly wanted: Member;
  readonly decision: Decision;
}

/** A member before and after. */
type Pair = readonly [before: Member, after: Member];

/**
 * The effects of a change on these members: at once where they are few, else by jobs of the same transaction, and the
 * answer does not wait (rule 3).
 */
export async function effectsOn(scope: Scope, locked: Locked, ids: readonly string[]): Promise<void> {
  if (ids.length <= MOST_AT_ONCE) return applyEffects(scope, locked, ids);
  await enqueueAll(scope, inChunks(ids).map(reapplyJob));
}

/** The job that decides anew on these members, at most `MOST_AT_ONCE`. */
function reapplyJob(ids: readonly string[]): NewJob {
  return { kind: REAPPLY_JOB, key: REAPPLY_JOB, payload: { ids } };
}

function inChunks(ids: readonly string[]): string[][] {
  const starts = Array.from({ length: Math.ceil(ids.length / MOST_AT_ONCE) }, (_, i) => i * MOST_AT_ONCE);
  return starts.map((start) => ids.slice(start, start + MOST_AT_ONCE));
}

/**
 * Decides anew on members whose groups or mappings have changed, and carries it out: who frees goes first (rule 3),
 * then those who need a seat take what there is, in the order of their arrival; what remains free goes to the waiting.
 *
 * Nothing is refused: without a seat it is the fallback role, with the reason (rule 2); the last admin keeps the role
 * (rule 17).
 */
export async function applyEffects(scope: Scope, locked: Locked, ids: readonly string[]): Promise<void> {
  await decideAnew(scope, locked, await scope.trx.run(membersWith(scope.tenantId, ids)), (member) => member);
}

/**
 * Rule 17: the roles that stayed because nobody else administered go, once somebody does.
 *
 * To be called under the lock whenever a member begins to administer.
 */
export async function releaseHeldAdmins(scope: Scope, locked: Pick<Locked, "rules">): Promise<void> {
  const held = await scope.trx.run(membersHeld(scope.tenantId));
  if (held.length === 0) return;
  await decideAnew(scope, await relocked(scope, locked), held, (member) => ({ ...member, lastAdminHold: [] }));
}

/**
 * Gives free seats to waiting members in their order, under the lock (rule 4).
 *
 * @returns how many
 */
export async function promote(scope: Scope, locked: Pick<Locked, "rules">, most: number): Promise<number> {
  const { adminRoles } = locked.rules;
  const promoted = await scope.trx.run(promoteWaiting(scope.tenantId, most, scope.now, adminRoles));
  if (promoted.some(({ administers }) => administers)) await releaseHeldAdmins(scope, locked);
  return promoted.length;
}

/**
 * The same where the members themselves become other ones.
 *
 * @param door of whoever causes it
 */
export async function decideAnew(
  scope: Scope,
  locked: Locked,
  members: readonly Member[],
  make: (member: Member) => Member,
  door: Door = "scim",
): Promise<void> {
  const plans = members.map((before) => plan(scope, before, make(before), locked.rules, door));
  const pairs = carryOut(scope, locked, plans);
  const held = await keepLastAdmin(scope, plans, pairs, locked.rules, door);
  const kept = held ? carryOut(scope, locked, held) : pairs;
  await write(scope, locked, kept);
  if (kept.some(([before, after]) => !before.administers && after.administers)) await releaseHeldAdmins(scope, locked);
}

function plan({ now }: Scope, before: Member, wanted: Member, { rules }: TenantRules, door: Door): Plan {
  return { before, wanted, decision: decide(standingOf(before, now), personOf(wanted), door, "effect", rules) };
}

/** Rule 17: where nobody would administer any more, the first who loses the role keeps it, with the reason. */
async function keepLastAdmin(
  scope: Scope,
  plans: readonly Plan[],
  pairs: readonly Pair[],
  rules: TenantRules,
  door: Door,
): Promise<readonly Plan[] | undefined> {
  const losing = new Set(
    pairs.filter(([before, after]) => before.administers && !after.administers).map(([{ id }]) => id),
  );
  const first = plans.find(({ before }) => losing.has(before.id));
  if (!first) return undefined;
  const gaining = pairs.filter(([before, after]) => !before.administers && after.administers);
  const [counted] = await scope.trx.run(countAdmins(scope.tenantId));
  if ((counted?.count ?? 0) - losing.size + gaining.length > 0) return undefined;
  const { before, wanted } = first;
  const lastAdminHold = heldRoles(standingOf(before, scope.now), rules.rules.roles);
  const held = plan(scope, before, { ...wanted, lastAdminHold }, rules, door);
  return plans.map((each) => (each === first ? held : each));
}

/** Hands out the seats that are free, those given back by the same change included: who frees goes first (rule 3). */
function carryOut(scope: Scope, { seats, rules }: Locked, plans: readonly Plan[]): Pair[] {
  let free = seats.limit === null ? Infinity : seats.limit - (seats.used ?? 0);
  return freeingFirst(plans).map(({ before, wanted, decision }) => {
    const { seat } = decision;
    if (seat.ask === "take" && free <= 0 && seat.unseated !== "refuse") {
      return [before, settleUnseated(wanted, decision, seat.unseated, rules, scope.now).member];
    }
    if (seat.ask === "take") free -= 1;
    if (seat.ask === "free") free += 1;
    return [before, settle(wanted, decision, rules, scope.now).member];
  });
}

async function write(scope: Scope, locked: Locked, pairs: readonly Pair[]): Promise<void> {
  const moved = pairs
    .filter(([before, after]) => !unchanged(before, after))
    .map(([before, after]): Pair => [before, changedAt(before, after, scope.now)]);
  if (moved.length === 0) return;
  const told = moved.map(([before, after]) => changed(scope, before, after, false));
  await scope.trx.run(
    writeDecided(
      scope.tenantId,
      moved.map(([, after]) => after),
      told,
    ),
  );
  if (locked.seats.limit === null) return;
  const taken = sum(moved, ([before, after]) => Number(after.seat === "held") - Number(before.seat === "held"));
  if (taken !== 0) await scope.trx.run(moveUsed(scope.tenantId, taken));
  await promote(scope, locked, moved.length);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
