import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { call, makeTenant, operator, scimUser, setActive, type PushedTenant } from "../start/apiCalls.ts";
import { startServer, type ServerProcess } from "../start/serverProcess.ts";
import { withPostgres } from "../storage/withPostgres.ts";
import { auditing, checkQueue, checkSamples, MOVES, SAMPLE, sampling, type Move, type Sample } from "./audit.ts";
import { JOURNAL, ROWS, toldOf, type JournalRow } from "./journal.ts";
import { checkTally, push, type Pusher, type Tally } from "./writers.ts";

const WRITERS = 200;
const SEATS = 40;

withPostgres("200 concurrent writers over two server processes", (postgres) => {
  let folder: string;
  let servers: ServerProcess[];
  let database: Client;
  before(async function () {
    this.timeout(120_000);
    folder = mkdtempSync(join(tmpdir(), "usher-two-"));
    const environment = { DATABASE_URL: postgres().url, USHER_DATA_DIR: folder };
    servers = await Promise.all([startServer(environment), startServer(environment)]);
    database = new Client({ connectionString: postgres().url });
    await database.connect();
    await database.query(auditing);
  });
  after(async () => {
    await database.end();
    await Promise.all(servers.map((server) => server.end("SIGTERM")));
    rmSync(folder, { recursive: true });
  });

  const urlOf = (i: number): string => servers[i % servers.length]?.url ?? "";

  function pusher(tenant: PushedTenant, writer: number): Pusher {
    // Each step goes to the other server than the one before.
    let step = writer;
    const send = (method: string, path: string, body?: unknown) =>
      call(method, `${urlOf(step++)}/scim/v2/Users${path}`, tenant.token, body);
    return {
      create: async (userName) => {
        const { status, body } = await send("POST", "", scimUser(userName));
        if (status === 403) assert.match(String(body["detail"]), /^User seat limit reached: \d+ of \d+ seats used/);
        return { status, id: String(body["id"]) };
      },
      setActive: async (id, active) => (await send("PATCH", `/${id}`, setActive(active))).status,
      remove: async (id) => (await send("DELETE", `/${id}`)).status,
    };
  }

  async function read<Row>(text: string, tenant: PushedTenant): Promise<Row[]> {
    return (await database.query(text, [tenant.id])).rows as Row[];
  }

  /** Pushes while somebody looks on, and checks all that must hold afterwards. */
  async function pushed(tenant: PushedTenant, mode: string, meanwhile = async (): Promise<void> => {}): Promise<Tally> {
    const observer = new Client({ connectionString: postgres().url });
    await observer.connect();
    const samples = sampling(async () => (await observer.query(SAMPLE, [tenant.id])).rows[0] as Sample);
    const [tally] = await Promise.all([push(WRITERS, (i) => pusher(tenant, i), mode === "refuse"), meanwhile()]);
    checkSamples(await samples());
    await observer.end();
    const journal = await read<JournalRow>(JOURNAL, tenant);
    assert.deepEqual(await read(ROWS, tenant), toldOf(journal));
    assert.equal(
      checkQueue(await read<Move>(MOVES, tenant)),
      journal.filter(({ type }) => type === "member.seat_promoted").length,
    );
    checkTally(
      tally,
      journal.map(({ type }) => type),
    );
    for (const server of servers) assert.equal(server.log(), "");
    return tally;
  }

  async function seats(tenant: PushedTenant): Promise<Record<string, unknown>> {
    const both = await Promise.all(servers.map(({ url }) => operator("GET", url, `/tenants/${tenant.slug}/seats`)));
    assert.deepEqual(both[0], both[1]);
    return { ...both[0] };
  }

  for (const mode of ["waitlist", "downgrade", "refuse"] as const) {
    it(`keep counter and rows equal and never above the limit, where a full door means ${mode} (T09)`, async function () {
      this.timeout(180_000);
      const tenant = await makeTenant(urlOf(0), {
        seatLimit: SEATS,
        settings: { seats: { whenFull: { scim: mode } } },
      });
      const tally = await pushed(tenant, mode);
      const { used, waiting } = await seats(tenant);
      if (mode === "waitlist") assert.deepEqual([used, tally.created], [SEATS, WRITERS]);
      if (mode === "waitlist") assert.ok(Number(waiting) > 0);
      else assert.equal(waiting, 0);
      if (mode === "refuse") assert.ok(tally.refused > 0);
    });
  }

  it("do so while the limit is raised and lowered, and nobody loses a seat by it", async function () {
    this.timeout(180_000);
    const tenant = await makeTenant(urlOf(0), { seatLimit: SEATS });
    let last = SEATS;
    await pushed(tenant, "waitlist", async () => {
      for (const [i, limit] of [10, 60, 0, 25, 5, SEATS, 15, 30].entries()) {
        await operator("PATCH", urlOf(i), `/tenants/${tenant.slug}`, { seatLimit: limit });
        last = limit;
      }
    });
    const { used, waiting, overBy, limit } = await seats(tenant);
    assert.equal(limit, last);
    assert.equal(overBy, Math.max(0, Number(used) - last));
    if (Number(waiting) > 0) assert.ok(Number(used) >= last);
  });

  it("do so while the tenant turns unlimited and limited again, which counts the rows anew", async function () {
    this.timeout(180_000);
    const tenant = await makeTenant(urlOf(0), { seatLimit: SEATS });
    const tally = push(WRITERS, (i) => pusher(tenant, i), false);
    for (const [i, seatLimit] of [null, 20, null, 30, null, SEATS].entries()) {
      await operator("PATCH", urlOf(i), `/tenants/${tenant.slug}`, { seatLimit });
    }
    assert.equal((await tally).created, WRITERS);
    const [row] = await read<Sample>(SAMPLE, tenant);
    assert.equal(row?.used, row?.held);
    assert.equal(row?.limit, SEATS);
    for (const server of servers) assert.equal(server.log(), "");
  });

  it("create each user name once, whoever is first", async function () {
    this.timeout(180_000);
    const tenant = await makeTenant(urlOf(0), { seatLimit: SEATS });
    const answers = await Promise.all(
      Array.from({ length: WRITERS }, (_, i) =>
        call(
          "POST",
          `${urlOf(i)}/scim/v2/Users`,
          tenant.token,
          scimUser(i % 4 < 2 ? `same-${i % 10}` : `SAME-${i % 10}`),
        ),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    assert.deepEqual(new Set(statuses), new Set([201, 409]));
    assert.equal(statuses.filter((status) => status === 201).length, 10);
    assert.equal((await seats(tenant))["used"], 10);
  });
});
