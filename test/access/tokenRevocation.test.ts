/** Global token revocation, as Okta's Universal Logout calls it, through the whole server. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as client from "openid-client";
import { applicationLogout, tellApplications } from "../../src/access/provider/backchannel.ts";
import { newId } from "../../src/base/ids.ts";
import { hashToken } from "../../src/base/secrets.ts";
import { insertStep, stepByHash } from "../../src/directory/signIn/secondFactorStep.store.ts";
import { onceInTenant } from "../../src/storage/scope.ts";
import { until, work } from "../events/working.ts";
import { ways } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { CLIENT, hostileOp, type HostileOp, sign, signer, unsigned } from "../support/hostileOp.ts";
import { api, Browser, counts, place, server } from "./place.ts";
import { follow, relyingParty } from "./provider/relyingParty.ts";

type Place = Awaited<ReturnType<typeof place>>;
type Json = Record<string, unknown>;

const TYPE = "global-token-revocation+jwt";
const providers: HostileOp[] = [];

/** The provider: whom it signs in stands in `person`. */
async function provider(person: Json): Promise<HostileOp> {
  const op = await hostileOp({ claims: (claims) => ({ ...claims, ...person }) });
  providers.push(op);
  return op;
}

async function connected(tenant: Place, op: HostileOp): Promise<string> {
  const path = `/tenants/${tenant.slug}/connections`;
  const oidc = { issuer: op.issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret };
  const { body } = await api("POST", path, { protocol: "oidc", name: "Company", oidc });
  const { id } = body as { id: string };
  assert.equal((await api("PATCH", `${path}/${id}`, { status: "enabled", force: true })).status, 200);
  return id;
}

async function signedIn(id: string, op: HostileOp): Promise<Browser> {
  const browser = new Browser();
  const { pathname, search } = await op.visit((await browser.get(`/sso/start?connection=${id}`)).location);
  const done = await browser.get(pathname + search);
  assert.equal(done.status, 303, done.text);
  return browser;
}

async function addressOf(id: string): Promise<string> {
  return `${await server()}/sso/connections/${id}/global-token-revocation`;
}

/** A token as Okta makes it: good from five minutes ago for five more. */
async function oktaToken(id: string, op: HostileOp, more: Json = {}, header: Json = { typ: TYPE }): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const times = { iat: now, nbf: now - 300, exp: now + 300 };
  const claims = { iss: op.issuer, sub: CLIENT.id, aud: await addressOf(id), jti: newId(new Date()), ...times };
  return sign({ ...claims, ...more }, op.signer, header);
}

async function send(id: string, token: string | null, body: unknown, type = "application/json") {
  const headers = { "content-type": type, ...(token !== null && { authorization: `Bearer ${token}` }) };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = await fetch(await addressOf(id), { method: "POST", headers, body: text });
  const shown = await answer.text();
  assert.equal(answer.headers.get("cache-control"), "no-store");
  return { status: answer.status, error: shown === "" ? undefined : (JSON.parse(shown) as Json)["error"], answer };
}

async function secretOf(tenant: Place, id: string): Promise<{ token: string; id: string; endpoint: string }> {
  const { status, body } = await api("POST", `/tenants/${tenant.slug}/connections/${id}/revocation-credentials`, {});
  assert.equal(status, 201);
  return body;
}

async function toldTo(tenant: Place): Promise<Json[]> {
  const db = await testDatabase();
  const text = "select data from events where tenant_id = $1 and type = 'member.tokens_revoked' order by id";
  const [rows] = await onceInTenant<[{ text: string; values: string[]; row?: { data: Json } }]>(
    db,
    { tenantId: tenant.id },
    { text, values: [tenant.id] },
  );
  return rows.map(({ data }) => data);
}

/** Ana, signed in twice, and Bo, once. */
async function two() {
  const tenant = await place();
  const person: Json = { sub: "subject-1", email: `ana@${tenant.domain}`, email_verified: true };
  const op = await provider(person);
  const id = await connected(tenant, op);
  const first = await signedIn(id, op);
  const second = await signedIn(id, op);
  Object.assign(person, { sub: "subject-2", email: `bo@${tenant.domain}` });
  const other = await signedIn(id, op);
  const alive = async (): Promise<number[]> =>
    Promise.all([first, second, other].map(async (browser) => (await browser.session()).status));
  return { tenant, op, id, first, alive };
}

