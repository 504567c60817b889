/** What waits for the log, what is counted instead, and how long it is kept. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { newId } from "../../src/base/ids.ts";
import { keepProvisioningLog, type ProvisioningLog } from "../../src/directory/provisioningLog/provisioningBuffer.ts";
import {
  noPerson,
  personKey,
  storable,
  type ProvisioningLine,
} from "../../src/directory/provisioningLog/provisioningLine.ts";
import { forgetPerson, type StoredLine } from "../../src/directory/provisioningLog/provisioningLog.store.ts";
import { readProvisioningLog, type LogQuery } from "../../src/directory/provisioningLog/provisioningLog.ts";
import { countRepeats } from "../../src/directory/provisioningLog/provisioningRepeats.ts";
import { sweepProvisioningLog } from "../../src/directory/provisioningLog/provisioningRetention.ts";
import { createLogger } from "../../src/http/logger.ts";
import { onceInTenant } from "../../src/storage/scope.ts";
import type { Database } from "../../src/storage/types.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";

const NOW = new Date("2026-06-01T12:00:00Z");
const DAY = 86_400_000;

function line(tenantId: string, more: Partial<ProvisioningLine> = {}): ProvisioningLine {
  const at = more.at ?? NOW;
  return {
    ...noPerson,
    tenantId,
    id: newId(at),
    at,
    tokenId: null,
    tokenName: null,
    method: "GET",
    path: "/Users",
    query: null,
    status: 200,
    scimType: null,
    detail: null,
    resourceId: null,
    found: null,
    tolerated: [],
    durationMs: 1.5,
    userAgent: null,
    times: 1,
    ...more,
  };
}

let db: Database;
before(async () => {
  db = await testDatabase();
});

const silent = createLogger("silent");

function opened(mostReads?: number, on: Database = db): ProvisioningLog {
  return keepProvisioningLog({ db: on, log: silent, ...(mostReads !== undefined && { mostReads }) });
}

async function linesOf(tenantId: string, query: LogQuery = {}): Promise<StoredLine[]> {
  return [...(await readProvisioningLog(db, { tenantId }, query, 200, null)).items].toReversed();
}

describe("lines on their way to the log", () => {
  it("are written as they are, of all tenants in one batch, but for those that are not there", async () => {
    const [one, other] = [await newTenant(), await newTenant()];
    const log = opened();
    const whole = line(one.id, {
      tokenId: newId(NOW),
      tokenName: "Entra",
      query: 'filter=userName eq "…"',
      status: 400,
      scimType: "invalidFilter",
      detail: "no",
      resourceId: newId(NOW),
      userNameKey: "ana",
      emailKey: "ana@example.com",
      externalId: "E1",
      found: 3,
      tolerated: ["stringBoolean", "operationCase"],
      userAgent: "agent",
      times: 7,
    });
    for (const each of [whole, line(other.id), line(newId(NOW))]) log.add(each);
    await log.flush();
    const { tenantId: _, ...expected } = whole;
    assert.deepEqual(await linesOf(one.id), [{ ...expected, changes: [] }]);
    assert.equal((await linesOf(other.id)).length, 1);
  });

  it("come by themselves within a second", async () => {
    const { id } = await newTenant();
    opened().add(line(id));
    while ((await linesOf(id)).length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  it("are dropped where more wait than are kept: the oldest reads, in a counted line, and no refusal of a write", async () => {
    const { id } = await newTenant();
    const log = opened(10);
    for (let i = 0; i < 25; i++) {
      log.add(line(id, { path: `/Users/${i}` }));
      log.add(line(id, { method: "POST", status: 409, path: `/refused/${i}` }));
    }
    await log.flush();
    const lines = await linesOf(id);
    assert.equal(lines.filter(({ path }) => path.startsWith("/refused/")).length, 25);
    const reads = lines.filter(({ path }) => path.startsWith("/Users/")).map(({ path }) => Number(path.slice(7)));
    assert.ok(reads.length <= 10 && reads.includes(24) && !reads.includes(0), String(reads));
    const [counted] = lines.filter(({ path }) => path === "");
    assert.equal(counted?.times, 25 - reads.length);
    assert.match(counted?.detail ?? "", /reads are not in the log/);
  });

  it("wait while the database is out of reach, and are written once it is back", async () => {
    const { id } = await newTenant();
    let reachable = false;
    const connect = () => (reachable ? db.pool.connect() : Promise.reject(new Error("connect ECONNREFUSED")));
    const pool = new Proxy(db.pool, {
      get: (target, name) => (name === "connect" ? connect : Reflect.get(target, name)),
    });
    const log = opened(undefined, { ...db, pool });
    log.add(line(id));
    await log.flush();
    assert.deepEqual(await linesOf(id), []);
    reachable = true;
    await log.flush();
    assert.equal((await linesOf(id)).length, 1);
  });

  it("are all written by the stop, what was only counted too, and none is taken after it", async () => {
    const { id } = await newTenant();
    const log = opened();
    for (let i = 0; i < 25; i++) log.add(line(id, { status: 429 }));
    await log.stop();
    log.add(line(id));
    await log.flush();
    const lines = await linesOf(id);
    assert.equal(lines.length, 11);
    assert.equal(
      lines.reduce((sum, { times }) => sum + times, 0),
      25,
    );
  });

  it("hold any text that was sent", async () => {
    const { id } = await newTenant();
    const text = fc.string({ unit: "binary", maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 20 }), async (texts) => {
        const log = opened();
        const lines = texts.map((each) =>
          line(id, { detail: storable(each, 10), userNameKey: personKey(each), path: storable(`/${each}`, 5) }),
        );
        for (const each of lines) log.add(each);
        await log.flush();
        const [last] = (await readProvisioningLog(db, { tenantId: id }, {}, 1, null)).items;
        assert.equal(last?.detail, lines.toSorted((a, b) => (a.id < b.id ? 1 : -1))[0]?.detail);
      }),
      { numRuns: 20 },
    );
  });
});

describe("like refusals", () => {
  it("are kept one by one at first, then counted, and told when their minute is over", () => {
    const repeats = countRepeats();
    const at = (seconds: number, more: Partial<ProvisioningLine> = {}) =>
      repeats.take(line("t", { status: 401, at: new Date(NOW.getTime() + seconds * 1000), ...more }));
    const taken = Array.from({ length: 30 }, (_, i) => at(i)).flat();
    assert.equal(taken.length, 10);
    assert.equal(at(30, { tokenId: "other" }).length, 1, "another token is another kind");
    assert.ok(repeats.waits());
    assert.deepEqual(repeats.due(NOW.getTime() + 59_000), []);
    const [counted, ...none] = repeats.due(NOW.getTime() + 60_000);
    assert.deepEqual([counted?.times, none], [20, []]);
    assert.equal(repeats.waits(), false);
    assert.equal(at(61).length, 1, "a new minute begins");
  });

  it("of more kinds than are held at a time are told early rather than lost", () => {
    const repeats = countRepeats();
    let times = 0;
    for (let i = 0; i < 10_500; i++) {
      for (let n = 0; n < 12; n++)
        for (const each of repeats.take(line(String(i), { status: 401 }))) times += each.times;
    }
    for (const each of repeats.due(Infinity)) times += each.times;
    assert.equal(times, 10_500 * 12);
  });
});

describe("the log as it is read", () => {
  it("is filtered by status, class, method, token and time, the latest first, page by page", async () => {
    const { id } = await newTenant();
    const tokenId = newId(NOW);
    const log = opened();
    for (let i = 0; i < 12; i++) {
      log.add(
        line(id, {
          at: new Date(NOW.getTime() + i * 1000),
          status: [200, 404, 409][i % 3] ?? 200,
          method: i % 2 === 0 ? "GET" : "POST",
          tokenId: i < 6 ? tokenId : null,
        }),
      );
    }
    await log.flush();
    const count = async (query: LogQuery) => (await linesOf(id, query)).length;
    const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
    assert.equal(await count({ status: [404, 404] }), 4);
    assert.equal(await count({ status: [400, 499] }), 8);
    assert.equal(await count({ method: "POST" }), 6);
    assert.equal(await count({ tokenId }), 6);
    assert.equal(await count({ since: at(2), until: at(5) }), 3);
    assert.equal(await count({ since: at(2), until: at(5), method: "GET", status: [200, 299] }), 0);
    let from = null;
    const seen: string[] = [];
    do {
      const page: Awaited<ReturnType<typeof readProvisioningLog>> = await readProvisioningLog(
        db,
        { tenantId: id },
        {},
        5,
        from,
      );
      assert.equal(page.total, 12);
      seen.push(...page.items.map((each) => each.id));
      from = page.next;
    } while (from);
    assert.deepEqual(seen, [...new Set(seen)].toSorted().toReversed());
    assert.equal(seen.length, 12);
  });

  it("knows a person no more once they are forgotten", async () => {
    const { id } = await newTenant();
    const log = opened();
    log.add(line(id, { userNameKey: "ana", externalId: "E1", detail: "why" }));
    log.add(line(id, { userNameKey: "bo" }));
    await log.flush();
    await onceInTenant(db, { tenantId: id }, forgetPerson(id, { keys: ["ana"], externalIds: [], ids: [] }, new Date()));
    assert.deepEqual(await linesOf(id, { user: "ana" }), []);
    assert.deepEqual(await linesOf(id, { user: "E1" }), []);
    const [ana, bo] = await linesOf(id);
    assert.deepEqual([ana?.userNameKey, ana?.externalId, ana?.detail, bo?.userNameKey], [null, null, null, "bo"]);
  });
});

describe("old lines", () => {
  it("go after the days that their tenant says, 30 unless it says others, in batches", async () => {
    const [short, usual] = [
      await newTenant({ settings: { provisioningLog: { retentionDays: 2 } } }),
      await newTenant(),
    ];
    const log = opened();
    for (const { id } of [short, usual]) {
      for (const days of [0, 1.9, 2.1, 10, 29, 31, 60]) log.add(line(id, { at: new Date(NOW.getTime() - days * DAY) }));
    }
    await log.flush();
    // What other cases have left is of real times, which lie behind NOW.
    await sweepProvisioningLog(db, NOW, 2);
    assert.equal((await linesOf(short.id)).length, 2);
    assert.equal((await linesOf(usual.id)).length, 5);
    assert.equal(await sweepProvisioningLog(db, NOW, 2), 0);
  });
});
