import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { seal } from "../../src/base/secrets.ts";
import { newId } from "../../src/base/ids.ts";
import { connectionKeyJobs } from "../../src/directory/connections/connectionKeys.ts";
import { insertConnectionKey } from "../../src/directory/connections/connectionKeys.store.ts";
import { connectionById } from "../../src/directory/connections/connectionsForSignIn.ts";
import { onceInTenant } from "../../src/storage/scope.ts";
import { ways } from "../support/api.ts";
import { ourKey } from "../support/encryptor.ts";
import { items, place, refused, type Place } from "./place.ts";

async function made(here: Place, protocol = "saml"): Promise<string> {
  const reply = await here.call("POST", "/connections", { protocol, name: "Example IdP" });
  assert.equal(reply.status, 201, reply.text);
  return reply.body.id as string;
}

/** Puts a key there without the second that a new one takes. */
async function withKey(here: Place, connectionId: string): Promise<string> {
  const id = newId(new Date());
  const privateKey = seal(ways.secretKeys, ourKey.privateKey, `connection_keys ${id}`);
  const key = { id, certificate: ourKey.certificate, privateKey };
  await onceInTenant(here.db, here, insertConnectionKey(here.tenantId, connectionId, key, new Date()));
  return id;
}

async function keysOf(here: Place, id: string): Promise<{ id: string; certificate: string; expiresAt: string }[]> {
  return (await here.call("GET", `/connections/${id}`)).body.saml.keys;
}

describe("our keys of a SAML connection", () => {
  it("are one to begin with, made by a job that may run again, and sealed", async () => {
    const here = await place();
    const id = await made(here);
    const { rows } = await here.db.pool.query(
      "select payload from jobs where tenant_id = $1 and kind = 'connection.first-key'",
      [here.tenantId],
    );
    assert.deepEqual(rows, [{ payload: { connectionId: id } }]);
    const { "connection.first-key": handler } = connectionKeyJobs({ db: here.db, secretKeys: ways.secretKeys });
    assert.ok(handler && "outside" in handler);
    const job = { id: 1, kind: "connection.first-key", key: null, attempts: 1, createdAt: new Date() };
    const payload = { connectionId: id };
    for (let times = 0; times < 2; times++) {
      await handler.outside({ ...job, tenantId: here.tenantId, payload }, AbortSignal.timeout(60_000));
    }
    const [key, ...more] = await keysOf(here, id);
    assert.ok(key && more.length === 0);
    assert.equal(
      new Date(key.expiresAt).toISOString(),
      new Date(new X509Certificate(key.certificate).validTo).toISOString(),
    );
    const stored = await here.db.pool.query("select private_key from connection_keys where connection_id = $1", [id]);
    assert.doesNotMatch(stored.rows[0].private_key.toString("latin1"), /PRIVATE KEY/);
    const opened = await connectionById({ db: here.db, secretKeys: ways.secretKeys }, id);
    assert.match(opened?.keys[0]?.privateKey ?? "", /^-----BEGIN PRIVATE KEY-----/);
    const [told] = items(await here.call("GET", "/events?type=connection.key_created"));
    assert.deepEqual(told?.["data"], { keyId: key.id });
  });

  it("follow one another: the next is published with the one in use, which is then deleted", async () => {
    const here = await place();
    const id = await made(here);
    const first = await withKey(here, id);
    const next = await here.call("POST", `/connections/${id}/keys`);
    assert.equal(next.status, 201, next.text);
    assert.deepEqual(await keysOf(here, id), [{ ...(await keysOf(here, id))[0], id: first }, next.body]);
    refused(await here.call("POST", `/connections/${id}/keys`), 409, "conflict");
    assert.equal((await here.call("DELETE", `/connections/${id}/keys/${first}`)).status, 204);
    assert.deepEqual(await keysOf(here, id), [next.body]);
    refused(await here.call("DELETE", `/connections/${id}/keys/${next.body.id}`), 409, "conflict");
    refused(await here.call("DELETE", `/connections/${id}/keys/${first}`), 404, "not_found");
    const [told] = items(await here.call("GET", "/events?type=connection.key_deleted"));
    assert.deepEqual(told?.["data"], { keyId: first });
  });

  it("are none of an OpenID Connect connection, nor of another tenant's, nor without the permission", async () => {
    const [here, elsewhere] = [await place(), await place()];
    const id = await made(here);
    const key = await withKey(here, id);
    refused(await here.call("POST", `/connections/${await made(here, "oidc")}/keys`), 404, "not_found");
    refused(await elsewhere.call("POST", `/connections/${id}/keys`), 404, "not_found");
    refused(await elsewhere.call("DELETE", `/connections/${id}/keys/${key}`), 404, "not_found");
    const viewer = await here.as("connections:view");
    refused(await viewer("POST", `/connections/${id}/keys`), 403, "forbidden");
    refused(await viewer("DELETE", `/connections/${id}/keys/${key}`), 403, "forbidden");
    assert.equal((await keysOf(here, id)).length, 1);
  });

  it("go with the connection", async () => {
    const here = await place();
    const id = await made(here);
    await withKey(here, id);
    assert.equal((await here.call("DELETE", `/connections/${id}`)).status, 204);
    const { rows } = await here.db.pool.query("select id from connection_keys where connection_id = $1", [id]);
    assert.deepEqual(rows, []);
  });
});
