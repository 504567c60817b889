/** Applications and browsers that do not mean well, at the OpenID Provider. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import * as client from "openid-client";
import { testDatabase } from "../../support/database.ts";
import { api, Browser, logged, place, pushed, server } from "../place.ts";
import { demand, member, patchMember, ready } from "../people.ts";
import { type Begun, byPassword, CALLBACK, follow, type RelyingParty, relyingParty, signInTo } from "./relyingParty.ts";
import { bySaml, samlConnection } from "./upstream.ts";

type Place = Awaited<ReturnType<typeof place>>;

/** Somebody who has just come back to an application with a code. */
async function withCode(more: object = {}) {
  const tenant = await place();
  const ana = await member(tenant, "ana");
  const party = await relyingParty(more);
  const browser = new Browser();
  const begun = await party.begin({ tenant: tenant.slug });
  const done = await byPassword(browser, await follow(browser, begun.url.href), ana.email);
  return { tenant, ana, party, browser, begun, callback: done.url };
}

/** Somebody who is signed in at an application. */
async function withTokens() {
  const at = await withCode();
  const tokens = await at.party.redeem(at.begun, at.callback);
  return { ...at, tokens, refreshToken: tokens.refresh_token ?? "" };
}

const invalidGrant = { error: "invalid_grant" };

/** Neither what was given for it nor what renews that opens anything. */
async function assertDead(
  party: RelyingParty,
  memberId: string,
  tokens: { access_token: string; refresh_token?: string },
) {
  await assert.rejects(client.refreshTokenGrant(party.config, tokens.refresh_token ?? ""), invalidGrant);
  await assert.rejects(client.fetchUserInfo(party.config, tokens.access_token, memberId), { status: 401 });
}

/** Where the browser ends up with a changed request; it must not be at the application with a code. */
async function refusedAt(begun: Begun, change: (query: URLSearchParams) => void) {
  const url = new URL(begun.url);
  change(url.searchParams);
  const seen = await follow(new Browser(), url.href);
  assert.equal(new URL(seen.url).searchParams.get("code"), null);
  return { ...seen, error: new URL(seen.url).searchParams.get("error") };
}

