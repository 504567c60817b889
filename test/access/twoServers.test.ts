/** One-time use and one member for one person, over two server processes on one PostgreSQL. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Client } from "pg";
import { operator } from "../start/apiCalls.ts";
import { startServer, type ServerProcess } from "../start/serverProcess.ts";
import { withPostgres } from "../storage/withPostgres.ts";
import { begin, finish, makeDoor, memberOf, post, PUBLIC_URL, type Door, type Step } from "./farSaml.ts";

const MANY = 200;
/** Browsers come from addresses of their own, so that the rate of one address does not do the work of the database. */
const ipOf = (i: number): string => `198.51.100.${i}`;

/** Does all of it at once. */
function each<T>(work: (i: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: MANY }, (_, i) => work(i)));
}

/** Does a step until the server is not too busy for it, which it says with 503 and Retry-After: on a slow machine. */
async function insisting(work: () => Promise<Step>): Promise<Step> {
  for (;;) {
    const step = await work();
    if (step.status !== 503) return step;
    assert.equal(step.retryAfter, "5");
    await setTimeout(500);
  }
}

withPostgres("200 sign-ins at once over two server processes", (postgres) => {
  let folder: string;
  let servers: ServerProcess[] = [];
  let database: Client;
  before(async function () {
    this.timeout(120_000);
    folder = mkdtempSync(join(tmpdir(), "usher-two-doors-"));
    const environment = { DATABASE_URL: postgres().url, USHER_DATA_DIR: folder, PUBLIC_URL, TRUST_PROXY: "true" };
    servers = await Promise.all([startServer(environment), startServer(environment)]);
    database = new Client({ connectionString: postgres().url });
    await database.connect();
  });
  after(async () => {
    await database.end();
    await Promise.all(servers.map((server) => server.end("SIGTERM")));
    rmSync(folder, { recursive: true });
  });

  const urlOf = (i: number): string => servers[i % servers.length]?.url ?? "";

  async function rows({ tenant }: Door): Promise<unknown> {
    const text = `select
      (select count(*)::int from members where tenant_id = $1) as members,
      (select count(*)::int from members where tenant_id = $1 and seat = 'held') as held,
      (select used from tenant_seats where tenant_id = $1) as used,
      (select count(*)::int from identities where tenant_id = $1) as identities,
      (select count(*)::int from sessions where tenant_id = $1) as sessions,
      (select count(*)::int from events where tenant_id = $1 and type = 'member.created') as told`;
    return (await database.query(text, [tenant.id])).rows[0];
  }

  it("make one session of one response that is posted 200 times", async function () {
    this.timeout(180_000);
    const door = await makeDoor(urlOf(0), { seatLimit: 5 });
    const waiting = await begin(urlOf(0), door, { nameId: "ana-1", email: "ana@customer.example" });
    const posted = await each((i) => insisting(() => post(urlOf(i), door, waiting, ipOf(i))));
    const taken = posted.filter(({ status }) => status === 303);
    assert.equal(taken.length, 1);
    assert.equal(posted.filter(({ status }) => status === 403).length, MANY - 1);
    const [first] = taken;
    assert.ok(first);
    const finished = await each((i) => insisting(() => finish(urlOf(i), first, waiting)));
    assert.equal(finished.filter(({ status }) => status === 303).length, 1, "a handle is redeemed once");
    assert.deepEqual(await rows(door), { members: 1, held: 1, used: 1, identities: 1, sessions: 1, told: 1 });
    for (const server of servers) assert.equal(server.log(), "");
  });

  for (const seatLimit of [5, 1, 0]) {
    it(`make one member of one person who signs in first 200 times, where the limit is ${seatLimit} (T09)`, async function () {
      this.timeout(240_000);
      const door = await makeDoor(urlOf(0), { seatLimit });
      const person = { nameId: "ana-1", email: "ana@customer.example" };
      const waiting = await each((i) => begin(urlOf(i), door, person));
      const finished = await each(async (i) => {
        const browser = waiting[i];
        assert.ok(browser);
        const posted = await insisting(() => post(urlOf(i), door, browser, ipOf(i)));
        assert.equal(posted.status, 303);
        // The handle is redeemed at the other process than the one that gave it.
        return insisting(() => finish(urlOf(i + 1), posted, browser));
      });
      assert.deepEqual(new Set(finished.map(({ status }) => status)), new Set([303]));
      const [one, other] = [finished[0], finished[MANY - 1]];
      assert.ok(one && other);
      assert.equal(await memberOf(urlOf(0), one), await memberOf(urlOf(1), other));
      const held = Math.min(1, seatLimit);
      assert.deepEqual(await rows(door), { members: 1, held, used: held, identities: 1, sessions: MANY, told: 1 });
      for (const server of servers) assert.equal(server.log(), "");
    });
  }

  it("T14: know at once of a session that is ended at the other, by its owner or an admin, and of a role that is taken", async function () {
    this.timeout(60_000);
    const door = await makeDoor(urlOf(0), { seatLimit: 5 });
    const person = { nameId: "ana-1", email: "ana@customer.example" };
    const cookies = [];
    for (let i = 0; i < 3; i++) {
      const browser = await begin(urlOf(0), door, person);
      cookies.push((await finish(urlOf(0), await post(urlOf(0), door, browser, ipOf(i)), browser)).cookie);
    }
    const [mine = "", lost = "", kept = ""] = cookies;
    const session = async (at: number, cookie: string): Promise<{ status: number; body: Record<string, unknown> }> => {
      const reply = await fetch(`${urlOf(at)}/api/v1/session`, { headers: { cookie } });
      return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
    };
    for (const at of [0, 1]) for (const cookie of cookies) assert.equal((await session(at, cookie)).status, 200);
    const ids = await database.query("select id from sessions where tenant_id = $1 order by id", [door.tenant.id]);
    const headers = { cookie: mine, "x-csrf-token": String((await session(0, mine)).body["csrfToken"]) };
    const device = `/api/v1/session/devices/${ids.rows[1].id}`;
    assert.equal((await fetch(urlOf(0) + device, { method: "DELETE", headers })).status, 204);
    assert.deepEqual([(await session(1, lost)).status, (await session(1, kept)).status], [401, 200]);
    const memberId = ((await session(1, kept)).body["member"] as { id: string }).id;
    const path = `/tenants/${door.tenant.slug}/members/${memberId}`;
    await operator("PATCH", urlOf(0), path, { roles: ["viewer"] });
    assert.deepEqual((await session(1, kept)).body["roles"], ["viewer"]);
    await operator("DELETE", urlOf(0), `${path}/sessions`);
    for (const server of [0, 1]) assert.equal((await session(server, kept)).status, 401);
  });

  it("take and keep an answer while the tenant's seats are locked, and finish when they are free", async function () {
    this.timeout(60_000);
    const door = await makeDoor(urlOf(0), { seatLimit: 5 });
    const person = { nameId: "ana-1", email: "ana@customer.example" };
    const waiting = await Promise.all(Array.from({ length: 40 }, (_, i) => begin(urlOf(i), door, person)));
    await database.query("begin");
    await database.query("select from tenant_seats where tenant_id = $1 for update", [door.tenant.id]);
    const finishing = waiting.slice(0, 36).map(async (browser, i) => {
      const posted = await post(urlOf(i), door, browser, ipOf(i));
      assert.equal(posted.status, 303);
      return insisting(() => finish(urlOf(i), posted, browser));
    });
    // More wait for the lock than there are connections, yet there is one for who comes now.
    const locked = "select count(*)::int as count from pg_stat_activity where wait_event_type = 'Lock'";
    while ((await database.query(locked)).rows[0].count < servers.length * 8) await setTimeout(20);
    const late = await Promise.all(waiting.slice(36).map((browser, i) => post(urlOf(i), door, browser, ipOf(i))));
    assert.deepEqual(new Set(late.map(({ status }) => status)), new Set([303]));
    assert.equal((await fetch(`${urlOf(0)}/readyz`)).status, 200);
    await database.query("commit");
    for (const { status } of await Promise.all(finishing)) assert.equal(status, 303);
  });
});
