import assert from "node:assert/strict";
import { api, type Api } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";

let operator: Api;
before(async () => {
  operator = api(await testDatabase());
});

describe("POST /tenants/{t}/scim-tokens", () => {
  it("shows the token once, with the URL to give to the directory", async () => {
    const { id } = await newTenant();
    const { status, body } = await operator.post(`/tenants/${id}/scim-tokens`, { name: "Okta" });
    assert.equal(status, 201);
    assert.match(body.token, new RegExp(`^usc_${id.replaceAll("-", "")}_[A-Za-z0-9_-]{43}$`));
    assert.equal(body.baseUrl, "https://usher.example/scim/v2");
    const listed = await operator.get(`/tenants/${id}/scim-tokens`);
    assert.equal(listed.text.includes(body.token), false);
    const [token] = listed.body.items;
    assert.equal(token.dialect, "tolerant");
    assert.equal(token.expiresAt, null);
    const { items } = (await operator.get(`/tenants/${id}/directories`)).body;
    assert.equal(token.directoryId, items[0].id);
    const events = await operator.get(`/tenants/${id}/events?type=scim_token.created`);
    assert.equal(events.body.items.length, 1);
    assert.equal(events.text.includes(body.token.slice(-43)), false);
  });

  it("takes directory, dialect and expiry", async () => {
    const { id } = await newTenant();
    const directory = await operator.post(`/tenants/${id}/directories`, { name: "Entra ID" });
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    const wanted = { name: "Entra", directoryId: directory.body.id, dialect: "rfc", expiresAt };
    await operator.post(`/tenants/${id}/scim-tokens`, wanted);
    const [token] = (await operator.get(`/tenants/${id}/scim-tokens`)).body.items;
    for (const [key, value] of Object.entries(wanted)) assert.equal(token[key], value);
  });

  it("answers not_found for a directory of another tenant, and makes no token", async () => {
    const [own, other] = [await newTenant(), await newTenant()];
    const { items } = (await operator.get(`/tenants/${other.id}/directories`)).body;
    const body = { name: "Okta", directoryId: items[0].id };
    assert.equal((await operator.post(`/tenants/${own.id}/scim-tokens`, body)).status, 404);
    assert.equal((await operator.get(`/tenants/${own.id}/scim-tokens`)).body.total, 0);
  });

  it("answers not_found when there is no directory at all", async () => {
    const { id } = await newTenant();
    const { items } = (await operator.get(`/tenants/${id}/directories`)).body;
    await operator.delete(`/tenants/${id}/directories/${items[0].id}`);
    const { status, body } = await operator.post(`/tenants/${id}/scim-tokens`, { name: "Okta" });
    assert.equal(status, 404);
    assert.match(body.detail, /Make one first/);
  });

  const refused: readonly (readonly [what: string, body: object, path: string])[] = [
    ["no name", { name: undefined }, "/name"],
    ["an unknown dialect", { dialect: "okta" }, "/dialect"],
    ["an expiry in the past", { expiresAt: "2020-01-01T00:00:00Z" }, "/expiresAt"],
    ["a directory that is no id", { directoryId: "default" }, "/directoryId"],
    ["a directory by URN", { directoryId: "urn:uuid:018f4e2a-7b1c-7def-8abc-1234567890ab" }, "/directoryId"],
    ["a token of its own", { token: "usc_x" }, "/token"],
    ["another tenant", { tenantId: "018f4e2a-7b1c-7def-8abc-1234567890ab" }, "/tenantId"],
  ];
  for (const [what, body, path] of refused) {
    it(`refuses ${what}, saying where`, async () => {
      const { id } = await newTenant();
      const reply = await operator.post(`/tenants/${id}/scim-tokens`, { name: "Okta", ...body });
      assert.equal(reply.status, 400, reply.text);
      assert.equal(reply.body.errors[0].path, path);
    });
  }
});

describe("DELETE /tenants/{t}/scim-tokens/{id}", () => {
  it("revokes once, and tells it", async () => {
    const { id } = await newTenant();
    const { body } = await operator.post(`/tenants/${id}/scim-tokens`, { name: "Okta" });
    const path = `/tenants/${id}/scim-tokens/${body.id}`;
    assert.equal((await operator.delete(path)).status, 204);
    assert.equal((await operator.delete(path)).status, 404);
    assert.equal((await operator.get(`/tenants/${id}/events?type=scim_token.revoked`)).body.items.length, 1);
  });
});

describe("a list that goes by id", () => {
  it("shows each item once, however long its pages are, and counts on the first page", async () => {
    const { id } = await newTenant();
    for (let i = 0; i < 5; i++) await operator.post(`/tenants/${id}/scim-tokens`, { name: `token ${i}` });
    const all = (await operator.get(`/tenants/${id}/scim-tokens`)).body.items;
    for (const limit of [1, 2, 4, 5, 6]) {
      const seen: unknown[] = [];
      let query: string | null = "";
      while (query !== null) {
        const page: { items: unknown[]; total: number; nextCursor: string | null } = (
          await operator.get(`/tenants/${id}/scim-tokens?limit=${limit}${query}`)
        ).body;
        seen.push(...page.items);
        assert.equal(page.total, 5);
        query = page.nextCursor === null ? null : `&cursor=${page.nextCursor}`;
      }
      assert.deepEqual(seen, all);
    }
  });

  it("shows nothing of another tenant to that tenant's cursor", async () => {
    const [own, other] = [await newTenant(), await newTenant()];
    for (const { id } of [own, own, other]) await operator.post(`/tenants/${id}/scim-tokens`, { name: id });
    const { nextCursor } = (await operator.get(`/tenants/${own.id}/scim-tokens?limit=1`)).body;
    const { items } = (await operator.get(`/tenants/${other.id}/scim-tokens?cursor=${nextCursor}`)).body;
    for (const one of items as { name: string }[]) assert.equal(one.name, other.id);
  });
});
