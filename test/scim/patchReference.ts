/**
 * PATCH as RFC 7644 §3.5.2 says it, in its plainest form, by the letter (dialect `rfc`): what the engine is compared
 * with. It knows one resource type that has every kind of attribute, works on copies, and takes its operations apart
 * from their paths.
 */
import { parseResourceType, parseSchema } from "../../src/scim/definitions.ts";
import { createRegistry, type ResourceType } from "../../src/scim/registry.ts";
import type { ScimObject, ScimType, ScimValue } from "../../src/scim/types.ts";

export const thingUrn = "urn:example:params:2.0:Thing";
export const extraUrn = "urn:example:x:3.1:Extra";

/** What an attribute is, as far as PATCH asks; the key of `kinds` is its name. */
export interface Kind {
  readonly many?: true;
  readonly type?: "integer" | "boolean" | "dateTime" | "decimal" | "reference" | "binary";
  readonly rule?: "readOnly" | "immutable" | "required";
  readonly subs?: Readonly<Record<string, Kind>>;
}

const valued: Record<string, Kind> = {
  value: {},
  type: {},
  note: {},
  rank: { type: "integer" },
  primary: { type: "boolean" },
};
const complex: Record<string, Kind> = {
  a: {},
  b: { type: "boolean" },
  list: { many: true },
  set: { rule: "readOnly" },
};

/** The attributes of the base schema. */
export const core: Readonly<Record<string, Kind>> = {
  label: { rule: "required" },
  text: {},
  count: { type: "integer" },
  ratio: { type: "decimal" },
  flag: { type: "boolean" },
  when: { type: "dateTime" },
  link: { type: "reference" },
  blob: { type: "binary" },
  fixed: { rule: "immutable" },
  system: { rule: "readOnly" },
  tags: { many: true },
  box: { subs: complex },
  items: { many: true, subs: valued },
};

/** The attributes of the extension. */
export const extra: Readonly<Record<string, Kind>> = {
  color: {},
  size: { type: "integer" },
  seal: { rule: "immutable" },
  hues: { many: true },
  frame: { subs: { x: {}, y: { type: "integer" } } },
  marks: { many: true, subs: valued },
};

function definitions(kinds: Readonly<Record<string, Kind>>): object[] {
  return Object.entries(kinds).map(([name, { many, type, rule, subs }]) => ({
    name,
    type: subs ? "complex" : (type ?? "string"),
    multiValued: many === true,
    required: rule === "required",
    caseExact: true,
    mutability: rule === "required" || rule === undefined ? "readWrite" : rule,
    ...(subs && { subAttributes: definitions(subs) }),
  }));
}

const parsed = [
  parseSchema({ id: thingUrn, name: "Thing", attributes: definitions(core) }, "Thing.json"),
  parseSchema({ id: extraUrn, name: "Extra", attributes: definitions(extra) }, "Extra.json"),
];
const form = { name: "Thing", endpoint: "/Things", schema: thingUrn, schemaExtensions: [{ schema: extraUrn }] };
const compiled = createRegistry(parsed, [parseResourceType(form, "ThingType.json")]).resourceType("Thing");
if (!compiled) throw new Error("no Thing");
/** A type with every kind of attribute. */
export const thing: ResourceType = compiled;

/** Where an operation goes: nothing of it = the resource itself, `of` alone = the extension itself. */
export interface Target {
  readonly of?: "extra" | undefined;
  readonly name?: string | undefined;
  /** Sub-attribute and literal of an `eq` filter over the values. */
  readonly where?: readonly [sub: string, literal: ScimValue] | undefined;
  readonly sub?: string | undefined;
}

export interface Operation {
  readonly op: "add" | "remove" | "replace";
  readonly target: Target;
  readonly value?: ScimValue;
}

