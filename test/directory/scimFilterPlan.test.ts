import assert from "node:assert/strict";
import { listDirectories } from "../../src/directory/directories/directories.ts";
import { listMembers } from "../../src/directory/members/memberList.ts";
import { listResources, type ListPage } from "../../src/directory/directories/scimList.ts";
import { type Listed, pageOf } from "../../src/directory/directories/scimList.store.ts";
import { groupSource, memberSource } from "../../src/directory/directories/scimSources.store.ts";
import { leniency } from "../../src/scim/dialects.ts";
import { parseFilter } from "../../src/scim/filter.ts";
import { defaultSelection } from "../../src/scim/project.ts";
import type { ResourceType } from "../../src/scim/registry.ts";
import { resolveFilter } from "../../src/scim/resolve.ts";
import { sortOver } from "../../src/scim/sort.ts";
import { ScimRefusal } from "../../src/scim/types.ts";
import { onceInTenant, sqlState } from "../../src/storage/scope.ts";
import type { Statement, Who } from "../../src/storage/types.ts";
import { onServer, testDatabase } from "../support/database.ts";
import { group } from "../scim/fixtures.ts";
import { addMember, badgedUser, baseUrl, newWho } from "./scimFilterWorld.ts";

/** The embedded planner is the same, and writes rows ten times slower. */
const PEOPLE = onServer ? 100_000 : 30_000;
const byName = { key: "name", descending: false } as const;
const shown = defaultSelection(badgedUser);

