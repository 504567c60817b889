import assert from "node:assert/strict";
import { inTenant, onceInTenant, sqlState } from "../../src/storage/scope.ts";
import type { Database, Statement, Who } from "../../src/storage/types.ts";
import { testDatabase } from "../support/database.ts";
import {
  allTables,
  asOwner,
  closedTables,
  insertRow,
  sampleRow,
  serverRow,
  sharedTables,
  tenantColumn,
  tenantTables,
  twoTenants,
} from "./catalogue.ts";

/** Indexes of what is read across tenants or before the tenant is known, or whose key is the tenant itself. */
const notLedByTenant = [
  "account_members_account",
  "connection_tenants_pkey",
  "connections_certificates_due",
  "connections_metadata_due",
  "domains_due",
  "domains_verified",
  "events_journal",
  "tenants_deleted",
  "tenants_pkey",
  "tenants_slug",
];
const denied = (error: unknown): boolean => sqlState(error) === "42501";
/** Functions that run as their owner, and so beside the policies. */
const definers = ["find_members"];

describe("row-level security", () => {
  let db: Database;
  let tables: string[];
  let mine: string;
  let theirs: string;
  before(async () => {
    db = await testDatabase();
    tables = await tenantTables(db);
    assert.ok(tables.length >= 6);
    [mine, theirs] = await twoTenants(db);
  });

  it("is enabled on every table", async () => {
    const open = await asOwner<{ name: string }>(
      db,
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
       and not relrowsecurity`,
    );
    assert.deepEqual(open, []);
  });

  it("has on every table of tenants one policy, for all commands and roles: the tenant of the transaction", async () => {
    const policies = await asOwner<{ table: string; policy: string }>(
      db,
      `select tablename as "table", concat_ws(' ', permissive, roles, cmd, qual, with_check) as policy
       from pg_policies where schemaname = 'public' order by tablename`,
    );
    const expected = tables.map((table) => ({
      table,
      policy: `PERMISSIVE {public} ALL (${tenantColumn(table)} = current_tenant())`,
    }));
    assert.deepEqual(
      policies.filter(({ table }) => !sharedTables.includes(table)),
      expected.toSorted((a, b) => (a.table < b.table ? -1 : 1)),
    );
  });

  it("lets tenants read plans and write none", async () => {
    const [plans, deleted] = await onceInTenant(
      db,
      { tenantId: mine },
      { text: "select from plans", values: [] },
      { text: "delete from plans returning slug", values: [] },
    );
    assert.ok(plans.length > 0);
    assert.deepEqual(deleted, []);
    for (const text of ["insert into plans (slug) values ('mine')", "update plans set seat_limit = null"]) {
      await assert.rejects(onceInTenant(db, { tenantId: mine }, { text, values: [] }), denied, text);
    }
  });

  it("lets tenants read declared permissions and write none", async () => {
    const area = `area${Date.now().toString(36)}`;
    const values = [area, "Area", ["view"], false];
    const insert = "insert into permission_areas (area, name, actions, scoped) values ($1,$2,$3,$4)";
    await asOwner(db, insert, values);
    const [read, gone] = await onceInTenant(
      db,
      { tenantId: mine },
      { text: "select from permission_areas where area = $1 for share", values: [area] },
      { text: "delete from permission_areas returning area", values: [] },
    );
    assert.deepEqual([read.length, gone], [1, []]);
    for (const text of [insert.replace("$1", "$1 || 'x'"), "update permission_areas set name = $1 where $2 <> '' "]) {
      const given = text.startsWith("insert") ? values : values.slice(0, 2);
      await assert.rejects(onceInTenant(db, { tenantId: mine }, { text, values: given }), denied, text);
    }
    await asOwner(db, "delete from permission_areas where area = $1", [area]);
  });

  it("lets tenants see nothing of the server's own tables, nor write them", async () => {
    for (const table of closedTables) {
      const row = await serverRow(db, table);
      const { text, values } = insertRow(table, row);
      await asOwner(db, text, values);
      const [column] = row.keys();
      const [read, changed, deleted] = await onceInTenant(
        db,
        { tenantId: mine },
        { text: `select from ${table}`, values: [] },
        { text: `update ${table} set ${column} = ${column} returning ${column}`, values: [] },
        { text: `delete from ${table} returning ${column}`, values: [] },
      );
      assert.deepEqual([read, changed, deleted], [[], [], []], table);
      await assert.rejects(
        onceInTenant(db, { tenantId: mine }, insertRow(table, await serverRow(db, table))),
        denied,
        table,
      );
      await asOwner(db, `delete from ${table} where ${column} = $1`, [row.get(column ?? "")]);
    }
  });

  it("lets tenants add jobs of their own, and see none", async () => {
    const job = (tenantId: string): Statement => ({
      text: "insert into jobs (tenant_id, kind, payload, run_at) values ($1, 'test', '{}', 'infinity')",
      values: [tenantId],
    });
    await onceInTenant(db, { tenantId: mine }, job(mine));
    await assert.rejects(onceInTenant(db, { tenantId: mine }, job(theirs)), denied);
    const [read, changed] = await onceInTenant(
      db,
      { tenantId: mine },
      { text: "select from jobs", values: [] },
      { text: "update jobs set attempts = 0 returning id", values: [] },
    );
    assert.deepEqual([read, changed], [[], []]);
    const removed = await asOwner(db, "delete from jobs where tenant_id = $1 returning id", [mine]);
    assert.equal(removed.length, 1);
  });

  it("knows every table as the tenants' or as the server's", async () => {
    const names = (await allTables(db)).map(({ name }) => name);
    assert.deepEqual(names, [...tables, ...closedTables, ...sharedTables].toSorted());
  });

  it("is led by the tenant in every primary key, unique constraint and index", async () => {
    const indexes = await asOwner<{ name: string; table: string; first: string | null }>(
      db,
      `select c.relname as name, i.indrelid::regclass::text as "table",
         (select attname from pg_attribute where attrelid = i.indrelid and attnum = i.indkey[0]) as first
       from pg_index i join pg_class c on c.oid = i.indexrelid where c.relnamespace = 'public'::regnamespace`,
    );
    const astray = indexes.filter(({ table, first }) => tables.includes(table) && first !== "tenant_id");
    assert.deepEqual(astray.map(({ name }) => name).toSorted(), notLedByTenant);
  });

  it("is passed by no function or view of ours", async () => {
    const functions = await asOwner<{ name: string }>(
      db,
      `select proname as name from pg_proc p where pronamespace = 'public'::regnamespace and prosecdef
       and not exists (select from pg_depend where objid = p.oid and deptype = 'e')`,
    );
    assert.deepEqual(
      functions.map(({ name }) => name),
      definers,
    );
    const views = await asOwner(
      db,
      "select from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm')",
    );
    assert.deepEqual(views, []);
  });
});

describe("a query without where", () => {
  let db: Database;
  let mine: string;
  let theirs: string;
  let tables: string[];
  before(async () => {
    db = await testDatabase();
    tables = await tenantTables(db);
    [mine, theirs] = await twoTenants(db);
  });

  const who = (tenantId: string): Who => ({ tenantId, actor: { type: "system" }, now: new Date() });

  function owners(table: string): Statement<{ tenant: string }> {
    return { text: `select distinct ${tenantColumn(table)} as tenant from ${table}`, values: [] };
  }

  it("reads the rows of its own tenant in every table, through either door", async () => {
    for (const table of tables) {
      const [once] = await onceInTenant(db, who(mine), owners(table));
      assert.deepEqual(once, [{ tenant: mine }], table);
      const inside = await inTenant(db, who(mine), ({ trx }) => trx.run(owners(table)));
      assert.deepEqual(inside, [{ tenant: mine }], table);
    }
  });

  it("reads nothing in any table where the tenant does not exist", async () => {
    for (const table of tables) {
      const [rows] = await onceInTenant(db, who("01900000-0000-7000-8000-000000000000"), owners(table));
      assert.deepEqual(rows, [], table);
    }
  });

  it("changes and deletes nothing of another tenant", async () => {
    class Undo extends Error {}
    for (const table of tables) {
      const column = tenantColumn(table);
      const undone = inTenant(db, who(mine), async ({ trx }) => {
        const changed = await trx.run({
          text: `update ${table} set ${column} = ${column} returning ${column} as tenant`,
          values: [],
        });
        assert.deepEqual(changed, [{ tenant: mine }], table);
        await trx.run({ text: `delete from ${table}`, values: [] });
        throw new Undo();
      });
      await assert.rejects(undone, (error) => {
        if (error instanceof Undo) return true;
        // Rows of this tenant that others reference may stand in the way; those of another tenant never.
        return sqlState(error) === "23503";
      });
      const [left] = await asOwner(db, `select from ${table} where ${column} = $1`, [theirs]);
      assert.ok(left, table);
    }
  });

  it("inserts no row for another tenant, in any table", async () => {
    for (const table of tables) {
      const row = await sampleRow(db, table, theirs);
      await assert.rejects(onceInTenant(db, who(mine), insertRow(table, row)), denied, table);
    }
  });

  it("gives none of its rows to another tenant, in any table", async () => {
    for (const table of tables) {
      const text = `update ${table} set ${tenantColumn(table)} = $1`;
      await assert.rejects(onceInTenant(db, who(mine), { text, values: [theirs] }), denied, table);
    }
  });

  it("is bound by a role that is no superuser, owns nothing and cannot leave itself", async () => {
    const [[row]] = await onceInTenant(db, who(mine), {
      text: `select current_user as role, rolsuper or rolbypassrls or rolcanlogin as strong
        from pg_roles where rolname = current_user`,
      values: [],
    });
    assert.deepEqual(row, { role: db.tenantRole, strong: false });
  });
});

describe("the tenant of a transaction", () => {
  let db: Database;
  let mine: string;
  before(async () => {
    db = await testDatabase();
    [mine] = await twoTenants(db);
  });

  const state: Statement<{ tenant: string | null; login: boolean }> = {
    text: "select current_tenant() as tenant, current_user = session_user as login",
    values: [],
  };
  /** Every connection of the pool, one after the other in one hand. */
  async function statesOfAll(): Promise<unknown[]> {
    const clients = await Promise.all(Array.from({ length: db.pool.totalCount || 1 }, () => db.pool.connect()));
    try {
      const results = await Promise.all(clients.map((client) => client.query(state.text)));
      return results.flatMap(({ rows }) => rows as unknown[]);
    } finally {
      for (const client of clients) client.release();
    }
  }
  async function nobodyIsLeft(): Promise<void> {
    for (const row of await statesOfAll()) assert.deepEqual(row, { tenant: null, login: true });
  }
  const who = (): Who => ({ tenantId: mine, actor: { type: "system" }, now: new Date() });
  const broken: Statement = { text: "select 1 / 0", values: [] };

  it("is set within", async () => {
    const [[once]] = await onceInTenant(db, who(), state);
    assert.deepEqual(once, { tenant: mine, login: false });
    const [inside] = await inTenant(db, who(), ({ trx }) => trx.run(state));
    assert.deepEqual(inside, { tenant: mine, login: false });
  });

  it("does not outlive a batch", async () => {
    await onceInTenant(db, who(), state);
    await nobodyIsLeft();
  });

  it("does not outlive a batch that failed", async () => {
    await assert.rejects(onceInTenant(db, who(), state, broken, state));
    await nobodyIsLeft();
  });

  it("does not outlive a commit", async () => {
    await inTenant(db, who(), ({ trx }) => trx.run(state));
    await nobodyIsLeft();
  });

  it("does not outlive a rollback, by a failed statement or by the work itself", async () => {
    await assert.rejects(inTenant(db, who(), ({ trx }) => trx.run(broken)));
    await nobodyIsLeft();
    await assert.rejects(
      inTenant(db, who(), () => Promise.reject(new Error("the work itself fails"))),
      /^Error: the work itself fails$/,
    );
    await nobodyIsLeft();
  });

  it("is a UUID and nothing else", async () => {
    for (const tenantId of ["", "acme", `${mine}'; drop table members; --`, "00000000-0000-0000-0000-000000000000"]) {
      await assert.rejects(
        inTenant(db, { ...who(), tenantId }, () => Promise.resolve()),
        /a tenant id is a UUID/,
      );
      await assert.rejects(onceInTenant(db, { tenantId }, state), /a tenant id is a UUID/);
    }
  });
});
