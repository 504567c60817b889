import assert from "node:assert/strict";
import { newId } from "../../src/base/ids.ts";
import { api, type Api } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";

const ENTRA = "018f4e2a-7b1c-7def-8abc-1234567890ab";

let operator: Api;
before(async () => {
  operator = api(await testDatabase());
});

describe("POST /tenants/{t}/machine-credentials", () => {
  it("shows the secret of a client once, with where it asks for tokens", async () => {
    const { id } = await newTenant();
    const path = `/tenants/${id}/machine-credentials`;
    const { status, body } = await operator.post(path, { kind: "client", name: "Okta" });
    assert.equal(status, 201);
    const hex = (uuid: string): string => uuid.replaceAll("-", "");
    assert.equal(body.clientId, `usm_${hex(id)}_${hex(body.id)}`);
    assert.match(body.clientSecret, /^[A-Za-z0-9_-]{43}$/);
    assert.deepEqual(
      [body.tokenUrl, body.baseUrl, body.entra],
      ["https://usher.example/oidc/token", "https://usher.example/scim/v2", null],
    );
    const listed = await operator.get(path);
    assert.equal(listed.text.includes(body.clientSecret), false);
    assert.deepEqual([listed.body.total, listed.body.items[0].lastUsedAt], [1, null]);
    const events = await operator.get(`/tenants/${id}/events?type=machine_credential.created`);
    assert.equal(events.body.items.length, 1);
    assert.equal(events.text.includes(body.clientSecret), false);
  });

  it("pins an Entra tenant to a directory, whose own address the answer has", async () => {
    const { id } = await newTenant();
    const directory = await operator.post(`/tenants/${id}/directories`, { name: "Entra ID" });
    const wanted = { kind: "entra", name: "Entra", directoryId: directory.body.id, dialect: "rfc" };
    const entra = { tenantId: ENTRA.toUpperCase() };
    const { status, body } = await operator.post(`/tenants/${id}/machine-credentials`, { ...wanted, entra });
    assert.equal(status, 201);
    assert.equal(body.baseUrl, `https://usher.example/scim/tenants/${id}/directories/${directory.body.id}/v2`);
    assert.deepEqual(body.entra, {
      tenantId: ENTRA,
      audience: "8adf8e6e-67b2-4cf2-a259-e3dc5476c621",
      appId: null,
      authority: "https://login.microsoftonline.com",
    });
    assert.deepEqual([body.clientId, body.clientSecret, body.tokenUrl, body.dialect], [null, null, null, "rfc"]);
    const again = await operator.post(`/tenants/${id}/machine-credentials`, { ...wanted, entra });
    assert.deepEqual([again.status, again.body.code], [409, "conflict"]);
  });

  const faults: readonly (readonly [what: string, body: object, path: string])[] = [
    ["another kind", { kind: "token" }, "/kind"],
    ["no name", { name: undefined }, "/name"],
    ["a client with a trust", { entra: { tenantId: ENTRA } }, "/entra"],
    ["no trust for Entra", { kind: "entra" }, "/entra"],
    ["an Entra tenant that is no UUID", { kind: "entra", entra: { tenantId: "common" } }, "/entra/tenantId"],
    [
      "an authority with a path",
      { kind: "entra", entra: { tenantId: ENTRA, authority: "https://a.example/b" } },
      "/entra/authority",
    ],
    [
      "a private authority",
      { kind: "entra", entra: { tenantId: ENTRA, authority: "https://10.0.0.1" } },
      "/entra/authority",
    ],
    ["an expiry in the past", { expiresAt: "2020-01-01T00:00:00Z" }, "/expiresAt"],
    ["a secret of its own", { clientSecret: "mine" }, "/clientSecret"],
    ["another tenant", { tenantId: ENTRA }, "/tenantId"],
  ];
  for (const [what, body, path] of faults) {
    it(`refuses ${what}, saying where, and makes none`, async () => {
      const { id } = await newTenant();
      const reply = await operator.post(`/tenants/${id}/machine-credentials`, { kind: "client", name: "x", ...body });
      assert.equal(reply.status, 400, reply.text);
      assert.equal(reply.body.errors[0].path, path);
      assert.equal((await operator.get(`/tenants/${id}/machine-credentials`)).body.total, 0);
    });
  }

  it("does not know another tenant's directory", async () => {
    const [own, other] = [await newTenant(), await newTenant()];
    const { items } = (await operator.get(`/tenants/${other.id}/directories`)).body;
    const body = { kind: "client", name: "x", directoryId: items[0].id };
    assert.equal((await operator.post(`/tenants/${own.id}/machine-credentials`, body)).status, 404);
  });
});

