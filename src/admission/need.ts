/** Who needs a seat at all (rules 9 and 10, and "Words"). */
import { statusOf } from "./people.ts";
import type { Facts, Rules, SeatReason } from "./types.ts";

/**
 * A member needs a seat iff an entitled role is seatRequired and the status is counted; break-glass members and lapsed
 * invitations never do.
 */
export function needsSeat(facts: Facts, entitled: readonly string[], rules: Rules): boolean {
  return whyNoNeed(facts, entitled, rules) === null;
}

/** Why no seat is needed; null where one is. */
export function whyNoNeed(facts: Facts, entitled: readonly string[], rules: Rules): SeatReason | null {
  if (!entitled.some((role) => bearsSeat(role, rules))) return { code: "noRoleNeedsSeat" };
  // Rule 10.
  if (facts.breakGlass) return { code: "breakGlass" };
  const status = statusOf(facts);
  if (!rules.policy.countedStatuses.includes(status)) return { code: "statusNotCounted", status };
  // Rule 9: expiry or revocation frees the seat that a counted invitation held.
  if (status === "invited" && facts.invitationLapsed) return { code: "invitationLapsed" };
  return null;
}

/** Whether this role is in force only with a seat. */
export function bearsSeat(role: string, rules: Rules): boolean {
  return rules.roles.get(role)?.seatRequired === true;
}
