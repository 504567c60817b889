/**
 * The rules of the door: who becomes what, and who takes a seat.
 *
 * This room owns the decisions that every entrance asks for. It takes values and returns decisions with their reasons;
 * it knows no clock, database or network, and it never counts seats: it plans both outcomes and the database picks.
 */

/** `invited` until joined; then `suspended` if the directory or an admin says so, else `active`. */
export type MemberStatus = "invited" | "active" | "suspended";

/** The way by which a person came in. */
export type Entrance = "scim" | "sso" | "invitation" | "link" | "domain" | "csv" | "admin";

/**
 * The surface a change came through: group push, a mapping's effect and SCIM reactivation are `scim`; sign-in is
 * `sso`; console, API and bulk are `admin`. Never the door of first arrival.
 */
export type Door = Entrance;

export const doors: readonly Door[] = ["scim", "sso", "invitation", "link", "domain", "csv", "admin"];

/**
 * What kind of change asks: `person` is any write about one member (creation, profile, status); `grant` is a write in
 * which someone names that member's roles or hands them a seat, and so asks for one even where the role was theirs
 * already; `effect` is the consequence of a group or mapping.
 */
export type Act = "person" | "grant" | "effect";

/** What a door does when the seats are used up (rule 2). */
export type WhenFull = "refuse" | "downgrade" | "waitlist";

/** The `seats` settings of a tenant, complete. */
export interface SeatPolicy {
  readonly countedStatuses: readonly MemberStatus[];
  readonly autoAssign: boolean;
  readonly whenFull: Readonly<Record<Door, WhenFull>>;
  readonly seatedRole: string;
  readonly fallbackRole: string;
}

/** A role; in a catalogue, `permissions` and `seatRequired` include what it inherits. */
export interface Role {
  readonly slug: string;
  readonly name: string;
  readonly permissions: readonly string[];
  readonly extends: string | null;
  readonly seatRequired: boolean;
  /** Additive: it is given beside a role and stands in for none. */
  readonly template: boolean;
  /** Of one that was deleted and still has members: the role that they are being given. */
  readonly replacedBy?: string | null;
}

/** All roles of a tenant by slug, the built-in ones included; made by `roleCatalogue`. */
export type RoleCatalogue = ReadonlyMap<string, Role>;

/** A group value that an SSO connection asserted. */
export interface Claim {
  readonly connectionId: string;
  readonly value: string;
}

/** A directory group as a mapping holds it: a name was resolved to ids when it was written (rule 12). */
export interface GroupRef {
  readonly ids: readonly string[];
  /** For words only; never compared. */
  readonly name: string;
}

/** A test over directory-asserted values, with the operators of RFC 7644 §3.4.2.2; plain data, never code. */
export type Condition =
  | { readonly attribute: string; readonly op: "eq" | "ne" | "co" | "sw" | "ew"; readonly value: string }
  | { readonly attribute: string; readonly op: "pr" }
  | { readonly and: readonly Condition[] }
  | { readonly or: readonly Condition[] }
  | { readonly not: Condition };

/** One line of the ordered list that turns groups and attributes into roles. */
export type Mapping =
  | { readonly group: GroupRef; readonly role: string }
  | { readonly claim: Claim; readonly role: string }
  | { readonly when: Condition; readonly role: string };

/** What a tenant decided. No mappings means that rule 8 gives roles. */
export interface Rules {
  readonly policy: SeatPolicy;
  readonly roles: RoleCatalogue;
  readonly mappings: readonly Mapping[];
}

/** What is stored of one person, apart from what the rules make of it. */
export interface Facts {
  readonly entrance: Entrance;
  readonly joined: boolean;
  /** What the directory wishes; true for whoever no directory manages. */
  readonly directoryActive: boolean;
  /** What an admin decided. */
  readonly hold: boolean;
  readonly breakGlass: boolean;
  /** By a directory. */
  readonly managed: boolean;
  /** The invitation expired or was revoked (rule 9); false for whoever has joined. */
  readonly invitationLapsed: boolean;
  /** Role slugs that an admin, an invitation, a link or a CSV row named; not the mapped and not the default role. */
  readonly granted: readonly string[];
  /** Roles that stay because nobody else administers the tenant (rule 17). */
  readonly lastAdminHold: readonly string[];
}

