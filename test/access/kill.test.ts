/** What a process that dies between the consumed answer and the session leaves behind: nothing half done. */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { operator } from "../start/apiCalls.ts";
import { startServer, type ServerProcess } from "../start/serverProcess.ts";
import { withEmbedded } from "../storage/withEmbedded.ts";
import { withPostgres } from "../storage/withPostgres.ts";
import { begin, finish, makeDoor, memberOf, post, PUBLIC_URL, totalOf, type Door } from "./farSaml.ts";

const SEATS = 20;

type Server = () => Promise<ServerProcess>;

/** Seats are counted as the rows say. */
async function checkSeats(url: string, door: Door, limit = SEATS): Promise<void> {
  const { used } = await operator("GET", url, `/tenants/${door.tenant.slug}/seats`);
  const [members, held] = [await totalOf(url, door), await totalOf(url, door, "?seat=with")];
  assert.equal(used, held);
  assert.equal(held, Math.min(limit, members), "whoever is a member here holds a seat while there are some");
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

const KILLS = 10;
const AT_ONCE = 4;

/** One server is killed, another one starts meanwhile: what it left must be whole for the other as well. */
function atRandom(begins: Server): void {
  it(`leaves no half member and loses no seat at ${KILLS} random moments, and everybody can sign in again`, async function () {
    this.timeout(240_000);
    let next = begins();
    let [survivor, server] = [await begins(), await next];
    const limit = KILLS * AT_ONCE - 5;
    const door = await makeDoor(survivor.url, { seatLimit: limit });
    const names: string[] = [];
    /** One goes in; the server may die of it. */
    const enter = async (url: string, name: string): Promise<boolean> => {
      const browser = await begin(survivor.url, door, personOf(name));
      const posted = await post(url, door, browser, `198.51.100.${names.length % 250}`);
      return (await finish(url, posted, browser)).status === 303;
    };
    for (let round = 0; round < KILLS; round++) {
      next = begins();
      const here = server;
      // Warm, so that a moment of the sign-in is met and not the start of its thread.
      await enter(here.url, `warm-${round}`);
      names.push(`warm-${round}`);
      const people = Array.from({ length: AT_ONCE }, (_, i) => `person-${round}-${i}`);
      const all = Promise.allSettled(people.map((name) => enter(here.url, name)));
      await setTimeout(randomInt(20, 500));
      await here.end("SIGKILL");
      await all;
      names.push(...people);
      await checkSeats(survivor.url, door, limit);
      server = await next;
    }
    for (const name of names) {
      assert.ok(await enter(survivor.url, name), `${name} is kept out by a member without an identity`);
    }
    assert.equal(await totalOf(survivor.url, door), names.length);
    await checkSeats(survivor.url, door, limit);
    await Promise.all([survivor, server].map((each) => each.end("SIGKILL")));
  });
}

withEmbedded("kill -9 between the answer and the session, embedded database", () => {
  const folder = mkdtempSync(join(tmpdir(), "usher-kill-door-"));
  cases(() => startServer({ USHER_DATA_DIR: folder, PUBLIC_URL, TRUST_PROXY: "true" }));
  after(() => rmSync(folder, { recursive: true }));
});

withPostgres("kill -9 between the answer and the session, PostgreSQL", (postgres) => {
  const folder = mkdtempSync(join(tmpdir(), "usher-kill-door-"));
  const begins: Server = () =>
    startServer({ DATABASE_URL: postgres().url, USHER_DATA_DIR: folder, PUBLIC_URL, TRUST_PROXY: "true" });
  cases(begins);
  atRandom(begins);
  after(() => rmSync(folder, { recursive: true }));
});
