import assert from "node:assert/strict";
import { api, type Api } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { newSlug, newTenant } from "../support/tenant.ts";
import { assertCounted, eventTypes, people, seatsHeld } from "../directory/people.ts";
import { place, refused } from "./place.ts";

const none = { kind: "none" };

let operator: Api;
before(async () => {
  operator = api(await testDatabase());
});

/** A plan of a case's own, for plans belong to the whole server. */
async function newPlan(seatLimit: number | null): Promise<string> {
  const slug = newSlug();
  const { status, text } = await operator.put("/plans", { [slug]: { seatLimit, invitationQuota: none, features: [] } });
  assert.equal(status, 200, text);
  return slug;
}

function plan(seatLimit: number | null): object {
  return { seatLimit, invitationQuota: none, features: [] };
}

describe("GET /plans", () => {
  it("shows the plans that a new server sells", async () => {
    const { body } = await operator.get("/plans");
    const limits = ["trial", "pro", "advanced", "business", "pilot", "enterprise"].map((slug) => body[slug].seatLimit);
    assert.deepEqual(limits, [2, 10, 50, 100, null, null]);
    assert.deepEqual(body.trial.invitationQuota, { kind: "total", max: 20 });
  });
});

describe("PUT /plans", () => {
  it("writes the named plans, keeps the others and answers all", async () => {
    const [first, second] = [await newPlan(1), await newPlan(2)];
    const changed = { seatLimit: 5, invitationQuota: { kind: "daily", max: 3 }, features: ["domainAutoJoin"] };
    const { body } = await operator.put("/plans", { [first]: changed });
    assert.deepEqual(body[first], changed);
    assert.equal(body[second].seatLimit, 2);
    assert.equal(body.trial.seatLimit, 2);
    assert.deepEqual((await operator.get("/plans")).body, body);
  });

  it("raised promotes in each tenant on the plan, and passes over those with a limit of their own", async () => {
    const slug = await newPlan(1);
    const [first, second] = [await newTenant({ plan: slug }), await newTenant({ plan: slug })];
    const own = await newTenant({ plan: slug, seatLimit: 1 });
    const elsewhere = await newTenant({ plan: "trial" });
    for (const { id } of [first, second, own]) await people(id, 3);
    await people(elsewhere.id, 3);
    await operator.put("/plans", { [slug]: plan(2) });
    assert.deepEqual(await seatsHeld(first.id), ["held", "held", "waiting"]);
    assert.deepEqual(await seatsHeld(second.id), ["held", "held", "waiting"]);
    assert.deepEqual(await seatsHeld(own.id), ["held", "waiting", "waiting"]);
    assert.deepEqual(await seatsHeld(elsewhere.id), ["held", "held", "waiting"]);
    for (const { id } of [first, second, own, elsewhere]) await assertCounted(id);
    assert.equal((await eventTypes(first.id)).includes("plan.changed"), true);
    assert.equal((await eventTypes(own.id)).includes("plan.changed"), false);
  });

  it("lowered evicts nobody, and unlimited counts no more", async () => {
    const slug = await newPlan(3);
    const { id } = await newTenant({ plan: slug });
    await people(id, 3);
    await operator.put("/plans", { [slug]: plan(1) });
    assert.deepEqual(await seatsHeld(id), ["held", "held", "held"]);
    assert.equal((await operator.get(`/tenants/${id}/seats`)).body.overBy, 2);
    await assertCounted(id);
    await operator.put("/plans", { [slug]: plan(null) });
    assert.equal((await operator.get(`/tenants/${id}/seats`)).body.limit, null);
    await assertCounted(id);
    await operator.put("/plans", { [slug]: plan(4) });
    assert.deepEqual((await operator.get(`/tenants/${id}/seats`)).body, {
      limit: 4,
      used: 3,
      remaining: 1,
      waiting: 0,
      overBy: 0,
    });
    await assertCounted(id);
  });

  it("again finishes what an end half-way left undone", async () => {
    const slug = await newPlan(1);
    const { id } = await newTenant({ plan: slug });
    await people(id, 2);
    const { pool } = await testDatabase();
    // What a process leaves behind that ends after the plan's own transaction.
    await pool.query("update plans set seat_limit = 2 where slug = $1", [slug]);
    assert.deepEqual(await seatsHeld(id), ["held", "waiting"]);
    await operator.put("/plans", { [slug]: plan(2) });
    assert.deepEqual(await seatsHeld(id), ["held", "held"]);
  });

  it("that changes nothing tells nothing", async () => {
    const slug = await newPlan(2);
    const { id } = await newTenant({ plan: slug });
    await operator.put("/plans", { [slug]: plan(2) });
    assert.equal((await eventTypes(id)).includes("plan.changed"), false);
  });

  const wrong: readonly (readonly [what: string, body: object])[] = [
    ["a name in upper case", { Trial: plan(1) }],
    ["a name with a space", { "my plan": plan(1) }],
    ["a negative limit", { trial: plan(-1) }],
    ["no limit named", { trial: { invitationQuota: none, features: [] } }],
    ["a quota of days without a number", { trial: { seatLimit: 1, invitationQuota: { kind: "daily" }, features: [] } }],
    ["a number for no quota", { trial: { seatLimit: 1, invitationQuota: { kind: "none", max: 1 }, features: [] } }],
    ["an unknown field", { trial: { ...plan(1), price: 5 } }],
    ["a plan that is a number", { trial: 5 }],
    ["the prototype as a name", JSON.parse('{"constructor":{"seatLimit":1}}') as object],
  ];
  for (const [what, body] of wrong) {
    it(`refuses ${what} and changes no plan`, async () => {
      const before = (await operator.get("/plans")).body;
      const { status, body: told } = await operator.put("/plans", body);
      assert.equal(status, 400);
      assert.equal(told.code, "invalid_request");
      assert.deepEqual((await operator.get("/plans")).body, before);
    });
  }

  it("tells a tenant what its plan grants, and the quota of its invitations", async () => {
    const slug = newSlug();
    const invitationQuota = { kind: "daily", max: 3 };
    await operator.put("/plans", { [slug]: { seatLimit: 5, invitationQuota, features: ["domainAutoJoin", "crm"] } });
    const { id } = await newTenant({ plan: slug });
    const { body } = await operator.get(`/tenants/${id}`);
    assert.deepEqual([body.features, body.settings.invitations.quota], [["domainAutoJoin", "crm"], invitationQuota]);
    await operator.put("/plans", { [slug]: { seatLimit: 5, invitationQuota: none, features: [] } });
    const later = (await operator.get(`/tenants/${id}`)).body;
    assert.deepEqual([later.features, later.settings.invitations.quota], [[], none]);
    assert.deepEqual((await operator.get(`/tenants/${(await newTenant()).id}`)).body.features, []);
  });

  it("grants joining by domain: admins switch it on where the plan has it, else the operator alone (S3.22)", async () => {
    const here = await place({ plan: "trial" });
    const admin = await here.as("*");
    const domain = `${here.slug}.example`;
    await here.call("POST", "/domains", { domain });
    assert.equal((await here.call("POST", `/domains/${domain}/verify`, { force: true })).status, 200);
    const on = { autoJoin: { enabled: true } };
    const problem = refused(await admin("PATCH", `/domains/${domain}`, on), 403, "forbidden");
    assert.match(String(problem["detail"]), /plan does not include/);
    assert.equal((await here.call("PATCH", `/domains/${domain}`, on)).status, 200);
    await admin("PATCH", `/domains/${domain}`, { autoJoin: { enabled: false } });
    refused(await admin("PATCH", `/domains/${domain}`, on), 403, "forbidden");
    await here.call("PATCH", "", { plan: "pilot" });
    assert.equal((await admin("PATCH", `/domains/${domain}`, on)).status, 200);
  });

  it("cannot be done from within a tenant: the database lets its transactions write no plan", async () => {
    const { id } = await newTenant();
    const db = await testDatabase();
    const client = await db.pool.connect();
    try {
      await client.query(
        `begin;select set_config('role','${db.tenantRole}',true),set_config('app.tenant','${id}',true)`,
      );
      await client.query("select from plans where slug = 'trial' for share");
      await assert.rejects(
        client.query("update plans set seat_limit = 1000 where slug = 'trial'"),
        /row-level security/,
      );
    } finally {
      await client.query("rollback");
      client.release();
    }
  });
});
