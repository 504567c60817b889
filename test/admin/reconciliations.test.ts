/** Going through the members anew: asked for, or because mappings changed; with progress, and cut off anywhere. */
import assert from "node:assert/strict";
import { roleEffects } from "../../src/directory/roles/roleMappings.ts";
import type { Handler } from "../../src/events/jobs.ts";
import { inTenant } from "../../src/storage/scope.ts";
import { everythingOf, world, type World } from "../directory/mappingWorld.ts";
import { assertCounted, storedMembers } from "../directory/people.ts";
import { workUntil } from "../events/working.ts";
import { items, place, refused } from "./place.ts";

const NOBODY = "0199a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b";
const WAITLIST = { seats: { whenFull: { scim: "waitlist" } } } as const;

interface Run {
  readonly id: string;
  readonly cause: string;
  readonly status: string;
  readonly total: number;
  readonly done: number;
  readonly changed: number;
  readonly endedAt: string | null;
}

async function reconcile(here: World, expected = 200): Promise<Run> {
  const { status, body, text } = await here.call("POST", "/reconciliations");
  assert.equal(status, expected, text);
  return body as Run;
}

async function runOf(here: World, id: string): Promise<Run> {
  const { status, body, text } = await here.call("GET", `/reconciliations/${id}`);
  assert.equal(status, 200, text);
  return body as Run;
}

/** Copies a member, with their groups, until there are so many. */
async function multiply({ db, tenantId }: World, id: string, count: number): Promise<void> {
  const { rows } = await db.pool.query(
    `select string_agg(quote_ident(attname), ',') as columns from pg_attribute where attrelid = 'members'::regclass
      and attnum > 0 and not attisdropped and attgenerated = '' and attname not in ('id', 'user_name_key')`,
  );
  const { columns } = rows[0] as { columns: string };
  await db.pool.query(
    `with born as (insert into members (id, user_name_key, ${columns})
        select uuid_v7(created_at), 'n' || n, ${columns} from members, generate_series(2, $3::int) n
        where tenant_id = $1 and id = $2 returning id)
      insert into memberships (tenant_id, group_id, member_id)
        select $1, group_id, born.id from memberships, born where tenant_id = $1 and member_id = $2`,
    [tenantId, id, count],
  );
}

/** Two steps. */
const MANY = 1_150;

/** Many people of one group, who have nothing by it yet. */
async function many(seatLimit: number | null): Promise<World> {
  const here = await world({ seatLimit, settings: WAITLIST });
  await here.group("Nobody");
  await here.map({ group: "Nobody", role: "member" });
  const group = await here.group("Everybody");
  const first = await here.person("first");
  await here.join(group, first);
  await multiply(here, first, MANY);
  return here;
}

/** The handler of the job, failing behind its work so many times: what it wrote is undone, as by a process that dies. */
function cutOff(here: World, cuts: number): Record<string, Handler> {
  const handler = roleEffects(here.db)["roles.reapply"];
  assert.ok("within" in handler);
  let left = cuts;
  return {
    "roles.reapply": {
      within: async (scope, job) => {
        await handler.within(scope, job);
        left -= 1;
        if (left >= 0) throw new Error("cut off");
      },
    },
  };
}

async function held({ tenantId }: World): Promise<Record<string, number>> {
  const seats = (await storedMembers(tenantId)).map(({ seat }) => seat);
  const count = (state: string) => seats.filter((seat) => seat === state).length;
  return { held: count("held"), waiting: count("waiting"), none: count("none") };
}

