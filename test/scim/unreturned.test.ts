/** What is never returned, kept apart from the rest (RFC 7643 §2.2 and §7), and what a schema no longer defines. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { parseResourceType, parseSchema } from "../../src/scim/definitions.ts";
import { known, withKnownExtensions } from "../../src/scim/known.ts";
import { createRegistry, type ResourceType } from "../../src/scim/registry.ts";
import type { ScimObject } from "../../src/scim/types.ts";
import { unreturnedOf, withoutUnreturned, withUnreturned } from "../../src/scim/unreturned.ts";

const EXTENSION = "urn:example:Extension";
const part = (name: string, more: object = {}): object => ({ name, ...more });
const type = thing([
  part("open"),
  part("secret", { returned: "never" }),
  part("mixed", { type: "complex", subAttributes: [part("open"), part("secret", { mutability: "writeOnly" })] }),
  part("many", {
    type: "complex",
    multiValued: true,
    subAttributes: [part("open"), part("secret", { returned: "never" })],
  }),
  part("hidden", { type: "complex", returned: "never", subAttributes: [part("open")] }),
]);

function thing(attributes: readonly object[]): ResourceType {
  const schemas = [
    parseSchema({ id: "urn:example:Thing", name: "Thing", attributes }, "Thing.json"),
    parseSchema({ id: EXTENSION, name: "Extension", attributes }, "Extension.json"),
  ];
  const definition = { name: "Thing", endpoint: "/Things", schema: "urn:example:Thing" };
  const types = [parseResourceType({ ...definition, schemaExtensions: [{ schema: EXTENSION }] }, "Thing.json")];
  const found = createRegistry(schemas, types).resourceType("Thing");
  assert.ok(found);
  return found;
}

const some = fc.constantFrom("a", "b");
const inner = fc
  .record({ open: some, secret: some }, { requiredKeys: [], noNullPrototype: true })
  .filter((value) => Object.keys(value).length > 0);
const attributes = fc.record(
  {
    open: some,
    secret: some,
    mixed: inner,
    many: fc.array(inner, { minLength: 1, maxLength: 3 }),
    hidden: fc.record({ open: some }, { noNullPrototype: true }),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const resources: fc.Arbitrary<ScimObject> = fc
  .tuple(attributes, attributes)
  .map(([own, extension]) => ({ ...own, ...(Object.keys(extension).length > 0 && { [EXTENSION]: extension }) }));

/** Everything that stands under a name, at any depth. */
function under(name: string, value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => [
    ...(key === name ? [one as unknown] : []),
    ...under(name, one),
  ]);
}

describe("what is never returned", () => {
  it("is all there again when it is put back", () => {
    fc.assert(
      fc.property(resources, (resource) => {
        const rest = withoutUnreturned(type, resource);
        const whole = withUnreturned(type, rest, unreturnedOf(type, resource) ?? {});
        assert.deepEqual(whole, resource);
      }),
    );
  });

  it("is nowhere in the rest, which loses nothing else and holds nothing empty", () => {
    fc.assert(
      fc.property(resources, (resource) => {
        const rest = withoutUnreturned(type, resource);
        assert.deepEqual([...under("secret", rest), ...under("hidden", rest)], []);
        assert.ok(!/\{\}|\[\]/.test(JSON.stringify(Object.values(rest))));
        const { hidden: _, [EXTENSION]: extension, ...own } = resource;
        const shown = (value: ScimObject | undefined) => under("open", { ...value, hidden: undefined });
        const kept = (rest[EXTENSION] ?? {}) as ScimObject;
        assert.deepEqual(under("open", { ...rest, [EXTENSION]: undefined }), shown(own));
        assert.deepEqual(under("open", kept), shown(extension as ScimObject | undefined));
      }),
    );
  });

  it("is nothing where a resource has nothing of it", () => {
    const resource = { open: "a", [EXTENSION]: { open: "b" } };
    assert.deepEqual(withoutUnreturned(type, resource), resource);
    assert.equal(unreturnedOf(type, resource), undefined);
  });
});

describe("a stored resource, after its schema has changed,", () => {
  const smaller = thing([
    part("open"),
    part("many", { type: "complex", multiValued: true, subAttributes: [part("open")] }),
  ]);

  it("shows what the schema still defines, at any depth", () => {
    const stored = {
      open: "a",
      secret: "s",
      many: [{ open: "b", secret: "s" }],
      [EXTENSION]: { open: "c", mixed: {} },
    };
    assert.deepEqual(known(smaller, stored), { open: "a", many: [{ open: "b" }], [EXTENSION]: { open: "c" } });
    assert.deepEqual(known(smaller, { "urn:example:Gone": { open: "a" } }), {});
    assert.deepEqual(known(smaller, { open: "a", many: [{ secret: "s" }], [EXTENSION]: { mixed: { open: "a" } } }), {
      open: "a",
    });
  });

  it("is the same object where it defines all of it", () => {
    fc.assert(
      fc.property(resources, (resource) => {
        assert.equal(known(type, resource), resource);
        assert.equal(withKnownExtensions(type, resource), resource);
      }),
    );
  });
});
