import assert from "node:assert/strict";
import * as fc from "fast-check";
import { api, OPERATOR_KEY } from "../support/api.ts";
import { assertCounted, people, person } from "../directory/people.ts";
import { items, place, refused, type Place } from "./place.ts";

const seatsOf = async (here: Place): Promise<Record<string, unknown>> => (await here.call("GET", "/seats")).body;
const usedOf = async (here: Place): Promise<unknown> => (await seatsOf(here))["used"];

async function edit(here: Place, id: unknown, change: object, expected = 200): Promise<Record<string, unknown>> {
  const { status, body, text } = await here.call("PATCH", `/members/${String(id)}`, change);
  assert.equal(status, expected, text);
  return body;
}

async function queueOf(here: Place, query = ""): Promise<unknown[]> {
  return items(await here.call("GET", `/seats/waiting${query}`)).map(({ email, place: at }) => [at, email]);
}

describe("GET /seats", () => {
  it("is used, limit and remaining at any moment, with who waits (S0.5, S1.6, S3.8)", async () => {
    const here = await place({ seatLimit: 2 });
    assert.deepEqual(await seatsOf(here), { limit: 2, used: 0, remaining: 2, waiting: 0, overBy: 0 });
    await here.add("ana@example.com");
    await here.push("bea@example.com");
    await here.push("cid@example.com");
    assert.deepEqual(await seatsOf(here), { limit: 2, used: 2, remaining: 0, waiting: 1, overBy: 0 });
  });

  it("is unlimited as null, and counts all the same (rule 6)", async () => {
    const here = await place();
    await here.add("ana@example.com");
    assert.deepEqual(await seatsOf(here), { limit: null, used: 1, remaining: null, waiting: 0, overBy: 0 });
  });

  it("is for who has seats:view, and of one's own tenant", async () => {
    const [here, there] = [await place(), await place()];
    const own = await here.as("seats:view");
    assert.equal((await own("GET", "/seats")).status, 200);
    refused(await (await here.as("contact:view"))("GET", "/seats"), 403, "forbidden");
    const { key } = (await here.call("POST", "/api-keys", { name: "key", permissions: ["*"] })).body;
    refused(await api(here.db).as(key).get(`/tenants/${there.slug}/seats`), 404, "not_found");
    refused(await api(here.db).as(key).get(`/tenants/${there.slug}/seats/waiting`), 404, "not_found");
  });
});

describe("what a person costs", () => {
  const counted: readonly (readonly [counted: readonly string[], used: number])[] = [
    [["active"], 1],
    [["active", "invited"], 2],
    [["active", "suspended"], 2],
    [["active", "invited", "suspended"], 3],
    [["invited"], 1],
  ];
  for (const [countedStatuses, used] of counted) {
    it(`is by the policy: where ${countedStatuses.join(", ")} counts, ${used} of one of each (S0.2, S0.4, S1.19)`, async () => {
      const here = await place({
        seatLimit: 9,
        settings: { seats: { countedStatuses: countedStatuses as "active"[] } },
      });
      await people(here.tenantId, 1, "invitation", { joinedAt: null });
      await here.add("ana@example.com");
      const bea = await here.add("bea@example.com");
      await edit(here, bea["id"], { hold: true });
      await here.add("viewer@example.com", { roles: ["viewer"] });
      assert.equal(await usedOf(here), used);
      await assertCounted(here.tenantId);
    });
  }

  it("is a seat for admins and members and none for viewers; a change of role moves it (S3.3, S3.4, S3.5, S3.6)", async () => {
    const here = await place({ seatLimit: 2 });
    const boss = await here.add("boss@example.com", { roles: ["admin"] });
    const { id } = await here.add("ana@example.com", { roles: ["viewer"] });
    assert.deepEqual([boss["seat"], await usedOf(here)], ["held", 1]);
    assert.equal((await edit(here, id, { roles: ["member"] }))["seat"], "held");
    assert.equal((await edit(here, id, { roles: ["admin"] }))["seat"], "held");
    assert.equal(await usedOf(here), 2);
    assert.equal((await edit(here, id, { roles: ["viewer"] }))["seat"], "none");
    assert.equal(await usedOf(here), 1);
  });

  it("is nothing once suspended or removed, and a seat again on return, if there is one (S0.17, S0.19, S1.32)", async () => {
    const here = await place({ seatLimit: 1 });
    const { id } = await here.add("ana@example.com");
    const full = await here.call("POST", "/members", { email: "bea@example.com", name: { givenName: "Bea" } });
    assert.match(String(refused(full, 409, "seat_limit_reached")["detail"]), /^User seat limit reached: 1 of 1/);
    await edit(here, id, { hold: true });
    const bea = await here.add("bea@example.com");
    assert.equal((await edit(here, id, { hold: false }, 409))["code"], "seat_limit_reached");
    await here.call("DELETE", `/members/${String(bea["id"])}`);
    assert.equal((await edit(here, id, { hold: false }))["seat"], "held");
  });
});

