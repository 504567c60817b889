/**
 * Does this person take a seat, and what if there is none? Plans both outcomes with their reasons; the database picks
 * (rules 1 to 10).
 */
import { entitle, fallbackRole, type Entitlement } from "./entitlement.ts";
import { bearsSeat, needsSeat, whyNoNeed } from "./need.ts";
import { statusOf } from "./people.ts";
import type {
  Act,
  Decision,
  Door,
  Outcome,
  Person,
  Rules,
  SeatPlan,
  SeatReason,
  SeatState,
  Standing,
} from "./types.ts";

/**
 * Everything that one change of one person decides: status, entitled roles, and what is asked of the seat counter.
 *
 * An unchanged person stays exactly as they are: a seat moves only when someone arrives, becomes active, comes to need
 * one, is given a role that needs one, or needs it no longer.
 *
 * @param before null for a newcomer
 * @param door of this change, never of first arrival
 */
export function decide(before: Standing | null, person: Person, door: Door, act: Act, rules: Rules): Decision {
  const change: Change = { before, person, door, act, rules, ...entitle(before, person, rules) };
  const seat = planSeat(change);
  const needed = needsSeat(person, change.entitled, rules);
  const needs = needed && !(seat.ask === "nothing" && awaitsWidening(change));
  return { status: statusOf(person), mapped: change.mapped, entitled: change.entitled, needsSeat: needs, seat };
}

/** Rule 9: where invited people are not counted, what their acceptance would ask for; nothing is taken yet. */
export function forecast(person: Person, door: Door, rules: Rules): Decision {
  return decide(null, { ...person, joined: true, invitationLapsed: false }, door, "person", rules);
}

interface Change extends Entitlement {
  readonly before: Standing | null;
  readonly person: Person;
  readonly door: Door;
  readonly act: Act;
  readonly rules: Rules;
}

function planSeat(change: Change): SeatPlan {
  const { before, person, door, rules } = change;
  const noNeed = whyNoNeed(person, change.entitled, rules);
  if (noNeed) return withoutNeed(change, noNeed);
  // Rule 5: changing between seat-bearing roles stays possible, however far over the limit.
  if (before?.seat === "held") return { ask: "nothing", outcome: inForce(change, "held", keptReason(change, "held")) };
  if (!asks(change)) return { ask: "nothing", outcome: unasked(change) };
  return { ask: "take", seated: inForce(change, "held", { code: "seatTaken", door }), unseated: whenFull(change) };
}

/** All entitled roles are in force without a seat; a held one is freed and a place in the queue is left. */
function withoutNeed(change: Change, reason: SeatReason): SeatPlan {
  const { before, person, mapped } = change;
  const outcome = inForce(change, "none", reason);
  if (before?.seat !== "held") return { ask: "nothing", outcome };
  const groupMove = before.mapped !== null && before.mapped !== mapped && statusOf(person) === "active";
  return { ask: "free", outcome, displaced: groupMove };
}

/** Whether this change asks for the seat that the person needs and does not hold. */
function asks(change: Change): boolean {
  const { before, person, act, rules } = change;
  // To be given a role again is to be given the seat that it lacks.
  if (act === "grant" && before && sameRoles(before.entitled, change.entitled)) return true;
  if (deniedByAutoAssign(change)) return false;
  if (before === null || gained(change, change.entitled)) return true;
  return !needsSeat(before, before.entitled, rules) || (before.seat === "none" && becomesActive(before, person));
}

/** What stands where a seat is needed, not held, and not asked for. */
function unasked(change: Change): Outcome {
  const { before, person } = change;
  if (awaitsWidening(change)) return inForce(change, "none", lastSeatReason(before) ?? { code: "notAssigned" });
  if (before?.seat !== "waiting") return unseated(change, keptReason(change, "none"));
  // Rule 4: suspension forfeits the place in the queue, also where the policy counts suspended members.
  if (statusOf(person) === "suspended") return unseated(change, { code: "queueForfeited" });
  return { ...unseated(change, keptReason(change, "waiting")), seat: "waiting", place: "kept" };
}

