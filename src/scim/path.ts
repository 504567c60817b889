/** PATCH paths bound to a schema: which attribute, which of its values, which sub-attribute (RFC 7644 §3.5.2). */
import type { Leniency } from "./dialects.ts";
import { parsePath } from "./filter.ts";
import { type AttributeReference, findAttribute, findSubAttribute, type ResourceType } from "./registry.ts";
import { findByPath, resolveValueFilter, type ResolvedFilter } from "./resolve.ts";
import { type Attribute, ScimRefusal } from "./types.ts";

/** What an operation acts on; an extension as a whole is an attribute too, named by its URN. */
export interface PatchTarget extends AttributeReference {
  /** Which values of a multi-valued attribute; undefined for all of them. */
  readonly filter: ResolvedFilter | undefined;
  /** As the client wrote it, for refusals. */
  readonly path: string;
}

/**
 * Binds a PATCH path to a resource type (RFC 7644 §3.5.2 figure 7 and §3.10); undefined for an attribute that no schema
 * knows, where the dialect ignores it.
 *
 * @throws ScimRefusal invalidPath for a path that is none or leads nowhere; invalidFilter, sensitive as `resolveFilter`
 */
export function resolvePath(type: ResourceType, text: string, leniency: Leniency): PatchTarget | undefined {
  const direct = findAttribute(type, text);
  if (direct) return { ...direct, filter: undefined, path: text };
  const parsed = parsePath(text, leniency);
  const found = findByPath(type, parsed.path, leniency);
  if (!found) return unknown(type, text, leniency);
  const target: PatchTarget = { ...found, filter: undefined, path: text };
  if (!parsed.filter) return target;
  if (found.subAttribute) throw invalid(`${text}: brackets follow an attribute, not a sub-attribute.`);
  if (!found.attribute.multiValued) return bracketsOnSingleValue(type, target, parsed.sub, leniency);
  const filter = resolveValueFilter(found.attribute, parsed.filter, leniency);
  return withSubAttribute(type, { ...target, filter }, parsed.sub, leniency);
}

function withSubAttribute(
  type: ResourceType,
  target: PatchTarget,
  name: string | undefined,
  leniency: Leniency,
): PatchTarget | undefined {
  if (name === undefined) return target;
  const subAttribute = findSubAttribute(target.attribute, name);
  return subAttribute ? { ...target, subAttribute } : unknown(type, target.path, leniency);
}

/** There is nothing to choose among: the path is read as if it had no brackets, and no `.value` of a simple value. */
function bracketsOnSingleValue(
  type: ResourceType,
  target: PatchTarget,
  sub: string | undefined,
  leniency: Leniency,
): PatchTarget | undefined {
  if (!leniency.allows("filterOnSingleValue")) {
    throw invalid(`${target.attribute.name} has one value, so that no [...] may follow it; write the path without.`);
  }
  const isSimpleValue = target.attribute.type !== "complex" && sub?.toLowerCase() === "value";
  return withSubAttribute(type, target, isSimpleValue ? undefined : sub, leniency);
}

/** Lets an attribute that no schema knows pass, where the dialect does. @throws ScimRefusal invalidPath where it does not */
export function unknown(type: ResourceType, text: string, leniency: Leniency): undefined {
  if (leniency.allows("unknownPath")) return undefined;
  throw invalid(`No schema of ${type.name} defines ${text}; see /Schemas.`);
}

/** Refuses the change of an attribute that only the server sets (RFC 7644 §3.5.2). @throws ScimRefusal mutability */
export function checkWritable({ attribute, subAttribute, path }: PatchTarget): void {
  const readOnly = [attribute, subAttribute].find((it) => it?.mutability === "readOnly");
  if (readOnly) throw new ScimRefusal("mutability", `${path}: ${readOnly.name} is readOnly, the server alone sets it.`);
}

/** The attribute whose value an operation carries: the sub-attribute, one chosen value, or all values. */
export function valueAttribute({ attribute, subAttribute, filter }: PatchTarget): Attribute {
  return subAttribute ?? (filter ? { ...attribute, multiValued: false } : attribute);
}

function invalid(detail: string): ScimRefusal {
  return new ScimRefusal("invalidPath", detail);
}