describe("the OpenID Provider refuses", () => {
  it("O17: a code that is used again, and takes back what was given for it", async () => {
    const { party, ana, begun, callback } = await withCode();
    const tokens = await party.redeem(begun, callback);
    await assert.rejects(party.redeem(begun, callback), invalidGrant);
    await assertDead(party, ana.id, tokens);
  });

  it("O17: a code that is used many times at once, but for one at most", async () => {
    const { party, ana, begun, callback } = await withCode();
    const tries = await Promise.allSettled(Array.from({ length: 5 }, () => party.redeem(begun, callback)));
    const won = tries.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    assert.ok(won.length <= 1, `${won.length} were given tokens`);
    for (const tokens of won) await assertDead(party, ana.id, tokens);
  });

  for (const [what, uri] of [
    ["with a slash more", `${CALLBACK}/`],
    ["with a query", `${CALLBACK}?next=1`],
    ["of another port", CALLBACK.replace(":9/", ":90/")],
    ["of another host", "https://evil.example/callback"],
    ["in other letters", CALLBACK.replace("callback", "Callback")],
    ["with a way back in its path", CALLBACK.replace("/callback", "/x/../callback")],
    ["that is a script", "javascript:alert(1)"],
  ] as const) {
    it(`O17: a redirect address ${what}, and sends nobody there`, async () => {
      const party = await relyingParty();
      const seen = await refusedAt(await party.begin(), (query) => query.set("redirect_uri", uri));
      assert.equal(seen.status, 400);
      assert.ok(seen.url.startsWith(await server()));
      assert.doesNotMatch(seen.text, /evil|<script>alert/);
    });
  }

  it("O17: a request without PKCE, or with plain, of applications with a secret too", async () => {
    for (const type of ["web", "spa"]) {
      const party = await relyingParty({ type });
      const none = await refusedAt(await party.begin(), (query) => query.delete("code_challenge"));
      assert.equal(none.error, "invalid_request", type);
      const plain = await refusedAt(await party.begin(), (query) => query.set("code_challenge_method", "plain"));
      assert.equal(plain.error, "invalid_request", type);
    }
  });

  it("O17: another code verifier, or none", async () => {
    const { party, begun, callback } = await withCode();
    const verifier = client.randomPKCECodeVerifier();
    await assert.rejects(party.redeem({ ...begun, verifier }, callback), invalidGrant);
    const code = new URL(callback).searchParams.get("code") ?? "";
    const none = await client
      .genericGrantRequest(party.config, "authorization_code", { code, redirect_uri: CALLBACK })
      .then(
        () => "given",
        (error: { error: string }) => error.error,
      );
    assert.equal(none, "invalid_grant");
  });

  it("O17: a code at another application than it was given to", async () => {
    const { begun, callback, party, ana } = await withCode();
    const other = await relyingParty();
    await assert.rejects(other.redeem(begun, callback), invalidGrant);
    // Nor did the other one use it up.
    assert.equal((await party.redeem(begun, callback)).claims()?.sub, ana.id);
  });

  it("O17: a refresh token at another application, and one that was used, with all that came of it", async () => {
    const { party, ana, refreshToken } = await withTokens();
    const other = await relyingParty();
    await assert.rejects(client.refreshTokenGrant(other.config, refreshToken), invalidGrant);
    const next = await client.refreshTokenGrant(party.config, refreshToken);
    await assert.rejects(client.refreshTokenGrant(party.config, refreshToken), invalidGrant);
    await assertDead(party, ana.id, next);
  });

  it("O17: a wrong secret, none, one that was replaced, and an application that was removed", async () => {
    const { party, refreshToken } = await withTokens();
    const token = (secret: string | null): Promise<number> =>
      server().then(async (base) => {
        const basic = Buffer.from(`${party.clientId}:${secret}`).toString("base64");
        const body = { grant_type: "refresh_token", refresh_token: refreshToken, client_id: party.clientId };
        const headers: Record<string, string> = secret === null ? {} : { authorization: `Basic ${basic}` };
        const sent = { method: "POST", headers, body: new URLSearchParams(body) };
        return (await fetch(`${base}/oidc/token`, sent)).status;
      });
    const { pool } = await testDatabase();
    const sql = "select encode(secret_hash, 'hex') as hex from applications where client_id = $1";
    const [{ hex }] = (await pool.query(sql, [party.clientId])).rows as [{ hex: string }];
    const hash = Buffer.from(hex, "hex").toString("base64url");
    for (const secret of ["wrong", "", null, hash, hex])
      assert.ok([400, 401].includes(await token(secret)), `${secret}`);
    const renewed = await api("POST", `/apps/${party.clientId}/secret?keepOldSeconds=60`);
    const { clientSecret } = renewed.body as { clientSecret: string };
    await client.refreshTokenGrant(party.config, refreshToken).then(({ refresh_token }) => assert.ok(refresh_token));
    await api("POST", `/apps/${party.clientId}/secret`);
    assert.equal(await token(clientSecret), 401);
    await api("DELETE", `/apps/${party.clientId}`);
    assert.equal(await token(clientSecret), 401);
  });

  it("O17: to answer for another tenant by a browser's session, without a page", async () => {
    const [here, there] = [await place(), await place()];
    const ana = await member(here, "ana");
    const bob = await member(there, "bob");
    const party = await relyingParty();
    const browser = new Browser();
    await signInTo(party, browser, { tenant: here.slug, email: ana.email });
    for (const reference of [there.slug, there.id]) {
      const silent = await follow(browser, (await party.begin({ tenant: reference, prompt: "none" })).url.href);
      assert.equal(new URL(silent.url).searchParams.get("error"), "login_required");
      const asked = await follow(browser, (await party.begin({ tenant: reference })).url.href);
      assert.equal(asked.status, 200);
      assert.match(asked.text, new RegExp(there.name));
    }
    const tokens = await signInTo(party, browser, { tenant: there.slug, email: bob.email });
    assert.deepEqual(tokens.claims()?.["tenant"], { id: there.id, slug: there.slug, name: there.name });
    assert.equal(tokens.claims()?.sub, bob.id);
    // And back: whose session it was first is signed out here.
    const back = await follow(browser, (await party.begin({ tenant: here.slug, prompt: "none" })).url.href);
    assert.equal(new URL(back.url).searchParams.get("error"), "login_required");
  });

  it("O17: to answer for somebody else than the application shows by an ID token", async () => {
    const { tenant, party, browser, tokens } = await withTokens();
    const bob = await member(tenant, "bob");
    const begun = await party.begin({ tenant: tenant.slug });
    await byPassword(browser, await follow(browser, `/sso/start?tenant=${tenant.slug}`), bob.email);
    const { pool } = await testDatabase();
    await pool.query("update sessions set created_at = created_at - interval '1 hour' where tenant_id = $1", [
      tenant.id,
    ]);
    begun.url.searchParams.set("id_token_hint", tokens.id_token ?? "");
    const page = await follow(browser, begun.url.href);
    assert.equal(page.status, 200, page.url);
    const done = await byPassword(browser, page, bob.email);
    assert.equal(new URL(done.url).searchParams.get("error"), "login_required");
  });

  it("O17: tokens in the address of a browser (RFC 9700 §2.1.2)", async () => {
    const party = await relyingParty();
    for (const type of ["token", "id_token", "code id_token", "none"]) {
      const seen = await refusedAt(await party.begin(), (query) => query.set("response_type", type));
      assert.match(seen.url, /error=(unsupported_response_type|unauthorized_client|invalid_request)/, type);
    }
  });

  it("a parameter with a NUL character, with invalid_request and not a fault", async () => {
    const { party, browser } = await withCode();
    for (const [from, name] of [
      [new Browser(), "state"],
      [browser, "nonce"],
    ] as const) {
      const begun = await party.begin();
      begun.url.searchParams.set(name, "a\0b");
      const seen = await follow(from, begun.url.href);
      assert.equal(new URL(seen.url).searchParams.get("error"), "invalid_request", seen.url);
      begun.url.searchParams.set(name, "a\\u0000b");
      const kept = await follow(from, begun.url.href);
      assert.equal(new URL(kept.url).searchParams.get("error"), null, kept.url);
    }
    assert.equal((await follow(new Browser(), "/oidc/session/end?state=%00")).status, 400);
  });

  it("O17: to send anybody where a Host or X-Forwarded-Host header says", async () => {
    const base = await server();
    const party = await relyingParty();
    const get = async (url: URL): Promise<string> => {
      const headers = { host: "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "https" };
      const [answer] = (await once(request(url, { headers }).end(), "response")) as [IncomingMessage];
      return `${String(answer.headers.location)} ${await text(answer)}`;
    };
    const urls = [`${base}/oidc/.well-known/openid-configuration`, (await party.begin()).url.href, `${base}/oidc/auth`];
    for (const url of [...urls, `${base}/oidc/session/end`])
      assert.doesNotMatch(await get(new URL(url)), /evil|https:\/\/127/);
  });

  it("O18: an interaction that another browser began, or nobody", async () => {
    const party = await relyingParty();
    const [mine, theirs] = [new Browser(), new Browser()];
    const uidOf = async (browser: Browser): Promise<string> => {
      const seen = await browser.get((await party.begin()).url.href);
      return new URL(seen.location, await server()).pathname;
    };
    const path = await uidOf(mine);
    const own = await uidOf(theirs);
    assert.notEqual(path, own);
    // With a cookie of its own, which is for another path; with none; and made up.
    for (const browser of [theirs, new Browser()]) assert.equal((await browser.get(path)).status, 400);
    for (const guess of ["/oidc/interaction/x", `/oidc/interaction/${"A".repeat(21)}`]) {
      assert.equal((await mine.get(guess)).status, 400);
    }
  });

  it("O18: to hand the answer of one browser's sign-in to another", async () => {
    const tenant = await place();
    const ana = await member(tenant, "ana");
    const party = await relyingParty();
    const [victim, thief] = [new Browser(), new Browser()];
    const begun = await party.begin({ tenant: tenant.slug });
    const seen = await thief.get(begun.url.href);
    const path = new URL(seen.location, await server()).pathname;
    // The thief has the victim sign in and come back to the thief's request.
    const start = await follow(victim, `/sso/start?tenant=${tenant.slug}&return_to=${encodeURIComponent(path)}`);
    const done = await byPassword(victim, start, ana.email);
    assert.equal(done.status, 400);
    const resumed = await follow(thief, `/oidc/auth/${path.split("/").at(-1)}`);
    assert.equal(new URL(resumed.url).searchParams.get("code"), null);
    assert.equal(resumed.status, 200);
    assert.match(resumed.text, /action="\/sign-in"/);
  });

  it("O18: cookies of the provider that were made up", async () => {
    const { browser, party } = await withTokens();
    const [name = ""] = [...browser.cookies.keys()].filter((each) => each === "usher-oidc");
    assert.equal(name, "usher-oidc");
    const thief = new Browser();
    // Without its signature the session's cookie is nobody's; and the library's session alone answers for nobody.
    thief.cookies.set(name, browser.cookies.get(name) ?? "");
    const without = await follow(thief, (await party.begin({ prompt: "none" })).url.href);
    assert.equal(new URL(without.url).searchParams.get("error"), "login_required");
    thief.cookies.set(`${name}.sig`, browser.cookies.get(`${name}.sig`) ?? "");
    const alone = await follow(thief, (await party.begin({ prompt: "none" })).url.href);
    assert.equal(new URL(alone.url).searchParams.get("error"), "login_required");
  });

  const hourAgo = (): Date => new Date(Date.now() - 3_600_000);
  const acr = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken";
  for (const demands of [
    { prompt: "login" },
    { prompt: "select_account" },
    { max_age: "60" },
    { acr_values: acr },
  ] as Record<string, string>[]) {
    it(`T13: a sign-in from another tab, of which nothing was asked, in place of ${JSON.stringify(demands)} (OIDC Core §3.1.2.1)`, async () => {
      const tenant = await place();
      const upstream = await samlConnection(tenant);
      const party = await relyingParty();
      for (const told of [hourAgo(), new Date()]) {
        const browser = new Browser();
        const begun = await party.begin({ tenant: tenant.slug, ...demands });
        const path = new URL((await browser.get(begun.url.href)).location, await server()).pathname;
        // The identity provider answers at once who is signed in there; some even say that it was now.
        await bySaml(browser, tenant, upstream, `/sso/start?tenant=${tenant.slug}`, told);
        const resumed = await follow(browser, path);
        assert.match(resumed.url, /SAMLRequest=/);
        // What was asked of another application's sign-in is not enough either.
        const lesser = await relyingParty();
        const weaker = await lesser.begin({ tenant: tenant.slug, max_age: "7200", acr_values: "urn:weaker" });
        const tab = new Browser();
        for (const [name, value] of browser.cookies) if (!/interaction|resume/.test(name)) tab.cookies.set(name, value);
        await bySaml(tab, tenant, upstream, weaker.url.href, told);
        browser.cookies.set("usher", tab.cookies.get("usher") ?? "");
        assert.match((await follow(browser, path)).url, /SAMLRequest=/);
        const done = await bySaml(browser, tenant, upstream, path);
        const claims = (await party.redeem(begun, done.url)).claims();
        assert.ok(Date.now() / 1000 - (claims?.auth_time ?? 0) < 60);
      }
    });

    it(`T13: to answer ${JSON.stringify(demands)} without a page by a session of which less was asked`, async () => {
      const tenant = await place();
      const upstream = await samlConnection(tenant);
      const party = await relyingParty();
      const browser = new Browser();
      await bySaml(browser, tenant, upstream, (await party.begin({ tenant: tenant.slug })).url.href);
      const silently = async (more: object): Promise<URL> =>
        new URL((await follow(browser, (await party.begin({ ...demands, prompt: "none", ...more })).url.href)).url);
      assert.ok((await silently({ max_age: "", acr_values: "" })).searchParams.get("code"));
      const isPrompt = demands["prompt"] !== undefined;
      if (!isPrompt) assert.equal((await silently({})).searchParams.get("error"), "login_required");
      const begun = await party.begin({ tenant: tenant.slug, ...demands });
      assert.match((await follow(browser, begun.url.href)).url, /SAMLRequest=/);
      await party.redeem(begun, (await bySaml(browser, tenant, upstream, begun.url.href)).url);
      assert.ok((await silently({})).searchParams.get("code"));
    });
  }

  it("T13: an identity provider's answer to prompt=login or max_age that tells of an older sign-in, without going round", async () => {
    const tenant = await place();
    const upstream = await samlConnection(tenant);
    const party = await relyingParty();
    for (const demands of [{ prompt: "login" }, { max_age: "60" }] as Record<string, string>[]) {
      const begun = await party.begin({ tenant: tenant.slug, ...demands });
      const done = new URL((await bySaml(new Browser(), tenant, upstream, begun.url.href, hourAgo())).url);
      assert.equal(done.searchParams.get("error"), "login_required", done.href);
      assert.equal(done.searchParams.get("code"), null);
    }
  });

  it("T13: what a password opened, from the moment at which single sign-on is required (rule 28)", async () => {
    const { tenant, glass } = await ready();
    const ana = await member(tenant, "ana");
    const party = await relyingParty();
    const browser = new Browser();
    // The way by a provider is offered first; hers is the password, as long as it may be.
    const first = await browser.post("/sign-in", {
      tenant: tenant.slug,
      email: ana.email,
      password: "a long enough password",
      return_to: "/",
    });
    assert.equal(first.status, 303);
    const begun = await party.begin({ tenant: tenant.slug });
    const tokens = await party.redeem(begun, (await follow(browser, begun.url.href)).url);
    const late = await party.begin({ tenant: tenant.slug });
    const code = (await follow(browser, late.url.href)).url;
    assert.equal(await demand(tenant, "everyone"), 200);
    await assertDead(party, ana.id, tokens);
    await assert.rejects(party.redeem(late, code), invalidGrant);
    const silent = await follow(browser, (await party.begin({ prompt: "none" })).url.href);
    assert.equal(new URL(silent.url).searchParams.get("error"), "login_required");
    assert.ok(glass.id);
  });

  const endings: Record<string, (at: { tenant: Place; memberId: string; browser: Browser }) => Promise<unknown>> = {
    "holds them": ({ tenant, memberId }) => patchMember(tenant, memberId, { hold: true }),
    "removes them": ({ tenant, memberId }) => api("DELETE", `/tenants/${tenant.slug}/members/${memberId}`),
    "ends their sessions": ({ tenant, memberId }) =>
      api("DELETE", `/tenants/${tenant.slug}/members/${memberId}/sessions`),
    "signs out": async ({ browser }) => {
      const csrf = /name="csrf" value="([^"]+)"/.exec((await browser.get("/")).text)?.[1] ?? "";
      return browser.post("/sign-out", { csrf });
    },
  };
  for (const [what, end] of Object.entries(endings)) {
    it(`T14: everything of a member from the commit on with which somebody ${what}: codes, refresh, user-info (rule 29)`, async () => {
      const { tenant, ana, party, browser, tokens } = await withTokens();
      const late = await party.begin({ tenant: tenant.slug });
      const code = (await follow(browser, late.url.href)).url;
      await end({ tenant, memberId: ana.id, browser });
      await assertDead(party, ana.id, tokens);
      await assert.rejects(party.redeem(late, code), invalidGrant);
      const silent = await follow(browser, (await party.begin({ prompt: "none" })).url.href);
      assert.equal(new URL(silent.url).searchParams.get("error"), "login_required");
    });
  }

  it("to call an address verified that a directory has put in the place of the one that was (rule 24)", async () => {
    const { tenant, ana, party, tokens } = await withTokens();
    const { pool } = await testDatabase();
    await pool.query("update members set email_verified = true where tenant_id = $1 and id = $2", [tenant.id, ana.id]);
    const told = async () => {
      const { email, email_verified } = await client.fetchUserInfo(party.config, tokens.access_token, ana.id);
      return { email, email_verified };
    };
    assert.deepEqual(await told(), { email: ana.email, email_verified: true });
    const made = await api("POST", `/tenants/${tenant.slug}/scim-tokens`, { name: "theirs" });
    const patch = async (Operations: object[]): Promise<number> => {
      const headers = {
        authorization: `Bearer ${(made.body as { token: string }).token}`,
        "content-type": "application/scim+json",
      };
      const body = JSON.stringify({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations });
      return (await fetch(`${await server()}/scim/v2/Users/${ana.id}`, { method: "PATCH", headers, body })).status;
    };
    assert.equal(await patch([{ op: "replace", path: "title", value: "Clerk" }]), 200);
    assert.equal((await told()).email_verified, true);
    const value = [{ value: "victim@bank.example", type: "work", primary: true }];
    assert.equal(await patch([{ op: "replace", path: "emails", value }]), 200);
    assert.deepEqual(await told(), { email: "victim@bank.example", email_verified: false });
  });

  it("to call the address of who came by single sign-on verified any longer than its domain is (rule 24)", async () => {
    const tenant = await place();
    const { id, idp } = await samlConnection(tenant);
    const party = await relyingParty();
    const browser = new Browser();
    const begun = await party.begin({ tenant: tenant.slug });
    const email = `ana@${tenant.domain}`;
    const { samlResponse } = await idp.answer((await follow(browser, begun.url.href)).url, { nameId: "ana-1", email });
    const posted = await browser.post(`/sso/saml/${id}/acs`, { SAMLResponse: samlResponse }, true);
    let tokens = await party.redeem(begun, (await follow(browser, posted.location)).url);
    const sub = tokens.claims()?.sub ?? "";
    const told = async (): Promise<unknown[]> => {
      tokens = await client.refreshTokenGrant(party.config, tokens.refresh_token ?? "");
      const info = await client.fetchUserInfo(party.config, tokens.access_token, sub);
      return [tokens.claims()?.["email_verified"], info.email_verified];
    };
    const { pool } = await testDatabase();
    const become = (status: string) =>
      pool.query("update domains set status = $2 where tenant_id = $1 and domain = $3", [
        tenant.id,
        status,
        tenant.domain,
      ]);
    assert.equal(tokens.claims()?.["email_verified"], true);
    assert.deepEqual(await told(), [true, true]);
    await become("lapsed");
    assert.deepEqual(await told(), [false, false]);
    await become("verified");
    assert.deepEqual(await told(), [true, true]);
    assert.equal((await api("DELETE", `/tenants/${tenant.slug}/domains/${tenant.domain}`)).status, 204);
    assert.deepEqual(await told(), [false, false]);
  });

  it("T14: everything of somebody whom their directory sets inactive, and gives nothing back when it is undone", async () => {
    const tenant = await place();
    const email = `dan@${tenant.domain}`;
    const id = await pushed(tenant, {
      userName: email,
      emails: [{ value: email, primary: true }],
      password: "a long enough password",
    });
    const party = await relyingParty();
    const tokens = await signInTo(party, new Browser(), { tenant: tenant.slug, email });
    assert.equal(tokens.claims()?.sub, id);
    const { token } = (await api("POST", `/tenants/${tenant.slug}/scim-tokens`, { name: "again" })).body as {
      token: string;
    };
    for (const active of [false, true]) {
      const operation = { op: "replace", path: "active", value: active };
      const patched = await fetch(`${await server()}/scim/v2/Users/${id}`, {
        method: "PATCH",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/scim+json" },
        body: JSON.stringify({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: [operation] }),
      });
      assert.equal(patched.status, 200);
      await assertDead(party, id, tokens);
    }
  });

  it("keeps of codes, tokens, cookies and secrets nothing by which they could be used, and logs none", async () => {
    const { party, browser, tokens, callback } = await withTokens();
    const { pool } = await testDatabase();
    const kept = JSON.stringify([
      (await pool.query("select kind, encode(id, 'escape'), payload from oidc_payloads")).rows,
      (await pool.query("select * from applications")).rows,
    ]);
    const secrets = [
      tokens.access_token,
      tokens.refresh_token,
      new URL(callback).searchParams.get("code"),
      browser.cookies.get("usher-oidc"),
      browser.cookies.get("usher")?.split(".")[1],
      party.clientSecret,
    ];
    for (const secret of secrets) {
      assert.ok(secret);
      assert.ok(!kept.includes(secret), "the database holds a secret");
      assert.ok(!logged.some((line) => line.includes(secret)), "the log holds a secret");
    }
  });
});
