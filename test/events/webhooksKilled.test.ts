import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { newId } from "../../src/base/ids.ts";
import { openDatabase } from "../../src/storage/database.ts";
import type { Database } from "../../src/storage/types.ts";
import { withPostgres } from "../storage/withPostgres.ts";
import { endpoint, receiver, type Receiver } from "./receiver.ts";

const script = fileURLToPath(new URL("webhookProcess.ts", import.meta.url));

interface Proof {
  readonly place: string;
  readonly tenantId: string;
  readonly members: readonly string[];
  readonly each: number;
}

async function startProcess({ place, tenantId, members, each }: Proof): Promise<ChildProcess> {
  const args = ["--import", "tsx/esm", script, place, tenantId, members.join(), String(each)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  await Promise.race([
    once(child.stdout, "data"),
    once(child, "exit").then(([status]) => Promise.reject(new Error(`the process ended: ${status}`))),
  ]);
  return child;
}

/** Kills a server at some moment of its work, again and again, and lets the last one come to the end. */
async function killAgainAndAgain(proof: Proof, times: number): Promise<void> {
  for (let kills = 0; kills < times; kills++) {
    const child = await startProcess(proof);
    await delay(randomInt(20, 500));
    if (child.exitCode !== null) break;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  }
  const last = await startProcess(proof);
  const [status] = last.exitCode === null ? ((await once(last, "exit")) as [number | null]) : [last.exitCode];
  assert.equal(status, 0);
}

/** Takes half of what comes, and of the rest says so, or cuts the connection, or does so after it has taken it. */
function takeHalf(hook: Receiver): void {
  hook.answer = () => {
    const chance = randomInt(0, 6);
    if (chance < 3) return 200;
    if (chance === 3) return 500;
    return (res) => void (chance === 4 ? res.destroy() : setTimeout(() => res.destroy(), 20));
  };
}

/** At least once, in order for each member, none invented. */
async function assertProved(db: Database, hook: Receiver, { tenantId, members, each }: Proof): Promise<void> {
  const { rows } = await db.pool.query("select id from events where tenant_id = $1", [tenantId]);
  const happened = (rows as { id: string }[]).map(({ id }) => id).toSorted();
  assert.equal(happened.length, members.length * each);
  const arrived = new Set(hook.received.map(({ body }) => body.data.id));
  assert.deepEqual([...arrived].toSorted(), happened, "none is lost, none invented");
  for (const member of members) {
    const numbers = hook.received
      .map(({ body }) => body.data as unknown as { target: { id: string }; data: { n: number } })
      .filter(({ target }) => target.id === member)
      .map(({ data }) => data.n);
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
      "in order",
    );
  }
}

describe("kill -9 of a server that sends webhooks to a receiver that fails half the time", () => {
  const tenantId = newId(new Date());
  let hook: Receiver;
  beforeEach(async () => {
    hook = await receiver();
    takeHalf(hook);
  });
  afterEach(() => hook.close());

  it("loses no event, sends them in order for each member and invents none, on the embedded database", async function () {
    this.timeout(180_000);
    const folder = mkdtempSync(join(tmpdir(), "usher-webhooks-"));
    try {
      const place = join(folder, "data");
      const members = [newId(new Date()), newId(new Date())];
      const proof = { place, tenantId, members, each: 10 };
      const open = (): Promise<Database> =>
        openDatabase({ url: undefined, folder: place, prepare: true, onFault: (error) => assert.fail(error) });
      let db = await open();
      await endpoint(db, tenantId, hook.url, { events: ["member.*"] });
      await db.pool.query("delete from events where type = 'webhook.created'");
      await db.close();
      await killAgainAndAgain(proof, 2);
      db = await open();
      await assertProved(db, hook, proof);
      await db.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  withPostgres("on a PostgreSQL server", (postgres) => {
    it("loses no event, sends them in order for each member and invents none", async function () {
      this.timeout(240_000);
      const { url } = postgres();
      const db = await openDatabase({ url, folder: undefined, prepare: true, onFault: () => {} });
      const members = Array.from({ length: 6 }, () => newId(new Date()));
      const proof = { place: url, tenantId, members, each: 40 };
      await endpoint(db, tenantId, hook.url, { events: ["member.*"] });
      await db.pool.query("delete from events where type = 'webhook.created'");
      await killAgainAndAgain(proof, 12);
      await assertProved(db, hook, proof);
      await db.close();
    });
  });
});
