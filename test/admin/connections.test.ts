import assert from "node:assert/strict";
import express from "express";
import supertest from "supertest";
import { adminSurface } from "../../src/admin/index.ts";
import { newId } from "../../src/base/ids.ts";
import {
  connectionById,
  connectionsForDomain,
  connectionsOf,
  connectionUrls,
  linkingConnection,
} from "../../src/directory/connections/connectionsForSignIn.ts";
import { openSession } from "../../src/directory/signIn/sessions.ts";
import { linkIdentity } from "../../src/directory/signIn/signIns.store.ts";
import { requestLog } from "../../src/http/requestLog.ts";
import type { ConnectionUrls, SsoConnection } from "../../src/sso/types.ts";
import { inTenant, onceInTenant } from "../../src/storage/scope.ts";
import { logLines } from "../http/logLines.ts";
import { type ApiReply, OPERATOR_KEY, ways } from "../support/api.ts";
import { certificate, metadata, oidcFields, samlFields, served, weakCertificate } from "./idpSide.ts";
import { items, place, refused, statuses, type Place } from "./place.ts";

const ORIGIN = "https://usher.example";

async function made(here: Place, body: object): Promise<string> {
  const reply = await here.call("POST", "/connections", { name: "Example IdP", ...body });
  assert.equal(reply.status, 201, reply.text);
  return reply.body.id as string;
}

async function enabled(here: Place, body: object = { protocol: "saml", saml: samlFields }): Promise<string> {
  const id = await made(here, body);
  const { status, text } = await here.call("PATCH", `/connections/${id}`, { status: "enabled", force: true });
  assert.equal(status, 200, text);
  return id;
}

function parts(here: Place): { db: Place["db"]; secretKeys: readonly Buffer[] } {
  return { db: here.db, secretKeys: ways.secretKeys };
}

function pathOf(reply: ApiReply, code = "invalid_request", status = 400): unknown {
  const { errors } = refused(reply, status, code) as { errors?: { path: string }[] };
  return errors?.[0]?.path;
}

/** Stands for a test by which somebody signed in. */
async function tested(here: Place, id: string): Promise<void> {
  const text = "update connections set status = 'tested' where tenant_id = $1 and id = $2";
  await onceInTenant(here.db, here, { text, values: [here.tenantId, id] });
}