/** The resource after the operations, or the scimType with which they are refused as a whole. */
export function reference(resource: ScimObject, operations: readonly Operation[]): ScimObject | ScimType {
  const copy = structuredClone(resource);
  try {
    for (const operation of operations) apply(copy, operation);
  } catch (error) {
    if (error instanceof Refused) return error.scimType;
    throw error;
  }
  const schemas = Object.hasOwn(copy, extraUrn) ? [thingUrn, extraUrn] : [thingUrn];
  return { ...copy, schemas };
}

class Refused extends Error {
  readonly scimType: ScimType;
  constructor(scimType: ScimType) {
    super(scimType);
    this.scimType = scimType;
  }
}

function apply(resource: ScimObject, { op, target, value }: Operation): void {
  const { of, name, where, sub } = target;
  if (name === undefined) return applyToHolder(resource, op, of, value);
  const kind = kindOf(of ? extra : core, name);
  const isReadOnly = [kind, kind.subs?.[sub ?? ""]].some((it) => it?.rule === "readOnly");
  if (isReadOnly) throw new Refused("mutability");
  if (op === "add" && isNothing(value)) return;
  if (!of) return changeAttribute(resource, name, kind, { op, value, where, sub });
  const holder = (resource[extraUrn] ??= {}) as ScimObject;
  changeAttribute(holder, name, kind, { op, value, where, sub });
  if (Object.keys(holder).length === 0) delete resource[extraUrn];
}

function changeAttribute(holder: ScimObject, name: string, kind: Kind, inner: Inner): void {
  if (kind.many) changeMany(holder, name, kind, inner);
  else if (kind.subs) changeComplex(holder, name, kind.subs, inner);
  else changeSimple(holder, name, kind, inner.op, inner.value);
}

function kindOf(kinds: Readonly<Record<string, Kind>>, name: string): Kind {
  const kind = kinds[name];
  if (!kind) throw new Error(`no attribute ${name}`);
  return kind;
}

/** RFC 7643 §2.5: null and the empty array are no value, so that there is nothing to add. */
function isNothing(value: ScimValue | undefined): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}

/** Without a name the value holds attributes, and each is an operation of its own; a remove takes all away. */
function applyToHolder(
  resource: ScimObject,
  op: Operation["op"],
  of: Target["of"],
  value: ScimValue | undefined,
): void {
  if (op === "remove") {
    if (!of) throw new Refused("noTarget");
    // Else a removal and an addition would change what is immutable.
    if ((resource[extraUrn] as ScimObject | undefined)?.["seal"] !== undefined) throw new Refused("mutability");
    delete resource[extraUrn];
    return;
  }
  for (const [key, inner = null] of Object.entries(value as ScimObject)) {
    if (!of && key === extraUrn) applyToHolder(resource, op, "extra", inner);
    else apply(resource, { op, target: { of, name: key }, value: inner });
  }
}

function changeSimple(holder: ScimObject, name: string, { rule }: Kind, op: Operation["op"], value?: ScimValue): void {
  if (op === "add" && isNothing(value)) return;
  const after = op === "remove" || value === null ? undefined : value;
  const before = holder[name];
  if (before === after) return;
  if (rule === "immutable" && before !== undefined) throw new Refused("mutability");
  if (rule === "required" && after === undefined) throw new Refused(op === "remove" ? "mutability" : "invalidValue");
  if (after === undefined) delete holder[name];
  else holder[name] = after;
}

interface Inner {
  readonly op: Operation["op"];
  readonly value: ScimValue | undefined;
  readonly where?: Target["where"];
  readonly sub: string | undefined;
}

function changeComplex(
  holder: ScimObject,
  name: string,
  subs: NonNullable<Kind["subs"]>,
  { op, value, sub }: Inner,
): void {
  if (sub === undefined && (op === "remove" || value === null)) {
    if (op !== "add") delete holder[name];
    return;
  }
  const box = (holder[name] ??= {}) as ScimObject;
  const parts = sub === undefined ? Object.entries(value as ScimObject) : [[sub, value] as const];
  for (const [key, inner] of parts) {
    const kind = kindOf(subs, key);
    // Of a value, what the server alone sets is passed over (RFC 7644 §3.3).
    if (kind.rule !== "readOnly") changePart(box, key, kind, op, inner);
  }
  if (Object.keys(box).length === 0) delete holder[name];
}

