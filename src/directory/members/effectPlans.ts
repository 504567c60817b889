/**
 * What a change of groups, mappings or a directory makes of many members, as a calculation: effects carry it out, and
 * previews show it.
 */
import { heldRoles } from "../../admission/lastAdmin.ts";
import { freeingFirst } from "../../admission/seatMoves.ts";
import { decide } from "../../admission/seats.ts";
import type { Decision, Door } from "../../admission/types.ts";
import type { TenantRules } from "../roles/rules.ts";
import { personOf, standingOf, type Decidable } from "./member.ts";
import { settle, settleUnseated } from "./settle.ts";

/** By what it is decided: the rules, the door of whoever causes it, and when. */
export interface By {
  readonly rules: TenantRules;
  readonly door: Door;
  readonly now: Date;
}

/** What is decided of a member; who loses or takes a seat by it is seen when all are carried out together. */
export interface Plan<M extends Decidable> {
  readonly before: M;
  readonly wanted: M;
  readonly decision: Decision;
}

/** A member before and after. */
export type Pair<M> = readonly [before: M, after: M];

/** The decision on a member who should become this. */
export function planEffect<M extends Decidable>({ rules, door, now }: By, before: M, wanted: M): Plan<M> {
  const decision = decide(standingOf(before, now), personOf(wanted), door, "effect", rules.rules);
  return { before, wanted, decision };
}

/**
 * Hands out the seats that are free, those given back by the same change included: who frees goes first (rule 3).
 *
 * @param free seats that nobody holds; Infinity where they are not counted
 */
export function carriedOut<M extends Decidable>(
  { rules, now }: By,
  plans: readonly Plan<M>[],
  free: number,
): Pair<M>[] {
  let left = free;
  return freeingFirst(plans).map(({ before, wanted, decision }) => {
    const { seat } = decision;
    if (seat.ask === "take" && left <= 0 && seat.unseated !== "refuse") {
      return [before, settleUnseated(wanted, decision, seat.unseated, rules, now).member];
    }
    if (seat.ask === "take") left -= 1;
    if (seat.ask === "free") left += 1;
    return [before, settle(wanted, decision, rules, now).member];
  });
}

/** Whether somebody stops administering. */
export function losesAdmins(pairs: readonly Pair<Decidable>[]): boolean {
  return pairs.some(isLoss);
}

/** Whether somebody begins to administer. */
export function gainsAdmins(pairs: readonly Pair<Decidable>[]): boolean {
  return pairs.some(isGain);
}

function isLoss([before, after]: Pair<Decidable>): boolean {
  return before.administers && !after.administers;
}

function isGain([before, after]: Pair<Decidable>): boolean {
  return !before.administers && after.administers;
}

/**
 * Rule 17: where nobody would administer any more, the first who loses the role keeps it, with the reason.
 *
 * @param admins how many administer before
 * @returns the plans with that; undefined where others are left
 */
export function lastAdminKept<M extends Decidable>(
  by: By,
  plans: readonly Plan<M>[],
  pairs: readonly Pair<M>[],
  admins: number,
): readonly Plan<M>[] | undefined {
  const losing = new Set(pairs.filter(isLoss).map(([{ id }]) => id));
  const first = plans.find(({ before }) => losing.has(before.id));
  if (!first || admins - losing.size + pairs.filter(isGain).length > 0) return undefined;
  const { before, wanted } = first;
  const lastAdminHold = heldRoles(standingOf(before, by.now), by.rules.rules.roles);
  const held = planEffect(by, before, { ...wanted, lastAdminHold });
  return plans.map((each) => (each === first ? held : each));
}
