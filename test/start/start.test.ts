import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withEmbedded } from "../storage/withEmbedded.ts";
import { withPostgres } from "../storage/withPostgres.ts";
import { call, makeTenant, operator, scimUser } from "./apiCalls.ts";
import { runToEnd, startServer, type Ended, type ServerProcess } from "./serverProcess.ts";

const EX_CONFIG = 78;
/** The embedded database opens in seconds, and where all cores are busy in many of them. */
const STARTS_MS = 180_000;
const secretKey = Buffer.alloc(32, 1).toString("base64");
const keys = { USHER_OPERATOR_KEY: "k".repeat(32), USHER_SECRET_KEY: secretKey };
const nowhere = "postgres://usher:hidden-password@127.0.0.1:1/usher";

/** Ends with the configuration's status and one line that says this and shows nothing secret. */
function isOneLine({ status, stdout, stderr }: Ended, line: RegExp): void {
  assert.match(stderr, line);
  assert.match(stderr, /^usher: [^\n]+\n$/);
  assert.doesNotMatch(stderr, /hidden|    at /);
  assert.deepEqual([status, stdout], [EX_CONFIG, ""]);
}

/** The provisioning log of a tenant, the latest first. */
async function logged(url: string, slug: string): Promise<string[]> {
  const page = await operator("GET", url, `/tenants/${slug}/provisioning-log`);
  return (page["items"] as { method: string; status: number }[]).map(({ method, status }) => `${method} ${status}`);
}

describe("the start", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "usher-start-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  describe("stops with one line that names the variable, and with status 78, where", () => {
    const mistakes: [what: string, environment: Record<string, string>, line: RegExp][] = [
      ["PORT is no port", { PORT: "99999" }, /PORT: held "99999"; allowed: a port number from 1 to 65535/],
      ["DATABASE_URL is another database's", { DATABASE_URL: "mysql://u:hidden@h/d" }, /DATABASE_URL: held .*\*\*\*@h/],
      ["USHER_OPERATOR_KEY is missing beside DATABASE_URL", { DATABASE_URL: nowhere }, /USHER_OPERATOR_KEY: not set/],
      ["USHER_SECRET_KEY has another length", { USHER_SECRET_KEY: "aGlkZGVu" }, /USHER_SECRET_KEY: held a secret/],
      ["ALLOWED_NETWORKS are not private", { ALLOWED_NETWORKS: "0.0.0.0/0" }, /ALLOWED_NETWORKS: held/],
    ];
    for (const [what, environment, line] of mistakes) {
      it(what, async () => {
        isOneLine(await runToEnd({ USHER_DATA_DIR: folder, ...environment }), line);
      });
    }

    it("USHER_DATA_DIR is a file", async () => {
      const file = join(folder, "file");
      writeFileSync(file, "");
      isOneLine(await runToEnd({ USHER_DATA_DIR: file }), /USHER_DATA_DIR: held .*file.*allowed: a folder/);
    });

    it("USHER_SCHEMAS_DIR is not there", async () => {
      const schemas = join(folder, "schemas");
      isOneLine(
        await runToEnd({ USHER_DATA_DIR: folder, USHER_SCHEMAS_DIR: schemas }),
        /USHER_SCHEMAS_DIR: held .*schemas/,
      );
    });

    it("USHER_SCHEMAS_DIR holds a file that is no schema, and names the file", async () => {
      const schemas = join(folder, "schemas");
      mkdirSync(join(schemas, "schemas"), { recursive: true });
      for (const place of [schemas, join(schemas, "schemas")]) writeFileSync(join(place, "broken.json"), '{"id": 1');
      const ended = await runToEnd({ USHER_DATA_DIR: folder, USHER_SCHEMAS_DIR: schemas });
      isOneLine(ended, /USHER_SCHEMAS_DIR: .*broken\.json/);
    });

    it("DATABASE_URL cannot be reached", async () => {
      isOneLine(
        await runToEnd({ ...keys, DATABASE_URL: nowhere, USHER_DATA_DIR: folder }),
        /DATABASE_URL: cannot connect: /,
      );
      assert.deepEqual(readdirSync(folder), []);
    });
  });
});

