import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ownSchemas, readSchemaFiles } from "../../src/provisioning/schemaFiles.ts";
import { createRegistry, findAttribute } from "../../src/scim/registry.ts";

const testSchemas = fileURLToPath(new URL("../schemas", import.meta.url));
const badge = { id: "urn:example:Badge", name: "Badge", attributes: [{ name: "number" }] };
const other = { id: "urn:example:Other", name: "Other", attributes: [{ name: "number" }] };
const both = { "Badge.json": badge, "Other.json": other };
const badgeType = { name: "Badge", endpoint: "/Badges", schema: badge.id };
const userType = { name: "User", endpoint: "/Users", schema: "urn:ietf:params:scim:schemas:core:2.0:User" };
type Files = Readonly<Record<string, unknown>>;

describe("schema files", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "usher-schemas-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (name: string, content: unknown): void =>
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));

  it("of the project are User, Group and the enterprise extension", () => {
    const { schemas, resourceTypes } = readSchemaFiles(ownSchemas);
    assert.deepEqual(
      schemas.map(({ name }) => name),
      ["EnterpriseUser", "Group", "User"],
    );
    assert.deepEqual(
      resourceTypes.map(({ endpoint }) => endpoint),
      ["/Groups", "/Users"],
    );
  });

  it("of an operator put an extension on User by a resource type of the same name", () => {
    const own = readSchemaFiles(ownSchemas).resourceTypes.find(({ name }) => name === "User");
    assert.ok(own);
    write("Badge.json", { id: "urn:example:Badge", name: "Badge", attributes: [{ name: "badgeNumber" }] });
    mkdirSync(join(folder, "resource-types"));
    const schemaExtensions = [...own.schemaExtensions, { schema: "urn:example:Badge" }];
    write("resource-types/User.json", { ...own, schemaExtensions });
    const { schemas, resourceTypes } = readSchemaFiles(ownSchemas, folder);
    const user = createRegistry(schemas, resourceTypes).resourceType("User");
    assert.ok(user && findAttribute(user, "urn:example:Badge:badgeNumber"));
    assert.equal(user.containers.length, 2);
  });

  it("may be schemas alone, among files of other kinds", () => {
    write("Badge.json", { id: "urn:example:Badge", name: "Badge", attributes: [{ name: "badgeNumber" }] });
    write("README.md", "not a schema");
    assert.equal(readSchemaFiles(folder).schemas.length, 1);
  });

  it("of an operator may name only what they add to User or Group, which keep what they have", () => {
    const { schemas, resourceTypes } = readSchemaFiles(ownSchemas, testSchemas);
    const all = createRegistry(schemas, resourceTypes);
    const extensions = (name: string): unknown =>
      all.resourceType(name)?.definition.schemaExtensions.map(({ schema }) => schema.split(":").slice(-3).join(":"));
    assert.deepEqual(extensions("User"), ["enterprise:2.0:User", "test:1.0:Badge"]);
    assert.deepEqual(extensions("Group"), ["test:1.0:Office"]);
    assert.equal(all.resourceType("User")?.definition.description, "People's accounts");
  });

  it("are read through symbolic links, as a cluster mounts them", () => {
    writeFileSync(join(folder, "data"), JSON.stringify(badge));
    symlinkSync(join(folder, "data"), join(folder, "Badge.json"));
    assert.equal(readSchemaFiles(folder).schemas.length, 1);
  });

  it("have what is writeOnly never returned, whether they say so or not (RFC 7643 §7)", () => {
    write("Badge.json", { ...badge, attributes: [{ name: "pin", mutability: "writeOnly" }] });
    assert.equal(readSchemaFiles(folder).schemas[0]?.attributes[0]?.returned, "never");
  });

  describe("of an operator stop the start with one line that names the file and its fault, where", () => {
    const attribute = (more: object): Files => ({ "Badge.json": { ...badge, attributes: [{ name: "a", ...more }] } });
    const type = (more: object): Files => ({ ...both, "resource-types/Badge.json": { ...badgeType, ...more } });
    const onUser = (more: object): Files => ({
      ...attribute(more),
      "resource-types/User.json": { ...userType, schemaExtensions: [{ schema: badge.id }] },
    });
    const faulty: [what: string, files: Files, line: RegExp][] = [
      ["JSON breaks off", { "Badge.json": '{\n "id":\n' }, /^Badge\.json: .*JSON/],
      ["a file is no object", { "Badge.json": [] }, /^Badge\.json: the definition must be object/],
      ["a type is none", attribute({ type: "text" }), /^Badge\.json: attribute a, type must be equal to one of/],
      [
        "a characteristic has the wrong type",
        attribute({ required: "yes" }),
        /^Badge\.json: attribute a, required must be/,
      ],
      [
        "a complex attribute has no parts",
        attribute({ type: "complex" }),
        /^Badge\.json: attribute a is complex and has no/,
      ],
      [
        "a name is given twice",
        { "Badge.json": { ...badge, attributes: [{ name: "a" }, { name: "A" }] } },
        /^Badge\.json: attribute A is defined twice/,
      ],
      [
        "what is writeOnly is to be returned",
        attribute({ mutability: "writeOnly", returned: "default" }),
        /^Badge\.json: attribute a is writeOnly, so that it is never returned/,
      ],
      [
        "a complex attribute is to be unique",
        attribute({ type: "complex", uniqueness: "server", subAttributes: [{ name: "b" }] }),
        /^Badge\.json: attribute a is complex; its uniqueness belongs to a sub-attribute/,
      ],
      [
        "what is never returned is to be unique",
        attribute({ returned: "never", uniqueness: "global" }),
        /^Badge\.json: attribute a is never returned, so it cannot be unique/,
      ],
      [
        "a part of what is never returned is to be unique",
        attribute({ type: "complex", returned: "never", subAttributes: [{ name: "b", uniqueness: "server" }] }),
        /^Badge\.json: attribute a\.b is never returned, so it cannot be unique/,
      ],
      [
        "a URN cannot stand in a path",
        { "Badge.json": { ...badge, id: "urn:example:[Badge]" } },
        /^Badge\.json: id must match/,
      ],
      [
        "a schema has the URN of Usher's own",
        { "Badge.json": { ...badge, id: "URN:ietf:params:scim:schemas:core:2.0:user" } },
        /^Badge\.json: schema URN:.* is defined already; put more attributes into an extension/,
      ],
      [
        "a schema has the URN of a message",
        { "Badge.json": { ...badge, id: "urn:ietf:params:scim:api:messages:2.0:PatchOp" } },
        /^Badge\.json: schema .* is the protocol's own/,
      ],
      [
        "two files define one schema",
        { "Badge.json": badge, "Copy.json": { ...badge, id: badge.id.toUpperCase().replace("URN", "urn") } },
        /^Copy\.json: schema .* is defined already/,
      ],
      [
        "a reference is to a type that there is not",
        attribute({ type: "reference", referenceTypes: ["Person"] }),
        /^Badge\.json: attribute a, referenceTypes: Person is no resource type/,
      ],
      [
        "a part refers to a type that there is not",
        attribute({ type: "complex", subAttributes: [{ name: "$ref", type: "reference", referenceTypes: ["user"] }] }),
        /^Badge\.json: attribute a\.\$ref, referenceTypes: user is no resource type/,
      ],
      [
        "a resource type has no schema",
        type({ schema: undefined }),
        /^resource-types\/Badge\.json: .*must have required property 'schema'/,
      ],
      [
        "its schema is not there",
        type({ schema: "urn:example:None" }),
        /^resource-types\/Badge\.json: .*urn:example:None.* not defined/,
      ],
      [
        "its extension is not there",
        type({ schemaExtensions: [{ schema: "urn:example:None" }] }),
        /^resource-types\/Badge\.json: .*urn:example:None.* not defined/,
      ],
      [
        "its extension is listed twice",
        type({ schemaExtensions: [{ schema: other.id }, { schema: other.id }] }),
        /^resource-types\/Badge\.json: .*urn:example:Other is defined twice/,
      ],
      [
        "its extension is its schema",
        type({ schemaExtensions: [{ schema: badge.id }] }),
        /^resource-types\/Badge\.json: .*defined twice/,
      ],
      ["its endpoint is no path", type({ endpoint: "Badges" }), /^resource-types\/Badge\.json: endpoint must match/],
      [
        "its endpoint is Usher's own",
        type({ endpoint: "/users" }),
        /^resource-types\/Badge\.json: endpoint \/users is defined twice/,
      ],
      [
        "its endpoint is the protocol's",
        type({ endpoint: "/bulk" }),
        /^resource-types\/Badge\.json: .* an endpoint of the protocol/,
      ],
      [
        "its endpoint is another file's",
        {
          ...type({}),
          "resource-types/Other.json": { name: "Other", endpoint: "/BADGES", schema: other.id },
        },
        /^resource-types\/Other\.json: endpoint \/BADGES is defined twice/,
      ],
      [
        "its name is another file's",
        { ...type({}), "resource-types/Other.json": { name: "badge", endpoint: "/Others", schema: other.id } },
        /^resource-types\/Other\.json: resource type badge is defined twice/,
      ],
      [
        "its schema is another type's",
        { ...type({}), "resource-types/Other.json": { name: "Other", endpoint: "/Others", schema: badge.id } },
        /^resource-types\/Other\.json: schema urn:example:Badge is that of Badge/,
      ],
      [
        "its schema is that of Users",
        type({ schema: userType.schema }),
        /^resource-types\/Badge\.json: schema urn:ietf:.*:User is that of User/,
      ],
      [
        "it moves Users elsewhere",
        { "resource-types/User.json": { ...userType, endpoint: "/People" } },
        /^resource-types\/User\.json: User is Usher's own: its endpoint is \/Users/,
      ],
      [
        "it gives Users another schema",
        { ...both, "resource-types/User.json": { ...userType, schema: badge.id } },
        /^resource-types\/User\.json: User is Usher's own: .*its schema urn:ietf/,
      ],
      [
        "an extension of User has a secret",
        onUser({ mutability: "writeOnly" }),
        /^resource-types\/User\.json: urn:example:Badge extends User, so its attribute a cannot be writeOnly or never returned/,
      ],
      [
        "an extension of User is to be unique",
        onUser({ uniqueness: "server" }),
        /^resource-types\/User\.json: urn:example:Badge extends User, so its attribute a cannot be unique/,
      ],
      ...["id", "externalId", "Meta", "schemas"].map((name): [string, Files, RegExp] => [
        `a schema defines ${name}`,
        { ...type({}), "Badge.json": { ...badge, attributes: [{ name }] } },
        new RegExp(`^Badge\\.json: attribute ${name} is one that every resource has`),
      ]),
    ];
    for (const [what, files, line] of faulty) {
      it(what, () => {
        mkdirSync(join(folder, "resource-types"));
        for (const [name, content] of Object.entries(files)) write(name, content);
        assert.throws(
          () => readSchemaFiles(ownSchemas, folder),
          ({ message }: Error) => {
            assert.match(message, line);
            assert.doesNotMatch(message, /\n/);
            return true;
          },
        );
      });
    }
  });

  it("in a folder that does not exist stop the start", () => {
    assert.throws(() => readSchemaFiles(join(folder, "none")), /ENOENT/);
  });
});