describe("global token revocation (draft-parecki-oauth-global-token-revocation)", () => {
  after(() => {
    for (const { close } of providers.splice(0)) close();
  });

  it("ends all sessions of whom iss_sub names, and nobody else's, by a token of the connection's own provider: 204", async () => {
    const { tenant, op, id, alive } = await two();
    const body = { sub_id: { format: "iss_sub", iss: op.issuer, sub: "subject-1" } };
    const { status, error } = await send(id, await oktaToken(id, op), body);
    assert.deepEqual([status, error], [204, undefined]);
    assert.deepEqual(await alive(), [401, 401, 200]);
    assert.deepEqual(await toldTo(tenant), [{ connectionId: id, sessions: 2 }]);
  });

  it("ends all sessions of whom an address names, however it is written, by a token that was made for it", async () => {
    const { tenant, id, alive } = await two();
    const { token, endpoint } = await secretOf(tenant, id);
    assert.equal(endpoint, await addressOf(id));
    const body = { sub_id: { format: "email", email: `ANA@${tenant.domain.toUpperCase()}` } };
    assert.equal((await send(id, token, body)).status, 204);
    assert.deepEqual(await alive(), [401, 401, 200]);
    const { body: listed } = await api("GET", `/tenants/${tenant.slug}/connections/${id}/revocation-credentials`);
    assert.ok((listed as { items: { lastUsedAt: string | null }[] }).items[0]?.lastUsedAt);
  });

  it("ends all sessions of whom our own id names (opaque)", async () => {
    const { tenant, id, first, alive } = await two();
    const { token } = await secretOf(tenant, id);
    const { member } = (await first.session()).body as { member: { id: string } };
    assert.equal((await send(id, token, { sub_id: { format: "opaque", id: member.id } })).status, 204);
    assert.deepEqual(await alive(), [401, 401, 200]);
  });

  it("ends the sessions that a password opened as well", async () => {
    const { tenant, id, first } = await two();
    const { member } = (await first.session()).body as { member: { id: string } };
    const path = `/tenants/${tenant.slug}/members/${member.id}`;
    assert.equal((await api("PATCH", path, { password: "a long password of the tests" })).status, 200);
    const browser = new Browser();
    const signIn = { email: `ana@${tenant.domain}`, password: "a long password of the tests", tenant: tenant.slug };
    const headers = { "content-type": "application/json" };
    await browser.send("POST", "/api/v1/session", JSON.stringify(signIn), headers);
    assert.equal((await browser.session()).status, 200);
    const { token } = await secretOf(tenant, id);
    assert.equal((await send(id, token, { sub_id: { format: "opaque", id: member.id } })).status, 204);
    assert.equal((await browser.session()).status, 401);
  });

  it("ends what a right password began and a second factor was to end", async () => {
    const { tenant, id, first } = await two();
    const { member } = (await first.session()).body as { member: { id: string } };
    const now = new Date();
    const step = { id: newId(now), memberId: member.id, mustChangePassword: false, passwordMark: Buffer.alloc(32) };
    const hash = hashToken(step.id);
    const db = await testDatabase();
    const who = { tenantId: tenant.id };
    await onceInTenant(db, who, insertStep(tenant.id, { ...step, hash }, now, new Date(now.getTime() + 600_000)));
    const waiting = async (): Promise<number> =>
      (await onceInTenant(db, who, stepByHash(tenant.id, hash, now)))[0].length;
    assert.equal(await waiting(), 1);
    const { token } = await secretOf(tenant, id);
    assert.equal((await send(id, token, { sub_id: { format: "opaque", id: member.id } })).status, 204);
    assert.equal(await waiting(), 0);
  });

  it("lets no sign-in end that was under way", async () => {
    const { tenant, op, id } = await two();
    const browser = new Browser();
    const started = await op.visit((await browser.get(`/sso/start?connection=${id}`)).location);
    const answered = await browser.get(started.pathname + started.search);
    // Where the callback opens the session itself, the sign-in is over by now; else its last step is still to come.
    const { token } = await secretOf(tenant, id);
    assert.equal((await send(id, token, { sub_id: { format: "email", email: `bo@${tenant.domain}` } })).status, 204);
    await browser.get(answered.location);
    assert.equal((await browser.session()).status, 401);
  });

  it("answers 204 for whom it knows and who is not signed in, and 404 for whom it does not know", async () => {
    const { tenant, op, id } = await two();
    const { token } = await secretOf(tenant, id);
    const known = { sub_id: { format: "email", email: `ana@${tenant.domain}` } };
    assert.deepEqual([(await send(id, token, known)).status, (await send(id, token, known)).status], [204, 204]);
    const unknown: Json[] = [
      { format: "email", email: `nobody@${tenant.domain}` },
      { format: "iss_sub", iss: op.issuer, sub: "nobody" },
      { format: "iss_sub", iss: "https://other.example", sub: "subject-1" },
      { format: "opaque", id: newId(new Date()) },
      { format: "opaque", id: "00u1dnq5S0CfjlkpABCD" },
    ];
    for (const subject of unknown) {
      const { status, error } = await send(id, token, { sub_id: subject });
      assert.deepEqual([status, error], [404, "subject_not_found"], JSON.stringify(subject));
    }
  });

  it("reaches nobody whom the connection does not know: not by address, not by id, not in another tenant", async () => {
    const [mine, theirs] = [await two(), await two()];
    const local = { email: `local@${mine.tenant.domain}`, name: { givenName: "Lo", familyName: "Cal" } };
    const { body } = await api("POST", `/tenants/${mine.tenant.slug}/members`, local);
    const { token } = await secretOf(mine.tenant, mine.id);
    const { member } = (await theirs.first.session()).body as { member: { id: string } };
    const subjects: Json[] = [
      { format: "email", email: local.email },
      { format: "opaque", id: (body as { id: string }).id },
      { format: "opaque", id: member.id },
      { format: "email", email: `ana@${theirs.tenant.domain}` },
    ];
    for (const subject of subjects) assert.equal((await send(mine.id, token, { sub_id: subject })).status, 404);
    assert.deepEqual(await theirs.alive(), [200, 200, 200]);
  });

  it("reaches who is of the connection's directory and has never signed in by it", async () => {
    const { tenant, id } = await two();
    const path = `/tenants/${tenant.slug}`;
    const { items } = (await api("GET", `${path}/directories`)).body as { items: { id: string }[] };
    const pushed = (await api("POST", `${path}/scim-tokens`, { name: "push" })).body as { token: string };
    const email = `dan@${tenant.domain}`;
    const made = await fetch(`${await server()}/scim/v2/Users`, {
      method: "POST",
      headers: { authorization: `Bearer ${pushed.token}`, "content-type": "application/scim+json" },
      body: JSON.stringify({
        schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
        userName: email,
        emails: [{ value: email, primary: true }],
      }),
    });
    assert.equal(made.status, 201);
    const { token } = await secretOf(tenant, id);
    const request = { sub_id: { format: "email", email } };
    assert.equal((await send(id, token, request)).status, 404);
    assert.equal((await api("PATCH", `${path}/connections/${id}`, { directoryId: items[0]?.id })).status, 200);
    assert.equal((await send(id, token, request)).status, 204);
  });

  const malformed: readonly (readonly [what: string, body: unknown, type?: string])[] = [
    ["no JSON", "{"],
    ["a list", []],
    ["no sub_id", {}],
    ["a sub_id of no format", { sub_id: { email: "ana@example.com" } }],
    ["another format", { sub_id: { format: "phone_number", phone_number: "+12065550100" } }],
    ["iss_sub without sub", { sub_id: { format: "iss_sub", iss: "https://a.example" } }],
    ["a sub that is no text", { sub_id: { format: "iss_sub", iss: "https://a.example", sub: 1 } }],
    ["an address that is no text", { sub_id: { format: "email", email: ["ana@example.com"] } }],
    ["an empty id", { sub_id: { format: "opaque", id: "" } }],
    ["an id with a NUL", { sub_id: { format: "opaque", id: "a\0b" } }],
    ["an id of a megabyte", { sub_id: { format: "opaque", id: "a".repeat(1_000_000) } }],
    ["a form", "sub_id=ana", "application/x-www-form-urlencoded"],
  ];
  it("answers 400 to what is no request: nothing is ended", async () => {
    const { tenant, id, alive } = await two();
    const { token } = await secretOf(tenant, id);
    for (const [what, body, type] of malformed) {
      const { status, error } = await send(id, token, body, type);
      assert.deepEqual([status, error], [400, "invalid_request"], what);
    }
    assert.deepEqual(await alive(), [200, 200, 200]);
  });

  const forged: readonly (readonly [what: string, token: (id: string, op: HostileOp) => Promise<string> | string])[] = [
    [
      "of another key",
      async (id, op) => oktaToken(id, Object.assign({ ...op }, { signer: await signer("RS256", "usual") })),
    ],
    ["of an unknown key", (id, op) => oktaToken(id, { ...op, signer: { ...op.signer, kid: "strange" } })],
    ["without a signature", (id, op) => unsigned({ iss: op.issuer, aud: id }, "none", "AAAA")],
    ["for another address", (id, op) => oktaToken(id, op, { aud: "https://usher.example" })],
    ["of another issuer", (id, op) => oktaToken(id, op, { iss: "https://other.example" })],
    ["that has expired", (id, op) => oktaToken(id, op, { exp: Math.floor(Date.now() / 1000) - 120 })],
    ["that is not valid yet", (id, op) => oktaToken(id, op, { nbf: Math.floor(Date.now() / 1000) + 120 })],
    ["an hour old", (id, op) => oktaToken(id, op, { iat: Math.floor(Date.now() / 1000) - 3600 })],
    ["without a name of its own", (id, op) => oktaToken(id, op, { jti: undefined })],
    ["of another type, as an ID token", (id, op) => oktaToken(id, op, {}, {})],
    ["of another type, as a logout token", (id, op) => oktaToken(id, op, {}, { typ: "logout+jwt" })],
    ["that is none", () => "A".repeat(43)],
  ];
  it("answers 401 to a token that does not hold, the same whatever is wrong: nothing is ended", async () => {
    const { op, id, alive } = await two();
    const body = { sub_id: { format: "iss_sub", iss: op.issuer, sub: "subject-1" } };
    for (const [what, tokenOf] of forged) {
      const { status, error, answer } = await send(id, await tokenOf(id, op), body);
      assert.deepEqual([status, error], [401, "invalid_token"], what);
      assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer .*invalid_token/);
    }
    assert.equal((await send(id, null, body)).status, 401);
    assert.deepEqual(await alive(), [200, 200, 200]);
  });

  it("hears a signed token once", async () => {
    const { op, id } = await two();
    const token = await oktaToken(id, op);
    const body = { sub_id: { format: "iss_sub", iss: op.issuer, sub: "subject-1" } };
    assert.deepEqual([(await send(id, token, body)).status, (await send(id, token, body)).status], [204, 401]);
    const both = await oktaToken(id, op);
    const sent = await Promise.all([send(id, both, body), send(id, both, body)]);
    assert.deepEqual(
      sent.map(({ status }) => status).toSorted((a, b) => a - b),
      [204, 401],
    );
  });

  it("does not take the secret or the issuer of another connection, nor one that was deleted, nor for no connection", async () => {
    const [mine, theirs] = [await two(), await two()];
    const secret = await secretOf(theirs.tenant, theirs.id);
    const body = { sub_id: { format: "email", email: `ana@${mine.tenant.domain}` } };
    assert.equal((await send(mine.id, secret.token, body)).status, 401);
    assert.equal((await send(mine.id, await oktaToken(mine.id, theirs.op), body)).status, 401);
    assert.equal((await send(newId(new Date()), secret.token, body)).status, 401);
    assert.equal((await send("x", secret.token, body)).status, 401);
    const path = `/tenants/${theirs.tenant.slug}/connections/${theirs.id}/revocation-credentials/${secret.id}`;
    assert.equal((await api("DELETE", path)).status, 204);
    assert.equal((await send(theirs.id, secret.token, body)).status, 401);
    assert.deepEqual(await mine.alive(), [200, 200, 200]);
  });

  it("takes the tokens of an issuer that a SAML connection names, and of no other", async () => {
    const tenant = await place();
    const op = await provider({});
    const path = `/tenants/${tenant.slug}/connections`;
    const { body } = await api("POST", path, { protocol: "saml", name: "Okta" });
    const { id } = body as { id: string };
    const request = { sub_id: { format: "email", email: `nobody@${tenant.domain}` } };
    assert.equal((await send(id, await oktaToken(id, op), request)).status, 401);
    const added = await api("POST", `${path}/${id}/revocation-credentials`, { name: "Okta", issuer: op.issuer });
    assert.equal(added.status, 201);
    assert.equal((added.body as Json)["token"], null);
    const lastUse = async (): Promise<unknown> => {
      const listed = await api("GET", `${path}/${id}/revocation-credentials`);
      return (listed.body as { items: Json[] }).items[0]?.["lastUsedAt"];
    };
    assert.equal((await send(id, await oktaToken(id, op, { aud: "https://usher.example" }), request)).status, 401);
    assert.equal(await lastUse(), null, "what was not proven used nothing");
    assert.equal((await send(id, await oktaToken(id, op), request)).status, 404, "known, and nobody of that name");
    assert.ok(await lastUse());
    assert.equal((await counts(tenant)).sessions, 0);
  });

  it("is asked by POST alone, and is told 401 where the issuer's keys cannot be had", async () => {
    const { op, id } = await two();
    assert.equal((await fetch(await addressOf(id))).status, 405);
    const fresh = await provider({});
    const tenant = await place();
    const other = await connected(tenant, fresh);
    fresh.knobs.keysAnswer = (_request, response) => void response.status(500).end();
    const body = { sub_id: { format: "iss_sub", iss: op.issuer, sub: "x" } };
    assert.equal((await send(other, await oktaToken(other, fresh), body)).status, 401);
  });
});

