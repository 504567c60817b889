/**
 * The SCIM surface, given requests that are nearly right and some that are nothing: never a fault, never without an answer,
 * and never a change by what is refused. Bounded and seeded.
 */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { ENTERPRISE, patchOp, scimClient, testServer, USER, user, type ScimClient } from "../support/scim.ts";
import { mutated } from "../support/mutation.ts";
import { group } from "./groupClient.ts";
import { exchange } from "../http/rawRequest.ts";

/** No request takes so long unless it hangs. */
const PATIENCE_MS = 15_000;

const text = fc.string({ unit: "binary", maxLength: 12 });
const query = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        "filter",
        "attributes",
        "excludedAttributes",
        "startIndex",
        "count",
        "sortBy",
        "sortOrder",
        "cursor",
      ),
      fc.oneof(
        text,
        fc.constantFrom("-1", "0", "1", "1e9", "userName", "members", "name.x.y", "descending", "urn:a:b"),
        fc.constantFrom('userName eq "ana"', 'emails[type eq "work"', "not (", "password pr", 'meta.created gt "x"'),
      ),
    ),
    { maxLength: 3 },
  )
  .map((pairs) => pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&"));

/** A header's value may hold what Node.js sends: visible Latin-1, spaces and tabs. */
const headerText = fc
  .string({ unit: "binary", maxLength: 20 })
  .map((value) => value.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, "*").trim());
const headers = fc.dictionary(
  fc.constantFrom(
    "if-match",
    "if-none-match",
    "prefer",
    "accept",
    "accept-language",
    "content-type",
    "content-encoding",
  ),
  fc.oneof(
    headerText,
    fc.constantFrom(
      'W/"1"',
      "*",
      '"',
      'W/"1", ,W/',
      "return=minimal",
      "respond-async",
      "application/scim+json;charset=x",
      "gzip",
    ),
  ),
  { maxKeys: 2, noNullPrototype: true },
);

/** All of a tenant that a request could change, in one hash. */
async function stateOf({ db, who }: ScimClient): Promise<unknown> {
  const tables = ["members", "groups", "memberships", "tenant_seats", "events"];
  const parts = tables.map(
    (name) => `select '${name}' || to_jsonb(t)::text as row from ${name} t where tenant_id = $1`,
  );
  const { rows } = await db.pool.query<{ state: string }>(
    `select md5(string_agg(row, ';' order by row)) as state from (${parts.join(" union all ")}) as all_rows`,
    [who.tenantId],
  );
  return rows[0]?.state;
}

async function world() {
  const client = await scimClient();
  const emails = [{ value: "ana@example.com", type: "work", primary: true }];
  const id = await client.create(user("ana@example.com", { emails, [ENTERPRISE]: { department: "HR" } }));
  const { id: groupId } = await client.post("/Groups", group("Team", [id]));
  const person = user("ana@example.com", { emails, name: { givenName: "Ana" }, active: true });
  const patches = [
    patchOp({ op: "replace", path: 'emails[type eq "work"].value', value: "ana@example.org" }),
    patchOp({ op: "add", value: { title: "Nurse", [`${ENTERPRISE}:manager`]: { value: id } } }),
    patchOp(
      { op: "remove", path: "members", value: [{ value: id }] },
      { op: "add", path: "members", value: [{ value: id }] },
    ),
  ];
  const search = { schemas: ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], filter: "userName pr", count: 2 };
  const operation = { method: "POST", path: "/Users", bulkId: "a", data: user("bulk@example.com") };
  const change = { method: "PATCH", path: `/Users/${id}`, data: patches[0] };
  const bulk = {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
    failOnErrors: 1,
    Operations: [operation, change],
  };
  const at = (...paths: string[]) => fc.constantFrom(...paths);
  const places = at(
    "/Users",
    `/Users/${id}`,
    "/Groups",
    `/Groups/${groupId}`,
    "/Schemas",
    `/Schemas/${USER}`,
    "/",
    "/Me",
  );
  const message = mutated(person, group("Other", [id]), ...patches, search, bulk);
  const aimed = fc.oneof(
    fc.tuple(fc.constant("PUT"), at(`/Users/${id}`), mutated(person)),
    fc.tuple(fc.constant("PUT"), at(`/Groups/${groupId}`), mutated(group("Team", [id]))),
    fc.tuple(fc.constant("PATCH"), at(`/Users/${id}`, `/Groups/${groupId}`), mutated(...patches)),
    fc.tuple(fc.constant("POST"), at("/Users"), mutated(person)),
    fc.tuple(fc.constant("POST"), at("/Groups"), mutated(group("Other", [id]))),
    fc.tuple(fc.constant("POST"), at("/.search", "/Users/.search", "/Groups/.search"), mutated(search)),
    fc.tuple(fc.constant("POST"), at("/Bulk"), mutated(bulk)),
    fc.tuple(fc.constantFrom("GET", "HEAD", "OPTIONS"), places, fc.constant(undefined)),
    fc.tuple(fc.constantFrom("POST", "PUT", "PATCH"), places, message),
  );
  return { client, aimed };
}

describe("fuzzing the SCIM surface", () => {
  it("is answered in good time by a SCIM message, never by a fault, and a refusal changes nothing", async () => {
    const { client, aimed } = await world();
    let before = await stateOf(client);
    const tally: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(aimed, query, headers, async ([method, path, body], search, given) => {
        const sending = { headers: given, ...(body !== undefined && { body }) };
        // The client holds every answer against what the RFCs demand of all.
        const { status } = await inTime(client.send(method, search === "" ? path : `${path}?${search}`, sending));
        assert.ok(status < 500 || status === 501, `${method} ${path} answered ${status}`);
        const after = await stateOf(client);
        if (status >= 400)
          assert.deepEqual(after, before, `${method} ${path} was refused (${status}) and changed something`);
        before = after;
        tally[Math.floor(status / 100)] = (tally[Math.floor(status / 100)] ?? 0) + 1;
      }),
      { numRuns: 300, seed: 7644 },
    );
    // Else it would not have come past the first check of all.
    assert.ok((tally["2"] ?? 0) > 20 && (tally["4"] ?? 0) > 50, JSON.stringify(tally));
  });

  it("of bytes that are no request of HTTP is answered as HTTP, and the next request as ever", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    let before = await stateOf(client);
    const body = JSON.stringify(user("eve@example.com"));
    const head = `POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${client.token}\r\nContent-Type: application/scim+json\r\n`;
    const whole = `${head}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
    const end = whole.indexOf("Content-Length");
    const spoilt = fc
      .tuple(fc.nat(end - 1), fc.string({ unit: "binary", minLength: 1, maxLength: 6 }))
      .map(([at, put]) => Buffer.from(whole.slice(0, at) + put + whole.slice(at + put.length), "latin1"));
    const server = await testServer();
    await fc.assert(
      fc.asyncProperty(spoilt, async (bytes) => {
        const answer = await inTime(exchange(server, bytes));
        const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
        assert.ok(status < 500 || [501, 505].includes(status), answer);
        const after = await stateOf(client);
        if (status >= 400 || status === 0) assert.deepEqual(after, before, answer);
        before = after;
      }),
      { numRuns: 60, seed: 9112 },
    );
    assert.equal((await client.get(`/Users/${id}`)).status, 200);
  });
});

async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer")), PATIENCE_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
