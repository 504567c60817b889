/** Random resources and filters that meet: both are made of the same few texts, numbers and instants. */
import * as fc from "fast-check";
import { fold } from "../../src/base/fold.ts";
import { comparisons, type Comparison, type Filter, type Literal } from "../../src/scim/filter.ts";
import type { ResourceType } from "../../src/scim/registry.ts";
import type { Attribute, AttributeType, ScimObject, ScimValue } from "../../src/scim/types.ts";
import { badgedUser } from "./scimFilterWorld.ts";

/** What folding, patterns, quoting, trimming and orders may stumble over. */
const characters = [
  "aAbBzZ09._-@%\\'\"$?*(){}",
  "äÄßẞéÉıIİøØǆǅǄſσςΣΩΩКкЀѐḀḁꙊꙋ",
  "𐐀𐐨😀\u{10ffff}\uffff\ue000\ud7ff",
  "ﬁﷺＡａK\u212bÅ가각",
  " \t\u00a0\u1680\ufeff\u2028",
  "\u0301\u0331\u0345\u0307\u0338",
].join("");
const pieces = [
  ...Array.from(characters),
  "H\u0331",
  "\u1e96",
  "i\u0307",
  "A\u030a",
  "ΟΔΥΣΣΕΥΣ",
  "Müller",
  "$1",
  "null",
];
const text = fc.array(fc.constantFrom(...pieces), { maxLength: 3 }).map((parts) => parts.join(""));
const instant = fc.constantFrom(
  "2011-05-13T04:42:34Z",
  "2011-05-13T06:42:34+02:00",
  "2011-05-13t04:42:34.123z",
  "2011-05-13T04:42:34.1239999",
  "2011-05-12T23:12:34.123-05:30",
  "2012-02-29T23:59:59.5Z",
  "2012-02-30T00:00:00Z",
  "2012-03-01T00:00:00+00:00",
  "9999-12-31T23:59:59-14:00",
  "0000-01-01T00:00:00+05:00",
  "1969-12-31T23:59:59.999Z",
);
const decimal = fc.constantFrom(0, 1, -1, 1.5, 0.1, 1e21, -1e-7, 5e-324, 1.7976931348623157e308);
const integer = fc.constantFrom(0, 1, -1, 2, 42, Number.MAX_SAFE_INTEGER);

const valid: Record<Exclude<AttributeType, "complex">, fc.Arbitrary<string | number | boolean>> = {
  string: text,
  reference: text,
  binary: fc.constantFrom("YQ==", "yq==", "YWI="),
  dateTime: instant,
  decimal,
  integer,
  boolean: fc.boolean(),
};

/** What no request can store, but an operator who changes a schema can leave behind. */
const odd: fc.Arbitrary<ScimValue> = fc.constantFrom<ScimValue>(null, "", "x", "2011-13-45T99:00:00Z", 7, true, {});

function oneOf(attribute: Attribute): fc.Arbitrary<ScimValue> {
  if (attribute.type !== "complex") return fc.oneof({ weight: 12, arbitrary: valid[attribute.type] }, odd);
  return fc.oneof({ weight: 12, arbitrary: some(attribute.subAttributes ?? [], 0.5) }, odd);
}

function valueOf(attribute: Attribute): fc.Arbitrary<ScimValue> {
  if (!attribute.multiValued) return oneOf(attribute);
  return fc.oneof({ weight: 12, arbitrary: fc.array(oneOf(attribute), { maxLength: 3 }) }, odd);
}

/** An object with some of the attributes. */
function some(attributes: readonly Attribute[], share: number): fc.Arbitrary<ScimObject> {
  const entries = attributes.map((attribute) =>
    fc
      .oneof({ weight: share * 10, arbitrary: valueOf(attribute) }, { weight: 10, arbitrary: fc.constant(undefined) })
      .map((value) => (value === undefined ? [] : [[attribute.name, value] as const])),
  );
  return fc.tuple(...entries).map((found) => Object.fromEntries(found.flat()));
}

const outside = new Set(["schemas", "id", "meta", "active", "groups", "members", "password", "userName", "externalId"]);

/** Attributes of a type as its documents hold them, the common ones apart: any of them, each with this share of ten. */
export function documents({ attributes }: ResourceType, share: number): fc.Arbitrary<ScimObject> {
  return some(
    attributes.filter(({ name }) => !outside.has(name)),
    share,
  );
}

const userOf = fc.record(
  {
    userName: text.filter((name) => fold(name) !== ""),
    externalId: text,
    rest: documents(badgedUser, 4),
    active: fc.boolean(),
  },
  { requiredKeys: ["userName", "rest", "active"], noNullPrototype: true },
);

/** Users with user names of their own, whether they are active, as `addMember` takes them. */
export const users: fc.Arbitrary<{ scim: ScimObject; active: boolean }[]> = fc
  .uniqueArray(userOf, { minLength: 6, maxLength: 10, selector: ({ userName }) => fold(userName) })
  .map((list) => list.map(({ active, rest, ...own }) => ({ active, scim: { ...own, ...rest } })));

