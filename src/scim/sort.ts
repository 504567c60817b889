/** Sorting: which attribute a list goes by, and which way (RFC 7644 §3.4.2.3). */
import type { Leniency } from "./dialects.ts";
import {
  type AttributeReference,
  findAttribute,
  findSubAttribute,
  isContainer,
  type ResourceType,
} from "./registry.ts";
import { type Attribute, ScimRefusal } from "./types.ts";

/**
 * An order: resources without a value come last, and first where it is descending; those with equal values stand by id.
 * Of several values the primary one counts, else the first.
 */
export interface Sort {
  /** Null for a resource type that has no such attribute: none of its resources has a value. */
  readonly target: AttributeReference | null;
  readonly descending: boolean;
}

/** The most characters of a text that an order looks at: a cursor carries them along. */
export const SORTED_CHARACTERS = 256;

/** `sortBy` and `sortOrder` as they were asked. */
export interface AskedSort {
  readonly sortBy?: string | undefined;
  readonly sortOrder?: string | undefined;
}

/**
 * Binds `sortBy` and `sortOrder` to each of the resource types of a list: null without `sortBy`, or where the dialect
 * passes over what cannot be sorted by. Where one type has no such attribute, its resources are those without a value, as
 * long as another type has it (RFC 7644 §3.4.2.3).
 *
 * @throws ScimRefusal invalidPath for a name that no schema has and for a complex attribute without `value`;
 *   invalidValue for any other `sortOrder` than ascending and descending; sensitive for an attribute that is never returned
 */
export function sortOver(
  types: readonly ResourceType[],
  asked: AskedSort,
  leniency: Leniency,
): readonly (Sort | null)[] {
  const descending = isDescending(asked.sortOrder);
  const { sortBy } = asked;
  if (sortBy === undefined) return types.map(() => null);
  const targets = types.map((type) => sortTarget(type, sortBy, leniency));
  if (targets.some((target) => target)) return targets.map((target) => ({ target: target ?? null, descending }));
  if (leniency.allows("unsortableAttribute")) return types.map(() => null);
  throw new ScimRefusal(
    "invalidPath",
    `Resources are not sorted by ${sortBy.slice(0, 100)}: give an attribute that a schema defines, of a complex one a sub-attribute.`,
  );
}

/**
 * The attribute that a list may go by: of a multi-valued complex one its `value` (RFC 7643 §2.4). Undefined for a name that means none.
 *
 * @throws ScimRefusal sensitive for one that is never returned: an order would tell of it (RFC 7644 §7.5.2)
 */
function sortTarget(type: ResourceType, path: string, leniency: Leniency): AttributeReference | undefined {
  const found = findAttribute(type, path) ?? bare(type, path, leniency);
  if (!found || isContainer(found.attribute)) return undefined;
  const named = [found.attribute, found.subAttribute].find((attribute) => attribute?.returned === "never");
  if (named) throw new ScimRefusal("sensitive", `${named.name} is never returned, nor is anything sorted by it.`);
  if (found.subAttribute || found.attribute.type !== "complex") return found;
  // RFC 7643 §2.4: the significant value; RFC 7644 §3.4.2.3 wants a complex attribute's sub-attribute named.
  const value = findSubAttribute(found.attribute, "value");
  return value && found.attribute.multiValued ? { ...found, subAttribute: value } : undefined;
}

/** The attribute whose values are compared. */
export function sortedAttribute({ attribute, subAttribute }: AttributeReference): Attribute {
  return subAttribute ?? attribute;
}

function bare(type: ResourceType, path: string, leniency: Leniency): AttributeReference | undefined {
  const found = type.unqualifiedPaths.get(path.toLowerCase());
  return found && leniency.allows("unqualifiedExtensionAttribute") ? found : undefined;
}

/** RFC 7644 §3.4.2.3: "sortOrder SHALL default to ascending". */
function isDescending(sortOrder: string | undefined): boolean {
  const order = sortOrder?.toLowerCase() ?? "ascending";
  if (order !== "ascending" && order !== "descending") {
    throw new ScimRefusal("invalidValue", 'sortOrder is "ascending" or "descending"');
  }
  return order === "descending";
}
