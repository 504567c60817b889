import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type pg from "pg";

/** `migrations/` is beside `src/` and `dist/`, which have the same depth. */
const FOLDER = fileURLToPath(new URL("../../migrations/", import.meta.url));

/** Any number that no other program of the vendor uses for its advisory locks: "usher" in ASCII. */
const LOCK = 0x7573686572;

/** A file that begins so runs outside a transaction, as `create index concurrently` must. */
const CONCURRENTLY = "-- concurrently";

/** One migration: a plain SQL file, forward only. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** The project's migrations in their order. */
export function readMigrations(folder = FOLDER): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name))
    .sort()
    .map((name) => ({ name, sql: readFileSync(join(folder, name), "utf8") }));
}

/**
 * Applies what is missing, one transaction a file; processes that start at the same time take turns.
 *
 * @returns the names of those applied now
 */
export async function migrate(client: pg.ClientBase, migrations: readonly Migration[]): Promise<string[]> {
  await underLock(client, async () => {
    await client.query(
      "create table if not exists migrations (name text primary key, applied_at timestamptz not null default now())",
    );
    await client.query("alter table migrations enable row level security");
  });
  const applied: string[] = [];
  for (const migration of migrations) {
    if (await apply(client, migration)) applied.push(migration.name);
  }
  return applied;
}

async function apply(client: pg.ClientBase, { name, sql }: Migration): Promise<boolean> {
  if (sql.startsWith(CONCURRENTLY)) {
    if (await isApplied(client, name)) return false;
    await client.query(sql);
    await client.query("insert into migrations (name) values ($1) on conflict do nothing", [name]);
    return true;
  }
  return underLock(client, async () => {
    if (await isApplied(client, name)) return false;
    await client.query(sql);
    await client.query("insert into migrations (name) values ($1)", [name]);
    return true;
  });
}

async function isApplied(client: pg.ClientBase, name: string): Promise<boolean> {
  const { rows } = await client.query("select from migrations where name = $1", [name]);
  return rows.length === 1;
}

/** A transaction under the lock of migrations, which ends with it: a killed process leaves nothing behind. */
export async function underLock<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    await client.query("select pg_advisory_xact_lock($1)", [LOCK]);
    const result = await work();
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}
