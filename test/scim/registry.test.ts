import assert from "node:assert/strict";
import * as fc from "fast-check";
import { parseResourceType, parseSchema } from "../../src/scim/definitions.ts";
import { createRegistry, findAttribute, findSubAttribute, isContainer, schemasOf } from "../../src/scim/registry.ts";
import { enterpriseUrn, group, groupUrn, registry, user, userUrn } from "./fixtures.ts";

const schema = (attributes: unknown[], id = "urn:example:Thing"): unknown => ({ id, name: "Thing", attributes });

describe("schema definitions", () => {
  it("take the defaults of RFC 7643 §2.2 where a file is silent", () => {
    const { attributes } = parseSchema(schema([{ name: "size" }]), "Thing.json");
    assert.deepEqual(attributes, [
      {
        name: "size",
        type: "string",
        multiValued: false,
        description: "",
        required: false,
        caseExact: false,
        mutability: "readWrite",
        returned: "default",
        uniqueness: "none",
      },
    ]);
  });

  it("have binary and reference case exact (RFC 7643 §2.3.6, §2.3.7) unless the file says otherwise", () => {
    const { attributes } = parseSchema(
      schema([
        { name: "a", type: "binary" },
        { name: "b", type: "reference" },
        { name: "c", type: "reference", caseExact: false },
      ]),
      "Thing.json",
    );
    assert.deepEqual(
      attributes.map(({ caseExact }) => caseExact),
      [true, true, false],
    );
  });

  it("load in the complete form of RFC 7643 §8.7 unchanged", () => {
    for (const { id, name, description, attributes } of registry.schemas) {
      const shown = JSON.parse(JSON.stringify({ id, name, description, attributes })) as unknown;
      assert.deepEqual(parseSchema(shown, "shown"), { id, name, description, attributes });
    }
  });

  const faulty: [string, unknown, RegExp][] = [
    ["no id", { name: "Thing", attributes: [{ name: "a" }] }, /^Thing\.json: the definition must have .*'id'/],
    ["an id that is no URN", schema([{ name: "a" }], "thing"), /^Thing\.json: id must match/],
    ["no attributes", schema([]), /^Thing\.json: attributes must NOT have fewer/],
    [
      "an unknown type",
      schema([{ name: "a", type: "text" }]),
      /^Thing\.json: attribute a, type must be equal to one of/,
    ],
    ["an unknown characteristic", schema([{ name: "a", sort: true }]), /attribute a must NOT have additional/],
    ["a name outside RFC 7643 §2.1", schema([{ name: "__proto__x" }]), /attribute __proto__x, name must match/],
    ["a name that every object has", schema([{ name: "constructor" }]), /attribute constructor has a name that/],
    ["an attribute twice, in two cases", schema([{ name: "a" }, { name: "A" }]), /attribute A is defined twice/],
    [
      "a complex attribute without parts",
      schema([{ name: "a", type: "complex" }]),
      /attribute a is complex and has no/,
    ],
    [
      "parts of a simple one",
      schema([{ name: "a", subAttributes: [{ name: "b" }] }]),
      /attribute a has subAttributes and/,
    ],
    [
      "complex inside complex",
      schema([
        { name: "a", type: "complex", subAttributes: [{ name: "b", type: "complex", subAttributes: [{ name: "c" }] }] },
      ]),
      /^Thing\.json: attribute a\.b is complex inside/,
    ],
    ["null", null, /^Thing\.json: the definition must be object/],
  ];
  for (const [what, json, message] of faulty) {
    it(`with ${what} stop the start with one line that names the place`, () => {
      assert.throws(
        () => parseSchema(json, "Thing.json"),
        (error: Error) => message.test(error.message) && !error.message.includes("\n"),
      );
    });
  }

  it("refuse a resource type without an endpoint", () => {
    const json = { name: "Thing", schema: "urn:example:Thing" };
    assert.throws(() => parseResourceType(json, "t.json"), /^Error: t\.json: the definition must have .*'endpoint'/);
  });
});

