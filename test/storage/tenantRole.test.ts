import assert from "node:assert/strict";
import { Client } from "pg";
import { openDatabase } from "../../src/storage/database.ts";
import { ensureTenantRole } from "../../src/storage/tenantRole.ts";
import type { Database } from "../../src/storage/types.ts";
import { testDatabase } from "../support/database.ts";
import { withPostgres } from "./withPostgres.ts";

describe("the role of tenants", () => {
  it("is named after the database and found again at the next start", async () => {
    const db = await testDatabase();
    const client = await db.pool.connect();
    try {
      assert.equal(await ensureTenantRole(client), db.tenantRole);
      const { rows } = await client.query("select current_database() || '_tenant' as role");
      assert.deepEqual(rows, [{ role: db.tenantRole }]);
    } finally {
      client.release();
    }
  });
});

withPostgres("the role of tenants on a server", (postgres) => {
  let admin: Client;
  before(async () => {
    admin = new Client({ connectionString: postgres().adminUrl });
    await admin.connect();
  });
  after(() => admin.end());

  /** A database of its own, with an owner who may do what `rights` says. */
  async function database(name: string, rights = ""): Promise<string> {
    await admin.query(`create role "${name}_owner" login password 'p' ${rights}`);
    await admin.query(`create database "${name}" owner "${name}_owner"`);
    const url = new URL(postgres().url);
    url.username = `${name}_owner`;
    url.password = "p";
    url.pathname = `/${name}`;
    return url.href;
  }
  const open = (url: string): Promise<Database> =>
    openDatabase({ url, prepare: true, folder: undefined, onFault: (error) => assert.fail(error) });
  const refused = (message: RegExp) => ({ name: "Refusal", code: "unavailable", message });

  it("is made by a login that may create roles", async () => {
    const db = await open(await database("rights", "createrole"));
    assert.equal(db.tenantRole, "rights_tenant");
    await db.close();
  });

  it("is asked of the DBA in two statements where the login may not create it; run, they suffice", async () => {
    const url = await database("norights");
    let statements = "";
    await assert.rejects(open(url), (error: Error) => {
      assert.equal(error.name, "Refusal");
      statements = /let the DBA run: (.*)$/.exec(error.message)?.[1] ?? "";
      assert.equal(statements, 'create role norights_tenant nologin; grant norights_tenant to "norights_owner";');
      return true;
    });
    await admin.query(statements);
    const db = await open(url);
    assert.equal(db.tenantRole, "norights_tenant");
    await db.close();
  });

  it("is refused with BYPASSRLS, as superuser, and as owner of a table", async () => {
    const url = await database("bypass", "createrole");
    await (await open(url)).close();
    const passes = refused(/role bypass_tenant would pass row-level security/);
    for (const [grant, revoke] of [
      ["alter role bypass_tenant bypassrls", "alter role bypass_tenant nobypassrls"],
      ["alter role bypass_tenant superuser", "alter role bypass_tenant nosuperuser"],
    ] as const) {
      await admin.query(grant);
      await assert.rejects(open(url), passes);
      await admin.query(revoke);
      await (await open(url)).close();
    }
    const inside = new URL(url);
    const owner = new Client({ connectionString: new URL(inside.pathname, postgres().adminUrl).href });
    await owner.connect();
    try {
      await owner.query("create table mine (id int); alter table mine owner to bypass_tenant");
      await assert.rejects(open(url), passes);
      await owner.query("drop table mine");
      await owner.query("create role else_owner; create table others (id int); alter table others owner to else_owner");
      await owner.query("grant else_owner to bypass_tenant");
      await assert.rejects(open(url), passes);
    } finally {
      await owner.end();
    }
  });

  it("is refused for a database whose name needs quotes, in words that say which names do not", async () => {
    const url = await database("Upper-Case", "createrole");
    await assert.rejects(open(url), refused(/database name "Upper-Case": use lower-case letters/));
  });

  it("is told where the login may not even make tables", async () => {
    const url = new URL(await database("owned", "createrole"));
    await admin.query("create role guest login password 'p'");
    url.username = "guest";
    await assert.rejects(open(url.href), refused(/DATABASE_URL: permission denied .*let the DBA/));
  });

  it("is told which login, password or database is wrong", async () => {
    const base = postgres().url;
    const wrong = (change: (url: URL) => void): string => {
      const url = new URL(base);
      change(url);
      return url.href;
    };
    for (const [url, words] of [
      [wrong((u) => (u.password = "wrong")), /DATABASE_URL: cannot connect: password authentication failed/],
      [wrong((u) => (u.pathname = "/nowhere")), /DATABASE_URL: cannot connect: database "nowhere" does not exist/],
      [wrong((u) => (u.port = "1")), /DATABASE_URL: cannot connect: connect ECONNREFUSED/],
    ] as const) {
      await assert.rejects(open(url), refused(words));
    }
  });
});
