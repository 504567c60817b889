/** Whatever anybody does by any door, at once and in any order: what must always hold (rules 1 to 9, 15, 17). */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { SeatSettings } from "../../src/admission/policy.ts";
import { firstMatch } from "../../src/admission/mappings.ts";
import { isRefusal } from "../../src/base/errors.ts";
import { dropMember, editMember } from "../../src/directory/members/adminMembers.ts";
import { FIRST_ID } from "../../src/directory/members/idPage.ts";
import { personOf } from "../../src/directory/members/member.ts";
import { runBulk } from "../../src/directory/members/memberBulk.ts";
import type { BulkAsked } from "../../src/directory/members/memberBulkRow.ts";
import { membersAfter } from "../../src/directory/roles/redecide.store.ts";
import { writeRoleMappings, type WrittenMapping } from "../../src/directory/roles/roleMappings.ts";
import { createRole, editRole } from "../../src/directory/roles/roles.ts";
import { deleteRole } from "../../src/directory/roles/rolesInUse.ts";
import { currentRules } from "../../src/directory/roles/rules.ts";
import { SignInStopped } from "../../src/directory/signIn/signInStopped.ts";
import { updateTenant } from "../../src/directory/tenants/tenants.ts";
import { defaultSettings } from "../../src/directory/tenants/tenantSettings.ts";
import { onceInTenant } from "../../src/storage/scope.ts";
import { asOwner } from "../storage/catalogue.ts";
import { onServer, testDatabase } from "../support/database.ts";
import { everyDoor, type EveryDoor } from "./everyDoor.ts";
import { audited, checkPeople } from "./people.ts";

/** A few seconds where nothing is said; for a longer look, and for one that was seen to fail. */
const RUNS = Number(process.env["PROPERTY_RUNS"] ?? (onServer ? 8 : 4));
const SEED = process.env["PROPERTY_SEED"];

const DOORS = ["scim", "admin", "invitation", "csv", "link", "domain", "sso"] as const;
const ROLES = ["admin", "member", "viewer", "desk"] as const;
const GROUPS = ["A", "B"] as const;

type Operation =
  | { readonly do: "arrive"; readonly door: (typeof DOORS)[number]; readonly role: string | null }
  | { readonly do: "accept" | "resend" | "revoke"; readonly ticket: number }
  | { readonly do: "signInAgain"; readonly whom: number }
  | { readonly do: "hold" | "release" | "drop" | "activate" | "deactivate" | "unpush"; readonly whom: number }
  | { readonly do: "grant"; readonly whom: number; readonly role: string }
  | { readonly do: "bulk"; readonly asked: BulkAsked; readonly whom: readonly number[] }
  | { readonly do: "join" | "leave"; readonly group: number; readonly whom: readonly number[] }
  | { readonly do: "map"; readonly list: readonly (readonly [group: number, role: string])[] }
  | { readonly do: "limit"; readonly limit: number | null }
  | { readonly do: "plan"; readonly plan: string }
  | { readonly do: "policy"; readonly seats: SeatSettings }
  | { readonly do: "role"; readonly seatRequired: boolean }
  | { readonly do: "replaceRole"; readonly by: string }
  | { readonly do: "relink"; readonly role: string };

const whom = fc.nat(11);
const some = fc.uniqueArray(whom, { minLength: 1, maxLength: 4 });
const role = fc.constantFrom(...ROLES);
const limit = fc.option(fc.nat(4), { freq: 8 });
const whenFull = fc.constantFrom("refuse", "downgrade", "waitlist" as const);
const is = <const D extends string>(name: D) => fc.constant(name);
const seats: fc.Arbitrary<SeatSettings> = fc.record({
  countedStatuses: fc.constantFrom<SeatSettings["countedStatuses"][]>(
    ["active"],
    ["invited", "active"],
    ["invited", "active", "suspended"],
  ) as fc.Arbitrary<NonNullable<SeatSettings["countedStatuses"]>>,
  autoAssign: fc.boolean(),
  whenFull: fc.record(Object.fromEntries(DOORS.map((door) => [door, whenFull])) as Record<string, typeof whenFull>),
});
const asked: fc.Arbitrary<BulkAsked> = fc.oneof(
  fc.record({ action: is("changeRole"), roles: fc.tuple(role) }),
  fc.record({ action: fc.constantFrom("hold", "release", "assignSeats", "remove" as const) }),
);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 14, arbitrary: fc.record({ do: is("arrive"), door: fc.constantFrom(...DOORS), role: fc.option(role) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom("accept", "accept", "resend", "revoke" as const), ticket: fc.nat(5) }),
  },
  { weight: 1, arbitrary: fc.record({ do: is("signInAgain"), whom: fc.nat(3) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom("hold", "release", "drop", "activate", "deactivate", "unpush" as const),
      whom,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: is("grant"), whom, role }) },
  { weight: 2, arbitrary: fc.record({ do: is("bulk"), asked, whom: some }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("join", "leave" as const), group: fc.nat(1), whom: some }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: is("map"), list: fc.array(fc.tuple(fc.nat(1), role), { maxLength: 2 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: is("limit"), limit }) },
  { weight: 1, arbitrary: fc.record({ do: is("plan"), plan: fc.constantFrom("trial", "pro", "enterprise") }) },
  { weight: 1, arbitrary: fc.record({ do: is("policy"), seats }) },
  { weight: 1, arbitrary: fc.record({ do: is("role"), seatRequired: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: is("replaceRole"), by: fc.constantFrom("member", "viewer", "admin") }) },
  { weight: 1, arbitrary: fc.record({ do: is("relink"), role }) },
);

