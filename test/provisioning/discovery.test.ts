/** Discovery (RFC 7644 §4, RFC 7643 §5 to §7). */
import assert from "node:assert/strict";
import { at, BASE_URL, ENTERPRISE, LIST_RESPONSE, request, scimClient, USER } from "../support/scim.ts";

describe("discovery (RFC 7644 §4)", () => {
  it("/ServiceProviderConfig is readable without credentials, and with wrong ones", async () => {
    const answers = [
      await request("GET", "/ServiceProviderConfig"),
      await request("GET", "/ServiceProviderConfig", { headers: { authorization: "Bearer wrong" } }),
      await (await scimClient()).get("/ServiceProviderConfig"),
    ];
    for (const { status, body } of answers) assert.deepEqual([status, body], [200, answers[0]?.body]);
  });

  it("/ServiceProviderConfig has what RFC 7643 §5 and RFC 9865 §4 require, and claims what works", async () => {
    const { body } = await request("GET", "/ServiceProviderConfig");
    assert.deepEqual(body["schemas"], ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]);
    for (const name of ["patch", "bulk", "filter", "changePassword", "sort", "etag"]) {
      assert.equal(typeof at(body, `/${name}/supported`), "boolean", name);
    }
    assert.deepEqual(body["bulk"], { supported: true, maxOperations: 1000, maxPayloadSize: 1_500_000 });
    assert.deepEqual(body["filter"], { supported: true, maxResults: 1000 });
    assert.deepEqual(
      [at(body, "/patch/supported"), at(body, "/etag/supported"), at(body, "/sort/supported")],
      [true, true, true],
    );
    assert.deepEqual(body["pagination"], {
      cursor: true,
      index: true,
      defaultPaginationMethod: "index",
      defaultPageSize: 100,
      maxPageSize: 1000,
      cursorTimeout: 3600,
    });
    const [scheme] = body["authenticationSchemes"] as Record<string, unknown>[];
    assert.equal(scheme?.["type"], "oauthbearertoken");
    assert.ok(scheme?.["name"] && scheme["description"]);
    assert.deepEqual(body["meta"], {
      resourceType: "ServiceProviderConfig",
      location: `${BASE_URL}/ServiceProviderConfig`,
    });
  });

  it("every schema that a resource type names is listed, and no schema of a message is", async () => {
    const client = await scimClient();
    const types = (await client.get("/ResourceTypes")).body;
    const schemas = (await client.get("/Schemas")).body;
    assert.deepEqual([types["schemas"], schemas["schemas"]], [[LIST_RESPONSE], [LIST_RESPONSE]]);
    const listed = (schemas["Resources"] as { id: string }[]).map(({ id }) => id);
    for (const type of types["Resources"] as { schema: string; schemaExtensions: { schema: string }[] }[]) {
      for (const id of [type.schema, ...type.schemaExtensions.map(({ schema }) => schema)]) {
        assert.ok(listed.includes(id), id);
      }
    }
    assert.ok(listed.every((id) => !id.includes(":api:messages:")));
    assert.equal(new Set(listed).size, listed.length);
  });

  it("every resource type that is listed answers at its endpoint", async () => {
    const client = await scimClient();
    const { body } = await client.get("/ResourceTypes");
    for (const { endpoint } of body["Resources"] as { endpoint: string }[]) {
      assert.equal((await client.get(endpoint)).status, 200, endpoint);
    }
  });

  it("each is also found alone, as it stands in the list", async () => {
    const client = await scimClient();
    for (const path of ["/ResourceTypes", "/Schemas"]) {
      const { body } = await client.get(path);
      for (const listed of body["Resources"] as { id: string }[]) {
        const one = await client.get(`${path}/${listed.id}`);
        assert.deepEqual(one.body, listed);
        assert.equal(at(one.body, "/meta/location"), `${BASE_URL}${path}/${listed.id}`);
      }
    }
    assert.equal((await client.get(`/Schemas/${ENTERPRISE.toUpperCase()}`)).body["id"], ENTERPRISE);
  });

  it("attribute definitions have every characteristic of RFC 7643 §7, and no null", async () => {
    const client = await scimClient();
    const { body } = await client.get(`/Schemas/${USER}`);
    const attributes = body["attributes"] as { name: string; subAttributes?: object[] }[];
    for (const attribute of attributes.flatMap((each) => [each, ...(each.subAttributes ?? [])])) {
      for (const name of ["name", "type", "multiValued", "description", "required", "mutability", "returned"]) {
        assert.ok(Object.hasOwn(attribute, name), `${JSON.stringify(attribute)} lacks ${name}`);
      }
    }
    assert.ok(!JSON.stringify(body).includes("null"));
    const password = attributes.find(({ name }) => name === "password") as Record<string, unknown> | undefined;
    assert.deepEqual([password?.["mutability"], password?.["returned"]], ["writeOnly", "never"]);
  });

  for (const path of ["/ResourceTypes/Robot", "/Schemas/urn:example:none", `/Schemas/${USER}:userName`]) {
    it(`${path} is 404`, async () => {
      const client = await scimClient();
      assert.equal((await client.get(path)).status, 404);
    });
  }

  it("a filter is 403, paging and sorting do not apply", async () => {
    const client = await scimClient();
    for (const path of ["/ResourceTypes", "/Schemas", "/ServiceProviderConfig"]) {
      assert.equal((await client.get(`${path}?filter=id%20pr`)).status, 403, path);
      const paged = await client.get(`${path}?startIndex=2&count=1&sortBy=id`);
      assert.deepEqual(paged.body, (await client.get(path)).body, path);
    }
  });
});
