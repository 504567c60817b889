import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../../src/storage/database.ts";
import { lockFolder } from "../../src/storage/folderLock.ts";
import { inTenant, onceInTenant } from "../../src/storage/scope.ts";
import type { Database, Statement, Who } from "../../src/storage/types.ts";
import { asOwner, twoTenants } from "./catalogue.ts";

const open = (folder: string): Promise<Database> =>
  openDatabase({ url: undefined, prepare: true, folder, onFault: (error) => assert.fail(error) });

describe("the embedded database", () => {
  let folder: string;
  let db: Database;
  let who: Who;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "usher-embedded-"));
    db = await open(folder);
    const [tenantId] = await twoTenants(db);
    who = { tenantId, actor: { type: "system" }, now: new Date() };
  });
  after(async () => {
    await db.close();
    rmSync(folder, { recursive: true });
  });

  const one: Statement<{ one: number }> = { name: "embedded_one", text: "select 1 as one", values: [] };

  it("gives timers and sockets their turn between queued transactions", async () => {
    let turns = 0;
    let ticks = 0;
    let running = true;
    const turn = (): void => void (running && (turns++, setImmediate(turn)));
    const tick = (): void => void (running && (ticks++, setTimeout(tick, 0)));
    turn();
    tick();
    const seen: { turns: number; ticks: number }[] = [];
    await Promise.all(
      Array.from({ length: 300 }, async () => {
        await inTenant(db, who, ({ trx }) => trx.run(one));
        seen.push({ turns, ticks });
      }),
    );
    running = false;
    assert.equal(seen.length, 300);
    for (const [i, now] of seen.entries()) assert.ok(now.turns > (seen[i - 1]?.turns ?? 0), `turns at ${i}`);
    assert.ok(ticks > 30, `${ticks} ticks of a timer`);
  });

  it("carries out queued batches in their order", async () => {
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        await onceInTenant(db, who, one);
        order.push(i);
      }),
    );
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
  });

  it("goes on after its connection was thrown away, even in the middle of a transaction", async () => {
    for (let i = 0; i < 3; i++) {
      await onceInTenant(db, who, one);
      const client = await db.pool.connect();
      await client.query("begin; update tenants set name = 'stray'");
      const waiting = [onceInTenant(db, who, one), inTenant(db, who, ({ trx }) => trx.run(one))] as const;
      client.release(true);
      const [[first], second] = await Promise.all(waiting);
      assert.deepEqual([first, second], [[{ one: 1 }], [{ one: 1 }]]);
    }
    assert.deepEqual(await asOwner(db, "select from tenants where name = 'stray'"), []);
  });

  it("is not opened twice, and its folder is free again after it closed", async () => {
    await assert.rejects(open(folder), { name: "Refusal", code: "unavailable", message: /another process uses/ });
    const rows = await asOwner<{ count: number }>(db, "select count(*) from tenants");
    await db.close();
    db = await open(folder);
    assert.deepEqual(await asOwner(db, "select count(*) from tenants"), rows);
  });

  it("frees its folder when it cannot be opened", async () => {
    const broken = mkdtempSync(join(tmpdir(), "usher-broken-"));
    mkdirSync(join(broken, "pg"));
    writeFileSync(join(broken, "pg", "PG_VERSION"), "9");
    await assert.rejects(open(broken));
    await (
      await lockFolder(broken)
    )();
    rmSync(broken, { recursive: true });
  });
});
