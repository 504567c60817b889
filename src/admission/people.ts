/** What a write makes of a person's own facts: status, the directory's bit, joining, the address (rules 18 to 22). */
import type { Door, Facts, MemberStatus } from "./types.ts";

/** `invited` until joined; then `suspended` if the directory or an admin says so, else `active`. */
export function statusOf(facts: Pick<Facts, "joined" | "directoryActive" | "hold">): MemberStatus {
  if (!facts.joined) return "invited";
  return facts.directoryActive && !facts.hold ? "active" : "suspended";
}

/** What a SCIM write makes of the facts it may touch, and what else it causes. */
export interface Pushed {
  readonly facts: Pick<Facts, "joined" | "managed" | "directoryActive" | "invitationLapsed">;
  /** Rule 19: the first PUT or PATCH by a directory adopts a member; recorded, account and password untouched. */
  readonly adopted: boolean;
  /** Rule 20: the invitation is void, and revoked where the directory says inactive. */
  readonly voidsInvitation: boolean;
}

/**
 * A SCIM POST (`before` null), PUT or PATCH with this `active`.
 *
 * Rule 18: without `active`, or with null (RFC 7643 §2.5: null is unassigned), a POST means true and a PUT or PATCH
 * changes nothing. The admin's hold is not the directory's to flip.
 */
export function pushed(before: Facts | null, active: boolean | null | undefined): Pushed {
  const directoryActive = active ?? before?.directoryActive ?? true;
  return {
    facts: { joined: true, managed: true, directoryActive, invitationLapsed: false },
    adopted: before !== null && !before.managed,
    voidsInvitation: before !== null && !before.joined,
  };
}

/** Rule 19: SCIM sees all members of its tenant except break-glass ones. */
export function seenByDirectories(facts: Pick<Facts, "breakGlass">): boolean {
  return !facts.breakGlass;
}

/** One value of SCIM's `emails` (RFC 7643 §4.1.2), as far as it decides the address. */
export interface EmailValue {
  readonly value: string;
  readonly type?: string | undefined;
  readonly primary?: boolean | undefined;
}

/** Rule 21: a member's e-mail is the primary one, else the first of type `work`, else the first. */
export function memberEmail(emails: readonly EmailValue[]): string | null {
  const chosen =
    emails.find((email) => email.primary === true) ??
    emails.find((email) => email.type?.toLowerCase() === "work") ??
    emails[0];
  return chosen?.value ?? null;
}

/** Rule 22: after a removal, sign-in, domain and link do not bring that person back; the other doors do. */
export function mayReturnBy(door: Door): boolean {
  return door !== "sso" && door !== "domain" && door !== "link";
}
