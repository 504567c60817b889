import assert from "node:assert/strict";
import express from "express";
import supertest from "supertest";
import { adminSurface, resources } from "../../src/admin/index.ts";
import { permits } from "../../src/admission/permissions.ts";
import { createLogger } from "../../src/http/logger.ts";
import { api, type Api, ways } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";
import { eventTypes } from "../directory/people.ts";

const DAY_MS = 86_400_000;

let operator: Api;
before(async () => {
  operator = api(await testDatabase());
});

async function keyOf(tenantId: string, body: object): Promise<{ id: string; key: string }> {
  const made = await operator.post(`/tenants/${tenantId}/api-keys`, { name: "key", permissions: ["*"], ...body });
  assert.equal(made.status, 201, made.text);
  return made.body;
}

describe("the operator key", () => {
  it("may be one of several, so that it can be rotated", async () => {
    const keys = ["first-key-of-32-characters-0123456", "second-key-of-32-characters-012345"];
    const log = createLogger("silent");
    const surface = adminSurface({
      db: await testDatabase(),
      operatorKeys: keys,
      publicUrl: "https://usher.example",
      ...ways,
      log,
    });
    const app = express().use("/api/v1", surface);
    const statusOf = async (key: string): Promise<number> =>
      (await supertest(app).get("/api/v1/plans").set("Authorization", `Bearer ${key}`)).status;
    for (const key of keys) assert.equal(await statusOf(key), 200);
    assert.equal(await statusOf(keys.join(",")), 401);
    assert.equal(await statusOf(String(keys[0]).slice(0, -1)), 401);
  });
});

