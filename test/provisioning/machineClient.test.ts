/** SCIM by OAuth client credentials (RFC 6749 §4.4): a secret for a short token, at the token endpoint of applications. */
import assert from "node:assert/strict";
import { SignJWT } from "jose";
import supertest from "supertest";
import { deriveKeys } from "../../src/base/secrets.ts";
import { deleteDirectory } from "../../src/directory/directories/deleteDirectory.ts";
import { createDirectory } from "../../src/directory/directories/directories.ts";
import {
  createMachineCredential,
  listMachineCredentials,
  revokeMachineCredential,
} from "../../src/directory/directories/machineCredentials.ts";
import { machineClientId } from "../../src/directory/directories/machineToken.ts";
import { onceInTenant } from "../../src/storage/scope.ts";
import type { Who } from "../../src/storage/types.ts";
import { ways } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { request, testProvisioningLog, testServer, textOf, user } from "../support/scim.ts";
import { newTenant } from "../support/tenant.ts";

type Json = Record<string, unknown>;

const PUBLIC_URL = "https://usher.example.com";
const RESOURCE = `${PUBLIC_URL}/scim/v2`;

async function place(expiresAt: Date | null = null) {
  const db = await testDatabase();
  const { id } = await newTenant();
  const who: Who = { tenantId: id, actor: { type: "operator" }, now: new Date() };
  const wanted = { name: "Okta", directoryId: null, dialect: "tolerant", expiresAt, entra: null } as const;
  const { credential, secret } = await createMachineCredential(db, who, wanted);
  const clientId = machineClientId({ tenantId: id, credentialId: credential.id });
  return { db, who, credential, clientId, secret: secret ?? "" };
}

type Place = Awaited<ReturnType<typeof place>>;

/** Asks for a token, with the secret in the header unless `post`. */
async function ask({ clientId, secret }: Pick<Place, "clientId" | "secret">, more: Json = {}, post = false) {
  const call = supertest(await testServer())
    .post("/oidc/token")
    .type("form");
  const form = { grant_type: "client_credentials", ...more };
  if (!post) return call.auth(clientId, secret).send(form);
  return call.send({ ...form, client_id: clientId, client_secret: secret });
}

async function tokenOf(here: Place, more: Json = {}): Promise<string> {
  const { status, body } = await ask(here, more);
  assert.equal(status, 200, JSON.stringify(body));
  return (body as { access_token: string }).access_token;
}

function push(token: string, method = "GET", path = "/Users", body?: unknown) {
  const headers = { authorization: `Bearer ${token}` };
  return request(method, path, body === undefined ? { headers } : { headers, body });
}

/** A token that is keyed as ours are. */
async function forge(claims: Json, header: Json = {}, key = deriveKeys(ways.secretKeys, "scim-access-tokens")[0]) {
  assert.ok(key);
  return new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "at+jwt", ...header }).sign(key);
}

function claimsOf({ clientId }: Place, more: Json = {}): Json {
  const now = Math.floor(Date.now() / 1000);
  const known = { iss: `${PUBLIC_URL}/oidc`, aud: RESOURCE, client_id: clientId, sub: clientId, scope: "scim" };
  return { ...known, iat: now, exp: now + 300, ...more };
}