describe("DELETE /tenants/{t}/machine-credentials/{id}", () => {
  it("revokes once, and tells it; another tenant's is not found", async () => {
    const [own, other] = [await newTenant(), await newTenant()];
    const made = await operator.post(`/tenants/${own.id}/machine-credentials`, { kind: "client", name: "x" });
    const { id } = made.body;
    assert.equal((await operator.delete(`/tenants/${other.id}/machine-credentials/${id}`)).status, 404);
    assert.equal((await operator.delete(`/tenants/${own.id}/machine-credentials/${id}`)).status, 204);
    assert.equal((await operator.delete(`/tenants/${own.id}/machine-credentials/${id}`)).status, 404);
    const events = await operator.get(`/tenants/${own.id}/events?type=machine_credential.revoked`);
    assert.equal(events.body.items.length, 1);
  });
});

describe("/tenants/{t}/connections/{id}/revocation-credentials", () => {
  async function connection(): Promise<{ tenantId: string; path: string }> {
    const { id } = await newTenant();
    const { body } = await operator.post(`/tenants/${id}/connections`, { protocol: "saml", name: "Okta" });
    return { tenantId: id, path: `/tenants/${id}/connections/${body.id}/revocation-credentials` };
  }

  it("makes a secret that is shown once, or names an issuer; lists and deletes them, and tells it", async () => {
    const { tenantId, path } = await connection();
    const secret = await operator.post(path, { name: "Okta" });
    assert.equal(secret.status, 201);
    assert.match(secret.body.token, new RegExp(`^usr_${tenantId.replaceAll("-", "")}_`));
    assert.match(secret.body.endpoint, /^https:\/\/usher\.example\/sso\/connections\/.*\/global-token-revocation$/);
    const issuer = await operator.post(path, { name: "Okta", issuer: "https://example.okta.com" });
    assert.deepEqual([issuer.body.token, issuer.body.issuer], [null, "https://example.okta.com"]);
    const listed = await operator.get(path);
    assert.equal(listed.body.total, 2);
    assert.equal(listed.text.includes(secret.body.token), false);
    assert.equal((await operator.delete(`${path}/${secret.body.id}`)).status, 204);
    assert.equal((await operator.delete(`${path}/${secret.body.id}`)).status, 404);
    const events = await operator.get(`/tenants/${tenantId}/events?type=connection.revocation_credential_deleted`);
    assert.deepEqual(events.body.items[0].data, { credentialId: secret.body.id, kind: "secret" });
  });

  it("refuses an issuer that may not be asked, another connection's credential, and an eleventh", async () => {
    const [own, other] = [await connection(), await connection()];
    for (const issuer of ["https://10.0.0.1", "not a URL"]) {
      const { status, body } = await operator.post(own.path, { issuer });
      assert.deepEqual([status, body.errors[0].path], [400, "/issuer"], issuer);
    }
    const { body } = await operator.post(own.path, {});
    assert.equal((await operator.delete(`${other.path}/${body.id}`)).status, 404);
    assert.equal(
      (await operator.get(own.path.replace(/[0-9a-f-]{36}(?=\/revocation)/, newId(new Date())))).status,
      404,
    );
    for (let i = 1; i < 10; i++) assert.equal((await operator.post(own.path, {})).status, 201);
    assert.equal((await operator.post(own.path, {})).status, 409);
  });
});
