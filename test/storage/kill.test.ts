import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, makeTenant, operator, scimUser, setActive, type PushedTenant } from "../start/apiCalls.ts";
import { startServer, type ServerProcess } from "../start/serverProcess.ts";
import { withEmbedded } from "./withEmbedded.ts";

const ROUNDS = 6;
const PUSHERS = 6;
/** Acknowledgements after which the process is killed, at most. */
const LONGEST_LIFE = 80;
/** Full in the first rounds, so that people queue and are promoted by those who leave. */
const SEATS = 60;

withEmbedded("kill -9 of a server on the embedded database, in the middle of a push", function () {
  this.timeout(600_000);
  let folder: string;
  let server: ServerProcess;
  let tenant: PushedTenant;
  /** What the server has acknowledged of each user; null while a change of theirs is without an answer. */
  const acknowledged = new Map<string, boolean | null>();
  let names = 0;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "usher-kill-"));
    server = await startServer({ USHER_DATA_DIR: folder });
    tenant = await makeTenant(server.url, { seatLimit: SEATS });
  });
  after(async () => {
    await server.end("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  const users = (): string => `${server.url}/scim/v2/Users`;

  /** Creates a user and, now and then, deactivates one; rejects when the server is gone. */
  async function push(): Promise<void> {
    const created = await call("POST", users(), tenant.token, scimUser(`user-${++names}@example.com`));
    assert.equal(created.status, 201);
    acknowledged.set(String(created.body["id"]), true);
    const mine = String(created.body["id"]);
    if (names % 3 !== 0) return;
    acknowledged.set(mine, null);
    const changed = await call("PATCH", `${users()}/${mine}`, tenant.token, setActive(false));
    assert.equal(changed.status, 200);
    acknowledged.set(mine, false);
  }

  async function pushUntilKilled(): Promise<void> {
    let left = randomInt(1, LONGEST_LIFE);
    const pusher = async (): Promise<void> => {
      for (;;) {
        await push();
        if (--left === 0) void server.end("SIGKILL");
      }
    };
    for (const { reason } of (await Promise.allSettled(Array.from({ length: PUSHERS }, pusher))) as {
      reason: Error;
    }[]) {
      // What `fetch` throws when nobody answers any more.
      assert.equal(reason.name, "TypeError", reason.message);
    }
    assert.equal((await server.ended).signal, "SIGKILL");
  }

  async function stored(): Promise<Map<string, boolean>> {
    const found = new Map<string, boolean>();
    for (let startIndex = 1; ;) {
      const { body } = await call("GET", `${users()}?startIndex=${startIndex}&count=500`, tenant.token);
      const page = body["Resources"] as { id: string; active: boolean }[];
      for (const { id, active } of page) found.set(id, active);
      startIndex += page.length;
      if (found.size >= Number(body["totalResults"])) return found;
    }
  }

  async function total(path: string): Promise<number> {
    return Number((await operator("GET", server.url, `/tenants/${tenant.slug}/${path}`))["total"]);
  }

  it("loses no acknowledged user and no acknowledged change, and leaves the counter equal to the rows", async () => {
    for (let round = 1; round <= ROUNDS; round++) {
      await pushUntilKilled();
      server = await startServer({ USHER_DATA_DIR: folder });
      const found = await stored();
      for (const [id, active] of acknowledged) {
        assert.ok(found.has(id), `round ${round}: user ${id} is lost`);
        if (active !== null) assert.equal(found.get(id), active, `round ${round}: a change of ${id} is lost`);
      }
      // What had no answer may have happened or not, but never by half.
      for (const [id, active] of found) acknowledged.set(id, active);
      const seats = await operator("GET", server.url, `/tenants/${tenant.slug}/seats`);
      const [held, waiting] = [await total("members?seat=with"), await total("members?seat=waiting")];
      assert.deepEqual([seats["used"], seats["waiting"]], [held, waiting]);
      assert.equal(held, Math.min(SEATS, [...found.values()].filter(Boolean).length));
      assert.equal(await total("events?type=member.created"), found.size);
    }
  });
});