interface Named {
  readonly uri: string | undefined;
  readonly name: string;
  readonly attribute: Attribute;
}

/** What a textual attribute of this name is compared with. */
type Operands = Readonly<Record<string, readonly Literal[]>>;

const textual: readonly AttributeType[] = ["string", "reference"];
const equality: readonly AttributeType[] = ["boolean", "binary"];

function opsOf(type: AttributeType): readonly Comparison[] {
  if (equality.includes(type)) return ["eq", "ne"];
  return textual.includes(type) ? comparisons : comparisons.filter((op) => !["co", "sw", "ew"].includes(op));
}

/** Any filter over the attributes of a type. */
export function filtersOver(type: ResourceType, special: Operands = {}): fc.Arbitrary<Filter> {
  const operands: Operands = {
    version: ['W/"1"', 'W/"', "1"],
    schemas: [...type.schemas, type.schema, "urn:"],
    resourceType: [type.name, type.name.toLowerCase(), ""],
    ...special,
  };

  function literalOf(attribute: Attribute): fc.Arbitrary<Literal> {
    const named = textual.includes(attribute.type) ? operands[attribute.name] : undefined;
    return named ? fc.constantFrom(...named) : valid[attribute.type === "complex" ? "string" : attribute.type];
  }

  /** Tests of one attribute that has no sub-attributes, or of what its values are compared by. */
  function tests(path: { uri: string | undefined; name: string; sub: string | undefined }, attribute: Attribute) {
    const present = fc.constant<Filter>({ kind: "present", path });
    if (attribute.type === "complex") return present;
    const compare = fc
      .tuple(fc.constantFrom(...opsOf(attribute.type)), literalOf(attribute))
      .map(([op, value]): Filter => ({ kind: "compare", path, op, value }));
    return fc.oneof({ weight: 1, arbitrary: present }, { weight: 6, arbitrary: compare });
  }

  function leavesOf({ uri, name, attribute }: Named): fc.Arbitrary<Filter>[] {
    const subs = (attribute.subAttributes ?? []).map((sub) => tests({ uri, name, sub: sub.name }, sub));
    return [tests({ uri, name, sub: undefined }, attribute), ...subs];
  }

  const containers = new Set(type.containers);
  const shown = type.attributes.filter((attribute) => attribute.returned !== "never" && !containers.has(attribute));
  /** What a valuePath may stand behind. */
  const whole: readonly Named[] = [
    ...shown.map((attribute) => ({ uri: undefined, name: attribute.name, attribute })),
    ...type.containers.flatMap((container) =>
      (container.subAttributes ?? []).map((attribute) => ({ uri: container.name, name: attribute.name, attribute })),
    ),
  ];
  const extensions = type.containers.map(({ name }) => {
    const colon = name.lastIndexOf(":");
    const path = { uri: name.slice(0, colon), name: name.slice(colon + 1), sub: undefined };
    return fc.constant<Filter>({ kind: "present", path });
  });
  /** What the own columns answer, more often than chance would ask it. */
  const columnar = whole.filter(({ name }) => ["userName", "externalId", "id", "active", "meta"].includes(name));
  const leaf = fc.oneof(
    ...(extensions.length > 0 ? [{ weight: 1, arbitrary: fc.oneof(...extensions) }] : []),
    { weight: 10, arbitrary: fc.oneof(...columnar.flatMap(leavesOf)) },
    { weight: 20, arbitrary: fc.oneof(...whole.flatMap(leavesOf)) },
  );
  const valuePaths = fc.oneof(
    ...whole.map(({ uri, name, attribute }) => {
      const subs = attribute.subAttributes ?? [{ ...attribute, name: "value", multiValued: false }];
      const inside = fc.oneof(...subs.map((sub) => tests({ uri: undefined, name: sub.name, sub: undefined }, sub)));
      return joined(inside, 2).map((filter): Filter => ({
        kind: "valuePath",
        path: { uri, name, sub: undefined },
        filter,
      }));
    }),
  );
  return joined(fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 1, arbitrary: valuePaths }), 2);
}

function joined(of: fc.Arbitrary<Filter>, depth: number): fc.Arbitrary<Filter> {
  if (depth === 0) return of;
  const inner = joined(of, depth - 1);
  const terms = fc.array(inner, { minLength: 2, maxLength: 3 });
  return fc.oneof(
    { weight: 3, arbitrary: of },
    { weight: 1, arbitrary: inner.map((filter): Filter => ({ kind: "not", filter })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom("and" as const, "or" as const), terms)
        .map(([kind, list]): Filter => ({ kind, terms: list })),
    },
  );
}

/** Any filter over the attributes of `badgedUser`. */
export const filters: fc.Arbitrary<Filter> = filtersOver(badgedUser);
