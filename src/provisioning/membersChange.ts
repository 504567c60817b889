import { isUuid } from "../base/ids.ts";
import type { MembershipChange } from "../directory/directories/group.ts";
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
  const change: Gathered = { replace: false, add: new Set(), remove: new Set() };
  for (const operation of operations) gather(change, operation, leniency);
  return { replace: change.replace, add: [...change.add], remove: [...change.remove] };
}

/** In sets that grow: to copy them for each operation, a thousand of them on ten thousand members took seconds. */
interface Gathered {
  replace: boolean;
  readonly add: Set<string>;
  readonly remove: Set<string>;
}

function gather(change: Gathered, { op, target, value }: PatchOperation, leniency: Leniency): void {
  if (target.subAttribute) throw immutable(target.path);
  const chosen = target.filter && idsOf(target.filter, target.path);
  if (op === "remove") {
    if (!chosen && value === undefined) replaceBy(change, []);
    else move(chosen ?? memberIds(value, leniency), change.add, change.remove);
    return;
  }
  const ids = memberIds(value, leniency);
  if (op === "replace" && !chosen) return replaceBy(change, ids);
  // Replacing chosen members by others is removing them and adding those (RFC 7644 §3.5.2.3).
  if (op === "replace") move(chosen ?? [], change.add, change.remove);
  move(ids, change.remove, change.add);
}

function replaceBy(change: Gathered, ids: readonly string[]): void {
  change.replace = true;
  change.add.clear();
  change.remove.clear();
  for (const id of ids) change.add.add(id);
}

function move(ids: readonly string[], from: Set<string>, to: Set<string>): void {
  for (const id of ids) {
    from.delete(id);
    to.add(id);
  }
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
