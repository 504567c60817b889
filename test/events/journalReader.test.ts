import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { randomInt } from "node:crypto";
import type { PoolClient } from "pg";
import { newId } from "../../src/base/ids.ts";
import { event } from "../../src/events/event.ts";
import { eventValues, insertEvent, record, toldBy } from "../../src/events/journal.store.ts";
import { isBehind } from "../../src/events/journalReader.store.ts";
import { readJournal, type Follow } from "../../src/events/journalReader.ts";
import { beginning, followEvents } from "../../src/events/readEvents.ts";
import { asTenant } from "../../src/storage/asTenant.ts";
import { inTenant, onceInTenant } from "../../src/storage/scope.ts";
import type { Database, Who } from "../../src/storage/types.ts";
import { onServer, testDatabase } from "../support/database.ts";
import { someone, until, work } from "./working.ts";

let made = 0;

describe("a reader of the journal", () => {
  let db: Database;
  before(async () => {
    db = await testDatabase();
  });

  /** A reader that begins at the end of what other cases have written. */
  async function newReader(): Promise<string> {
    const name = `reader-${process.pid}-${++made}`;
    await settled();
    await db.pool.query(
      "insert into journal_readers select $1, xid, seq from events union all select $1, 0, 0 order by xid desc, seq desc limit 1",
      [name],
    );
    return name;
  }
  /** Waits until no transaction of another case is open: the journal can be read to its end. */
  async function settled(): Promise<void> {
    await until(async () => {
      const { rows } = await db.pool.query("select coalesce(max(xid), 0) < journal_horizon() as settled from events");
      return (rows[0] as { settled: boolean }).settled;
    });
  }
  const told = (who: Who, n = 0): ReturnType<typeof event> =>
    event(who, "tenant.updated", { type: "tenant", id: who.tenantId }, { n });
  const tell = (who: Who, n = 0): Promise<unknown> => onceInTenant(db, who, insertEvent(who.tenantId, told(who, n)));
  const collect =
    (into: unknown[]): Follow =>
    async (_scope, events) =>
      void into.push(...events.map(({ data }) => data["n"]));

  // Another process knows nothing of this one's open transaction, which lives in the asynchronous context.
  const elsewhere = AsyncLocalStorage.snapshot();

  it("sees the events of all tenants once each, in the order of their commits", async () => {
    const name = await newReader();
    const [a, b] = [someone(), someone()];
    for (let n = 0; n < 10; n++) await tell(n % 2 === 0 ? a : b, n);
    const seen: unknown[] = [];
    const tenants = new Set<string>();
    await readJournal(db, name, async (_scope, events) => {
      for (const { tenantId } of events) tenants.add(tenantId);
      seen.push(...events.map(({ data }) => data["n"]));
    });
    assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual([...tenants], [a.tenantId, b.tenantId]);
    assert.deepEqual(await readJournal(db, name, () => assert.fail("nothing is left")), { handled: 0, more: false });
  });

  it("looks for more by the index, however long the journal is that it has read", async () => {
    const client = await db.pool.connect();
    try {
      await client.query("begin");
      await client.query(
        `insert into events (tenant_id, id, type, actor_type, target_type, at, data, xid)
          select $1, gen_random_uuid(), 'member.updated', 'system', 'member', now(), '{}', i / 25 from generate_series(1, 5000) i`,
        [someone().tenantId],
      );
      await client.query("analyze events");
      const { rows } = await client.query(`explain ${isBehind("").text.replace("$1", "'seats'")}`);
      const plan = rows.map((row: Record<string, unknown>) => row["QUERY PLAN"]).join("\n");
      assert.match(plan, /Index.* using events_journal/);
    } finally {
      await client.query("rollback");
      client.release();
    }
  });

  it("reads in batches, and says whether there may be more", async () => {
    const name = await newReader();
    const who = someone();
    for (let n = 0; n < 5; n++) await tell(who, n);
    const seen: unknown[] = [];
    assert.deepEqual(await readJournal(db, name, collect(seen), { most: 3 }), { handled: 3, more: true });
    assert.deepEqual(await readJournal(db, name, collect(seen), { most: 3 }), { handled: 2, more: false });
    assert.deepEqual(seen, [0, 1, 2, 3, 4]);
  });

  it("hears of the events that it wants, with what they tell if it wants that, and passes the others", async () => {
    const who = someone();
    const name = await newReader();
    const types = ["member.created", "member.updated", "group.updated", "tenant.updated"] as const;
    for (const type of types) {
      const one = event(who, type, { type: "member", id: newId(who.now) }, { told: type });
      await inTenant(db, who, (scope) => record(scope, one));
    }
    await settled();
    const heard: unknown[] = [];
    const hear: Follow = async (_scope, events) => void heard.push(...events.map(({ type, data }) => [type, data]));
    const wanted = { types: ["member.*", "tenant.updated"], data: false };
    assert.deepEqual(await readJournal(db, name, hear, { most: 3, wanted }), { handled: 3, more: true });
    assert.deepEqual(await readJournal(db, name, hear, { wanted: { ...wanted, data: true } }), {
      handled: 1,
      more: false,
    });
    assert.deepEqual(heard, [
      ["member.created", {}],
      ["member.updated", {}],
      ["tenant.updated", { told: "tenant.updated" }],
    ]);
    await inTenant(db, who, (scope) => record(scope, event(who, "group.updated", { type: "group", id: null })));
    await settled();
    const nothing = { wanted: { types: ["tenant.adminless"] } };
    const passed = await readJournal(db, name, () => assert.fail("nothing was wanted"), nothing);
    assert.deepEqual(passed, { handled: 1, more: false });
  });

  it("reads a transaction's many events over several batches", async () => {
    const name = await newReader();
    const who = someone();
    await inTenant(db, who, async (scope) => {
      for (let n = 0; n < 7; n++) await record(scope, told(who, n));
    });
    const seen: unknown[] = [];
    while ((await readJournal(db, name, collect(seen), { most: 3 })).more);
    assert.deepEqual(
      seen.toSorted((x, y) => Number(x) - Number(y)),
      [0, 1, 2, 3, 4, 5, 6],
    );
  });

  it("sees again what its handler failed on, with none of what that wrote", async () => {
    const name = await newReader();
    const who = someone();
    await tell(who, 1);
    const written = newId(new Date());
    const failing: Follow = async (wide) => {
      await asTenant(db, wide, who.tenantId, (scope) => record(scope, { ...told(who, 2), id: written }));
      throw new Error("half-way");
    };
    await assert.rejects(readJournal(db, name, failing), /half-way/);
    const { rows } = await db.pool.query("select from events where id = $1", [written]);
    assert.equal(rows.length, 0);
    const seen: unknown[] = [];
    await readJournal(db, name, collect(seen));
    assert.deepEqual(seen, [1]);
  });

  it("is bound by row-level security where it narrows itself to a tenant, and free again after", async () => {
    const name = await newReader();
    const [a, b] = [someone(), someone()];
    await tell(a);
    await tell(b);
    const counts: number[] = [];
    await readJournal(db, name, async (wide) => {
      const count = async (scope: Pick<typeof wide, "trx">): Promise<void> => {
        const [row] = await scope.trx.run<{ count: number }>({
          text: "select count(*) as count from events where tenant_id in ($1, $2)",
          values: [a.tenantId, b.tenantId],
        });
        counts.push(row?.count ?? -1);
      };
      await asTenant(db, wide, a.tenantId, count);
      await count(wide);
    });
    assert.deepEqual(counts, [1, 2]);
  });

  it("keeps its place by its name: another name begins with the first event", async () => {
    await tell(someone(), 1);
    await settled();
    const first = (await db.pool.query("select id from events order by xid, seq limit 1")).rows[0] as { id: string };
    let seen: string | undefined;
    await readJournal(db, `fresh-${process.pid}-${++made}`, async (_scope, [one]) => void (seen = one?.id), {
      most: 1,
    });
    assert.equal(seen, first.id);
  });

  it("runs as a follower of a worker, which goes on after a fault", async () => {
    const name = await newReader();
    const who = someone();
    const seen: unknown[] = [];
    let faults = 0;
    const follow: Follow = async (scope, events) => {
      if (++faults === 1) throw new Error("once");
      await collect(seen)(scope, events);
    };
    const { worker, lines } = await work({}, { followers: { [name]: { follow, wanted: {} } } });
    await tell(who, 5);
    await until(() => seen.includes(5));
    await worker.stop();
    assert.equal(lines[0]?.["reader"], name);
  });

  if (!onServer) return;

  it("is one at a time: another process that reads under its name finds nothing meanwhile", async () => {
    const name = await newReader();
    await tell(someone(), 1);
    let inner: unknown;
    await readJournal(db, name, async () => {
      inner = await elsewhere(() => readJournal(db, name, () => assert.fail("read twice")));
    });
    assert.deepEqual(inner, { handled: 0, more: false });
  });

  it("waits for a transaction that is still open, and then sees it before later ones", async () => {
    const name = await newReader();
    const [slow, quick] = [someone(), someone()];
    const client = await db.pool.connect();
    await client.query("begin");
    const { text, values } = insertEvent(slow.tenantId, told(slow, 1));
    await client.query(text, values as unknown[]);
    await tell(quick, 2);
    const seen: unknown[] = [];
    await readJournal(db, name, collect(seen));
    assert.deepEqual(seen, []);
    await client.query("commit");
    client.release();
    await readJournal(db, name, collect(seen));
    assert.deepEqual(seen, [1, 2]);
  });

  /** A transaction that has its number before another one tells 1 of the same thing, and tells 2 itself. */
  async function overtaken(name: string, tellsTwo: (who: Who, client: PoolClient) => Promise<unknown>): Promise<void> {
    const who = someone();
    const client = await db.pool.connect();
    await client.query("begin; select pg_current_xact_id()");
    await tellsTwo(who, client);
    await client.query("commit");
    client.release();
    await settled();
    const seen: unknown[] = [];
    while ((await readJournal(db, name, collect(seen), { most: 1 })).more);
    assert.deepEqual(seen, [1, 2]);
    const { items } = await followEvents(db, who, {}, 10, beginning);
    assert.deepEqual(
      items.map(({ data }) => data["n"]),
      [1, 2],
    );
  }

  it("sees what happened to one thing in its order, whichever transaction got its number first", async () => {
    await overtaken(await newReader(), async (who, client) => {
      const early = { ...told(who, 2), id: newId(new Date(0)) };
      await tell(who, 1);
      const { text, values } = insertEvent(who.tenantId, early);
      await client.query(text, values as unknown[]);
    });
  });

  it("does so where the waiting was in the middle of a statement", async () => {
    const other = await db.pool.connect();
    await other.query("begin; select pg_advisory_xact_lock(1)");
    await overtaken(await newReader(), async (who, client) => {
      const text = `with waited as (select pg_advisory_xact_lock(1)) ${toldBy("waited", 2)}`;
      const writing = client.query(text, [who.tenantId, ...eventValues(told(who, 2))]);
      const waits = "select from pg_locks where locktype = 'advisory' and not granted";
      await until(async () => (await db.pool.query(waits)).rows.length > 0);
      await tell(who, 1);
      await other.query("commit");
      await writing;
    });
    other.release();
  });

  it("misses and repeats nothing beside writers whose transactions overlap", async () => {
    const name = await newReader();
    const [writers, each] = [8, 25];
    const all = Array.from({ length: writers * each }, (_, n) => n);
    const seen: unknown[] = [];
    const written = new AbortController();
    const write = async (writer: number): Promise<void> => {
      const who = someone();
      for (let i = 0; i < each; i++) {
        await inTenant(db, who, async (scope) => {
          await record(scope, told(who, writer * each + i));
          await new Promise((resolve) => setTimeout(resolve, randomInt(0, 8)));
        });
      }
    };
    const read = async (): Promise<void> => {
      while (!written.signal.aborted) await readJournal(db, name, collect(seen), { most: 10 });
    };
    const reading = [read(), read()];
    await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
    written.abort();
    await Promise.all(reading);
    await settled();
    while ((await readJournal(db, name, collect(seen), { most: 50 })).more);
    assert.deepEqual(
      seen.toSorted((x, y) => Number(x) - Number(y)),
      all,
    );
    for (let writer = 0; writer < writers; writer++) {
      const own = seen.filter((n) => Math.floor(Number(n) / each) === writer).map(Number);
      assert.deepEqual(
        own,
        own.toSorted((x, y) => x - y),
      );
    }
  });
});
