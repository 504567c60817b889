/** What a process that dies between the consumed answer and the session leaves behind: nothing half done. */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { operator } from "../start/apiCalls.ts";
import { startServer, type ServerProcess } from "../start/serverProcess.ts";
import { withPostgres } from "../storage/withPostgres.ts";
import { begin, finish, makeDoor, memberOf, post, PUBLIC_URL, totalOf, type Door, type Step } from "./farSaml.ts";

const ROUNDS = 8;
const PEOPLE = 4;
const SEATS = 20;
/** Milliseconds; redeeming handles takes about this long. */
const LONGEST_LIFE = 60;

type Server = () => Promise<ServerProcess>;

/** What was answered, if anything was before the end. */
async function ifAnswered(request: Promise<Step>): Promise<Step | undefined> {
  try {
    return await request;
  } catch (error) {
    // What `fetch` throws when nobody answers any more.
    assert.ok(error instanceof TypeError, String(error));
    return undefined;
  }
}

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

  /** People at the threshold; the server is killed while it lets them in. Returns how many got no answer. */
  async function round(names: readonly string[]): Promise<number> {
    const people = await Promise.all(
      names.map(async (name) => {
        const browser = await begin(server.url, door, personOf(name));
        return { name, browser, posted: await post(server.url, door, browser) };
      }),
    );
    const asked = people.map(({ posted, browser }) => ifAnswered(finish(server.url, posted, browser)));
    await new Promise((resolve) => setTimeout(resolve, randomInt(LONGEST_LIFE)));
    await kill();
    const answers = await Promise.all(asked);
    await checkSeats(server.url, door);
    for (const [i, { name, browser, posted }] of people.entries()) {
      const answer = answers[i];
      if (answer) assert.equal(answer.status, 303, `${name} was acknowledged, or not answered`);
      const known = answer && (await memberOf(server.url, answer));
      const again = await finish(server.url, posted, browser);
      // Redeemed with the session, or not at all; acknowledged is redeemed.
      assert.ok(answer ? again.status === 403 : [303, 403].includes(again.status), `${name}: ${again.status}`);
      const next = await begin(server.url, door, personOf(name));
      const anew = await finish(server.url, await post(server.url, door, next), next);
      assert.equal(anew.status, 303, `${name} signs in anew`);
      assert.equal(await memberOf(server.url, anew), known ?? (await memberOf(server.url, anew)));
    }
    return answers.filter((answer) => answer === undefined).length;
  }

  it("leaves each person with all of member, identity, seat and session, or with none", async function () {
    this.timeout(300_000);
    const before = await totalOf(server.url, door);
    let unanswered = 0;
    for (let i = 1; i <= ROUNDS; i++) {
      unanswered += await round(Array.from({ length: PEOPLE }, (_, k) => `person-${i}-${k}`));
      assert.equal(await totalOf(server.url, door), before + i * PEOPLE, "each of them is one member");
      await checkSeats(server.url, door);
    }
    assert.ok(unanswered > 0, "the process was killed too late, each time");
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