describe("POST /tenants/{t}/connections", () => {
  it("makes a draft whose addresses are known before the identity provider is (SAML)", async () => {
    const here = await place();
    const { status, body } = await here.call("POST", "/connections", { protocol: "saml", name: "Okta" });
    assert.equal(status, 201);
    const { id, createdAt, updatedAt, ...rest } = body;
    assert.equal(createdAt, updatedAt);
    assert.deepEqual(rest, {
      protocol: "saml",
      provider: "other",
      name: "Okta",
      status: "draft",
      saml: {
        acsUrl: `${ORIGIN}/sso/saml/${id}/acs`,
        spEntityId: `${ORIGIN}/sso/saml/${id}/metadata`,
        metadataUrl: `${ORIGIN}/sso/saml/${id}/metadata`,
        sloUrl: `${ORIGIN}/sso/saml/${id}/slo`,
        entityId: null,
        ssoUrl: null,
        certificates: [],
        singleLogoutUrl: null,
        singleLogoutBinding: null,
        metadata: null,
        keys: [],
        wantsSignedRequests: false,
      },
      directoryId: null,
      match: null,
      attributes: {},
      groupsClaim: null,
      unsolicited: "restart",
      signRequests: false,
      allowCbc: false,
      singleLogout: true,
    });
    assert.deepEqual((await here.call("GET", `/connections/${id}`)).body, body);
    assert.deepEqual(items(await here.call("GET", "/connections")), [body]);
  });

  it("makes one for OpenID Connect likewise, with its redirect URI", async () => {
    const here = await place();
    const { body } = await here.call("POST", "/connections", { protocol: "oidc", name: "Entra ID", provider: "entra" });
    const redirectUri = `${ORIGIN}/sso/oidc/${body.id}/callback`;
    const backchannelLogoutUri = `${ORIGIN}/sso/oidc/${body.id}/backchannel-logout`;
    const [jwksUri, postLogoutRedirectUri] = [`${ORIGIN}/sso/oidc/${body.id}/jwks`, `${ORIGIN}/sso/start`];
    const urls = {
      redirectUri,
      backchannelLogoutUri,
      postLogoutRedirectUri,
      jwksUri,
      clientAuthentication: "client_secret",
    };
    const nothing = { issuer: null, clientId: null, hasClientSecret: false, hostedDomain: null, scopes: null };
    assert.deepEqual(body.oidc, { ...urls, ...nothing, endSession: false });
    assert.equal("saml" in body, false);
  });

  it("keeps everything that it is given", async () => {
    const here = await place();
    const fields = {
      name: "Okta",
      provider: "okta",
      directoryId: here.directoryId,
      match: { claim: "employeeNumber", attribute: "externalId" },
      attributes: { email: "mail", displayName: "cn" },
      groupsClaim: "groups",
      unsolicited: "refuse",
      signRequests: true,
      allowCbc: true,
    };
    const { body } = await here.call("POST", "/connections", { protocol: "saml", saml: samlFields, ...fields });
    for (const [name, value] of Object.entries(fields)) assert.deepEqual(body[name], value, name);
    assert.equal(body.saml.entityId, samlFields.entityId);
  });

  it("keeps the hosted domain as A-labels and the scopes with openid, until they are changed or taken away", async () => {
    const here = await place();
    const written = { ...oidcFields, hostedDomain: "Bücher.example", scopes: ["email"] };
    const id = await made(here, { protocol: "oidc", provider: "google", oidc: written });
    const change = async (oidc: object): Promise<unknown[]> => {
      const { body } = await here.call("PATCH", `/connections/${id}`, { oidc });
      return [body.oidc.clientId, body.oidc.hostedDomain, body.oidc.scopes];
    };
    assert.deepEqual(await change({ clientId: "b" }), ["b", "xn--bcher-kva.example", ["openid", "email"]]);
    assert.deepEqual(await change({ hostedDomain: "customer.example" }), [
      "b",
      "customer.example",
      ["openid", "email"],
    ]);
    assert.deepEqual(await change({ hostedDomain: null, scopes: null }), ["b", null, null]);
  });

  it("reads metadata that is handed in", async () => {
    const here = await place();
    const { body } = await here.call("POST", "/connections", {
      protocol: "saml",
      name: "Okta",
      saml: { metadataXml: metadata("urn:idp") },
    });
    const { entityId, ssoUrl, certificates } = body.saml;
    assert.deepEqual([entityId, ssoUrl, certificates.length], ["urn:idp", samlFields.ssoUrl, 1]);
  });

  it("fetches metadata, and tells where it was read from", async () => {
    const here = await place();
    await served(
      (_req, res) => res.end(metadata()),
      async (url) => {
        const { body } = await here.call("POST", "/connections", {
          protocol: "saml",
          name: "Okta",
          saml: { metadataUrl: `${url}/metadata` },
        });
        assert.deepEqual([body.saml.metadata.url, body.saml.metadata.lastError], [`${url}/metadata`, null]);
        assert.equal(body.saml.entityId, samlFields.entityId);
        assert.equal(body.saml.metadataUrl, `${ORIGIN}/sso/saml/${body.id}/metadata`);
      },
    );
  });

  it("takes several of a tenant, and the same identity provider in two tenants: our entity ids tell them apart (T02)", async () => {
    const [here, there] = [await place(), await place()];
    const body = { protocol: "saml", saml: samlFields };
    const ids = [await made(here, body), await made(here, body), await made(there, body)];
    const entities = ids.map((id) => connectionUrls(ORIGIN, id).spEntityId);
    assert.equal(new Set(entities).size, 3);
  });

  const saml = (more: object): object => ({ protocol: "saml", saml: { ...samlFields, ...more } });
  const oidc = (more: object): object => ({ protocol: "oidc", oidc: { ...oidcFields, ...more } });
  const unfit: readonly (readonly [what: string, body: object, path: string])[] = [
    ["no protocol", {}, "/protocol"],
    ["another protocol", { protocol: "ldap" }, "/protocol"],
    ["no name", { protocol: "saml", name: " " }, "/name"],
    ["a status of its own", { protocol: "saml", status: "enabled" }, "/status"],
    ["an unknown member", { protocol: "saml", tenantId: newId(new Date()) }, "/tenantId"],
    ["OpenID Connect's side on SAML", { protocol: "saml", oidc: oidcFields }, "/oidc"],
    ["SAML's side on OpenID Connect", { protocol: "oidc", saml: samlFields }, "/saml"],
    ["an empty side", { protocol: "saml", saml: {} }, "/saml"],
    ["metadata and fields at once", saml({ metadataXml: metadata() }), "/saml"],
    ["fields of which one is missing", { protocol: "saml", saml: { entityId: "urn:idp" } }, "/saml"],
    ["a sign-on URL by http", saml({ ssoUrl: "http://idp.example/sso" }), "/saml"],
    ["a sign-on URL that is a script", saml({ ssoUrl: "javascript:alert(1)" }), "/saml"],
    ["a certificate of 1024 bits", saml({ certificates: [weakCertificate] }), "/saml"],
    ["no certificate", saml({ certificates: [] }), "/saml/certificates"],
    ["metadata that is none", { protocol: "saml", saml: { metadataXml: "<html/>" } }, "/saml/metadataXml"],
    [
      "metadata with a document type declaration",
      { protocol: "saml", saml: { metadataXml: `<!DOCTYPE x>${metadata()}` } },
      "/saml/metadataXml",
    ],
    ["no issuer", { protocol: "oidc", oidc: { clientId: "usher" } }, "/oidc/issuer"],
    ["no client id", { protocol: "oidc", oidc: { issuer: "https://op.example" } }, "/oidc/clientId"],
    ["an issuer by http", oidc({ issuer: "http://192.0.2.1" }), "/oidc/issuer"],
    ["an issuer at a private address", oidc({ issuer: "https://10.0.0.1" }), "/oidc/issuer"],
    ["an issuer at a link-local address", oidc({ issuer: "https://169.254.169.254" }), "/oidc/issuer"],
    [
      "an Entra ID issuer of any tenant",
      { ...oidc({ issuer: "https://login.microsoftonline.com/common/v2.0" }), provider: "entra" },
      "/oidc/issuer",
    ],
    ["a hosted domain that is an address", oidc({ hostedDomain: "ana@customer.example" }), "/oidc/hostedDomain"],
    ["a scope of two words", oidc({ scopes: ["openid email"] }), "/oidc/scopes"],
    ["too many scopes", oidc({ scopes: Array.from({ length: 21 }, (_, i) => `s${i}`) }), "/oidc/scopes"],
    ["a client secret of 600 characters", oidc({ clientSecret: "x".repeat(600) }), "/oidc/clientSecret"],
    ["a match without a directory", { protocol: "saml", match: { claim: "a", attribute: "userName" } }, "/match"],
    [
      "a match by another attribute",
      { protocol: "saml", match: { claim: "a", attribute: "email" } },
      "/match/attribute",
    ],
    ["a directory that is no id", { protocol: "saml", directoryId: "default" }, "/directoryId"],
    ["an attribute that we do not have", { protocol: "saml", attributes: { role: "r" } }, "/attributes/role"],
    ["another way with what nobody asked for", { protocol: "saml", unsolicited: "accept" }, "/unsolicited"],
  ];
  for (const [what, body, path] of unfit) {
    it(`refuses ${what}, saying where`, async () => {
      const here = await place();
      assert.equal(pathOf(await here.call("POST", "/connections", { name: "Okta", ...body })), path);
      assert.deepEqual(items(await here.call("GET", "/connections")), []);
    });
  }

  const answers: readonly (readonly [what: string, status: number, page: string])[] = [
    ["an error", 500, metadata()],
    ["a redirect, which is not followed", 302, ""],
    ["a page", 200, "<html><body>Sign in</body></html>"],
    ["more than 1 MiB", 200, metadata() + " ".repeat(1_100_000)],
  ];
  for (const [what, status, page] of answers) {
    it(`refuses a metadata URL that answers ${what}`, async () => {
      const here = await place();
      await served(
        (_req, res) => res.writeHead(status, { location: "http://127.0.0.1:1/" }).end(page),
        async (url) => {
          const body = { protocol: "saml", name: "Okta", saml: { metadataUrl: url } };
          const reply = await here.call("POST", "/connections", body);
          assert.equal(pathOf(reply), "/saml/metadataUrl");
          assert.doesNotMatch(reply.text, /Sign in/);
        },
      );
    });
  }

  for (const metadataUrl of [
    "http://192.0.2.1/metadata",
    "https://10.0.0.1/",
    "https://[::1]/",
    "file:///etc/passwd",
  ]) {
    it(`fetches nothing from ${metadataUrl} (T19)`, async () => {
      const here = await place();
      const reply = await here.call("POST", "/connections", { protocol: "saml", name: "Okta", saml: { metadataUrl } });
      assert.equal(pathOf(reply), "/saml/metadataUrl");
    });
  }

  it("answers not_found for another tenant's directory", async () => {
    const [own, other] = [await place(), await place()];
    const body = { protocol: "saml", name: "Okta", directoryId: other.directoryId };
    refused(await own.call("POST", "/connections", body), 404, "not_found");
  });

  it("needs connections:create, with which a caller may make anyone an admin (rule 16)", async () => {
    const here = await place();
    const call = await here.as("connections:view", "domains:create");
    refused(await call("POST", "/connections", { protocol: "saml", name: "Okta" }), 403, "forbidden");
  });
});

