/** Whatever is done to people, groups, mappings, limits and policies, at once and in any order: what must always hold. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { firstMatch } from "../../src/admission/mappings.ts";
import { isRefusal } from "../../src/base/errors.ts";
import { personOf } from "../../src/directory/members/member.ts";
import { editMember } from "../../src/directory/members/adminMembers.ts";
import { membersAfter } from "../../src/directory/roles/redecide.store.ts";
import { writeRoleMappings, type WrittenMapping } from "../../src/directory/roles/roleMappings.ts";
import { rulesRow } from "../../src/directory/roles/rules.store.ts";
import { updateTenant } from "../../src/directory/tenants/tenants.ts";
import { defaultSettings } from "../../src/directory/tenants/tenantSettings.ts";
import type { SeatSettings } from "../../src/admission/policy.ts";
import { builtInCatalogue } from "../../src/admission/roles.ts";
import { seatPolicy } from "../../src/admission/policy.ts";
import { FIRST_ID } from "../../src/directory/members/idPage.ts";
import { onceInTenant } from "../../src/storage/scope.ts";
import { onServer, testDatabase } from "../support/database.ts";
import { world, type World } from "../directory/mappingWorld.ts";
import { asOwner } from "../storage/catalogue.ts";
import { audited, checkPeople } from "./people.ts";

const RUNS = onServer ? 40 : 10;
const GROUPS = ["A", "B", "C"] as const;

type Operation =
  | { readonly do: "create"; readonly lead: boolean }
  | { readonly do: "activate" | "deactivate" | "hold" | "release" | "remove" | "retitle"; readonly whom: number }
  | { readonly do: "join" | "leave" | "replace"; readonly whom: readonly number[]; readonly group: number }
  | { readonly do: "drop" | "remake"; readonly group: number }
  | { readonly do: "map"; readonly list: readonly (readonly [group: number | "lead", role: string])[] }
  | { readonly do: "limit"; readonly limit: number | null }
  | { readonly do: "policy"; readonly seats: SeatSettings };

const whom = fc.nat(9);
const group = fc.nat(GROUPS.length - 1);
const limit = fc.option(fc.nat(5));
const whenFull = fc.constantFrom("refuse", "downgrade", "waitlist" as const);
const seats: fc.Arbitrary<SeatSettings> = fc.record({
  countedStatuses: fc.constantFrom(["active"], ["active", "suspended"] as const),
  autoAssign: fc.boolean(),
  whenFull: fc.record({ scim: whenFull, admin: whenFull }),
});
const rule = fc.tuple(
  fc.oneof(group, fc.constant("lead" as const)),
  fc.constantFrom("admin", "admin", "member", "viewer"),
);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("create" as const), lead: fc.boolean() }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom("activate", "deactivate", "hold", "release", "remove", "retitle" as const),
      whom,
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constantFrom("join", "join", "leave", "replace" as const),
      whom: fc.uniqueArray(whom, { minLength: 1, maxLength: 4 }),
      group,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("drop", "remake" as const), group }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("map" as const), list: fc.array(rule, { maxLength: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("limit" as const), limit }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("policy" as const), seats }) },
);

/** A tenant, whom it has and which groups, as far as the case knows. */
interface Place {
  readonly here: World;
  readonly people: string[];
  readonly groups: string[];
}

let names = 0;