function changePart(box: ScimObject, key: string, kind: Kind, op: Operation["op"], value: ScimValue | undefined): void {
  if (kind.many) changeMany(box, key, kind, { op, value, sub: undefined });
  else changeSimple(box, key, kind, op, value);
}

function changeMany(holder: ScimObject, name: string, kind: Kind, { op, value, where, sub }: Inner): void {
  const before = (holder[name] ?? []) as ScimValue[];
  const isWhole = !where && sub === undefined;
  const after = isWhole ? wholeOf(before, op, value) : chosenOf(before, kind, { op, value, where, sub });
  if (after.length === 0) delete holder[name];
  else holder[name] = after;
}

function wholeOf(before: ScimValue[], op: Operation["op"], value: ScimValue | undefined): ScimValue[] {
  if (op === "remove") return [];
  const given = (value === null ? [] : Array.isArray(value) ? value : [value]) as ScimValue[];
  const next = op === "replace" ? [] : [...before];
  for (const each of given) {
    const same = next.findIndex((other) => identityOf(other) === identityOf(each));
    if (same < 0) next.push(each);
    else if (isObject(each)) next[same] = { ...(next[same] as ScimObject), ...each };
  }
  const primary = given.find(isPrimary);
  if (primary === undefined) return next;
  return next.map((each) =>
    isPrimary(each) && identityOf(each) !== identityOf(primary) ? { ...each, primary: false } : each,
  );
}

function chosenOf(before: ScimValue[], kind: Kind, inner: Inner): ScimValue[] {
  const { op, where, sub, value = null } = inner;
  const isChosen = (each: ScimValue): boolean => !where || (isObject(each) ? each[where[0]] : each) === where[1];
  const chosen = before.filter(isChosen);
  if (chosen.length === 0) return noneOf(before, inner);
  const settles = op !== "remove" && (sub === undefined ? isPrimary(value) : sub === "primary" && value === true);
  const merges = sub !== undefined || (op === "add" && isObject(value));
  if (settles && merges && chosen.length > 1) throw new Refused("invalidValue");
  const become = (each: ScimValue): ScimValue[] => {
    if (merges) return mergeInto(each as ScimObject, kind, inner);
    return op === "remove" || value === null || each !== chosen[0] ? [] : [value];
  };
  const give = (each: ScimValue): ScimValue => (settles && isPrimary(each) ? { ...each, primary: false } : each);
  return before.flatMap((each) => (isChosen(each) ? become(each) : [give(each)]));
}

function noneOf(before: ScimValue[], { op, where, sub, value = null }: Inner): ScimValue[] {
  if (where) throw new Refused("noTarget");
  return op === "remove" || value === null || sub === undefined ? before : [...before, { [sub]: value }];
}

function mergeInto(element: ScimObject, { subs = {} }: Kind, { op, value, sub }: Inner): ScimObject[] {
  const changed = { ...element };
  if (sub === undefined) Object.assign(changed, value);
  else changePart(changed, sub, kindOf(subs, sub), op, value);
  return Object.keys(changed).length === 0 ? [] : [changed];
}

/** What tells values apart: type and value, or the whole of what has no value (RFC 7643 §2.4). */
export function identityOf(value: ScimValue): string {
  if (!isObject(value)) return JSON.stringify(value);
  const { type = null, value: own } = value;
  return own === undefined
    ? JSON.stringify([type, Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))])
    : JSON.stringify([type, own]);
}

function isPrimary(value: ScimValue): value is ScimObject {
  return isObject(value) && value["primary"] === true;
}

function isObject(value: ScimValue | undefined): value is ScimObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
