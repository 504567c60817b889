/** The report of a review of accesses. */
import assert from "node:assert/strict";
import { seenOf } from "../support/statements.ts";
import { items, place, refused, type Place } from "./place.ts";

const DAY_MS = 86_400_000;

type Json = Record<string, unknown>;

async function signedIn({ db }: Place, id: string, daysAgo: number): Promise<void> {
  const at = new Date(Date.now() - daysAgo * DAY_MS);
  await db.pool.query("update members set last_sign_in_at = $2 where id = $1", [id, at]);
}

async function createdAgo({ db }: Place, id: string, days: number): Promise<void> {
  await db.pool.query("update members set created_at = now() - $2::int * interval '1 day' where id = $1", [id, days]);
}

async function review(here: Place, query = ""): Promise<{ items: Json[]; total: number; totals: Json | null }> {
  const reply = await here.call("GET", `/access-review${query}`);
  items(reply);
  return reply.body as { items: Json[]; total: number; totals: Json | null };
}

const addressesOf = (list: readonly Json[]): unknown[] => list.map(({ email }) => email);

/** An admin who came yesterday, somebody who has not come for long, one who never came, and a newcomer. */
async function crowd() {
  const here = await place();
  const add = async (name: string, more: object = {}) => String((await here.add(`${name}@example.com`, more))["id"]);
  const ids = { boss: await add("boss", { roles: ["admin"] }), old: await add("old"), never: await add("never") };
  const fresh = await add("fresh");
  await signedIn(here, ids.boss, 1);
  await signedIn(here, ids.old, 91);
  await createdAgo(here, ids.never, 91);
  await createdAgo(here, ids.boss, 400);
  return { ...ids, fresh, here };
}

describe("GET /tenants/{t}/access-review", () => {
  it("says who has not signed in for N days, those who never did by the day they were added (S1.15)", async () => {
    const { here } = await crowd();
    assert.deepEqual(addressesOf((await review(here, "?only=inactive")).items), [
      "old@example.com",
      "never@example.com",
    ]);
    assert.deepEqual(addressesOf((await review(here, "?only=inactive&inactiveDays=92")).items), []);
    const all = await review(here, "?inactiveDays=1");
    assert.deepEqual(
      all.items.map(({ inactive }) => inactive),
      [true, true, true, false],
    );
    assert.deepEqual([all.total, all.totals], [4, { members: 4, admins: 1, inactive: 3 }]);
  });

  it("takes nobody for inactive who is suspended: they come in no more anyway", async () => {
    const { here, old } = await crowd();
    await here.call("PATCH", `/members/${old}`, { hold: true });
    assert.deepEqual(addressesOf((await review(here, "?only=inactive")).items), ["never@example.com"]);
  });

  it("says who administers, by any role that has everything, suspended or not (S2.31)", async () => {
    const { here, old, fresh } = await crowd();
    assert.equal((await here.call("POST", "/roles", { slug: "chief", name: "Chief", extends: "admin" })).status, 201);
    await here.call("PATCH", `/members/${fresh}`, { roles: ["chief"] });
    await here.call("PATCH", `/members/${old}`, { roles: ["admin"] });
    await here.call("PATCH", `/members/${old}`, { hold: true });
    const { items: admins } = await review(here, "?only=admins");
    assert.deepEqual(addressesOf(admins), ["boss@example.com", "old@example.com", "fresh@example.com"]);
    assert.ok(admins.every(({ isAdmin }) => isAdmin === true));
    const everybody = (await review(here)).items.map(({ isAdmin }) => isAdmin);
    assert.deepEqual(everybody, [true, true, false, true]);
  });

  it("says what roles changed since the last review, by whom, and leaves other changes out (S2.31)", async () => {
    const { here, old, fresh, boss } = await crowd();
    const since = `?only=changed&changedSince=${new Date().toISOString()}`;
    await here.call("PATCH", `/members/${fresh}`, { jobTitle: "Lead" });
    const key = await here.as("*");
    await key("PATCH", `/members/${old}`, { roles: ["viewer"] });
    await key("PATCH", `/members/${old}`, { roles: ["admin"] });
    await here.call("PATCH", `/members/${boss}/grants`, { permissions: ["members:view"] });
    const { items: changed } = await review(here, since);
    assert.deepEqual(addressesOf(changed), ["boss@example.com", "old@example.com"]);
    const latest = changed[1]?.["latestChange"] as Json;
    assert.deepEqual([changed[1]?.["changes"], latest["roles"]], [2, [["viewer"], ["admin"]]]);
    assert.equal((latest["actor"] as Json)["type"], "api_key");
    assert.equal((changed[0]?.["latestChange"] as Json | undefined)?.["roles"], null);
    const later = new Date(Date.now() + DAY_MS).toISOString();
    assert.deepEqual((await review(here, `?only=changed&changedSince=${later}`)).items, []);
  });

  it("takes whoever came with a role since the last review for a change", async () => {
    const { here } = await crowd();
    const since = `?only=changed&changedSince=${new Date().toISOString()}`;
    await here.add("chief@example.com", { roles: ["admin"] });
    const { items: changed } = await review(here, since);
    assert.deepEqual(addressesOf(changed), ["chief@example.com"]);
    const [first = {}] = changed;
    assert.deepEqual([first["changes"], (first["latestChange"] as Json)["roles"]], [1, [[], ["admin"]]]);
    const { total } = await review(here, "?only=changed&changedSince=0001-01-01T00:00:00Z");
    assert.equal(total, 5);
  });

  it("counts a hundred changes of one member at most, and says so", async () => {
    const { here, fresh } = await crowd();
    await here.db.pool.query(
      `insert into events (tenant_id, id, type, actor_type, target_type, target_id, at, data)
        select $1, uuid_v7(now()), 'member.updated', 'system', 'member', $2, now(),
          '{"attributes":[],"roles":[["member"],["viewer"]]}'
        from generate_series(1, 150)`,
      [here.tenantId, fresh],
    );
    const { items: changed } = await review(here, "?only=changed");
    assert.equal(changed.at(-1)?.["changes"], 100);
  });

  it("shows break-glass members, and by which directory somebody is managed", async () => {
    const { here, old } = await crowd();
    await here.push("pushed@example.com");
    const glass = await here.call("PATCH", `/members/${old}`, { breakGlass: true });
    assert.equal(glass.status, 200, glass.text);
    const shown = (await review(here)).items.map(({ breakGlass, directory }) => [breakGlass, directory]);
    assert.deepEqual(shown[1], [true, null]);
    assert.deepEqual(shown.at(-1), [false, "default"]);
  });

  it("is paged in two round trips a page, whatever the number of members", async () => {
    const { here } = await crowd();
    const first = await review(here, "?limit=3");
    assert.deepEqual([first.items.length, first.total], [3, 4]);
    const next = (first as unknown as { nextCursor: string }).nextCursor;
    const rest = await review(here, `?limit=3&cursor=${next}`);
    assert.deepEqual([rest.items.length, rest.total, rest.totals], [1, 4, null]);
    const { statements } = await seenOf(here.db, () => review(here, "?only=changed"));
    assert.equal(statements.filter((name) => name.startsWith("access_review")).length, 2);
    refused(await here.call("GET", "/access-review?cursor=e30"), 400, "invalid_request");
    for (const query of ["inactiveDays=0", "inactiveDays=801", "only=nobody", "changedSince=x"]) {
      refused(await here.call("GET", `/access-review?${query}`), 400, "invalid_request");
    }
  });

  it("shows nothing of another tenant, and needs members:view", async () => {
    const [{ here }, there] = [await crowd(), await place()];
    assert.deepEqual((await review(there)).items, []);
    refused(await (await here.as("events:view"))("GET", "/access-review"), 403, "forbidden");
    refused(await (await here.as("members:view"))("GET", "/access-review.csv"), 403, "forbidden");
    assert.equal((await (await here.as("members:view"))("GET", "/access-review")).status, 200);
  });
});

