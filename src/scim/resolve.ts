/** Filters bound to a schema: every name an attribute, every literal of its type. The evaluator and SQL both read this. */
import type { Leniency } from "./dialects.ts";
import type { AttributePath, Comparison, Filter, Literal } from "./filter.ts";
import { parseInstant } from "./instant.ts";
import { printPath } from "./print.ts";
import { type AttributeReference, findAttribute, findSubAttribute, type ResourceType } from "./registry.ts";
import { type Attribute, type AttributeType, ScimRefusal } from "./types.ts";

/** A literal of the attribute's type; of a dateTime, its instant as ISO 8601 in UTC with milliseconds. */
export type Operand = string | number | boolean;

/**
 * A filter over a resource. Within a `valuePath` it is one over a single value: there each `target.attribute` is a
 * sub-attribute, and the values of a simple attribute are called `value`.
 */
export type ResolvedFilter =
  | { readonly kind: "and" | "or"; readonly terms: readonly ResolvedFilter[] }
  | { readonly kind: "not"; readonly filter: ResolvedFilter }
  | { readonly kind: "present"; readonly target: AttributeReference }
  | { readonly kind: "compare"; readonly target: AttributeReference; readonly op: Comparison; readonly value: Operand }
  | { readonly kind: "valuePath"; readonly target: AttributeReference; readonly filter: ResolvedFilter };

interface Scope {
  readonly leniency: Leniency;
  find(path: AttributePath): AttributeReference | undefined;
  /** Whether another resource type has what this one has not. */
  readonly isElsewhere?: (path: AttributePath) => boolean;
}

/**
 * Binds a filter to the attributes of a resource type (RFC 7644 §3.4.2.2).
 *
 * @throws ScimRefusal invalidFilter for a name that no schema has, or an operator or literal that its type does not take;
 *   sensitive for an attribute that is never returned (RFC 7644 §7.5.2: a filter would tell of it)
 */
export function resolveFilter(type: ResourceType, filter: Filter, leniency: Leniency): ResolvedFilter {
  return resolve(filter, { leniency, find: (path) => findByPath(type, path, leniency) });
}

/**
 * Binds one filter to each of several resource types (RFC 7644 §3.4.2.1): an attribute that a type has not is one
 * without a value there, as long as another type has it.
 *
 * @throws as resolveFilter
 */
export function resolveFilterOver(
  types: readonly ResourceType[],
  filter: Filter,
  leniency: Leniency,
): readonly ResolvedFilter[] {
  const isElsewhere = (path: AttributePath): boolean => types.some((type) => findByPath(type, path, leniency));
  return types.map((type) =>
    resolve(filter, { leniency, find: (path) => findByPath(type, path, leniency), isElsewhere }),
  );
}

/** Binds the filter in the brackets of a valuePath to the sub-attributes of its attribute. @throws as resolveFilter */
export function resolveValueFilter(attribute: Attribute, filter: Filter, leniency: Leniency): ResolvedFilter {
  return resolve(filter, { leniency, find: (path) => findInValue(attribute, path) });
}

/** The attribute of a path; its bare name finds an extension's attribute where that is forgiven. */
export function findByPath(
  type: ResourceType,
  path: AttributePath,
  leniency: Leniency,
): AttributeReference | undefined {
  const found = findAttribute(type, printPath(path));
  if (found) return found;
  const bare = type.unqualifiedPaths.get(printPath(path).toLowerCase());
  return bare && leniency.allows("unqualifiedExtensionAttribute") ? bare : undefined;
}

function findInValue(attribute: Attribute, path: AttributePath): AttributeReference | undefined {
  if (path.uri !== undefined || path.sub !== undefined) return undefined;
  const sub = attribute.subAttributes ? findSubAttribute(attribute, path.name) : simpleValue(attribute, path.name);
  return sub && { container: undefined, attribute: sub, subAttribute: undefined };
}

/** RFC 7643 §2.4: the significant value is `value`; the values of a simple attribute go by that name too. */
function simpleValue(attribute: Attribute, name: string): Attribute | undefined {
  return name.toLowerCase() === "value" ? { ...attribute, name: "value", multiValued: false } : undefined;
}

function resolve(filter: Filter, scope: Scope): ResolvedFilter {
  switch (filter.kind) {
    case "and":
    case "or":
      return { kind: filter.kind, terms: filter.terms.map((term) => resolve(term, scope)) };
    case "not":
      return { kind: "not", filter: resolve(filter.filter, scope) };
    default:
      return isAbsent(filter.path, scope) ? resolveAbsent(filter) : resolveTest(filter, scope);
  }
}

type Test = Filter & { readonly kind: "present" | "compare" | "valuePath" };

function resolveTest(filter: Test, scope: Scope): ResolvedFilter {
  switch (filter.kind) {
    case "present":
      return { kind: "present", target: find(filter.path, scope) };
    case "compare":
      return resolveComparison(filter, scope);
    case "valuePath":
      return resolveValuePath(filter, scope);
  }
}

function isAbsent(path: AttributePath, scope: Scope): boolean {
  return !scope.find(path) && (scope.isElsewhere?.(path) ?? false);
}

/** What holds of no value: it differs from everything but null. Of no terms all hold, and none does. */
function resolveAbsent(filter: Test): ResolvedFilter {
  const holds = filter.kind === "compare" && (filter.op === "ne") !== (filter.value === null);
  return { kind: holds && (filter.op === "ne" || filter.op === "eq") ? "and" : "or", terms: [] };
}

