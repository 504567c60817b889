import { join } from "node:path";
import type { PGlite } from "@electric-sql/pglite";
import { Pool, type PoolClient } from "pg";
import { Refusal } from "../base/errors.ts";
import { createTurns } from "../base/turns.ts";
import { embeddedStreams } from "./embeddedStream.ts";
import { lockFolder } from "./folderLock.ts";
import { advanceJournal } from "./journalClock.ts";
import { migrate, readMigrations } from "./migrate.ts";
import { sqlState } from "./scope.ts";
import { ensureTenantRole } from "./tenantRole.ts";
import type { Database } from "./types.ts";
import { types } from "./wireTypes.ts";

/** What helps where migrations fail with these SQLSTATEs (PostgreSQL, appendix A). */
const remedies: Readonly<Record<string, string>> = {
  // insufficient_privilege
  "42501": "let the DBA make this login the owner of the database and its tables",
  // feature_not_supported and undefined_file: an extension that is not there
  "0A000": "install PostgreSQL's contrib modules on the server (Debian: postgresql-contrib)",
  "58P01": "install PostgreSQL's contrib modules on the server (Debian: postgresql-contrib)",
};

/** For a connection of a server's pool: longer than a busy moment, shorter than the patience of who waits at the door. */
const WAIT_MS = 10_000;

/** pg's own 10 s would have a quiet server begin anew with each person: a new connection knows no statement and no plan. */
const IDLE_MS = 300_000;

/** What `openDatabase` needs of the configuration. */
export interface DatabaseOptions {
  /** A PostgreSQL 14+ server; undefined = the embedded one. */
  readonly url: string | undefined;
  readonly prepare: boolean;
  /** Folder of the embedded database; undefined = in memory, for tests. */
  readonly folder: string | undefined;
  /** Connections of a server's pool. */
  readonly connections?: number;
  /** How long, in milliseconds, one waits for a connection of a server's pool. */
  readonly waitMs?: number;
  /** Told of a connection that broke while idle; the pool replaces it. */
  readonly onFault: (error: Error) => void;
}

/**
 * Opens the database, applies migrations and makes sure of the tenant role.
 *
 * @throws Refusal `unavailable` when the embedded folder is in use, the server is older than PostgreSQL 14, or the login
 * lacks a right
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { pool, close, kind, connections, waitMs } = await openPool(options);
  pool.on("error", options.onFault);
  // A connection in use that breaks tells its query, and then the client, which without a listener ends the process.
  pool.on("connect", (client) => client.on("error", () => {}));
  try {
    const tenantRole = await prepareSchema(pool);
    const turns = createTurns({ atOnce: Math.max(1, Math.floor(connections / 2)), waitMs });
    return { kind, pool, turns, tenantRole, prepare: options.prepare, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function prepareSchema(pool: Pool): Promise<string> {
  const client = await firstConnection(pool);
  try {
    await refuseOldServer(client);
    await migrate(client, readMigrations());
    await advanceJournal(client);
    return await ensureTenantRole(client);
  } catch (error) {
    const remedy = remedies[sqlState(error) ?? ""];
    if (remedy === undefined) throw error;
    throw new Refusal("unavailable", `DATABASE_URL: ${(error as Error).message}: ${remedy}`);
  } finally {
    client.release();
  }
}

/** `server_version_num` of PostgreSQL 14. */
const OLDEST = 140_000;

async function refuseOldServer(client: PoolClient): Promise<void> {
  const { rows } = await client.query("select current_setting('server_version_num')::int as version");
  const { version } = rows[0] as { version: number };
  if (version >= OLDEST) return;
  const held = `${Math.floor(version / 10_000)}.${version % 10_000}`;
  throw new Refusal("unavailable", `DATABASE_URL: the server is PostgreSQL ${held}; Usher needs 14 or newer`);
}

/** At the start an unreachable database is the configuration's fault, and one line says so. */
async function firstConnection(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    // A refused connection to a name with several addresses is an AggregateError without a message.
    const cause = error instanceof AggregateError ? error.errors[0] : error;
    throw new Refusal("unavailable", `DATABASE_URL: cannot connect: ${cause instanceof Error ? cause.message : cause}`);
  }
}

interface OpenPool {
  readonly kind: Database["kind"];
  readonly pool: Pool;
  readonly close: () => Promise<void>;
  readonly connections: number;
  /** How long a request waits for a connection; null = until one is free. */
  readonly waitMs: number | null;
}

async function openPool(options: DatabaseOptions): Promise<OpenPool> {
  const { url, connections = 16, waitMs = WAIT_MS } = options;
  if (url !== undefined) return serverPool(url, connections, waitMs);
  return embeddedPool(options.folder);
}

function serverPool(url: string, connections: number, waitMs: number): OpenPool {
  const pool = new Pool({
    connectionString: url,
    max: connections,
    types,
    connectionTimeoutMillis: waitMs,
    idleTimeoutMillis: IDLE_MS,
  });
  return { kind: "server", pool, close: () => pool.end(), connections, waitMs };
}

async function embeddedPool(folder: string | undefined): Promise<OpenPool> {
  const release = folder === undefined ? undefined : await lockFolder(folder);
  const database = await openEmbedded(folder).catch(async (error: unknown) => {
    await release?.();
    throw error;
  });
  // One session, so one connection; it never idles out and no wait for it is short.
  const pool = new Pool({
    user: "postgres",
    database: "postgres",
    stream: embeddedStreams(database),
    max: 1,
    idleTimeoutMillis: 0,
    types,
  });
  const close = async (): Promise<void> => {
    await pool.end();
    await database.close();
    await release?.();
  };
  return { kind: "embedded", pool, close, connections: 1, waitMs: null };
}

/** Loaded where it is used: half a second of the start, and its memory, are not for those who have a server. */
async function openEmbedded(folder: string | undefined): Promise<PGlite> {
  const [{ PGlite: Embedded }, { pg_trgm }, { btree_gin }] = await Promise.all([
    import("@electric-sql/pglite"),
    import("@electric-sql/pglite/contrib/pg_trgm"),
    import("@electric-sql/pglite/contrib/btree_gin"),
  ]);
  const extensions = { pg_trgm, btree_gin };
  return Embedded.create(folder === undefined ? { extensions } : { dataDir: join(folder, "pg"), extensions });
}
