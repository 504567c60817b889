/** Values for these tests: a policy, people and standings, each whole and changed by what a test names. */
import { seatPolicy, type SeatSettings } from "../../src/admission/policy.ts";
import { roleCatalogue } from "../../src/admission/roles.ts";
import { decide } from "../../src/admission/seats.ts";
import type {
  Act,
  Decision,
  Door,
  Mapping,
  Outcome,
  Person,
  Role,
  Rules,
  Standing,
} from "../../src/admission/types.ts";

export const auditor: Role = {
  slug: "auditor",
  name: "Auditor",
  permissions: ["events:view"],
  extends: null,
  seatRequired: false,
  template: false,
};
export const lead: Role = {
  slug: "lead",
  name: "Team lead",
  permissions: ["teams:manage"],
  extends: "member",
  seatRequired: false,
  template: false,
};

/** A role template, which adds to a role. */
const crm: Role = {
  slug: "crm",
  name: "CRM",
  permissions: ["crm:view", "crm:edit"],
  extends: null,
  seatRequired: false,
  template: true,
};

export function rules(settings: SeatSettings = {}, mappings: readonly Mapping[] = []): Rules {
  return { policy: seatPolicy(settings), roles: roleCatalogue([auditor, lead, crm]), mappings };
}

export function group(id: string, role: string): Mapping {
  return { group: { ids: [id], name: `Group ${id}` }, role };
}

export function person(some: Partial<Person> = {}): Person {
  return {
    entrance: "scim",
    joined: true,
    directoryActive: true,
    hold: false,
    breakGlass: false,
    managed: false,
    invitationLapsed: false,
    granted: [],
    lastAdminHold: [],
    groups: [],
    claims: [],
    asserted: () => ({}),
    ...some,
  };
}

/** What the database picks: the seat if `free`, else the other outcome; undefined where everything rolls back. */
export function outcomeOf(decision: Decision, free: boolean): Outcome | undefined {
  const { seat } = decision;
  if (seat.ask !== "take") return seat.outcome;
  if (free) return seat.seated;
  return seat.unseated === "refuse" ? undefined : seat.unseated;
}

/** The standing that is stored after this decision; undefined where everything rolls back. */
export function stored(who: Person, decision: Decision, free: boolean): Standing | undefined {
  const outcome = outcomeOf(decision, free);
  if (!outcome) return undefined;
  const { seat } = decision;
  return {
    ...who,
    mapped: decision.mapped,
    entitled: decision.entitled,
    needsSeat: decision.needsSeat,
    displaced: seat.ask === "free" && seat.displaced,
    roles: outcome.roles,
    seat: outcome.seat,
    reasons: outcome.reasons,
  };
}

/** A member who came through `door` while seats were free, or not. */
export function member(who: Person, through: Rules, how: { door?: Door; free?: boolean; act?: Act } = {}): Standing {
  const decision = decide(null, who, how.door ?? who.entrance, how.act ?? "person", through);
  const standing = stored(who, decision, how.free ?? true);
  if (!standing) throw new Error("the newcomer was refused");
  return standing;
}

export function lastReason(outcome: Outcome | undefined): string | undefined {
  return outcome?.reasons.at(-1)?.code;
}
