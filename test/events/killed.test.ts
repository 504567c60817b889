import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { enqueueAll } from "../../src/events/jobs.store.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { inTenant } from "../../src/storage/scope.ts";
import type { Database } from "../../src/storage/types.ts";
import { withPostgres } from "../storage/withPostgres.ts";
import { someone } from "./working.ts";

const script = fileURLToPath(new URL("workerProcess.ts", import.meta.url));
const KEYS = 5;

/** Starts a worker process; resolves when it works. */
async function startProcess(place: string, file: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["--import", "tsx/esm", script, place, file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await Promise.race([
    once(child.stdout, "data"),
    once(child, "exit").then(([status]) => Promise.reject(new Error(`the worker ended: ${status}`))),
  ]);
  return child;
}

/** Waits until a worker has ended by itself. */
async function ended(child: ChildProcess): Promise<void> {
  const [status] = child.exitCode === null ? ((await once(child, "exit")) as [number | null]) : [child.exitCode];
  assert.equal(status, 0);
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

/** Puts the jobs of the proof there: `each` of both kinds for each key, mixed. */
async function prepare(db: Database, each: number): Promise<void> {
  await db.pool.query("create table proof (id serial, key text not null, n int not null)");
  await db.pool.query(`grant insert on proof to ${db.tenantRole}`);
  await db.pool.query(`grant usage on sequence proof_id_seq to ${db.tenantRole}`);
  const jobs = Array.from({ length: each * KEYS * 2 }, (_, i) => {
    const [kind, key] = [i % 2 === 0 ? "within" : "outside", Math.floor(i / 2) % KEYS];
    return { kind: `proof.${kind}`, key: `${kind} ${key}`, payload: { n: Math.floor(i / 2 / KEYS) } };
  });
  await inTenant(db, someone(), (scope) => enqueueAll(scope, jobs));
}

async function left(db: Database): Promise<number> {
  const { rows } = await db.pool.query("select count(*) as count from jobs");
  return (rows[0] as { count: number }).count;
}

async function assertProved(db: Database, file: string, each: number): Promise<void> {
  const wanted = Array.from({ length: each }, (_, n) => n);
  const { rows } = await db.pool.query("select key, n from proof order by id");
  const lines = readFileSync(file, "utf8").trim().split("\n");
  for (let key = 0; key < KEYS; key++) {
    const within = (rows as { key: string; n: number }[]).filter((row) => row.key === `within ${key}`);
    assert.deepEqual(
      within.map(({ n }) => n),
      wanted,
      `within a transaction: each once, in order (key ${key})`,
    );
    const outside = lines
      .filter((line) => line.startsWith(`outside ${key} `))
      .map((line) => Number(line.split(" ")[2]));
    assert.deepEqual(
      outside,
      outside.toSorted((a, b) => a - b),
      `outside: in order (key ${key})`,
    );
    assert.deepEqual([...new Set(outside)], wanted, `outside: none lost (key ${key})`);
  }
}

describe("kill -9 of a worker", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "usher-worker-"));
    file = join(folder, "outside.txt");
    writeFileSync(file, "");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("loses no job and runs none of a key out of order, on the embedded database", async function () {
    this.timeout(180_000);
    const place = join(folder, "data");
    const open = (): Promise<Database> =>
      openDatabase({ url: undefined, folder: place, prepare: true, onFault: (error) => assert.fail(error) });
    let db = await open();
    const each = 12;
    await prepare(db, each);
    await db.close();
    for (let kills = 0; kills < 3; kills++) {
      const child = await startProcess(place, file);
      await delay(randomInt(50, 500));
      await kill(child);
    }
    await ended(await startProcess(place, file));
    db = await open();
    assert.equal(await left(db), 0);
    await assertProved(db, file, each);
    await db.close();
  });

  withPostgres("beside another, on a PostgreSQL server", (postgres) => {
    it("loses no job and runs none of a key out of order", async function () {
      this.timeout(180_000);
      const { url } = postgres();
      const db = await openDatabase({ url, folder: undefined, prepare: true, onFault: () => {} });
      const each = 60;
      await prepare(db, each);
      const workers = [await startProcess(url, file), await startProcess(url, file)];
      for (let kills = 0; kills < 10; kills++) {
        await delay(randomInt(20, 400));
        const victim = workers.shift();
        if (victim) await kill(victim);
        workers.push(await startProcess(url, file));
      }
      await Promise.all(workers.map(ended));
      assert.equal(await left(db), 0);
      await assertProved(db, file, each);
      await db.close();
    });

    it("is another thing than SIGTERM, after which what runs is ended and the process ends by itself", async () => {
      const { url } = postgres();
      const db = await openDatabase({ url, folder: undefined, prepare: true, onFault: () => {} });
      const jobs = Array.from({ length: 200 }, (_, n) => ({ kind: "proof.outside", payload: { n } }));
      await inTenant(db, someone(), (scope) => enqueueAll(scope, jobs));
      const worker = await startProcess(url, file);
      while (readFileSync(file, "utf8") === "") await delay(5);
      worker.kill("SIGTERM");
      await ended(worker);
      const { rows } = await db.pool.query(
        "select count(*) as count from jobs where run_at > now() + interval '1 second'",
      );
      assert.deepEqual(rows, [{ count: 0 }], "nothing is left leased");
      await db.pool.query("truncate jobs");
      await db.close();
    });
  });
});
