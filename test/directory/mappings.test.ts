/** What a list of mappings would do, and does: at once, or by jobs where the members are many. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { WrittenMapping } from "../../src/directory/roles/roleMappings.ts";
import { MOST_AT_ONCE } from "../../src/directory/members/effects.ts";
import { inTenant } from "../../src/storage/scope.ts";
import { assertCounted, storedMembers } from "./people.ts";
import { everythingOf, world, type World } from "./mappingWorld.ts";

const GROUPS = ["A", "B", "C"] as const;

const mapping: fc.Arbitrary<WrittenMapping> = fc.oneof(
  fc.record({ group: fc.constantFrom(...GROUPS), role: fc.constantFrom("admin", "member", "viewer") }),
  fc.record({ when: fc.constantFrom('title eq "lead"', "not (title pr)"), role: fc.constantFrom("member", "viewer") }),
);
const mappings = fc.array(mapping, { maxLength: 4 });

/** A tenant with people in groups, some of whom wait. */
const scene = fc.record({
  seatLimit: fc.option(fc.nat({ max: 5 }), { nil: null }),
  whenFull: fc.constantFrom("waitlist", "downgrade", "refuse"),
  people: fc.array(
    fc.record({
      groups: fc.subarray([...GROUPS]),
      title: fc.constantFrom("lead", "nurse", undefined),
      active: fc.boolean(),
    }),
    { minLength: 1, maxLength: 7 },
  ),
  before: mappings,
  after: mappings,
});

type Scene = typeof scene extends fc.Arbitrary<infer S> ? S : never;

async function build({ seatLimit, whenFull, people, before }: Scene): Promise<World> {
  const settings = { seats: { whenFull: { scim: whenFull === "refuse" ? "downgrade" : whenFull } } } as const;
  const here = await world({ seatLimit, settings });
  const groups = new Map<string, string>();
  for (const name of GROUPS) groups.set(name, await here.group(name));
  await here.map(...before);
  for (const [i, { title, active, groups: names }] of people.entries()) {
    const id = await here.person(`p${i}`, title === undefined ? {} : { title });
    for (const name of names) await here.join(groups.get(name) ?? "", id);
    if (!active) await here.activate(id, false);
  }
  const { status } = await here.call("PATCH", "", { settings: { seats: { whenFull: { scim: whenFull } } } });
  assert.equal(status, 200);
  return here;
}

/** Roles and seat of everybody, by id. */
async function standings({ tenantId }: World): Promise<Map<string, { roles: readonly string[]; seat: string }>> {
  return new Map((await storedMembers(tenantId)).map(({ id, roles, seat }) => [id, { roles, seat }]));
}

async function administer({ db, tenantId }: World): Promise<number> {
  const text = "select count(*)::int as n from members where tenant_id = $1 and administers";
  return ((await db.pool.query(text, [tenantId])).rows[0] as { n: number }).n;
}

describe("the preview of role mappings", () => {
  it("says what then happens, of each person, each seat and each admin, and writes nothing (property)", async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (given) => {
        const here = await build(given);
        const untouched = await everythingOf(here);
        const [was, adminsBefore] = [await standings(here), await administer(here)];
        const preview = await here.preview(...given.after);
        assert.deepEqual(await everythingOf(here), untouched);
        await here.map(...given.after);
        const is = await standings(here);
        const shown = [...preview.gains, ...preview.loses, ...preview.waits, ...preview.others];
        for (const { id, roles, seat } of shown) {
          assert.deepEqual({ roles: roles.before, seat: seat.before }, was.get(id));
          assert.deepEqual({ roles: roles.after, seat: seat.after }, is.get(id));
        }
        const changed = [...is].filter(([id, after]) => JSON.stringify(was.get(id)) !== JSON.stringify(after));
        const told = new Set(shown.map(({ id }) => id));
        assert.deepEqual(
          changed.map(([id]) => id).filter((id) => !told.has(id)),
          [],
        );
        const held = (all: Awaited<ReturnType<typeof standings>>) =>
          [...all.values()].filter(({ seat }) => seat === "held").length;
        assert.deepEqual(preview.seats, { limit: given.seatLimit, before: held(was), after: held(is) });
        assert.deepEqual([preview.admins.before, preview.admins.after], [adminsBefore, await administer(here)]);
        await assertCounted(here.tenantId);
      }),
      { numRuns: 12 },
    );
  }).timeout(240_000);

  it("shows who gains, loses and waits, what becomes of the seats, and which admins are affected", async () => {
    const here = await world({ seatLimit: 1, settings: { seats: { whenFull: { scim: "waitlist" } } } });
    const [ana, ben, cem] = [await here.person("ana"), await here.person("ben"), await here.person("cem")];
    await here.group("A", ana);
    await here.group("B", ben, cem);
    await here.map({ group: "A", role: "admin" });
    const preview = await here.preview({ group: "B", role: "admin" });
    const ids = (people: readonly { id: string }[]) => people.map(({ id }) => id);
    assert.deepEqual([ids(preview.gains), ids(preview.loses), ids(preview.waits)], [[ben], [ana], [cem]]);
    assert.deepEqual(preview.seats, { limit: 1, before: 1, after: 1 });
    assert.deepEqual([preview.admins.before, preview.admins.after, ids(preview.admins.affected)], [1, 1, [ana, ben]]);
    assert.deepEqual(preview.gains[0], {
      id: ben,
      email: "ben@example.com",
      displayName: "ben",
      roles: { before: ["viewer"], after: ["admin"] },
      seat: { before: "none", after: "held" },
    });
  });

  it("counts who would be promoted by what it frees", async () => {
    const here = await world({ seatLimit: 1, settings: { seats: { whenFull: { scim: "waitlist" } } } });
    const [ana, ben] = [await here.person("ana"), await here.person("ben")];
    await here.group("A", ana);
    await here.group("B", ben);
    await here.map({ group: "A", role: "member" }, { group: "B", role: "member" });
    const preview = await here.preview({ group: "A", role: "viewer" }, { group: "B", role: "member" });
    assert.deepEqual(
      preview.gains.map(({ id }) => id),
      [ben],
    );
    assert.deepEqual(preview.seats, { limit: 1, before: 1, after: 1 });
  });
});

