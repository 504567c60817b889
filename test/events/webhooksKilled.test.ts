import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { newId } from "../../src/base/ids.ts";
import { openDatabase, type DatabaseOptions } from "../../src/storage/database.ts";
import type { Database } from "../../src/storage/types.ts";
import { withPostgres } from "../storage/withPostgres.ts";
import { onServer } from "../support/database.ts";
import { endpoint, receiver, type Receiver } from "./receiver.ts";

/** The embedded database takes seconds to open; what it shares with the server is proved there. */
const KILLS = onServer ? 20 : 5;
/** Signs of work after which, by chance, a process is killed: events written, requests sent. */
const MOST_SIGNS = 40;
const source = fileURLToPath(new URL("webhookProcess.ts", import.meta.url));
/** As deep as `src/x/`, by which the migrations are found; bundled, for twenty starts from the sources take a minute. */
const script = fileURLToPath(new URL(`../../.cache/test/webhookProcess-${process.pid}.mjs`, import.meta.url));

interface Proof {
  readonly place: string;
  readonly tenantId: string;
  readonly members: readonly string[];
}

const bundled = { bundle: true, platform: "node", format: "esm", packages: "external" } as const;

/** A process that has loaded everything and opened nothing yet. */
function loaded({ place, tenantId, members }: Proof): ChildProcess {
  return spawn(process.execPath, [script, place, tenantId, members.join()], { stdio: ["pipe", "pipe", "inherit"] });
}

/** Lets a process work until it has given so many signs of it, each a byte, and kills it at that moment. */
async function killAfter(signs: number, child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  let seen = 0;
  child.stdout?.on("data", (chunk: Buffer) => {
    seen += chunk.length;
    if (seen >= signs) child.kill("SIGKILL");
  });
  child.stdin?.write("work\n");
  assert.deepEqual(await exit, [null, "SIGKILL"]);
}

/** Kills a server at some moment of its work, again and again, and lets the last one come to the end. */
async function killAgainAndAgain(proof: Proof): Promise<void> {
  let next = loaded(proof);
  try {
    for (let kills = 0; kills < KILLS; kills++) {
      const child = next;
      next = loaded(proof);
      await killAfter(randomInt(1, MOST_SIGNS), child);
    }
    const exit = once(next, "exit");
    next.stdout?.resume();
    next.stdin?.write("finish\n");
    assert.deepEqual(await exit, [0, null]);
  } finally {
    next.kill("SIGKILL");
  }
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
async function assertProved(db: Database, hook: Receiver, { tenantId, members }: Proof): Promise<void> {
  const { rows } = await db.pool.query("select id from events where tenant_id = $1", [tenantId]);
  const happened = (rows as { id: string }[]).map(({ id }) => id).toSorted();
  assert.ok(happened.length >= KILLS, `all were at work: ${happened.length}`);
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

describe("kill -9, twenty times, of a server that sends webhooks to a receiver that fails half the time", () => {
  const tenantId = newId(new Date());
  let hook: Receiver;
  before(() => buildSync({ ...bundled, entryPoints: [source], outfile: script }));
  after(() => rmSync(script));
  beforeEach(async () => {
    hook = await receiver();
    takeHalf(hook);
  });
  afterEach(() => hook.close());

  const title = "loses no event, sends them in order for each member and invents none";

  /** Of the two databases the one that this run of the suite is about: the other run has the other. */
  if (!onServer) {
    it(title, async () => {
      const folder = mkdtempSync(join(tmpdir(), "usher-webhooks-"));
      try {
        await prove(join(folder, "data"), { url: undefined, folder: join(folder, "data") });
      } finally {
        rmSync(folder, { recursive: true });
      }
    }).timeout(240_000);
    return;
  }

  withPostgres("on a PostgreSQL server", (postgres) => {
    it(title, () => prove(postgres().url, { url: postgres().url, folder: undefined })).timeout(240_000);
  });

  async function prove(place: string, where: Pick<DatabaseOptions, "url" | "folder">): Promise<void> {
    const open = (): Promise<Database> => openDatabase({ ...where, prepare: true, onFault: () => {} });
    const proof = { place, tenantId, members: Array.from({ length: 8 }, () => newId(new Date())) };
    const db = await open();
    await endpoint(db, tenantId, hook.url, { events: ["member.*"] });
    await db.pool.query("delete from events where type = 'webhook.created'");
    await db.close();
    await killAgainAndAgain(proof);
    const after = await open();
    await assertProved(after, hook, proof);
    await after.close();
  }
});
