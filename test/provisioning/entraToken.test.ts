/** Entra ID's own signed tokens in place of a secret, through the whole server; the tenant of Entra is on loopback. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { exportSPKI, importJWK, SignJWT } from "jose";
import { firstDirectory } from "../../src/directory/directories/directories.store.ts";
import { deleteDirectory } from "../../src/directory/directories/deleteDirectory.ts";
import { createDirectory } from "../../src/directory/directories/directories.ts";
import { authenticateDirectory, directoryBaseUrl } from "../../src/directory/directories/machineCaller.ts";
import {
  createMachineCredential,
  listMachineCredentials,
  revokeMachineCredential,
} from "../../src/directory/directories/machineCredentials.ts";
import type { EntraTrust } from "../../src/directory/directories/machineCredentials.store.ts";
import { deleteTenant } from "../../src/directory/tenants/deletedTenants.ts";
import { onceInTenant } from "../../src/storage/scope.ts";
import type { Who } from "../../src/storage/types.ts";
import { ways } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { type HostileOp, hostileOp, sign, signer, unsigned } from "../support/hostileOp.ts";
import { at, request, testProvisioningLog, textOf, USER, user, type Answer } from "../support/scim.ts";
import { newTenant } from "../support/tenant.ts";

type Json = Record<string, unknown>;

const AUDIENCE = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621";
const APP = "0198c7a4-2f10-7c3e-9d41-5b8f6e2a1c07";
const PUBLIC_URL = "https://usher.example.com";
const entras: HostileOp[] = [];

/** A tenant of Entra, whose discovery document names the issuer as Entra's does. */
async function entra(tid = randomUUID()): Promise<HostileOp & { readonly tid: string; readonly authority: string }> {
  const op = await hostileOp({ discovery: (document) => ({ ...document, issuer: issuerOf(tid) }) }, `/${tid}`);
  entras.push(op);
  return Object.assign(op, { tid, authority: new URL(op.issuer).origin });
}

type Entra = Awaited<ReturnType<typeof entra>>;

function issuerOf(tid: string): string {
  return `https://sts.windows.net/${tid}/`;
}

function claimsOf({ tid }: Entra, more: Json = {}): Json {
  const now = Math.floor(Date.now() / 1000);
  const times = { iat: now, nbf: now, exp: now + 3600 };
  const subject = randomUUID();
  return { iss: issuerOf(tid), aud: AUDIENCE, tid, appid: APP, sub: subject, oid: subject, ...times, ...more };
}

async function place(far: Entra, more: Partial<EntraTrust> = {}) {
  const db = await testDatabase();
  const { id } = await newTenant();
  const who: Who = { tenantId: id, actor: { type: "operator" }, now: new Date() };
  const trust = { tenantId: far.tid, audience: AUDIENCE, appId: null, authority: far.authority, ...more };
  const wanted = { name: "Entra", directoryId: null, dialect: "tolerant", expiresAt: null, entra: trust } as const;
  const { credential } = await createMachineCredential(db, who, wanted);
  const base = directoryBaseUrl("", { tenantId: id, directoryId: credential.directoryId });
  return { db, who, credential, base };
}

type Place = Awaited<ReturnType<typeof place>>;

function push({ base }: Pick<Place, "base">, token: string, method = "GET", path = "/Users", body?: unknown) {
  const headers = { authorization: `Bearer ${token}` };
  return request(method, base + path, body === undefined ? { headers } : { headers, body });
}

function partsOf({ db }: Place) {
  const { outbound, secretKeys } = ways;
  return { db, outbound, secretKeys, issuer: `${PUBLIC_URL}/oidc`, audience: `${PUBLIC_URL}/scim/v2` };
}

function refusedAs(answer: Answer, code: string): void {
  assert.equal(answer.status, 401, textOf(answer.body["detail"]));
  assert.match(textOf(answer.body["detail"]), new RegExp(`\\(${code}\\)\\.$`));
}

async function logLines({ db, who }: Place): Promise<{ status: number; detail: string; tokenName: string }[]> {
  await (await testProvisioningLog()).flush();
  const text = `select status, detail, token_name as "tokenName" from provisioning_log where tenant_id = $1 order by id`;
  const [rows] = await onceInTenant<
    [{ text: string; values: string[]; row?: { status: number; detail: string; tokenName: string } }]
  >(db, who, { text, values: [who.tenantId] });
  return rows;
}

