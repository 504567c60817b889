/**
 * directory/ owns the records: tenants, members, directories, tokens, and the use-cases on them. It asks `admission/`
 * for every decision about roles and seats and tells `events/` what happened. Surfaces call it; it knows no HTTP.
 */
import { fold } from "../../base/fold.ts";
import { isUuid } from "../../base/ids.ts";
import type {
  Asserted,
  Claim,
  Entrance,
  Facts,
  MemberStatus,
  Person,
  Reason,
  SeatState,
  Standing,
} from "../../admission/types.ts";
import { memberEmail, type EmailValue } from "../../admission/people.ts";
import { assertedOf } from "../roles/asserted.ts";
import { elementsOf } from "../../scim/match.ts";
import type { ScimObject, ScimValue } from "../../scim/types.ts";

/** One person in one tenant, as stored. A member's id is its SCIM id. */
export interface Member extends Profile {
  readonly id: string;
  readonly emailVerified: boolean;
  readonly directoryId: string | null;
  /** The directory groups they are in; written by the group, not with the member. */
  readonly groups: readonly MemberGroup[];
  /** Group values of their latest sign-ins; none of a directory-managed member (rule 13). */
  readonly claims: readonly Claim[];
  readonly entrance: Entrance;
  readonly joinedAt: Date | null;
  readonly directoryActive: boolean;
  readonly hold: boolean;
  readonly breakGlass: boolean;
  readonly status: MemberStatus;
  readonly granted: readonly string[];
  readonly mapped: string | null;
  readonly lastAdminHold: readonly string[];
  readonly entitled: readonly string[];
  readonly roles: readonly string[];
  /** Active, every permission in force, not break-glass (rule 17). */
  readonly administers: boolean;
  readonly seat: SeatState;
  readonly waitingSince: Date | null;
  readonly needsSeat: boolean;
  readonly displacedAt: Date | null;
  readonly invitationLapsed: boolean;
  readonly reasons: readonly Reason[];
  readonly lastSignInAt: Date | null;
  /** Whether the row has a password of the member's own in this tenant. */
  readonly hasPassword: boolean;
  /** Somebody else chose their password. */
  readonly mustChangePassword: boolean;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A group as a member shows it (RFC 7643 §4.1.2 `groups`). */
export interface MemberGroup {
  readonly value: string;
  readonly display: string;
}

/** The SCIM attributes of a member, and what is found, sorted and compared by, derived from them. */
export interface Profile {
  /** The attributes as the directory wrote them, without `active`, `groups` and `password`. */
  readonly scim: ScimObject;
  readonly userNameKey: string;
  readonly externalId: string | null;
  readonly email: string | null;
  readonly emailKey: string | null;
  /** Those of all other addresses, each once: directories find people by any of them. */
  readonly moreEmailKeys: readonly string[];
  readonly nameKey: string;
  /** The member whom the enterprise extension names as manager; null for any other value. */
  readonly managerId: string | null;
}

/** Derives the columns of a profile from its SCIM attributes. */
export function profileOf(scim: ScimObject): Profile {
  const email = emailOf(scim["emails"]);
  const emailKey = email === null ? null : fold(email);
  return {
    scim,
    userNameKey: fold(text(scim["userName"]) ?? ""),
    externalId: text(scim["externalId"]),
    email,
    emailKey,
    moreEmailKeys: emailKeysOf(scim["emails"]).filter((key) => key !== emailKey),
    nameKey: nameKeyOf(scim),
    managerId: managerOf(scim),
  };
}

/** The address of rule 21 among SCIM's `emails`. */
function emailOf(emails: ScimValue | undefined): string | null {
  if (!Array.isArray(emails)) return null;
  return memberEmail(emails.filter(isEmailValue));
}

/** What a filter on `emails.value` compares with: every address, folded, each once. */
export function emailKeysOf(emails: ScimValue | undefined): string[] {
  const keys = elementsOf(emails).map((email) => fold(text(complex(email)["value"]) ?? ""));
  return [...new Set(keys.filter((key) => key !== ""))];
}

function isEmailValue(value: ScimValue): value is ScimObject & EmailValue {
  return typeof value === "object" && value !== null && !Array.isArray(value) && text(value["value"]) !== null;
}

/** RFC 7643 §4.3 */
export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** The id of the manager; directories that map some other key to it (Okta's `managerId`) name no resource. */
function managerOf(scim: ScimObject): string | null {
  const manager = complex(complex(scim[ENTERPRISE])["manager"]);
  return isUuid(manager["value"]) ? manager["value"].toLowerCase() : null;
}

/** What a person is called: their display name, else their written-out name, else the user name. */
export function displayNameOf(scim: ScimObject): string {
  const name = nameOf(scim);
  const written = [text(name["givenName"]), text(name["familyName"])].filter(Boolean).join(" ");
  return text(scim["displayName"]) ?? text(name["formatted"]) ?? (written || (text(scim["userName"]) ?? ""));
}

/** What a member is sorted and found by: what they are called, and after it the written-out name where that differs. */
function nameKeyOf(scim: ScimObject): string {
  const called = fold(displayNameOf(scim));
  const { givenName, familyName } = nameOf(scim);
  const written = fold([text(givenName), text(familyName)].filter(Boolean).join(" "));
  return called.includes(written) ? called : `${called}\n${written}`;
}

/** The `name` attribute, empty where there is none. */
export function nameOf(scim: ScimObject): ScimObject {
  return complex(scim["name"]);
}

function complex(value: ScimValue | undefined): ScimObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

/** A string that is not empty, else null. */
export function text(value: ScimValue | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** What of a member is decided by, and what a decision makes of it. */
export interface Decidable extends Pick<
  Member,
  | ("id" | "directoryId" | "claims" | "scim" | "entrance" | "joinedAt" | "directoryActive" | "hold" | "breakGlass")
  | ("status" | "granted" | "mapped" | "lastAdminHold" | "entitled" | "roles" | "administers" | "seat")
  | ("waitingSince" | "needsSeat" | "displacedAt" | "invitationLapsed" | "reasons" | "createdAt")
> {
  readonly groups: readonly Pick<MemberGroup, "value">[];
}

/** What admission may know of this member as it is about to be. */
export function personOf(member: Decidable): Person {
  let asserted: Asserted | undefined;
  return {
    groups: member.groups.map(({ value }) => value),
    claims: member.claims,
    // Few tenants have conditions, so this waits for the first that asks. Rule 12: what a member may edit asserts nothing.
    asserted: () => (asserted ??= member.directoryId === null ? {} : assertedOf(member.scim)),
    // Last: in front of names that it lacks a spread costs many times as much.
    ...factsOf(member),
  };
}

/** What this member was and had, for admission. */
export function standingOf(member: Decidable, now: Date): Standing {
  return {
    mapped: member.mapped,
    entitled: member.entitled,
    roles: member.roles,
    seat: member.seat,
    needsSeat: member.needsSeat,
    displaced: member.displacedAt !== null && now.getTime() - member.displacedAt.getTime() <= MOVE_MS,
    reasons: member.reasons,
    ...factsOf(member),
  };
}

/** A group move of two requests: directories send the addition within the same cycle, at most an hour (Entra: 40 min). */
const MOVE_MS = 3_600_000;

/**
 * What a change makes of version and time. Clocks of two requests need not agree with the order in which they get the
 * member, and `lastModified` is never before what it was (RFC 7643 §3.1).
 */
export function changedAt<T extends Pick<Member, "version" | "updatedAt">>(before: T, after: T, now: Date): T {
  return { ...after, version: before.version + 1, updatedAt: now > before.updatedAt ? now : before.updatedAt };
}

/** What is stored of a person apart from what the rules make of it. */
export function factsOf(member: Decidable): Facts {
  return {
    entrance: member.entrance,
    joined: member.joinedAt !== null,
    directoryActive: member.directoryActive,
    hold: member.hold,
    breakGlass: member.breakGlass,
    managed: member.directoryId !== null,
    invitationLapsed: member.invitationLapsed,
    granted: member.granted,
    lastAdminHold: member.lastAdminHold,
  };
}
