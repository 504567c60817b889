/**
 * What would become of everybody if the rules, or the members, were others: gone through as the job goes, chunk after
 * chunk, with promotions and the last admin as they would come out. Reads without the lock of the seats, holds up nobody
 * and writes nothing.
 */
import { isDeepStrictEqual } from "node:util";
import { administersAfter } from "../../admission/lastAdmin.ts";
import { promoted } from "../../admission/seatMoves.ts";
import type { Scope } from "../../storage/types.ts";
import {
  carriedOut,
  gainsAdmins,
  lastAdminKept,
  losesAdmins,
  planEffect,
  type By,
  type Pair,
} from "../members/effectPlans.ts";
import { MOST_AT_ONCE } from "../members/effects.ts";
import { FIRST_ID } from "../members/idPage.ts";
import { personOf, standingOf, type Decidable } from "../members/member.ts";
import { countSeats } from "../seats/seats.store.ts";
import { countAdmins } from "./redecide.store.ts";
import { readBy, rehearsedAfter, rehearsedFirst } from "./rehearsal.store.ts";
import type { TenantRules } from "./rules.ts";

/** What would have become of everybody. */
export interface Rehearsal {
  readonly members: number;
  /** Those who would change, in order of their ids. */
  readonly changed: readonly Pair<Decidable>[];
  readonly seats: { readonly limit: number | null; readonly before: number; readonly after: number };
  readonly admins: { readonly before: number; readonly after: number };
  readonly waiting: { readonly before: number; readonly after: number };
}

/** What has changed so far: of each the member before and now. */
interface Stage {
  readonly by: By;
  readonly limit: number | null;
  readonly before: Map<string, Decidable>;
  readonly now: Map<string, Decidable>;
  used: number;
  admins: number;
  waiting: number;
}

/**
 * Rehearses.
 *
 * @param make what is changed of each member beside the rules; the same where nothing is
 */
export async function rehearse(
  { trx, tenantId, now }: Scope,
  rules: TenantRules,
  make: (member: Decidable) => Decidable = (member) => member,
): Promise<Rehearsal> {
  const read = readBy(rules);
  const [[seats], [admins], first] = await trx.all(
    countSeats(tenantId),
    countAdmins(tenantId),
    rehearsedFirst(tenantId, read),
  );
  const { limit = null, used = 0, waiting = 0 } = seats ?? {};
  const known = new Map(first.map((member) => [member.id, member]));
  const by: By = { rules, door: "scim", now };
  const counts = { used, admins: admins?.count ?? 0, waiting };
  const stage: Stage = { by, limit, before: known, now: new Map(known), ...counts };
  let members = 0;
  for (let after: string | undefined = FIRST_ID; after !== undefined;) {
    const chunk: Decidable[] = await trx.run(rehearsedAfter(tenantId, read, after, MOST_AT_ONCE));
    members += chunk.length;
    step(stage, chunk.toSorted(byArrival), make);
    after = chunk.length < MOST_AT_ONCE ? undefined : chunk.at(-1)?.id;
  }
  return {
    members,
    changed: changedIn(stage),
    seats: { limit, before: used, after: stage.used },
    admins: { before: counts.admins, after: stage.admins },
    waiting: { before: waiting, after: stage.waiting },
  };
}

/** Effects take members in the order of their arrival. */
function byArrival(a: Decidable, b: Decidable): number {
  return a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1);
}

/** As `decideAnew` does it with one chunk. */
function step(stage: Stage, rows: readonly Decidable[], make: (member: Decidable) => Decidable): void {
  const { by } = stage;
  const members = rows.map((row) => stage.now.get(row.id) ?? row);
  const plans = members.map((member) => planEffect(by, member, make(member)));
  const free = stage.limit === null ? Infinity : stage.limit - stage.used;
  const pairs = carriedOut(by, plans, free);
  const held = losesAdmins(pairs) ? lastAdminKept(by, plans, pairs, stage.admins) : undefined;
  const kept = held ? carriedOut(by, held, free) : pairs;
  const moved = kept.filter(([before, after]) => !isDeepStrictEqual(before, after));
  for (const pair of moved) put(stage, pair);
  if (stage.limit !== null) promote(stage, stage.limit, moved.length);
  if (gainsAdmins(kept)) releaseHeld(stage);
}

function put(stage: Stage, [before, after]: Pair<Decidable>): void {
  if (!stage.before.has(before.id)) stage.before.set(before.id, before);
  stage.now.set(after.id, after);
  stage.used += Number(after.seat === "held") - Number(before.seat === "held");
  stage.admins += Number(after.administers) - Number(before.administers);
  stage.waiting += Number(after.seat === "waiting") - Number(before.seat === "waiting");
}

/** Rule 4: what is free goes to those who wait, by (waitingSince, created, id). */
function promote(stage: Stage, limit: number, most: number): void {
  const free = Math.min(most, limit - stage.used);
  if (free <= 0) return;
  const waiting = [...stage.now.values()].filter((member) => member.waitingSince && member.status !== "suspended");
  const next = waiting.toSorted(byWaiting).slice(0, free);
  const pairs = next.map((member): Pair<Decidable> => [member, seated(stage.by, member)]);
  for (const pair of pairs) put(stage, pair);
  if (gainsAdmins(pairs)) releaseHeld(stage);
}

function byWaiting(a: Decidable, b: Decidable): number {
  return (a.waitingSince?.getTime() ?? 0) - (b.waitingSince?.getTime() ?? 0) || byArrival(a, b);
}

function seated({ rules, now }: By, member: Decidable): Decidable {
  const outcome = promoted(standingOf(member, now));
  const administers = administersAfter(personOf(member), outcome, rules.rules);
  const { roles, seat, reasons } = outcome;
  return { ...member, roles, seat, reasons, administers, waitingSince: null, displacedAt: null };
}

/** Rule 17: the roles that stayed because nobody else administered go, once somebody does. */
function releaseHeld(stage: Stage): void {
  const held = [...stage.now.values()].filter((member) => member.administers && member.lastAdminHold.length > 0);
  if (held.length > 0) step(stage, held, (member) => ({ ...member, lastAdminHold: [] }));
}

function changedIn({ before, now }: Stage): Pair<Decidable>[] {
  const pairs = [...before.values()].map((member): Pair<Decidable> => [member, now.get(member.id) ?? member]);
  const changed = pairs.filter(([was, is]) => !isDeepStrictEqual(was, is));
  return changed.toSorted(([a], [b]) => (a.id < b.id ? -1 : 1));
}