describe("PATCH /tenants/{t}/connections/{id}", () => {
  it("takes the identity provider's side later, and tells names alone", async () => {
    const here = await place();
    const id = await made(here, { protocol: "saml" });
    const { body } = await here.call("PATCH", `/connections/${id}`, { saml: samlFields, name: "Okta" });
    assert.deepEqual([body.name, body.saml.entityId, body.status], ["Okta", samlFields.entityId, "draft"]);
    const [event] = items(await here.call("GET", "/events?type=connection.updated"));
    assert.deepEqual(event?.["data"], { attributes: ["name", "saml"] });
    assert.deepEqual(event?.["target"], { type: "connection", id });
  });

  it("writes and records nothing where nothing changes", async () => {
    const here = await place();
    const id = await made(here, { protocol: "saml", saml: samlFields });
    const { body } = await here.call("PATCH", `/connections/${id}`, { saml: samlFields, provider: "other" });
    assert.deepEqual((await here.call("GET", `/connections/${id}`)).body, body);
    assert.deepEqual(items(await here.call("GET", "/events?type=connection.updated")), []);
  });

  it("merges OpenID Connect's side: a secret is replaced alone, or taken away by null", async () => {
    const here = await place();
    const id = await made(here, { protocol: "oidc", oidc: oidcFields });
    const secret = async (): Promise<unknown> => (await connectionById(parts(here), id))?.oidc?.clientSecret;
    assert.equal(await secret(), oidcFields.clientSecret);
    await here.call("PATCH", `/connections/${id}`, { oidc: { clientSecret: "its successor" } });
    assert.equal(await secret(), "its successor");
    await here.call("PATCH", `/connections/${id}`, { oidc: { clientId: "another" } });
    assert.equal(await secret(), "its successor");
    const { body } = await here.call("PATCH", `/connections/${id}`, { oidc: { clientSecret: null } });
    assert.deepEqual([body.oidc.clientId, body.oidc.hasClientSecret], ["another", false]);
    assert.equal(await secret(), null);
  });

  it("sends a kept secret to no other issuer: who changes the issuer gives the secret anew", async () => {
    const here = await place();
    const id = await made(here, { protocol: "oidc", oidc: oidcFields });
    const issuer = "https://evil.example";
    assert.equal(pathOf(await here.call("PATCH", `/connections/${id}`, { oidc: { issuer } })), "/oidc/clientSecret");
    const { status } = await here.call("PATCH", `/connections/${id}`, { oidc: { issuer, clientSecret: "its own" } });
    assert.equal(status, 200);
  });

  it("holds what is kept to the rules of a provider that is named later", async () => {
    const here = await place();
    const id = await made(here, { protocol: "oidc", oidc: oidcFields });
    assert.equal(pathOf(await here.call("PATCH", `/connections/${id}`, { provider: "entra" })), "/oidc/issuer");
  });

  const unfit: readonly (readonly [what: string, body: object, path: string])[] = [
    ["another protocol", { protocol: "oidc" }, "/protocol"],
    ["the other protocol's side", { oidc: oidcFields }, "/oidc"],
    ["a status that only a test gives", { status: "tested" }, "/status"],
    ["force by itself", { force: true }, "/force"],
    ["force to disable", { status: "disabled", force: true }, "/force"],
    ["an id of its own", { id: newId(new Date()) }, "/id"],
    ["a match without a directory", { match: { claim: "a", attribute: "userName" } }, "/match"],
  ];
  for (const [what, body, path] of unfit) {
    it(`refuses ${what}, saying where`, async () => {
      const here = await place();
      const id = await made(here, { protocol: "saml", saml: samlFields });
      assert.equal(pathOf(await here.call("PATCH", `/connections/${id}`, body)), path);
    });
  }

  it("refuses to take the directory from a match", async () => {
    const here = await place();
    const match = { claim: "employeeNumber", attribute: "externalId" };
    const id = await made(here, { protocol: "saml", directoryId: here.directoryId, match });
    assert.equal(pathOf(await here.call("PATCH", `/connections/${id}`, { directoryId: null })), "/match");
    assert.equal((await here.call("PATCH", `/connections/${id}`, { directoryId: null, match: null })).status, 200);
  });

  it("matches nobody any more once the directory is deleted", async () => {
    const here = await place();
    const match = { claim: "employeeNumber", attribute: "externalId" };
    const id = await made(here, { protocol: "saml", directoryId: here.directoryId, match });
    assert.equal((await here.call("DELETE", `/directories/${here.directoryId}`)).status, 204);
    const { body } = await here.call("GET", `/connections/${id}`);
    assert.deepEqual([body.directoryId, body.match], [null, null]);
    assert.equal((await connectionById(parts(here), id))?.matchClaim, null);
    assert.equal((await here.call("PATCH", `/connections/${id}`, { name: "Still here" })).status, 200);
  });
});

