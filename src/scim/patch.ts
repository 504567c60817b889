/** PATCH over a value in memory: what add, remove and replace of RFC 7644 §3.5.2.1 to §3.5.2.3 do to a resource. */
import { isDeepStrictEqual } from "node:util";
import { Refusal } from "../base/errors.ts";
import type { Leniency } from "./dialects.ts";
import { elementsOf, isObject } from "./match.ts";
import { appendValues, changeValues } from "./multiValued.ts";
import type { PatchOperation } from "./patchOperation.ts";
import { isContainer, MOST_VALUES, type ResourceType, schemasOf } from "./registry.ts";
import type { ResolvedFilter } from "./resolve.ts";
import { type Attribute, type ScimObject, ScimRefusal, type ScimValue } from "./types.ts";
import { tooManyValues } from "./validate.ts";

/**
 * How many simple values the operations of one PATCH may go through in all, each as often as its filter has expressions
 * and a long text as several: a second of work at worst, in which nobody else is served.
 */
const MOST_LOOKS = 1_000_000;

/**
 * The resource after the operations, one after the other; the very same object if they change nothing. The one given
 * stays as it was, so that a refusal leaves nothing half done (RFC 7644 §3.5.2: "the original … MUST be restored").
 * Whether all required attributes are there is for `validate`, which sees the outcome.
 *
 * @throws ScimRefusal noTarget, mutability, invalidValue, or, in the interop dialect, invalidFilter; Refusal
 * content_too_large for more work than a request may make
 */
export function applyPatch(
  type: ResourceType,
  resource: ScimObject,
  operations: readonly PatchOperation[],
  leniency: Leniency,
): ScimObject {
  let patched = resource;
  let looks = 0;
  for (const operation of operations) {
    looks += looksOf(patched, operation);
    if (looks > MOST_LOOKS) throw tooMuchWork();
    patched = applyOperation(type, patched, operation, leniency);
  }
  return isDeepStrictEqual(patched, resource) ? resource : patched;
}

/** What an operation goes through of an attribute of many values, or of many in one. */
function looksOf(resource: ScimObject, { target }: PatchOperation): number {
  const { container, attribute, filter } = target;
  const holder = container ? resource[container.name] : resource;
  const values = isObject(holder) ? holder[attribute.name] : undefined;
  if (typeof values !== "object") return 0;
  return simpleValuesIn(values) * (1 + (filter ? expressionsIn(filter) : 0));
}

function simpleValuesIn(value: ScimValue | undefined): number {
  if (typeof value === "string") return 1 + Math.floor(value.length / 32);
  if (typeof value !== "object" || value === null) return 1;
  let count = 0;
  for (const inner of Object.values(value)) count += simpleValuesIn(inner);
  return count;
}

function expressionsIn(filter: ResolvedFilter): number {
  if ("terms" in filter) return filter.terms.reduce((count, term) => count + expressionsIn(term), 0);
  return filter.kind === "not" || filter.kind === "valuePath" ? expressionsIn(filter.filter) : 1;
}

function tooMuchWork(): Refusal {
  const detail = `The operations go through more than ${MOST_LOOKS} values in all; send fewer of them at once.`;
  return new Refusal("content_too_large", detail);
}

function applyOperation(
  type: ResourceType,
  resource: ScimObject,
  operation: PatchOperation,
  leniency: Leniency,
): ScimObject {
  const { container, attribute } = operation.target;
  const inContainer = container && resource[container.name];
  const holder = container ? (isObject(inContainer) ? inContainer : {}) : resource;
  const before = holder[attribute.name];
  const after = changeAttribute(operation, before, leniency);
  if (isDeepStrictEqual(after, before)) return resource;
  checkChange(operation, attribute, before, after);
  checkInside(operation, attribute, before, after);
  const changed = withValue(holder, attribute.name, after);
  if (container) return withSchemas(type, withValue(resource, container.name, unlessEmpty(changed)));
  if (isContainer(attribute) && type.requiredExtensions.includes(attribute.name)) throw required(operation, attribute);
  return isContainer(attribute) ? withSchemas(type, changed) : changed;
}

