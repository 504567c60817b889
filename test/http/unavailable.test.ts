/** Without its database the server says so in the words of each surface: 503 with Retry-After. */
import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import { Client, Pool } from "pg";
import supertest from "supertest";
import { isRefusal } from "../../src/base/errors.ts";
import { newCredential } from "../../src/directory/tenants/credential.ts";
import { keepProvisioningLog } from "../../src/directory/provisioningLog/provisioningBuffer.ts";
import { createLogger } from "../../src/http/logger.ts";
import { ownSchemas, readSchemaFiles } from "../../src/provisioning/schemaFiles.ts";
import { createRegistry } from "../../src/scim/registry.ts";
import { createServer } from "../../src/server.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { acrossTenants, inTenant, onceInTenant } from "../../src/storage/scope.ts";
import type { Database, Statement } from "../../src/storage/types.ts";
import { OPERATOR_KEY, ways } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { withPostgres } from "../storage/withPostgres.ts";
import { type LogLines, logLines } from "./logLines.ts";

const TENANT = "0193a000-0000-7000-8000-00000000000a";
const who = { tenantId: TENANT, actor: { type: "system" }, now: new Date() } as const;
const one: Statement<{ one: number }> = { text: "select 1 as one", values: [] };

function serverOn(db: Database, logged: LogLines): RequestListener {
  const { schemas, resourceTypes } = readSchemaFiles(ownSchemas);
  const registry = createRegistry(schemas, resourceTypes);
  const publicUrl = "https://usher.example";
  const keys = { operatorKeys: [OPERATOR_KEY] };
  const provisioningLog = keepProvisioningLog({ db, log: createLogger("silent") });
  return createServer({
    db,
    registry,
    publicUrl,
    ...keys,
    ...ways,
    trustProxy: false,
    provisioningLog,
    log: logged.log,
  });
}

describe("a server whose database is gone", () => {
  const logged = logLines();
  let app: RequestListener;
  before(async () => {
    // Nobody listens there.
    const pool = new Pool({ host: "127.0.0.1", port: 1, connectionTimeoutMillis: 5_000 });
    app = serverOn({ ...(await testDatabase()), pool }, logged);
  });

  const forms = {
    "a SCIM request as an Error message (RFC 7644 §3.12)": async () => {
      const { token } = newCredential("usc", TENANT);
      const reply = await supertest(app).get("/scim/v2/Users").set("Authorization", `Bearer ${token}`).expect(503);
      assert.equal(reply.headers["content-type"], "application/scim+json");
      const body = JSON.parse(reply.text) as Record<string, unknown>;
      assert.deepEqual(body["schemas"], ["urn:ietf:params:scim:api:messages:2.0:Error"]);
      assert.equal(body["status"], "503");
      return reply;
    },
    "an API request as a problem document (RFC 9457)": async () => {
      const reply = await supertest(app)
        .get("/api/v1/tenants/acme")
        .set("Authorization", `Bearer ${OPERATOR_KEY}`)
        .expect(503);
      assert.equal(reply.headers["content-type"], "application/problem+json");
      assert.equal(reply.body.code, "unavailable");
      return reply;
    },
    "a person by a page that leads to the same step again": async () => {
      const reply = await supertest(app).get("/sso/start?tenant=acme").expect(503);
      assert.match(reply.text, /Wait some seconds/);
      assert.match(reply.text, /href="\/sso\/start\?tenant=acme"/);
      return reply;
    },
  };
  for (const [form, ask] of Object.entries(forms)) {
    it(`answers ${form}, with Retry-After`, async () => {
      logged.lines.length = 0;
      const { headers, text } = await ask();
      assert.equal(headers["retry-after"], "5");
      assert.doesNotMatch(text, /ECONN|127\.0\.0\.1/);
      const line = logged.lines.find(({ level }) => level === "error");
      assert.match(JSON.stringify(line?.["err"]), /ECONNREFUSED/);
      assert.equal(line?.["id"], headers["x-request-id"]);
    });
  }
});

withPostgres("a database that has no connection left", (postgres) => {
  let db: Database;
  const refused = (error: unknown): boolean =>
    isRefusal(error, "unavailable") && error.extra["retryAfterSeconds"] === 5 && error.cause !== undefined;
  before(async () => {
    const options = { url: postgres().url, prepare: true, folder: undefined, connections: 2, waitMs: 200 };
    db = await openDatabase({ ...options, onFault: () => {} });
  });
  after(() => db.close());

  /** Takes this many connections until the work is done. */
  async function holding(count: number, work: () => Promise<unknown>): Promise<void> {
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    const holders = Array.from({ length: count }, () => acrossTenants(db, who, () => ended));
    await work().finally(end);
    await Promise.all(holders);
  }

  it("refuses as unavailable who has waited too long, by either door, and goes on afterwards", async () => {
    await holding(2, async () => {
      await assert.rejects(onceInTenant(db, who, one), refused);
      await assert.rejects(
        inTenant(db, who, ({ trx }) => trx.run(one)),
        refused,
      );
    });
    assert.deepEqual(await onceInTenant(db, who, one), [[{ one: 1 }]]);
  });

  it("keeps connections free from transactions of one tenant that wait for each other", async () => {
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    const first = inTenant(db, who, () => ended);
    const others = Promise.allSettled(Array.from({ length: 20 }, () => inTenant(db, who, ({ trx }) => trx.run(one))));
    assert.deepEqual(await onceInTenant(db, who, one), [[{ one: 1 }]]);
    for (const each of await others) assert.ok(each.status === "rejected" && isRefusal(each.reason, "unavailable"));
    end();
    await first;
  });

  it("refuses as unavailable what a shutdown of PostgreSQL cuts off, and what comes after", async () => {
    const long: Statement = { text: "select pg_sleep(60)", values: [] };
    const cutOff = [onceInTenant(db, who, long), inTenant(db, who, ({ trx }) => trx.run(long))];
    const rejected = Promise.all(cutOff.map((each) => assert.rejects(each, refused)));
    const admin = new Client({ connectionString: postgres().adminUrl });
    await admin.connect();
    const end = `select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()`;
    for (let ended = 0; ended < cutOff.length;) ended += (await admin.query(end)).rowCount ?? 0;
    await admin.end();
    await rejected;
    await assert.rejects(
      onceInTenant(db, who, { text: "select 1/0", values: [] }),
      (error) => !isRefusal(error),
      "a fault of a statement stays a fault",
    );
    await postgres().stop();
    await assert.rejects(onceInTenant(db, who, one), refused);
  });
});