describe("single logout of a SAML connection", () => {
  it("is typed beside the other fields, taken away again, and switched off for who signs out here", async () => {
    const here = await place();
    const logout = { singleLogoutUrl: "https://idp.example/slo", singleLogoutBinding: "post" };
    const id = await made(here, { protocol: "saml", saml: { ...samlFields, ...logout }, singleLogout: false });
    const shownOf = async (change: object) => {
      const { status, body, text } = await here.call("PATCH", `/connections/${id}`, change);
      assert.equal(status, 200, text);
      return [body.saml.singleLogoutUrl, body.saml.singleLogoutBinding, body.singleLogout];
    };
    assert.deepEqual(await shownOf({}), [logout.singleLogoutUrl, "post", false]);
    const redirect = { ...samlFields, singleLogoutUrl: logout.singleLogoutUrl };
    assert.deepEqual(await shownOf({ saml: redirect, singleLogout: true }), [logout.singleLogoutUrl, "redirect", true]);
    assert.deepEqual(await shownOf({ saml: { ...samlFields, singleLogoutUrl: null } }), [null, null, true]);
    assert.equal((await connectionById(parts(here), id))?.singleLogout, true);
  });

  it("is refused where no browser can be sent, or without the fields that it goes with", async () => {
    const here = await place();
    for (const saml of [
      { ...samlFields, singleLogoutUrl: "javascript:alert(1)" },
      { ...samlFields, singleLogoutUrl: "https://idp.example/slo", singleLogoutBinding: "soap" },
      { singleLogoutUrl: "https://idp.example/slo" },
    ]) {
      const reply = await here.call("POST", "/connections", { protocol: "saml", name: "X", saml });
      assert.match(String(pathOf(reply)), /^\/saml/);
    }
  });
});

