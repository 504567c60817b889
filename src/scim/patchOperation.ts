/**
 * PATCH operations bound to a schema (RFC 7644 §3.5.2). What directories write in many ways becomes one: a path-less or
 * complex value falls apart into operations on single attributes, its values in canonical form, so that `patch.ts` knows
 * neither dialects nor paths.
 */
import type { Leniency } from "./dialects.ts";
import { isObject } from "./match.ts";
import { checkWritable, type PatchTarget, resolvePath, unknown, valueAttribute } from "./path.ts";
import { findAttribute, findSubAttribute, isContainer, type ResourceType } from "./registry.ts";
import { type Attribute, type ScimObject, ScimRefusal, type ScimValue } from "./types.ts";
import { normaliseValue } from "./values.ts";

/** An operation as the message has it. */
export interface RawOperation {
  readonly op: "add" | "remove" | "replace";
  readonly path: string | undefined;
  /** Undefined where the message has none, which is not the same as null. */
  readonly value: ScimValue | undefined;
  /** Which operation it is, for refusals. */
  readonly place: string;
}

export interface PatchOperation {
  readonly op: "add" | "remove" | "replace";
  readonly target: PatchTarget;
  /** In canonical form; undefined unassigns. Of a remove, the values to take out; undefined for all that `target` says. */
  readonly value: ScimValue | undefined;
}

type Kind = "add" | "replace";
interface Binding {
  readonly type: ResourceType;
  readonly leniency: Leniency;
}

/** The operations on single attributes that an operation of the message means. @throws as `parsePatchOp` */
export function bindOperation(type: ResourceType, raw: RawOperation, leniency: Leniency): Iterable<PatchOperation> {
  const { op, value, place } = raw;
  const path = raw.path?.toLowerCase() === type.schema.toLowerCase() ? undefined : raw.path;
  if (op !== "remove" && value === undefined) throw invalidValue(`${place}: ${op} needs a "value".`);
  if (path === undefined) return bindWithoutPath({ type, leniency }, raw);
  const target = resolvePath(type, path, leniency);
  if (!target) return [];
  checkWritable(target);
  if (leniency.dialect === "interop") checkInteropPath(op, target);
  if (op === "remove") return bindRemove(target, value, leniency);
  return spread({ type, leniency }, op, target, value ?? null);
}

/** RFC 7644 §3.5.2: without a path, the target is the resource itself, and `value` holds its attributes. */
function bindWithoutPath(binding: Binding, { op, value, place }: RawOperation): Iterable<PatchOperation> {
  if (binding.leniency.dialect === "interop") {
    throw new ScimRefusal("invalidSyntax", `${place}: every operation needs a "path" (interoperability profile).`);
  }
  // RFC 7644 §3.5.2.2: "If "path" is unspecified, the operation fails with … "noTarget"".
  if (op === "remove") throw new ScimRefusal("noTarget", `${place}: remove needs a "path".`);
  if (!isObject(value)) throw invalidValue(`${place}: without a "path", "value" must be an object of attributes.`);
  return bindEntries(binding, op, value, "");
}

/** draft-zollner-scim-interop-profile: brackets choose a value in order to reach into it. */
function checkInteropPath(op: RawOperation["op"], { filter, subAttribute, path }: PatchTarget): void {
  if (!filter || subAttribute || op === "remove") return;
  throw new ScimRefusal("invalidPath", `${path}: a sub-attribute must follow the brackets (interoperability profile).`);
}

/** @param prefix URN and colon of the extension whose attributes these are, else empty */
function* bindEntries(binding: Binding, op: Kind, values: ScimObject, prefix: string): Iterable<PatchOperation> {
  const { type, leniency } = binding;
  for (const [key, value = null] of Object.entries(values)) {
    const isCore = key.toLowerCase() === type.schema.toLowerCase() && isObject(value);
    if (isCore && leniency.allows("qualifiedAttributeName")) {
      yield* bindEntries(binding, op, value, "");
      continue;
    }
    const target = resolveKey(binding, key, prefix);
    if (target && isWritable(target, leniency)) yield* spread(binding, op, target, value);
  }
}

function isWritable(target: PatchTarget, leniency: Leniency): boolean {
  const isReadOnly = [target.attribute, target.subAttribute].some((it) => it?.mutability === "readOnly");
  if (isReadOnly && !leniency.allows("readOnlyInValue")) checkWritable(target);
  return !isReadOnly;
}

/** What a key of a path-less value means: an attribute's name or an extension's URN, by departure any path. */
function resolveKey({ type, leniency }: Binding, key: string, prefix: string): PatchTarget | undefined {
  const path = prefix + key;
  const direct = findAttribute(type, path) ?? type.unqualifiedPaths.get(path.toLowerCase());
  if (!direct) {
    const isValuePath = key.includes("[") && leniency.allows("valuePathAsKey");
    return isValuePath ? resolvePath(type, path, leniency) : unknown(type, path, leniency);
  }
  const isName = key.length === direct.attribute.name.length && findAttribute(type, path) !== undefined;
  if (!isName && !leniency.allows(nameDeparture(key))) return unknown(type, path, leniency);
  return { ...direct, filter: undefined, path };
}