describe("GET /tenants/{t}/access-review.csv", () => {
  it("holds all whom the filter finds, with a header, and no cell that is a formula", async () => {
    const { here, old, never } = await crowd();
    await here.call("PATCH", `/members/${old}`, { name: { givenName: "=HYPERLINK(1)", familyName: "x" } });
    const { status, text, headers } = await here.call("GET", "/access-review.csv?only=inactive");
    assert.equal(status, 200);
    assert.match(headers["content-disposition"] ?? "", /access-review-.*\.csv/);
    const [header, ...rows] = text.trim().split("\r\n");
    assert.equal(
      header,
      "id,email,name,status,isAdmin,roles,permissionsByHand,hasSeat,directory,entrance,createdAt,lastSignInAt,inactive," +
        "changes,lastChangeAt,lastChangeBy",
    );
    assert.deepEqual(
      rows.map((row) => row.split(",")[0]),
      [old, never],
    );
    assert.match(rows[0] ?? "", /,'=HYPERLINK\(1\) x,active,no,member,,yes,,admin,/);
  });

  it("goes on beyond a page", async () => {
    const here = await place();
    await here.add("ana@example.com");
    await here.db.pool.query(
      `insert into members (tenant_id, id, user_name_key, name_key, scim, entrance, joined_at, granted, entitled, roles,
          administers, seat, needs_seat, reasons, created_at, updated_at)
        select $1, uuid_v7(now()), 'n' || n, 'n', '{}', 'admin', now(), '{}', '{viewer}', '{viewer}', false, 'none', false,
          '[]', now(), now() from generate_series(1, 1004) n`,
      [here.tenantId],
    );
    const { text } = await here.call("GET", "/access-review.csv");
    assert.equal(text.trim().split("\r\n").length, 1 + 1005);
  });
});
