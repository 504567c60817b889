/** Stored resources outlive the schema files that they were written by. */
import { findSubAttribute, type ResourceType } from "./registry.ts";
import type { Attribute, ScimObject, ScimValue } from "./types.ts";

/**
 * The resource without what its schemas do not define, or define no longer; the same object where they define all of
 * it. Names are compared as they stand: what was stored has the schema's own spelling.
 */
export function known(type: ResourceType, resource: ScimObject): ScimObject {
  return knownOf((name) => attributesOf(type).get(name), resource, Object.keys(resource));
}

/** The same of extensions alone, for types whose base schema is Usher's own and never changes. */
export function withKnownExtensions(type: ResourceType, resource: ScimObject): ScimObject {
  const urns = Object.keys(resource).filter((name) => name.includes(":"));
  return urns.length === 0 ? resource : knownOf((name) => attributesOf(type).get(name), resource, urns);
}

const maps = new WeakMap<ResourceType, ReadonlyMap<string, Attribute>>();

function attributesOf(type: ResourceType): ReadonlyMap<string, Attribute> {
  let map = maps.get(type);
  if (!map) {
    map = new Map(type.attributes.map((attribute) => [attribute.name, attribute]));
    maps.set(type, map);
  }
  return map;
}

function knownOf(
  find: (name: string) => Attribute | undefined,
  values: ScimObject,
  names: readonly string[],
): ScimObject {
  let kept = values;
  for (const name of names) {
    const attribute = find(name);
    const part = attribute && knownValue(attribute, values[name]);
    if (part === values[name]) continue;
    if (kept === values) kept = { ...values };
    if (part === undefined) delete kept[name];
    else kept[name] = part;
  }
  return kept;
}

/** RFC 7643 §2.5: undefined where nothing is left of a complex value. */
function knownValue(attribute: Attribute, value: ScimValue | undefined): ScimValue | undefined {
  if (!attribute.subAttributes || typeof value !== "object" || value === null) return value;
  if (!Array.isArray(value)) {
    const part = knownOf((name) => findSubAttribute(attribute, name), value, Object.keys(value));
    return Object.keys(part).length === 0 ? undefined : part;
  }
  const parts = value.map((element) => knownValue(attribute, element));
  if (parts.every((part, index) => part === value[index])) return value;
  const rest = parts.filter((part) => part !== undefined);
  return rest.length === 0 ? undefined : rest;
}
