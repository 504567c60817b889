import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { newId } from "../../src/base/ids.ts";
import { event } from "../../src/events/event.ts";
import { insertEvent } from "../../src/events/journal.store.ts";
import { readJournal } from "../../src/events/journalReader.ts";
import { beginning, followEvents } from "../../src/events/readEvents.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { advanceJournal } from "../../src/storage/journalClock.ts";
import { onceInTenant } from "../../src/storage/scope.ts";
import type { Database } from "../../src/storage/types.ts";
import { findPostgres } from "../support/postgres.ts";
import { withPostgres } from "./withPostgres.ts";

const tenantId = newId(new Date());
const who = { tenantId, actor: { type: "system" }, now: new Date() } as const;

const open = (url: string | undefined): Promise<Database> =>
  openDatabase({ url, prepare: true, folder: undefined, onFault: (error) => assert.fail(error) });

async function tell(db: Database, n: number): Promise<void> {
  const told = event({ ...who, now: new Date() }, "tenant.updated", { type: "tenant", id: tenantId }, { n });
  await onceInTenant(db, who, insertEvent(tenantId, told));
}

/** What a reader of the journal, and one who follows it from a cursor, see now. */
async function seenBy(
  db: Database,
  cursor = beginning,
): Promise<{ read: unknown[]; followed: unknown[]; next: typeof cursor }> {
  const read: unknown[] = [];
  const collect = async (_scope: unknown, events: readonly { data: Record<string, unknown> }[]): Promise<void> =>
    void read.push(...events.map(({ data }) => data["n"]));
  while ((await readJournal(db, "proof", collect, { most: 2 })).more);
  const { items, next } = await followEvents(db, who, {}, 100, cursor);
  return { read, followed: items.map(({ data }) => data["n"]), next };
}

async function advanced(db: Database): Promise<boolean> {
  const client = await db.pool.connect();
  try {
    return await advanceJournal(client);
  } finally {
    client.release();
  }
}

describe("the journal of a database that was restored into a cluster which has counted less far", () => {
  it("goes on behind every place that a reader or a cursor has, and misses and repeats nothing", async () => {
    const db = await open(undefined);
    try {
      for (const n of [1, 2, 3]) await tell(db, n);
      const before = await seenBy(db);
      assert.deepEqual(
        [before.read, before.followed],
        [
          [1, 2, 3],
          [1, 2, 3],
        ],
      );
      await tell(db, 4);
      // What a cluster leaves behind that has come further.
      const far = 1_000_000;
      for (const table of ["events", "journal_readers"]) await db.pool.query(`update ${table} set xid = xid + ${far}`);
      const cursor = { ...before.next, xid: before.next.xid + far };
      assert.equal(await advanced(db), true);
      assert.equal(await advanced(db), false, "once is enough");
      await tell(db, 5);
      const after = await seenBy(db, cursor);
      assert.deepEqual(
        [after.read, after.followed],
        [
          [4, 5],
          [4, 5],
        ],
      );
      await tell(db, 6);
      assert.deepEqual((await seenBy(db, after.next)).followed, [6]);
    } finally {
      await db.close();
    }
  });
});

const binaries = findPostgres() ?? "";

if (existsSync(join(binaries, "pg_dump")) && existsSync(join(binaries, "psql"))) {
  withPostgres("a dump of one cluster", (first) => {
    withPostgres("that is restored into another", (second) => {
      it("leaves each reader and each cursor where it was: nothing is missed, nothing comes twice", async () => {
        const old = await open(first().url);
        for (const n of [1, 2]) await tell(old, n);
        // Each subtransaction that writes has a number of its own.
        await old.pool.query(`do $$ begin for i in 1..5000 loop
          begin create temp table t (); drop table t; exception when others then raise; end; end loop; end $$`);
        await tell(old, 3);
        const before = await seenBy(old);
        await tell(old, 4);
        await old.close();
        const args = ["--no-owner", "--no-acl", "--dbname", first().url];
        const dump = execFileSync(join(binaries, "pg_dump"), args, { maxBuffer: 2 ** 28 });
        const restore = ["--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", second().url];
        execFileSync(join(binaries, "psql"), restore, { input: dump, stdio: ["pipe", "ignore", "pipe"] });
        const db = await open(second().url);
        await tell(db, 5);
        const after = await seenBy(db, before.next);
        assert.deepEqual(
          [after.read, after.followed],
          [
            [4, 5],
            [4, 5],
          ],
        );
        await db.close();
      }).timeout(60_000);
    });
  });
}
