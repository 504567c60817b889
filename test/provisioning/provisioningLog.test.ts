/** The provisioning log, from the request of a directory to what the admin of a customer reads. */
import assert from "node:assert/strict";
import { readProvisioningLog, type LogQuery } from "../../src/directory/provisioningLog/provisioningLog.ts";
import type { StoredLine } from "../../src/directory/provisioningLog/provisioningLog.store.ts";
import { newCredential } from "../../src/directory/tenants/credential.ts";
import { newId } from "../../src/base/ids.ts";
import {
  PATCH_OP,
  request,
  scimClient,
  testProvisioningLog,
  user,
  type ScimClient,
  type ScimClientOptions,
} from "../support/scim.ts";

/** What the log of a tenant holds, the earliest first. */
async function linesOf({ db, who }: ScimClient, query: LogQuery = {}): Promise<StoredLine[]> {
  await (await testProvisioningLog()).flush();
  const { items, total } = await readProvisioningLog(db, who, query, 200, null);
  assert.equal(total, items.length);
  return items.toReversed();
}

/** What is in the log without its being flushed: what was written with the writes. */
async function writtenOf({ db, who }: ScimClient): Promise<StoredLine[]> {
  return (await readProvisioningLog(db, who, {}, 200, null)).items.toReversed();
}

function brief({ method, path, status }: StoredLine): string {
  return `${method} ${path} ${status}`;
}

const group = (displayName: string, ...ids: string[]): object => ({
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
  displayName,
  members: ids.map((value) => ({ value })),
});

