/** The numbers of a plan: limit, use, and the words when they meet. */
import { Refusal } from "../base/errors.ts";

/** Seats as numbers; `limit` and `remaining` are null where the plan is unlimited. */
export interface SeatNumbers {
  readonly limit: number | null;
  readonly used: number;
  readonly remaining: number | null;
  readonly waiting: number;
  readonly overBy: number;
}

/** Whom a refused person asks for a seat: the tenant's own contact. */
export interface SeatContact {
  readonly name?: string | null;
  readonly email?: string | null;
}

/** Rule 6: the tenant's own limit, else the plan's; null is unlimited, 0 is nobody, absent from both is unlimited. */
export function effectiveLimit(tenant: number | null | undefined, plan: number | null | undefined): number | null {
  return tenant !== undefined ? tenant : (plan ?? null);
}

/** Rule 5: seats above the limit are told by `overBy`, and `remaining` never goes below 0. */
export function seatNumbers(limit: number | null, used: number, waiting: number): SeatNumbers {
  if (limit === null) return { limit, used, remaining: null, waiting, overBy: 0 };
  return { limit, used, remaining: Math.max(0, limit - used), waiting, overBy: Math.max(0, used - limit) };
}

/**
 * Rule 6: while a tenant has no active admin, one grant of admin may exceed the limit by one, so that nobody is locked
 * out of freeing a seat.
 */
export function mayExceed(now: {
  activeAdmins: number;
  grantsAdmin: boolean;
  limit: number | null;
  used: number;
}): boolean {
  if (now.limit === null) return false;
  return now.grantsAdmin && now.activeAdmins === 0 && now.used <= now.limit;
}

/** The refusal for want of a seat, for API (409) and SCIM (403) alike: count, limit, and what to do next. */
export function seatLimitReached(limit: number, used: number, contact?: SeatContact | null): Refusal {
  const full = `User seat limit reached: ${used} of ${limit} seats used.`;
  return new Refusal("seat_limit_reached", `${full} ${remedy(contact)}`, {
    extra: { limit, used, ...(contact ? { contact } : {}) },
  });
}

function remedy(contact: SeatContact | null | undefined): string {
  const whom = [contact?.name, contact?.email && `<${contact.email}>`].filter(Boolean).join(" ");
  const free = "Suspend or remove a member who holds a seat, or raise the plan's limit, then try again.";
  return whom ? `${free} Ask ${whom}.` : free;
}