async function perform(place: Place, one: Operation): Promise<void> {
  const { here, people, groups } = place;
  const operator = () => ({ tenantId: here.tenantId, actor: { type: "operator" }, now: new Date() }) as const;
  const id = (at: number): string => people[at % people.length] ?? "";
  switch (one.do) {
    case "create":
      names += 1;
      people.push(await here.person(`p${names}`, one.lead ? { title: "lead" } : {}));
      return;
    case "map":
      await writeRoleMappings(
        here.db,
        operator(),
        one.list.map(([by, role]) => mapping(groups, by, role)),
        ["*"],
      );
      return;
    case "limit":
      await updateTenant(here.db, operator(), { ownLimit: { limit: one.limit } });
      return;
    case "policy":
      await updateTenant(here.db, operator(), { settings: { seats: one.seats } });
      return;
    case "drop":
      return here.drop(groups[one.group] ?? "");
    case "remake":
      groups[one.group] = await here.group(GROUPS[one.group] ?? "", ...people.slice(0, 2));
      return;
    case "join":
    case "leave":
    case "replace": {
      const ids = one.whom.map(id).filter(Boolean);
      const moves = one.do === "leave" ? { remove: ids } : { add: ids, replace: one.do === "replace" };
      await here.move(groups[one.group] ?? "", moves);
      return;
    }
    default:
      if (people.length > 0) await performOn(place, id(one.whom), one.do);
  }
}

function mapping(groups: readonly string[], by: number | "lead", role: string): WrittenMapping {
  return by === "lead" ? { when: 'title eq "lead"', role } : { group: { id: groups[by] ?? "" }, role };
}

async function performOn(
  { here }: Place,
  id: string,
  what: "activate" | "deactivate" | "hold" | "release" | "remove" | "retitle",
): Promise<void> {
  if (what === "remove") return here.unpush(id);
  if (what === "retitle") await here.rewrite(id, { title: "lead" });
  else if (what === "activate" || what === "deactivate") await here.activate(id, what === "activate");
  else {
    const admin = { ...here.who(), actor: { type: "operator" }, permissions: ["*"] } as const;
    await editMember(here.db, admin, id, { hold: what === "hold" }, defaultSettings);
  }
}

/** What a person or a directory may be told; everything else is a fault. */
const REFUSALS = ["seat_limit_reached", "last_admin", "not_found", "name_exists", "invalid_request"] as const;

async function administering({ db, tenantId }: World): Promise<{ admins: number; held: number; adminless: number }> {
  const text = `select count(*) filter (where administers)::int as admins,
      count(*) filter (where administers and last_admin_hold <> '{}')::int as held,
      (select count(*)::int from events where tenant_id = $1 and type = 'tenant.adminless') as adminless
    from members where tenant_id = $1`;
  const [row] = await asOwner<{ admins: number; held: number; adminless: number }>(db, text, [tenantId]);
  assert.ok(row);
  return row;
}

/** Nobody is missed: every member has the role that the mappings of now give. */
async function checkMapped({ db, tenantId }: World): Promise<void> {
  const everybody = { directoryId: null, statuses: null };
  const [members, [row]] = await onceInTenant(
    db,
    { tenantId },
    membersAfter(tenantId, everybody, FIRST_ID, 1000),
    rulesRow(tenantId),
  );
  assert.ok(row);
  const mappings = row.mappings.map((stored) => stored.mapping);
  const rules = { policy: seatPolicy(row.settings.seats), roles: builtInCatalogue, mappings };
  for (const member of members) {
    assert.equal(member.mapped, firstMatch(rules, personOf(member))?.role ?? null, `${member.id} was missed`);
  }
}

interface GroupEvent {
  readonly type: string;
  readonly target: string;
  readonly data: { readonly added?: readonly string[]; readonly removed?: readonly string[] };
}

/** The groups with their members are what the journal leaves: each came who was not in, and left who was. */
async function checkMemberships({ db, tenantId }: World): Promise<void> {
  const journal = `select type, target_id as target, data from events
    where tenant_id = $1 and target_type = 'group' order by xid, seq`;
  const told = new Map<string, Set<string>>();
  for (const { type, target, data } of await asOwner<GroupEvent>(db, journal, [tenantId])) {
    const members = told.get(target) ?? new Set();
    for (const id of data.removed ?? []) assert.ok(members.delete(id), `${id} left ${target} and was not in`);
    for (const id of data.added ?? [])
      assert.ok(!members.has(id) && members.add(id), `${id} came twice into ${target}`);
    if (type === "group.deleted") told.delete(target);
    else told.set(target, members);
  }
  const rows = `select g.id as "group", m.id as member from groups g join members m on m.tenant_id = g.tenant_id
    where g.tenant_id = $1 and exists (select from memberships x where x.tenant_id = $1 and x.group_id = g.id
      and x.member_id = m.id) order by 1, 2`;
  const alive = new Set(
    (await asOwner<{ id: string }>(db, "select id from members where tenant_id = $1", [tenantId])).map(({ id }) => id),
  );
  const left = [...told].flatMap(([name, members]) => [...members].map((member) => ({ group: name, member })));
  const sorted = left
    .filter(({ member }) => alive.has(member))
    .toSorted((a, b) => (a.group + a.member < b.group + b.member ? -1 : 1));
  assert.deepEqual(await asOwner(db, rows, [tenantId]), sorted);
}

