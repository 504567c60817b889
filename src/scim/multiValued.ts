/** PATCH within an attribute of many values (RFC 7644 §3.5.2.1 to §3.5.2.3): which of them, and what becomes of the rest. */
import { fold } from "../base/fold.ts";
import type { Leniency } from "./dialects.ts";
import { compileFilter, isObject, matchesElement } from "./match.ts";
import type { PatchOperation } from "./patchOperation.ts";
import { findSubAttribute, hasFixedValue } from "./registry.ts";
import type { ResolvedFilter } from "./resolve.ts";
import { type Attribute, type ScimObject, ScimRefusal, type ScimValue } from "./types.ts";

type Values = readonly ScimValue[];

/** Sets one sub-attribute of one value, with the checks of mutability; `patch.ts` has it. */
type ChangeSubAttribute = (
  operation: PatchOperation,
  element: ScimObject,
  sub: Attribute,
  value: ScimValue | undefined,
) => ScimObject;

/**
 * The values of a multi-valued attribute after one operation, in a time that grows with their number and no faster.
 *
 * @throws ScimRefusal noTarget, mutability, invalidValue, or, in the interop dialect, invalidFilter
 */
export function changeValues(
  operation: PatchOperation,
  given: Values,
  leniency: Leniency,
  changeSubAttribute: ChangeSubAttribute,
): Values {
  const { filter, subAttribute } = operation.target;
  if (!filter && !subAttribute) return changeAll(operation, settlePrimary(operation, given, sameAsPrimary(operation)));
  const chosen = choose(given, filter);
  if (filter && chosen.size > 1 && leniency.dialect === "interop") {
    throw new ScimRefusal(
      "invalidFilter",
      `${operation.target.path} chooses more than one value (interoperability profile).`,
    );
  }
  const before = settlePrimary(operation, given, (value) => chosen.has(value));
  if (chosen.size === 0) return changeNone(operation, before, leniency);
  return changeChosen(operation, before, chosen, leniency, changeSubAttribute);
}

function choose(values: Values, filter: ResolvedFilter | undefined): ReadonlySet<ScimValue> {
  if (!filter) return new Set(values);
  const predicate = compileFilter(filter);
  return new Set(values.filter((value) => matchesElement(predicate, value)));
}

function changeAll({ op, target, value }: PatchOperation, before: Values): Values {
  const values = Array.isArray(value) ? value : [];
  if (op === "add") return appendValues(target.attribute, before, values);
  if (op === "replace") return replaceValues(target.attribute, before, values);
  return value === undefined ? [] : removeValues(target.attribute, before, values);
}

/** RFC 7644 §3.5.2.1: values that are there already are not added again; what they say anew is laid over them. */
export function appendValues(attribute: Attribute, before: Values, values: Values): Values {
  const key = identityOf(attribute);
  const incoming = new Map(values.map((value) => [key(value), value]));
  const kept = before.map((value) => {
    const again = take(incoming, key(value));
    return again === undefined || hasFixedValue(attribute) ? value : overlay(value, again);
  });
  return [...kept, ...incoming.values()];
}

/** RFC 7644 §3.5.2.3: the whole set is replaced. Values that cannot change are kept as stored if they are in the new set. */
function replaceValues(attribute: Attribute, before: Values, values: Values): Values {
  if (!hasFixedValue(attribute)) return values;
  const key = identityOf(attribute);
  const incoming = new Map(values.map((value) => [key(value), value]));
  const kept = before.filter((value) => take(incoming, key(value)) !== undefined);
  return [...kept, ...incoming.values()];
}

/** The listed values go; a listed value without `type` means every type of it. */
function removeValues(attribute: Attribute, before: Values, values: Values): Values {
  const key = significantOf(attribute);
  const listed = new Map<string, ScimValue[]>();
  for (const value of values) listed.set(key(value), [...(listed.get(key(value)) ?? []), value]);
  return before.filter((value) => !listed.get(key(value))?.some((gone) => isSameType(gone, value)));
}

function isSameType(a: ScimValue, b: ScimValue): boolean {
  const [typeA, typeB] = [a, b].map((value) => (isObject(value) ? value["type"] : undefined));
  return typeA === undefined || typeB === undefined || typeA === typeB;
}

function take(map: Map<string, ScimValue>, key: string): ScimValue | undefined {
  const value = map.get(key);
  map.delete(key);
  return value;
}

function overlay(value: ScimValue, again: ScimValue): ScimValue {
  return isObject(value) && isObject(again) ? { ...value, ...again } : value;
}

/** What makes two values the same: RFC 7643 §2.4 has it that (type, value) SHOULD NOT appear twice. */
function identityOf(attribute: Attribute): (value: ScimValue) => string {
  const significant = significantOf(attribute);
  if (hasFixedValue(attribute)) return significant;
  const identity = (value: ScimValue): string =>
    JSON.stringify([isObject(value) ? (value["type"] ?? null) : null, significant(value)]);
  return (value) => (isObject(value) ? remembered(attribute, value, identity) : identity(value));
}

const identities = new WeakMap<Attribute, WeakMap<ScimObject, string>>();

/** Values never change, others take their place; so of many operations on one attribute each asks only for what is new. */
function remembered(attribute: Attribute, value: ScimObject, identity: (value: ScimValue) => string): string {
  const known = identities.get(attribute) ?? new WeakMap<ScimObject, string>();
  identities.set(attribute, known);
  const found = known.get(value) ?? identity(value);
  known.set(value, found);
  return found;
}