describe(`the plan of a filter over ${PEOPLE} users, as the tenant role under row-level security`, function () {
  this.timeout(60_000);
  let who: Who;
  let id: string;
  let directoryId: string;

  before(async () => {
    who = await newWho(new Date("2026-01-01T00:00:00Z"));
    const model = await addMember(who, { userName: "model", externalId: "model" });
    id = model.id;
    // Ids, names and addresses in ascending order, which indexes take fastest.
    await inBulk(
      `insert into members (tenant_id, id, user_name_key, external_id, name_key, email_key, more_email_keys, scim,
          entrance, granted, entitled, roles, administers, seat, needs_seat, reasons, created_at, updated_at)
        select m.tenant_id, ('01900000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, 'user' || i, 'x' || i, 'user' || i,
          'a' || i || '@x', case when i % 10 = 7 then array['b' || i || '@x'] else '{}' end,
          m.scim, m.entrance, m.granted, m.entitled, m.roles, m.administers, m.seat, m.needs_seat, m.reasons, m.created_at,
          m.updated_at
        from members m, generate_series(100000, 99999 + $3::int) i where m.tenant_id = $1 and m.id = $2`,
      [who.tenantId, id, PEOPLE],
    );
    await inBulk(
      `insert into member_emails (tenant_id, email_key, member_id)
        select tenant_id, unnest(more_email_keys), id from members where tenant_id = $1 on conflict do nothing`,
      [who.tenantId],
    );
    const { items } = await listDirectories(await testDatabase(), who, { limit: 1, place: undefined });
    directoryId = items[0]?.id ?? "";
    await inBulk(
      `with made as (insert into groups (tenant_id, id, directory_id, name_key, scim, created_at, updated_at)
          select $1, gen_random_uuid(), $2, 'group' || i, jsonb_build_object('displayName', 'Group' || i), $3, $3
          from generate_series(1, 300) i returning id, substr(name_key, 6)::int as i)
        insert into memberships (tenant_id, group_id, member_id)
          select $1, made.id, m.id from made join (select id, row_number() over (order by id) as i from members
            where tenant_id = $1 limit 12000) m on m.i % 300 = made.i % 300`,
      [who.tenantId, directoryId, who.now],
    );
    const { pool } = await testDatabase();
    await pool.query(`analyze members (tenant_id, id, user_name_key, external_id, email_key, name_key, break_glass),
      member_emails, groups, memberships`);
  });

  /** Many rows at once; in the embedded database, where we may, without a check of each row's references. */
  async function inBulk(text: string, values: unknown[]): Promise<void> {
    const { pool, kind } = await testDatabase();
    const client = await pool.connect();
    try {
      await client.query("begin");
      if (kind === "embedded") await client.query("set local session_replication_role = replica");
      await client.query(text, values);
      await client.query("commit");
    } finally {
      client.release();
    }
  }

  function listed(text: string, type: ResourceType): Listed {
    const forgiving = leniency("tolerant");
    const filter = resolveFilter(type, parseFilter(text, forgiving), forgiving);
    return { source: type === group ? groupSource(group, baseUrl) : memberSource(type, baseUrl), filter, sort: null };
  }

  /** The plan of a page, as it is read of both kinds. */
  async function planOf(text: string, type = badgedUser): Promise<string> {
    const window = { kind: "offset", offset: 0, count: 100 } as const;
    const page = pageOf({ ...who, directoryId }, listed(text, type), window, defaultSelection(type));
    return explained(page);
  }

  async function explained({ text, values }: Statement): Promise<string> {
    const explain: Statement<{ "QUERY PLAN": string }> = { text: `explain ${text}`, values };
    const [rows] = await onceInTenant(await testDatabase(), who, explain);
    return rows.map((row) => row["QUERY PLAN"]).join("\n");
  }

  /** Whether the index is entered by the column, not walked through. */
  async function entersBy(text: string, index: string, column: string, type = badgedUser): Promise<void> {
    const plan = await planOf(text, type);
    assert.match(plan, new RegExp(`${index}\\b`), plan);
    assert.match(plan, new RegExp(`Index Cond: .*\\b${column} [=>]`), plan);
    assert.doesNotMatch(plan, /Seq Scan on (members|member_emails|memberships)/, plan);
  }

  it("enters the index of user names for userName eq", () =>
    entersBy('userName eq "USER100077"', "members_user_name", "user_name_key"));
  it("enters the index of user names by a range for userName sw", () =>
    entersBy('userName sw "USER100077"', "members_user_name", "user_name_key"));
  it("enters the index of external ids for externalId eq", () =>
    entersBy('externalId eq "x100077"', "members_external_id", "external_id"));
  it("enters the index of external ids by a range for externalId sw", () =>
    entersBy('externalId sw "x100077"', "members_external_id", "external_id"));
  it("enters the primary key for id eq", () => entersBy(`id eq "${id}"`, "members_pkey", "id"));
  it("enters an index where another term narrows it further", () =>
    entersBy('userName eq "user100077" and emails[type eq "work"]', "members_user_name", "user_name_key"));
  const names = Array.from({ length: 32 }, (_, index) => `userName eq "user${100_077 + index}"`);
  it("enters both indexes for an or of two keys", async () => {
    const plan = await planOf('userName eq "user100077" or externalId eq "x100078"');
    assert.match(plan, /BitmapOr/, plan);
  });
  it("enters the index of user names for an or of two of them, and of as many as a filter may hold", async () => {
    await entersBy(names.slice(0, 2).join(" or "), "members_user_name", "user_name_key");
    await entersBy(names.join(" or "), "members_user_name", "user_name_key");
  });

  for (const text of [
    'emails.value eq "B100077@x"',
    'emails eq "b100077@x"',
    'emails[value eq "b100077@x"]',
    'emails[type eq "work" and value eq "a100077@x"]',
    'emails[type eq "work"].value eq "a100077@x"',
    'emails.value eq "a100077@x" and active eq true',
  ]) {
    it(`enters both indexes of addresses for ${text}`, async () => {
      await entersBy(text, "members_email", "email_key");
      await entersBy(text, "member_emails_pkey", "email_key");
    });
  }
  it("enters the index of names by a range for displayName eq", () =>
    entersBy('displayName eq "USER100077"', "members_name", "name_key"));
  it("enters the index of memberships by the group for groups.value eq", () =>
    entersBy(`groups.value eq "${id}"`, "memberships_pkey", "group_id"));
  it("enters the index of memberships by the member for members.value eq", () =>
    entersBy(`members.value eq "${id}"`, "memberships_member", "member_id", group));
  it("enters the index of group names for displayName eq", () =>
    entersBy('displayName eq "GROUP7"', "groups_name", "name_key", group));

  it("S3.26 S4.12 a search of members enters the index of texts by its part", async () => {
    const { pool } = await testDatabase();
    const { rows } = await pool.query("select prosrc from pg_proc where proname = 'find_members'");
    const inner = /'(select id from members .*)'/.exec((rows[0] as { prosrc: string }).prosrc)?.[1] ?? "";
    const values = [who.tenantId, "%100077%", 2001];
    const plan = (await pool.query(`explain ${inner}`, values)).rows.map((row) => Object.values(row)[0]).join("\n");
    assert.match(plan, /Bitmap Index Scan on members_search[\s\S]*Index Cond: .*tenant_id = [\s\S]*%100077%/, plan);
    const found = await listMembers(await testDatabase(), who, { search: "100077", order: byName }, 10, null);
    assert.deepEqual(
      found.items.map(({ nameKey }) => nameKey),
      ["user100077"],
    );
    assert.equal(found.total, 1);
  });

  it("enters the primary key behind a cursor, and the index of user names under sortBy=userName", async () => {
    const window = { kind: "keyset", place: { key: null, id }, backwards: false, count: 10 } as const;
    const all = { source: memberSource(badgedUser, baseUrl), filter: null };
    const plain = await explained(pageOf({ ...who, directoryId }, { ...all, sort: null }, window, shown));
    assert.match(plain, /Index Only Scan using members_pkey .*[\s\S]*Index Cond: .*\bid > /, plain);
    const [sort = null] = sortOver([badgedUser], { sortBy: "userName" }, leniency("rfc"));
    const place = { key: "user102000", id };
    const sorted = await explained(pageOf({ ...who, directoryId }, { ...all, sort }, { ...window, place }, shown));
    assert.match(sorted, /using members_user_name .*[\s\S]*Index Cond: .*\buser_name_key >= /, sorted);
  });

  /** A page of those whom a filter finds, as its answer has it. */
  async function scimPage(text: string, atMostMs?: number, whose = who): Promise<ListPage> {
    const asked = { ...listed(text, badgedUser), selected: shown };
    const wanted = { kind: "index", startIndex: 1, count: 10 } as const;
    return listResources(await testDatabase(), { ...whose, directoryId }, [asked], wanted, atMostMs);
  }

  if (onServer) {
    it("a list that takes longer than it may is tooMany and says what to do; others go on (RFC 7644 §3.12)", async () => {
      const slow = Array.from({ length: 32 }, () => 'displayName co "zz"').join(" or ");
      await assert.rejects(scimPage(slow, 1), (error) => {
        assert.ok(error instanceof ScimRefusal && error.scimType === "tooMany");
        assert.match(error.message, /longer than 0.001 s: ask with fewer expressions/);
        assert.equal(sqlState(error.cause), "57014");
        return true;
      });
      assert.equal((await scimPage('userName eq "user100077"')).total, 1);
    });
  }

  it("lists that look at everybody take turns within a tenant: look-ups and other tenants go on beside them", async () => {
    const db = await testDatabase();
    const ended: string[] = [];
    const gate = { open: (): void => {} };
    const opened = new Promise<void>((resolve) => (gate.open = resolve));
    const taken = Array.from({ length: 8 }, () => db.turns.take(who.tenantId, () => opened));
    const slow = scimPage('title eq "nobody"').then(() => ended.push("slow"));
    const other = await newWho(new Date("2026-01-01T00:00:00Z"));
    await scimPage('title eq "nobody"', undefined, other);
    await scimPage('userName eq "user100077"');
    ended.push("beside");
    gate.open();
    await Promise.all([...taken, slow]);
    assert.deepEqual(ended, ["beside", "slow"]);
  });
});
