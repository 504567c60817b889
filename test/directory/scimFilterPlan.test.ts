import assert from "node:assert/strict";
import { countOfMembers } from "../../src/directory/members.store.ts";
import { onceInTenant } from "../../src/storage/scope.ts";
import type { Statement, Who } from "../../src/storage/types.ts";
import { testDatabase } from "../support/database.ts";
import { addMember, conditionOf, filterOf, newWho } from "./scimFilterWorld.ts";

const PEOPLE = 3000;

describe("the plan of a filter, under row-level security", () => {
  let who: Who;
  let id: string;

  before(async () => {
    who = await newWho(new Date("2026-01-01T00:00:00Z"));
    const model = await addMember(who, { userName: "model", externalId: "model" });
    id = model.id;
    const { pool } = await testDatabase();
    await pool.query(
      `insert into members (tenant_id, id, user_name_key, external_id, name_key, scim, entrance, granted, entitled, roles,
          administers, seat, needs_seat, reasons, created_at, updated_at)
        select m.tenant_id, uuid_v7(m.created_at), 'user' || i, 'x' || i, 'user' || i,
          jsonb_build_object('userName', 'User' || i, 'externalId', 'x' || i), m.entrance, m.granted, m.entitled, m.roles,
          m.administers, m.seat, m.needs_seat, m.reasons, m.created_at, m.updated_at
        from members m, generate_series(1, $3::int) i where m.tenant_id = $1 and m.id = $2`,
      [who.tenantId, id, PEOPLE],
    );
    await pool.query("analyze members");
  });

  async function planOf(text: string): Promise<string> {
    const count = countOfMembers(who.tenantId, conditionOf(filterOf(text)));
    const explain: Statement<{ "QUERY PLAN": string }> = { text: `explain ${count.text}`, values: count.values };
    const [rows] = await onceInTenant(await testDatabase(), who, explain);
    return rows.map((row) => row["QUERY PLAN"]).join("\n");
  }

  /** Whether the index is entered by the column, not walked through. */
  async function entersBy(text: string, index: string, column: string): Promise<void> {
    const plan = await planOf(text);
    assert.match(plan, new RegExp(`${index}\\b`), plan);
    assert.match(plan, new RegExp(`Index Cond: .*\\b${column} [=>]`), plan);
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
});