/** Copies a member, in the groups of which they are, until there are so many; as a directory would have pushed them. */
async function multiply({ db, who, tenantId }: World, id: string, count: number, seatLimit: boolean): Promise<void> {
  await inTenant(db, who(), async ({ trx }) => {
    const text = `select string_agg(quote_ident(attname), ',') as columns from pg_attribute where attrelid = 'members'::regclass
      and attnum > 0 and not attisdropped and attgenerated = '' and attname not in ('id', 'user_name_key')`;
    const [named] = await trx.run<{ columns: string }>({ text, values: [] });
    assert.ok(named);
    await trx.run({
      text: `with born as (insert into members (id, user_name_key, ${named.columns})
          select uuid_v7(created_at), 'n' || n, ${named.columns} from members, generate_series(2, $3) n
          where tenant_id = $1 and id = $2 returning id, seat),
        grouped as (insert into memberships (tenant_id, group_id, member_id)
          select $1, group_id, born.id from memberships, born where tenant_id = $1 and member_id = $2)
        update tenant_seats set used = used + (select count(*) from born where seat = 'held') where tenant_id = $1 and $4`,
      values: [tenantId, id, count, seatLimit],
    });
  });
}

describe("effects on many members", () => {
  const COUNT = MOST_AT_ONCE + 250;

  async function many(seatLimit: number | null): Promise<{ here: World; group: string }> {
    const here = await world({ seatLimit, settings: { seats: { whenFull: { scim: "waitlist" } } } });
    const group = await here.group("Everybody");
    await here.group("Nobody");
    await here.map({ group: "Nobody", role: "member" });
    const first = await here.person("first");
    await here.join(group, first);
    await multiply(here, first, COUNT, seatLimit !== null);
    return { here, group };
  }

  async function numbers({ tenantId }: World): Promise<Record<string, number>> {
    const members = await storedMembers(tenantId);
    const count = (state: string) => members.filter(({ seat }) => seat === state).length;
    return { held: count("held"), waiting: count("waiting"), none: count("none") };
  }

  it("of mappings follow by a job, chunk after chunk, and the answer does not wait (rule 3)", async () => {
    const { here } = await many(1_100);
    await here.map({ group: "Everybody", role: "member" });
    assert.deepEqual(await numbers(here), { held: 0, waiting: 0, none: COUNT });
    assert.equal(await here.work(), 2);
    assert.deepEqual(await numbers(here), { held: 1_100, waiting: 150, none: 0 });
    await assertCounted(here.tenantId);
    const before = await everythingOf(here);
    await here.map();
    await here.map({ group: "Everybody", role: "member" });
    await here.work();
    assert.deepEqual(await numbers(here), { held: 1_100, waiting: 150, none: 0 });
    assert.equal((before as unknown[]).length > COUNT, true);
  }).timeout(240_000);

  it("of mappings are previewed as they come out, many or few", async () => {
    const { here } = await many(1_100);
    const preview = await here.preview({ group: "Everybody", role: "member" });
    assert.deepEqual([preview.members, preview.changed], [COUNT, COUNT]);
    assert.deepEqual(preview.seats, { limit: 1_100, before: 0, after: 1_100 });
    assert.deepEqual(await numbers(here), { held: 0, waiting: 0, none: COUNT });
  }).timeout(240_000);

  it("of a large group's deletion follow by jobs, and whoever waited is promoted", async () => {
    const { here, group } = await many(COUNT);
    await here.map({ group: "Everybody", role: "member" }, { group: "Nobody", role: "member" });
    await here.work();
    const last = await here.person("last");
    await here.join(await here.group("Later"), last);
    const { id } = (await here.preview()).loses[0] ?? { id: "" };
    assert.notEqual(id, "");
    await here.drop(group);
    assert.deepEqual(await numbers(here), { held: COUNT, waiting: 0, none: 1 });
    assert.equal(await here.work(), 2);
    assert.deepEqual(await numbers(here), { held: 0, waiting: 0, none: COUNT + 1 });
    await assertCounted(here.tenantId);
  }).timeout(240_000);

  it("done once more change nothing and record nothing", async () => {
    const { here } = await many(10);
    await here.map({ group: "Everybody", role: "member" });
    await here.work();
    const before = await everythingOf(here);
    await here.db.pool.query(
      "insert into jobs (tenant_id, kind, key, payload, run_at) values ($1, 'roles.reapply', 'roles.reapply', '{}', now())",
      [here.tenantId],
    );
    assert.equal(await here.work(), 2);
    assert.deepEqual(await everythingOf(here), before);
  }).timeout(240_000);
});
