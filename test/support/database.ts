import { openDatabase } from "../../src/storage/database.ts";
import type { Database } from "../../src/storage/types.ts";

let opened: Promise<Database> | undefined;

/**
 * The database of this test process: the server of TEST_DATABASE_URL, or an embedded one in memory. Opened once; each
 * case makes a tenant of its own (`newTenant`).
 */
export function testDatabase(): Promise<Database> {
  opened ??= openDatabase({
    url: process.env["TEST_DATABASE_URL"],
    prepare: true,
    folder: undefined,
    onFault: (error) => console.error("database connection broke", error),
  });
  return opened;
}

/** Whether the suite runs on a PostgreSQL server, where connections really are concurrent. */
export const onServer = process.env["TEST_DATABASE_URL"] !== undefined;

// The embedded engine and idle pool connections keep the process alive; a root hook of mocha ends them.
export const mochaHooks = {
  async afterAll(): Promise<void> {
    await (await opened)?.close();
  },
};