describe("the limit", () => {
  it("is the plan's: trial 2, pro 10, advanced 50, business 100, the others without end (S0.3, S0.21)", async () => {
    const limits = { trial: 2, pro: 10, advanced: 50, business: 100, pilot: null, enterprise: null };
    for (const [plan, limit] of Object.entries(limits)) {
      assert.equal((await seatsOf(await place({ plan })))["limit"], limit, plan);
    }
  });

  it("is the operator's to set, and so billing's: raised, those who wait are let in, in their order (S3.13, S3.14)", async () => {
    const here = await place({ seatLimit: 1 });
    for (const name of ["ana", "bea", "cid", "dan"]) await here.push(`${name}@example.com`);
    const own = await here.as("*");
    refused(await own("PATCH", "", { seatLimit: 9 }), 403, "forbidden");
    assert.equal((await here.call("PATCH", "", { seatLimit: 3 })).status, 200);
    assert.deepEqual(await seatsOf(here), { limit: 3, used: 3, remaining: 0, waiting: 1, overBy: 0 });
    assert.deepEqual(await queueOf(here), [[1, "dan@example.com"]]);
    await assertCounted(here.tenantId);
  });

  it("lowered below what is used takes nobody's seat: none is free until enough have gone (rule 5)", async () => {
    const here = await place({ seatLimit: 3 });
    const ids = [];
    for (const name of ["ana", "bea", "cid"]) ids.push((await here.add(`${name}@example.com`))["id"]);
    await here.call("PATCH", "", { seatLimit: 1 });
    assert.deepEqual(await seatsOf(here), { limit: 1, used: 3, remaining: 0, waiting: 0, overBy: 2 });
    assert.equal((await edit(here, ids[2], { roles: ["admin"] }))["seat"], "held");
    await here.call("DELETE", `/members/${String(ids[0])}`);
    refused(
      await here.call("POST", "/members", { email: "dan@example.com", name: { givenName: "Dan" } }),
      409,
      "seat_limit_reached",
    );
    await here.call("DELETE", `/members/${String(ids[1])}`);
    assert.deepEqual(await seatsOf(here), { limit: 1, used: 1, remaining: 0, waiting: 0, overBy: 0 });
    await assertCounted(here.tenantId);
  });
});

describe("seats for newcomers", () => {
  it("are assigned by default, as long as there are some (S3.9)", async () => {
    const here = await place({ seatLimit: 1, settings: { seats: { whenFull: { invitation: "downgrade" } } } });
    const [ana, bea] = await people(here.tenantId, 2, "invitation");
    assert.deepEqual([ana?.roles, ana?.seat, bea?.roles, bea?.seat], [["member"], "held", ["viewer"], "none"]);
  });

  it("are not with the toggle off: they are viewers until an admin gives them a role (S3.10, S3.11)", async () => {
    const here = await place({ seatLimit: 5, settings: { seats: { autoAssign: false } } });
    const ana = await person(here.tenantId, "link", { granted: ["member"] });
    assert.deepEqual([ana.roles, ana.seat, ana.waitingSince], [["viewer"], "none", null]);
    const after = await edit(here, ana.id, { roles: ["member"] });
    assert.deepEqual([after["roles"], after["seat"]], [["member"], "held"]);
  });

  it("are assigned to all who have none at once, first come, first served (S3.12)", async () => {
    const here = await place({ seatLimit: 2, settings: { seats: { autoAssign: false } } });
    const all = await people(here.tenantId, 3, "link");
    const { body } = await here.call("POST", "/members/bulk", { action: "assignSeats" });
    assert.deepEqual(
      body.results.map(({ id, status }: { id: string; status: string }) => [id, status]),
      all.map(({ id }, i) => [id, i < 2 ? "changed" : "refused"]),
    );
    assert.equal(await usedOf(here), 2);
  });
});