describe("the status of a connection", () => {
  it("becomes enabled once it was tested, and tells it", async () => {
    const here = await place();
    const id = await made(here, { protocol: "saml", saml: samlFields });
    await tested(here, id);
    const { body } = await here.call("PATCH", `/connections/${id}`, { status: "enabled" });
    assert.equal(body.status, "enabled");
    const [event] = items(await here.call("GET", "/events?type=connection.updated"));
    assert.deepEqual(event?.["data"], { attributes: ["status"], status: ["tested", "enabled"] });
  });

  it("becomes enabled untested by force alone, and says what that means", async () => {
    const here = await place();
    const id = await made(here, { protocol: "oidc", oidc: oidcFields });
    for (const body of [{ status: "enabled" }, { status: "enabled", force: false }]) {
      const { detail } = refused(await here.call("PATCH", `/connections/${id}`, body), 409, "conflict");
      assert.match(String(detail), /force/);
    }
    const { body } = await here.call("PATCH", `/connections/${id}`, { status: "enabled", force: true });
    assert.equal(body.status, "enabled");
  });

  it("stays a draft without the identity provider's side, even by force", async () => {
    const here = await place();
    for (const protocol of ["saml", "oidc"]) {
      const id = await made(here, { protocol });
      const reply = await here.call("PATCH", `/connections/${id}`, { status: "enabled", force: true });
      assert.match(String(refused(reply, 409, "conflict")["detail"]), new RegExp(protocol));
    }
  });

  it("is a draft's again when what was tested changes, but stays enabled: keys roll over", async () => {
    const here = await place();
    const id = await made(here, { protocol: "saml", saml: samlFields });
    await tested(here, id);
    const patch = async (body: object): Promise<unknown> =>
      (await here.call("PATCH", `/connections/${id}`, body)).body.status;
    assert.equal(await patch({ name: "Okta" }), "tested");
    const moved = { saml: { ...samlFields, ssoUrl: "https://idp.example/other" } };
    refused(await here.call("PATCH", `/connections/${id}`, { ...moved, status: "enabled" }), 409, "conflict");
    assert.equal(await patch(moved), "draft");
    assert.equal(await patch({ status: "enabled", force: true }), "enabled");
    assert.equal(await patch({ saml: samlFields }), "enabled");
  });

  it("is a draft's again when something else is read from what the identity provider sends", async () => {
    const here = await place();
    const id = await made(here, { protocol: "saml", saml: samlFields });
    for (const change of [{ attributes: { email: "mail" } }, { groupsClaim: "memberOf" }, { provider: "okta" }]) {
      await tested(here, id);
      const { body } = await here.call("PATCH", `/connections/${id}`, change);
      assert.equal(body.status, "draft", JSON.stringify(change));
    }
  });

  it("is disabled and enabled again without a test, unless what was enabled has changed", async () => {
    const here = await place();
    const id = await enabled(here);
    const patch = (body: object): Promise<ApiReply> => here.call("PATCH", `/connections/${id}`, body);
    assert.equal((await patch({ status: "disabled" })).body.status, "disabled");
    assert.equal((await patch({ status: "disabled" })).body.status, "disabled");
    assert.equal((await patch({ status: "enabled" })).body.status, "enabled");
    await patch({ status: "disabled" });
    assert.equal((await patch({ saml: { ...samlFields, entityId: "urn:other" } })).body.status, "draft");
    refused(await patch({ status: "enabled" }), 409, "conflict");
  });

  it("is not disabled before it was enabled", async () => {
    const here = await place();
    const id = await made(here, { protocol: "saml", saml: samlFields });
    refused(await here.call("PATCH", `/connections/${id}`, { status: "disabled" }), 409, "conflict");
  });
});

