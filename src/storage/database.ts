import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { Pool, type PoolClient } from "pg";
import { Refusal } from "../base/errors.ts";
import { embeddedStreams } from "./embeddedStream.ts";
import { lockFolder } from "./folderLock.ts";
import { migrate, readMigrations } from "./migrate.ts";
import { sqlState } from "./scope.ts";
import { ensureTenantRole } from "./tenantRole.ts";
import type { Database } from "./types.ts";
import { types } from "./wireTypes.ts";

/** SQLSTATE insufficient_privilege (PostgreSQL, appendix A). */
const INSUFFICIENT_PRIVILEGE = "42501";

/** What `openDatabase` needs of the configuration. */
export interface DatabaseOptions {
  /** A PostgreSQL 14+ server; undefined = the embedded one. */
  readonly url: string | undefined;
  readonly prepare: boolean;
  /** Folder of the embedded database; undefined = in memory, for tests. */
  readonly folder: string | undefined;
  /** Connections of a server's pool. */
  readonly connections?: number;
  /** Told of a connection that broke while idle; the pool replaces it. */
  readonly onFault: (error: Error) => void;
}

/**
 * Opens the database, applies migrations and makes sure of the tenant role.
 *
 * @throws Refusal `unavailable` when the embedded folder is in use or the login lacks a right
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { pool, close, kind } = await openPool(options);
  pool.on("error", options.onFault);
  try {
    const tenantRole = await prepareSchema(pool);
    return { kind, pool, tenantRole, prepare: options.prepare, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function prepareSchema(pool: Pool): Promise<string> {
  const client = await firstConnection(pool);
  try {
    await migrate(client, readMigrations());
    return await ensureTenantRole(client);
  } catch (error) {
    if (sqlState(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    const remedy = "let the DBA make this login the owner of the database and its tables";
    throw new Refusal("unavailable", `DATABASE_URL: ${(error as Error).message}: ${remedy}`);
  } finally {
    client.release();
  }
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
}

async function openPool(options: DatabaseOptions): Promise<OpenPool> {
  if (options.url !== undefined) return serverPool(options.url, options.connections ?? 16);
  return embeddedPool(options.folder);
}

function serverPool(url: string, connections: number): OpenPool {
  const pool = new Pool({ connectionString: url, max: connections, types, connectionTimeoutMillis: 10_000 });
  return { kind: "server", pool, close: () => pool.end() };
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
  return { kind: "embedded", pool, close };
}

function openEmbedded(folder: string | undefined): Promise<PGlite> {
  return PGlite.create(folder === undefined ? {} : { dataDir: join(folder, "pg") });
}
