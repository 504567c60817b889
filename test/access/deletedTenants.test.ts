/** A deleted tenant, at every way in; and the same tenant restored. */
import assert from "node:assert/strict";
import { createScimToken } from "../../src/directory/directories/scimTokens.ts";
import { asOwner } from "../storage/catalogue.ts";
import { testDatabase } from "../support/database.ts";
import { newSlug } from "../support/tenant.ts";
import { account, attach, connection, member, PASSWORD, type Place } from "./people.ts";
import { api, Browser, counts, place, server } from "./place.ts";

type Json = Record<string, unknown>;
interface Reply {
  readonly status: number;
  readonly body: Json;
}

const call: (method: string, path: string, body?: unknown) => Promise<Reply> = api;

const remove = async ({ id }: Place): Promise<void> => {
  assert.equal((await call("DELETE", `/tenants/${id}`)).status, 204);
};
const restore = (reference: string, body: Json = {}): Promise<Reply> =>
  call("POST", `/tenants/${reference}/restore`, body);

/** Sends a request with a credential. */
async function as(credential: string, path: string): Promise<Reply> {
  const response = await fetch((await server()) + path, { headers: { authorization: `Bearer ${credential}` } });
  return { status: response.status, body: (await response.json()) as Json };
}

/** A tenant with a way in of each kind. */
async function open() {
  const tenant = await place({ seatLimit: 5 });
  const ana = await member(tenant, "ana", { roles: ["admin"] });
  const holder = await account();
  await attach(tenant, holder.id, ana.id);
  const browser = new Browser();
  assert.equal((await signIn(tenant, ana.email, browser)).status, 303);
  const key = await call("POST", `/tenants/${tenant.id}/api-keys`, { name: "key", permissions: ["*"] });
  const who = { tenantId: tenant.id, actor: { type: "operator" }, now: new Date() } as const;
  const wanted = { name: "token", directoryId: null, expiresAt: null, dialect: "tolerant" } as const;
  const { token } = await createScimToken(await testDatabase(), who, wanted);
  const link = await call("POST", `/tenants/${tenant.id}/setup-links`, { intents: ["sso"] });
  return {
    tenant,
    ana,
    holder,
    browser,
    key: String(key.body["key"]),
    token,
    setup: new URL(String(link.body["url"])),
    connectionId: await connection(tenant),
  };
}

function signIn(tenant: Pick<Place, "slug">, email: string, browser = new Browser()) {
  return browser.post("/sign-in", { tenant: tenant.slug, email, password: PASSWORD, return_to: "/" });
}

const SCIM = "/scim/v2/Users?count=1";

describe("a deleted tenant", () => {
  it("lets nobody in, by whichever way, from the answer on: as if it had never been", async () => {
    const { tenant, ana, holder, browser, key, token, setup, connectionId } = await open();
    assert.equal((await as(token, SCIM)).status, 200);
    await remove(tenant);
    const scim = await as(token, SCIM);
    assert.deepEqual([scim.status, scim.body["status"]], [401, "401"]);
    assert.deepEqual(await code(as(key, `/api/v1/tenants/${tenant.id}`)), [401, "unauthenticated"]);
    const { status, body } = await browser.session();
    assert.deepEqual([status, body["code"]], [401, "unauthenticated"]);
    assert.equal((await counts(tenant)).sessions, 0);
    assert.deepEqual(await code(call("GET", `/tenants/${tenant.id}`)), [404, "not_found"]);
    assert.equal((await signIn(tenant, ana.email)).status, (await signIn({ slug: newSlug() }, ana.email)).status);
    assert.notEqual((await signIn(tenant, ana.email)).status, 303);
    const held = new Browser();
    await held.post("/sign-in", { email: holder.email, password: PASSWORD, return_to: "/" });
    assert.equal((await held.session()).status, 401);
    const begun = await new Browser().get(`/sso/start?connection=${connectionId}`);
    const unknown = await new Browser().get(`/sso/start?connection=${ana.id}`);
    assert.equal(begun.status, unknown.status);
    assert.ok(begun.status >= 400 && begun.status < 500, String(begun.status));
    const redeemed = await new Browser().post("/setup", { t: setup.searchParams.get("t") ?? "" });
    assert.notEqual(redeemed.status, 303);
  });

  async function code(reply: Promise<Reply>): Promise<[number, unknown]> {
    const { status, body } = await reply;
    return [status, body["code"]];
  }

  it("is shown to the operator alone, until when it can be restored", async () => {
    const tenant = await place();
    await remove(tenant);
    const rows = [];
    for (let query = "?limit=200"; query !== "";) {
      const { body } = await call("GET", `/deleted-tenants${query}`);
      rows.push(...(body["items"] as Json[]));
      query = body["nextCursor"] === null ? "" : `?limit=200&cursor=${body["nextCursor"] as string}`;
    }
    const row = rows.find(({ id }) => id === tenant.id);
    assert.equal(row?.["slug"], tenant.slug);
    const days = (Date.parse(String(row?.["purgeAt"])) - Date.parse(String(row?.["deletedAt"]))) / 86_400_000;
    assert.equal(days, 30);
    const other = await open();
    for (const path of ["/deleted-tenants"]) assert.equal((await as(other.key, `/api/v1${path}`)).status, 403);
    const restored = await fetch(`${await server()}/api/v1/tenants/${tenant.id}/restore`, {
      method: "POST",
      headers: { authorization: `Bearer ${other.key}`, "content-type": "application/json" },
      body: "{}",
    });
    assert.equal(restored.status, 403);
  });

  it("is erased by a job that is due then", async () => {
    const tenant = await place();
    await remove(tenant);
    const [job] = await asOwner<{ days: number }>(
      await testDatabase(),
      `select extract(epoch from j.run_at - t.deleted_at)::integer / 86400 as days from jobs j
       join tenants t on t.id = j.tenant_id where j.tenant_id = $1 and j.kind = 'tenant.purge'`,
      [tenant.id],
    );
    assert.equal(job?.days, 30);
  });
});