/** The `value` of a complex value, folded unless it is caseExact; the whole of one that has none. */
function significantOf(attribute: Attribute): (value: ScimValue) => string {
  const { caseExact } = findSubAttribute(attribute, "value") ?? attribute;
  return (element) => {
    const value = isObject(element) ? element["value"] : element;
    if (typeof value === "string") return caseExact ? value : fold(value);
    return JSON.stringify(value ?? Object.entries(element ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
  };
}

function changeChosen(
  operation: PatchOperation,
  before: Values,
  chosen: ReadonlySet<ScimValue>,
  leniency: Leniency,
  changeSubAttribute: ChangeSubAttribute,
): Values {
  const { op, target, value } = operation;
  const reaches = target.subAttribute !== undefined || (op === "add" && isObject(value));
  if (!reaches && value === undefined) return before.filter((element) => !chosen.has(element));
  // RFC 7644 §3.5.2.3: "all matching record values SHALL be replaced"; equal values would be one, so it stands once.
  const [first] = chosen;
  const after = before.map((element) => {
    if (!chosen.has(element)) return element;
    if (reaches) return isObject(element) ? reach(operation, element, leniency, changeSubAttribute) : element;
    return element === first ? value : undefined;
  });
  return after.filter((element) => element !== undefined);
}

/** Changes sub-attributes of one value; undefined if it then has no more to say. */
function reach(
  operation: PatchOperation,
  element: ScimObject,
  leniency: Leniency,
  changeSubAttribute: ChangeSubAttribute,
): ScimObject | undefined {
  const { target, value } = operation;
  let changed = element;
  for (const [sub, inner] of subValues(target.attribute, target.subAttribute, value)) {
    changed = changeSubAttribute(operation, changed, sub, inner);
  }
  const lostValue = element["value"] !== undefined && changed["value"] === undefined;
  const isEmpty = Object.keys(changed).length === 0 || (lostValue && leniency.allows("valuelessElement"));
  return isEmpty ? undefined : changed;
}

function* subValues(
  attribute: Attribute,
  subAttribute: Attribute | undefined,
  value: ScimValue | undefined,
): Iterable<readonly [Attribute, ScimValue | undefined]> {
  if (subAttribute) return yield [subAttribute, value];
  for (const sub of attribute.subAttributes ?? []) {
    if (isObject(value) && value[sub.name] !== undefined) yield [sub, value[sub.name]];
  }
}

/** RFC 7644 §3.12: a filter that "yields no match" is noTarget; Entra ID expects add and replace to make the value. */
function changeNone(operation: PatchOperation, before: Values, leniency: Leniency): Values {
  const { op, target, value } = operation;
  const { filter, subAttribute, path } = target;
  const made = subAttribute && value !== undefined ? { [subAttribute.name]: value } : value;
  if (op === "remove" || made === undefined) {
    if (!filter || leniency.allows("removeWithoutMatch")) return before;
  } else {
    const terms = filter ? equalityTerms(filter) : {};
    if (terms && (!filter || leniency.allows("createOnNoMatch"))) {
      return [...before, isObject(made) ? { ...terms, ...made } : made];
    }
  }
  throw new ScimRefusal("noTarget", `${path} matches no value of the resource.`);
}

/** The sub-attributes of a value that the filter would match, if it is nothing but `eq` and `and`. */
function equalityTerms(filter: ResolvedFilter): ScimObject | undefined {
  if (filter.kind === "compare" && filter.op === "eq") return { [filter.target.attribute.name]: filter.value };
  if (filter.kind !== "and") return undefined;
  const terms = filter.terms.map(equalityTerms);
  return terms.every((term) => term !== undefined) ? Object.assign({}, ...terms) : undefined;
}

/**
 * RFC 7644 §3.5.2: where a value becomes primary, "the server SHALL set the value of the existing attribute's primary to
 * false": of all others, before the operation makes it so.
 *
 * @param becomes which of the values there are the operation makes primary
 * @throws ScimRefusal invalidValue if that would be more than one (RFC 7643 §2.4)
 */
function settlePrimary(operation: PatchOperation, before: Values, becomes: (value: ScimValue) => boolean): Values {
  const { target } = operation;
  if (!makesPrimary(operation)) return before;
  const reaches = target.subAttribute !== undefined || (target.filter && operation.op === "add");
  if (reaches && before.filter(becomes).length > 1) {
    throw new ScimRefusal("invalidValue", `${target.path}: at most one value may be primary.`);
  }
  return before.map((other) => (isPrimary(other) && !becomes(other) ? { ...other, primary: false } : other));
}

function makesPrimary({ op, target, value }: PatchOperation): boolean {
  if (op === "remove") return false;
  if (target.subAttribute) return target.subAttribute.name === "primary" && value === true;
  return primaryOf(value) !== undefined;
}

/** Whether a value is the one that a list of values has as primary; it has one at most, for `normaliseValue` saw to it. */
function sameAsPrimary({ target, value }: PatchOperation): (value: ScimValue) => boolean {
  const primary = primaryOf(value);
  const key = identityOf(target.attribute);
  return (other) => primary !== undefined && key(other) === key(primary);
}

function primaryOf(value: ScimValue | undefined): ScimValue | undefined {
  return Array.isArray(value) ? value.find(isPrimary) : isPrimary(value ?? null) ? value : undefined;
}

function isPrimary(value: ScimValue): value is ScimObject {
  return isObject(value) && value["primary"] === true;
}
