/** Random filters for the properties of the filter grammar. */
import * as fc from "fast-check";
import { type AttributePath, comparisons, type Filter, type Literal } from "../../src/scim/filter.ts";

/** Records with the prototype of object literals, so that deepEqual can compare them. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { noNullPrototype: true });

const name = fc.stringMatching(/^[a-zA-Z$][\w$-]{0,8}$/);
const uri = fc.constantFrom("urn:ietf:params:scim:schemas:core:2.0:User", "urn:acme:v2.1", "http://example.org/a%20b");

const path: fc.Arbitrary<AttributePath> = record({
  uri: fc.option(uri, { nil: undefined }),
  name,
  sub: fc.option(name, { nil: undefined }),
});

const storable = fc.string({ unit: "grapheme" }).filter((text) => !/[\0\p{Cs}]/u.test(text));
const literal: fc.Arbitrary<Literal> = fc.oneof(
  storable,
  fc.boolean(),
  fc.constant(null),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
);

const expression: fc.Arbitrary<Filter> = fc.oneof(
  record({ kind: fc.constant("present" as const), path }),
  record({ kind: fc.constant("compare" as const), path, op: fc.constantFrom(...comparisons), value: literal }),
);

function filtersOver(leaf: fc.Arbitrary<Filter>, depth: number): fc.Arbitrary<Filter> {
  if (depth === 0) return leaf;
  const inner = filtersOver(leaf, depth - 1);
  return fc.oneof(
    leaf,
    record({ kind: fc.constant("not" as const), filter: inner }),
    record({
      kind: fc.constantFrom("and" as const, "or" as const),
      terms: fc.array(inner, { minLength: 2, maxLength: 4 }),
    }),
  );
}

const valuePath: fc.Arbitrary<Filter> = record({
  kind: fc.constant("valuePath" as const),
  path,
  filter: filtersOver(expression, 2),
});

/** Any tree that the grammar can mean. */
export const anyFilter: fc.Arbitrary<Filter> = filtersOver(fc.oneof(expression, valuePath), 3);

/** Texts out of pieces of filters, which go wrong deeper in the grammar than random characters. */
export const filterFragments: fc.Arbitrary<string> = fc
  .array(
    fc.constantFrom(
      ...`( ) [ ] " "a" \\ emails .value urn:a:2.0:b not and or pr eq gt true null -1 1. 1e5 : . $ref é 😀`.split(" "),
      " ",
      "\t",
      "\u00a0",
    ),
    { maxLength: 30 },
  )
  .chain((pieces) => fc.constantFrom("", " ").map((gap) => pieces.join(gap)));
