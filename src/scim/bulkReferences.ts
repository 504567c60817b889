/** References to what a Bulk request creates (RFC 7644 §3.7.2): finding them, and putting ids in their place. */
import type { BulkOperation } from "./bulkMessage.ts";
import type { ScimObject, ScimValue } from "./types.ts";

const PREFIX = "bulkId:";
/** `bulkId:x` as a value, or at the end of a URI as in `$ref`. */
const REFERENCE = /^(\S*\/)?bulkId:(.*)$/s;
/** `members[value eq "bulkId:x"]` as the path of a PATCH operation. */
const QUOTED = /"bulkId:([^"\\]*)"/g;

/** What stands for a bulkId; undefined leaves the attribute out that refers to it. */
type IdOf = (bulkId: string) => string | undefined;

/** The bulkIds to which an operation refers, in its data or path. */
export function bulkIdsIn({ method, target, data }: BulkOperation): ReadonlySet<string> {
  const found = new Set<string>();
  const note: IdOf = (bulkId) => {
    found.add(bulkId);
    return bulkId;
  };
  if (target !== undefined) resolveTarget(target, note);
  if (data !== undefined && method !== "DELETE") resolveBulkIds(data, note);
  return found;
}

/** The second segment of an operation's path, with the id in place of a bulkId. */
export function resolveTarget(target: string, idOf: IdOf): string | undefined {
  return target.startsWith(PREFIX) ? idOf(target.slice(PREFIX.length)) : target;
}

/**
 * The data of an operation with ids in place of bulkIds, wherever they stand; without the values of attributes for
 * whose bulkId there is none yet: of `manager` or one of `members` the whole, since a part of it says nothing.
 */
export function resolveBulkIds(data: ScimValue, idOf: IdOf): ScimValue {
  return resolveValue(data, { idOf, isPath: false, isHolder: true }) ?? {};
}

interface Place {
  readonly idOf: IdOf;
  readonly isPath: boolean;
  /** Whether this is a resource or extension, whose members are attributes. */
  readonly isHolder: boolean;
}

function resolveValue(value: ScimValue, place: Place): ScimValue | undefined {
  if (typeof value === "string") return resolveText(value, place);
  if (typeof value !== "object" || value === null) return value;
  if (!Array.isArray(value)) return resolveObject(value, place);
  const inside = { ...place, isHolder: false };
  return value.map((element) => resolveValue(element, inside)).filter((element) => element !== undefined);
}

function resolveObject(object: ScimObject, { idOf, isHolder }: Place): ScimObject | undefined {
  const resolved: ScimObject = {};
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined) continue;
    const place = { idOf, isPath: name.toLowerCase() === "path", isHolder: isHolder && name.includes(":") };
    const inner = resolveValue(value, place);
    if (inner !== undefined) resolved[name] = inner;
    else if (!isHolder) return undefined;
  }
  return resolved;
}

function resolveText(text: string, { idOf, isPath }: Place): string | undefined {
  if (!text.includes(PREFIX)) return text;
  const [, before = "", bulkId] = REFERENCE.exec(text) ?? [];
  if (bulkId === undefined) return isPath ? resolveQuoted(text, idOf) : text;
  const id = idOf(bulkId);
  return id === undefined ? undefined : before + id;
}

function resolveQuoted(path: string, idOf: IdOf): string {
  return path.replace(QUOTED, (whole, bulkId: string) => {
    const id = idOf(bulkId);
    return id === undefined ? whole : `"${id}"`;
  });
}