function nameDeparture(key: string): "qualifiedAttributeName" | "unqualifiedExtensionAttribute" {
  return /[.:]/.test(key) ? "qualifiedAttributeName" : "unqualifiedExtensionAttribute";
}

/**
 * An extension becomes its attributes, a complex value its sub-attributes: RFC 7644 §3.5.2.1 and §3.5.2.3 add and replace
 * the "set of sub-attributes" that the value specifies, and leave the others.
 */
function* spread(binding: Binding, op: Kind, target: PatchTarget, value: ScimValue): Iterable<PatchOperation> {
  const { attribute, path } = target;
  if (isContainer(attribute) && isObject(value)) return yield* bindEntries(binding, op, value, `${attribute.name}:`);
  if (isWhole(binding, op, target)) return yield* bindValue(binding, op, target, value);
  const complex = isObject(value) ? value : normaliseValue(attribute, value, binding.leniency, path);
  if (!isObject(complex)) return yield* bindValue(binding, op, target, null);
  for (const [name, inner = null] of Object.entries(complex)) {
    const subAttribute = findSubAttribute(attribute, name);
    const subPath = `${path}.${name}`;
    if (!subAttribute) unknown(binding.type, subPath, binding.leniency);
    // As RFC 7644 §3.3 has it for creation, what the server alone sets is ignored within a value.
    else if (subAttribute.mutability !== "readOnly") {
      yield* bindValue(binding, op, { ...target, subAttribute, path: subPath }, inner);
    }
  }
}

/** Whether the value is not to be taken apart: it is simple, one or all of many, or replaces a complex one as a whole. */
function isWhole({ leniency }: Binding, op: Kind, target: PatchTarget): boolean {
  const { type, multiValued } = valueAttribute(target);
  // draft-zollner-scim-interop-profile: "replace" on a complex attribute replaces the whole of it.
  const replacesWhole = op === "replace" && leniency.dialect === "interop";
  return type !== "complex" || multiValued || target.filter !== undefined || replacesWhole;
}

function* bindValue(binding: Binding, op: Kind, target: PatchTarget, value: ScimValue): Iterable<PatchOperation> {
  const attribute = valueAttribute(target);
  const given = asMany(op, attribute, unwrapScalar(attribute, value, binding.leniency));
  const normal = normaliseValue(attribute, given, binding.leniency, target.path);
  if (normal !== undefined || op === "replace") return yield { op, target, value: normal };
  // RFC 7643 §2.5: null and [] are no value, so that there is nothing to add.
  if (!attribute.multiValued && binding.leniency.allows("addNothing"))
    yield { op: "replace", target, value: undefined };
}

/** RFC 7644 §3.5.2.1: to an attribute of many values, add "adds a new value"; the array around a single one may lack. */
function asMany(op: Kind, attribute: Attribute, value: ScimValue): ScimValue {
  const isOne = isObject(value) || (attribute.type !== "complex" && !Array.isArray(value) && value !== null);
  return op === "add" && attribute.multiValued && isOne ? [value] : value;
}

function unwrapScalar(attribute: Attribute, value: ScimValue, leniency: Leniency): ScimValue {
  if (attribute.type === "complex" || attribute.multiValued) return value;
  const only = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (!isObject(only) || !Object.hasOwn(only, "value") || !leniency.allows("objectForScalar")) return value;
  return only["value"] ?? null;
}

/** RFC 7644 §3.5.2.2 knows no value in a remove; to ignore one that lists values would remove all the others too. */
function bindRemove(target: PatchTarget, value: ScimValue | undefined, leniency: Leniency): PatchOperation[] {
  const { attribute, filter, subAttribute, path } = target;
  if (path.includes("[") && !filter) {
    throw new ScimRefusal(
      "invalidPath",
      `${path}: ${attribute.name} has one value; to remove it, leave out the brackets.`,
    );
  }
  if (value === undefined || value === null) return [{ op: "remove", target, value: undefined }];
  const listsValues = attribute.multiValued && !filter && !subAttribute;
  if (!leniency.allows(listsValues ? "removeWithValue" : "valueOfRemove")) {
    throw invalidValue(`${path}: remove takes no "value"; choose values by a filter in the path.`);
  }
  if (!listsValues) return [{ op: "remove", target, value: undefined }];
  const values = normaliseValue(attribute, isObject(value) ? [value] : value, leniency, path);
  return values === undefined ? [] : [{ op: "remove", target, value: values }];
}

function invalidValue(detail: string): ScimRefusal {
  return new ScimRefusal("invalidValue", detail);
}
