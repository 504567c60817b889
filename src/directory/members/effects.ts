/**
 * The effects of groups and mappings on many members at once: decided one by one, carried out together, under the lock
 * of the tenant's seats.
 */
import type { Door } from "../../admission/types.ts";
import { enqueueAll } from "../../events/jobs.store.ts";
import type { NewJob } from "../../events/jobs.ts";
import type { Scope } from "../../storage/types.ts";
import { carriedOut, gainsAdmins, lastAdminKept, losesAdmins, planEffect, type Pair } from "./effectPlans.ts";
import { changedAt, type Member } from "./member.ts";
import { changed, unchanged } from "./memberEvents.ts";
import { countAdmins, membersHeld, membersWith, writeDecided } from "../roles/redecide.store.ts";
import { moveUsed, promoteWaiting } from "../seats/seats.store.ts";
import { relocked, type Locked } from "./underLock.ts";

/** Most members whose roles change in the transaction of the cause; more than these are a job's (rule 3). */
export const MOST_AT_ONCE = 1000;

/** The job that carries effects out on more members than one transaction should hold. */
export const REAPPLY_JOB = "roles.reapply";

/**
 * The effects of a change on these members: at once where they are few, else by jobs of the same transaction, and the
 * answer does not wait (rule 3).
 */
export async function effectsOn(scope: Scope, locked: Locked, ids: readonly string[]): Promise<void> {
  if (ids.length <= MOST_AT_ONCE) return void (await applyEffects(scope, locked, ids));
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
 *
 * @returns how many of them changed
 */
export async function applyEffects(scope: Scope, locked: Locked, ids: readonly string[]): Promise<number> {
  return decideAnew(scope, locked, await scope.trx.run(membersWith(scope.tenantId, ids)), (member) => member);
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
 * @returns how many of them changed
 */
export async function decideAnew(
  scope: Scope,
  locked: Locked,
  members: readonly Member[],
  make: (member: Member) => Member,
  door: Door = "scim",
): Promise<number> {
  const by = { rules: locked.rules, door, now: scope.now };
  const plans = members.map((before) => planEffect(by, before, make(before)));
  const free = locked.seats.limit === null ? Infinity : locked.seats.limit - (locked.seats.used ?? 0);
  const pairs = carriedOut(by, plans, free);
  const [admins] = losesAdmins(pairs) ? await scope.trx.run(countAdmins(scope.tenantId)) : [];
  const held = admins && lastAdminKept(by, plans, pairs, admins.count);
  const kept = held ? carriedOut(by, held, free) : pairs;
  const moved = await write(scope, locked, kept);
  if (gainsAdmins(kept)) await releaseHeldAdmins(scope, locked);
  return moved;
}

async function write(scope: Scope, locked: Locked, pairs: readonly Pair<Member>[]): Promise<number> {
  const moved = pairs
    .filter(([before, after]) => !unchanged(before, after))
    .map(([before, after]): Pair<Member> => [before, changedAt(before, after, scope.now)]);
  if (moved.length === 0) return 0;
  const changes = moved.map(([before, after]) => changed(scope, before, after));
  await scope.trx.run(
    writeDecided(
      scope.tenantId,
      moved.map(([, after]) => after),
      changes,
    ),
  );
  if (locked.seats.limit === null) return moved.length;
  const taken = sum(moved, ([before, after]) => Number(after.seat === "held") - Number(before.seat === "held"));
  if (taken !== 0) await scope.trx.run(moveUsed(scope.tenantId, taken));
  await promote(scope, locked, moved.length);
  return moved.length;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
