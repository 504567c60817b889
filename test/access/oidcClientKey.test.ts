/** `private_key_jwt` (OpenID Connect Core §9): a key of the connection's own in place of a client secret. */
import assert from "node:assert/strict";
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from "jose";
import { testDatabase } from "../support/database.ts";
import { CLIENT, hostileOp, type HostileOp } from "../support/hostileOp.ts";
import { api, Browser, place, server } from "./place.ts";

type Json = Record<string, unknown>;

const providers: HostileOp[] = [];

async function connected(oidc: object) {
  const op = await hostileOp();
  providers.push(op);
  const tenant = await place();
  const list = `/tenants/${tenant.slug}/connections`;
  const body = { protocol: "oidc", name: "Company", oidc: { issuer: op.issuer, clientId: CLIENT.id, ...oidc } };
  const made = await api("POST", list, body);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { id, oidc: shown } = made.body as { id: string; oidc: Json };
  const path = `${list}/${id}`;
  assert.equal((await api("PATCH", path, { status: "enabled", force: true })).status, 200);
  return { op, id, path, shown };
}

async function signIn(id: string, op: HostileOp): Promise<number> {
  const browser = new Browser();
  const { pathname, search } = await op.visit((await browser.get(`/sso/start?connection=${id}`)).location);
  return (await browser.get(pathname + search)).status;
}

async function published(shown: Json): Promise<JSONWebKeySet> {
  const answer = await fetch(String(shown["jwksUri"]));
  assert.equal(answer.headers.get("content-type")?.split(";")[0], "application/jwk-set+json");
  return (await answer.json()) as JSONWebKeySet;
}

/** The claims of the assertion that the token endpoint got, if a published key has signed it. */
async function assertion(op: HostileOp, keys: JSONWebKeySet): Promise<Json> {
  const { form, authorization } = op.token;
  assert.equal(authorization, undefined);
  assert.equal(form["client_secret"], undefined);
  assert.equal(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  const { payload } = await jwtVerify(String(form["client_assertion"]), createLocalJWKSet(keys), {
    audience: op.issuer,
  });
  return payload;
}

describe("a connection with a key of its own", () => {
  after(() => {
    for (const { close } of providers.splice(0)) close();
  });

  it("signs in with an assertion of the key that it publishes, which holds nothing private", async () => {
    const { op, id, shown } = await connected({ clientAuthentication: "private_key_jwt" });
    assert.deepEqual([shown["clientAuthentication"], shown["hasClientSecret"]], ["private_key_jwt", false]);
    const keys = await published(shown);
    assert.deepEqual(Object.keys(keys.keys[0] ?? {}).toSorted(), ["alg", "e", "kid", "kty", "n", "use"]);
    assert.equal(await signIn(id, op), 303);
    const { iss, sub, jti, exp } = await assertion(op, keys);
    assert.deepEqual([iss, sub, typeof jti, typeof exp], [CLIENT.id, CLIENT.id, "string", "number"]);
  });

  it("gets another key each time that it is asked for, and keeps it through other changes", async () => {
    const { op, id, path, shown } = await connected({ clientAuthentication: "private_key_jwt" });
    const before = await published(shown);
    assert.equal((await api("PATCH", path, { oidc: { scopes: ["email"] } })).status, 200);
    assert.deepEqual(await published(shown), before);
    assert.equal((await api("PATCH", path, { oidc: { clientAuthentication: "private_key_jwt" } })).status, 200);
    const after = await published(shown);
    assert.notDeepEqual(after, before);
    assert.equal(await signIn(id, op), 303);
    await assert.rejects(assertion(op, before));
    await assertion(op, after);
  });

  it("keeps the private key sealed, and never sends it as a secret", async () => {
    const { op, id, path, shown } = await connected({ clientAuthentication: "private_key_jwt" });
    const { pool } = await testDatabase();
    const { rows } = await pool.query("select to_jsonb(c)::text as row, secret from connections c where id = $1", [id]);
    const { row, secret } = rows[0] as { row: string; secret: Buffer };
    assert.ok(!row.includes("PRIVATE KEY") && !secret.includes("PRIVATE KEY"));
    assert.equal((await api("PATCH", path, { oidc: { clientAuthentication: "client_secret" } })).status, 200);
    assert.equal(await signIn(id, op), 303);
    assert.deepEqual([op.token.form["client_secret"], op.token.authorization], [undefined, undefined]);
    assert.equal((await fetch(String(shown["jwksUri"]))).status, 404);
  });

  it("takes no client secret beside it", async () => {
    const { path } = await connected({ clientAuthentication: "private_key_jwt" });
    const both = { clientAuthentication: "private_key_jwt", clientSecret: "a secret" };
    assert.equal((await api("PATCH", path, { oidc: both })).status, 400);
    assert.equal((await api("PATCH", path, { oidc: { clientSecret: "a secret" } })).status, 400);
  });

  it("is the only one that publishes keys", async () => {
    const { shown } = await connected({ clientSecret: CLIENT.secret });
    assert.equal((await fetch(String(shown["jwksUri"]))).status, 404);
    assert.equal((await fetch(`${await server()}/sso/oidc/unknown/jwks`)).status, 404);
  });
});
