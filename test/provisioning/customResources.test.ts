/** Resource types that the operator added (RFC 7643 §6 and §7): one endpoint, all of it from the schema. */
import assert from "node:assert/strict";
import { deleteDirectory } from "../../src/directory/directories/deleteDirectory.ts";
import { at, BASE_URL, statuses, textOf } from "../support/scim.ts";
import type { ScimObject } from "../../src/scim/types.ts";
import { customClient, OPTIONAL, REQUIRED, resource, TEST, testType, type CustomClient } from "./customClient.ts";

/** A value for every attribute that is returned by default. */
const full = {
  externalId: "ext-1",
  text: "Text",
  exactText: "Exact",
  color: "violet",
  flag: true,
  amount: 1.5,
  count: -3,
  moment: "2026-01-31T09:30:00+01:00",
  bytes: "AQID",
  page: "https://example.com/a",
  name: "urn:example:Name",
  owner: { value: "someone", $ref: "../Users/someone", since: "2026-01-01T00:00:00Z" },
  texts: ["a", "b"],
  exactTexts: ["A", "a"],
  flags: [true, false],
  amounts: [0.1, 2],
  counts: [1, 2],
  moments: ["2026-01-01T00:00:00Z"],
  blobs: ["AQ=="],
  related: ["https://example.com/TestResources/1"],
  parts: [
    { value: "p", type: "big", primary: true, size: 1 },
    { value: "q", type: "medium" },
  ],
  immutable: "once",
  always: "here",
  serial: "S-1",
  exactSerial: "E-1",
  guid: "G-1",
  addresses: [{ value: "a@example.com", type: "work" }],
  bornAt: "2026-01-31T08:30:00Z",
  [REQUIRED]: { code: "c", tag: "t" },
  [OPTIONAL]: { level: 3, labels: ["x"] },
};

