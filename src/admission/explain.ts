/** Reasons in words, for an administrator who asks why someone is what they are. */
import type { LinkDecision, LinkRefusal } from "./linking.ts";
import { statusOf } from "./people.ts";
import type { Door, Facts, MatchedBy, Reason, RoleCatalogue, WhenFull } from "./types.ts";

/** Why the status is what it is. */
export type StatusReason = {
  readonly code: "notJoined" | "heldByAdmin" | "inactiveInDirectory" | "heldAndInactive" | "active";
};

type Words<R extends { code: string }> = { readonly [C in R["code"]]: (reason: Extract<R, { code: C }>) => string };

/** One sentence or two for a reason, with the names of roles as the tenant wrote them. */
export function explain(reason: Reason, roles: RoleCatalogue): string {
  const words = reasonWords((slug) => roles.get(slug)?.name ?? slug);
  return (words[reason.code] as (given: Reason) => string)(reason);
}

/** Why this member is invited, active or suspended. */
export function statusReason(facts: Pick<Facts, "joined" | "directoryActive" | "hold">): StatusReason {
  const status = statusOf(facts);
  if (status !== "suspended") return { code: status === "invited" ? "notJoined" : "active" };
  if (facts.hold && !facts.directoryActive) return { code: "heldAndInactive" };
  return { code: facts.hold ? "heldByAdmin" : "inactiveInDirectory" };
}

export function explainStatus(reason: StatusReason): string {
  return statusWords[reason.code];
}

/** What came of a sign-in, for the administrator's trace; the person signing in is told less. */
export function explainLink(decision: LinkDecision): string {
  if (decision.do === "refuse") return refusalWords[decision.reason];
  return {
    identity: "This identity is linked to the member.",
    directoryMatch: "Linked to the one member of the connection's directory that the match setting gave.",
    verifiedDomain: "Linked to the member with this address, whose domain is verified.",
    invitation: "Linked to the member whose invitation this address had.",
    jit: "Nobody here was this person yet, so a member was created at sign-in.",
  }[decision.by];
}

function reasonWords(named: (slug: string) => string): Words<Reason> {
  return {
    mapped: ({ role, position, by }) => `${named(role)}, because of ${matchWords(by)} (mapping ${position}).`,
    granted: ({ role }) => `${named(role)}, because an admin, an invitation or a link gave it.`,
    defaultRole: ({ role }) => `${named(role)}, the role that new members get.`,
    noMappingMatched: ({ role }) => `${named(role)}, because none of the role mappings matches.`,
    leftMapping: ({ role, lost }) => `${named(role)}, because the mapping that gave ${named(lost)} no longer matches.`,
    nothingGranted: ({ role }) => `${named(role)}, because no other role was given.`,
    lastAdminHold: ({ role }) =>
      `${named(role)} stays, because nobody else is an active admin. Make another admin to end this.`,
    noRoleNeedsSeat: () => "No seat, because none of the roles needs one.",
    statusNotCounted: ({ status }) => `No seat, because ${status} members do not take one here.`,
    invitationLapsed: () => "No seat, because the invitation expired or was revoked. Resending it asks for one again.",
    breakGlass: () => "No seat, because emergency-access members take none.",
    seatTaken: ({ door }) => `Holds a seat, taken through ${doorWords[door]}.`,
    promoted: () => "Holds a seat that became free while waiting.",
    keptOverLimit: () => "Holds a seat, because the rules changed and nobody loses access by that.",
    waiting: ({ door }) => `Waits for a seat: all were taken when one was asked for through ${doorWords[door]}.`,
    seatsFull: ({ door, whenFull }) =>
      `No seat: all were taken when one was asked for through ${doorWords[door]}${fullWords[whenFull]}. Assign one when it is free.`,
    queueForfeited: () => "No seat: the place in the queue was given up on suspension. Reactivation asks again.",
    autoAssignOff: ({ entrance }) =>
      `No seat: seats are not assigned by themselves to those who come by ${doorWords[entrance]}. Assign one by hand.`,
    notAssigned: () => "No seat was assigned. Assign one by hand.",
  };
}

function matchWords(by: MatchedBy): string {
  if ("group" in by) return `the directory group "${by.group}"`;
  return "claim" in by ? `the sign-in group "${by.claim}"` : `the directory's values (${by.when})`;
}

const doorWords: Readonly<Record<Door, string>> = {
  scim: "the directory",
  sso: "single sign-on",
  invitation: "an invitation",
  link: "an invite link",
  domain: "the e-mail domain",
  csv: "a CSV import",
  admin: "an admin",
};

const fullWords: Readonly<Record<WhenFull, string>> = {
  refuse: ", and changes of groups are never refused",
  downgrade: ", which does not queue",
  waitlist: ", and suspended members do not queue",
};

const statusWords: Readonly<Record<StatusReason["code"], string>> = {
  notJoined: "Invited: has not joined yet.",
  active: "Active.",
  heldByAdmin: "Suspended, because an admin put the member on hold.",
  inactiveInDirectory: "Suspended, because the directory says inactive.",
  heldAndInactive: "Suspended: an admin put the member on hold, and the directory says inactive too.",
};

const refusalWords: Readonly<Record<LinkRefusal, string>> = {
  breakGlass: "Refused: emergency-access members do not sign in through single sign-on.",
  suspended: "Refused: the member is suspended. Reactivate the person in the directory, or release the hold.",
  linkedToAnother:
    "Refused: the member is linked to another identity of this connection. Unlink that one if this is the same person.",
  ambiguous: "Refused: more than one member fits. Let the match setting give exactly one.",
  addressTaken:
    "Refused: a member has this address, but the domain is not verified. Verify the domain, or link the member by hand.",
  removed: "Refused: this person was removed. Invite them, add them by hand, or let the directory push them.",
  mustExist: "Refused: people must exist here before they sign in. Invite the person, or let the directory push them.",
  mustBeManaged: "Refused: only people that the directory manages may sign in. Assign the person in the directory.",
};
