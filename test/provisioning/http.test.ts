/** The SCIM surface as HTTP: media types, credentials, and errors on every path (RFC 7644 §2, §3.1, §3.12, §8.1). */
import assert from "node:assert/strict";
import { request as httpRequest, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import supertest from "supertest";
import { createScimToken, revokeScimToken } from "../../src/directory/directories/scimTokens.ts";
import { createLogger } from "../../src/http/logger.ts";
import { requestLog } from "../../src/http/requestLog.ts";
import { scimSurface } from "../../src/provisioning/index.ts";
import { ownSchemas, readSchemaFiles } from "../../src/provisioning/schemaFiles.ts";
import { createRegistry } from "../../src/scim/registry.ts";
import { logLines } from "../http/logLines.ts";
import { ways } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import {
  at,
  BASE_URL,
  request,
  scimClient,
  testServer,
  textOf,
  USER,
  user,
  testProvisioningLog,
} from "../support/scim.ts";

const utf8 = ["", ";charset=utf-8", "; charset=UTF-8", '; charset="utf-8"'];

describe("media types (RFC 7644 §3.1)", () => {
  const types = ["application/scim+json", "application/json", "text/json", "Application/SCIM+JSON"];
  for (const type of types.flatMap((each) => utf8.map((charset) => each + charset))) {
    it(`a body of ${type} is read`, async () => {
      const client = await scimClient();
      const { status } = await client.post("/Users", user("ana@example.com"), { "content-type": type });
      assert.equal(status, 201);
    });
  }

  for (const type of [
    "text/plain",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/scim+json; charset=iso-8859-1",
    "application/json-patch+json",
    "json",
  ]) {
    it(`a body of ${type} is refused with 415`, async () => {
      const client = await scimClient();
      const before = await client.snapshot();
      const { status, headers } = await client.post("/Users", user("ana@example.com"), { "content-type": type });
      assert.equal(status, 415);
      assert.match(headers["accept"] ?? "", /application\/scim\+json/);
      assert.deepEqual(await client.snapshot(), before);
    });
  }

  for (const accept of [null, "*/*", "application/scim+json", "application/json", "text/html", "application/*;q=0.1"]) {
    it(`Accept: ${accept ?? "(none)"} is answered with application/scim+json`, async () => {
      const client = await scimClient();
      assert.equal((await client.get("/Users", { accept })).status, 200);
    });
  }

  it("a compressed body is refused with 415", async () => {
    const client = await scimClient();
    const { status } = await client.post("/Users", user("ana@example.com"), { "content-encoding": "gzip" });
    assert.equal(status, 415);
  });
});

describe("credentials (RFC 7644 §2, RFC 6750 §3)", () => {
  it("without any, the answer is 401 and names the scheme alone", async () => {
    const { status, headers } = await request("GET", "/Users");
    assert.deepEqual([status, headers["www-authenticate"]], [401, 'Bearer realm="usher"']);
  });

  for (const authorization of [
    "Bearer",
    "Bearer ",
    "Basic dXNlcjpwYXNz",
    "non-token",
    "Bearer a b",
    "Bearer ünknown",
  ]) {
    it(`Authorization: ${authorization} is 401`, async () => {
      const { status } = await request("GET", "/Users", { headers: { authorization: encodeLatin(authorization) } });
      assert.equal(status, 401);
    });
  }

  it("every kind of wrong token gets the same words", async () => {
    const client = await scimClient();
    const past = new Date(Date.now() - 7_200_000);
    const expiring = {
      name: "old",
      dialect: "tolerant",
      directoryId: null,
      expiresAt: new Date(Date.now() - 60_000),
    } as const;
    const expired = await createScimToken(client.db, { ...client.who, now: past }, expiring);
    const revoked = await client.newToken();
    await revokeScimToken(client.db, client.who, revoked.id);
    const prefix = client.token.slice(0, -43);
    const wrong = [
      expired.token,
      revoked.token,
      `${prefix}${"A".repeat(43)}`,
      `usc_${"0".repeat(32)}_${client.token.slice(-43)}`,
      `${client.token}x`,
      client.token.replace("usc_", "usk_"),
      client.token.toUpperCase(),
      "k".repeat(32),
      "usc__",
      "a".repeat(5000),
    ];
    const answers = await Promise.all(
      wrong.map((token) => request("GET", "/Users", { headers: { authorization: `Bearer ${token}` } })),
    );
    for (const { status, headers, body } of answers) {
      assert.equal(status, 401);
      assert.equal(headers["www-authenticate"], 'Bearer realm="usher", error="invalid_token"');
      assert.deepEqual(body, answers[0]?.body);
    }
  });

  it("a token that is revoked after use ends at once", async () => {
    const client = await scimClient();
    const { id, token } = await client.newToken();
    const headers = { authorization: `Bearer ${token}` };
    assert.equal((await request("GET", "/Users", { headers })).status, 200);
    await revokeScimToken(client.db, client.who, id);
    assert.equal((await request("GET", "/Users", { headers })).status, 401);
    assert.equal((await client.get("/Users")).status, 200);
  });

  it("they are asked for before path, method and body are looked at", async () => {
    const headers = { authorization: null };
    for (const [method, path] of [
      ["GET", "/Nowhere"],
      ["PATCH", "/Users"],
      ["POST", "/Users"],
      ["GET", "/Schemas"],
    ] as const) {
      assert.equal((await request(method, path, { headers, ...(method === "POST" && { body: "{" }) })).status, 401);
    }
  });

  it("a token in the query (RFC 6750 §2.3) is none", async () => {
    const { token } = await scimClient();
    assert.equal((await request("GET", `/Users?access_token=${token}`)).status, 401);
  });

  it("the answer is not kept by caches", async () => {
    const client = await scimClient();
    assert.equal((await client.get("/Users")).headers["cache-control"], "no-store");
    assert.equal((await request("GET", "/Users")).headers["cache-control"], "no-store");
  });
});

describe("errors (RFC 7644 §3.12)", () => {
  for (const path of ["/Nowhere", "/Users/a/b", "/Users//x", "/scim/v2/Users/../Nowhere"]) {
    it(`404 on ${path} is a SCIM error`, async () => {
      const client = await scimClient();
      assert.equal((await client.get(path)).status, 404);
    });
  }

  it("400 beside the version, with invalidVers (§3.13)", async () => {
    const { status, body } = await request("GET", "/scim/v1/Users");
    assert.deepEqual([status, body["scimType"]], [400, "invalidVers"]);
    assert.equal((await request("GET", "/scim/Users")).body["scimType"], "invalidVers");
  });

  const allowed = {
    "/Users": "GET, POST",
    "/Users/0190a1b2-0000-7000-8000-000000000001": "GET, PUT, PATCH, DELETE",
    "/ServiceProviderConfig": "GET",
    "/ResourceTypes": "GET",
    "/ResourceTypes/User": "GET",
    "/Schemas": "GET",
    [`/Schemas/${USER}`]: "GET",
  };
  for (const [path, allow] of Object.entries(allowed)) {
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"].filter((each) => !allow.includes(each))) {
      it(`405 on ${method} ${path} names ${allow}`, async () => {
        const client = await scimClient();
        const { status, headers } = await client.send(method, path, method === "OPTIONS" ? {} : { body: {} });
        assert.deepEqual([status, headers["allow"]], [405, allow]);
      });
    }
  }

  for (const [what, body] of Object.entries({
    "half a document": '{"schemas":["urn',
    "a trailing comma": '{"userName":"a",}',
    "two documents": '{"userName":"a"}{}',
    "no JSON at all": "userName=a",
    "single quotes": "{'userName': 'a'}",
    "a list": "[]",
    "a text": '"user"',
    null: "null",
    "only spaces": "  ",
    "70 levels": `${"[".repeat(70)}${"]".repeat(70)}`,
    "a __proto__": '{"userName":"a","__proto__":{"admin":true}}',
  })) {
    it(`${what} as a body is 400 invalidSyntax in POST, PUT and PATCH`, async () => {
      const client = await scimClient();
      const id = await client.create(user("ana@example.com"));
      const before = await client.snapshot();
      for (const [method, path] of [
        ["POST", "/Users"],
        ["PUT", `/Users/${id}`],
        ["PATCH", `/Users/${id}`],
      ] as const) {
        const answer = await client.send(method, path, { body });
        assert.deepEqual([answer.status, answer.body["scimType"]], [400, "invalidSyntax"], method);
      }
      assert.deepEqual(await client.snapshot(), before);
    });
  }

  it("an empty body is 400 invalidSyntax", async () => {
    const client = await scimClient();
    const { status, body } = await client.send("POST", "/Users", { headers: { "content-length": "0" } });
    assert.deepEqual([status, body["scimType"]], [400, "invalidSyntax"]);
  });

  for (const path of ["/Users/%ZZ", "/Users/%E0%A4%A", "/Schemas/%C3%28"]) {
    it(`the malformed percent-encoding ${path} is 400`, async () => {
      const client = await scimClient();
      assert.equal((await client.get(path)).status, 400);
    });
  }

  it("413 for 2 MB, with a length and in chunks, and nothing is stored", async () => {
    const client = await scimClient();
    const before = await client.snapshot();
    const large = JSON.stringify(user("ana@example.com", { title: "x".repeat(2_000_000) }));
    const { status, body } = await client.post("/Users", large);
    assert.equal(status, 413);
    assert.match(textOf(body["detail"]), /1500000 bytes/);
    const answer = await sendInChunks("/scim/v2/Users", client.token, large);
    assert.deepEqual([answer.status, answer.type, at(answer.body, "/status")], [413, "application/scim+json", "413"]);
    assert.deepEqual(await client.snapshot(), before);
  });

  it("429 with Retry-After once a token has used up its rate, and other tokens go on", async () => {
    const client = await scimClient();
    const { schemas, resourceTypes } = readSchemaFiles(ownSchemas);
    const registry = createRegistry(schemas, resourceTypes);
    const parts = { db: client.db, registry, provisioningLog: await testProvisioningLog() };
    const options = { ...ways, ...parts, publicUrl: "http://localhost", log: createLogger("silent") };
    const app = scimSurface({ ...options, rate: { requests: 2, seconds: 60 } });
    const ask = (token: string) => supertest(app).get("/scim/v2/Users").set("authorization", `Bearer ${token}`);
    assert.deepEqual([(await ask(client.token)).status, (await ask(client.token)).status], [200, 200]);
    const refused = await ask(client.token);
    assert.deepEqual([refused.status, refused.type], [429, "application/scim+json"]);
    assert.match(String(refused.headers["retry-after"]), /^\d+$/);
    assert.equal((refused.body as { status: unknown }).status, "429");
    assert.equal((await ask((await client.newToken()).token)).status, 200);
  });

  it("401 whose line in the server's log has nothing of an address that a stranger wrote", async () => {
    const { schemas, resourceTypes } = readSchemaFiles(ownSchemas);
    const registry = createRegistry(schemas, resourceTypes);
    const { log, lines } = logLines();
    const parts = { ...ways, db: await testDatabase(), registry, provisioningLog: await testProvisioningLog(), log };
    const surface = scimSurface({ ...parts, publicUrl: "http://localhost" });
    const note = requestLog(log, () => undefined);
    const app: RequestListener = (req, res) => note(req, res, () => surface(req, res));
    const ask = (path: string) => supertest(app).get(path).set("authorization", "Bearer x");
    assert.equal((await ask("/scim/tenants/john.doe/directories/berg/v2/Users/1")).status, 401);
    assert.equal((await ask("/scim/v2/ServiceProviderConfig")).status, 200);
    assert.deepEqual(
      lines.flatMap(({ route }) => route ?? []),
      ["/scim/tenants/…", "/scim/v2/ServiceProviderConfig"],
    );
  });

  it("501 for what is not offered: /Me (§3.11)", async () => {
    const client = await scimClient();
    for (const [method, path] of [
      ["GET", "/Me"],
      ["PATCH", "/Me"],
    ] as const) {
      const { status } = await client.send(method, path, method === "GET" ? {} : { body: {} });
      assert.equal(status, 501, path);
    }
  });

  it("the detail of an error never holds the token", async () => {
    const client = await scimClient();
    const { body } = await client.get(`/Users/${client.token}`, { authorization: `Bearer ${client.token}x` });
    assert.ok(!JSON.stringify(body).includes(client.token));
  });
});