describe("GET /seats/waiting", () => {
  it("is the queue with places, the next one first, and page by page", async () => {
    const here = await place({ seatLimit: 1 });
    const { id: seated } = await here.push("boss@example.com");
    const start = Date.now();
    const waiting = [];
    for (let i = 0; i < 5; i++) waiting.push((await person(here.tenantId, "scim", {}, new Date(start + i))).email);
    assert.deepEqual(
      await queueOf(here),
      waiting.map((email, i) => [i + 1, email]),
    );
    const { body } = await here.call("GET", "/seats/waiting?limit=2");
    assert.deepEqual([body.total, body.items.length, body.items[0].entitledRoles], [5, 2, ["member"]]);
    const next = await here.call("GET", `/seats/waiting?limit=2&cursor=${body.nextCursor}`);
    assert.deepEqual(
      next.body.items.map(({ place: at }: { place: number }) => at),
      [3, 4],
    );
    // Who has got a seat meanwhile makes nobody be passed over.
    await here.unpush(seated);
    const last = await here.call("GET", `/seats/waiting?limit=2&cursor=${next.body.nextCursor}`);
    assert.deepEqual(
      last.body.items.map(({ place: at, email }: { place: number; email: string }) => [at, email]),
      [[4, waiting[4]]],
    );
    assert.deepEqual([last.body.nextCursor, (await seatsOf(here))["waiting"]], [null, 4]);
  });

  it("has first who lost a seat by a move between groups, and no time of theirs (rule 4)", async () => {
    const here = await place({ seatLimit: 1 });
    await here.push("boss@example.com");
    await here.push("bea@example.com");
    const head = await person(here.tenantId, "scim");
    await here.db.pool.query("update members set waiting_since = 'epoch' where tenant_id = $1 and id = $2", [
      here.tenantId,
      head.id,
    ]);
    const [first, second] = items(await here.call("GET", "/seats/waiting"));
    assert.deepEqual([first?.["id"], first?.["place"], first?.["waitingSince"]], [head.id, 1, null]);
    assert.match(String(second?.["waitingSince"]), /^\d{4}-/);
  });

  it("forgets who is suspended, and is refused without members:view or with a cursor of its own making", async () => {
    const here = await place({ seatLimit: 0 });
    const { id } = await here.push("ana@example.com");
    await here.activate(id, false);
    assert.deepEqual(await queueOf(here), []);
    refused(await (await here.as("seats:view"))("GET", "/seats/waiting"), 403, "forbidden");
    const forged = [
      "e30",
      Buffer.from(JSON.stringify({ since: "x", created: "y", id, total: 1 })).toString("base64url"),
    ];
    for (const cursor of forged) {
      refused(await here.call("GET", `/seats/waiting?cursor=${cursor}`), 400, "invalid_request");
    }
  });
});

describe("GET /seats of all tenants", () => {
  it("is what each of them reads itself, by plan, for the operator's billing alone", async () => {
    const [ana, bea] = [await place({ plan: "pro" }), await place({ seatLimit: 0 })];
    await ana.add("a@example.com");
    await bea.push("b@example.com");
    const operator = api(ana.db);
    const found = new Map<string, Record<string, unknown>>();
    for (let cursor = ""; ;) {
      const { body } = await operator.get(`/seats?limit=200${cursor}`);
      for (const each of body.items) found.set(each.slug, each);
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    for (const here of [ana, bea]) {
      const { id, slug, plan, ...numbers } = found.get(here.slug) ?? {};
      assert.deepEqual([id, slug], [here.tenantId, here.slug]);
      assert.equal(plan, here === ana ? "pro" : null);
      assert.deepEqual(numbers, await seatsOf(here));
    }
    const { key } = (await ana.call("POST", "/api-keys", { name: "key", permissions: ["*"] })).body;
    refused(await operator.as(key).get("/seats"), 403, "forbidden");
    refused(await operator.as(OPERATOR_KEY).get("/seats?cursor=e30"), 400, "invalid_request");
  });
});

describe("the number of seats", () => {
  it("is one wherever it is asked: API, list, CSV, queue and billing, whatever happens (S3.28, S3.31)", async () => {
    const here = await place({ seatLimit: 3, settings: { seats: { whenFull: { admin: "waitlist" } } } });
    const ids = [(await here.add("boss@example.com", { roles: ["admin"] }))["id"]];
    for (const name of ["ana", "bea", "cid", "dan"]) ids.push((await here.add(`${name}@example.com`))["id"]);
    const act = fc.oneof(
      fc.record({ hold: fc.boolean() }),
      fc.record({ roles: fc.constantFrom(["member"], ["viewer"], ["admin"]) }),
    );
    const limit = fc.option(fc.integer({ min: 0, max: 6 }), { nil: null });
    const step = fc.oneof(fc.tuple(fc.constantFrom(...ids), act), limit);
    const agrees = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
      for (const each of steps) {
        if (Array.isArray(each)) await here.call("PATCH", `/members/${String(each[0])}`, each[1]);
        else await here.call("PATCH", "", { seatLimit: each });
      }
      const { used, waiting } = await seatsOf(here);
      const total = async (query: string): Promise<number> =>
        (await here.call("GET", `/members?${query}&limit=1`)).body.total;
      const held = (await here.call("GET", "/members.csv?seat=with")).text.trimEnd().split("\r\n").length - 1;
      const yes = [...(await here.call("GET", "/members.csv")).text.matchAll(/,yes\r\n/g)].length;
      const rows = "select count(*) as held from members where tenant_id = $1 and seat = 'held'";
      const [stored] = (await here.db.pool.query(rows, [here.tenantId])).rows;
      assert.deepEqual([await total("seat=with"), held, yes, Number(stored.held)], [used, used, used, used]);
      assert.deepEqual([await total("seat=waiting"), (await queueOf(here)).length], [waiting, waiting]);
      await assertCounted(here.tenantId);
    });
    await fc.assert(agrees, { numRuns: 8 });
  });
});