describe("the last enabled connection (rule 28)", () => {
  async function requiring(here: Place, ssoRequired: string): Promise<void> {
    // Switching it on asks for more, which is not what these cases are about.
    const settings = { signIn: { ssoRequired } };
    await here.db.pool.query("update tenants set settings = $2 where id = $1", [here.tenantId, settings]);
  }

  for (const ssoRequired of ["everyone", "verifiedDomains"]) {
    it(`is neither deleted nor disabled while ssoRequired is ${ssoRequired}`, async () => {
      const here = await place();
      const [id, draft] = [await enabled(here), await made(here, { protocol: "saml", saml: samlFields })];
      await requiring(here, ssoRequired);
      refused(await here.call("DELETE", `/connections/${id}`), 409, "conflict");
      refused(await here.call("PATCH", `/connections/${id}`, { status: "disabled" }), 409, "conflict");
      assert.equal((await here.call("DELETE", `/connections/${draft}`)).status, 204);
      await enabled(here);
      assert.equal((await here.call("DELETE", `/connections/${id}`)).status, 204);
    });
  }

  it("stays, however many are deleted and disabled at once", async () => {
    const here = await place();
    const ids = await Promise.all([1, 2, 3, 4].map(() => enabled(here)));
    await requiring(here, "everyone");
    const replies = await Promise.all(
      ids.map((id, i) =>
        i % 2 === 0
          ? here.call("DELETE", `/connections/${id}`)
          : here.call("PATCH", `/connections/${id}`, { status: "disabled" }),
      ),
    );
    assert.equal(statuses(replies).filter((status) => status === 409).length, 1);
    assert.equal((await connectionsOf(here.db, here.tenantId)).length, 1);
  });

  it("is deleted where single sign-on is not required", async () => {
    const here = await place();
    assert.equal((await here.call("DELETE", `/connections/${await enabled(here)}`)).status, 204);
  });
});