describe("an API key", () => {
  it("is shown once, as usk_<tenant without hyphens>_<secret>, and only its hash is stored", async () => {
    const { id } = await newTenant();
    const { key } = await keyOf(id, {});
    assert.match(key, new RegExp(`^usk_${id.replaceAll("-", "")}_[A-Za-z0-9_-]{43}$`));
    const listed = await operator.get(`/tenants/${id}/api-keys`);
    assert.equal(listed.text.includes(key), false);
    assert.equal(listed.body.items[0].createdBy, "operator");
    const { pool } = await testDatabase();
    const { rows } = await pool.query("select a.*, a.hash::text as hex from api_keys a where tenant_id = $1", [id]);
    assert.equal(JSON.stringify(rows).includes(key.slice(-43)), false);
    const { rows: events } = await pool.query("select data::text as data from events where tenant_id = $1", [id]);
    assert.equal(JSON.stringify(events).includes(key.slice(-43)), false);
  });

  it("reaches its own tenant by slug and by id", async () => {
    const { id, slug } = await newTenant();
    const call = operator.as((await keyOf(id, { permissions: ["settings:view"] })).key);
    assert.equal((await call.get(`/tenants/${id}`)).status, 200);
    assert.equal((await call.get(`/tenants/${slug}`)).status, 200);
    assert.equal((await call.get(`/tenants/${id.toUpperCase()}`)).status, 200);
  });

  it("is dead once it has expired, to the millisecond", async () => {
    const { id } = await newTenant();
    const now = Date.now();
    const expiresAt = new Date(now + DAY_MS).toISOString();
    const { key } = await keyOf(id, { expiresAt });
    const db = await testDatabase();
    const at = async (time: number): Promise<number> =>
      (
        await api(db, () => new Date(time))
          .as(key)
          .get(`/tenants/${id}`)
      ).status;
    assert.equal(await at(now + DAY_MS - 1), 200);
    assert.equal(await at(now + DAY_MS), 401);
  });

  it("is dead once it is revoked, and revoking it again finds nothing", async () => {
    const { id } = await newTenant();
    const { id: keyId, key } = await keyOf(id, {});
    const call = operator.as(key);
    assert.equal((await call.get(`/tenants/${id}`)).status, 200);
    assert.equal((await operator.delete(`/tenants/${id}/api-keys/${keyId}`)).status, 204);
    assert.equal((await call.get(`/tenants/${id}`)).status, 401);
    assert.equal((await operator.delete(`/tenants/${id}/api-keys/${keyId}`)).status, 404);
    const types = await eventTypes(id);
    assert.equal(types.filter((type) => type === "api_key.revoked").length, 1);
  });

  it("that names another tenant is dead there and here", async () => {
    const [own, other] = [await newTenant(), await newTenant()];
    const { key } = await keyOf(own.id, {});
    const moved = key.replace(own.id.replaceAll("-", ""), other.id.replaceAll("-", ""));
    assert.equal((await operator.as(moved).get(`/tenants/${other.id}`)).status, 401);
    assert.equal((await operator.as(moved).get(`/tenants/${own.id}`)).status, 401);
  });

  it("gets the same refusal whatever is wrong with it", async () => {
    const { id } = await newTenant();
    const { key, id: keyId } = await keyOf(id, {});
    await operator.delete(`/tenants/${id}/api-keys/${keyId}`);
    const tokens = [key, `${key}x`, key.slice(0, -1), `${key.slice(0, -1)}=`, "usk_", `usk_${"z".repeat(32)}_x`];
    const details = new Set<string>();
    for (const token of tokens) {
      const { status, body } = await operator.as(token).get(`/tenants/${id}`);
      assert.equal(status, 401);
      details.add(body.detail);
    }
    assert.equal(details.size, 1);
  });

  it("never may more than who makes it (rule 16, T11)", async () => {
    const { id } = await newTenant();
    const held = ["members:view", "apiKeys:create", "teams:manage"];
    const call = operator.as((await keyOf(id, { permissions: held })).key);
    const wishes: readonly (readonly [permissions: string[], status: number])[] = [
      [["members:view"], 201],
      [["teams:edit", "teams:manage"], 201],
      [["apiKeys:create"], 201],
      [["*"], 403],
      [["members:edit"], 403],
      [["members:manage"], 403],
      [["members:view", "scimTokens:create"], 403],
      [["crm:view"], 403],
    ];
    for (const [permissions, status] of wishes) {
      const reply = await call.post(`/tenants/${id}/api-keys`, { name: "child", permissions });
      assert.equal(reply.status, status, permissions.join());
    }
    assert.equal((await operator.get(`/tenants/${id}/api-keys`)).body.total, 4);
  });

  it("tells who made it", async () => {
    const { id } = await newTenant();
    const parent = await keyOf(id, {});
    const child = await operator.as(parent.key).post(`/tenants/${id}/api-keys`, { name: "child", permissions: ["*"] });
    const { items } = (await operator.get(`/tenants/${id}/api-keys`)).body;
    const found = items.find((one: { id: string }) => one.id === child.body.id);
    assert.equal(found.createdBy, `api_key:${parent.id}`);
  });

  const refused: readonly (readonly [what: string, body: object, path: string])[] = [
    ["no permissions", { permissions: [] }, "/permissions"],
    ["a permission of another form", { permissions: ["members"] }, "/permissions/0"],
    ["a permission twice", { permissions: ["members:view", "members:view"] }, "/permissions"],
    ["permissions as text", { permissions: "*" }, "/permissions"],
    ["an expiry in the past", { expiresAt: "2020-01-01T00:00:00Z" }, "/expiresAt"],
    ["an expiry that is no time", { expiresAt: "tomorrow" }, "/expiresAt"],
    ["an expiry on a day that there is not", { expiresAt: "2999-02-30T00:00:00Z" }, "/expiresAt"],
    ["an expiry without a zone", { expiresAt: "2999-01-01T00:00:00" }, "/expiresAt"],
    ["an expiry in a leap second", { expiresAt: "2999-12-31T23:59:60Z" }, "/expiresAt"],
    ["a hash of its own", { hash: "00" }, "/hash"],
    ["a maker of its own", { createdBy: "operator" }, "/createdBy"],
  ];
  for (const [what, body, path] of refused) {
    it(`with ${what} is refused, saying where`, async () => {
      const { id } = await newTenant();
      const reply = await operator.post(`/tenants/${id}/api-keys`, { name: "key", permissions: ["*"], ...body });
      assert.equal(reply.status, 400, reply.text);
      assert.equal(reply.body.errors[0].path, path);
      assert.equal((await operator.get(`/tenants/${id}/api-keys`)).body.total, 0);
    });
  }
});

describe("the permission of a route", () => {
  const guarded = resources
    .flatMap(({ routes }) => routes)
    .filter(({ scope, permission }) => scope === "tenant" && permission !== "operator" && permission !== "setup");

  it("is held by manage of its area, and by *", () => {
    for (const { permission } of guarded) {
      assert.equal(permits([`${permission.split(":")[0]}:manage`], permission), true);
      assert.equal(permits(["*"], permission), true);
    }
  });

  it("of a change is not held by who may only look", () => {
    for (const { method, permission } of guarded) {
      // A POST may be a question, as a preview is.
      if (method === "GET" || method === "POST") continue;
      assert.equal(permission.endsWith(":view") || permission.endsWith(":export"), false, permission);
    }
  });
});