/** Rule 2: refuse, downgrade or wait. */
function whenFull(change: Change): Outcome | "refuse" {
  const { before, person, door, rules } = change;
  const mode = rules.policy.whenFull[door];
  if (mode === "refuse" && refusable(change)) return "refuse";
  const mayWait = statusOf(person) !== "suspended";
  if (mayWait && before?.seat === "waiting") {
    return { ...unseated(change, keptReason(change, "waiting")), seat: "waiting", place: "kept" };
  }
  if (mode !== "waitlist" || !mayWait) return unseated(change, { code: "seatsFull", door, whenFull: mode });
  // Rule 4: whoever loses a seat in a group move of two requests re-enters at the head of the queue.
  const place = before?.displaced ? "head" : "tail";
  return { ...unseated(change, { code: "waiting", door }), seat: "waiting", place };
}

/**
 * Rule 2: `refuse` fails the creation, return or exemption's end of a person, and a person's own act of granting one
 * member a role that needs a seat. Rule 3: deactivation, profile and group writes are never refused.
 */
function refusable(change: Change): boolean {
  const { before, person, act, entitled, rules } = change;
  if (before === null || act === "grant") return true;
  if (act !== "effect" && gained(change, person.granted)) return true;
  if (statusOf(person) === "suspended") return false;
  return !needsSeat(before, entitled, rules) || becomesActive(before, person);
}

/** Rule 8: with autoAssign off newcomers take no seat by themselves; what an admin or a mapping gave still does. */
function deniedByAutoAssign({ before, person, mapped, rules }: Change): boolean {
  const arriving = person.joined ? !before?.joined : before === null;
  if (!arriving || rules.policy.autoAssign || person.entrance === "admin") return false;
  return mapped === null || !bearsSeat(mapped, rules);
}

/** The rules alone came to need a seat of this member: `widened` carries that out, not a profile update. */
function awaitsWidening({ before, rules }: Change): boolean {
  return before !== null && !before.needsSeat && needsSeat(before, before.entitled, rules);
}

/** Whether one of `roles` needs a seat and was not entitled before. */
function gained({ before, rules }: Change, roles: readonly string[]): boolean {
  return roles.some((role) => bearsSeat(role, rules) && !before?.entitled.includes(role));
}

function becomesActive(before: Standing, person: Person): boolean {
  return statusOf(person) === "active" && statusOf(before) !== "active";
}

function sameRoles(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((role) => b.includes(role));
}

function inForce({ entitled, reasons }: Entitlement, seat: "held" | "none", reason: SeatReason): Outcome {
  return { roles: entitled, seat, place: null, reasons: [...reasons, reason] };
}

/** Without a seat the roles that need one are not in force, the fallback role is, and the others stay. */
function unseated({ entitled, reasons, rules }: Change, reason: SeatReason): Outcome {
  const seatless = entitled.filter((role) => !bearsSeat(role, rules));
  const roles = [...new Set([fallbackRole(rules), ...seatless])];
  return { roles, seat: "none", place: null, reasons: [...reasons, reason] };
}

/** The reason that already stood for this state of the seat, so that an unrelated write does not reword it. */
function keptReason(change: Change, seat: SeatState): SeatReason {
  const { before, person } = change;
  const last = before?.seat === seat ? lastSeatReason(before) : null;
  if (last && (seat !== "none" || UNSEATED.includes(last.code))) return last;
  if (seat === "held") return { code: "seatTaken", door: person.entrance };
  if (seat === "waiting") return { code: "waiting", door: person.entrance };
  return deniedByAutoAssign(change) ? { code: "autoAssignOff", entrance: person.entrance } : { code: "notAssigned" };
}

/** Reasons of who needs a seat and has none; the others are of who needs none. */
const UNSEATED: readonly SeatReason["code"][] = ["seatsFull", "autoAssignOff", "queueForfeited", "notAssigned"];

function lastSeatReason(before: Standing | null): SeatReason | null {
  const last = before?.reasons.at(-1);
  return last && !("role" in last) ? last : null;
}
