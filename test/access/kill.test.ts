/** What a process that dies between the consumed answer and the session leaves behind: nothing half done. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { operator } from "../start/apiCalls.ts";
import { startServer, type ServerProcess } from "../start/serverProcess.ts";
import { withPostgres } from "../storage/withPostgres.ts";
import { begin, finish, makeDoor, memberOf, post, PUBLIC_URL, totalOf, type Door } from "./farSaml.ts";

const SEATS = 20;

type Server = () => Promise<ServerProcess>;

/** Seats are counted as the rows say. */
async function checkSeats(url: string, door: Door): Promise<void> {
  const { used } = await operator("GET", url, `/tenants/${door.tenant.slug}/seats`);
  const [members, held] = [await totalOf(url, door), await totalOf(url, door, "?seat=with")];
  assert.equal(used, held);
  assert.equal(held, Math.min(SEATS, members), "whoever is a member here holds a seat while there are some");
}

/** The domain is not verified: a member without identity would be out of reach, and this sign-in refused (rule 23). */
const personOf = (name: string) => ({ nameId: name, email: `${name}@customer.example` });

function cases(begins: Server): void {
  let server: ServerProcess;
  let door: Door;
  before(async function () {
    this.timeout(120_000);
    server = await begins();
    door = await makeDoor(server.url, { seatLimit: SEATS });
  });
  after(() => server.end("SIGKILL"));

  async function kill(): Promise<void> {
    await server.end("SIGKILL");
    server = await begins();
  }

  it("keeps a handle that is not redeemed: the sign-in is finished afterwards, once", async function () {
    this.timeout(120_000);
    const before = await totalOf(server.url, door);
    const browser = await begin(server.url, door, personOf("handle"));
    const posted = await post(server.url, door, browser);
    assert.equal(posted.status, 303);
    await kill();
    assert.equal(await totalOf(server.url, door), before);
    await checkSeats(server.url, door);
    assert.equal((await post(server.url, door, browser)).status, 403, "the answer stays consumed");
    const finished = await finish(server.url, posted, browser);
    assert.equal(finished.status, 303);
    await memberOf(server.url, finished);
    assert.equal((await finish(server.url, posted, browser)).status, 403);
    assert.equal(await totalOf(server.url, door), before + 1);
  });
}

describe("kill -9 between the answer and the session, embedded database", () => {
  const folder = mkdtempSync(join(tmpdir(), "usher-kill-door-"));
  cases(() => startServer({ USHER_DATA_DIR: folder, PUBLIC_URL, TRUST_PROXY: "true" }));
  after(() => rmSync(folder, { recursive: true }));
});

withPostgres("kill -9 between the answer and the session, PostgreSQL", (postgres) => {
  const folder = mkdtempSync(join(tmpdir(), "usher-kill-door-"));
  cases(() => startServer({ DATABASE_URL: postgres().url, USHER_DATA_DIR: folder, PUBLIC_URL, TRUST_PROXY: "true" }));
  after(() => rmSync(folder, { recursive: true }));
});
