import { isUuid } from "../base/ids.ts";
import { NO_MEMBERSHIP_CHANGE, type MembershipChange } from "../directory/group.ts";
import type { Leniency } from "../scim/dialects.ts";
import { elementsOf } from "../scim/match.ts";
import type { PatchOperation } from "../scim/patchOperation.ts";
import type { ResolvedFilter } from "../scim/resolve.ts";
import { ScimRefusal, type ScimObject, type ScimValue } from "../scim/types.ts";

/**
 * What the operations of a PATCH on `members` come to together, without reading who is in the group: a group may have
 * a hundred thousand members, and one more is one row.
 *
 * Members are told apart by `value` alone (RFC 7643 §4.2): re-adding one, and removing one who is not there, is no error.
 *
 * @throws ScimRefusal `invalidValue`, `invalidFilter`
 */
export function membersChange(operations: readonly PatchOperation[], leniency: Leniency): MembershipChange {
  return operations.reduce((change, operation) => next(change, operation, leniency), NO_MEMBERSHIP_CHANGE);
}

function next(change: MembershipChange, operation: PatchOperation, leniency: Leniency): MembershipChange {
  const { op, target, value } = operation;
  if (target.subAttribute) throw immutable(target.path);
  const chosen = target.filter && idsOf(target.filter, target.path);
  if (op === "remove") {
    if (!chosen && value === undefined) return { replace: true, add: [], remove: [] };
    return without(change, chosen ?? memberIds(value, leniency));
  }
  const ids = memberIds(value, leniency);
  if (op === "replace" && !chosen) return { replace: true, add: ids, remove: [] };
  // Replacing chosen members by others is removing them and adding those (RFC 7644 §3.5.2.3).
  return withMembers(op === "replace" ? without(change, chosen ?? []) : change, ids);
}

function without({ replace, add, remove }: MembershipChange, ids: readonly string[]): MembershipChange {
  return { replace, add: difference(add, ids), remove: union(remove, ids) };
}

function withMembers({ replace, add, remove }: MembershipChange, ids: readonly string[]): MembershipChange {
  return { replace, add: union(add, ids), remove: difference(remove, ids) };
}

function difference(a: readonly string[], b: readonly string[]): readonly string[] {
  if (a.length === 0) return a;
  const excluded = new Set(b);
  return a.filter((id) => !excluded.has(id));
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return a.length === 0 ? b : [...new Set([...a, ...b])];
}

/** The ids of `members` values, each once. @throws ScimRefusal `invalidValue` for a nested group or what is no id */
export function memberIds(members: ScimValue | undefined, leniency: Leniency): string[] {
  const ids = new Set<string>();
  for (const member of elementsOf(members)) {
    const id = memberId(member as ScimObject, leniency);
    if (id !== undefined) ids.add(id);
  }
  return [...ids];
}

/** Undefined for what is forgiven to name nobody. A push of a thousand comes by here a thousand times. */
function memberId(member: ScimObject, leniency: Leniency): string | undefined {
  const value = textOf(member["value"]);
  const address = textOf(member["$ref"]);
  const isGroup = address !== undefined && /\/Groups\//i.test(address);
  if (isGroup || textOf(member["type"])?.toLowerCase() === "group") {
    // RFC 7643 §4.2 lets a service provider choose whether groups nest; directories that do send them flattened too.
    throw new ScimRefusal("invalidValue", `members: groups in groups are not taken; send the people of ${value}`);
  }
  if (isUuid(value)) return value.toLowerCase();
  if (leniency.allows("unknownMember")) return undefined;
  throw unknownMember([value ?? ""]);
}

function textOf(value: ScimValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The refusal of ids that name no member. */
export function unknownMember(ids: readonly string[]): ScimRefusal {
  const shown = ids.slice(0, 5).join(", ").slice(0, 300);
  return new ScimRefusal(
    "invalidValue",
    `members: no User ${shown}${ids.length > 5 ? ` and ${ids.length - 5} more` : ""}`,
  );
}

/** `members[value eq "…"]`, also several joined by `or`: what directories send. */
function idsOf(filter: ResolvedFilter, path: string): string[] {
  if (filter.kind === "or") return filter.terms.flatMap((term) => idsOf(term, path));
  const isId = filter.kind === "compare" && filter.op === "eq" && filter.target.attribute.name === "value";
  if (!isId) throw new ScimRefusal("invalidFilter", `${path}: choose members by value eq "<id>"`);
  return isUuid(filter.value) ? [filter.value.toLowerCase()] : [];
}

function immutable(path: string): ScimRefusal {
  return new ScimRefusal("mutability", `${path}: what a member is does not change; remove it and add another`);
}