describe("OAuth client credentials of a directory", () => {
  it("give a token of five minutes for SCIM, by client_secret_basic and client_secret_post, with and without scope and resource", async () => {
    const here = await place();
    const asked: readonly (readonly [Json, boolean])[] = [
      [{}, false],
      [{ scope: "scim" }, false],
      [{ resource: RESOURCE }, true],
      [{ scope: "scim", resource: RESOURCE }, true],
    ];
    for (const [more, post] of asked) {
      const { status, body, headers } = await ask(here, more, post);
      assert.equal(status, 200, JSON.stringify(body));
      const { access_token: token, token_type: type, expires_in: seconds } = body as Json;
      assert.deepEqual([type, seconds, headers["cache-control"]], ["Bearer", 300, "no-store"]);
      assert.equal((await push(String(token))).status, 200);
    }
  });

  it("push into the directory that the client was made for; the journal and the log name the credential", async () => {
    const here = await place();
    const made = await push(await tokenOf(here), "POST", "/Users", user("ana@customer.example"));
    assert.equal(made.status, 201, textOf(made.body["detail"]));
    const [[event], [line]] = await onceInTenant<
      [
        { text: string; values: string[]; row?: { type: string; id: string } },
        { text: string; values: string[]; row?: { name: string } },
      ]
    >(
      here.db,
      here.who,
      {
        text: "select actor_type as type, actor_id as id from events where tenant_id = $1 and type = 'member.created'",
        values: [here.who.tenantId],
      },
      { text: "select token_name as name from provisioning_log where tenant_id = $1", values: [here.who.tenantId] },
    );
    assert.deepEqual(event, { type: "machine_credential", id: here.credential.id });
    assert.equal(line?.name, "Okta");
    const { items } = await listMachineCredentials(here.db, here.who, { limit: 10, place: undefined });
    assert.ok(items[0]?.lastUsedAt, "its last use is shown");
  });

  const refused: readonly (readonly [what: string, error: string, ask: (here: Place) => ReturnType<typeof ask>])[] = [
    ["another secret", "invalid_client", (here) => ask({ ...here, secret: "another-secret" })],
    ["the hash in its place", "invalid_client", (here) => ask({ ...here, secret: here.secret.slice(1) })],
    ["the id of nobody", "invalid_client", (here) => ask({ ...here, clientId: here.clientId.replace(/.$/, "g") })],
    ["another resource", "invalid_target", (here) => ask(here, { resource: "https://api.example.com" })],
    ["a grant of people", "invalid_request", (here) => ask(here, { grant_type: "refresh_token", refresh_token: "x" })],
  ];
  for (const [what, error, send] of refused) {
    it(`are refused with ${what}: ${error} (RFC 6749 §5.2)`, async () => {
      const { status, body } = await send(await place());
      assert.ok(status === 400 || status === 401, String(status));
      assert.equal((body as Json)["error"], error);
    });
  }

  it("are of one tenant: its id with another's secret gives nothing (T16)", async () => {
    const [mine, theirs] = [await place(), await place()];
    assert.equal((await ask({ clientId: mine.clientId, secret: theirs.secret })).status, 401);
    const crossed = machineClientId({ tenantId: mine.who.tenantId, credentialId: theirs.credential.id });
    assert.equal((await ask({ clientId: crossed, secret: theirs.secret })).status, 401);
    const forged = await forge(claimsOf(mine, { client_id: crossed }));
    assert.equal((await push(forged)).status, 401);
  });

  it("and their tokens end at once with the client or its directory, though they are remembered", async () => {
    const ends: readonly ((here: Place) => Promise<unknown>)[] = [
      ({ db, who, credential }) => revokeMachineCredential(db, who, credential.id),
      ({ db, who, credential }) => deleteDirectory(db, who, credential.directoryId, "keep"),
    ];
    for (const end of ends) {
      const here = await place();
      const token = await tokenOf(here);
      assert.equal((await push(token)).status, 200);
      await end(here);
      assert.equal((await push(token)).status, 401);
      assert.equal((await ask(here)).status, 401);
    }
  });

  it("end when they are said to, with every token that they had", async () => {
    const here = await place(new Date(Date.now() + 3_600_000));
    const token = await tokenOf(here);
    const text = "update machine_credentials set expires_at = now() - interval '1 second' where tenant_id = $1";
    await onceInTenant(here.db, here.who, { text, values: [here.who.tenantId] });
    assert.deepEqual([(await push(token)).status, (await ask(here)).status], [401, 401]);
  });

  const forgeries: readonly (readonly [what: string, token: (here: Place) => Promise<string>])[] = [
    ["keyed with another key", (here) => forge(claimsOf(here), {}, Buffer.alloc(32, 1))],
    ["keyed with the secret key itself", (here) => forge(claimsOf(here), {}, ways.secretKeys[0])],
    ["keyed with the client's secret", (here) => forge(claimsOf(here), {}, Buffer.from(here.secret))],
    ["without a signature", async (here) => (await forge(claimsOf(here))).replace(/[^.]+$/, "AAAA")],
    ["of another type", (here) => forge(claimsOf(here), { typ: "JWT" })],
    ["for another audience", (here) => forge(claimsOf(here, { aud: PUBLIC_URL }))],
    ["of another issuer", (here) => forge(claimsOf(here, { iss: PUBLIC_URL }))],
    ["that has expired", (here) => forge(claimsOf(here, { exp: Math.floor(Date.now() / 1000) - 1 }))],
    ["without an end", (here) => forge(claimsOf(here, { exp: undefined }))],
    ["of no client", (here) => forge(claimsOf(here, { client_id: undefined }))],
    ["of a client that is no directory's", (here) => forge(claimsOf(here, { client_id: here.who.tenantId }))],
  ];
  for (const [what, make] of forgeries) {
    it(`are not stood in for by a token ${what}: 401 in SCIM's form (T16)`, async () => {
      const here = await place();
      assert.equal((await push(await make(here))).status, 401);
    });
  }

  it("leave a line in the log of the tenant that a refused token names", async () => {
    const here = await place();
    await push(await forge(claimsOf(here, { exp: 1 })));
    await (await testProvisioningLog()).flush();
    const text = "select status from provisioning_log where tenant_id = $1";
    const [rows] = await onceInTenant(here.db, here.who, { text, values: [here.who.tenantId] });
    assert.deepEqual(rows, [{ status: 401 }]);
  });

  it("are asked for 120 tokens a minute at most, and another client is not held up by it: 429", async () => {
    const [here, other] = [await place(), await place()];
    const answers = await Promise.all(Array.from({ length: 121 }, () => ask(here)));
    const count = (wanted: number): number => answers.filter(({ status }) => status === wanted).length;
    assert.deepEqual([count(200), count(429)], [120, 1]);
    assert.equal((await ask(other)).status, 200);
  });

  it("name one directory, whichever others there are", async () => {
    const here = await place();
    const second = await createDirectory(here.db, here.who, { name: "second", provider: "okta" });
    const wanted = { name: "two", directoryId: second.id, dialect: "rfc", expiresAt: null, entra: null } as const;
    const { credential, secret } = await createMachineCredential(here.db, here.who, wanted);
    const clientId = machineClientId({ tenantId: here.who.tenantId, credentialId: credential.id });
    const token = await tokenOf({ ...here, credential, clientId, secret: secret ?? "" });
    const { id } = await push(token, "POST", "/Users", user("bo@customer.example"));
    const text = `select directory_id as "directoryId" from members where tenant_id = $1 and id = $2`;
    const [rows] = await onceInTenant(here.db, here.who, { text, values: [here.who.tenantId, id] });
    assert.deepEqual(rows, [{ directoryId: second.id }]);
  });
});