describe("POST /tenants/{t}/restore", () => {
  it("brings everything back but the sessions: people, roles, seats, credentials", async () => {
    const { tenant, ana, browser, key, token } = await open();
    const before = await call("GET", `/tenants/${tenant.id}/members/${ana.id}`);
    const seats = await call("GET", `/tenants/${tenant.id}/seats`);
    await remove(tenant);
    const back = await restore(tenant.id);
    assert.deepEqual([back.status, back.body["slug"]], [200, tenant.slug], JSON.stringify(back.body));
    assert.equal((await browser.session()).status, 401);
    const after = await call("GET", `/tenants/${tenant.slug}/members/${ana.id}`);
    assert.deepEqual(after.body, before.body);
    assert.deepEqual((await call("GET", `/tenants/${tenant.id}/seats`)).body, seats.body);
    assert.equal((await as(token, SCIM)).status, 200);
    assert.equal((await as(key, `/api/v1/tenants/${tenant.id}`)).status, 200);
    assert.equal((await signIn(tenant, ana.email)).status, 303);
    const { body } = await call("GET", `/tenants/${tenant.id}/events?type=tenant.restored`);
    assert.deepEqual(
      (body["items"] as Json[]).map(({ data }) => data),
      [{ slug: tenant.slug }],
    );
  });

  it("ends a session that was opened while the tenant was being deleted", async () => {
    const { tenant, ana } = await open();
    const late = new Browser();
    await signIn(tenant, ana.email, late);
    // As if the sign-in had ended behind the deletion.
    await asOwner(await testDatabase(), "update tenants set deleted_at = now() where id = $1", [tenant.id]);
    assert.equal((await restore(tenant.slug)).status, 200);
    assert.equal((await late.session()).status, 401);
  });

  it("takes the name of the one that was deleted last, and another slug where that is taken", async () => {
    const tenant = await place();
    const slug = tenant.slug;
    await remove(tenant);
    const successor = await call("POST", "/tenants", { slug, name: "Successor" });
    const taken = await restore(tenant.id);
    assert.deepEqual([taken.status, taken.body["code"]], [409, "slug_exists"]);
    const other = newSlug();
    const renamed = await restore(tenant.id, { slug: other });
    assert.deepEqual([renamed.status, renamed.body["slug"], renamed.body["id"]], [200, other, tenant.id]);
    assert.equal((await call("DELETE", `/tenants/${String(successor.body["id"])}`)).status, 204);
    await call("DELETE", `/tenants/${other}`);
    assert.equal((await restore(slug)).body["id"], successor.body["id"]);
  });

  it("gives the limit that the plan has by now (rule 5)", async () => {
    const plan = newSlug();
    const sold = (seatLimit: number): Json => ({
      [plan]: { seatLimit, invitationQuota: { kind: "none" }, features: [] },
    });
    await call("PUT", "/plans", sold(1));
    const tenant = await place();
    await call("PATCH", `/tenants/${tenant.id}`, { plan });
    await remove(tenant);
    await call("PUT", "/plans", sold(7));
    await restore(tenant.id);
    assert.equal((await call("GET", `/tenants/${tenant.id}/seats`)).body["limit"], 7);
  });

  it("has its domains looked up at once, which may be another's by now (rule 30)", async () => {
    const [tenant, next] = [await place(), await place()];
    const db = await testDatabase();
    await asOwner(
      db,
      `update domains set verified_by = 'dns', next_check_at = now() + interval '20 days' where tenant_id = $1`,
      [tenant.id],
    );
    await remove(tenant);
    await call("POST", `/tenants/${next.id}/domains`, { domain: tenant.domain });
    const verified = await call("POST", `/tenants/${next.id}/domains/${tenant.domain}/verify`, { force: true });
    assert.equal(verified.status, 200, JSON.stringify(verified.body));
    assert.equal((await restore(tenant.id)).status, 200);
    const [domain] = await asOwner<Json>(
      db,
      "select status, next_check_at <= now() as soon from domains where tenant_id = $1",
      [tenant.id],
    );
    assert.deepEqual(domain, { status: "lapsed", soon: true });
  });

  it("knows no tenant that is there, was restored already, or never was", async () => {
    const tenant = await place();
    const stranger = "01900000-0000-7000-8000-000000000000";
    for (const reference of [tenant.id, tenant.slug, stranger, newSlug(), "a%20b"]) {
      const { status, body } = await restore(reference);
      assert.deepEqual([status, body["code"]], [404, "not_found"], reference);
    }
    await remove(tenant);
    const both = await Promise.all([restore(tenant.id), restore(tenant.id)]);
    assert.deepEqual(
      both.map(({ status }) => status).toSorted((a, b) => a - b),
      [200, 404],
    );
    assert.equal((await restore(tenant.id, { slug: "Not A Slug" })).status, 400);
  });
});
