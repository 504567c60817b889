/**
 * From what a client wrote to a value in the schema's own spelling: names folded, unassigned values left out, the
 * known departures put right, everything else refused. Resources and PATCH operations pass through here alike.
 *
 * Formats and required attributes are `validate`'s, which sees the whole resource.
 */
import type { Leniency } from "./dialects.ts";
import { findSubAttribute, separatorAfter } from "./registry.ts";
import { normaliseScalar, quote, wrongType } from "./scalars.ts";
import { type Attribute, type ScimObject, ScimRefusal, type ScimValue } from "./types.ts";

/**
 * The canonical form of a value for an attribute; undefined means unassigned: null, `[]`, and a complex value without
 * any of its own (RFC 7643 §2.5). The depth of what is read is bounded by the schema, three levels at most.
 *
 * @param path what the refusal calls the place
 * @throws ScimRefusal invalidValue, naming the path, for a value of another type; invalidSyntax for a sub-attribute
 *   that the schema does not know, where the dialect does not ignore it
 */
export function normaliseValue(
  attribute: Attribute,
  value: ScimValue,
  leniency: Leniency,
  path: string,
): ScimValue | undefined {
  if (value === null) return undefined;
  return attribute.multiValued
    ? normaliseMany(attribute, value, leniency, path)
    : normaliseSingle(attribute, value, leniency, path);
}

function normaliseMany(
  attribute: Attribute,
  value: ScimValue,
  leniency: Leniency,
  path: string,
): ScimValue[] | undefined {
  const given = attribute.type === "complex" ? unpackJson(value, leniency) : value;
  if (!Array.isArray(given) && !leniency.allows("singleForMany")) throw wrongType(attribute, path, "an array");
  const elements: ScimValue[] = [];
  for (const [index, element] of (Array.isArray(given) ? given : [given]).entries()) {
    const normal = element === null ? undefined : normaliseSingle(attribute, element, leniency, `${path}[${index}]`);
    if (normal !== undefined) elements.push(normal);
  }
  if (elements.length === 0) return undefined;
  return attribute.type === "complex" ? distinct(attribute, elements as ScimObject[], path) : elements;
}

/**
 * RFC 7643 §2.4: `primary: true` MUST appear no more than once, and a (type, value) pair SHOULD NOT appear twice: the
 * later one's sub-attributes are then laid over the first's.
 */
function distinct(attribute: Attribute, elements: ScimObject[], path: string): ScimObject[] {
  if (elements.length < 2) return elements;
  if (elements.filter((element) => element["primary"] === true).length > 1) {
    throw new ScimRefusal("invalidValue", `${path} has more than one primary value; mark one at most as primary`);
  }
  const exact = findSubAttribute(attribute, "value")?.caseExact ?? true;
  const kept = new Map<unknown, ScimObject>();
  for (const element of elements) {
    const { type, value } = element;
    const same = typeof value === "string" && !exact ? value.toLowerCase() : value;
    const key = value === undefined ? element : pairKey(type, same);
    const first = kept.get(key);
    kept.set(key, first ? { ...first, ...element } : element);
  }
  return [...kept.values()];
}

/** A text for a (type, value) pair: no JSON array begins as that of a bare text does, and most values are that. */
function pairKey(type: ScimValue | undefined, value: ScimValue | undefined): string {
  return type === undefined && typeof value === "string" ? `=${value}` : JSON.stringify([type ?? null, value]);
}

function normaliseSingle(
  attribute: Attribute,
  value: ScimValue,
  leniency: Leniency,
  path: string,
): ScimValue | undefined {
  const given = unwrap(attribute, value, leniency, path);
  if (given === null || (given === "" && leniency.allows("emptyString"))) return undefined;
  if (attribute.type !== "complex") return normaliseScalar(attribute, given, leniency, path);
  if (isObject(given)) return normaliseComplex(attribute, given, leniency, path);
  const inner = findSubAttribute(attribute, "value");
  if (!inner || !leniency.allows("scalarForComplex")) throw wrongType(attribute, path);
  return normaliseComplex(attribute, { [inner.name]: given }, leniency, path);
}