describe("the tokens that Entra ID signs itself", () => {
  after(() => {
    for (const { close } of entras.splice(0)) close();
  });

  it("push people into the directory that pinned the tenant, and answers name the directory's address", async () => {
    const far = await entra();
    const here = await place(far, { appId: APP });
    const token = await sign(claimsOf(far), far.signer);
    const made = await push(here, token, "POST", "/Users", user("ana@customer.example"));
    assert.equal(made.status, 201, textOf(made.body["detail"]));
    assert.equal(at(made.body, "/meta/location"), `${PUBLIC_URL}${here.base}/Users/${made.id}`);
    const [[event]] = await onceInTenant<[{ text: string; values: string[]; row?: { type: string; id: string } }]>(
      here.db,
      here.who,
      {
        text: "select actor_type as type, actor_id as id from events where tenant_id = $1 and type = 'member.created'",
        values: [here.who.tenantId],
      },
    );
    assert.deepEqual(event, { type: "machine_credential", id: here.credential.id });
    assert.deepEqual(far.asked, ["/.well-known/openid-configuration", "/keys"], "looked up once");
  });

  it("reach a SCIM whose filters and discovery name the directory's address too", async () => {
    const far = await entra();
    const here = await place(far);
    const token = await sign(claimsOf(far), far.signer);
    const made = await push(here, token, "POST", "/Users", user("ana@customer.example"));
    const find = async (attribute: string, location: string, kind = "/Users"): Promise<unknown> => {
      const filter = encodeURIComponent(`${attribute} eq "${location}"`);
      return (await push(here, token, "GET", `${kind}?filter=${filter}`)).body["totalResults"];
    };
    const own = `${PUBLIC_URL}${here.base}/Users/${made.id}`;
    assert.deepEqual(
      [await find("meta.location", own), await find("meta.location", `${PUBLIC_URL}/scim/v2/Users/${made.id}`)],
      [1, 0],
    );
    const members = [{ value: made.id }];
    const group = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], displayName: "Sales", members };
    assert.equal((await push(here, token, "POST", "/Groups", group)).status, 201);
    assert.equal(await find("members.$ref", own, "/Groups"), 1);
    for (const path of ["/ServiceProviderConfig", "/ResourceTypes/User", `/Schemas/${USER}`]) {
      const { body } = await push(here, token, "GET", path);
      assert.equal(at(body, "/meta/location"), `${PUBLIC_URL}${here.base}${path}`);
    }
    const { body } = await push(here, token, "GET", "/ResourceTypes");
    for (const each of body["Resources"] as (typeof body)[]) {
      assert.equal(at(each, "/meta/location"), `${PUBLIC_URL}${here.base}/ResourceTypes/${textOf(each["id"])}`);
    }
  });

  it("are asked nothing at ServiceProviderConfig, which repeats no address that can be no directory's", async () => {
    const { body } = await request("GET", "/scim/tenants/x/directories/%3Cscript%3E/v2/ServiceProviderConfig");
    assert.equal(at(body, "/meta/location"), `${PUBLIC_URL}/scim/v2/ServiceProviderConfig`);
  });

  it("show when they were used last", async () => {
    const far = await entra();
    const here = await place(far);
    await push(here, await sign(claimsOf(far), far.signer));
    const { items } = await listMachineCredentials(here.db, here.who, { limit: 10, place: undefined });
    assert.ok(items[0]?.lastUsedAt);
  });

  const wrong: readonly (readonly [what: string, code: string, token: (far: Entra) => Promise<string> | string])[] = [
    ["without a signature (alg none)", "entra_algorithm", (far) => unsigned(claimsOf(far))],
    [
      "whose HMAC is keyed with the public key (HS256)",
      "entra_algorithm",
      async (far) => {
        const key = await importJWK({ ...far.signer.jwk, ext: true }, "RS256", { extractable: true });
        const secret = Buffer.from(await exportSPKI(key as CryptoKey));
        return new SignJWT(claimsOf(far)).setProtectedHeader({ alg: "HS256", kid: far.signer.kid }).sign(secret);
      },
    ],
    [
      "signed with PS256 by the right key's owner",
      "entra_algorithm",
      async (far) => sign(claimsOf(far), await signer("PS256", far.signer.kid)),
    ],
    [
      "signed by another key under a known name",
      "entra_signature",
      async (far) => sign(claimsOf(far), await signer("RS256", far.signer.kid)),
    ],
    ["that names no key", "entra_key", (far) => sign(claimsOf(far), { ...far.signer, kid: undefined as never })],
    [
      "of another Entra tenant, by its tid",
      "entra_tenant",
      (far) => sign(claimsOf(far, { tid: randomUUID() }), far.signer),
    ],
    ["of another issuer", "entra_issuer", (far) => sign(claimsOf(far, { iss: issuerOf(randomUUID()) }), far.signer)],
    [
      "of the issuer without its last slash",
      "entra_issuer",
      (far) => sign(claimsOf(far, { iss: issuerOf(far.tid).slice(0, -1) }), far.signer),
    ],
    ["for another audience", "entra_audience", (far) => sign(claimsOf(far, { aud: APP }), far.signer)],
    ["for no audience", "entra_claims", (far) => sign(claimsOf(far, { aud: undefined }), far.signer)],
    ["of another application", "entra_app", (far) => sign(claimsOf(far, { appid: randomUUID() }), far.signer)],
    ["of no application", "entra_app", (far) => sign(claimsOf(far, { appid: undefined }), far.signer)],
    ["of a person (scp)", "entra_person", (far) => sign(claimsOf(far, { scp: "user_impersonation" }), far.signer)],
    ["of nobody (no sub)", "entra_claims", (far) => sign(claimsOf(far, { sub: undefined }), far.signer)],
    ["without an end", "entra_claims", (far) => sign(claimsOf(far, { exp: undefined }), far.signer)],
    ["without a beginning", "entra_claims", (far) => sign(claimsOf(far, { nbf: undefined }), far.signer)],
    ["without a tid", "entra_claims", (far) => sign(claimsOf(far, { tid: undefined }), far.signer)],
    [
      "that has expired",
      "entra_expired",
      (far) => sign(claimsOf(far, { exp: Math.floor(Date.now() / 1000) - 60 }), far.signer),
    ],
    [
      "that is not valid yet",
      "entra_not_yet",
      (far) => sign(claimsOf(far, { nbf: Math.floor(Date.now() / 1000) + 60 }), far.signer),
    ],
    ["of another type", "entra_malformed", (far) => sign(claimsOf(far), far.signer, { typ: "logout+jwt" })],
    ["that is no JWT", "entra_malformed", () => `usc_${"0".repeat(32)}_${"A".repeat(43)}`],
    ["whose header is no JSON", "entra_malformed", () => "AAAA.AAAA.AAAA"],
    [
      "with an extension that must be understood",
      "entra_malformed",
      (far) => {
        const header = { alg: "RS256", kid: far.signer.kid, crit: ["far"], far: 1 };
        const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
        return `${part(header)}.${part(claimsOf(far))}.AAAA`;
      },
    ],
  ];
  for (const [what, code, tokenOf] of wrong) {
    it(`are refused ${what}: 401 in SCIM's form, ${code}, and a line in the provisioning log (T16)`, async () => {
      const far = await entra();
      const here = await place(far, { appId: APP });
      refusedAs(await push(here, await tokenOf(far)), code);
      const [line, ...more] = await logLines(here);
      assert.deepEqual([line?.status, line?.tokenName, more], [401, "Entra", []]);
      assert.match(line?.detail ?? "", new RegExp(`\\(${code}\\)`));
    });
  }

  it("that name keys unknown cause one look-up a minute, whatever they name", async () => {
    const far = await entra();
    const here = await place(far);
    const now = Date.now();
    const strange = async (ms: number): Promise<unknown> => {
      const token = await sign(claimsOf(far, { exp: now + 999 }), { ...far.signer, kid: `k${ms}` });
      const spoken = { tenantId: here.who.tenantId, directoryId: here.credential.directoryId };
      return authenticateDirectory(partsOf(here), token, spoken, new Date(now + ms));
    };
    for (const ms of [0, 1, 30_000, 59_999]) await strange(ms);
    assert.equal(far.asked.length, 2);
    await strange(60_001);
    assert.equal(far.asked.length, 4);
    await strange(90_000);
    assert.equal(far.asked.length, 4);
  });

  it("are taken with a new key of Entra's from the next look-up on", async () => {
    const far = await entra();
    const here = await place(far);
    const spoken = { tenantId: here.who.tenantId, directoryId: here.credential.directoryId };
    const now = Date.now();
    const judge = async (ms: number, by = far.signer): Promise<boolean> => {
      const token = await sign(claimsOf(far, { jti: randomUUID() }), by);
      return "caller" in (await authenticateDirectory(partsOf(here), token, spoken, new Date(now + ms)));
    };
    assert.equal(await judge(0), true);
    far.signer = await signer("RS256", "next");
    assert.deepEqual([await judge(1_000), await judge(61_000)], [false, true]);
  });

  it("are answered 503 while Entra's keys cannot be had, for the token may be good", async () => {
    const far = await entra();
    const here = await place(far);
    far.knobs.keysAnswer = (_request, response) => void response.status(500).end();
    const answer = await push(here, await sign(claimsOf(far), far.signer));
    assert.equal(answer.status, 503);
    assert.equal(answer.headers["retry-after"], "60");
    assert.equal((await logLines(here))[0]?.status, 503);
    await push(here, await sign(claimsOf(far, { jti: "2" }), far.signer));
    assert.equal(far.asked.length, 2, "and Entra is not asked at each request");
  });

  it("are not judged by a discovery document of all tenants, or of another", async () => {
    for (const issuer of ["https://sts.windows.net/{tenantid}/", issuerOf(randomUUID()), "https://sts.windows.net/"]) {
      const far = await entra();
      far.knobs.discovery = (document) => ({ ...document, issuer });
      assert.equal((await push(await place(far), await sign(claimsOf(far, { iss: issuer }), far.signer))).status, 503);
    }
  });

  it("that were good here are judged anew at another directory's address, and at another tenant's", async () => {
    const [far, other] = [await entra(), await entra()];
    const [here, there] = [await place(far), await place(other)];
    const token = await sign(claimsOf(far), far.signer);
    assert.equal((await push(here, token)).status, 200);
    refusedAs(await push(there, token), "entra_issuer");
    const second = await createDirectory(here.db, here.who, { name: "second", provider: "entra" });
    const base = directoryBaseUrl("", { tenantId: here.who.tenantId, directoryId: second.id });
    refusedAs(await push({ base }, token), "entra_unknown");
    const crossed = directoryBaseUrl("", { tenantId: there.who.tenantId, directoryId: here.credential.directoryId });
    refusedAs(await push({ base: crossed }, token), "entra_unknown");
    for (const part of ["x", "%00", "0", "'--"]) {
      refusedAs(await push({ base: `/scim/tenants/${part}/directories/${part}/v2` }, token), "entra_unknown");
    }
  });

  it("of a tenant that two of ours have pinned go where their address says: pinning it draws nobody's people", async () => {
    const far = await entra();
    const [here, there] = [await place(far), await place(far)];
    const token = await sign(claimsOf(far), far.signer);
    const made = await push(here, token, "POST", "/Users", user("bo@customer.example"));
    assert.equal(made.status, 201);
    assert.equal((await push(there, token, "GET", `/Users/${made.id}`)).status, 404);
    assert.equal((await push(there, token)).body["totalResults"], 0);
  });

  it("say nothing at the base of all directories, where the token must name one", async () => {
    const far = await entra();
    await place(far);
    const headers = { authorization: `Bearer ${await sign(claimsOf(far), far.signer)}` };
    assert.equal((await request("GET", "/Users", { headers })).status, 401);
  });

  it("end with their credential, their directory or their tenant, at once, though they are remembered", async () => {
    const ends: readonly ((here: Place) => Promise<unknown>)[] = [
      ({ db, who, credential }) => revokeMachineCredential(db, who, credential.id),
      ({ db, who, credential }) => deleteDirectory(db, who, credential.directoryId, "keep"),
      ({ db, who }) => deleteTenant(db, who),
    ];
    // The address may be written in capitals by whoever copied it.
    const writings = [
      (base: string) => base,
      (base: string) => base.replaceAll(/[0-9a-f-]{36}/g, (id) => id.toUpperCase()),
    ];
    for (const [end, written] of ends.flatMap((each) => writings.map((writing) => [each, writing] as const))) {
      const far = await entra();
      const placed = await place(far);
      const here = { ...placed, base: written(placed.base) };
      const token = await sign(claimsOf(far), far.signer);
      assert.equal((await push(here, token)).status, 200);
      await end(here);
      refusedAs(await push(here, token), "entra_unknown");
    }
  });

  it("are not taken after the credential's own end", async () => {
    const far = await entra();
    const here = await place(far);
    const { tenantId } = here.who;
    const text = "update machine_credentials set expires_at = now() - interval '1 second' where tenant_id = $1";
    await onceInTenant(here.db, here.who, { text, values: [tenantId] });
    refusedAs(await push(here, await sign(claimsOf(far), far.signer)), "entra_unknown");
  });

  it("are pinned once for a directory", async () => {
    const far = await entra();
    const { db, who, credential } = await place(far);
    const [[directory]] = await onceInTenant(db, who, firstDirectory(who.tenantId));
    assert.equal(directory?.id, credential.directoryId);
    const { name, dialect, expiresAt, entra: trust } = credential;
    const again = createMachineCredential(db, who, { name, dialect, expiresAt, entra: trust, directoryId: null });
    await assert.rejects(again, /already/);
  });
});
