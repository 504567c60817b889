/** Signing out at an application, and applications that are told (RP-Initiated and Back-Channel Logout 1.0). */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from "jose";
import * as client from "openid-client";
import { applicationLogout, tellApplications } from "../../../src/access/provider/backchannel.ts";
import { work, until } from "../../events/working.ts";
import { ways } from "../../support/api.ts";
import { testDatabase } from "../../support/database.ts";
import { api, Browser, place, server } from "../place.ts";
import {
  account,
  attach,
  calls,
  demand,
  member,
  PASSWORD,
  patchMember,
  ready,
  signedIn as inBrowser,
} from "../people.ts";
import { byPassword, CALLBACK, follow, relyingParty, SIGNED_OUT, signInTo } from "./relyingParty.ts";

interface Receiver {
  readonly url: string;
  readonly got: string[];
  /** What it answers next; then 200. */
  readonly answers: number[];
}

describe("an application is told that somebody is signed out", () => {
  let receiver: Receiver;
  const http = createServer((req, res) => {
    let body = "";
    req.on("data", (chunk: Buffer) => (body += chunk.toString()));
    req.on("end", () => {
      receiver.got.push(`${req.url} ${req.headers["content-type"]} ${body}`);
      res.writeHead(receiver.answers.shift() ?? 200).end();
    });
  });
  let stop: () => Promise<void>;
  before(async () => {
    await once(http.listen(0, "127.0.0.1"), "listening");
    receiver = { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, got: [], answers: [] };
    const db = await testDatabase();
    const { worker } = await work(applicationLogout({ db, publicUrl: await server(), ...ways }), {
      followers: { [`applications-${process.pid}`]: tellApplications(db) },
    });
    stop = () => worker.stop();
  });
  after(async () => {
    await stop();
    http.close();
  });

  let paths = 0;
  async function signedIn(tenant: { slug: string }, email: string, browser = new Browser()) {
    const path = `/logout-${++paths}`;
    const party = await relyingParty({ backchannelLogoutUri: receiver.url + path });
    const tokens = await signInTo(party, browser, { tenant: tenant.slug, email });
    const told = (): string[] => receiver.got.filter((each) => each.startsWith(`${path} `));
    return { party, tokens, browser, path, told };
  }

  async function verified(line: string, clientId: string): Promise<JWTPayload> {
    const [, type, body = ""] = line.split(" ");
    assert.equal(type, "application/x-www-form-urlencoded");
    const issuer = `${await server()}/oidc`;
    const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
    const token = new URLSearchParams(body).get("logout_token") ?? "";
    return (await jwtVerify(token, keys, { issuer, audience: clientId, typ: "logout+jwt" })).payload;
  }

  it("by a signed token that names the session and the subject, and is no ID token", async () => {
    const tenant = await place();
    const ana = await member(tenant, "ana");
    const { party, tokens, browser, told } = await signedIn(tenant, ana.email);
    const csrf = /name="csrf" value="([^"]+)"/.exec((await browser.get("/")).text)?.[1] ?? "";
    assert.equal((await browser.post("/sign-out", { csrf })).status, 303);
    await until(() => told().length > 0);
    const payload = await verified(told()[0] ?? "", party.clientId);
    assert.ok(tokens.claims()?.["sid"]);
    assert.deepEqual([payload.sub, payload["sid"]], [ana.id, tokens.claims()?.["sid"]]);
    assert.deepEqual(payload["events"], { "http://schemas.openid.net/event/backchannel-logout": {} });
    assert.equal(payload["nonce"], undefined);
    assert.ok(payload.jti && (payload.exp ?? 0) - (payload.iat ?? 0) <= 120);
  });

  const endings: Record<string, (tenant: { slug: string }, memberId: string) => Promise<unknown>> = {
    "who is suspended": (tenant, memberId) => patchMember(tenant as never, memberId, { hold: true }),
    "who is removed": (tenant, memberId) => api("DELETE", `/tenants/${tenant.slug}/members/${memberId}`),
    "whose sessions an admin ends": (tenant, memberId) =>
      api("DELETE", `/tenants/${tenant.slug}/members/${memberId}/sessions`),
    "whose password a directory removes": removePassword,
  };
  for (const [who, end] of Object.entries(endings)) {
    it(`T14: of somebody ${who}, and every application that they had opened`, async () => {
      const tenant = await place();
      const [ana, bob] = [await member(tenant, "ana"), await member(tenant, "bob")];
      const first = await signedIn(tenant, ana.email);
      const second = await signedIn(tenant, ana.email, first.browser);
      const other = await signedIn(tenant, bob.email);
      await end(tenant, ana.id);
      await until(() => first.told().length + second.told().length === 2);
      assert.equal((await verified(first.told()[0] ?? "", first.party.clientId)).sub, ana.id);
      assert.equal((await verified(second.told()[0] ?? "", second.party.clientId)).sub, ana.id);
      assert.deepEqual(other.told(), []);
    });
  }

  async function removePassword({ slug }: { slug: string }, memberId: string): Promise<void> {
    const { body } = await api("POST", `/tenants/${slug}/scim-tokens`, { name: "theirs" });
    const headers = {
      authorization: `Bearer ${(body as { token: string }).token}`,
      "content-type": "application/scim+json",
    };
    const schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
    const patch = JSON.stringify({ schemas, Operations: [{ op: "remove", path: "password" }] });
    const url = `${await server()}/scim/v2/Users/${memberId}`;
    assert.equal((await fetch(url, { method: "PATCH", headers, body: patch })).status, 200);
  }

  it("of who changes an account's password, wherever it is attached, but for the session that does it", async () => {
    const own = await account();
    const [, domain = ""] = own.email.split("@");
    const join = async () => {
      const tenant = await place();
      const { id } = await member(tenant, "ana", { password: false, domain });
      await attach(tenant, own.id, id);
      return { tenant, id };
    };
    const [here, there] = [await join(), await join()];
    const browser = await inBrowser(here.tenant, own.email);
    const kept = await signedIn(here.tenant, own.email, browser);
    const ended = await signedIn(here.tenant, own.email);
    const far = await signedIn(there.tenant, own.email);
    const next = "one that is long enough";
    assert.equal((await calls(browser, "POST", "/session/password", { current: PASSWORD, next })).status, 204);
    await until(() => ended.told().length + far.told().length === 2);
    assert.equal((await verified(ended.told()[0] ?? "", ended.party.clientId)).sub, here.id);
    assert.equal((await verified(far.told()[0] ?? "", far.party.clientId)).sub, there.id);
    assert.deepEqual(kept.told(), []);
    await client.fetchUserInfo(kept.party.config, kept.tokens.access_token, here.id);
  });

  it("T13: of who must come in by single sign-on from now on (rule 28)", async () => {
    const { tenant } = await ready();
    const ana = await member(tenant, "ana");
    const browser = new Browser();
    const form = { tenant: tenant.slug, email: ana.email, password: "a long enough password", return_to: "/" };
    assert.equal((await browser.post("/sign-in", form)).status, 303);
    const { told } = await signedIn(tenant, ana.email, browser);
    assert.equal(await demand(tenant, "everyone"), 200);
    await until(() => told().length === 1);
  });

  it("again until it says that it has understood, and not where it says that it never will", async () => {
    const tenant = await place();
    const ana = await member(tenant, "ana");
    const { told } = await signedIn(tenant, ana.email);
    receiver.answers.push(500, 503, 204);
    await patchMember(tenant, ana.id, { hold: true });
    await until(() => told().length === 3);
    assert.equal(receiver.answers.length, 0);
    const bob = await member(tenant, "bob");
    const refusing = await signedIn(tenant, bob.email);
    receiver.answers.push(400);
    await patchMember(tenant, bob.id, { hold: true });
    const { pool } = await testDatabase();
    const parked = "select from jobs where tenant_id = $1 and kind = 'applications.logout' and state = 'dead'";
    await until(async () => (await pool.query(parked, [tenant.id])).rows.length === 1);
    assert.equal(refusing.told().length, 1);
  });

  it("not when the same person shows again who they are, and once when they then sign out at an application", async () => {
    const tenant = await place();
    const ana = await member(tenant, "ana");
    const first = await signedIn(tenant, ana.email);
    const { pool } = await testDatabase();
    await pool.query("update sessions set created_at = created_at - interval '1 hour' where tenant_id = $1", [
      tenant.id,
    ]);
    const second = await signedIn(tenant, ana.email);
    assert.ok(second);
    const begun = await first.party.begin({ tenant: tenant.slug, prompt: "login" });
    const done = await byPassword(first.browser, await follow(first.browser, begun.url.href), ana.email);
    const tokens = await first.party.redeem(begun, done.url);
    await endSession(first.party.config, first.browser, tokens.id_token ?? "");
    await until(() => first.told().length === 1);
    await assert.rejects(client.refreshTokenGrant(first.party.config, tokens.refresh_token ?? ""), {
      error: "invalid_grant",
    });
    // In her other browser she is signed in as before.
    assert.deepEqual(second.told(), []);
    await client.fetchUserInfo(second.party.config, second.tokens.access_token, ana.id);
  });

  /** As an application does it, and the person says yes. */
  async function endSession(config: client.Configuration, browser: Browser, idToken: string) {
    const url = client.buildEndSessionUrl(config, {
      id_token_hint: idToken,
      post_logout_redirect_uri: SIGNED_OUT,
      state: "of the application",
    });
    const page = await follow(browser, url.href);
    assert.equal(page.status, 200, page.text);
    assert.match(page.text, /document\.forms\[0\]\.submit\(\)/);
    assert.match(page.headers.get("content-security-policy") ?? "", /script-src 'sha256-/);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
    const seen = await browser.post("/oidc/session/end/confirm", { xsrf, logout: "yes" });
    assert.equal(seen.status, 303, seen.text);
    return seen;
  }

  it("when it ends the session itself, and gets the browser back with its state", async () => {
    const tenant = await place();
    const ana = await member(tenant, "ana");
    const { party, tokens, browser, told } = await signedIn(tenant, ana.email);
    const seen = await endSession(party.config, browser, tokens.id_token ?? "");
    assert.equal(seen.location, `${SIGNED_OUT}?state=of+the+application`);
    assert.equal((await browser.session()).status, 401);
    await until(() => told().length === 1);
    const silent = await follow(browser, (await party.begin({ prompt: "none" })).url.href);
    assert.equal(new URL(silent.url).searchParams.get("error"), "login_required");
    assert.ok(!silent.url.startsWith(`${CALLBACK}?code`));
  });

  it("asks who comes without an ID token, sends nobody elsewhere, and ends nothing by a forged form", async () => {
    const tenant = await place();
    const ana = await member(tenant, "ana");
    const { party, tokens, browser } = await signedIn(tenant, ana.email);
    const page = await follow(browser, client.buildEndSessionUrl(party.config).href);
    assert.match(page.text, /<button>/);
    assert.doesNotMatch(page.text, /<script/);
    const elsewhere = { id_token_hint: tokens.id_token ?? "", post_logout_redirect_uri: "https://evil.example/" };
    const refused = await follow(browser, client.buildEndSessionUrl(party.config, elsewhere).href);
    assert.equal(refused.status, 400);
    const forged = await browser.post("/oidc/session/end/confirm", { xsrf: "guessed", logout: "yes" });
    assert.equal(forged.status, 400);
    assert.equal((await browser.session()).status, 200);
    await client.fetchUserInfo(party.config, tokens.access_token, ana.id);
  });
});