describe("what an application was given for somebody who came by a connection (rule 29)", () => {
  const got: string[] = [];
  const http = createServer((req, res) => {
    got.push(req.url ?? "");
    req.resume();
    res.writeHead(200).end();
  });
  let stop: () => Promise<void>;
  let receiver: string;
  before(async () => {
    await once(http.listen(0, "127.0.0.1"), "listening");
    receiver = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const db = await testDatabase();
    const followers = { [`revoked-${process.pid}`]: tellApplications(db) };
    const { worker } = await work(applicationLogout({ db, publicUrl: await server(), ...ways }), { followers });
    stop = () => worker.stop();
  });
  after(async () => {
    await stop();
    http.close();
    for (const { close } of providers.splice(0)) close();
  });

  let paths = 0;

  /** Ana signs in at an application through her identity provider. */
  async function withTokens() {
    const tenant = await place();
    const op = await provider({ sub: "subject-1", email: `ana@${tenant.domain}`, email_verified: true });
    const id = await connected(tenant, op);
    const path = `/revoked-${++paths}`;
    const party = await relyingParty({ backchannelLogoutUri: receiver + path });
    const browser = new Browser();
    const begun = await party.begin({ tenant: tenant.slug });
    const away = await follow(browser, begun.url.href);
    const { pathname, search } = await op.visit(away.url);
    const done = await follow(browser, pathname + search);
    const tokens = await party.redeem(begun, done.url);
    const memberId = tokens.claims()?.sub ?? "";
    await client.fetchUserInfo(party.config, tokens.access_token, memberId);
    return { tenant, op, id, path, party, tokens, memberId };
  }

  type Given = Awaited<ReturnType<typeof withTokens>>;

  const endings: Record<string, (given: Given) => Promise<unknown>> = {
    "a global token revocation": async ({ op, id }) => {
      const body = { sub_id: { format: "iss_sub", iss: op.issuer, sub: "subject-1" } };
      assert.equal((await send(id, await oktaToken(id, op), body)).status, 204);
    },
    "the end of the connection": ({ tenant, id }) => api("DELETE", `/tenants/${tenant.slug}/connections/${id}`),
    "the end of the tenant": ({ tenant }) => api("DELETE", `/tenants/${tenant.slug}`),
  };
  for (const [what, end] of Object.entries(endings)) {
    it(`T14: is dead with ${what}: refresh token and user-info at once, and the application is told`, async () => {
      const given = await withTokens();
      const { party, tokens, memberId, path } = given;
      await end(given);
      await assert.rejects(client.refreshTokenGrant(party.config, tokens.refresh_token ?? ""), {
        error: "invalid_grant",
      });
      await assert.rejects(client.fetchUserInfo(party.config, tokens.access_token, memberId), { status: 401 });
      await until(() => got.includes(path));
    });
  }
});