/** All that the rules may know of one person, after the change. */
export interface Person extends Facts {
  /** Ids of directory groups. */
  readonly groups: readonly string[];
  /** Group values of the latest sign-ins. */
  readonly claims: readonly Claim[];
  /** Directory-asserted values by attribute path, never what a member may edit (rule 12). */
  readonly asserted: () => Asserted;
}

/** Values by attribute path. */
export type Asserted = Readonly<Record<string, readonly string[]>>;

export type SeatState = "held" | "waiting" | "none";

/** What a member was and had before the change; `null` in its place is a newcomer. */
export interface Standing extends Facts {
  /** The role that a mapping granted. */
  readonly mapped: string | null;
  readonly entitled: readonly string[];
  readonly roles: readonly string[];
  readonly seat: SeatState;
  readonly needsSeat: boolean;
  /** A group move freed the held seat a short while ago, so that the next queueing is at the head (rule 4). */
  readonly displaced: boolean;
  readonly reasons: readonly Reason[];
}

/**
 * What holds after the change. The last reason is always the one about the seat, those before it are about the
 * entitled roles.
 */
export interface Outcome {
  readonly roles: readonly string[];
  readonly seat: SeatState;
  /** Where in the queue, by (waitingSince, created, id); null unless `seat` is `waiting`. */
  readonly place: "kept" | "head" | "tail" | null;
  readonly reasons: readonly Reason[];
}

/** What the seat counter is asked for. */
export type SeatPlan =
  /** Nothing to take or free. */
  | { readonly ask: "nothing"; readonly outcome: Outcome }
  /** Held before and not after: frees the seat and so promotes a waiter; `displaced` is stored for rule 4. */
  | { readonly ask: "free"; readonly outcome: Outcome; readonly displaced: boolean }
  /** The database picks; `refuse` stands for `seat_limit_reached`, everything rolled back. */
  | { readonly ask: "take"; readonly seated: Outcome; readonly unseated: Outcome | "refuse" };

export interface Decision {
  readonly status: MemberStatus;
  readonly mapped: string | null;
  readonly entitled: readonly string[];
  readonly needsSeat: boolean;
  readonly seat: SeatPlan;
}

/** What a mapping matched by, in the reader's words. */
export type MatchedBy = { readonly group: string } | { readonly claim: string } | { readonly when: string };

/** Why a role is entitled. */
export type RoleReason =
  | { readonly code: "mapped"; readonly role: string; readonly position: number; readonly by: MatchedBy }
  | { readonly code: "granted"; readonly role: string }
  | { readonly code: "defaultRole"; readonly role: string }
  | { readonly code: "noMappingMatched"; readonly role: string }
  | { readonly code: "leftMapping"; readonly role: string; readonly lost: string }
  | { readonly code: "nothingGranted"; readonly role: string }
  | { readonly code: "lastAdminHold"; readonly role: string };

/** Why a seat is held, awaited or not there. */
export type SeatReason =
  | { readonly code: "noRoleNeedsSeat" }
  | { readonly code: "statusNotCounted"; readonly status: MemberStatus }
  | { readonly code: "invitationLapsed" }
  | { readonly code: "breakGlass" }
  | { readonly code: "seatTaken"; readonly door: Door }
  | { readonly code: "promoted" }
  | { readonly code: "keptOverLimit" }
  | { readonly code: "waiting"; readonly door: Door }
  | { readonly code: "seatsFull"; readonly door: Door; readonly whenFull: WhenFull }
  | { readonly code: "queueForfeited" }
  | { readonly code: "autoAssignOff"; readonly entrance: Entrance }
  | { readonly code: "notAssigned" };

/** A reason is kept as data, with facts and no words; `explain` makes the words. */
export type Reason = RoleReason | SeatReason;
