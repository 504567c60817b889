/** What RFC 7643 and RFC 7644 ask of every answer and resource, where no other file's subject has it. */
import assert from "node:assert/strict";
import supertest from "supertest";
import { revokeScimToken } from "../../src/directory/directories/scimTokens.ts";
import { createLogger } from "../../src/http/logger.ts";
import { scimSurface } from "../../src/provisioning/index.ts";
import { ownSchemas, readSchemaFiles } from "../../src/provisioning/schemaFiles.ts";
import { createRegistry } from "../../src/scim/registry.ts";
import type { ScimObject } from "../../src/scim/types.ts";
import type { Database } from "../../src/storage/types.ts";
import { ways } from "../support/api.ts";
import {
  at,
  BASE_URL,
  ERROR,
  patchOp,
  request,
  scimClient,
  testProvisioningLog,
  testServer,
  textOf,
  user,
  type Answer,
  type ScimClient,
} from "../support/scim.ts";
import { group } from "./groupClient.ts";

const MEDIA_TYPE = "application/scim+json";
const NOBODY = "0190a1b2-0000-7000-8000-000000000001";

describe("messages on the wire", () => {
  it("RFC 7644 §3.1: text of every script comes back byte for byte, in UTF-8", async () => {
    const client = await scimClient();
    const displayName = "Ñandú Þórr 李雷 אבג عمر 💺 é \u202e";
    const id = await client.create(user("ana@example.com", { displayName }));
    const answer = await supertest(await testServer())
      .get(`/scim/v2/Users/${id}`)
      .set("authorization", `Bearer ${client.token}`)
      .buffer(true)
      .parse((res, done) => {
        const parts: Buffer[] = [];
        res.on("data", (part: Buffer) => parts.push(part));
        res.on("end", () => done(null, Buffer.concat(parts)));
      });
    const bytes = answer.body as Buffer;
    assert.ok(bytes.includes(Buffer.from(JSON.stringify(displayName), "utf8")));
    assert.equal(Number(answer.headers["content-length"]), bytes.length);
  });

  it("RFC 7644 §3.12: a fault is a SCIM message of status 500 that tells nothing of its cause", async () => {
    const { db, token } = await scimClient();
    const { status, type, body } = await deleteOver({ ...db, tenantRole: "no_such_role" }, token);
    assert.deepEqual([status, type, body["schemas"], body["status"]], [500, MEDIA_TYPE, [ERROR], "500"]);
    assert.ok(!/role|members|Error/.test(textOf(body["detail"])));
  });

  it("RFC 7644 §3.12: a database that is away is a SCIM message of status 503, and says when to come back", async () => {
    const { db, token } = await scimClient();
    const pool = new Proxy(db.pool, {
      get: () => {
        throw new Error("no route to 192.0.2.1");
      },
    });
    const { status, type, body, headers } = await deleteOver({ ...db, pool }, token);
    assert.deepEqual([status, type, body["schemas"], body["status"]], [503, MEDIA_TYPE, [ERROR], "503"]);
    assert.match(String(headers["retry-after"]), /^\d+$/);
    assert.ok(!textOf(body["detail"]).includes("192"));
  });

  it("RFC 7644 §3.12: no answer sends a client elsewhere", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    for (const path of [
      "/Users/",
      `/Users/${id}/`,
      "/users",
      "//Users",
      "/Users?",
      `/Users/${id.toUpperCase()}`,
      "/Me",
    ]) {
      const { status } = await client.get(path);
      assert.ok(status < 300 || status >= 400, `${path} ${status}`);
    }
  });

  it("RFC 7644 §3.12: each scimType that a request can bring about has its status", async () => {
    const client = await scimClient({ dialect: "rfc" });
    const id = await client.create(user("ana@example.com"));
    const other = await client.create(user("eve@example.com"));
    const change = (...operations: object[]) => client.operate(id, ...operations);
    const answers: Record<string, Answer> = {
      invalidFilter: await client.find("userName"),
      uniqueness: await client.put(`/Users/${other}`, user("ana@example.com")),
      mutability: await change({ op: "replace", path: "id", value: "1" }),
      invalidSyntax: await change({ op: "move", path: "title" }),
      invalidPath: await change({ op: "add", path: "title[", value: "x" }),
      noTarget: await change({ op: "remove" }),
      invalidValue: await change({ op: "replace", path: "title", value: 7 }),
      invalidVers: await request("GET", "/scim/v9/Users"),
      sensitive: await client.find('password eq "x"'),
    };
    // The client holds each against the statuses of RFC 7644 §3.12.
    for (const [scimType, { body }] of Object.entries(answers)) assert.equal(body["scimType"], scimType);
  });

  const forms = ["/Me", "/Me/", "/me", "/Me?attributes=userName"];
  it("RFC 7644 §3.11: /Me is 501, by every method and in every form", async () => {
    const client = await scimClient();
    const before = await client.snapshot();
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
      for (const form of forms) {
        const body = method === "GET" || method === "DELETE" ? {} : { body: user("eve@example.com") };
        assert.equal((await client.send(method, form, body)).status, 501, `${method} ${form}`);
      }
    }
    assert.deepEqual(await client.snapshot(), before);
  });
});