describe("DELETE /tenants/{t}/connections/{id}", () => {
  /** Somebody signs in by the connection, with groups. */
  async function signedIn(here: Place, connectionId: string, memberId: string, groups: readonly string[]) {
    const now = new Date();
    const who = { tenantId: here.tenantId, actor: { type: "system" }, now } as const;
    await inTenant(here.db, who, async (scope) => {
      const identity = { connectionId, issuer: "https://idp.example", subject: memberId };
      await scope.trx.run(linkIdentity(here.tenantId, identity, memberId, groups, now));
      const browser = { ip: null, userAgent: null, providerSession: null, mustChangePassword: false };
      await openSession(scope, { ...browser, memberId, authMethod: "saml", connectionId, hours: 1, endsBy: null });
    });
  }

  const COUNTS = `select (select count(*) from sessions where tenant_id = $1)::int as sessions,
    (select count(*) from identities where tenant_id = $1)::int as identities,
    (select count(*) from connection_tenants where tenant_id = $1)::int as placed`;

  it("forgets its identities and ends its sessions, no others, and keeps the members", async () => {
    const here = await place();
    const [gone, stays] = [await enabled(here), await enabled(here)];
    const [ana, ben] = [await here.add("ana@example.com"), await here.add("ben@example.com")];
    await signedIn(here, gone, String(ana["id"]), []);
    await signedIn(here, stays, String(ana["id"]), []);
    await signedIn(here, gone, String(ben["id"]), []);
    assert.equal((await here.call("DELETE", `/connections/${gone}`)).status, 204);
    refused(await here.call("DELETE", `/connections/${gone}`), 404, "not_found");
    const [[left]] = await onceInTenant(here.db, here, { text: COUNTS, values: [here.tenantId] });
    assert.deepEqual(left, { sessions: 1, identities: 1, placed: 1 });
    assert.equal(items(await here.call("GET", "/members")).length, 2);
    assert.equal(await connectionById(parts(here), gone), undefined);
    const [event] = items(await here.call("GET", "/events?type=connection.deleted"));
    assert.deepEqual(event?.["data"], { name: "Example IdP", protocol: "saml", identities: 2, sessions: 2 });
  });

  it("takes the roles that mappings gave by its groups, and their seats (rule 15)", async () => {
    const here = await place({ seatLimit: 5 });
    const id = await enabled(here);
    const ana = await here.add("ana@example.com", { roles: ["viewer"] });
    await signedIn(here, id, String(ana["id"]), ["staff"]);
    const mapping = { group: { claim: "staff", connectionId: id }, role: "member" };
    assert.equal((await here.call("PUT", "/role-mappings", [mapping])).status, 200);
    const read = async () => (await here.call("GET", `/members/${String(ana["id"])}`)).body;
    assert.equal((await read()).seat, "held");
    await here.call("DELETE", `/connections/${id}`);
    const { roles, seat } = await read();
    assert.deepEqual([roles, seat], [["viewer"], "none"]);
    assert.equal((await here.call("GET", "/seats")).body.used, 0);
  });
});

describe("a connection of another tenant", () => {
  it("is not found by any route, nor by what is no id, and nothing is fetched for it (T01)", async () => {
    const [own, other] = [await place(), await place()];
    const theirs = await enabled(other);
    const before = (await other.call("GET", `/connections/${theirs}`)).body;
    let asked = 0;
    await served(
      (_req, res) => {
        asked += 1;
        res.end(metadata());
      },
      async (metadataUrl) => {
        for (const id of [theirs, newId(new Date()), "default"]) {
          refused(await own.call("GET", `/connections/${id}`), 404, "not_found");
          refused(await own.call("PATCH", `/connections/${id}`, { saml: { metadataUrl } }), 404, "not_found");
          refused(await own.call("PATCH", `/connections/${id}`, { status: "disabled" }), 404, "not_found");
          refused(await own.call("DELETE", `/connections/${id}`), 404, "not_found");
        }
      },
    );
    assert.equal(asked, 0);
    assert.deepEqual((await other.call("GET", `/connections/${theirs}`)).body, before);
    assert.deepEqual(items(await own.call("GET", "/connections")), []);
  });
});

