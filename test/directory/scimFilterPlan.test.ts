import assert from "node:assert/strict";
import { listDirectories } from "../../src/directory/directories.ts";
import { type Listed, pageOf } from "../../src/directory/scimList.store.ts";
import { groupSource, memberSource } from "../../src/directory/scimSources.store.ts";
import { leniency } from "../../src/scim/dialects.ts";
import { parseFilter } from "../../src/scim/filter.ts";
import { defaultSelection } from "../../src/scim/project.ts";
import type { ResourceType } from "../../src/scim/registry.ts";
import { resolveFilter } from "../../src/scim/resolve.ts";
import { sortOver } from "../../src/scim/sort.ts";
import { onceInTenant } from "../../src/storage/scope.ts";
import type { Statement, Who } from "../../src/storage/types.ts";
import { testDatabase } from "../support/database.ts";
import { group } from "../scim/fixtures.ts";
import { addMember, badgedUser, baseUrl, newWho } from "./scimFilterWorld.ts";

const PEOPLE = 3000;
const shown = defaultSelection(badgedUser);

describe("the plan of a filter, under row-level security", () => {
  let who: Who;
  let id: string;
  let directoryId: string;

  before(async () => {
    who = await newWho(new Date("2026-01-01T00:00:00Z"));
    const model = await addMember(who, { userName: "model", externalId: "model" });
    id = model.id;
    const { pool } = await testDatabase();
    await pool.query(
      `insert into members (tenant_id, id, user_name_key, external_id, name_key, email_key, more_email_keys, scim, entrance, granted, entitled, roles,
          administers, seat, needs_seat, reasons, created_at, updated_at)
        select m.tenant_id, uuid_v7(m.created_at), 'user' || i, 'x' || i, 'user' || i,
          'a' || i || '@x', array['b' || i || '@x'],
          jsonb_build_object('userName', 'User' || i, 'externalId', 'x' || i, 'displayName', 'User' || i,
            'emails', jsonb_build_array(jsonb_build_object('value', 'a' || i || '@x', 'type', 'work'),
              jsonb_build_object('value', 'b' || i || '@x'))), m.entrance, m.granted, m.entitled, m.roles,
          m.administers, m.seat, m.needs_seat, m.reasons, m.created_at, m.updated_at
        from members m, generate_series(1, $3::int) i where m.tenant_id = $1 and m.id = $2`,
      [who.tenantId, id, PEOPLE],
    );
    const { items } = await listDirectories(await testDatabase(), who, { limit: 1, place: undefined });
    directoryId = items[0]?.id ?? "";
    await pool.query(
      `with made as (insert into groups (tenant_id, id, directory_id, name_key, scim, created_at, updated_at)
          select $1, gen_random_uuid(), $2, 'group' || i, jsonb_build_object('displayName', 'Group' || i), $3, $3
          from generate_series(1, 300) i returning id, substr(name_key, 6)::int as i)
        insert into memberships (tenant_id, group_id, member_id)
          select $1, made.id, m.id from made join (select id, row_number() over (order by id) as i from members
            where tenant_id = $1) m on m.i % 300 = made.i % 300`,
      [who.tenantId, directoryId, who.now],
    );
    await pool.query("analyze members, member_emails, groups, memberships");
  });

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
    entersBy('userName eq "USER77"', "members_user_name", "user_name_key"));
  it("enters the index of user names by a range for userName sw", () =>
    entersBy('userName sw "USER77"', "members_user_name", "user_name_key"));
  it("enters the index of external ids for externalId eq", () =>
    entersBy('externalId eq "x77"', "members_external_id", "external_id"));
  it("enters the index of external ids by a range for externalId sw", () =>
    entersBy('externalId sw "x77"', "members_external_id", "external_id"));
  it("enters the primary key for id eq", () => entersBy(`id eq "${id}"`, "members_pkey", "id"));
  it("enters an index where another term narrows it further", () =>
    entersBy('userName eq "user77" and emails[type eq "work"]', "members_user_name", "user_name_key"));
  it("enters both indexes for an or of two keys", async () => {
    const plan = await planOf('userName eq "user77" or externalId eq "x78"');
    assert.match(plan, /BitmapOr/, plan);
  });

  for (const text of [
    'emails.value eq "B77@x"',
    'emails eq "b77@x"',
    'emails[value eq "b77@x"]',
    'emails[type eq "work" and value eq "a77@x"]',
    'emails[type eq "work"].value eq "a77@x"',
    'emails.value eq "a77@x" and active eq true',
  ]) {
    it(`enters both indexes of addresses for ${text}`, async () => {
      await entersBy(text, "members_email", "email_key");
      await entersBy(text, "member_emails_pkey", "email_key");
    });
  }
  it("enters the index of names by a range for displayName eq", () =>
    entersBy('displayName eq "USER77"', "members_name", "name_key"));
  it("enters the index of memberships by the group for groups.value eq", () =>
    entersBy(`groups.value eq "${id}"`, "memberships_pkey", "group_id"));
  it("enters the index of memberships by the member for members.value eq", () =>
    entersBy(`members.value eq "${id}"`, "memberships_member", "member_id", group));
  it("enters the index of group names for displayName eq", () =>
    entersBy('displayName eq "GROUP7"', "groups_name", "name_key", group));

  it("enters the primary key behind a cursor, and the index of user names under sortBy=userName", async () => {
    const window = { kind: "keyset", place: { key: null, id }, backwards: false, count: 10 } as const;
    const all = { source: memberSource(badgedUser, baseUrl), filter: null };
    const plain = await explained(pageOf({ ...who, directoryId }, { ...all, sort: null }, window, shown));
    assert.match(plain, /Index Only Scan using members_pkey .*[\s\S]*Index Cond: .*\bid > /, plain);
    const [sort = null] = sortOver([badgedUser], { sortBy: "userName" }, leniency("rfc"));
    const place = { key: "user2000", id };
    const sorted = await explained(pageOf({ ...who, directoryId }, { ...all, sort }, { ...window, place }, shown));
    assert.match(sorted, /using members_user_name .*[\s\S]*Index Cond: .*\buser_name_key >= /, sorted);
  });
});