/** The one value of a one-element array, null of an empty one. Arrays in arrays are nobody's dialect. */
function unwrap(attribute: Attribute, value: ScimValue, leniency: Leniency, path: string): ScimValue {
  const given = attribute.type === "complex" ? unpackJson(value, leniency) : value;
  if (!Array.isArray(given)) return given;
  const [only = null] = given;
  if (given.length > 1 || Array.isArray(only) || !leniency.allows("oneElementArray")) throw wrongType(attribute, path);
  return only;
}

function normaliseComplex(
  attribute: Attribute,
  given: ScimObject,
  leniency: Leniency,
  path: string,
): ScimObject | undefined {
  const object: ScimObject = {};
  const prefix = path + separatorAfter(attribute.name);
  for (const [name, value] of Object.entries(given)) {
    const sub = findSubAttribute(attribute, name);
    if (sub) assign(object, sub, value, leniency, prefix + sub.name);
    else if (!assignDotted(object, attribute, name, value, leniency, prefix)) ignoreUnknown(prefix + name, leniency);
  }
  return Object.keys(object).length === 0 ? undefined : object;
}

/**
 * Puts the canonical form of a value into its place in `holder`; readOnly attributes are ignored (RFC 7644 §3.3).
 *
 * @throws ScimRefusal invalidSyntax where the place is taken: a name in two spellings is one name (RFC 7643 §2.1)
 */
export function assign(
  holder: ScimObject,
  attribute: Attribute,
  value: ScimValue | undefined,
  leniency: Leniency,
  path: string,
): void {
  if (attribute.mutability === "readOnly" || value === undefined) return;
  const normal = normaliseValue(attribute, value, leniency, path);
  if (normal === undefined) return;
  const present = holder[attribute.name];
  const merges = attribute.type === "complex" && !attribute.multiValued;
  if (present === undefined) holder[attribute.name] = normal;
  else if (merges && areDisjoint(present as ScimObject, normal as ScimObject)) {
    holder[attribute.name] = { ...(present as ScimObject), ...(normal as ScimObject) };
  } else throw new ScimRefusal("invalidSyntax", `${path} is given more than once; give it once`);
}

/** `name.givenName` as a key, meaning `{"name": {"givenName": …}}`; false if the name is no such path. */
function assignDotted(
  holder: ScimObject,
  complex: Attribute,
  name: string,
  value: ScimValue | undefined,
  leniency: Leniency,
  prefix: string,
): boolean {
  const dot = name.indexOf(".");
  const attribute = dot < 0 ? undefined : findSubAttribute(complex, name.slice(0, dot));
  const sub = attribute && !attribute.multiValued ? findSubAttribute(attribute, name.slice(dot + 1)) : undefined;
  if (!attribute || !sub || !leniency.allows("qualifiedAttributeName")) return false;
  assign(holder, attribute, { [sub.name]: value }, leniency, prefix + attribute.name);
  return true;
}

/**
 * Ignores an attribute that no schema defines, where the dialect does.
 *
 * @throws ScimRefusal invalidSyntax where it does not
 */
export function ignoreUnknown(path: string, leniency: Leniency): void {
  if (leniency.allows("unknownAttribute")) return;
  throw new ScimRefusal("invalidSyntax", `${quote(path)} is not defined by a schema of this resource; see /Schemas`);
}

/** The object or array in a string that holds JSON; anything else as it came. */
function unpackJson(value: ScimValue, leniency: Leniency): ScimValue {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    const inner = JSON.parse(value) as ScimValue;
    return leniency.allows("jsonInString") ? inner : value;
  } catch {
    return value;
  }
}

function areDisjoint(a: ScimObject, b: ScimObject): boolean {
  return Object.keys(b).every((name) => !Object.hasOwn(a, name));
}

function isObject(value: ScimValue): value is ScimObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
