/** Random resources and PATCH operations over every kind of attribute, for the comparison with the reference. */
import * as fc from "fast-check";
import type { ScimObject, ScimValue } from "../../src/scim/types.ts";
import {
  core,
  extra,
  extraUrn,
  identityOf,
  thingUrn,
  type Kind,
  type Operation,
  type Target,
} from "./patchReference.ts";

type Kinds = Readonly<Record<string, Kind>>;

/** Few values each, so that operations meet what is there. */
const scalars: Record<NonNullable<Kind["type"]> | "string", fc.Arbitrary<ScimValue>> = {
  string: fc.constantFrom("a", "b", "c"),
  integer: fc.nat({ max: 2 }),
  decimal: fc.constantFrom(0.5, 1, -1.5),
  boolean: fc.boolean(),
  dateTime: fc.constantFrom("2026-01-31T09:00:00Z", "2026-01-31T10:00:00+01:00"),
  reference: fc.constantFrom("/Users/1", "urn:x:y"),
  binary: fc.constantFrom("AAAA", "YQ=="),
};

function scalarOf({ type }: Kind): fc.Arbitrary<ScimValue> {
  return scalars[type ?? "string"];
}

function single(kind: Kind): fc.Arbitrary<ScimValue> {
  return kind.subs ? object(kind.subs, (sub) => (sub.many ? many(sub) : scalarOf(sub))) : scalarOf(kind);
}

function oneOf(kind: Kind): Kind {
  const { many: _many, ...one } = kind;
  return one;
}

/** An object with some of these members, one at least. */
function object(kinds: Kinds, valueOf: (kind: Kind) => fc.Arbitrary<ScimValue>): fc.Arbitrary<ScimObject> {
  const members = Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, valueOf(kind)]));
  const some: fc.Arbitrary<ScimObject> = fc.record(members, { requiredKeys: [], noNullPrototype: true });
  return some.filter((it) => Object.keys(it).length > 0);
}

/** Values that are told apart, one of them primary at most (RFC 7643 §2.4). */
function many(kind: Kind): fc.Arbitrary<ScimValue[]> {
  const values = fc.uniqueArray(single(oneOf(kind)), {
    selector: identityOf,
    minLength: 1,
    maxLength: 3,
  });
  const isPrimary = (value: ScimValue): boolean => (value as ScimObject)["primary"] === true;
  return values.filter((all) => all.filter(isPrimary).length < 2);
}

function stored(kinds: Kinds, required: readonly string[]): fc.Arbitrary<ScimObject> {
  const members = Object.entries(kinds).map(([name, kind]) => {
    const subs =
      kind.subs && Object.fromEntries(Object.entries(kind.subs).filter(([, sub]) => sub.rule !== "readOnly"));
    const plain = subs ? { ...kind, subs } : kind;
    return [name, plain.many ? many(plain) : single(plain)] as const;
  });
  return fc.record(Object.fromEntries(members), { requiredKeys: [...required], noNullPrototype: true });
}

/** A resource as it may be stored. */
export const anyThing: fc.Arbitrary<ScimObject> = fc
  .tuple(stored(core, ["label"]), fc.option(stored(extra, []), { nil: {} }))
  .map(([own, more]) => {
    const hasMore = Object.keys(more).length > 0;
    const schemas = hasMore ? [thingUrn, extraUrn] : [thingUrn];
    return { schemas, id: "1", ...own, ...(hasMore && { [extraUrn]: more }) };
  });

/** What an operation may carry for an attribute or one of its parts: null too, and one of many without its array. */
function operand(kind: Kind): fc.Arbitrary<ScimValue> {
  if (!kind.many) return fc.oneof({ weight: 9, arbitrary: single(kind) }, { weight: 1, arbitrary: fc.constant(null) });
  return fc.oneof({ weight: 8, arbitrary: many(kind) }, fc.constantFrom<ScimValue>([], null));
}

function operands(kinds: Kinds): fc.Arbitrary<ScimObject> {
  return object(kinds, (kind) => {
    if (!kind.subs || kind.many) return operand(kind);
    return fc.oneof(
      object(kind.subs, (sub) => operand(sub)),
      fc.constant(null),
    );
  });
}

function targetsOf(of: Target["of"], kinds: Kinds): (readonly [Target, Kind])[] {
  return Object.entries(kinds).flatMap(([name, kind]) => {
    const target = { of, name };
    const subs = Object.entries(kind.subs ?? {});
    const parts = subs.map(([sub, inner]) => [{ ...target, sub }, inner] as const);
    return [[target, kind] as const, ...parts];
  });
}

const targets = [...targetsOf(undefined, core), ...targetsOf("extra", extra)];

/** A filter over the values of a multi-valued attribute. */
function chosen([target, kind]: readonly [Target, Kind]): fc.Arbitrary<readonly [Target, Kind]> {
  const all = (target.of ? extra : core)[target.name ?? ""];
  if (!all?.many) return fc.constant([target, kind]);
  const literals = Object.entries(all.subs ?? { value: all }).map(([name, sub]) =>
    scalarOf(sub).map((literal) => [name, literal] as const),
  );
  const one: Kind = target.sub === undefined ? oneOf(kind) : kind;
  const filtered = fc.oneof(...literals).map((where) => [{ ...target, where }, one] as const);
  return fc.oneof(fc.constant([target, kind] as const), filtered);
}

const onAttribute: fc.Arbitrary<Operation> = fc
  .constantFrom(...targets)
  .chain(chosen)
  .chain(([target, kind]) =>
    fc.oneof(
      fc.record({
        op: fc.constantFrom("add" as const, "replace" as const),
        target: fc.constant(target),
        value: operand(kind),
      }),
      fc.constant<Operation>({ op: "remove", target }),
    ),
  );

const withoutPath: fc.Arbitrary<Operation> = fc
  .tuple(operands(core), fc.option(operands(extra), { nil: undefined }))
  .map(([own, more]) => (more ? { ...own, [extraUrn]: more } : own))
  .chain((value) => fc.constantFrom<Operation>({ op: "add", target: {}, value }, { op: "replace", target: {}, value }));

const onExtension: fc.Arbitrary<Operation> = operands(extra).chain((value) =>
  fc.constantFrom<Operation>(
    { op: "add", target: { of: "extra" }, value },
    { op: "replace", target: { of: "extra" }, value },
    { op: "remove", target: { of: "extra" } },
    { op: "remove", target: {} },
  ),
);

/** Any operation: op × path form × kind of attribute. */
export const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 12, arbitrary: onAttribute },
  { weight: 2, arbitrary: withoutPath },
  { weight: 2, arbitrary: onExtension },
);

/** The operation as a client writes it: a path in one of its spellings (RFC 7644 §3.10), whatever the case of names. */
export function written({ op, target, value }: Operation, qualified: boolean, upper: boolean): object {
  const { of, name, where, sub } = target;
  const urn = of ? extraUrn : thingUrn;
  const filter = where ? `[${where[0]} eq ${JSON.stringify(where[1])}]` : "";
  const names = name === undefined ? [] : [[`${name}${filter}`, ...(sub === undefined ? [] : [sub])].join(".")];
  const isQualified = of !== undefined || (qualified && name !== undefined);
  const path = [...(isQualified ? [urn] : []), ...names].join(":");
  const cased = upper && !where ? path.toUpperCase() : path;
  return { op, ...(path !== "" && { path: cased }), ...(value !== undefined && { value }) };
}
