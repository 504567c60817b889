/** From the body of a POST or PUT to a resource in the schema's own spelling; `values.ts` does the values. */
import { legacySchemas, type Leniency } from "./dialects.ts";
import { type AttributeReference, findAttribute, type ResourceType, schemasOf } from "./registry.ts";
import { quote } from "./scalars.ts";
import { type ScimObject, ScimRefusal, type ScimValue } from "./types.ts";
import { assign, ignoreUnknown } from "./values.ts";

/**
 * The canonical form of a resource as a client sent it: attribute names and URNs in the schema's spelling, unassigned
 * attributes (null, `[]`) and readOnly ones left out (RFC 7643 §2.5, RFC 7644 §3.3 and §3.5.1), `schemas` as its
 * values say. Its size is bounded by the body limit of the HTTP side, its depth by the schema.
 *
 * @throws ScimRefusal invalidSyntax for a body that is no such resource; invalidValue, naming the attribute, for a
 *   value that it cannot have
 */
export function normaliseResource(type: ResourceType, body: unknown, leniency: Leniency): ScimObject {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new ScimRefusal("invalidSyntax", `the body must be a JSON object, a ${type.name}`);
  }
  const resource: ScimObject = {};
  let schemas: ScimValue | undefined;
  for (const [name, value] of entriesOf(type, body as ScimObject, leniency)) {
    if (name.toLowerCase() === "schemas") schemas = value;
    else assignNamed(type, resource, name, value, leniency);
  }
  checkSchemas(type, schemas, resource, leniency);
  return { schemas: schemasOf(type, resource), ...resource };
}

/** The members of a body, with those that stand under the base schema's URN brought to the top. */
function entriesOf(type: ResourceType, body: ScimObject, leniency: Leniency): [string, ScimValue | undefined][] {
  const entries: [string, ScimValue | undefined][] = Object.entries(body);
  const base = type.schema.toLowerCase();
  if (!entries.some(([name]) => name.toLowerCase() === base)) return entries;
  return entries.flatMap(([name, value]): [string, ScimValue | undefined][] => {
    const isBase = name.toLowerCase() === base;
    if (!isBase || typeof value !== "object" || value === null || Array.isArray(value)) return [[name, value]];
    return leniency.allows("nestedBaseSchema") ? Object.entries(value) : [[name, value]];
  });
}

function assignNamed(
  type: ResourceType,
  resource: ScimObject,
  name: string,
  value: ScimValue | undefined,
  leniency: Leniency,
): void {
  const reference = findNamed(type, name, leniency);
  if (!reference) return ignoreUnknown(name, leniency);
  const { container, attribute, subAttribute } = reference;
  const inner = subAttribute ? { [subAttribute.name]: value } : value;
  if (container) assign(resource, container, { [attribute.name]: inner }, leniency, container.name);
  else assign(resource, attribute, inner, leniency, attribute.name);
}

/** What a key of the body means: an attribute's name (RFC 7643 §2.1) or, as a departure, a path to one. */
function findNamed(type: ResourceType, name: string, leniency: Leniency): AttributeReference | undefined {
  const bare = type.unqualifiedPaths.get(name.toLowerCase());
  const reference = findAttribute(type, name) ?? bare;
  if (!reference) return undefined;
  // A sub-attribute of many values says nothing of which one is meant.
  if (reference.subAttribute && reference.attribute.multiValued) return undefined;
  if (reference === bare && !leniency.allows("unqualifiedExtensionAttribute")) return undefined;
  const isName = reference === bare || name.length === reference.attribute.name.length;
  return isName || leniency.allows("qualifiedAttributeName") ? reference : undefined;
}

/** RFC 7643 §3: `schemas` MUST hold the base schema and each extension in use, and nothing that the type lacks. */
function checkSchemas(
  type: ResourceType,
  given: ScimValue | undefined,
  resource: ScimObject,
  leniency: Leniency,
): void {
  const declared = new Set(readSchemas(given).map((urn) => urn.toLowerCase()));
  for (const urn of declared) {
    const isKnown = type.schemas.has(urn);
    if (!isKnown && !(isLegacy(urn) && leniency.allows("legacySchema"))) {
      throw new ScimRefusal("invalidSyntax", `schemas names ${quote(urn)}, which ${type.name} does not have`);
    }
  }
  if (!declared.has(type.schema.toLowerCase()) && !leniency.allows("missingSchemas")) {
    throw new ScimRefusal("invalidSyntax", `schemas must hold ${type.schema}`);
  }
  for (const { name } of type.containers) {
    const isSilent = Object.hasOwn(resource, name) && !declared.has(name.toLowerCase());
    if (isSilent && !leniency.allows("undeclaredExtension")) {
      throw new ScimRefusal("invalidSyntax", `schemas must hold ${name}, because the resource has values of it`);
    }
  }
}

function readSchemas(given: ScimValue | undefined): string[] {
  if (given === undefined || given === null) return [];
  const isList = Array.isArray(given) && given.every((urn) => typeof urn === "string");
  if (!isList) throw new ScimRefusal("invalidSyntax", "schemas must be an array of URNs");
  return given;
}

function isLegacy(urn: string): boolean {
  return legacySchemas.some((beginning) => urn.startsWith(beginning.toLowerCase()));
}
