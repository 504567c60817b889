import assert from "node:assert/strict";
import { newId } from "../../src/base/ids.ts";
import { watchAdminless } from "../../src/directory/tenants/adminlessWatch.ts";
import { removeMember } from "../../src/directory/members/removeMember.ts";
import { seatWaiting, watchSeats } from "../../src/directory/seats/seatWatch.ts";
import { updateTenant } from "../../src/directory/tenants/tenants.ts";
import { removeWebhook } from "../../src/events/webhooks.ts";
import type { JournalEvent } from "../../src/events/journalReader.store.ts";
import { readJournal, type Follow } from "../../src/events/journalReader.ts";
import { acrossTenants } from "../../src/storage/scope.ts";
import type { Database } from "../../src/storage/types.ts";
import { deliveriesOf, endpoint, fanOutAll } from "../events/receiver.ts";
import { until, workUntil } from "../events/working.ts";
import { logLines } from "../http/logLines.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";
import { people, person } from "./people.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;
let made = 0;

describe("the watch over seats", () => {
  let db: Database;
  let tenantId: string;
  let reader: string;
  before(async () => {
    db = await testDatabase();
  });

  /** A tenant with this many seats and one admin, who holds the first of them. */
  async function withSeats(seatLimit: number): Promise<void> {
    await newReader();
    tenantId = (await newTenant({ seatLimit })).id;
    await person(tenantId, "admin", { granted: ["admin"] });
    await watch();
  }

  /** A reader that begins behind what other cases have written. */
  async function newReader(): Promise<void> {
    reader = `watch-${process.pid}-${++made}`;
    await db.pool.query("insert into journal_readers (name, xid) select $1, coalesce(max(xid), 0) from events", [
      reader,
    ]);
  }

  /** Reads on, as far as this case's own events are concerned; at another time where it matters. */
  async function watch(now?: Date): Promise<void> {
    const follow: Follow = async (wide, events) => {
      const own = events.filter((each) => each.tenantId === tenantId);
      await watchSeats(db).follow(now ? { ...wide, now } : wide, own);
    };
    const { rows } = await db.pool.query("select max(xid) as xid from events where tenant_id = $1", [tenantId]);
    const last = (rows[0] as { xid: number }).xid;
    await until(async () => {
      while ((await readJournal(db, reader, follow, { most: 5_000 })).more);
      const place = await db.pool.query("select xid from journal_readers where name = $1", [reader]);
      return ((place.rows[0] as { xid: number } | undefined)?.xid ?? 0) >= last;
    });
  }

  const rowsOf = async (sql: string): Promise<unknown[]> => (await db.pool.query(sql, [tenantId])).rows;
  const told = async (): Promise<unknown[]> => {
    const rows = await rowsOf(
      "select data from events where tenant_id = $1 and type = 'seats.threshold_reached' order by xid, seq",
    );
    return (rows as { data: unknown }[]).map(({ data }) => data);
  };
  const mails = async (): Promise<unknown[]> =>
    (
      (await rowsOf("select payload from jobs where tenant_id = $1 and kind = 'mail.send' order by id")) as {
        payload: { message: string; values: unknown };
      }[]
    ).map(({ payload: { message, values } }) => ({ message, values }));
  const waitingJobs = async (): Promise<Date[]> =>
    (
      (await rowsOf("select run_at from jobs where tenant_id = $1 and kind = 'seats.waiting' order by id")) as {
        run_at: Date;
      }[]
    ).map(({ run_at: at }) => at);
  const who = (): { tenantId: string; actor: { type: "operator" }; now: Date } => ({
    tenantId,
    actor: { type: "operator" },
    now: new Date(),
  });
  const leave = (id: string): Promise<void> =>
    removeMember(db, who(), id, { door: "scim", act: "person", loss: "directory" });

  it("tells each level once, when it is reached", async () => {
    await withSeats(10);
    await people(tenantId, 6);
    await watch();
    assert.deepEqual(await told(), []);
    for (let i = 0; i < 3; i++) {
      await person(tenantId);
      await watch();
      await watch();
    }
    assert.deepEqual(await told(), [
      { level: 80, used: 8, limit: 10 },
      { level: 90, used: 9, limit: 10 },
      { level: 100, used: 10, limit: 10 },
    ]);
    assert.deepEqual(await mails(), [
      { message: "seatsReached", values: { level: 80, used: 8, limit: 10 } },
      { message: "seatsReached", values: { level: 90, used: 9, limit: 10 } },
      { message: "seatsFull", values: { used: 10, limit: 10 } },
    ]);
  });

  it("tells only the highest of several that are reached at once", async () => {
    await withSeats(10);
    await people(tenantId, 9);
    await watch();
    assert.deepEqual(await told(), [{ level: 100, used: 10, limit: 10 }]);
  });

  it("falls silently, and tells again when the level is reached again", async () => {
    await withSeats(10);
    const [first, second] = await people(tenantId, 8);
    await watch();
    await leave(first?.id ?? "");
    await leave(second?.id ?? "");
    await watch();
    assert.equal((await told()).length, 1);
    await people(tenantId, 1);
    await watch();
    assert.deepEqual(await told(), [
      { level: 90, used: 9, limit: 10 },
      { level: 80, used: 8, limit: 10 },
    ]);
  });

  it("tells when a lowered limit brings a level about, and forgets when it is raised or lifted", async () => {
    await withSeats(100);
    await people(tenantId, 8);
    await updateTenant(db, who(), { ownLimit: { limit: 10 } });
    await watch();
    assert.deepEqual(await told(), [{ level: 90, used: 9, limit: 10 }]);
    await updateTenant(db, who(), { ownLimit: { limit: null } });
    await watch();
    await updateTenant(db, who(), { ownLimit: { limit: 9 } });
    await watch();
    assert.deepEqual((await told())[1], { level: 100, used: 9, limit: 9 });
  });

  const reached = async (): Promise<unknown[]> => {
    const sql = "select data from events where tenant_id = $1 and type = 'seat.limit_reached' order by xid, seq";
    return ((await rowsOf(sql)) as { data: unknown }[]).map(({ data }) => data);
  };

  it("tells billing that the last seat was taken, once until one is free again (S0.20, S0.24)", async () => {
    await withSeats(3);
    const [first] = await people(tenantId, 1);
    await watch();
    assert.deepEqual(await reached(), []);
    await person(tenantId);
    await watch();
    await person(tenantId);
    await watch();
    assert.deepEqual(await reached(), [{ limit: 3, used: 3, waiting: 0 }]);
    await leave(first?.id ?? "");
    await watch();
    assert.equal((await reached()).length, 1, "who waited has taken it, so nothing was ever free");
    await updateTenant(db, who(), { ownLimit: { limit: 4 } });
    await watch();
    await person(tenantId);
    await watch();
    assert.deepEqual((await reached()).slice(1), [{ limit: 4, used: 4, waiting: 0 }]);
  });

  it("tells billing again where the seats bought since were taken at once by those who waited", async () => {
    await withSeats(2);
    await people(tenantId, 4);
    await watch();
    await updateTenant(db, who(), { ownLimit: { limit: 4 } });
    await watch();
    await updateTenant(db, who(), { ownLimit: { limit: 3 } });
    await watch();
    assert.deepEqual(await reached(), [
      { limit: 2, used: 2, waiting: 3 },
      { limit: 4, used: 4, waiting: 1 },
    ]);
    assert.equal((await told()).length, 1, "admins are told of the level once");
  });

  it("reaches billing by a webhook for seat.limit_reached alone, which a subscription is driven by (S3.13)", async () => {
    await withSeats(2);
    const { id } = await endpoint(db, tenantId, "http://127.0.0.1:9/billing", { events: ["seat.limit_reached"] });
    await people(tenantId, 1);
    await watch();
    await fanOutAll(db);
    const deliveries = await deliveriesOf(db, tenantId, id);
    await removeWebhook(db, who(), id);
    assert.deepEqual(
      deliveries.map(({ type }) => type),
      ["seat.limit_reached"],
    );
  });

  it("says nothing in a tenant that counts no seats", async () => {
    await newReader();
    tenantId = (await newTenant()).id;
    await people(tenantId, 5);
    await watch();
    assert.deepEqual(await told(), []);
  });

  it("writes to every active admin, and to nobody else", async () => {
    await withSeats(4);
    const second = await person(tenantId, "admin", { granted: ["admin"] });
    await person(tenantId, "admin", { granted: ["admin"], hold: true });
    await people(tenantId, 2);
    await watch();
    const rows = (await rowsOf("select payload from jobs where tenant_id = $1 and kind = 'mail.send'")) as {
      payload: { memberId: string };
    }[];
    assert.equal(rows.length, 2);
    assert.ok(rows.some(({ payload }) => payload.memberId === second.id));
    assert.doesNotMatch(JSON.stringify(rows), /@/, "no address lies in a job");
  });

  /** Does what is put off, as if its time had come. */
  async function later(): Promise<void> {
    await rowsOf("update jobs set run_at = now() where tenant_id = $1 and kind = 'seats.waiting'");
    await workUntil(seatWaiting, async () => (await waitingJobs()).length === 0);
  }

  it("tells that someone waits a minute after the first one began to, and counts all who wait by then", async () => {
    await withSeats(2);
    await people(tenantId, 2);
    const start = new Date();
    await watch(start);
    await people(tenantId, 20);
    await watch(new Date(start.getTime() + MINUTE / 2));
    assert.deepEqual(await waitingJobs(), [new Date(start.getTime() + MINUTE)]);
    await later();
    assert.deepEqual((await mails()).at(-1), { message: "seatsWaiting", values: { waiting: 21, used: 2, limit: 2 } });
  });

  it("says nothing where all who waited have found a seat meanwhile", async () => {
    await withSeats(2);
    const [seated] = await people(tenantId, 2);
    await watch();
    await leave(seated?.id ?? "");
    await later();
    assert.ok(!JSON.stringify(await mails()).includes("seatsWaiting"));
  });

  it("tells that someone waits once an hour at most: the next time is put off, and holds for all until then", async () => {
    await withSeats(1);
    const start = Date.now();
    await person(tenantId);
    await watch(new Date(start));
    await person(tenantId);
    await watch(new Date(start + HOUR / 2));
    await person(tenantId);
    await watch(new Date(start + HOUR));
    assert.deepEqual(await waitingJobs(), [new Date(start + MINUTE), new Date(start + MINUTE + HOUR)]);
    await person(tenantId);
    await watch(new Date(start + 3 * HOUR));
    assert.deepEqual((await waitingJobs()).at(-1), new Date(start + 3 * HOUR + MINUTE));
    await db.pool.query("delete from jobs where tenant_id = $1", [tenantId]);
  });

  it("tells nothing twice when its transaction is undone in the end", async () => {
    await withSeats(1);
    const events = [{ tenantId, type: "member.created", data: { seat: "held" } }] as unknown as JournalEvent[];
    const before = await told();
    const system = { actor: { type: "system" }, now: new Date() } as const;
    await db.pool.query("update seat_notices set level = 0 where tenant_id = $1", [tenantId]);
    const undone = acrossTenants(db, system, async (wide) => {
      await watchSeats(db).follow(wide, events);
      throw new Error("undone");
    });
    await assert.rejects(undone, /undone/);
    assert.deepEqual(await told(), before);
  });
});

describe("the watch over tenants without an admin", () => {
  it("raises an alarm in the log, naming the tenant", async () => {
    const { log, lines } = logLines();
    const system = { actor: { type: "system" }, now: new Date() } as const;
    const told = { type: "tenant.adminless", tenantId: newId(system.now) } as JournalEvent;
    const db = await testDatabase();
    const { follow, wanted } = watchAdminless(db, log);
    assert.deepEqual(wanted.types, ["tenant.adminless"]);
    await acrossTenants(db, system, (wide) => follow(wide, [told]));
    const { rows } = await db.pool.query("delete from jobs where tenant_id = $1 returning kind", [told.tenantId]);
    assert.deepEqual(rows, [{ kind: "mail.stand-ins" }]);
    assert.deepEqual([lines[0]?.["level"], lines[0]?.["tenant"]], ["error", told.tenantId]);
    assert.equal(lines.length, 1);
  });
});
