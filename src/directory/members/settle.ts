import { administersAfter } from "../../admission/lastAdmin.ts";
import type { Decision, Outcome } from "../../admission/types.ts";
import { personOf, type Decidable, type Member } from "./member.ts";
import type { SeatDoor } from "./members.store.ts";
import type { TenantRules } from "../roles/rules.ts";

/** A decision carried out on a member: how it looks afterwards, and by which seat door the write goes. */
export interface Settled<M extends Decidable = Member> {
  readonly member: M;
  readonly seatDoor: SeatDoor;
}

/**
 * The member after a decision, with a seat where one is asked for: what holds if the database has a seat to give, or
 * where nothing is asked.
 */
export function settle<M extends Decidable>(member: M, decision: Decision, rules: TenantRules, now: Date): Settled<M> {
  const { seat } = decision;
  const carried = (outcome: Outcome, displacedAt = member.displacedAt): M =>
    carry({ ...member, displacedAt }, decision, outcome, rules, now);
  if (seat.ask === "nothing") return { member: carried(seat.outcome), seatDoor: "pass" };
  if (seat.ask === "take") return { member: carried(seat.seated), seatDoor: rules.limited ? "take" : "unlimited" };
  return {
    member: carried(seat.outcome, seat.displaced ? now : null),
    seatDoor: rules.limited ? "free" : "unlimited",
  };
}

/** The member after a decision when no seat was to be had. */
export function settleUnseated<M extends Decidable>(
  member: M,
  decision: Decision,
  unseated: Outcome,
  rules: TenantRules,
  now: Date,
): Settled<M> {
  return { member: carry(member, decision, unseated, rules, now), seatDoor: "pass" };
}

/** Before all who queued by their own time (rule 4). */
const HEAD = new Date(0);

function carry<M extends Decidable>(
  member: M,
  decision: Decision,
  outcome: Outcome,
  { rules }: TenantRules,
  now: Date,
): M {
  return {
    ...member,
    status: decision.status,
    mapped: decision.mapped,
    entitled: decision.entitled,
    needsSeat: decision.needsSeat,
    roles: outcome.roles,
    administers: administersAfter(personOf(member), outcome, rules),
    seat: outcome.seat,
    waitingSince: waitingSince(member, outcome, now),
    displacedAt: outcome.seat === "none" ? member.displacedAt : null,
    reasons: outcome.reasons,
  };
}

function waitingSince(member: Decidable, { place }: Outcome, now: Date): Date | null {
  if (place === null) return null;
  if (place === "head") return HEAD;
  return place === "kept" ? (member.waitingSince ?? now) : now;
}