describe("POST /tenants/{t}/reconciliations: reconcile now", () => {
  it("applies mappings and seats again to everybody, and mends a counter that was wrong", async () => {
    const here = await world({ seatLimit: 2, settings: WAITLIST });
    const [ana, ben, cem] = [await here.person("ana"), await here.person("ben"), await here.person("cem")];
    await here.group("Sales", ana, ben, cem);
    await here.map({ group: "Sales", role: "member" });
    assert.deepEqual(await held(here), { held: 2, waiting: 1, none: 0 });
    // As a restore from two sources, or a hand in the database, leaves it.
    await here.db.pool.query(
      `update members set mapped = null, entitled = '{viewer}', roles = '{viewer}', seat = 'none', needs_seat = false
        where id = $1`,
      [ana],
    );
    await here.db.pool.query("update tenant_seats set used = 7 where tenant_id = $1", [here.tenantId]);
    const run = await reconcile(here);
    assert.deepEqual([run.status, run.total, run.done, run.cause], ["done", 3, 3, "asked"]);
    assert.ok(run.changed >= 1);
    assert.deepEqual(await held(here), { held: 2, waiting: 1, none: 0 });
    await assertCounted(here.tenantId);
  });

  it("gives seats that nobody holds to those who wait, in their order", async () => {
    const here = await world({ seatLimit: 1, settings: WAITLIST });
    const ids = [await here.person("ana"), await here.person("ben"), await here.person("cem")];
    await here.db.pool.query("update tenant_seats set seat_limit = 2 where tenant_id = $1", [here.tenantId]);
    await reconcile(here);
    const seats = await Promise.all(ids.map(async (id) => (await here.member(id)).seat));
    assert.deepEqual(seats, ["held", "held", "waiting"]);
    await assertCounted(here.tenantId);
  });

  it("changes nobody who is as they should be, however often it is asked for (idempotent)", async () => {
    const here = await world({ seatLimit: 1, settings: WAITLIST });
    await here.person("ana");
    await here.person("ben");
    const before = await storedMembers(here.tenantId);
    for (const _ of [1, 2]) assert.equal((await reconcile(here)).changed, 0);
    assert.deepEqual(await storedMembers(here.tenantId), before);
    const told = items(await here.call("GET", "/events?type=tenant.reconciled"));
    assert.deepEqual(
      told.map(({ actor, data }) => [(actor as { type: string }).type, (data as { changed: number }).changed]),
      [
        ["operator", 0],
        ["operator", 0],
      ],
    );
  });

  it("needs mappings:edit, which is as much as an admin's; looking needs mappings:view", async () => {
    const here = await place();
    const viewer = await here.as("mappings:view");
    refused(await viewer("POST", "/reconciliations"), 403, "forbidden");
    assert.deepEqual(items(await viewer("GET", "/reconciliations")), []);
    refused(await (await here.as("members:manage"))("GET", "/reconciliations"), 403, "forbidden");
  });

  it("shows none of another tenant", async () => {
    const [here, there] = [await world(), await world()];
    const { id } = await reconcile(there);
    for (const each of [id, NOBODY]) refused(await here.call("GET", `/reconciliations/${each}`), 404, "not_found");
    assert.deepEqual(items(await here.call("GET", "/reconciliations")), []);
    assert.equal(items(await there.call("GET", "/reconciliations"))[0]?.["id"], id);
  });

  it("of many is a job with progress that goes on where it was cut off, and stands for who asks meanwhile", async () => {
    const here = await many(1_000);
    await here.db.pool.query(
      `update tenants set role_mappings = (select jsonb_set(role_mappings, '{0,mapping,group,ids}',
        (select jsonb_agg(id) from groups where tenant_id = $1 and scim->>'displayName' = 'Everybody')) from tenants where id = $1)
        where id = $1`,
      [here.tenantId],
    );
    await here.db.pool.query("update tenant_seats set rules_version = rules_version + 1 where tenant_id = $1", [
      here.tenantId,
    ]);
    const begun = await reconcile(here, 202);
    assert.deepEqual([begun.status, begun.total, begun.done], ["running", MANY, 0]);
    assert.equal((await reconcile(here, 202)).id, begun.id);
    assert.equal(items(await here.call("GET", "/reconciliations?status=running")).length, 1);
    // Parked for good, as after twenty attempts: whoever asks again half a day later has it go on.
    await here.db.pool.query("delete from jobs where tenant_id = $1", [here.tenantId]);
    await here.db.pool.query("update reconciliations set created_at = created_at - interval '13 hours' where id = $1", [
      begun.id,
    ]);
    assert.equal((await reconcile(here, 202)).id, begun.id);
    await workUntil(cutOff(here, 2), async () => (await runOf(here, begun.id)).status === "done");
    const done = await runOf(here, begun.id);
    assert.deepEqual([done.total, done.done, done.changed], [MANY, MANY, MANY]);
    assert.deepEqual(await held(here), { held: 1_000, waiting: MANY - 1_000, none: 0 });
    await assertCounted(here.tenantId);
    const told = await here.call("GET", "/events?type=member.updated&limit=1");
    assert.ok((told.body as { total: number }).total <= MANY + 1, "nobody is told twice");
    assert.deepEqual(items(await here.call("GET", "/reconciliations?status=running")), []);
  }).timeout(240_000);
});

