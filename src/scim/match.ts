/** Filters over a value in memory: what each operator of RFC 7644 §3.4.2.2 table 3 says, compiled to a predicate. */
import { fold, foldPart } from "../base/fold.ts";
import type { Comparison } from "./filter.ts";
import { parseInstant } from "./instant.ts";
import type { AttributeReference } from "./registry.ts";
import type { Operand, ResolvedFilter } from "./resolve.ts";
import type { Attribute, ScimObject, ScimValue } from "./types.ts";

export type Predicate = (value: ScimObject) => boolean;
type Test = (value: ScimValue | undefined) => boolean;

/** Whether a resource matches a filter (RFC 7644 §3.4.2.2). For many resources, compile once. */
export function matches(filter: ResolvedFilter, resource: ScimObject): boolean {
  return compileFilter(filter)(resource);
}

/** A filter as a predicate over resources, or over single values if it stood in the brackets of a valuePath. */
export function compileFilter(filter: ResolvedFilter): Predicate {
  switch (filter.kind) {
    case "and":
    case "or":
      return compileTerms(filter.kind, filter.terms.map(compileFilter));
    case "not": {
      const inner = compileFilter(filter.filter);
      return (resource) => !inner(resource);
    }
    case "present":
      return compileTest(filter.target, isPresent);
    case "compare":
      return compileTest(filter.target, compileComparison(filter));
    case "valuePath":
      return compileValuePath(filter.target, compileFilter(filter.filter));
  }
}

function compileTerms(kind: "and" | "or", terms: readonly Predicate[]): Predicate {
  if (kind === "and") return (resource) => terms.every((term) => term(resource));
  return (resource) => terms.some((term) => term(resource));
}

/** RFC 7644 §3.4.2.2: a multi-valued attribute matches "if any of the values match"; one without values is tested as absent. */
function compileTest(target: AttributeReference, test: Test): Predicate {
  const sub = target.subAttribute;
  return (resource) => {
    const value = valueOf(resource, target);
    if (!Array.isArray(value)) return test(subValue(value, sub));
    return value.length === 0 ? test(undefined) : value.some((element) => test(subValue(element, sub)));
  };
}

/** RFC 7644 §3.4.2.2: all terms in the brackets hold of one and the same value. */
function compileValuePath(target: AttributeReference, inner: Predicate): Predicate {
  return (resource) => elementsOf(valueOf(resource, target)).some((element) => matchesElement(inner, element));
}

/** Whether one value of an attribute fits the filter in the brackets of its valuePath. */
export function matchesElement(inner: Predicate, element: ScimValue): boolean {
  return inner(isObject(element) ? element : { value: element });
}

/** The values of an attribute, be it one, many or none. */
export function elementsOf(value: ScimValue | undefined): readonly ScimValue[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function valueOf(resource: ScimObject, { container, attribute }: AttributeReference): ScimValue | undefined {
  const holder = container ? resource[container.name] : resource;
  return isObject(holder) ? holder[attribute.name] : undefined;
}

function subValue(value: ScimValue | undefined, sub: Attribute | undefined): ScimValue | undefined {
  if (!sub) return value;
  return isObject(value) ? value[sub.name] : undefined;
}

/** Narrows to a complex value. */
export function isObject(value: ScimValue | undefined): value is ScimObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `pr`: a "non-empty or non-null value", or "a non-empty node" of a complex one (RFC 7644 §3.4.2.2 table 3). */
function isPresent(value: ScimValue | undefined): boolean {
  if (value === undefined || value === null || value === "") return false;
  if (typeof value !== "object") return true;
  return Object.values(value).some(isPresent);
}

function compileComparison({ target, op, value: operand }: ResolvedFilter & { kind: "compare" }): Test {
  const attribute = target.subAttribute ?? target.attribute;
  const key = keyOf(attribute, op);
  const wanted = key(operand);
  const test = operators[op];
  // An absent value differs from everything (`ne`) and meets no other operator.
  return (value) => {
    const found = isScalar(value) ? key(value) : undefined;
    if (found === undefined || wanted === undefined || typeof found !== typeof wanted) return op === "ne";
    return test(found, wanted);
  };
}

function isScalar(value: ScimValue | undefined): value is Operand {
  return value !== undefined && value !== null && typeof value !== "object";
}

/** What is compared in place of a value: of dateTimes the instant, of texts that are not caseExact the folded form. */
function keyOf(attribute: Attribute, op: Comparison): (value: Operand) => Operand | undefined {
  if (attribute.type === "dateTime") return (value) => parseInstant(String(value));
  if (attribute.caseExact || (attribute.type !== "string" && attribute.type !== "reference")) return (value) => value;
  // Equality is that of the folded columns, which are trimmed; a part of a text keeps its outer spaces.
  const folded = op === "eq" || op === "ne" ? fold : foldPart;
  return (value) => (typeof value === "string" ? folded(value) : value);
}

/** Operands of equal type, both strings where the operator is of texts. */
const operators: Record<Comparison, (found: Operand, wanted: Operand) => boolean> = {
  eq: (found, wanted) => found === wanted,
  ne: (found, wanted) => found !== wanted,
  co: (found, wanted) => String(found).includes(String(wanted)),
  sw: (found, wanted) => String(found).startsWith(String(wanted)),
  ew: (found, wanted) => String(found).endsWith(String(wanted)),
  gt: (found, wanted) => order(found, wanted) > 0,
  ge: (found, wanted) => order(found, wanted) >= 0,
  lt: (found, wanted) => order(found, wanted) < 0,
  le: (found, wanted) => order(found, wanted) <= 0,
};

/** Texts stand in the order of their code points, as in UTF-8 and in SQL's COLLATE "C"; JavaScript's own is UTF-16's. */
function order(found: Operand, wanted: Operand): number {
  if (typeof found !== "string" || typeof wanted !== "string") return Number(found) - Number(wanted);
  return Buffer.compare(Buffer.from(found), Buffer.from(wanted));
}
