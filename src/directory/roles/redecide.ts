import { decide } from "../../admission/seats.ts";
import { widened } from "../../admission/seatMoves.ts";
import type { Scope } from "../../storage/types.ts";
import { releaseHeldAdmins } from "../members/effects.ts";
import { FIRST_ID } from "../members/idPage.ts";
import { changedAt, personOf, standingOf, type Member } from "../members/member.ts";
import { changed, unchanged } from "../members/memberEvents.ts";
import { membersAfter, writeDecided, type MembersOf } from "./redecide.store.ts";
import type { TenantRules } from "./rules.ts";
import { promoteAll } from "../seats/seatPromotion.ts";
import { heldSeats, writeSeats } from "../seats/seats.store.ts";
import { settle, settleUnseated } from "../members/settle.ts";
import type { Locked } from "../members/underLock.ts";
import { suspensionsTold } from "../offboarding/leaving.ts";

/** Members read and written at once: a chunk is some megabytes in memory. */
const CHUNK = 500;

/** What became of many members. */
export interface Redecided {
  readonly seen: number;
  /** How many stopped administering (rule 17). */
  readonly lostAdmins: number;
}

/**
 * Decides anew on many members whose rules or facts have changed, under the lock of the tenant's seats. `useSeats` must
 * follow, for the counter is behind meanwhile.
 *
 * @param make the member as it should be
 */
export async function redecide(
  scope: Scope,
  which: MembersOf,
  { seats, rules }: Locked,
  make: (member: Member) => Member = (member) => member,
): Promise<Redecided> {
  let [seen, lostAdmins] = [0, 0];
  const room: Room = { free: seats.limit === null ? Infinity : seats.limit - (seats.used ?? 0) };
  for (let after: string | undefined = FIRST_ID; after !== undefined;) {
    const chunk = await redecideChunk(scope, { which, after, rules, room }, make);
    seen += chunk.seen;
    lostAdmins += chunk.lostAdmins;
    after = chunk.last;
  }
  return { seen, lostAdmins };
}

/**
 * The same for the members after an id, as many as are read at once.
 *
 * @returns besides, the last of them where there may be more
 */
export async function redecideChunk(
  scope: Scope,
  { which, after, rules, room }: { which: MembersOf; after: string; rules: TenantRules; room: Room },
  make: (member: Member) => Member = (member) => member,
): Promise<Redecided & { readonly last: string | undefined }> {
  const chunk = await scope.trx.run(membersAfter(scope.tenantId, which, after, CHUNK));
  const pairs = chunk.map((before) => [before, decided(scope, before, make(before), rules, room)] as const);
  const moved = pairs.filter(([before, settled]) => !unchanged(before, settled));
  if (moved.length > 0) await write(scope, moved);
  const lostAdmins = moved.filter(([before, settled]) => before.administers && !settled.administers).length;
  return { seen: chunk.length, lostAdmins, last: chunk.length < CHUNK ? undefined : chunk.at(-1)?.id };
}

/** The seats that nobody holds while members are gone through; below 0 where rule 5 let more in. */
export interface Room {
  free: number;
}

/** Rule 5: whoever comes to need a seat by the rules alone takes it, over the limit if need be; all others as ever. */
function decided({ now }: Scope, before: Member, wanted: Member, rules: TenantRules, room: Room): Member {
  const standing = standingOf(before, now);
  const person = personOf(wanted);
  const decision = decide(standing, person, "admin", "effect", rules.rules);
  const { seat } = decision;
  const outcome = widened(standing, person, rules.rules);
  if (!outcome && seat.ask === "take" && room.free <= 0 && seat.unseated !== "refuse") {
    return settleUnseated(wanted, decision, seat.unseated, rules, now).member;
  }
  const final = outcome ? { ...decision, needsSeat: true, seat: { ask: "nothing", outcome } as const } : decision;
  const { member } = settle(wanted, final, rules, now);
  room.free += Number(before.seat === "held") - Number(member.seat === "held");
  return member;
}

async function write(scope: Scope, moved: readonly (readonly [before: Member, settled: Member])[]): Promise<void> {
  const pairs = moved.map(([before, settled]) => [before, changedAt(before, settled, scope.now)] as const);
  const changes = pairs.map(([before, after]) => changed(scope, before, after));
  const members = pairs.map(([, after]) => after);
  await scope.trx.run(writeDecided(scope.tenantId, members, changes));
  // A directory that is deleted takes its groups with it, and so teams.
  for (const told of suspensionsTold(scope, pairs)) await scope.trx.run(told);
}

/** Sets the limit and counts the seats in use from the rows, under the lock. */
export async function countUsed({ trx, tenantId }: Scope, limit: number | null): Promise<void> {
  const [counted] = limit === null ? [] : await trx.run(heldSeats(tenantId));
  await trx.run(writeSeats(tenantId, limit, limit === null ? null : (counted?.held ?? 0)));
}

/**
 * Sets the limit and counts the seats in use from the rows, under the lock; free ones go to waiting members in their
 * order (rules 4 and 5).
 */
export async function useSeats(scope: Scope, limit: number | null, rules: TenantRules): Promise<void> {
  await countUsed(scope, limit);
  await promoteAll(scope, rules);
  // The rules alone may have made somebody an admin (rule 17).
  await releaseHeldAdmins(scope, { rules });
}