describe("resources (RFC 7643 §3)", () => {
  it("RFC 7643 §3.1: an id outlives every change, and nobody ever has it again", async () => {
    const client = await scimClient();
    const first = await client.create(user("ana@example.com"));
    assert.equal((await client.put(`/Users/${first}`, user("anna@example.com", { id: NOBODY }))).id, first);
    assert.equal((await client.operate(first, { op: "add", path: "title", value: "Nurse" })).id, first);
    await client.delete(`/Users/${first}`);
    const again = await client.create(user("ana@example.com", { id: first }));
    const ids = [first, again, (await client.post("/Groups", group("A", [], { id: first }))).id];
    assert.equal(new Set(ids).size, 3);
    assert.ok(ids.every((id) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)));
    assert.equal((await client.get(`/Users/${first}`)).status, 404);
  });

  it("RFC 7643 §3.1: meta.version is the ETag of every answer that shows a resource", async () => {
    const client = await scimClient();
    const ana = await client.create(user("ana@example.com"));
    const group1 = await client.post("/Groups", group("A", [ana]));
    const answers = [
      group1,
      await client.get(`/Users/${ana}`),
      await client.put(`/Users/${ana}`, user("ana@example.com", { title: "Nurse" })),
      await client.operate(ana, { op: "replace", path: "title", value: "Chief" }),
      await client.get(`/Groups/${group1.id}`),
      await client.put(`/Groups/${group1.id}`, group("B", [])),
    ];
    for (const { headers, body } of answers) {
      assert.match(headers["etag"] ?? "", /^W\/"/);
      assert.equal(at(body, "/meta/version"), headers["etag"]);
    }
  });

  it("RFC 7643 §2.3.8: no sub-attribute of a listed schema is complex", async () => {
    const client = await scimClient();
    const { body } = await client.get("/Schemas");
    type Shown = { name: string; type: string; subAttributes?: Shown[] };
    for (const { id, attributes } of body["Resources"] as unknown as { id: string; attributes: Shown[] }[]) {
      for (const { name, type, subAttributes } of attributes) {
        assert.equal(type === "complex", subAttributes !== undefined, `${id}:${name}`);
        for (const sub of subAttributes ?? []) assert.notEqual(sub.type, "complex", `${id}:${name}.${sub.name}`);
      }
    }
  });

  it("RFC 7643 §2.4: values keep the spelling in which they came and are found in any", async () => {
    const client = await scimClient();
    const emails = [{ value: "Ana.Ruiz@EXAMPLE.com", type: "Work", primary: true }];
    const phoneNumbers = [{ value: "+1 (555) 0100", type: "mobile" }];
    const created = await client.post("/Users", user("ana@example.com", { emails, phoneNumbers }));
    assert.deepEqual([created.body["emails"], created.body["phoneNumbers"]], [emails, phoneNumbers]);
    const { body } = await client.find('emails[type eq "WORK" and value eq "ana.ruiz@example.com"]');
    assert.equal(at(body, "/Resources/0/id"), created.id);
  });

  it("RFC 7643 §4.1.2: a country is kept as it was sent, code or name", async () => {
    const client = await scimClient();
    for (const country of ["ES", "Spain", "Côte d’Ivoire"]) {
      const addresses = [{ type: "work", country }];
      const { status, body } = await client.post("/Users", user(`${country}@example.com`, { addresses }));
      assert.deepEqual([status, body["addresses"]], [201, addresses]);
    }
  });

  it("RFC 7644 §7.8: a userName is one in every form of Unicode, and shown as it was written", async () => {
    const client = await scimClient();
    const composed = "JOSÉ@example.com".normalize("NFC");
    const { id, body } = await client.post("/Users", user(composed));
    assert.equal(body["userName"], composed);
    const spellings = [composed.normalize("NFD"), "josé@example.com", "ｊosé@EXAMPLE.com"];
    for (const spelling of spellings) {
      assert.equal((await client.post("/Users", user(spelling))).status, 409, spelling);
      assert.equal(at((await client.find(`userName eq ${JSON.stringify(spelling)}`)).body, "/Resources/0/id"), id);
    }
  });
});

