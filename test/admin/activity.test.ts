/** What members do: sign-ins in numbers, their activity, and what applications tell of it. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { newId } from "../../src/base/ids.ts";
import { sweepActivity } from "../../src/directory/activity/activityRetention.ts";
import { insertSignIn, type SignInRecord } from "../../src/directory/signIn/signIns.store.ts";
import { eventTypes } from "../../src/events/catalogue.ts";
import { onceInTenant } from "../../src/storage/scope.ts";
import { api } from "../support/api.ts";
import { items, place, refused, type Call, type Place } from "./place.ts";

const DAY_MS = 86_400_000;
const NOBODY = "0199a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b";
const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
const OLDER_FIREFOX = FIREFOX.replaceAll("140", "138");

type Json = Record<string, unknown>;

async function member({ add }: Place, email = "ana@example.com"): Promise<string> {
  return String((await add(email))["id"]);
}

async function tried({ db, tenantId }: Place, memberId: string, daysAgo: number, more: Partial<SignInRecord> = {}) {
  const at = new Date(Date.now() - daysAgo * DAY_MS - 60_000);
  const line = { id: newId(at), memberId, connectionId: null, method: "password", result: "signed_in" } as const;
  const seen = { reason: null, detail: null, ip: "192.0.2.1", device: FIREFOX };
  await onceInTenant(db, { tenantId }, insertSignIn(tenantId, { ...line, ...seen, ...more }, at));
}

async function summary(here: Place, id: string): Promise<Json> {
  const { status, body, text } = await here.call("GET", `/members/${id}/sign-in-summary`);
  assert.equal(status, 200, text);
  return body as Json;
}

describe("the sign-in summary of a member", () => {
  it("says when last, how often, from which addresses and with what (S2.28)", async () => {
    const here = await place();
    const id = await member(here);
    for (const daysAgo of [1, 3, 20, 80, 95]) await tried(here, id, daysAgo);
    await tried(here, id, 2, { ip: "192.0.2.9", device: OLDER_FIREFOX });
    await tried(here, id, 2, { result: "refused", reason: "wrong_password", ip: "203.0.113.5" });
    await here.db.pool.query("update members set last_sign_in_at = '2026-03-01T10:00:00Z' where id = $1", [id]);
    const seen = await summary(here, id);
    assert.deepEqual(
      [seen["signedIn"], seen["refused"], seen["days"], seen["lastSignInAt"]],
      [{ days7: 3, days30: 4, days90: 5 }, { days7: 1, days30: 1, days90: 1 }, 5, "2026-03-01T10:00:00.000Z"],
    );
    const from = (list: unknown): unknown[] => (list as Json[]).map((each) => [each["from"], each["times"]]);
    assert.deepEqual(from(seen["ips"]), [
      ["192.0.2.1", 4],
      ["192.0.2.9", 1],
    ]);
    assert.deepEqual(from(seen["devices"]), [["Firefox, Windows", 5]]);
  });

  it("is of nobody who never came, and another tenant's member is not found", async () => {
    const [here, there] = [await place(), await place()];
    const seen = await summary(here, await member(here));
    assert.deepEqual([seen["lastSignInAt"], seen["ips"], seen["days"]], [null, [], 0]);
    const theirs = await member(there);
    await tried(there, theirs, 1);
    for (const id of [theirs, NOBODY]) {
      refused(await here.call("GET", `/members/${id}/sign-in-summary`), 404, "not_found");
    }
    refused(await (await here.as("events:view"))("GET", `/members/${theirs}/sign-in-summary`), 403, "forbidden");
  });

  it("looks at so much and no more, however often somebody is tried", async () => {
    const here = await place();
    const id = await member(here);
    await here.db.pool.query(
      `insert into sign_ins (tenant_id, id, member_id, method, result, ip, device, at)
        select $1, uuid_v7(now() - n * interval '1 second'), $2, 'password', 'signed_in', '192.0.2.' || n % 200, 'x' || n, now()
        from generate_series(1, 6000) n`,
      [here.tenantId, id],
    );
    const seen = await summary(here, id);
    assert.equal((seen["signedIn"] as Json)["days7"], 5000);
    assert.equal((seen["ips"] as unknown[]).length, 50);
  });
});

async function told(call: Call, ...entries: object[]): Promise<Json[]> {
  const { status, body, text } = await call("POST", "/activity", { entries });
  assert.equal(status, 200, text);
  return (body as { results: Json[] }).results;
}

const statusesOf = (results: readonly Json[]): unknown[] => results.map(({ status }) => status);

async function activityOf(here: Place, id: string, query = ""): Promise<Json[]> {
  return items(await here.call("GET", `/members/${id}/activity${query}`));
}

const typesOf = (list: readonly Json[]): unknown[] => list.map(({ type }) => type);

describe("GET /tenants/{t}/members/{id}/activity", () => {
  it("holds what was done to a member, what they did and what applications told, the latest first (S2.29)", async () => {
    const here = await place();
    const [ana, ben] = [await member(here), await member(here, "ben@example.com")];
    await here.call("PATCH", `/members/${ana}`, { jobTitle: "Lead" });
    await here.db.pool.query(
      `insert into events (tenant_id, id, type, actor_type, actor_id, target_type, target_id, at, data)
        select $1, uuid_v7(now() + n * interval '1 millisecond'), 'member.updated', 'member', $2, 'member',
          case n when 1 then $2::uuid else $3::uuid end, now(), '{"attributes":[]}' from generate_series(1, 2) n`,
      [here.tenantId, ana, ben],
    );
    await told(here.call, { memberId: ana, type: "app.ticket.resolved", summary: "Ticket 17", data: { ticket: 17 } });
    const list = await activityOf(here, ana);
    const kinds = ["app.ticket.resolved", "member.created", "member.updated", "member.updated", "member.updated"];
    assert.deepEqual(typesOf(list).map(String).toSorted(), kinds);
    const entry = list.find(({ type }) => type === "app.ticket.resolved");
    assert.deepEqual(
      [entry?.["summary"], entry?.["data"], entry?.["target"]],
      ["Ticket 17", { ticket: 17 }, { type: "member", id: ana }],
    );
    assert.equal(new Set(list.map(({ id }) => id)).size, list.length);
    const ids = list.map(({ id }) => String(id));
    assert.deepEqual(ids, ids.toSorted().toReversed());
    assert.deepEqual(
      typesOf(await activityOf(here, ben))
        .map(String)
        .toSorted(),
      ["member.created", "member.updated"],
    );
  });

  it("pages through all of it, each thing once, with the total of the first page (property)", async () => {
    const here = await place();
    const ana = await member(here);
    const entries = Array.from({ length: 7 }, (_, i) => ({
      memberId: ana,
      type: "app.did",
      at: new Date(Date.now() - i * 1000).toISOString(),
    }));
    await told(here.call, ...entries);
    const all = (await activityOf(here, ana)).map(({ id }) => id);
    assert.equal(all.length, 8);
    const pages = fc.asyncProperty(fc.integer({ min: 1, max: 9 }), async (limit) => {
      const seen: unknown[] = [];
      for (let cursor = ""; ;) {
        const { body } = await here.call("GET", `/members/${ana}/activity?limit=${limit}${cursor}`);
        const page = body as { items: Json[]; total: number; nextCursor: string | null };
        assert.equal(page.total, 8);
        seen.push(...page.items.map(({ id }) => id));
        if (page.nextCursor === null) break;
        cursor = `&cursor=${page.nextCursor}`;
      }
      assert.deepEqual(seen, all);
    });
    await fc.assert(pages, { numRuns: 9 });
    refused(await here.call("GET", `/members/${ana}/activity?cursor=e30`), 400, "invalid_request");
  });

  it("is narrowed by type and time", async () => {
    const here = await place();
    const ana = await member(here);
    const ago = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();
    await told(here.call, { memberId: ana, type: "app.a", at: ago(9) }, { memberId: ana, type: "app.b", at: ago(3) });
    assert.deepEqual(typesOf(await activityOf(here, ana, "?type=app.a")), ["app.a"]);
    assert.deepEqual(typesOf(await activityOf(here, ana, `?until=${ago(1)}`)), ["app.b", "app.a"]);
    assert.deepEqual(typesOf(await activityOf(here, ana, `?since=${ago(4)}`)), ["member.created", "app.b"]);
    // What callers write for "ever" may be before the times that ids know.
    const ever = typesOf(await activityOf(here, ana, "?since=0001-01-01T00:00:00Z"));
    assert.deepEqual(ever, ["member.created", "app.b", "app.a"]);
    refused(await here.call("GET", `/members/${ana}/activity?type=*`), 400, "invalid_request");
  });

  it("of a removed member stays to be read, for audit (S1.30)", async () => {
    const here = await place();
    const ana = await member(here);
    await told(here.call, { memberId: ana, type: "app.did", summary: "Something" });
    assert.equal((await here.call("DELETE", `/members/${ana}`)).status, 204);
    const list = await activityOf(here, ana);
    assert.ok(typesOf(list).includes("member.deleted"));
    assert.equal(list.find(({ type }) => type === "app.did")?.["summary"], "Something");
  });

  it("of an erased member knows that there was something, and nothing of the person (S4.11)", async () => {
    const here = await place({ settings: { members: { removal: "erase" } } });
    const ana = await member(here);
    const entry = { memberId: ana, type: "app.did", key: "ana-1", summary: "Ana Berg called", data: { to: "Ana" } };
    await told(here.call, entry);
    await here.call("DELETE", `/members/${ana}`);
    const list = await activityOf(here, ana, "?type=app.did");
    assert.deepEqual([list[0]?.["summary"], list[0]?.["data"]], [null, {}]);
    const { rows } = await here.db.pool.query("select * from activities where tenant_id = $1", [here.tenantId]);
    assert.doesNotMatch(JSON.stringify(rows), /Berg|Ana|ana-1/);
    assert.deepEqual(statusesOf(await told(here.call, { memberId: ana, type: "app.did" })), ["refused"]);
  });

  it("needs events:view, and has not found another tenant's member", async () => {
    const [here, there] = [await place(), await place()];
    const [ana, eve] = [await member(here), await member(there)];
    refused(await (await here.as("members:view"))("GET", `/members/${ana}/activity`), 403, "forbidden");
    for (const id of [eve, NOBODY]) refused(await here.call("GET", `/members/${id}/activity`), 404, "not_found");
    assert.equal((await (await here.as("events:view"))("GET", `/members/${ana}/activity`)).status, 200);
  });

  it("goes by an index for each of its sources, whatever the journal holds besides", async () => {
    const here = await place();
    const ana = await member(here);
    await here.db.pool.query(
      `insert into events (tenant_id, id, type, actor_type, actor_id, target_type, target_id, at, data)
        select $1, uuid_v7(now()), 'member.updated', 'member', gen_random_uuid(), 'member', gen_random_uuid(), now(),
          '{"attributes":[]}' from generate_series(1, 3000)`,
      [here.tenantId],
    );
    await here.db.pool.query("analyze events");
    const { rows } = await here.db.pool.query(
      `explain select id from events where tenant_id = $1 and actor_type = 'member' and actor_id = $2
        order by id desc limit 50`,
      [here.tenantId, ana],
    );
    assert.match(JSON.stringify(rows), /events_actor/);
  });
});

describe("POST /tenants/{t}/activity", () => {
  it("adds each entry alone: what is refused of one is no matter of the others", async () => {
    const [here, there] = [await place(), await place()];
    const [ana, eve] = [await member(here), await member(there)];
    const far = { memberId: ana, type: "app.did", at: "2020-01-01T00:00:00Z" };
    const ahead = { memberId: ana, type: "app.did", at: new Date(Date.now() + DAY_MS).toISOString() };
    const results = await told(
      here.call,
      { memberId: ana.toUpperCase(), type: "app.did" },
      { memberId: eve, type: "app.did" },
      { memberId: NOBODY, type: "app.did" },
      far,
      ahead,
      { memberId: ana, type: "app.did", at: new Date(Date.now() + 60_000).toISOString() },
    );
    assert.deepEqual(
      results.map(({ status, code }) => code ?? status),
      ["added", "not_found", "not_found", "invalid_request", "invalid_request", "added"],
    );
    assert.equal((await activityOf(here, ana, "?type=app.did")).length, 2);
    assert.deepEqual(typesOf(await activityOf(there, eve)), ["member.created"]);
  });

  it("adds what was sent before by the same key no second time, in one body or several", async () => {
    const here = await place();
    const ana = await member(here);
    const entry = { memberId: ana, type: "app.did", key: "job-1" };
    assert.deepEqual(statusesOf(await told(here.call, entry, entry, { ...entry, key: "job-2" })), [
      "added",
      "known",
      "added",
    ]);
    assert.deepEqual(statusesOf(await told(here.call, entry)), ["known"]);
    const [a, b] = await Promise.all([1, 2].map(() => told(here.call, { ...entry, key: "race" })));
    assert.deepEqual([...statusesOf(a ?? []), ...statusesOf(b ?? [])].map(String).toSorted(), ["added", "known"]);
    const other = await place();
    assert.deepEqual(statusesOf(await told(other.call, { ...entry, memberId: await member(other) })), ["added"]);
  });

  it("is told on by the journal only where that is wanted, and then by type and ids alone", async () => {
    const here = await place();
    const ana = await member(here);
    const entry = { memberId: ana, type: "app.call.ended", summary: "Ben was rude", data: { to: "Ben" } };
    const [, published] = await told(here.call, entry, { ...entry, publish: true });
    const events = items(await here.call("GET", "/events?type=member.activity_reported"));
    assert.deepEqual(
      events.map(({ data, target }) => [data, target]),
      [
        [
          { activityId: published?.["id"], activity: "app.call.ended" },
          { type: "member", id: ana },
        ],
      ],
    );
    assert.equal((await activityOf(here, ana)).length, 3);
  });

  it("needs events:create", async () => {
    const here = await place();
    const ana = await member(here);
    const body = { entries: [{ memberId: ana, type: "app.did" }] };
    refused(await (await here.as("events:view", "members:manage"))("POST", "/activity", body), 403, "forbidden");
    const app = await here.as("events:create");
    assert.deepEqual(statusesOf(await told(app, { memberId: ana, type: "app.did" })), ["added"]);
    const [entry] = await activityOf(here, ana, "?type=app.did");
    assert.equal((entry?.["actor"] as Json | undefined)?.["type"], "api_key");
  });

  const many = Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`f${i}`, i]));
  const wrong: readonly (readonly [what: string, entry: object])[] = [
    ["without a type", { type: undefined }],
    ["of a type of the journal's", { type: "member.updated" }],
    ["of a type that only begins like the application's", { type: "application.did" }],
    ["of no type behind the prefix", { type: "app." }],
    ["of a type too long", { type: `app.${"x".repeat(64)}` }],
    ["of nobody", { memberId: "ana" }],
    ["with a summary too long", { summary: "x".repeat(501) }],
    ["with control characters", { summary: "a\u0007b" }],
    ["with objects in data", { data: { a: { b: 1 } } }],
    ["with too much data", { data: many }],
    ["with U+0000", { data: { a: "x\u0000" } }],
    ["with a wrong time", { at: "yesterday" }],
    ["with a field that there is not", { tenantId: NOBODY }],
    ["with an id of its own", { id: NOBODY }],
  ];
  it("refuses a body with an entry that is not as it should be, and adds nothing", async () => {
    const here = await place();
    const ana = await member(here);
    const good = { memberId: ana, type: "app.did" };
    for (const [what, entry] of wrong) {
      const reply = await here.call("POST", "/activity", { entries: [good, { ...good, ...entry }] });
      assert.equal(reply.status, 400, what);
    }
    for (const entries of [[], Array.from({ length: 101 }, () => good)]) {
      assert.equal((await here.call("POST", "/activity", { entries })).status, 400);
    }
    assert.equal((await activityOf(here, ana, "?type=app.did")).length, 0);
  });

  it("takes no type that the journal could have", () => {
    assert.deepEqual(
      eventTypes.filter((type) => type.startsWith("app.")),
      [],
    );
  });

  it("is kept as long as the tenant says, and swept then, a bounded number at a time", async () => {
    const here = await place({ settings: { activity: { retentionDays: 2 } } });
    const ana = await member(here);
    await told(here.call, { memberId: ana, type: "app.old", at: new Date(Date.now() - DAY_MS).toISOString() });
    await told(here.call, { memberId: ana, type: "app.new" });
    assert.deepEqual(statusesOf(await told(here.call, { memberId: ana, type: "app.x", at: "2026-01-01T00:00:00Z" })), [
      "refused",
    ]);
    await sweepActivity(here.db, new Date(Date.now() + 1.5 * DAY_MS), 1);
    assert.deepEqual(typesOf(await activityOf(here, ana)), ["app.new", "member.created"]);
    refused(await here.call("PATCH", "", { settings: { activity: { retentionDays: 0 } } }), 400, "invalid_request");
  });

  it("is closed to who brings no credential", async () => {
    const here = await place();
    const reply = await api(here.db).as(null).post(`/tenants/${here.slug}/activity`, { entries: [] });
    refused(reply, 401, "unauthenticated");
  });
});
