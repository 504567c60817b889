import assert from "node:assert/strict";
import * as fc from "fast-check";
import { bulkJobs } from "../../src/directory/members/memberBulk.ts";
import { assertCounted, people } from "../directory/people.ts";
import { workUntil } from "../events/working.ts";
import { api, type ApiReply } from "../support/api.ts";
import { items, place, refused, type Place } from "./place.ts";

const NOBODY = "01900000-0000-7000-8000-000000000000";

interface Row {
  readonly id: string;
  readonly email: string | null;
  readonly status: string;
  readonly code?: string;
  readonly detail?: string;
}

interface Run {
  readonly id: string | null;
  readonly status: string;
  readonly total: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly refused: number;
  readonly seats: { readonly limit: number | null; readonly before: number; readonly after: number } | null;
  readonly results: readonly Row[];
  readonly nextCursor: string | null;
}

function run({ status, body, text }: ApiReply, expected = 200): Run {
  assert.equal(status, expected, text);
  return body as Run;
}

async function bulk(here: Place, body: object): Promise<Run> {
  return run(await here.call("POST", "/members/bulk", body));
}

async function added(here: Place, name: string, roles?: string[]): Promise<string> {
  return String((await here.add(`${name}@example.com`, roles ? { roles } : {}))["id"]);
}

async function member(here: Place, id: string): Promise<Record<string, unknown>> {
  return (await here.call("GET", `/members/${id}`)).body as Record<string, unknown>;
}

async function eventsOf(here: Place, type: string): Promise<string[]> {
  const found = items(await here.call("GET", `/events?type=${type}`)) as unknown as { target: { id: string } }[];
  return found.map(({ target }) => target.id).toSorted();
}

const statusesOf = ({ results }: Run): string[] => results.map((row) => row.code ?? row.status);

