/** Seats that move without a change of the person: promotion, "Assign seats", widened rules, and their order. */
import { entitle } from "./entitlement.ts";
import { bearsSeat, needsSeat } from "./need.ts";
import { statusOf } from "./people.ts";
import type { Decision, Outcome, Person, Rules, Standing } from "./types.ts";

/** Rule 4: what a freed seat makes of a waiting member: entitled roles in force, the last reason replaced. */
export function promoted(standing: Pick<Standing, "entitled" | "reasons">): Outcome {
  const reasons = [...standing.reasons.slice(0, -1), { code: "promoted" } as const];
  return { roles: standing.entitled, seat: "held", place: null, reasons };
}

/**
 * Rule 5: policy or role widened. Whoever comes to need a seat by that alone keeps what they have and takes a seat,
 * over the limit if need be; null for everybody else.
 */
export function widened(before: Standing, person: Person, rules: Rules): Outcome | null {
  const { entitled, reasons } = entitle(before, person, rules);
  if (before.needsSeat || before.seat === "held" || !needsSeat(person, entitled, rules)) return null;
  return { roles: entitled, seat: "held", place: null, reasons: [...reasons, { code: "keptOverLimit" }] };
}

/**
 * "Assign seats" (rule 8) for one member: the grants to decide by a `grant`, or null for who is passed over. Members
 * are taken in order of (joined time, created, id) until the seats are used up.
 */
export function assignment(standing: Standing, rules: Rules): { granted: readonly string[] } | null {
  if (standing.seat === "held" || statusOf(standing) !== "active") return null;
  const bearing = standing.entitled.some((role) => bearsSeat(role, rules));
  // Mapped seatless members are skipped: their directory decided so.
  if (!bearing && standing.mapped !== null) return null;
  const granted = bearing ? standing.granted : [...standing.granted, rules.policy.seatedRole];
  return needsSeat(standing, [...standing.entitled, ...granted], rules) ? { granted } : null;
}

/** Rule 3: a write that frees and needs seats frees first; otherwise the order stays. */
export function freeingFirst<P extends { readonly decision: Decision }>(plans: readonly P[]): P[] {
  const frees = (plan: P): boolean => plan.decision.seat.ask === "free";
  return [...plans.filter(frees), ...plans.filter((plan) => !frees(plan))];
}
