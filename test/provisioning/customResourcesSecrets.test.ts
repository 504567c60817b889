/** Values that are never returned (RFC 7643 §7): sealed, judged by the schema all the same, and shown to nobody. */
import assert from "node:assert/strict";
import { unseal } from "../../src/base/secrets.ts";
import { at } from "../support/scim.ts";
import { ways } from "../support/api.ts";
import { customClient, customServer, REQUIRED, resource, type CustomClient } from "./customClient.ts";

interface Row {
  readonly scim: unknown;
  readonly sealed: Buffer | null;
  readonly keys: number;
}

describe("a value that is never returned", () => {
  let client: CustomClient;
  before(async () => {
    client = await customClient();
  });

  const stored = async (id: string, of: CustomClient = client): Promise<Row> => {
    const [row] = await of.query<Row>(
      `select scim, sealed, (select count(*) from custom_resource_keys k where k.tenant_id = $1 and k.resource_id = c.id) as keys
       from custom_resources c where tenant_id = $1 and id = $2`,
      id,
    );
    assert.ok(row);
    return row;
  };
  /** What is sealed of a resource, opened. */
  const sealedOf = async (id: string, keys = ways.secretKeys): Promise<unknown> => {
    const { sealed } = await stored(id);
    return sealed && JSON.parse(unseal(keys, sealed, `custom_resources ${client.who.tenantId} ${id}`));
  };

  it("stands in the database sealed and nowhere in clear", async () => {
    const parts = [{ value: "p", key: "hush-1" }, { value: "q" }];
    const id = await client.create({
      writeOnly: "hush-2",
      secrets: ["hush-3"],
      parts,
      [REQUIRED]: { code: "c", pin: "hush-4" },
    });
    const row = await stored(id);
    assert.deepEqual(row.scim, { text: "one", parts: [{ value: "p" }, { value: "q" }], [REQUIRED]: { code: "c" } });
    assert.ok(row.sealed && !row.sealed.includes("hush"));
    assert.deepEqual(await sealedOf(id), {
      writeOnly: "hush-2",
      secrets: ["hush-3"],
      parts,
      [REQUIRED]: { pin: "hush-4" },
    });
    const told = await client.query("select data from events where tenant_id = $1 and target_id = $2", id);
    assert.ok(!JSON.stringify(told).includes("hush"));
  });

  it("is sealed to its own resource: put beside another one, it opens for nobody", async () => {
    const [one, two] = [await client.create({ writeOnly: "hush" }), await client.create({ writeOnly: "other" })];
    await client.query(
      `update custom_resources c set sealed = (select sealed from custom_resources where tenant_id = $1 and id = $2)
       where tenant_id = $1 and id = $3`,
      one,
      two,
    );
    const { status, body } = await client.operate(two, { op: "add", path: "count", value: 1 });
    assert.equal(status, 500);
    assert.ok(!JSON.stringify(body).includes("hush"));
  });

  it("is not there where a resource has none, and gone when the last is removed", async () => {
    const id = await client.create();
    assert.equal((await stored(id)).sealed, null);
    await client.operate(id, { op: "add", path: "writeOnly", value: "hush" });
    assert.deepEqual(await sealedOf(id), { writeOnly: "hush" });
    await client.operate(id, { op: "remove", path: "writeOnly" });
    assert.equal((await stored(id)).sealed, null);
  });

  it("outlives a PUT that does not send it, for no client could send it again", async () => {
    const id = await client.create({ writeOnly: "hush", immutableSecret: "once" });
    await client.send("PUT", `/TestResources/${id}`, resource({ count: 1 }));
    assert.deepEqual(await sealedOf(id), { writeOnly: "hush", immutableSecret: "once" });
    await client.send("PUT", `/TestResources/${id}`, resource({ writeOnly: "new" }));
    assert.deepEqual(await sealedOf(id), { writeOnly: "new", immutableSecret: "once" });
  });

  it("is held to `immutable`: the same again is taken, another refused", async () => {
    const id = await client.create({ immutableSecret: "once" });
    const put = (immutableSecret: string) => client.send("PUT", `/TestResources/${id}`, resource({ immutableSecret }));
    assert.equal((await put("once")).status, 200);
    const refused = [
      await put("twice"),
      await client.operate(id, { op: "replace", path: "immutableSecret", value: "twice" }),
    ];
    for (const { status, body } of refused) assert.deepEqual([status, body["scimType"]], [400, "mutability"]);
    assert.equal(at((await client.get(`/TestResources/${id}`)).body, "/meta/version"), 'W/"1"');
  });

  it("is added to, and replaced within one of many values, by PATCH", async () => {
    const id = await client.create({
      secrets: ["a"],
      parts: [
        { value: "p", key: "k" },
        { value: "q", key: "l" },
      ],
    });
    const { status } = await client.operate(
      id,
      { op: "add", path: "secrets", value: ["b"] },
      { op: "replace", path: 'parts[value eq "q"].key', value: "m" },
      { op: "add", path: `${REQUIRED}:pin`, value: "1234" },
    );
    assert.equal(status, 200);
    assert.deepEqual(await sealedOf(id), {
      secrets: ["a", "b"],
      parts: [
        { value: "p", key: "k" },
        { value: "q", key: "m" },
      ],
      [REQUIRED]: { pin: "1234" },
    });
  });

  it("makes a change of the version and a line in the journal where it alone changes", async () => {
    const id = await client.create({ writeOnly: "hush" });
    const { body } = await client.operate(id, { op: "replace", path: "writeOnly", value: "hush hush" });
    assert.equal(at(body, "/meta/version"), 'W/"2"');
    const told = await client.query<{ data: object }>(
      "select data from events where tenant_id = $1 and target_id = $2 and type = 'resource.updated'",
      id,
    );
    assert.deepEqual(told, [{ data: { type: "TestResource", attributes: ["writeOnly"] } }]);
  });

  it("is opened by a key that was replaced, and sealed anew by the one that replaced it", async () => {
    const id = await client.create({ writeOnly: "hush" });
    const newer = Buffer.alloc(32, 9);
    const server = await customServer({ secretKeys: [newer, ...ways.secretKeys] });
    const patch = { op: "add", path: "secrets", value: ["more"] };
    assert.equal((await client.on(server).operate(id, patch)).status, 200);
    server.close();
    assert.deepEqual(await sealedOf(id, [newer]), { writeOnly: "hush", secrets: ["more"] });
  });

  it("is refused in filters and orders, which would tell of it (RFC 7644 §7.5.2)", async () => {
    for (const name of ["writeOnly", "secrets", "parts.key", `${REQUIRED}:pin`, "immutableSecret"]) {
      for (const query of [
        `filter=${encodeURIComponent(`${name} eq "x"`)}`,
        `filter=${encodeURIComponent(`${name} pr`)}`,
        `sortBy=${encodeURIComponent(name)}`,
      ]) {
        const { status, body } = await client.get(`/TestResources?${query}`);
        assert.deepEqual([status, body["scimType"]], [403, "sensitive"], query);
      }
    }
    const { status } = await client.get(`/TestResources?filter=${encodeURIComponent('parts[key eq "x"]')}`);
    assert.equal(status, 403);
  });
});
