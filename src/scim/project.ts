/**
 * Projection: which attributes an answer shows, by each attribute's `returned` (RFC 7643 §2.2) and the client's
 * `attributes` or `excludedAttributes` (RFC 7644 §3.9).
 *
 * A selection is compiled to what it leaves out, once for each request; the answer for one resource then costs one look
 * for each name left out, and nothing is copied where nothing goes.
 */
import type { Leniency } from "./dialects.ts";
import { type AttributeReference, findAttribute, isContainer, type ResourceType } from "./registry.ts";
import { type Attribute, type ScimObject, ScimRefusal, type ScimValue } from "./types.ts";

/** What the answers of one request leave out: whole attributes, and parts of some. */
export interface Selection {
  readonly whole: ReadonlySet<string>;
  readonly inside: ReadonlyMap<string, Selection>;
}

/** Names as a query or a SearchRequest has them: `userName,name.familyName`, or each in an array. */
export type Names = string | readonly string[] | undefined;

/**
 * Compiles the selection of one request. Names that mean nothing are ignored; their number is bounded by the length of
 * the URL or body that brought them.
 *
 * @throws ScimRefusal invalidValue where both are given: RFC 7644 §3.9 has them exclude each other
 */
export function selection(
  type: ResourceType,
  attributes: Names,
  excludedAttributes: Names,
  leniency: Leniency,
): Selection {
  const wanted = namesOf(attributes);
  const unwanted = namesOf(excludedAttributes);
  if (wanted.length > 0 && unwanted.length > 0) {
    throw new ScimRefusal("invalidValue", "give attributes or excludedAttributes, not both");
  }
  if (wanted.length > 0) return compile(type.attributes, treeOf(type, wanted, leniency), shownIfNamed);
  if (unwanted.length > 0) return compile(type.attributes, treeOf(type, unwanted, leniency), hiddenIfNamed);
  return defaultSelection(type);
}

/** The selection of a request that names nothing: compiled once for each type. */
export function defaultSelection(type: ResourceType): Selection {
  let compiled = defaults.get(type);
  if (!compiled) {
    compiled = compile(type.attributes, nothing, hiddenIfNamed);
    defaults.set(type, compiled);
  }
  return compiled;
}

/** Whether answers show this attribute of the resource's top at all: asked before it is loaded. */
export function wants(selected: Selection, name: string): boolean {
  return !selected.whole.has(name);
}

/** The resource without what the selection leaves out; the same object where nothing goes. */
export function project(selected: Selection, resource: ScimObject): ScimObject {
  if (!touches(selected, resource)) return resource;
  const shown: ScimObject = {};
  for (const [name, value] of Object.entries(resource)) {
    if (value === undefined || selected.whole.has(name)) continue;
    const inner = selected.inside.get(name);
    const part = inner ? projectValue(inner, value) : value;
    if (part !== undefined) shown[name] = part;
  }
  return shown;
}

const defaults = new WeakMap<ResourceType, Selection>();

function touches(selected: Selection, resource: ScimObject): boolean {
  for (const name of selected.whole) if (Object.hasOwn(resource, name)) return true;
  for (const name of selected.inside.keys()) if (Object.hasOwn(resource, name)) return true;
  return false;
}

function projectValue(selected: Selection, value: ScimValue): ScimValue | undefined {
  if (Array.isArray(value)) {
    const parts = value.map((element) => projectValue(selected, element)).filter((part) => part !== undefined);
    return parts.length === 0 ? undefined : parts;
  }
  if (typeof value !== "object" || value === null) return value;
  const part = project(selected, value);
  return Object.keys(part).length === 0 ? undefined : part;
}

/** The names of a request as a tree: `true` means the attribute as a whole. */
type Tree = Map<string, Tree | true>;
const nothing: Tree = new Map();

/** The names of a selection, each apart. */
export function namesOf(names: Names): string[] {
  const list = typeof names === "string" ? names.split(",") : (names ?? []).flatMap((name) => name.split(","));
  return list.map((name) => name.trim()).filter((name) => name !== "");
}

function treeOf(type: ResourceType, names: readonly string[], leniency: Leniency): Tree {
  const tree: Tree = new Map();
  for (const name of names) {
    const reference = findAttribute(type, name) ?? findUnqualified(type, name, leniency);
    if (!reference) continue;
    const { container, attribute, subAttribute } = reference;
    // A container stands for each of its attributes.
    const ends = isContainer(attribute) ? (attribute.subAttributes ?? []) : [subAttribute];
    for (const end of ends)
      grow(
        tree,
        [container, attribute, end].filter((step) => step !== undefined),
      );
  }
  return tree;
}

function findUnqualified(type: ResourceType, name: string, leniency: Leniency): AttributeReference | undefined {
  const reference = type.unqualifiedPaths.get(name.toLowerCase());
  return reference && leniency.allows("unqualifiedExtensionAttribute") ? reference : undefined;
}

function grow(tree: Tree, [step, ...rest]: readonly Attribute[]): void {
  if (!step) return;
  const branch = tree.get(step.name);
  if (branch === true) return;
  if (rest.length === 0) tree.set(step.name, true);
  else {
    const deeper = branch ?? new Map<string, Tree | true>();
    tree.set(step.name, deeper);
    grow(deeper, rest);
  }
}

/** How an attribute fares, given whether it is named: shown, left out, or shown in the parts that a tree says. */
type Rule = (attribute: Attribute, named: Tree | true | undefined) => "show" | "hide" | "parts";

const shownIfNamed: Rule = ({ returned }, named) => {
  if (returned === "never") return "hide";
  if (returned === "always" || named === true) return "show";
  return named ? "parts" : "hide";
};

const hiddenIfNamed: Rule = ({ returned }, named) => {
  if (returned === "always") return "show";
  if (returned !== "default" || named === true) return "hide";
  return named ? "parts" : "show";
};

function compile(attributes: readonly Attribute[], tree: Tree, rule: Rule): Selection {
  const whole = new Set<string>();
  const inside = new Map<string, Selection>();
  for (const attribute of attributes) {
    const { name, subAttributes = [] } = attribute;
    const named = tree.get(name);
    // The attributes of an extension fare each by itself; their container shows if one of them does.
    const fate = isContainer(attribute) ? "parts" : rule(attribute, named);
    const branch = named instanceof Map ? named : nothing;
    const parts =
      fate === "parts" ? compile(subAttributes, branch, rule) : compile(subAttributes, nothing, hiddenIfNamed);
    const isEmpty = fate === "parts" && parts.whole.size === subAttributes.length;
    if (fate === "hide" || isEmpty) whole.add(name);
    else if (parts.whole.size + parts.inside.size > 0) inside.set(name, parts);
  }
  return { whole, inside };
}