describe("POST /members/bulk", () => {
  it("S2.26 changes the role of many, each decided alone, with one event for each who changes", async () => {
    const here = await place();
    const boss = await added(here, "boss", ["admin"]);
    const [ana, bea] = [await added(here, "ana"), await added(here, "bea", ["viewer"])];
    const done = await bulk(here, { action: "changeRole", role: "viewer", ids: [ana, bea, boss, NOBODY] });
    assert.deepEqual(statusesOf(done), ["changed", "unchanged", "last_admin", "not_found"]);
    assert.deepEqual([done.total, done.changed, done.unchanged, done.refused], [4, 1, 1, 2]);
    assert.equal(done.results[0]?.email, "ana@example.com");
    assert.match(done.results[2]?.detail ?? "", /Make another member an admin/);
    assert.deepEqual((await member(here, ana))["roles"], ["viewer"]);
    assert.deepEqual((await member(here, boss))["roles"], ["admin"]);
    assert.deepEqual(await eventsOf(here, "member.updated"), [ana]);
  });

  it("S2.26 puts those whom a filter finds into a team, by its name", async () => {
    const here = await place();
    const [ana, bea] = [await added(here, "ana"), await added(here, "bea")];
    await added(here, "cid", ["viewer"]);
    await here.call("POST", "/teams", { name: "Support", members: [bea] });
    const done = await bulk(here, { action: "addToTeam", team: "support", filter: { role: "member" } });
    assert.deepEqual(statusesOf(done), ["changed", "unchanged"]);
    assert.equal(items(await here.call("GET", "/members?team=support")).length, 2);
    assert.deepEqual(await eventsOf(here, "member.teams_changed"), [ana, bea].toSorted());
  });

  it("S2.27 suspends many and frees their seats; a release asks for one each (rule 2)", async () => {
    const here = await place({ seatLimit: 2, settings: { seats: { whenFull: { admin: "refuse" } } } });
    const [ana, bea] = [await added(here, "ana"), await added(here, "bea")];
    const held = await bulk(here, { action: "hold", ids: [ana, bea] });
    assert.deepEqual([statusesOf(held), held.seats], [["changed", "changed"], { limit: 2, before: 2, after: 0 }]);
    await added(here, "cid");
    const back = await bulk(here, { action: "release", filter: { status: "suspended" } });
    assert.deepEqual([statusesOf(back), back.seats?.after], [["changed", "seat_limit_reached"], 2]);
    assert.match(back.results[1]?.detail ?? "", /^User seat limit reached: 2 of 2 seats used/);
    assert.equal((await member(here, bea))["status"], "suspended");
    await assertCounted(here.tenantId);
  });

  it("S3.12 assigns seats to viewers by the time they joined, until there is none left (rule 8)", async () => {
    const here = await place({ seatLimit: 3 });
    const boss = await added(here, "boss", ["admin"]);
    const ids = [];
    for (const name of ["ana", "bea", "cid"]) ids.push(await added(here, name, ["viewer"]));
    const done = await bulk(here, { action: "assignSeats" });
    assert.deepEqual(
      done.results.map(({ id, status }) => [id, status]),
      [
        [ids[0], "changed"],
        [ids[1], "changed"],
        [ids[2], "refused"],
      ],
    );
    assert.deepEqual(done.seats, { limit: 3, before: 1, after: 3 });
    assert.deepEqual((await member(here, ids[0] ?? ""))["roles"], ["viewer", "member"]);
    assert.deepEqual(
      [(await member(here, ids[2] ?? ""))["seat"], (await member(here, boss))["seat"]],
      ["none", "held"],
    );
    await assertCounted(here.tenantId);
  });

  it("assigns by the order of joining whatever the order of the ids, and queues nobody (rule 8)", async () => {
    const seats = { autoAssign: false, whenFull: { admin: "waitlist" } } as const;
    const here = await place({ seatLimit: 1, settings: { seats } });
    const [ana, bea] = await people(here.tenantId, 2, "invitation", { granted: ["member"] });
    assert.ok(ana && bea);
    assert.equal((await member(here, ana.id))["seat"], "none");
    const done = await bulk(here, { action: "assignSeats", ids: [bea.id, ana.id] });
    assert.deepEqual(
      done.results.map(({ id }) => id),
      [ana.id, bea.id],
    );
    assert.deepEqual(statusesOf(done), ["changed", "seat_limit_reached"]);
    assert.deepEqual((await member(here, ana.id))["roles"], ["member"]);
    assert.equal((await member(here, bea.id))["seat"], "none");
  });

  it("S4.11 removes many, but for those whom a directory manages (rule 14) and the last admin (rule 17)", async () => {
    const here = await place({ seatLimit: 5 });
    const boss = await added(here, "boss", ["admin"]);
    const ana = await added(here, "ana");
    const { id: bea } = await here.push("bea@example.com");
    const done = await bulk(here, { action: "remove", filter: {} });
    const outcome = new Map(done.results.map((row) => [row.id, row.code ?? row.status]));
    assert.deepEqual(
      [outcome.get(boss), outcome.get(ana), outcome.get(bea)],
      ["last_admin", "changed", "managed_by_directory"],
    );
    refused(await here.call("GET", `/members/${ana}`), 404, "not_found");
    assert.deepEqual(await eventsOf(here, "member.deleted"), [ana]);
    await assertCounted(here.tenantId);
  });

  it("keeps the mapped role of who is managed by a directory (rule 14)", async () => {
    const here = await place();
    const { id: ana } = await here.push("ana@example.com", { title: "Boss" });
    await here.call("PUT", "/role-mappings", [{ when: 'title eq "Boss"', role: "member" }]);
    const done = await bulk(here, { action: "changeRole", role: "viewer", ids: [ana] });
    assert.deepEqual(statusesOf(done), ["managed_by_directory"]);
    assert.deepEqual(statusesOf(await bulk(here, { action: "hold", ids: [ana] })), ["changed"]);
  });

  it("previews what would happen, to whom and to the seats, and writes nothing", async () => {
    const here = await place({ seatLimit: 2 });
    await added(here, "boss", ["admin"]);
    const ids = [await added(here, "ana", ["viewer"]), await added(here, "bea", ["viewer"])];
    const before = await here.call("GET", "/members");
    const events = items(await here.call("GET", "/events")).length;
    const preview = await bulk(here, { action: "changeRole", role: "member", ids, preview: true });
    assert.deepEqual(statusesOf(preview), ["changed", "seat_limit_reached"]);
    assert.deepEqual(preview.seats, { limit: 2, before: 1, after: 2 });
    await bulk(here, { action: "remove", filter: {}, preview: true });
    await here.call("POST", "/teams", { name: "Red" });
    await bulk(here, { action: "addToTeam", team: "Red", filter: {}, preview: true });
    assert.deepEqual((await here.call("GET", "/members")).body, before.body);
    assert.equal(items(await here.call("GET", "/events")).length, events + 1);
    const real = await bulk(here, { action: "changeRole", role: "member", ids });
    assert.deepEqual(real, preview);
  });

  it("gives no role above the caller's, nor takes one away (rule 16)", async () => {
    const here = await place();
    const [boss, ana] = [await added(here, "boss", ["admin"]), await added(here, "ana")];
    await added(here, "other", ["admin"]);
    const editor = await here.as("members:edit", "contact:view");
    const asked = { action: "changeRole", ids: [boss, ana] };
    refused(await editor("POST", "/members/bulk", { ...asked, role: "admin" }), 403, "forbidden");
    const done = run(await editor("POST", "/members/bulk", { ...asked, role: "viewer" }));
    assert.deepEqual(statusesOf(done), ["forbidden", "changed"]);
    assert.deepEqual((await member(here, boss))["roles"], ["admin"]);
    refused(await editor("POST", "/members/bulk", { action: "remove", ids: [ana] }), 403, "forbidden");
    refused(await editor("POST", "/members/bulk", { action: "assignSeats" }), 403, "forbidden");
    refused(await editor("POST", "/members/bulk", { action: "addToTeam", team: "x", ids: [ana] }), 403, "forbidden");
    refused(await (await here.as("members:view"))("POST", "/members/bulk", asked), 403, "forbidden");
  });

  it("has not found another tenant's members, teams and jobs", async () => {
    const [here, there] = [await place(), await place()];
    const stranger = await added(there, "eve");
    const team = (await there.call("POST", "/teams", { name: "Theirs" })).body as { id: string };
    for (const action of ["hold", "release", "assignSeats", "remove"]) {
      assert.deepEqual(statusesOf(await bulk(here, { action, ids: [stranger] })), ["not_found"], action);
    }
    refused(
      await here.call("POST", "/members/bulk", { action: "addToTeam", team: team.id, filter: {} }),
      404,
      "not_found",
    );
    refused(await here.call("GET", `/members/bulk/${NOBODY}`), 404, "not_found");
    assert.equal((await member(there, stranger))["status"], "active");
  });

  const wrong: readonly (readonly [what: string, body: object])[] = [
    ["no action", { ids: [NOBODY] }],
    ["an unknown action", { action: "promote", ids: [NOBODY] }],
    ["nobody chosen", { action: "hold" }],
    ["ids and a filter", { action: "hold", ids: [NOBODY], filter: {} }],
    ["no ids", { action: "hold", ids: [] }],
    ["an id twice", { action: "hold", ids: [NOBODY, NOBODY] }],
    ["what is no id", { action: "hold", ids: ["x"] }],
    ["an unknown filter", { action: "hold", filter: { tenantId: NOBODY } }],
    ["changeRole without a role", { action: "changeRole", ids: [NOBODY] }],
    ["changeRole to a role that is not there", { action: "changeRole", role: "owner", ids: [NOBODY] }],
    ["a role and roles", { action: "changeRole", role: "viewer", roles: ["viewer"], ids: [NOBODY] }],
    ["hold with a role", { action: "hold", role: "viewer", ids: [NOBODY] }],
    ["a search of U+0000", { action: "hold", filter: { search: "a\u0000" } }],
    ["a team of U+0000", { action: "addToTeam", team: "a\u0000", ids: [NOBODY] }],
    ["addToTeam without a team", { action: "addToTeam", ids: [NOBODY] }],
  ];
  it("refuses what is not meant, and does nothing then", async () => {
    const here = await place();
    for (const [what, body] of wrong) {
      assert.equal((await here.call("POST", "/members/bulk", body)).status, 400, what);
    }
  });

  it("never passes the limit, keeps the counter and an admin, whatever is done in bulk (rules 1, 2, 17)", async () => {
    const here = await place({ seatLimit: 3 });
    const ids = [await added(here, "boss", ["admin"])];
    for (const name of ["ana", "bea", "cid", "dan"]) ids.push(await added(here, name, ["viewer"]));
    const action = fc.oneof(
      fc.constantFrom({ action: "hold" }, { action: "release" }, { action: "assignSeats" }),
      fc.constantFrom("admin", "member", "viewer").map((role) => ({ action: "changeRole", role })),
    );
    const some = fc.subarray(ids, { minLength: 1 });
    const steps = fc.array(fc.tuple(action, some), { minLength: 1, maxLength: 4 });
    const holds = fc.asyncProperty(steps, async (all) => {
      for (const [asked, chosen] of all) {
        const { seats } = await bulk(here, { ...asked, ids: chosen });
        assert.ok((seats?.after ?? 9) <= 3);
        await assertCounted(here.tenantId);
        const admins = items(await here.call("GET", "/members?role=admin&status=active"));
        assert.ok(admins.length > 0);
      }
    });
    await fc.assert(holds, { numRuns: 10 });
  });
});