/** A tenant, its groups, and who was there when a wave began. */
interface Place {
  readonly here: EveryDoor;
  readonly groups: readonly string[];
  readonly people: readonly string[];
}

let names = 0;

async function perform(place: Place, one: Operation): Promise<unknown> {
  const { here, groups, people } = place;
  const { db } = here;
  const ids = (at: readonly number[]): string[] => [...new Set(at.flatMap((n) => people[n % people.length] ?? []))];
  switch (one.do) {
    case "arrive":
      names += 1;
      // Few subjects, so that some sign in for the first time twice at once.
      return here.doors[one.door](one.door === "sso" ? `s${names % 4}` : `p${names}`, one.role);
    case "signInAgain":
      return here.doors.sso(`s${one.whom}`);
    case "bulk":
      return runBulk(db, here.admin(), one.asked, { ids: ids(one.whom) }, false);
    case "join":
      return here.join(groups[one.group] ?? "", ...ids(one.whom));
    case "leave":
      return here.leave(groups[one.group] ?? "", ...ids(one.whom));
    case "map":
      return writeRoleMappings(db, here.operator(), one.list.map(mapping(groups)), ["*"]);
    case "limit":
      return updateTenant(db, here.operator(), { ownLimit: { limit: one.limit } });
    case "plan":
      return updateTenant(db, here.operator(), { ownLimit: null, plan: one.plan });
    case "policy":
      return updateTenant(db, here.operator(), { settings: { seats: one.seats } });
    case "role":
      return editRole(db, here.admin(), "role", "desk", { seatRequired: one.seatRequired });
    case "replaceRole":
      await deleteRole(db, here.admin(), "role", "desk", one.by);
      return createRole(db, here.admin(), "role", { slug: "desk", name: "Desk" });
    case "relink":
      return here.relink(one.role);
    default:
      return performOn(place, one);
  }
}

const mapping =
  (groups: readonly string[]) =>
  ([at, to]: readonly [number, string]): WrittenMapping => ({ group: { id: groups[at] ?? "" }, role: to });

async function performOn(
  { here, people }: Place,
  one: Extract<Operation, { readonly ticket: number } | { readonly whom: number }>,
): Promise<unknown> {
  if ("ticket" in one) {
    const ticket = here.tickets[one.ticket % here.tickets.length];
    return ticket && here[one.do](ticket);
  }
  const id = people[one.whom % people.length];
  if (id === undefined) return undefined;
  const edit = (change: object) => editMember(here.db, here.admin(), id, change, defaultSettings);
  if (one.do === "grant") return edit({ roles: [one.role] });
  if (one.do === "hold" || one.do === "release") return edit({ hold: one.do === "hold" });
  if (one.do === "drop") return dropMember(here.db, here.admin(), id);
  if (one.do === "unpush") return here.unpush(id);
  return here.activate(id, one.do === "activate");
}

/** What somebody may be told; everything else is a fault. */
const REFUSALS = [
  "conflict",
  "email_exists",
  "invalid_request",
  "invitation_expired",
  "last_admin",
  "managed_by_directory",
  "not_found",
  "rate_limited",
  "seat_limit_reached",
  "slug_exists",
] as const;

function isToldSo(error: unknown): boolean {
  return error instanceof SignInStopped || REFUSALS.some((code) => isRefusal(error, code));
}

interface Admins {
  readonly admins: number;
  readonly held: number;
  readonly adminless: number;
}

async function administering({ db, tenantId }: EveryDoor): Promise<Admins> {
  const text = `select count(*) filter (where administers)::int as admins,
      count(*) filter (where administers and last_admin_hold <> '{}')::int as held,
      (select count(*)::int from events where tenant_id = $1 and type = 'tenant.adminless') as adminless
    from members where tenant_id = $1`;
  const [row] = await asOwner<Admins>(db, text, [tenantId]);
  assert.ok(row);
  return row;
}