/** Rule 4: no seat is free while somebody waits for one; and no membership is of nobody. */
async function checkRows({ db, tenantId }: World): Promise<void> {
  const text = `select
    (select count(*)::int from tenant_seats s join members m on m.tenant_id = s.tenant_id and m.seat = 'waiting'
      and m.status <> 'suspended' where s.tenant_id = $1 and (s.seat_limit is null or s.used < s.seat_limit)) as forgotten,
    (select count(*)::int from memberships x where tenant_id = $1
      and not exists (select from members m where m.tenant_id = $1 and m.id = x.member_id)) as orphans,
    (select count(*)::int from groups g where tenant_id = $1
      and not exists (select from events e where e.tenant_id = $1 and e.type = 'group.created' and e.target_id = g.id)) as untold,
    (select count(*)::int from members where tenant_id = $1 and seat <> 'held' and needs_seat and roles && '{admin,member}') as unseated`;
  const [row] = await asOwner(db, text, [tenantId]);
  assert.deepEqual(row, { forgotten: 0, orphans: 0, untold: 0, unseated: 0 });
}

describe("operations on people, groups, mappings, limits and policies, at once", () => {
  audited();

  before(async () => {
    // Above the limit there are only rule 5, which goes with new rules, and rule 6, by which there is one admin then.
    await (
      await testDatabase()
    ).pool.query(`
      create or replace function audit_limit() returns trigger language plpgsql as $$
      begin
        if new.rules_version <> old.rules_version then return null; end if;
        if new.used = new.seat_limit + 1 and (select count(*) from members where tenant_id = new.tenant_id and administers) = 1
        then return null; end if;
        raise exception 'audit: % of % seats', new.used, new.seat_limit;
      end $$`);
  });

  it("keep rules 1, 4, 5, 6, 15 and 17, miss nobody, and are all told", async () => {
    const waves = fc.array(fc.array(operation, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(limit, seats, waves, async (first, policy, all) => {
        const here = await world({ seatLimit: first, settings: { seats: policy } });
        const place: Place = { here, people: [], groups: [] };
        for (const name of GROUPS) place.groups.push(await here.group(name));
        const read = <Row>(sql: string): Promise<Row[]> => asOwner(here.db, sql, [here.tenantId]);
        let was = await administering(here);
        for (const wave of all) {
          const results = await Promise.allSettled(wave.map((one) => perform(place, one)));
          for (const each of results) {
            if (each.status === "rejected") {
              const known = REFUSALS.some((code) => isRefusal(each.reason, code));
              assert.ok(known, String((each.reason as Error).stack));
            }
          }
          const is = await administering(here);
          // Rule 17: none is left only by a deactivation or deletion, and that is told.
          if (was.admins > 0 && is.admins === 0) assert.ok(is.adminless > was.adminless, "adminless and not told");
          assert.ok(is.held === 0 || is.admins === 1, "a hold beside another admin");
          was = is;
          await checkPeople({ tenantId: here.tenantId, read } as Parameters<typeof checkPeople>[0], assert.deepEqual);
          await checkRows(here);
          await checkMapped(here);
          await checkMemberships(here);
        }
      }),
      { numRuns: RUNS },
    );
  }).timeout(400_000);
});