describe("registry", () => {
  const thing = parseSchema(schema([{ name: "a" }]), "Thing.json");
  const type = (more: object = {}): ReturnType<typeof parseResourceType> =>
    parseResourceType({ name: "Thing", endpoint: "/Things", schema: "urn:example:Thing", ...more }, "t.json");

  it("refuses a schema or resource type that is defined twice, whatever the case", () => {
    assert.throws(() => createRegistry([thing, { ...thing, id: "URN:example:thing" }], []), /thing is defined twice/);
    assert.throws(() => createRegistry([thing], [type(), type({ endpoint: "/Others" })]), /Thing is defined twice/);
    assert.throws(() => createRegistry([thing], [type(), type({ name: "Other" })]), /\/Things is defined twice/);
  });

  it("refuses a resource type whose schema or extension is not defined", () => {
    assert.throws(
      () => createRegistry([], [type()]),
      /resource type Thing names schema urn:example:Thing, which is not/,
    );
    const extended = type({ schemaExtensions: [{ schema: "urn:example:Missing" }] });
    assert.throws(() => createRegistry([thing], [extended]), /urn:example:Missing, which is not defined/);
  });

  it("refuses a resource type at an endpoint of the protocol", () => {
    assert.throws(() => createRegistry([thing], [type({ endpoint: "/Schemas" })]), /an endpoint of the protocol/);
  });

  it("refuses a schema that defines a common attribute (RFC 7643 §3.1)", () => {
    const bad = parseSchema(schema([{ name: "ID" }]), "Thing.json");
    assert.throws(() => createRegistry([bad], [type()]), /ID is defined twice/);
  });

  it("finds resource types by name and endpoint and schemas by URN, whatever the case", () => {
    assert.equal(registry.resourceType("/users"), user);
    assert.equal(registry.resourceType("GROUP"), group);
    assert.equal(registry.resourceType("/Nobody"), undefined);
    assert.equal(registry.schema(enterpriseUrn.toUpperCase())?.id, enterpriseUrn);
    assert.equal(registry.schema("constructor"), undefined);
  });

  it("advertises Group.displayName as required and addresses.primary as existing (field rows)", () => {
    assert.equal(findAttribute(group, "displayName")?.attribute.required, true);
    assert.equal(findAttribute(user, "addresses.primary")?.subAttribute?.type, "boolean");
  });
});

describe("attribute look-up (RFC 7644 §3.10)", () => {
  it("finds core and common attributes by name, dotted path and base URN, whatever the case", () => {
    for (const path of ["userName", "USERNAME", `${userUrn}:userName`, `${userUrn.toUpperCase()}:username`]) {
      assert.equal(findAttribute(user, path)?.attribute.name, "userName", path);
    }
    const dotted = findAttribute(user, `${userUrn}:name.familyname`);
    assert.deepEqual([dotted?.attribute.name, dotted?.subAttribute?.name], ["name", "familyName"]);
    assert.equal(findAttribute(user, "meta.lastModified")?.subAttribute?.name, "lastModified");
    assert.equal(findAttribute(group, "members.$ref")?.subAttribute?.name, "$ref");
  });

  it("row 17: finds extension attributes by a URN that holds dots and colons", () => {
    const found = findAttribute(user, `${enterpriseUrn}:manager.value`);
    assert.deepEqual(
      [found?.container?.name, found?.attribute.name, found?.subAttribute?.name],
      [enterpriseUrn, "manager", "value"],
    );
  });

  it("finds the extension itself by its URN, as the container of its attributes", () => {
    const found = findAttribute(user, enterpriseUrn);
    assert.equal(found?.container, undefined);
    assert.ok(found && isContainer(found.attribute));
    assert.equal(findSubAttribute(found.attribute, "DEPARTMENT")?.name, "department");
  });

  it("does not find an extension's attribute by its bare name, but knows what it would mean", () => {
    assert.equal(findAttribute(user, "manager"), undefined);
    assert.equal(user.unqualifiedPaths.get("manager.value")?.container?.name, enterpriseUrn);
  });

  it("finds nothing for what is no attribute of the type", () => {
    for (const path of [
      "",
      ".",
      "name.",
      "name.nope",
      "userName.value",
      groupUrn,
      `${userUrn}:`,
      `${userUrn}:nope`,
      "toString",
      "__proto__",
      "members",
    ]) {
      assert.equal(findAttribute(user, path), undefined, path);
    }
  });

  it("finds every path that it knows in any mixture of case", () => {
    const anyPath = fc.constantFrom(...user.paths.keys());
    const flips = fc.array(fc.boolean(), { minLength: 120, maxLength: 120 });
    fc.assert(
      fc.property(anyPath, flips, (path, upper) => {
        const mixed = path
          .split("")
          .map((letter, index) => (upper[index] ? letter.toUpperCase() : letter))
          .join("");
        assert.equal(findAttribute(user, mixed), user.paths.get(path));
      }),
    );
  });

  it("says which schemas a resource follows (RFC 7643 §3)", () => {
    assert.deepEqual(schemasOf(user, { userName: "a" }), [userUrn]);
    assert.deepEqual(schemasOf(user, { [enterpriseUrn]: { department: "HR" } }), [userUrn, enterpriseUrn]);
  });
});
