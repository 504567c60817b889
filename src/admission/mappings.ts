/** Mappings turn directory groups, SSO groups and directory-asserted values into roles (rules 11 to 13). */
import { Refusal, type FieldFault } from "../base/errors.ts";
import { fold } from "../base/fold.ts";
import { isRole, noSuchRole } from "./roles.ts";
import type {
  Asserted,
  Claim,
  Condition,
  GroupRef,
  Mapping,
  MatchedBy,
  Person,
  RoleCatalogue,
  RoleReason,
  Rules,
} from "./types.ts";

/** Nesting beyond this is no condition that a person wrote. */
const MAX_DEPTH = 8;

/** Rule 11: the list is ordered; the first match grants its role, later matches are ignored. */
export function firstMatch(rules: Rules, person: Person): (RoleReason & { code: "mapped" }) | null {
  const index = rules.mappings.findIndex((mapping) => rules.roles.has(mapping.role) && matches(mapping, person));
  const mapping = rules.mappings[index];
  return mapping ? { code: "mapped", role: mapping.role, position: index + 1, by: matchedBy(mapping) } : null;
}

function matches(mapping: Mapping, person: Person): boolean {
  if ("group" in mapping) return mapping.group.ids.some((id) => person.groups.includes(id));
  if ("when" in mapping) return holds(mapping.when, person.asserted());
  const { connectionId, value } = mapping.claim;
  // Rule 13: directory-managed members ignore SSO groups.
  if (person.managed) return false;
  return person.claims.some((claim) => claim.connectionId === connectionId && claim.value === value);
}

/** Whether a condition holds of the asserted values; text is compared folded, as RFC 7643 §2.2 `caseExact` false. */
export function holds(condition: Condition, asserted: Asserted): boolean {
  if ("and" in condition) return condition.and.every((part) => holds(part, asserted));
  if ("or" in condition) return condition.or.some((part) => holds(part, asserted));
  if ("not" in condition) return !holds(condition.not, asserted);
  const values = valuesAt(asserted, condition.attribute);
  if (condition.op === "pr") return values.some((value) => value !== "");
  const wanted = fold(condition.value);
  const test = tests[condition.op];
  return values.some((value) => test(fold(value), wanted));
}

/** RFC 7644 §3.4.2.2, table 3. `ne` wants a value that differs: whoever has none is not matched by it. */
const tests = {
  eq: (value: string, wanted: string) => value === wanted,
  ne: (value: string, wanted: string) => value !== wanted,
  co: (value: string, wanted: string) => value.includes(wanted),
  sw: (value: string, wanted: string) => value.startsWith(wanted),
  ew: (value: string, wanted: string) => value.endsWith(wanted),
};

/** Attribute names are case-insensitive (RFC 7643 §2.1). */
function valuesAt(asserted: Asserted, attribute: string): readonly string[] {
  const wanted = attribute.toLowerCase();
  return Object.entries(asserted).flatMap(([name, values]) => (name.toLowerCase() === wanted ? values : []));
}

function matchedBy(mapping: Mapping): MatchedBy {
  if ("group" in mapping) return { group: mapping.group.name };
  return "claim" in mapping ? { claim: mapping.claim.value } : { when: inWords(mapping.when) };
}

/** A condition as text in the manner of a SCIM filter, for explanations. */
export function inWords(condition: Condition): string {
  if ("and" in condition) return condition.and.map(inBrackets).join(" and ");
  if ("or" in condition) return condition.or.map(inBrackets).join(" or ");
  if ("not" in condition) return `not (${inWords(condition.not)})`;
  if (condition.op === "pr") return `${condition.attribute} pr`;
  return `${condition.attribute} ${condition.op} ${JSON.stringify(condition.value)}`;
}

function inBrackets(condition: Condition): string {
  return "and" in condition || "or" in condition ? `(${inWords(condition)})` : inWords(condition);
}

/**
 * Rule 12: a group's name becomes ids when the mapping is written, so that renaming a group, or creating one of that
 * name later, hijacks nothing.
 *
 * @throws Refusal `invalid_request` where no group has that name now
 */
export function groupNamed(name: string, groups: readonly { id: string; displayName: string }[]): GroupRef {
  const wanted = fold(name);
  const ids = groups.filter((group) => fold(group.displayName) === wanted).map((group) => group.id);
  if (ids.length > 0) return { ids, name };
  throw new Refusal(
    "invalid_request",
    `No directory group is named '${name}' yet. Let the directory push it first, or name the group of an SSO claim.`,
  );
}

/**
 * Refuses a list of mappings that names roles which do not exist, or a condition too deep or empty to be meant.
 *
 * @throws Refusal `invalid_request`, with a JSON Pointer into the list for each fault
 */
export function checkMappings(mappings: readonly Mapping[], roles: RoleCatalogue): void {
  const errors = mappings.flatMap((mapping, index) => mappingFaults(mapping, `/${index}`, roles));
  if (errors.length === 0) return;
  throw new Refusal("invalid_request", errors.map((fault) => fault.message).join(" "), { errors });
}

function mappingFaults(mapping: Mapping, at: string, roles: RoleCatalogue): FieldFault[] {
  const faults: FieldFault[] = [];
  if (!isRole(roles, mapping.role)) {
    faults.push({ path: `${at}/role`, message: noSuchRole(mapping.role, roles) });
  }
  if ("when" in mapping && !sound(mapping.when, MAX_DEPTH)) {
    const message = `A condition needs at least one test in each 'and' and 'or', and at most ${MAX_DEPTH} levels.`;
    faults.push({ path: `${at}/when`, message });
  }
  return faults;
}

/** An empty `and` would hold of everybody. */
function sound(condition: Condition, depth: number): boolean {
  if (depth === 0) return false;
  if ("not" in condition) return sound(condition.not, depth - 1);
  const parts = "and" in condition ? condition.and : "or" in condition ? condition.or : null;
  return parts === null || (parts.length > 0 && parts.every((part) => sound(part, depth - 1)));
}

/** What a sign-in said of groups: `absent` no such claim, `overage` a pointer in place of too many. */
export type AssertedGroups = "absent" | "overage" | { readonly values: readonly string[] };

/**
 * Rule 13: the SSO group values to keep after a sign-in through this connection. An absent claim, or one replaced by a
 * pointer because the groups were too many, changes nothing; the latter is worth an event.
 */
export function claimsAfterSignIn(
  before: readonly Claim[],
  connectionId: string,
  groups: AssertedGroups,
): { claims: readonly Claim[]; overage: boolean } {
  if (groups === "absent" || groups === "overage") return { claims: before, overage: groups === "overage" };
  const others = before.filter((claim) => claim.connectionId !== connectionId);
  const values = [...new Set(groups.values)];
  return { claims: [...others, ...values.map((value) => ({ connectionId, value }))], overage: false };
}