/** Rule 4: no seat is free while somebody waits for one; rule 15: nobody has no role, and none has more than the seat allows. */
async function checkRows({ db, tenantId }: EveryDoor): Promise<void> {
  const { rules } = await currentRules(db, tenantId);
  const seated = [...rules.roles.values()].filter((each) => each.seatRequired).map(({ slug }) => slug);
  const text = `select
    (select count(*)::int from tenant_seats s join members m on m.tenant_id = s.tenant_id and m.seat = 'waiting'
      where s.tenant_id = $1 and (s.seat_limit is null or s.used < s.seat_limit)) as forgotten,
    (select count(*)::int from members where tenant_id = $1 and seat = 'waiting' and status = 'suspended') as asleep,
    (select count(*)::int from members where tenant_id = $1 and roles = '{}') as roleless,
    (select count(*)::int from members where tenant_id = $1 and seat <> 'held' and needs_seat and roles && $2) as unseated,
    (select count(*)::int from memberships x where tenant_id = $1
      and not exists (select from members m where m.tenant_id = $1 and m.id = x.member_id)) as orphans`;
  const [row] = await asOwner(db, text, [tenantId, seated]);
  assert.deepEqual(row, { forgotten: 0, asleep: 0, roleless: 0, unseated: 0, orphans: 0 });
}

/** Rule 11: every member has what the mappings of now give. */
async function checkMapped({ db, tenantId }: EveryDoor): Promise<void> {
  const everybody = { directoryId: null, statuses: null };
  const [members] = await onceInTenant(db, { tenantId }, membersAfter(tenantId, everybody, FIRST_ID, 1000));
  const { rules } = await currentRules(db, tenantId);
  for (const member of members) {
    assert.equal(member.mapped, firstMatch(rules, personOf(member))?.role ?? null, `${member.id} was missed`);
  }
}

/**
 * Above the limit there are rule 5, in a transaction of new rules, and rule 6, by which the seat is the only admin's. Asked
 * at the commit, when it is known who administers.
 */
const LIMITS = `
  create function audit_rules() returns trigger language plpgsql as $$
  begin
    perform set_config('audit.rules', pg_current_xact_id()::text, true);
    return null;
  end $$;
  create trigger audit_0_rules after update on tenant_seats for each row
    when (new.rules_version <> old.rules_version) execute function audit_rules();
  create or replace function audit_limit() returns trigger language plpgsql security definer as $$
  begin
    if current_setting('audit.rules', true) = pg_current_xact_id()::text then return null; end if;
    if new.used = new.seat_limit + 1
      and (select count(*) from members where tenant_id = new.tenant_id and administers) = 1
      and exists (select from audit_moves a join members m on m.tenant_id = new.tenant_id and m.id = a.member
        where a.xid = pg_current_xact_id()::text::bigint and a."to" = 'held' and m.administers)
    then return null; end if;
    raise exception 'audit: % of % seats', new.used, new.seat_limit;
  end $$;
  drop trigger audit_limits on tenant_seats;
  create constraint trigger audit_limits after update on tenant_seats deferrable initially deferred for each row
    when (new.used > old.used and new.used > new.seat_limit) execute function audit_limit()`;

describe("people who come, go and change by every door, at once", () => {
  audited();
  before(async () => void (await (await testDatabase()).pool.query(LIMITS)));
  after(async () => {
    await (await testDatabase()).pool.query("drop trigger audit_0_rules on tenant_seats; drop function audit_rules");
  });

  it("keep the limit, the counter, the queue, the mappings and an admin, and are all told", async () => {
    const waves = fc.array(fc.array(operation, { minLength: 4, maxLength: 9 }), { minLength: 2, maxLength: 5 });
    const holds = async (first: number | null, policy: SeatSettings, all: readonly Operation[][]): Promise<void> => {
      const here = await everyDoor({ seatLimit: first, settings: { seats: policy } });
      await here.add("boss@example.com", { roles: ["admin"] });
      const groups = [await here.group(GROUPS[0]), await here.group(GROUPS[1])];
      const read = <Row>(sql: string): Promise<Row[]> => asOwner(here.db, sql, [here.tenantId]);
      let was = await administering(here);
      for (const wave of all) {
        const people = (await read<{ id: string }>("select id from members where tenant_id = $1 order by id")).map(
          ({ id }) => id,
        );
        const results = await Promise.allSettled(wave.map((one) => perform({ here, groups, people }, one)));
        for (const each of results) {
          if (each.status === "rejected") assert.ok(isToldSo(each.reason), String((each.reason as Error).stack));
        }
        await here.work();
        const now = await administering(here);
        // Rule 17: none is left only by a directory's deactivation or deletion, and that is told.
        if (was.admins > 0 && now.admins === 0) assert.ok(now.adminless > was.adminless, "adminless and not told");
        assert.ok(now.held === 0 || now.admins === 1, "a hold beside another admin");
        was = now;
        await checkPeople({ tenantId: here.tenantId, read } as Parameters<typeof checkPeople>[0], assert.deepEqual);
        await checkRows(here);
        await checkMapped(here);
      }
    };
    const runs = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };
    await fc.assert(fc.asyncProperty(limit, seats, waves, holds), runs);
  }).timeout(3_600_000);
});
