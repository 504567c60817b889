/** PUT: what of the stored resource outlives a replacement (RFC 7644 §3.5.1). */
import { isDeepStrictEqual } from "node:util";
import { isContainer, type ResourceType, schemasOf } from "./registry.ts";
import { type Attribute, type ScimObject, ScimRefusal, type ScimValue } from "./types.ts";

/**
 * The resource that a PUT of `next` leaves in place of `current`: a copy of `next` and, where it is silent, what its
 * client could not set again: readOnly, immutable and writeOnly attributes. So a password that is not sent stays.
 *
 * @throws ScimRefusal mutability, naming the attribute, where an immutable attribute would change
 */
export function replaceResource(type: ResourceType, current: ScimObject, next: ScimObject): ScimObject {
  const result = carryOver(type.attributes, current, next, "");
  // `schemas` is readOnly to clients, and says what the result holds.
  return { ...result, schemas: schemasOf(type, result) };
}

/** Whether two values of an attribute are the same, as its `caseExact` has it; the order of many values matters. */
export function sameValue(attribute: Attribute, a: ScimValue | undefined, b: ScimValue | undefined): boolean {
  if (typeof a === "string" && typeof b === "string" && !attribute.caseExact) {
    return a.toLowerCase() === b.toLowerCase();
  }
  return isDeepStrictEqual(a, b);
}

function carryOver(
  attributes: readonly Attribute[],
  current: ScimObject,
  next: ScimObject,
  prefix: string,
): ScimObject {
  const result = { ...next };
  for (const attribute of attributes) {
    const { name } = attribute;
    const before = own(current, name);
    const after = before === undefined ? undefined : keep(attribute, before, own(next, name), prefix + name);
    if (after !== undefined) result[name] = after;
  }
  return result;
}

function keep(
  attribute: Attribute,
  current: ScimValue,
  next: ScimValue | undefined,
  path: string,
): ScimValue | undefined {
  switch (attribute.mutability) {
    case "readOnly":
      return current;
    case "writeOnly":
      return next ?? current;
    case "immutable":
      // RFC 7644 §3.5.1: if values are already set, the input values MUST match.
      if (next === undefined || sameValue(attribute, current, next)) return current;
      throw new ScimRefusal("mutability", `${path} is immutable and has a value already; send that value or none`);
    default:
      return keepInside(attribute, current, next, path);
  }
}

function keepInside(
  attribute: Attribute,
  current: ScimValue,
  next: ScimValue | undefined,
  path: string,
): ScimValue | undefined {
  if (isContainer(attribute)) {
    const inside = carryOver(subsOf(attribute), current as ScimObject, (next ?? {}) as ScimObject, `${path}:`);
    return Object.keys(inside).length === 0 ? undefined : inside;
  }
  // Elements of many values are replaced whole.
  if (attribute.multiValued || attribute.type !== "complex" || next === undefined) return next;
  // A readOnly sub-attribute, such as a name to display, described the value that goes; it is not carried over.
  const lasting = subsOf(attribute).filter(({ mutability }) => mutability !== "readOnly");
  return carryOver(lasting, current as ScimObject, next as ScimObject, `${path}.`);
}

function subsOf(attribute: Attribute): readonly Attribute[] {
  return attribute.subAttributes ?? [];
}

function own(object: ScimObject, name: string): ScimValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