describe("replacing (RFC 7644 §3.5.1)", () => {
  it("RFC 7644 §3.5.1: a PUT is answered by the whole resource, which is what GET then answers", async () => {
    const client = await scimClient();
    const ana = await client.create(user("ana@example.com"));
    const { id } = await client.post("/Groups", group("A"));
    for (const [path, body] of [
      [`/Users/${ana}`, user("ana@example.com", { title: "Nurse", emails: [{ value: "a@example.com" }] })],
      [`/Groups/${id}`, group("B", [ana])],
    ] as const) {
      const before = (await client.get(path)).headers["etag"];
      const put = await client.put(path, body);
      const read = await client.get(path);
      assert.deepEqual([put.status, put.body], [200, read.body]);
      assert.deepEqual([put.headers["etag"], put.headers["etag"] === before], [read.headers["etag"], false]);
    }
  });
});

describe("lists and Bulk", () => {
  it("RFC 9865 §2.4: a list by index has no member but those of RFC 7644 §3.4.2", async () => {
    const client = await scimClient();
    for (const name of ["a", "b", "c"]) await client.create(user(`${name}@example.com`));
    for (const query of ["", "?count=2", "?startIndex=2", "?startIndex=9", "?count=0", "?sortBy=userName&count=1"]) {
      const { body } = await client.get(`/Users${query}`);
      const members = ["Resources", "itemsPerPage", "schemas", "startIndex", "totalResults"];
      assert.deepEqual(Object.keys(body).sort(), members, query);
    }
  });

  it("RFC 9865 §5: a cursor is worth nothing without the token, and after it", async () => {
    const client = await scimClient();
    for (const name of ["a", "b"]) await client.create(user(`${name}@example.com`));
    const { id, token } = await client.newToken();
    const authorization = `Bearer ${token}`;
    const { body } = await client.get("/Users?cursor&count=1", { authorization });
    const next = `/Users?count=1&cursor=${textOf(body["nextCursor"])}`;
    assert.equal((await client.get(next, { authorization })).status, 200);
    assert.equal((await client.get(next, { authorization: null })).status, 401);
    await revokeScimToken(client.db, client.who, id);
    assert.equal((await client.get(next, { authorization })).status, 401);
  });

  it("RFC 7644 §3.7.3: the result of an operation that failed is a SCIM error, and a failed POST has no location", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    const Operations = [
      { method: "POST", path: "/Users", bulkId: "a", data: user("ANA@example.com") },
      { method: "PATCH", path: `/Users/${id}`, data: patchOp({ op: "replace", path: "id", value: "x" }) },
      { method: "DELETE", path: `/Users/${NOBODY}` },
    ];
    const message = { schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], Operations };
    const { status, body } = await client.post("/Bulk", message);
    const results = body["Operations"] as ScimObject[];
    assert.deepEqual([status, results.map((result) => result["status"])], [200, ["409", "400", "404"]]);
    for (const result of results) {
      assert.deepEqual([at(result, "/response/schemas"), at(result, "/response/status")], [[ERROR], result["status"]]);
      assert.notEqual(textOf(at(result, "/response/detail")), "");
    }
    assert.deepEqual(
      results.map(({ location }) => location),
      [undefined, `${BASE_URL}/Users/${id}`, `${BASE_URL}/Users/${NOBODY}`],
    );
  });
});