describe("a mapping that is applied to many", () => {
  it("runs as a job whose progress can be asked for, safe to interrupt between any two steps", async () => {
    const here = await many(null);
    const { status, headers } = await here.call("PUT", "/role-mappings", [{ group: "Everybody", role: "member" }]);
    assert.equal(status, 200);
    const id = headers["location"]?.split("/").at(-1) ?? "";
    const begun = await runOf(here, id);
    assert.deepEqual([begun.cause, begun.status, begun.total, begun.done], ["mappings", "running", MANY, 0]);
    const seen: number[] = [];
    const handlers = cutOff(here, 3);
    await workUntil(handlers, async () => {
      const run = await runOf(here, id);
      seen.push(run.done);
      return run.status === "done";
    });
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    const done = await runOf(here, id);
    assert.deepEqual([done.done, done.changed], [MANY, MANY]);
    assert.deepEqual(await held(here), { held: MANY, waiting: 0, none: 0 });
    const before = await everythingOf(here);
    await here.call("PUT", "/role-mappings", [{ group: "Everybody", role: "member" }]);
    assert.deepEqual(await everythingOf(here), before, "the list that stands does nothing");
  }).timeout(240_000);

  it("keeps the last admin, wherever it stops (rule 17)", async () => {
    const here = await many(null);
    const group = await here.group("Admins");
    const members = await storedMembers(here.tenantId);
    const [first, last] = [members[0]?.id ?? "", members.at(-1)?.id ?? ""];
    await here.join(group, first, last);
    const mapped = [
      { group: "Admins", role: "admin" },
      { group: "Nobody", role: "member" },
    ] as const;
    await here.map(...mapped);
    const steps = roleEffects(here.db)["roles.reapply"];
    await workUntil(
      roleEffects(here.db),
      async () => items(await here.call("GET", "/reconciliations?status=running")).length === 0,
    );
    assert.equal(await admins(here), 2);
    await here.map({ group: "Nobody", role: "member" });
    for (let step = 0; step < 2; step++) {
      assert.ok((await admins(here)) >= 1, `before step ${step}`);
      await oneStep(here, steps);
    }
    assert.equal(await admins(here), 1);
    assert.equal(
      (await storedMembers(here.tenantId)).filter(({ reasons }) => reasons.some(({ code }) => code === "lastAdminHold"))
        .length,
      1,
    );
  }).timeout(240_000);

  it("of few is applied at once, and leaves nothing to ask for", async () => {
    const here = await world();
    await here.group("Sales", await here.person("ana"));
    const { headers } = await here.call("PUT", "/role-mappings", [{ group: "Sales", role: "member" }]);
    assert.equal(headers["location"], undefined);
    assert.deepEqual(items(await here.call("GET", "/reconciliations")), []);
  });
});

async function admins({ db, tenantId }: World): Promise<number> {
  const { rows } = await db.pool.query("select count(*) as n from members where tenant_id = $1 and administers", [
    tenantId,
  ]);
  return (rows[0] as { n: number }).n;
}

/** Does the next job of the tenant, and no more. */
async function oneStep({ db, tenantId }: World, handler: Handler): Promise<void> {
  const next = "select id, payload from jobs where tenant_id = $1 and kind = 'roles.reapply' order by id limit 1";
  const [job] = (await db.pool.query(next, [tenantId])).rows as { id: number; payload: Record<string, unknown> }[];
  assert.ok(job && "within" in handler);
  const who = { tenantId, actor: { type: "system" }, now: new Date() } as const;
  const claimed = { ...job, tenantId, kind: "roles.reapply", key: null, attempts: 1, createdAt: who.now };
  await inTenant(db, who, (scope) => handler.within(scope, claimed));
  await db.pool.query("delete from jobs where id = $1", [job.id]);
}