/** RFC 7644 §3.4.2.2 leaves unknown names open; a refusal tells the client that its filter is not what it believes. */
function find(path: AttributePath, scope: Scope): AttributeReference {
  const target = scope.find(path);
  if (!target) throw invalid(`No schema here defines the attribute ${printPath(path)}.`);
  if (target.attribute.returned === "never" || target.subAttribute?.returned === "never") {
    throw new ScimRefusal(
      "sensitive",
      `The attribute ${printPath(path)} is never returned, nor may a filter ask for it.`,
    );
  }
  return target;
}

function resolveValuePath(filter: Filter & { kind: "valuePath" }, scope: Scope): ResolvedFilter {
  const target = find(filter.path, scope);
  const { attribute, subAttribute } = target;
  if (subAttribute) throw invalid(`Write ${attribute.name}[...], not ${printPath(filter.path)}[...].`);
  if (!attribute.multiValued && !scope.leniency.allows("filterOnSingleValue")) {
    throw invalid(`${attribute.name} has one value, so that no [...] may follow it.`);
  }
  return { kind: "valuePath", target, filter: resolveValueFilter(attribute, filter.filter, scope.leniency) };
}

function resolveComparison(filter: Filter & { kind: "compare" }, scope: Scope): ResolvedFilter {
  const { path, op, value } = filter;
  if (value === null) return resolveNull(find(path, scope), op);
  const target = significant(find(path, scope), path, scope);
  const attribute = target.subAttribute ?? target.attribute;
  if (!operatorsOf[attribute.type].includes(op)) {
    throw invalid(`The operator ${op} does not apply to ${printPath(path)}, whose type is ${attribute.type}.`);
  }
  return { kind: "compare", target, op, value: operandOf(attribute, value, scope.leniency) };
}

/** RFC 7643 §2.5: null is the same as unassigned, so that `eq null` asks for absence. */
function resolveNull(target: AttributeReference, op: Comparison): ResolvedFilter {
  const present: ResolvedFilter = { kind: "present", target };
  if (op === "ne") return present;
  if (op === "eq") return { kind: "not", filter: present };
  throw invalid(`The operator ${op} does not apply to null; "eq" and "ne" do.`);
}

/** RFC 7643 §2.4: a comparison with a complex attribute is one with its `value`, as in the RFC's `emails co "example.com"`. */
function significant(target: AttributeReference, path: AttributePath, scope: Scope): AttributeReference {
  const { attribute, subAttribute } = target;
  if (subAttribute || attribute.type !== "complex") return target;
  const value = findSubAttribute(attribute, "value");
  if (value && (attribute.multiValued || scope.leniency.allows("scalarForComplex"))) {
    return { ...target, subAttribute: value };
  }
  throw invalid(`${printPath(path)} is complex: compare one of its sub-attributes, such as ${exampleOf(attribute)}.`);
}

function exampleOf(attribute: Attribute): string {
  return `${attribute.name}.${attribute.subAttributes?.[0]?.name ?? "value"}`;
}

const equality: readonly Comparison[] = ["eq", "ne"];
const ordered: readonly Comparison[] = [...equality, "gt", "ge", "lt", "le"];
const textual: readonly Comparison[] = [...ordered, "co", "sw", "ew"];

/** RFC 7644 §3.4.2.2: gt, ge, lt, le on "boolean and binary attributes SHALL cause a failed response"; co, sw, ew are of texts. */
const operatorsOf: Record<AttributeType, readonly Comparison[]> = {
  string: textual,
  reference: textual,
  dateTime: ordered,
  decimal: ordered,
  integer: ordered,
  boolean: equality,
  binary: equality,
  complex: [],
};

function operandOf(attribute: Attribute, literal: NonNullable<Literal>, leniency: Leniency): Operand {
  const operand = operands[attribute.type]?.(literal, leniency);
  if (operand !== undefined) return operand;
  throw invalid(`${attribute.name} compares with ${expected[attribute.type]}, not with ${JSON.stringify(literal)}.`);
}

type ReadOperand = (literal: NonNullable<Literal>, leniency: Leniency) => Operand | undefined;
const readText: ReadOperand = (literal) => (typeof literal === "string" ? literal : undefined);
const readNumber: ReadOperand = (literal) => (typeof literal === "number" ? literal : undefined);

const operands: Partial<Record<AttributeType, ReadOperand>> = {
  string: readText,
  reference: readText,
  binary: readText,
  decimal: readNumber,
  integer: readNumber,
  boolean: (literal, leniency) => {
    if (typeof literal === "boolean") return literal;
    if (!/^(?:true|false)$/i.test(String(literal)) || !leniency.allows("stringBoolean")) return undefined;
    return String(literal).toLowerCase() === "true";
  },
  dateTime: (literal) => {
    const instant = typeof literal === "string" ? parseInstant(literal) : undefined;
    return instant === undefined ? undefined : new Date(instant).toISOString();
  },
};

const expected: Record<AttributeType, string> = {
  string: "text in double quotes",
  reference: "text in double quotes",
  binary: "base64 in double quotes",
  dateTime: 'a date and time such as "2026-01-31T09:30:00Z"',
  decimal: "a number",
  integer: "a number",
  boolean: "true or false",
  complex: "nothing",
};

function invalid(detail: string): ScimRefusal {
  return new ScimRefusal("invalidFilter", detail);
}
