import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownSchemas, readSchemaFiles } from "../../src/provisioning/schemaFiles.ts";
import { createRegistry, findAttribute } from "../../src/scim/registry.ts";

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

  it("that are broken stop the start with one line that names the file", () => {
    write("Broken.json", "{");
    assert.throws(() => readSchemaFiles(folder), /^Error: Broken\.json: .*JSON/);
    write("Broken.json", { id: "urn:example:Broken", name: "Broken", attributes: [{ name: "a", type: "text" }] });
    assert.throws(() => readSchemaFiles(folder), /^Error: Broken\.json: attribute a, type must be/);
  });

  it("in a folder that does not exist stop the start", () => {
    assert.throws(() => readSchemaFiles(join(folder, "none")), /ENOENT/);
  });
});