describe("a client secret", () => {
  const secret = "s3cret-that-nobody-may-see-again";

  it("is in no answer and no event, and lies encrypted", async () => {
    const here = await place();
    const id = await made(here, { protocol: "oidc", oidc: { ...oidcFields, clientSecret: secret } });
    const replies = [
      await here.call("GET", `/connections/${id}`),
      await here.call("PATCH", `/connections/${id}`, { oidc: { clientSecret: `${secret}!` } }),
      await here.call("GET", "/connections"),
      await here.call("GET", "/events"),
    ];
    for (const { text } of replies) assert.equal(text.includes(secret), false, text);
    const text = "select to_jsonb(c)::text as row, secret from connections c where tenant_id = $1";
    const [[row]] = await onceInTenant(here.db, here, { text, values: [here.tenantId] });
    const { row: written, secret: sealed } = row as { row: string; secret: Buffer };
    assert.equal(written.includes(secret) || sealed.includes(secret), false);
  });

  it("that is copied to another connection opens nothing there", async () => {
    const here = await place();
    const [own, other] = [
      await made(here, { protocol: "oidc", oidc: { ...oidcFields, clientSecret: secret } }),
      await made(here, { protocol: "oidc", oidc: oidcFields }),
    ];
    const text = "update connections set secret = (select secret from connections where id = $1) where id = $2";
    await onceInTenant(here.db, here, { text, values: [own, other] });
    await assert.rejects(connectionById(parts(here), other), /USHER_SECRET_KEY/);
  });

  it("is in no log, however much is logged", async () => {
    const here = await place();
    const { log, text } = logLines("trace");
    const app = express();
    app.use(requestLog(log, () => {}));
    const options = { db: here.db, operatorKeys: [OPERATOR_KEY], publicUrl: ORIGIN, ...ways, log };
    app.use("/api/v1", adminSurface(options));
    for (const issuer of [oidcFields.issuer, "not a URL"]) {
      const oidc = { ...oidcFields, issuer, clientSecret: secret };
      await supertest(app)
        .post(`/api/v1/tenants/${here.slug}/connections`)
        .set("Authorization", `Bearer ${OPERATOR_KEY}`)
        .send({ protocol: "oidc", name: "Okta", oidc })
        .expect(issuer === oidcFields.issuer ? 201 : 400);
    }
    assert.match(text(), /connections/);
    assert.equal(text().includes(secret), false);
  });

  it("is in no refusal of the body that brings it", async () => {
    const here = await place();
    const oidc = { ...oidcFields, issuer: "http://192.0.2.1", clientSecret: secret };
    const { status, text } = await here.call("POST", "/connections", { protocol: "oidc", name: "Okta", oidc });
    assert.equal(status, 400);
    assert.equal(text.includes(secret), false);
  });
});

describe("a connection as sign-in asks for it", () => {
  it("is found by its id alone, whatever its status, with its secret", async () => {
    const here = await place();
    const match = { claim: "employee", attribute: "userName" };
    const more = { attributes: { email: "mail" }, groupsClaim: "groups", directoryId: here.directoryId, match };
    const id = await made(here, { protocol: "oidc", oidc: oidcFields, ...more });
    const found: SsoConnection | undefined = await connectionById(parts(here), id.toUpperCase());
    assert.ok(found);
    assert.deepEqual(
      [found.id, found.tenantId, found.status, found.oidc, found.saml, found.matchClaim],
      [id, here.tenantId, "draft", { ...oidcFields, clientKey: null }, null, "employee"],
    );
    const urls: ConnectionUrls = connectionUrls(ORIGIN, id);
    assert.equal(urls.redirectUri, `${ORIGIN}/sso/oidc/${id}/callback`);
    const linking = await inTenant(
      here.db,
      { tenantId: here.tenantId, actor: { type: "system" }, now: new Date() },
      (scope) => linkingConnection(scope, id),
    );
    const { directoryId } = here;
    assert.deepEqual(linking, { id, protocol: "oidc", enabled: false, directoryId, matchAttribute: "userName" });
  });

  it("bears certificates as PEM", async () => {
    const here = await place();
    const id = await made(here, { protocol: "saml", saml: samlFields });
    const found = await connectionById(parts(here), id);
    assert.deepEqual(
      found?.saml?.certificates.map((pem) => pem.trim()),
      [certificate.trim()],
    );
  });

  it("is none where the id is, or the tenant was deleted", async () => {
    const here = await place();
    const id = await enabled(here);
    for (const other of [newId(new Date()), "", "x", `${id}'`]) {
      assert.equal(await connectionById(parts(here), other), undefined);
    }
    await here.call("DELETE", "");
    assert.equal(await connectionById(parts(here), id), undefined);
  });

  it("is offered to who comes by a verified domain, once it is enabled", async () => {
    const here = await place();
    const domain = `case-${process.pid}-${Date.now().toString(36)}.example`;
    await here.call("POST", "/domains", { domain });
    const id = await enabled(here);
    await made(here, { protocol: "saml", saml: samlFields });
    assert.equal(await connectionsForDomain(here.db, domain), undefined);
    await here.call("POST", `/domains/${domain}/verify`, { force: true });
    const choice = { id, name: "Example IdP", protocol: "saml", provider: "other", issuer: null };
    const realm = await connectionsForDomain(here.db, `EU.${domain}.`);
    assert.deepEqual(realm, { tenantId: here.tenantId, domain, connections: [choice] });
    await here.call("PATCH", `/connections/${id}`, { status: "disabled" });
    assert.deepEqual((await connectionsForDomain(here.db, domain))?.connections, []);
  });
});
