/** Extensions of User and Group that the operator added, and what becomes of values whose schema is gone. */
import assert from "node:assert/strict";
import { ownSchemas, readSchemaFiles } from "../../src/provisioning/schemaFiles.ts";
import { createRegistry } from "../../src/scim/registry.ts";
import type { ScimObject } from "../../src/scim/types.ts";
import { at, ENTERPRISE, patchOp, textOf, USER } from "../support/scim.ts";
import {
  BADGE,
  customClient,
  customServer,
  OFFICE,
  OPTIONAL,
  REQUIRED,
  TEST,
  testRegistry,
  type CustomClient,
} from "./customClient.ts";

const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";

describe("an extension of User that the operator added", () => {
  let client: CustomClient;
  let made = 0;
  before(async () => {
    client = await customClient({ dialect: "rfc" });
  });

  const person = (badge?: object): object => ({
    schemas: [USER, ...(badge ? [BADGE] : [])],
    userName: `person-${++made}@example.com`,
    ...(badge && { [BADGE]: badge }),
  });
  const create = async (badge?: object): Promise<string> => {
    const { status, body, id } = await client.send("POST", "/Users", person(badge));
    assert.equal(status, 201, textOf(body["detail"]));
    return id;
  };
  const read = async (id: string, query = ""): Promise<ScimObject> => (await client.get(`/Users/${id}${query}`)).body;

  it("stands in /ResourceTypes beside the enterprise extension, and in /Schemas", async () => {
    const { body } = await client.get("/ResourceTypes/User");
    assert.deepEqual(
      (body["schemaExtensions"] as { schema: string }[]).map(({ schema }) => schema),
      [ENTERPRISE, BADGE],
    );
    assert.equal((await client.get(`/Schemas/${BADGE}`)).body["name"], "Badge");
  });

  it("is kept and shown under its URN, which is then in `schemas` (RFC 7643 §3.3)", async () => {
    const badge = { number: "A-1", issued: "2026-01-01T00:00:00Z", doors: [{ value: "North", floor: 2 }] };
    const body = await read(await create({ ...badge, shade: "red" }));
    assert.deepEqual([body[BADGE], body["schemas"]], [badge, [USER, BADGE]]);
    assert.deepEqual((await read(await create()))["schemas"], [USER]);
  });

  it("is validated, and refused where it is not named in `schemas`", async () => {
    const refused: [object, RegExp][] = [
      [{ number: 1 }, /Badge:number must be a string/],
      [{ issued: "today" }, /Badge:issued must be a date with time/],
      [{ doors: [{ floor: "2" }] }, /floor must be a number/],
    ];
    for (const [badge, detail] of refused) {
      const { status, body } = await client.send("POST", "/Users", person(badge));
      assert.equal(status, 400);
      assert.match(textOf(body["detail"]), detail);
    }
    const undeclared = { ...person({ number: "1" }), schemas: [USER] };
    assert.deepEqual((await client.send("POST", "/Users", undeclared)).body["scimType"], "invalidSyntax");
  });

  it("is patched by URN-qualified paths, immutable where it says so", async () => {
    const id = await create({ number: "B-1" });
    const patch = (...operations: object[]) => client.send("PATCH", `/Users/${id}`, patchOp(...operations));
    const { body } = await patch(
      { op: "replace", path: `${BADGE}:number`, value: "B-2" },
      { op: "add", path: `${BADGE}:doors`, value: [{ value: "North", floor: 1 }] },
      { op: "replace", path: `${BADGE}:doors[value eq "north"].floor`, value: 2 },
      { op: "add", path: `${BADGE}:issued`, value: "2026-01-01T00:00:00Z" },
    );
    assert.deepEqual(body[BADGE], {
      number: "B-2",
      issued: "2026-01-01T00:00:00Z",
      doors: [{ value: "North", floor: 2 }],
    });
    const again = await patch({ op: "replace", path: `${BADGE}:issued`, value: "2027-01-01T00:00:00Z" });
    assert.deepEqual([again.status, again.body["scimType"]], [400, "mutability"]);
    // What has issued in it stays: it was set once.
    const { body: gone } = await patch(
      { op: "remove", path: `${BADGE}:doors` },
      { op: "remove", path: `${BADGE}:number` },
    );
    assert.deepEqual(gone[BADGE], { issued: "2026-01-01T00:00:00Z" });
  });

  it("is filtered, sorted and projected by URN-qualified paths", async () => {
    await create({ number: "F-2" });
    const id = await create({ number: "F-1", shade: "blue", doors: [{ value: "South", floor: 7 }] });
    const find = async (filter: string): Promise<string[]> => {
      const { body } = await client.get(`/Users?filter=${encodeURIComponent(filter)}`);
      return (body["Resources"] as { id: string }[]).map((one) => one.id);
    };
    assert.deepEqual(await find(`${BADGE}:number eq "F-1"`), [id]);
    assert.deepEqual(await find(`${BADGE}:number eq "f-1"`), []);
    assert.deepEqual(await find(`${BADGE}:doors[value eq "south" and floor gt 6]`), [id]);
    const { body } = await client.get(
      `/Users?sortBy=${BADGE}:number&sortOrder=descending&attributes=${BADGE}:number&filter=${encodeURIComponent(`${BADGE}:number sw "F-"`)}`,
    );
    const numbers = (body["Resources"] as ScimObject[]).map((one) => (one[BADGE] as ScimObject)["number"]);
    assert.deepEqual(numbers, ["F-2", "F-1"]);
    assert.deepEqual((await read(id, `?attributes=${BADGE}:shade`))[BADGE], { shade: "blue" });
    assert.equal((await read(id, `?excludedAttributes=${BADGE}`))[BADGE], undefined);
  });
});

