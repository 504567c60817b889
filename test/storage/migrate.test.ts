import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { openDatabase } from "../../src/storage/database.ts";
import { migrate, readMigrations, type Migration } from "../../src/storage/migrate.ts";
import { sqlState } from "../../src/storage/scope.ts";
import type { Database } from "../../src/storage/types.ts";
import { testDatabase } from "../support/database.ts";
import { withPostgres } from "./withPostgres.ts";

const file = (name: string, sql: string): Migration => ({ name, sql });

describe("the files of migrations", () => {
  it("are numbered without a gap, and each is named after what it does", () => {
    const names = readMigrations().map(({ name }) => name);
    assert.ok(names.length > 0);
    assert.deepEqual(
      names.map((name) => Number(name.slice(0, 4))),
      names.map((_, i) => i + 1),
    );
  });

  it("are read in the order of their numbers, from a folder of any name, and nothing else is", () => {
    const folder = join(mkdtempSync(join(tmpdir(), "usher-migrations-")), "a b#c%20d?");
    mkdirSync(folder);
    for (const name of ["0010_ten.sql", "0002_two.sql", "README.md", "0003_three.sql.orig", "3_three.sql"]) {
      writeFileSync(join(folder, name), `-- ${name}`);
    }
    assert.deepEqual(readMigrations(`${folder}/`), [
      file("0002_two.sql", "-- 0002_two.sql"),
      file("0010_ten.sql", "-- 0010_ten.sql"),
    ]);
    rmSync(join(folder, ".."), { recursive: true });
  });
});

describe("migrate", () => {
  let db: Database;
  before(async () => {
    db = await testDatabase();
  });

  /** Migrations of the test's own leave nothing in a database that others use. */
  async function migrateAndForget(migrations: Migration[], then: (applied: string[]) => Promise<void>): Promise<void> {
    const client = await db.pool.connect();
    try {
      await then(await migrate(client, migrations));
    } finally {
      await client.query("drop table if exists migration_test_a, migration_test_b");
      await client.query("delete from migrations where name like '9%'");
      client.release();
    }
  }
  async function exists(table: string): Promise<boolean> {
    const { rows } = await db.pool.query("select to_regclass($1) is not null as yes", [table]);
    return (rows[0] as { yes: boolean }).yes;
  }

  it("has nothing to do in a database that is up to date", async () => {
    const client = await db.pool.connect();
    try {
      assert.deepEqual(await migrate(client, readMigrations()), []);
    } finally {
      client.release();
    }
  });

  it("applies each file once, in order, and says which", async () => {
    const first = file(
      "9001_a.sql",
      "create table migration_test_a (id int); insert into migration_test_a values (1);",
    );
    const second = file("9002_b.sql", "create table migration_test_b as select * from migration_test_a");
    await migrateAndForget([first], async (applied) => {
      assert.deepEqual(applied, ["9001_a.sql"]);
    });
    await migrateAndForget([first, second], (applied) => {
      assert.deepEqual(applied, ["9001_a.sql", "9002_b.sql"]);
      return Promise.resolve();
    });
  });

  it("leaves nothing of a file that fails, keeps those before it, and leaves out those after it", async () => {
    const client = await db.pool.connect();
    try {
      const bad =
        "create table migration_test_b (id int); insert into migrations (name) values ('9009_no.sql'); select 1 / 0;";
      const files = [
        file("9001_a.sql", "create table migration_test_a (id int)"),
        file("9002_bad.sql", bad),
        file("9003_after.sql", "drop table migration_test_a"),
      ];
      await assert.rejects(migrate(client, files), (error) => sqlState(error) === "22012");
      const { rows } = await client.query("select name from migrations where name like '9%'");
      assert.deepEqual(rows, [{ name: "9001_a.sql" }]);
      client.release();
      assert.deepEqual([await exists("migration_test_a"), await exists("migration_test_b")], [true, false]);
    } finally {
      await db.pool.query("drop table if exists migration_test_a");
      await db.pool.query("delete from migrations where name like '9%'");
    }
  });
});

withPostgres("migrations on a server", (postgres) => {
  async function connected<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
  const open = (): Promise<Database> =>
    openDatabase({ url: postgres().url, prepare: true, folder: undefined, onFault: (error) => assert.fail(error) });

  it("are applied once by processes that start at the same time on an empty database", async () => {
    const opened = await Promise.all(Array.from({ length: 4 }, open));
    await connected(postgres().url, async (client) => {
      const { rows } = await client.query("select name from migrations order by name");
      assert.deepEqual(
        rows,
        readMigrations().map(({ name }) => ({ name })),
      );
      const locks = await client.query("select from pg_locks where locktype = 'advisory'");
      assert.equal(locks.rowCount, 0);
    });
    await Promise.all(opened.map((db) => db.close()));
  });

  it("wait for one another, and the slower finds the work done", async () => {
    const slow = file("9001_slow.sql", "create table migration_test_a as select 1 as id from pg_sleep(0.2)");
    const both = await Promise.all([1, 2].map(() => connected(postgres().url, (client) => migrate(client, [slow]))));
    assert.deepEqual(both.flat(), ["9001_slow.sql"]);
  });

  it("run outside a transaction where the file begins -- concurrently", async () => {
    const sql =
      "-- concurrently\ncreate index concurrently if not exists migration_test_index on migration_test_a (id)";
    const index = file("9002_index.sql", sql);
    await connected(postgres().url, async (client) => {
      const inside = migrate(client, [file("9003_inside.sql", sql.replace("-- concurrently\n", ""))]);
      await assert.rejects(inside, (error) => sqlState(error) === "25001");
      assert.deepEqual(await migrate(client, [index]), ["9002_index.sql"]);
      assert.deepEqual(await migrate(client, [index]), []);
      const { rows } = await client.query(
        "select indisvalid as valid from pg_index where indexrelid = 'migration_test_index'::regclass",
      );
      assert.deepEqual(rows, [{ valid: true }]);
    });
  });

  it("undo what a killed process had begun", async () => {
    const half = file("9004_half.sql", "create table migration_test_b (id int); select pg_sleep(30);");
    await connected(postgres().url, async (observer) => {
      const killed = connected(postgres().url, async (client) => {
        client.on("error", () => undefined);
        await migrate(client, [half]);
      });
      const failed = assert.rejects(killed);
      let pid: number | undefined;
      while (pid === undefined) {
        const { rows } = await observer.query<{ pid: number }>(
          "select pid from pg_stat_activity where query like '%pg_sleep(30)%' and pid <> pg_backend_pid()",
        );
        pid = rows[0]?.pid;
      }
      await observer.query("select pg_terminate_backend($1)", [pid]);
      await failed;
      const again = file("9004_half.sql", "create table migration_test_b (id int)");
      assert.deepEqual(await migrate(observer, [again]), ["9004_half.sql"]);
    });
  });
});
