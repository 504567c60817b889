/** What is left of a valid message after an attacker, or a poor client, has had it: for fuzzing, seeded by fast-check. */
import * as fc from "fast-check";
import type { ScimObject, ScimValue } from "../../src/scim/types.ts";

/** Values that are some other type's, or at the edge of one. */
const strange: fc.Arbitrary<ScimValue> = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<ScimValue>,
  fc.constantFrom<ScimValue>(
    null,
    "",
    " ",
    "\u0000",
    "True",
    "bulkId:1",
    "'; drop table members; --",
    [],
    [[]],
    [null],
    {},
    { value: null },
    -0,
    2 ** 53 + 2,
    1e308,
    "x".repeat(3000),
    "2026-02-30T25:61:61Z",
    JSON.stringify({ value: "a" }),
  ),
);

/** Names that mean something to JavaScript, to SCIM or to SQL. */
const names = fc.constantFrom(
  "__proto__",
  "constructor",
  "toString",
  "schemas",
  "id",
  "meta",
  "value",
  "$ref",
  "members",
  "OPERATIONS",
  "urn:ietf:params:scim:schemas:core:2.0:User",
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
  "name.familyName.x",
  'emails[type eq "work"].value',
  "",
);

type Change = (message: ScimValue) => ScimValue;

/** One change somewhere in a message: `at` chooses the place among all values that it holds. */
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(fc.nat(), strange).map(
    ([at, value]): Change =>
      (message) =>
        editAt(message, at, () => value),
  ),
  fc.tuple(fc.nat(), names, strange).map(
    ([at, name, value]): Change =>
      (message) =>
        editAt(message, at, (here) => (isObject(here) ? { ...here, [name]: value } : value)),
  ),
  fc.nat().map(
    (at): Change =>
      (message) =>
        editAt(message, at, (here) => [here, here]),
  ),
  fc.nat().map(
    (at): Change =>
      (message) =>
        editAt(message, at, (here) => (isObject(here) ? withoutOne(here, at) : null)),
  ),
  fc.nat().map(
    (at): Change =>
      (message) =>
        editAt(message, at, (here) => (typeof here === "string" ? here.toUpperCase() : here)),
  ),
);

/** A few bytes of a text that are no longer what they were. */
const garble: fc.Arbitrary<(text: string) => string> = fc
  .tuple(
    fc.nat(),
    fc.nat(5),
    fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('"', "\\", "{", "\ud800", "\u0000")),
  )
  .map(([at, length, put]) => (text) => {
    const from = at % (text.length + 1);
    return text.slice(0, from) + put + text.slice(from + length);
  });

/** Messages that are one to three changes away from these, as JSON that is mostly still JSON. */
export function mutated(...messages: readonly object[]): fc.Arbitrary<string> {
  const text = fc
    .tuple(fc.constantFrom(...messages), fc.array(change, { maxLength: 3 }))
    .map(([message, changes]) =>
      JSON.stringify(changes.reduce<ScimValue>((made, next) => next(made), message as ScimObject)),
    );
  return fc.oneof(
    { arbitrary: text, weight: 5 },
    { arbitrary: fc.tuple(text, garble).map(([whole, spoil]) => spoil(whole)), weight: 2 },
    { arbitrary: fc.json({ maxDepth: 3 }), weight: 1 },
  );
}

/** The message with the `at`-th of its values, counted through and round, edited. */
function editAt(message: ScimValue, at: number, edit: Change): ScimValue {
  let left = at % countOf(message);
  const walk = (here: ScimValue): ScimValue => {
    if (left-- === 0) return edit(here);
    if (left < 0) return here;
    if (Array.isArray(here)) return here.map(walk);
    if (!isObject(here)) return here;
    return Object.fromEntries(Object.entries(here).map(([name, value]) => [name, walk(value ?? null)]));
  };
  return walk(message);
}

function countOf(value: ScimValue): number {
  const inside = typeof value === "object" && value !== null ? Object.values(value) : [];
  return inside.reduce<number>((sum, each) => sum + countOf(each ?? null), 1);
}

function withoutOne(object: ScimObject, at: number): ScimObject {
  const kept = Object.entries(object);
  kept.splice(at % (kept.length + 1), 1);
  return Object.fromEntries(kept);
}

function isObject(value: ScimValue): value is ScimObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