describe("a resource type that the operator added", () => {
  let client: CustomClient;
  before(async () => {
    client = await customClient();
  });

  const shown = async (id: string, query = ""): Promise<ScimObject> => {
    const { status, body } = await client.get(`/TestResources/${id}${query}`);
    assert.equal(status, 200);
    return body;
  };
  const attributesOf = ({ schemas: _schemas, id: _id, meta: _meta, ...rest }: ScimObject): ScimObject => rest;

  describe("is told by discovery (RFC 7644 §4)", () => {
    it("in /ResourceTypes, with its extensions and whether they are required", async () => {
      const { body } = await client.get("/ResourceTypes/TestResource");
      assert.deepEqual(
        [body["endpoint"], body["schema"], body["schemaExtensions"], body["name"]],
        [
          "/TestResources",
          TEST,
          [
            { schema: REQUIRED, required: true },
            { schema: OPTIONAL, required: false },
          ],
          "TestResource",
        ],
      );
    });

    it("in /Schemas, as the file has it with the defaults of RFC 7643 §2.2 filled in", async () => {
      const { body } = await client.get(`/Schemas/${TEST}`);
      const all = body["attributes"] as { name: string; returned: string; mutability: string }[];
      assert.equal(all.length, testType.attributes.length - 4 - 2, "all but the common ones and the extensions");
      const named = (name: string) => all.find((attribute) => attribute.name === name);
      assert.deepEqual([named("writeOnly")?.returned, named("text")?.returned], ["never", "default"]);
      const listed = (await client.get("/Schemas")).body["Resources"] as { id: string }[];
      for (const id of [TEST, REQUIRED, OPTIONAL]) assert.ok(listed.some((schema) => schema.id === id));
    });
  });

  describe("on POST (RFC 7644 §3.3)", () => {
    it("keeps a value of every type as it was sent", async () => {
      const { db: _, ...other } = await customClient();
      const { status, headers, body } = await other.post(resource(full));
      assert.equal(status, 201, textOf(body["detail"]));
      assert.deepEqual(attributesOf(body), full);
      assert.deepEqual(body["schemas"], [TEST, REQUIRED, OPTIONAL]);
      assert.equal(headers["location"], at(body, "/meta/location"));
      assert.equal(at(body, "/meta/created"), at(body, "/meta/lastModified"));
      assert.deepEqual((await other.get(`/TestResources/${textOf(body["id"])}`)).body, body);
    });

    it("takes names in any case, and null and [] as no value (RFC 7643 §2.1 and §2.5)", async () => {
      const id = await client.create({ TEXT: "one", text: undefined, texts: [], color: null, owner: {} });
      assert.deepEqual(attributesOf(await shown(id)), { text: "one", [REQUIRED]: { code: "c" } });
    });

    it("ignores what is readOnly, an id and a meta", async () => {
      const meta = { resourceType: "Other", created: "2001-01-01T00:00:00Z", location: "https://example.com" };
      const { id, body } = await client.post(resource({ readOnly: "x", owner: { display: "x" }, id: "mine", meta }));
      assert.notEqual(id, "mine");
      assert.deepEqual([body["readOnly"], body["owner"]], [undefined, undefined]);
      assert.equal(at(body, "/meta/location"), `${BASE_URL}/TestResources/${id}`);
    });

    const refused: [what: string, more: object, detail: RegExp][] = [
      ["no required attribute", { text: undefined }, /^text is required/],
      ["an empty required attribute", { text: " " }, /^text is required/],
      ["no required extension", { [REQUIRED]: undefined }, /:Required is required/],
      ["a required extension without what it requires", { [REQUIRED]: { tag: "t" } }, /:Required:code is required/],
      ["a part without what it requires", { parts: [{ size: 1 }] }, /^parts\[0\]\.value is required/],
      ["a number for a string", { text: 1 }, /^text must be a string/],
      ["a word for a boolean", { flag: "maybe" }, /^flag must be true or false/],
      ["a string for a decimal", { amount: "1.5" }, /^amount must be a number/],
      ["a fraction for an integer", { count: 1.5 }, /^count must be a number without a fraction/],
      ["a date without time", { moment: "2026-01-31" }, /^moment must be a date with time/],
      ["what is no base64", { bytes: "%%%" }, /^bytes must be base64/],
      ["what is no URI", { page: "not a uri" }, /^page must be a URI/],
      ["a scalar for a complex value without one", { [OPTIONAL]: 1 }, /:Optional must be an object/],
      ["an object for a string", { color: { value: {} } }, /^color must be a string/],
      ["a wrong value among many", { counts: [1, "2"] }, /^counts\[1\] must be a number/],
      ["a wrong value within", { owner: { since: "yesterday" } }, /^owner\.since must be a date with time/],
      [
        "two that are primary",
        {
          parts: [
            { value: "a", primary: true },
            { value: "b", primary: true },
          ],
        },
        /primary/,
      ],
      [
        "an extension of Users",
        { schemas: [TEST, REQUIRED, "urn:example:Nothing"] },
        /which TestResource does not have/,
      ],
    ];
    for (const [what, more, detail] of refused) {
      it(`refuses ${what}, with the place`, async () => {
        const { status, body } = await client.post(resource(more));
        assert.equal(status, 400);
        assert.match(textOf(body["scimType"]), /^invalid(Value|Syntax)$/);
        assert.match(textOf(body["detail"]), detail);
      });
    }

    it("has canonical values as suggestions (RFC 7643 §7)", async () => {
      assert.equal((await shown(await client.create({ color: "mauve" })))["color"], "mauve");
    });

    it("refuses what a dialect that forgives nothing may refuse", async () => {
      const strict = await customClient({ dialect: "interop" });
      const { status, body } = await strict.post(resource({ unheardOf: 1 }));
      assert.deepEqual([status, body["scimType"]], [400, "invalidSyntax"]);
      assert.equal((await strict.post(resource({ flag: "True" }))).status, 400);
      assert.equal((await client.post(resource({ flag: "True" }))).body["flag"], true);
    });
  });

  describe("shows by `returned` (RFC 7643 §2.2, RFC 7644 §3.9)", () => {
    let id: string;
    before(async () => {
      const parts = [{ value: "p", key: "hidden", note: "on request" }];
      id = await client.create({ always: "a", request: "r", writeOnly: "w", parts, color: "red" });
    });

    it("what is `default` and `always`, and what is `request` only on request", async () => {
      const body = await shown(id);
      assert.deepEqual(attributesOf(body), {
        text: "one",
        always: "a",
        color: "red",
        parts: [{ value: "p" }],
        [REQUIRED]: { code: "c" },
      });
      assert.equal((await shown(id, "?attributes=request"))["request"], "r");
      assert.deepEqual((await shown(id, "?attributes=parts.note"))["parts"], [{ note: "on request" }]);
    });

    it("what is `always` whatever is asked", async () => {
      for (const query of ["?attributes=color", "?excludedAttributes=always,color"]) {
        assert.equal((await shown(id, query))["always"], "a", query);
      }
      assert.deepEqual(Object.keys(await shown(id, "?attributes=color")).sort(), ["always", "color", "id", "schemas"]);
    });

    it("what is `never` not even to who names it, wherever it stands", async () => {
      for (const name of ["writeOnly", "parts.key", "secrets", `${REQUIRED}:pin`, "parts"]) {
        const text = JSON.stringify(await shown(id, `?attributes=${encodeURIComponent(name)}`));
        assert.ok(!/hidden|"w"/.test(text), name);
      }
    });

    it("attributes of an extension by their URN, and the extension as a whole", async () => {
      const other = await client.create({ [OPTIONAL]: { level: 1, labels: ["x"] } });
      const one = await shown(other, `?attributes=${OPTIONAL}:level`);
      assert.deepEqual(one[OPTIONAL], { level: 1 });
      const none = await shown(other, `?excludedAttributes=${OPTIONAL}`);
      assert.equal(none[OPTIONAL], undefined);
      assert.equal(none["text"], "one");
    });

    it("the same in the answer of a write", async () => {
      const { body } = await client.post(resource({ color: "red", request: "r" }), "?attributes=request");
      assert.deepEqual([body["request"], body["color"]], ["r", undefined]);
    });
  });

  describe("on PUT (RFC 7644 §3.5.1)", () => {
    const put = (id: string, more: object, headers?: Record<string, string>) =>
      client.send("PUT", `/TestResources/${id}`, resource(more), headers);

    it("clears what is not sent, but for what is immutable", async () => {
      const id = await client.create({ color: "red", immutable: "once", owner: { value: "x" }, texts: ["a"] });
      const { status, body } = await put(id, { count: 1 });
      assert.equal(status, 200);
      assert.deepEqual(attributesOf(body), { text: "one", count: 1, immutable: "once", [REQUIRED]: { code: "c" } });
      assert.equal(at(body, "/meta/version"), 'W/"2"');
    });

    it("refuses another value of what is immutable, and sets one that has none", async () => {
      const id = await client.create();
      assert.equal((await put(id, { immutable: "first" })).body["immutable"], "first");
      const { status, body } = await put(id, { immutable: "second" });
      assert.deepEqual([status, body["scimType"]], [400, "mutability"]);
      assert.equal((await shown(id))["immutable"], "first");
    });

    it("refuses to leave out what is required, and creates nothing", async () => {
      const id = await client.create();
      assert.equal((await client.send("PUT", `/TestResources/${id}`, { schemas: [TEST] })).status, 400);
      assert.equal((await put("0198c7a4-2f10-7c3e-9d41-5b8f6e2a1c07", {})).status, 404);
    });

    it("changes nothing where nothing is different, in whatever order its members come", async () => {
      const { id, body } = await client.post(
        resource({
          ...full,
          serial: "same",
          exactSerial: "same",
          guid: "same",
          addresses: [],
          bornAt: null,
          [REQUIRED]: { code: "c" },
        }),
      );
      const again = await client.send(
        "PUT",
        `/TestResources/${id}`,
        Object.fromEntries(Object.entries(body).reverse()),
      );
      assert.deepEqual([again.status, again.body["meta"]], [200, body["meta"]]);
    });
  });

  describe("on PATCH (RFC 7644 §3.5.2)", () => {
    it("adds, replaces and removes attributes of every kind", async () => {
      const id = await client.create({
        color: "red",
        owner: { value: "a" },
        texts: ["a"],
        parts: [{ value: "p", type: "big" }],
      });
      const { status, body } = await client.operate(
        id,
        { op: "replace", path: "color", value: "blue" },
        { op: "add", path: "count", value: 5 },
        { op: "add", path: "owner.since", value: "2026-01-01T00:00:00Z" },
        { op: "add", path: "texts", value: ["b", "A"] },
        { op: "add", path: "parts", value: [{ value: "q", primary: true }] },
        { op: "replace", path: 'parts[value eq "p"].size', value: 2 },
        { op: "add", path: `${OPTIONAL}:level`, value: 1 },
        { op: "add", value: { [OPTIONAL]: { labels: ["l"] }, flag: true } },
        { op: "remove", path: "owner.value" },
      );
      assert.equal(status, 200, textOf(body["detail"]));
      assert.deepEqual(attributesOf(body), {
        text: "one",
        color: "blue",
        count: 5,
        flag: true,
        owner: { since: "2026-01-01T00:00:00Z" },
        texts: ["a", "b"],
        parts: [
          { value: "p", type: "big", size: 2 },
          { value: "q", primary: true },
        ],
        [REQUIRED]: { code: "c" },
        [OPTIONAL]: { level: 1, labels: ["l"] },
      });
      assert.deepEqual(body["schemas"], [TEST, REQUIRED, OPTIONAL]);
    });

    it("drops the URN of an extension with its last value", async () => {
      const id = await client.create({ [OPTIONAL]: { level: 1 } });
      const { body } = await client.operate(id, { op: "remove", path: `${OPTIONAL}:level` });
      assert.deepEqual([body["schemas"], body[OPTIONAL]], [[TEST, REQUIRED], undefined]);
    });

    const refused: [what: string, operation: object, scimType: string][] = [
      ["a readOnly attribute", { op: "replace", path: "readOnly", value: "x" }, "mutability"],
      ["a readOnly part", { op: "add", path: "owner.display", value: "x" }, "mutability"],
      ["an immutable attribute that has a value", { op: "replace", path: "immutable", value: "x" }, "mutability"],
      ["a required attribute away", { op: "remove", path: "text" }, "mutability"],
      ["a required extension away", { op: "remove", path: REQUIRED }, "mutability"],
      ["what an extension requires away", { op: "remove", path: `${REQUIRED}:code` }, "mutability"],
      ["a value of another type", { op: "add", path: "count", value: "many" }, "invalidValue"],
      ["a format that is none", { op: "add", path: "moment", value: "today" }, "invalidValue"],
      ["by a filter that asks for what is never returned", { op: "remove", path: 'parts[key eq "k"]' }, "sensitive"],
      ["by a filter that matches nothing", { op: "remove", path: 'parts[value eq "none"].size' }, "noTarget"],
    ];
    for (const [what, operation, scimType] of refused) {
      it(`refuses to change ${what}, and then changes nothing`, async () => {
        const strict = await customClient({ dialect: "rfc" });
        const id = await strict.create({ immutable: "once", parts: [{ value: "p", key: "k" }] });
        const { body } = await strict.operate(id, { op: "add", path: "color", value: "red" }, operation);
        assert.equal(body["scimType"], scimType, textOf(body["detail"]));
        const after = (await strict.get(`/TestResources/${id}`)).body;
        assert.deepEqual([after["color"], at(after, "/meta/version")], [undefined, 'W/"1"']);
      });
    }

    it("sets an immutable attribute that has no value", async () => {
      const id = await client.create();
      const { body } = await client.operate(id, { op: "add", path: "immutable", value: "once" });
      assert.equal(body["immutable"], "once");
    });

    it("changes nothing where nothing is different: neither version nor lastModified nor journal", async () => {
      const id = await client.create({ color: "red", writeOnly: "secret" });
      const before = await shown(id);
      const { body } = await client.operate(
        id,
        { op: "replace", path: "color", value: "red" },
        { op: "replace", path: "writeOnly", value: "secret" },
      );
      assert.deepEqual(body["meta"], before["meta"]);
      const told = await client.query("select from events where tenant_id = $1 and target_id = $2", id);
      assert.equal(told.length, 1);
    });

    it("keeps values that are immutable by their `value` as they were, and adds none twice", async () => {
      const id = await client.create({ members: [{ value: "a" }, { value: "b" }] });
      const { body } = await client.operate(
        id,
        { op: "add", path: "members", value: [{ value: "b" }, { value: "c" }] },
        { op: "remove", path: 'members[value eq "a"]' },
      );
      assert.deepEqual(body["members"], [{ value: "b" }, { value: "c" }]);
    });

    it("bounds how many values an attribute may have, however they come", async () => {
      const many = Array.from({ length: 1001 }, (_, index) => ({ value: `m${index}` }));
      const id = await client.create({ members: many.slice(1) });
      const answers = [
        await client.post(resource({ members: many })),
        await client.post(resource({ [OPTIONAL]: { labels: many.map(({ value }) => value) } })),
        await client.send("PUT", `/TestResources/${id}`, resource({ members: many })),
        await client.operate(id, { op: "add", path: "members", value: many.slice(0, 1) }),
      ];
      for (const { status, body } of answers) {
        assert.equal(status, 400);
        assert.match(textOf(body["detail"]), /(members|labels) may have at most 1000 values/);
      }
    });

    it("bounds what a resource may hold, with the limit in the detail", async () => {
      const id = await client.create();
      const many = (mark: string): object => ({
        op: "add",
        path: "texts",
        value: Array.from({ length: 450 }, (_, index) => `${mark}${index}${"x".repeat(2000)}`),
      });
      assert.equal((await client.operate(id, many("a"))).status, 200);
      const { status, body } = await client.operate(id, many("b"));
      assert.equal(status, 413);
      assert.match(textOf(body["detail"]), /1500000 bytes/);
    });
  });

  describe("has entity tags (RFC 7644 §3.14)", () => {
    it("If-None-Match of the current version answers 304, of another 200", async () => {
      const id = await client.create();
      assert.equal((await client.get(`/TestResources/${id}`, { "if-none-match": 'W/"1"' })).status, 304);
      assert.equal((await client.get(`/TestResources/${id}`, { "if-none-match": 'W/"2"' })).status, 200);
    });

    it("If-Match of another version refuses PUT, PATCH and DELETE with 412 and changes nothing", async () => {
      const id = await client.create();
      const path = `/TestResources/${id}`;
      const old = { "if-match": 'W/"7"' };
      const patch = {
        schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        Operations: [{ op: "add", path: "count", value: 1 }],
      };
      const answers = [
        await client.send("PUT", path, resource({ count: 1 }), old),
        await client.send("PATCH", path, patch, old),
        await client.send("DELETE", path, undefined, old),
      ];
      assert.deepEqual(
        answers.map(({ status }) => status),
        [412, 412, 412],
      );
      assert.equal(at(await shown(id), "/meta/version"), 'W/"1"');
      assert.equal((await client.send("PATCH", path, patch, { "if-match": 'W/"1"' })).status, 200);
      assert.equal((await client.send("DELETE", path, undefined, { "if-match": "*" })).status, 204);
    });

    it("of two writers who saw one version, one changes and the other gets 412", async () => {
      const id = await client.create();
      const write = (count: number) =>
        client.send("PUT", `/TestResources/${id}`, resource({ count }), { "if-match": 'W/"1"' });
      const answers = await Promise.all([write(1), write(2), write(3)]);
      assert.deepEqual(statuses(answers), [200, 412, 412]);
    });
  });

  describe("on DELETE (RFC 7644 §3.6)", () => {
    it("is gone for every method afterwards, and from lists", async () => {
      const id = await client.create({ color: "doomed" });
      const path = `/TestResources/${id}`;
      assert.equal((await client.send("DELETE", path)).status, 204);
      const answers = [
        await client.get(path),
        await client.send("PUT", path, resource()),
        await client.operate(id, { op: "remove", path: "color" }),
        await client.send("DELETE", path),
      ];
      assert.deepEqual(
        answers.map(({ status }) => status),
        [404, 404, 404, 404],
      );
      assert.deepEqual(await client.find('color eq "doomed"'), []);
    });
  });

  describe("keeps apart", () => {
    it("tenants: another's id is 404 for every method, as one that nobody has, and in no list", async () => {
      const stranger = await customClient();
      const id = await client.create({ color: "mine" });
      const path = `/TestResources/${id}`;
      const answers = [
        await stranger.get(path),
        await stranger.send("PUT", path, resource()),
        await stranger.operate(id, { op: "remove", path: "color" }),
        await stranger.send("DELETE", path),
      ];
      for (const { status, body } of answers) {
        assert.deepEqual([status, body["detail"]], [404, `no TestResource ${id}`]);
      }
      assert.equal((await stranger.get("/TestResources")).body["totalResults"], 0);
      assert.equal((await shown(id))["color"], "mine");
    });

    it("directories of one tenant, as their groups", async () => {
      const other = await client.ofOtherDirectory("apart");
      const id = await client.create();
      assert.equal((await other.get(`/TestResources/${id}`)).status, 404);
      assert.equal((await other.send("DELETE", `/TestResources/${id}`)).status, 404);
      assert.equal((await other.get("/TestResources")).body["totalResults"], 0);
    });

    it("and lets go with their directory", async () => {
      const other = await client.ofOtherDirectory("short-lived");
      await other.create({ guid: "of a directory that goes" });
      await deleteDirectory(client.db, { ...client.who, now: new Date() }, other.directoryId, "keep");
      const left = "select from custom_resources where tenant_id = $1 and directory_id = $2";
      assert.deepEqual(await client.query(left, other.directoryId), []);
      await client.create({ guid: "of a directory that goes" });
    });

    it("kinds: a User's id is no TestResource, nor the other way about, nor any other text an id", async () => {
      const user = await client.send("POST", "/Users", {
        schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
        userName: "kinds@example.com",
      });
      assert.equal((await client.get(`/TestResources/${user.id}`)).status, 404);
      assert.equal((await client.get(`/Users/${await client.create()}`)).status, 404);
      assert.equal((await client.get("/TestResources/1'%20or%20true")).status, 404);
    });
  });

  it("refuses methods that it does not have (RFC 9110 §15.5.6)", async () => {
    assert.equal((await client.send("DELETE", "/TestResources")).status, 405);
    assert.equal((await client.send("POST", `/TestResources/${await client.create()}`, resource())).status, 405);
  });

  it("is told in the journal: what kind, which attributes, and none of their values", async () => {
    const id = await client.create({ color: "telltale", writeOnly: "telltale" });
    await client.operate(
      id,
      { op: "replace", path: "color", value: "telltale 2" },
      { op: "remove", path: "writeOnly" },
    );
    assert.equal((await client.operate(id, { op: "replace", path: "count", value: "x" })).status, 400);
    await client.send("DELETE", `/TestResources/${id}`);
    const told = await client.query<{ type: string; data: Record<string, unknown> }>(
      "select type, data, target_type from events where tenant_id = $1 and target_id = $2 order by seq",
      id,
    );
    const { directoryId } = client;
    assert.deepEqual(told, [
      { type: "resource.created", target_type: "resource", data: { type: "TestResource", directoryId } },
      {
        type: "resource.updated",
        target_type: "resource",
        data: { type: "TestResource", attributes: ["color", "writeOnly"] },
      },
      { type: "resource.deleted", target_type: "resource", data: { type: "TestResource", directoryId } },
    ]);
    assert.ok(!JSON.stringify(told).includes("telltale"));
  });

  it("comes and goes by Bulk too, and by a bulkId within a reference (RFC 7644 §3.7)", async () => {
    const { status, body } = await client.send("POST", "/Bulk", {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
      Operations: [
        { method: "POST", path: "/TestResources", bulkId: "a", data: resource({ owner: { value: "bulkId:b" } }) },
        {
          method: "POST",
          path: "/Users",
          bulkId: "b",
          data: { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: "bulk@example.com" },
        },
      ],
    });
    assert.equal(status, 200);
    const [made, user] = body["Operations"] as { status: string; location: string }[];
    assert.deepEqual([made?.status, user?.status], ["201", "201"]);
    const { body: kept } = await client.get(textOf(made?.location).slice(BASE_URL.length));
    assert.equal(at(kept, "/owner/value"), user?.location.split("/").at(-1));
  });
});