function changeAttribute(
  operation: PatchOperation,
  before: ScimValue | undefined,
  leniency: Leniency,
): ScimValue | undefined {
  const { attribute, subAttribute } = operation.target;
  if (attribute.multiValued) {
    const values = changeValues(operation, elementsOf(before), leniency, changeSubAttribute);
    // At once, and not by the outcome: the operations that follow would go through all of them.
    if (values.length > MOST_VALUES) {
      throw new ScimRefusal("invalidValue", `${attribute.name} ${tooManyValues(MOST_VALUES)}`);
    }
    return values.length === 0 ? undefined : [...values];
  }
  if (!subAttribute) return operation.value;
  const complex = isObject(before) ? before : {};
  return unlessEmpty(changeSubAttribute(operation, complex, subAttribute, operation.value));
}

/** A complex value with another value of one sub-attribute. @throws ScimRefusal mutability, invalidValue */
function changeSubAttribute(
  operation: PatchOperation,
  complex: ScimObject,
  sub: Attribute,
  value: ScimValue | undefined,
): ScimObject {
  const before = complex[sub.name];
  const isAppended = operation.op === "add" && sub.multiValued;
  const after = isAppended ? [...appendValues(sub, elementsOf(before), elementsOf(value))] : value;
  if (isDeepStrictEqual(after, before)) return complex;
  checkChange(operation, sub, before, after);
  return withValue(complex, sub.name, after);
}

/** RFC 7644 §3.5.2: a client "MUST NOT modify" what is immutable, unless it was unassigned, nor remove what is required. */
function checkChange(
  operation: PatchOperation,
  attribute: Attribute,
  before: ScimValue | undefined,
  after: ScimValue | undefined,
): void {
  if (attribute.mutability === "immutable" && before !== undefined) {
    throw new ScimRefusal(
      "mutability",
      `${operation.target.path}: ${attribute.name} is immutable and has a value already.`,
    );
  }
  if (attribute.required && after === undefined) throw required(operation, attribute);
}

/**
 * The same for what is immutable within: it does not go with its extension, and stays where a complex value is replaced.
 * A complex value that goes as a whole takes its parts along, as one of many values does.
 */
function checkInside(
  operation: PatchOperation,
  attribute: Attribute,
  before: ScimValue | undefined,
  after: ScimValue | undefined,
): void {
  if (!isObject(before) || (after === undefined && !isContainer(attribute))) return;
  const inside = isObject(after) ? after : {};
  const fixed = (attribute.subAttributes ?? []).filter(({ mutability }) => mutability === "immutable");
  for (const sub of fixed) {
    const [was, is] = [before[sub.name], inside[sub.name]];
    if (!isDeepStrictEqual(was, is)) checkChange(operation, sub, was, is);
  }
}

function required({ op, target }: PatchOperation, attribute: Attribute): ScimRefusal {
  const detail = `${target.path}: ${attribute.name} is required, it cannot be left without a value.`;
  // RFC 7644 §3.5.2.2: to remove what is required fails with "mutability"; elsewhere the value is what is wrong.
  return new ScimRefusal(op === "remove" ? "mutability" : "invalidValue", detail);
}

function withValue(object: ScimObject, name: string, value: ScimValue | undefined): ScimObject {
  const changed = { ...object, [name]: value };
  if (value === undefined) delete changed[name];
  return changed;
}

/** RFC 7643 §2.5: a complex value without any of its own is unassigned. */
function unlessEmpty(complex: ScimObject): ScimObject | undefined {
  return Object.keys(complex).length === 0 ? undefined : complex;
}

/** RFC 7643 §3: `schemas` names each extension that the resource has values of. */
function withSchemas(type: ResourceType, resource: ScimObject): ScimObject {
  return resource["schemas"] === undefined ? resource : { ...resource, schemas: schemasOf(type, resource) };
}