describe("the provisioning log", () => {
  const client = (options?: ScimClientOptions) => scimClient(options);

  it("has the line of each successful write as soon as it is answered, with what it changed", async () => {
    const here = await client();
    const id = await here.create(user("ana@example.com"));
    await here.put(`/Users/${id}`, user("ana@example.com", { title: "Lead" }));
    await here.operate(id, { op: "replace", path: "active", value: false });
    const made = await here.post("/Groups", group("Crew", id));
    await here.patch(`/Groups/${made.id}`, {
      schemas: [PATCH_OP],
      Operations: [{ op: "remove", path: `members[value eq "${id}"]` }],
    });
    await here.delete(`/Groups/${made.id}`);
    await here.delete(`/Users/${id}`);
    const lines = await writtenOf(here);
    assert.deepEqual(lines.map(brief), [
      "POST /Users 201",
      `PUT /Users/${id} 200`,
      `PATCH /Users/${id} 200`,
      "POST /Groups 201",
      `PATCH /Groups/${made.id} 204`,
      `DELETE /Groups/${made.id} 204`,
      `DELETE /Users/${id} 204`,
    ]);
    assert.deepEqual(
      lines.map(({ changes }) => changes.map(({ type }) => type)),
      [
        ["member.created"],
        ["member.updated"],
        ["member.suspended"],
        ["group.created"],
        ["group.members_changed"],
        ["group.deleted"],
        ["member.deleted"],
      ],
    );
    assert.deepEqual(lines[1]?.changes[0]?.attributes, ["title"]);
    assert.deepEqual(
      lines.map(({ resourceId }) => resourceId),
      [id, id, id, made.id, made.id, made.id, id],
    );
    for (const { tokenName, durationMs, times } of lines) {
      assert.deepEqual([tokenName, times], ["test", 1]);
      assert.ok(durationMs > 0 && durationMs < 60_000);
    }
    // Nothing of them is written again.
    assert.deepEqual((await linesOf(here)).map(brief), lines.map(brief));
  });

  it("has reads, refusals and what changed nothing once it is flushed", async () => {
    const here = await client();
    const id = await here.create(user("ana"));
    await here.get(`/Users/${id}`);
    await here.operate(id, { op: "replace", path: "active", value: true });
    await here.post("/Users", user("ANA"));
    await here.get("/Nothing");
    assert.deepEqual((await writtenOf(here)).map(brief), ["POST /Users 201"]);
    const lines = await linesOf(here);
    assert.deepEqual(lines.map(brief), [
      "POST /Users 201",
      `GET /Users/${id} 200`,
      `PATCH /Users/${id} 200`,
      "POST /Users 409",
      "GET /Nothing 404",
    ]);
    assert.deepEqual(lines[2]?.changes, []);
    assert.equal(lines[3]?.scimType, "uniqueness");
    assert.match(lines[3]?.detail ?? "", /userName is taken/);
  });

  it("says of a path that cannot be decoded what is wrong with it, and of an empty id that nothing is there", async () => {
    const here = await client();
    assert.equal((await here.get("/%zz")).status, 400);
    assert.equal((await here.get("/Users//")).status, 404);
    const lines = await linesOf(here);
    assert.deepEqual(
      lines.map(({ status }) => status),
      [400, 404],
    );
    assert.match(lines[0]?.detail ?? "", /percent-encoding/);
  });

  it("tells why a person did not arrive, by user name, address, external id and id", async () => {
    const here = await client({ seatLimit: 0, settings: { seats: { whenFull: { scim: "refuse" } } } });
    await here.find('userName eq "Ana@Example.com"');
    await here.post("/Users", {
      ...user("Ana@Example.com", { externalId: "E-17", emails: [{ value: "Ana.Berg@Example.com" }] }),
    });
    for (const asked of ["ana@example.com", "ANA.BERG@example.com", "E-17"]) {
      const lines = await linesOf(here, { user: asked });
      const last = lines.at(-1);
      assert.equal(last && brief(last), "POST /Users 403", asked);
      assert.match(last?.detail ?? "", /^User seat limit reached: 0 of 0 seats used/);
    }
    const [lookUp] = await linesOf(here, { user: "ana@example.com" });
    assert.deepEqual([lookUp?.query, lookUp?.found], ['filter=userName eq "…"', 0]);
    assert.deepEqual(await linesOf(here, { user: "e-17" }), [], "the case of an external id counts");
    assert.deepEqual(await linesOf(here, { user: "nobody" }), []);
  });

  it("finds all lines of a member by whatever they are called now", async () => {
    const here = await client();
    const id = await here.create(user("ana", { emails: [{ value: "ana@example.com", primary: true }] }));
    await here.get(`/Users/${id}`);
    await here.operate(id, { op: "replace", path: "userName", value: "ana.berg" });
    const other = await here.create(user("bo"));
    for (const asked of ["ana.berg", "ANA@example.com", id, id.toUpperCase()]) {
      assert.equal((await linesOf(here, { user: asked })).length, 3, asked);
    }
    assert.equal((await linesOf(here, { user: other })).length, 1);
  });

  it("names what was tolerated, and which members were passed over", async () => {
    const here = await client();
    const id = await here.create(user("ana"));
    const stranger = newId(new Date());
    await here.operate(id, { op: "Replace", path: "active", value: "False" });
    const { id: crew } = await here.post("/Groups", group("Crew"));
    await here.patch(`/Groups/${crew}`, {
      schemas: [PATCH_OP],
      Operations: [{ op: "add", path: "members", value: [{ value: stranger }, { value: id }] }],
    });
    const lines = await linesOf(here);
    assert.deepEqual(lines[1]?.tolerated, ["operationCase", "stringBoolean"]);
    assert.deepEqual(lines[3]?.tolerated, ["unknownMember"]);
    assert.equal(lines[3]?.detail, `Passed over: members: no User ${stranger}`);
    assert.equal(lines[3]?.changes.length, 1, "what was written with the write stays");
  });

  it("keeps no value of a filter, a body, a path or a refusal, and no token", async () => {
    const here = await client({ dialect: "rfc" });
    const secret = "S3cret-Name";
    await here.find(`name.familyName eq "${secret}" and meta.created gt "2026-01-01T00:00:00Z"`);
    await here.find(`userName eq ${secret}`);
    await here.find(`title eq "x" or ${secret}@example.com pr`);
    await here.find(`active eq "${secret}"`);
    await here.get(`/Users/${secret}`);
    await here.get(`/${secret}/x`);
    await here.get(`/Users?attributes=${secret}%0a&cursor=${secret}`);
    await here.post("/Users", user("x", { title: { [secret]: secret }, password: secret }));
    await here.post("/Users", `{"${secret}`);
    const { id } = await here.post("/Users", user("y", { password: "correct horse battery" }));
    await here.operate(id, { op: "replace", path: `emails[value eq "${secret}"].value`, value: secret });
    const lines = await linesOf(here);
    assert.equal(lines.length, 11);
    // The keys that the log is searched by are columns of their own: the asked-for id is one.
    const shown = lines.map((each) => ({ ...each, externalId: null, userNameKey: null, emailKey: null }));
    const text = JSON.stringify(shown);
    assert.ok(!text.includes(secret), text);
    assert.ok(!text.includes("correct horse"), text);
    assert.ok(!text.includes(here.token.slice(-43)), text);
    assert.equal(lines[0]?.query, 'filter=name.familyName eq "…" and meta.created gt "2026-01-01T00:00:00Z"');
  });

  it("holds text that PostgreSQL could not store, in path, query and header", async () => {
    const here = await client();
    await here.get("/Users/%00", { "user-agent": "a".repeat(500) });
    await here.get("/Users?filter=%00&attributes=%00");
    await here.get("/Users/%ff");
    const lines = await linesOf(here);
    assert.deepEqual(lines.map(brief), ["GET /Users/… 404", "GET /Users 400", "GET /Users/… 400"]);
    assert.equal(lines[0]?.userAgent, "a".repeat(200));
  });

  it("counts refused credentials of a tenant, and keeps none of a tenant that is not there", async () => {
    const here = await client();
    const [{ token: wrong }, { token: strange }] = [
      newCredential("usc", here.who.tenantId),
      newCredential("usc", newId(new Date())),
    ];
    const ask = (token: string) => request("GET", "/Users", { headers: { authorization: `Bearer ${token}` } });
    for (let i = 0; i < 14; i++) assert.equal((await ask(wrong)).status, 401);
    assert.equal((await ask(strange)).status, 401);
    const lines = await linesOf(here, { status: [401, 401] });
    assert.equal(lines.length, 10);
    assert.deepEqual(new Set(lines.map(brief)), new Set(["GET /Users 401"]));
    assert.equal(lines[0]?.tokenId, null);
    assert.ok(!JSON.stringify(lines).includes(wrong.slice(-43)));
  });

  it("names the token that has expired", async () => {
    const here = await client();
    const { id, token } = await here.newToken({ name: "Okta", expiresAt: new Date(Date.now() + 60_000) });
    const ask = () => request("GET", "/Users?count=0", { headers: { authorization: `Bearer ${token}` } });
    assert.equal((await ask()).status, 200);
    await here.db.pool.query("update scim_tokens set expires_at = $1 where id = $2", [new Date(0), id]);
    const { forgetScimTokens } = await import("../../src/directory/directories/scimTokenCache.ts");
    forgetScimTokens(here.db, ({ tokenId }) => tokenId === id);
    assert.equal((await ask()).status, 401);
    const [, line] = await linesOf(here, { tokenId: id });
    assert.deepEqual([line?.status, line?.tokenName], [401, "Okta"]);
  });

  it("has a line for each operation of a Bulk request, and one for the whole", async () => {
    const here = await client();
    const post = (bulkId: string, userName: string): object => {
      return { method: "POST", path: "/Users", bulkId, data: user(userName, { active: "True" }) };
    };
    const { status } = await here.post("/Bulk", {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
      Operations: [post("a", "ana"), post("b", "ANA"), { method: "DELETE", path: "/Users/ana@example.com" }],
    });
    assert.equal(status, 200);
    assert.deepEqual((await writtenOf(here)).map(brief), ["POST /Users 201"]);
    const lines = await linesOf(here);
    assert.deepEqual(lines.map(brief), ["POST /Bulk 200", "POST /Users 201", "POST /Users 409", "DELETE /Users/… 404"]);
    assert.deepEqual(
      lines.map(({ tolerated }) => tolerated),
      [[], ["stringBoolean"], ["stringBoolean"], []],
    );
    assert.deepEqual((await linesOf(here, { user: "Ana" })).map(brief), ["POST /Users 201", "POST /Users 409"]);
  });

  it("is a tenant's own", async () => {
    const [here, there] = [await client(), await client()];
    const id = await here.create(user("ana"));
    await there.get(`/Users/${id}`);
    assert.deepEqual((await linesOf(there)).map(brief), [`GET /Users/${id} 404`]);
    assert.deepEqual((await linesOf(here, { user: id })).map(brief), ["POST /Users 201"]);
  });
});