describe("URLs (RFC 7644 §3.1, §3.3)", () => {
  it("Location, Content-Location and meta.location are one", async () => {
    const client = await scimClient();
    const created = await client.post("/Users", user("ana@example.com"));
    const location = `${BASE_URL}/Users/${created.id}`;
    assert.equal(created.headers["location"], location);
    const path = `/Users/${created.id}`;
    const answers = [
      created,
      await client.get(path),
      await client.put(path, user("ana@example.com", { title: "A" })),
      await client.operate(created.id, { op: "add", path: "title", value: "B" }),
    ];
    for (const { headers, body } of answers) {
      assert.deepEqual([headers["content-location"], at(body, "/meta/location")], [location, location]);
    }
  });

  it("unknown query parameters are ignored (§3.2)", async () => {
    const client = await scimClient();
    assert.equal((await client.get("/Users?aadOptscim062020&x=1&__proto__=1")).status, 200);
  });

  it("an id in upper case is the same id, and its answer names the one form", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    assert.equal((await client.get(`/Users/${id.toUpperCase()}`)).body["id"], id);
  });
});

/** Header values go out as Latin-1 bytes; Node.js refuses others. */
function encodeLatin(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

async function sendInChunks(
  path: string,
  token: string,
  text: string,
): Promise<{ status: number; type: string; body: Record<string, string> }> {
  const { port } = (await testServer()).address() as AddressInfo;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/scim+json" };
  return new Promise((resolve, reject) => {
    const call = httpRequest({ host: "127.0.0.1", port, path, method: "POST", headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("end", () => {
        const body = JSON.parse(Buffer.concat(parts).toString()) as Record<string, string>;
        resolve({ status: answer.statusCode ?? 0, type: answer.headers["content-type"] ?? "", body });
      });
    });
    call.on("error", reject);
    for (let from = 0; from < text.length; from += 100_000) call.write(text.slice(from, from + 100_000));
    call.end();
  });
}