describe("a bulk of more than a thousand", () => {
  const PEOPLE = 1_003;

  async function crowd(): Promise<Place> {
    const here = await place();
    await people(here.tenantId, 1);
    const { rows } = await here.db.pool.query(
      `select string_agg(attname, ',' order by attnum) as columns from pg_attribute
       where attrelid = 'members'::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
    );
    const { columns } = rows[0] as { columns: string };
    await here.db.pool.query(
      `insert into members (${columns})
       select ${columns.replaceAll(/\w+/g, "copy.$&")} from members m, generate_series(1, $2::int) n,
         jsonb_populate_record(m, jsonb_build_object('id', uuid_v7(m.created_at), 'user_name_key', 'copy' || n)) as copy
       where m.tenant_id = $1`,
      [here.tenantId, PEOPLE - 1],
    );
    return here;
  }

  it("is a job with progress that is done once, even where it is cut off", async () => {
    const here = await crowd();
    await here.call("POST", "/teams", { name: "Everybody" });
    const asked = { action: "addToTeam", team: "Everybody", filter: {} };
    const preview = await bulk(here, { ...asked, preview: true });
    assert.deepEqual([preview.total, preview.results.length, preview.changed], [PEOPLE, 1_000, 1_000]);
    const begun = run(await here.call("POST", "/members/bulk", asked), 202);
    assert.deepEqual([begun.status, begun.total, begun.changed], ["running", PEOPLE, 0]);
    const path = `/members/bulk/${begun.id}`;
    const waiting = run(await here.call("GET", `${path}?limit=1`));
    assert.deepEqual([waiting.status, waiting.results[0]?.status], ["running", "pending"]);
    let cuts = 2;
    const handler = bulkJobs(here.db)["members.bulk"];
    assert.ok("within" in handler);
    const within: typeof handler.within = async (scope, job) => {
      await handler.within(scope, job);
      cuts -= 1;
      if (cuts >= 0) throw new Error("cut off");
    };
    await workUntil({ "members.bulk": { within } }, async () => run(await here.call("GET", path)).status === "done");
    const done = run(await here.call("GET", `${path}?limit=200`));
    assert.deepEqual([done.changed, done.unchanged, done.refused], [PEOPLE, 0, 0]);
    assert.ok(done.results.every(({ status }) => status === "changed"));
    const { body } = await here.call("GET", "/events?type=member.teams_changed&limit=1");
    assert.equal((body as { total: number }).total, PEOPLE);
    const next = run(await here.call("GET", `${path}?limit=200&cursor=${done.nextCursor}`));
    assert.notEqual(next.results[0]?.id, done.results[0]?.id);
    refused(await here.call("GET", `${path}?cursor=e30`), 400, "invalid_request");
    refused(await (await place()).call("GET", path), 404, "not_found");
  });

  it("refuses each row that is left where role or team are gone by then, and ends", async () => {
    const here = await crowd();
    await here.call("POST", "/roles", { slug: "agent", name: "Agent" });
    const team = (await here.call("POST", "/teams", { name: "Red" })).body as { id: string };
    const begin = async (asked: object): Promise<string> =>
      `/members/bulk/${run(await here.call("POST", "/members/bulk", { ...asked, filter: {} }), 202).id}`;
    const paths = [
      await begin({ action: "changeRole", role: "agent" }),
      await begin({ action: "addToTeam", team: "Red" }),
    ];
    const key = { name: "hr", permissions: ["members:manage"] };
    const { id: keyId, key: secret } = (await here.call("POST", "/api-keys", key)).body as { id: string; key: string };
    const hr = api(here.db).as(secret);
    const { body } = await hr.post(`/tenants/${here.slug}/members/bulk`, { action: "remove", filter: {} });
    paths.push(`/members/bulk/${(body as { id: string }).id}`);
    assert.equal((await here.call("DELETE", `/api-keys/${keyId}`)).status, 204);
    assert.equal((await here.call("DELETE", "/roles/agent")).status, 204);
    assert.equal((await here.call("DELETE", `/teams/${team.id}`)).status, 204);
    const read = async () => Promise.all(paths.map(async (path) => run(await here.call("GET", path))));
    await workUntil(bulkJobs(here.db), async () => (await read()).every(({ status }) => status === "done"));
    const done = await read();
    assert.deepEqual(
      done.map((each) => [each.refused, each.results[0]?.code]),
      [
        [PEOPLE, "invalid_request"],
        [PEOPLE, "not_found"],
        [PEOPLE, "forbidden"],
      ],
    );
  });
});