describe("what /ServiceProviderConfig says, against what is done (RFC 7643 §5)", () => {
  const config = async (): Promise<ScimObject> => (await request("GET", "/ServiceProviderConfig")).body;

  it("RFC 7643 §5: filter.maxResults and the page sizes are those of a list", async () => {
    const client = await scimClient();
    const body = await config();
    const most = Number(at(body, "/filter/maxResults"));
    const { defaultPageSize, maxPageSize } = body["pagination"] as Record<string, number>;
    assert.equal(most, maxPageSize);
    assert.ok(defaultPageSize !== undefined && defaultPageSize <= most);
    await client.db.pool.query(
      `insert into members (tenant_id, id, scim, user_name_key, name_key, entrance, joined_at, granted, entitled, roles,
          administers, seat, needs_seat, reasons, created_at, updated_at)
        select $1, uuid_v7($2), jsonb_build_object('userName', 'p' || i), 'p' || i, 'p' || i, 'scim', $2, '{}', '{viewer}',
          '{viewer}', false, 'none', false, '[{"code":"nothingGranted","role":"viewer"},{"code":"noRoleNeedsSeat"}]', $2, $2
        from generate_series(1, $3) as i`,
      [client.who.tenantId, client.who.now, most + 1],
    );
    const sizes: Record<string, number> = {
      "": defaultPageSize,
      [`?count=${most + 1}`]: most,
      "?filter=id%20pr": defaultPageSize,
    };
    for (const [query, size] of Object.entries(sizes)) {
      const list = await client.get(`/Users${query}`);
      assert.deepEqual([list.body["totalResults"], list.body["itemsPerPage"]], [most + 1, size], query);
    }
  });

  it("RFC 7643 §5: patch, filter, etag and changePassword do what they claim", async () => {
    const client = await scimClient();
    const body = await config();
    const claimed = (name: string) => at(body, `/${name}/supported`);
    assert.deepEqual(["patch", "filter", "etag", "changePassword"].map(claimed), Array(4).fill(true));
    const { id, headers } = await client.post("/Users", user("ana@example.com", { password: "first-Secret-1" }));
    assert.equal((await client.find('userName eq "ana@example.com"')).body["totalResults"], 1);
    const hash = (await passwords(client))[0];
    const stale = { "if-match": 'W/"77"' };
    const operation = { op: "replace", path: "password", value: "second-Secret-2" };
    assert.equal((await client.patch(`/Users/${id}`, patchOp(operation), stale)).status, 412);
    assert.equal((await client.get(`/Users/${id}`, { "if-none-match": headers["etag"] ?? "" })).status, 304);
    assert.equal((await client.operate(id, operation)).status, 200);
    assert.notEqual((await passwords(client))[0], hash);
  });

  it("RFC 7643 §5: sort, pagination and bulk do what they claim", async () => {
    const client = await scimClient();
    const body = await config();
    assert.deepEqual([at(body, "/sort/supported"), at(body, "/bulk/supported")], [true, true]);
    const { cursor, index, defaultPaginationMethod } = body["pagination"] as ScimObject;
    assert.deepEqual([cursor, index, defaultPaginationMethod], [true, true, "index"]);
    const { maxOperations, maxPayloadSize } = body["bulk"] as Record<string, number>;
    assert.ok(Number(maxOperations) > 0 && Number(maxPayloadSize) > 0);
    const Operations = ["b", "a", "c"].map((name) => ({
      method: "POST",
      path: "/Users",
      bulkId: name,
      data: user(`${name}@example.com`),
    }));
    const made = await client.post("/Bulk", {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
      Operations,
    });
    assert.deepEqual(
      [made.status, (made.body["Operations"] as { status: string }[]).map(({ status }) => status)],
      [200, ["201", "201", "201"]],
    );
    const names = (answer: Answer) =>
      (answer.body["Resources"] as ScimObject[]).map(({ userName }) => textOf(userName)[0]);
    assert.deepEqual(names(await client.get("/Users?sortBy=userName&sortOrder=descending")), ["c", "b", "a"]);
    assert.deepEqual(names(await client.get("/Users?startIndex=2&count=1&sortBy=userName")), ["b"]);
    const first = await client.get("/Users?cursor&count=2&sortBy=userName");
    const second = await client.get(`/Users?cursor=${textOf(first.body["nextCursor"])}&count=2&sortBy=userName`);
    assert.deepEqual([names(first), names(second)], [["a", "b"], ["c"]]);
  });

  it("RFC 7643 §5: the authentication scheme that is named is the one that is taken", async () => {
    const client = await scimClient();
    const schemes = (await config())["authenticationSchemes"] as ScimObject[];
    assert.deepEqual(
      schemes.map(({ type, primary }) => [type, primary]),
      [["oauthbearertoken", true]],
    );
    for (const { name, description, specUri } of schemes) {
      for (const text of [name, description, specUri]) assert.ok(typeof text === "string" && text !== "");
    }
    const challenge = (await request("GET", "/Users")).headers["www-authenticate"];
    assert.match(challenge ?? "", /^Bearer /);
    const basic = `Basic ${Buffer.from(`scim:${client.token}`).toString("base64")}`;
    assert.equal((await client.get("/Users", { authorization: basic })).status, 401);
    assert.equal((await client.get("/Users")).status, 200);
  });

  it("RFC 7643 §5: it has the members that are defined, and claims nothing beyond them", async () => {
    const required = ["patch", "bulk", "filter", "changePassword", "sort", "etag", "authenticationSchemes"];
    const names = Object.keys(await config()).filter((name) => name !== "documentationUri");
    // Neither securityEvents (RFC 9967) nor conformance to the interoperability profile draft.
    assert.deepEqual(names.sort(), [...required, "meta", "pagination", "schemas"].sort());
  });

  it("RFC 7643 §5: it is the same for every tenant, and says nothing of one", async () => {
    const tenants = [await scimClient(), await scimClient({ dialect: "interop", seatLimit: 1 })];
    for (const client of tenants) {
      const answer = await client.get("/ServiceProviderConfig");
      assert.deepEqual(answer.body, await config());
      assert.ok(!JSON.stringify(answer.body).includes(client.who.tenantId));
      assert.equal(at(answer.body, "/meta/location"), `${BASE_URL}/ServiceProviderConfig`);
    }
  });
});

/** DELETE of a User over a surface whose database is this one. */
async function deleteOver(db: Database, token: string) {
  const { schemas, resourceTypes } = readSchemaFiles(ownSchemas);
  const registry = createRegistry(schemas, resourceTypes);
  const parts = { ...ways, db, registry, provisioningLog: await testProvisioningLog() };
  const surface = scimSurface({ ...parts, publicUrl: "http://localhost", log: createLogger("silent") });
  const answer = await supertest(surface).delete(`/scim/v2/Users/${NOBODY}`).set("authorization", `Bearer ${token}`);
  return { status: answer.status, type: answer.type, headers: answer.headers, body: answer.body as ScimObject };
}

async function passwords({ db, who }: ScimClient): Promise<unknown[]> {
  const { rows } = await db.pool.query<{ hash: unknown }>(
    "select password_hash as hash from members where tenant_id = $1 order by id",
    [who.tenantId],
  );
  return rows.map(({ hash }) => hash);
}