withEmbedded("a server on the embedded database", function () {
  this.timeout(STARTS_MS);
  let folder: string;
  let server: ServerProcess;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "usher-start-"));
    server = await startServer({ USHER_DATA_DIR: folder });
  });
  after(async () => {
    await server.end("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  it("answers as soon as it is ready", async () => {
    const tenant = await makeTenant(server.url);
    const created = await call("POST", `${server.url}/scim/v2/Users`, tenant.token, scimUser("ana@example.com"));
    assert.equal(created.status, 201);
  });

  it("keeps a second process off its data folder, which stops with one line", async () => {
    const second = await runToEnd({ ...keys, USHER_DATA_DIR: folder });
    isOneLine(second, /another process uses the embedded database in .*USHER_DATA_DIR/);
    assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
  });

  it("keeps a second process off its port, which stops with one line", async () => {
    const other = mkdtempSync(join(tmpdir(), "usher-start-"));
    const port = new URL(server.url).port;
    isOneLine(await runToEnd({ ...keys, USHER_DATA_DIR: other, PORT: port }), /PORT: cannot listen on .*EADDRINUSE/);
    rmSync(other, { recursive: true });
  });

  it("ends with 0 on SIGTERM, after it has answered what it was asked, and is whole at the next start", async () => {
    const tenant = await makeTenant(server.url);
    assert.equal((await call("GET", `${server.url}/scim/v2/Users`, tenant.token)).status, 200);
    const body = JSON.stringify(scimUser("last@example.com"));
    const { hostname, port } = new URL(server.url);
    const socket = new Socket().connect(Number(port), hostname);
    await once(socket, "connect");
    socket.write(
      `POST /scim/v2/Users HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${tenant.token}\r\n` +
        `Content-Type: application/scim+json\r\nExpect: 100-continue\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`,
    );
    // The server has begun with the request once it asks for the body.
    const [go] = (await once(socket, "data")) as [Buffer];
    assert.match(go.toString(), /^HTTP\/1\.1 100 /);
    const ending = server.end("SIGTERM");
    // It takes no more connections from now on, and does not cut those that run.
    while (
      await fetch(`${server.url}/healthz`).then(
        () => true,
        () => false,
      )
    );
    socket.write(body);
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 201 /);
    const { status, signal, stderr } = await ending;
    assert.deepEqual([status, signal, stderr], [0, null, ""]);
    server = await startServer({ USHER_DATA_DIR: folder });
    // Reads that were still on their way to the provisioning log are in it too.
    assert.deepEqual(await logged(server.url, tenant.slug), ["POST 201", "GET 200"]);
    const { body: found } = await call("GET", `${server.url}/scim/v2/Users`, tenant.token);
    assert.equal(found["totalResults"], 1);
  });

  it("loses no line of a write when it is killed", async () => {
    const tenant = await makeTenant(server.url);
    const { status } = await call("POST", `${server.url}/scim/v2/Users`, tenant.token, scimUser("ana@example.com"));
    await server.end("SIGKILL");
    server = await startServer({ USHER_DATA_DIR: folder });
    assert.deepEqual([status, await logged(server.url, tenant.slug)], [201, ["POST 201"]]);
  });

  it("ends with 0 on SIGINT, as by Ctrl-C", async () => {
    assert.equal((await server.end("SIGINT")).status, 0);
    server = await startServer({ USHER_DATA_DIR: folder });
  });

  it("makes its keys at the first start, shows the operator key once, and keeps it", async () => {
    const fresh = mkdtempSync(join(tmpdir(), "usher-start-"));
    const none = { USHER_DATA_DIR: fresh, USHER_OPERATOR_KEY: "", USHER_SECRET_KEY: "" };
    const first = await startServer(none);
    const { stdout } = await first.end("SIGTERM");
    const shown = /\buso_[A-Za-z0-9_-]+/.exec(stdout)?.[0] ?? "";
    assert.ok(shown.length >= 32);
    const second = await startServer(none);
    const answer = await call("GET", `${second.url}/api/v1/tenants`, shown);
    assert.equal(answer.status, 200);
    const later = await second.end("SIGTERM");
    assert.doesNotMatch(later.stdout, /uso_/);
    assert.ok(existsSync(join(fresh, "operator-key")));
    rmSync(fresh, { recursive: true });
  });
});

withPostgres("a server on PostgreSQL", (postgres) => {
  it("starts twice at once on an empty database, and each sees what the other does", async function () {
    this.timeout(STARTS_MS);
    const folder = mkdtempSync(join(tmpdir(), "usher-start-"));
    const environment = { DATABASE_URL: postgres().url, USHER_DATA_DIR: folder };
    const both = await Promise.all([startServer(environment), startServer(environment)]);
    try {
      const [first, second] = both;
      const tenant = await makeTenant(first.url);
      const seats = await operator("GET", second.url, `/tenants/${tenant.slug}/seats`);
      assert.deepEqual(seats, { limit: null, used: 0, remaining: null, waiting: 0, overBy: 0 });
      assert.equal((await call("GET", `${second.url}/scim/v2/Users`, tenant.token)).status, 200);
      // Nothing of the database is on this disk.
      assert.deepEqual(readdirSync(folder), []);
    } finally {
      const ends = await Promise.all(both.map((server) => server.end("SIGTERM")));
      assert.deepEqual(
        ends.map(({ status }) => status),
        [0, 0],
      );
    }
    rmSync(folder, { recursive: true });
  });
});