describe("an extension of Group that the operator added", () => {
  it("is kept, filtered and patched as one of User is", async () => {
    const client = await customClient();
    const made = await client.send("POST", "/Groups", {
      schemas: [GROUP, OFFICE],
      displayName: "Sales",
      [OFFICE]: { site: "Graz", desks: 4 },
    });
    assert.deepEqual([made.status, made.body[OFFICE]], [201, { site: "Graz", desks: 4 }]);
    const { body } = await client.get(
      `/Groups?filter=${encodeURIComponent(`${OFFICE}:site eq "graz" and ${OFFICE}:desks gt 3`)}`,
    );
    assert.equal(body["totalResults"], 1);
    const patch = patchOp({ op: "replace", path: `${OFFICE}:desks`, value: 5 });
    const { status } = await client.send("PATCH", `/Groups/${made.id}`, patch);
    assert.ok(status === 200 || status === 204);
    assert.equal(at((await client.get(`/Groups/${made.id}`)).body, `/${OFFICE}/desks`), 5);
  });
});

describe("a schema that the operator took something out of", () => {
  it("shows Users and Groups without an extension that is gone, and lets them be changed", async () => {
    const client = await customClient({ dialect: "rfc" });
    const person = { schemas: [USER, BADGE], userName: "left@example.com", [BADGE]: { number: "1" } };
    const group = { schemas: [GROUP, OFFICE], displayName: "Left", [OFFICE]: { site: "Graz" } };
    const made = [await client.send("POST", "/Users", person), await client.send("POST", "/Groups", group)];
    const { schemas, resourceTypes } = readSchemaFiles(ownSchemas);
    const server = await customServer({ registry: createRegistry(schemas, resourceTypes) });
    const then = client.on(server);
    for (const [index, path] of ["/Users", "/Groups"].entries()) {
      const url = `${path}/${made[index]?.id ?? ""}`;
      const { body } = await then.get(url);
      assert.ok(!JSON.stringify(body).includes("urn:example"));
      const patch = patchOp({ op: "replace", path: "displayName", value: "Changed" });
      assert.ok((await then.send("PATCH", url, patch)).status < 300);
      assert.equal((await then.get(url)).body["displayName"], "Changed");
    }
    server.close();
  });

  it("shows what it still has of stored resources, and lets them be changed", async () => {
    const client = await customClient();
    const id = await client.create({
      color: "red",
      count: 1,
      owner: { value: "o" },
      [OPTIONAL]: { level: 1 },
      [REQUIRED]: { code: "c", pin: "hush" },
    });
    const { schemas, resourceTypes } = readSchemaFiles(ownSchemas);
    const whole = testRegistry();
    const keep = ["text", "count", "owner"];
    const smaller = createRegistry(
      [
        ...schemas,
        ...whole.schemas
          .filter((schema) => schema.id === TEST)
          .map((schema) => ({ ...schema, attributes: schema.attributes.filter(({ name }) => keep.includes(name)) })),
      ],
      [
        ...resourceTypes,
        {
          id: "TestResource",
          name: "TestResource",
          endpoint: "/TestResources",
          description: "",
          schema: TEST,
          schemaExtensions: [],
        },
      ],
    );
    const server = await customServer({ registry: smaller });
    const then = client.on(server, smaller.resourceType("TestResource"));
    const show = { schemas: [TEST], text: "one", count: 1, owner: { value: "o" } };
    const withoutMeta = ({ id: _id, meta: _meta, ...rest }: ScimObject): ScimObject => rest;
    assert.deepEqual(withoutMeta((await then.get(`/TestResources/${id}`)).body), show);
    const { status, body } = await then.operate(id, { op: "replace", path: "count", value: 2 });
    assert.equal(status, 200, textOf(body["detail"]));
    server.close();
    // What was written by the smaller schema is what is there.
    const [row] = await client.query("select scim, sealed from custom_resources where tenant_id = $1 and id = $2", id);
    assert.deepEqual(row, { scim: { text: "one", count: 2, owner: { value: "o" } }, sealed: null });
  });
});
