/** The OpenID Provider towards applications, through the whole server. */
import assert from "node:assert/strict";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import * as client from "openid-client";
import { inflateRawSync } from "node:zlib";
import { listSigningKeys, rotateSigningKey } from "../../../src/directory/applications/signingKeys.ts";
import { ways } from "../../support/api.ts";
import { testDatabase } from "../../support/database.ts";
import { oidcIdp } from "../../support/oidcIdp.ts";
import { api, Browser, place, server } from "../place.ts";
import { member, PASSWORD } from "../people.ts";
import { bySaml, samlConnection } from "./upstream.ts";
import { API, byPassword, CALLBACK, follow, relyingParty, signInTo } from "./relyingParty.ts";

describe("the OpenID Provider", () => {
  it("signs somebody in at an application, and tells by scopes who and what they are", async () => {
    const tenant = await place();
    const ana = await member(tenant, "ana");
    const party = await relyingParty();
    const tokens = await signInTo(party, new Browser(), { tenant: tenant.slug, email: ana.email });
    const claims = tokens.claims();
    assert.ok(claims);
    const { sub, email, email_verified, given_name, roles, permissions, seat, seat_status, groups, teams } = claims;
    assert.deepEqual(
      { sub, email, email_verified, given_name, roles, seat, seat_status, groups, teams },
      {
        sub: ana.id,
        email: ana.email,
        email_verified: true,
        given_name: "ana",
        roles: ["member"],
        seat: true,
        seat_status: "held",
        groups: [],
        teams: [],
      },
    );
    assert.ok(Array.isArray(permissions));
    assert.deepEqual(claims["tenant"], { id: tenant.id, slug: tenant.slug, name: tenant.name });
    const info = await client.fetchUserInfo(party.config, tokens.access_token, ana.id);
    assert.deepEqual([info.sub, info.email, info["roles"]], [ana.id, ana.email, ["member"]]);
    assert.ok((tokens.expires_in ?? 0) <= 300);
  });

  it("answers at once whoever is signed in already, to another application too", async () => {
    const tenant = await place();
    const ana = await member(tenant, "ana");
    const browser = new Browser();
    await signInTo(await relyingParty(), browser, { tenant: tenant.slug, email: ana.email });
    const other = await relyingParty();
    for (const more of [{}, { prompt: "none" }, { tenant: tenant.id }, { max_age: "3600" }, { prompt: "consent" }]) {
      const begun = await other.begin(more);
      const done = await follow(browser, begun.url.href);
      assert.ok(done.url.startsWith(CALLBACK), `${JSON.stringify(more)}: ${done.url}`);
      assert.equal((await other.redeem(begun, done.url)).claims()?.sub, ana.id);
    }
  });

  it("tells an application that asks without a page that nobody is signed in", async () => {
    const party = await relyingParty();
    const done = await follow(new Browser(), (await party.begin({ prompt: "none" })).url.href);
    assert.equal(new URL(done.url).searchParams.get("error"), "login_required");
  });

  it("tells an application that names a tenant which is not", async () => {
    const party = await relyingParty();
    const done = await follow(new Browser(), (await party.begin({ tenant: "no-such-tenant" })).url.href);
    assert.equal(new URL(done.url).searchParams.get("error"), "access_denied");
    const { slug, name } = await place();
    const asked = await follow(new Browser(), (await party.begin({ tenant: slug.toUpperCase() })).url.href);
    assert.match(asked.text, new RegExp(name), asked.url);
  });

  it("brings somebody to the application who accepts an invitation on the way", async () => {
    const tenant = await place();
    const wanted = { emails: [`new@${tenant.domain}`], sendEmail: false };
    const made = await api("POST", `/tenants/${tenant.slug}/invitations`, wanted);
    const [row] = (made.body as { results: { memberId: string; link: string }[] }).results;
    const party = await relyingParty();
    const browser = new Browser();
    const begun = await party.begin({ tenant: tenant.slug });
    const { location } = await browser.get(begun.url.href);
    const done = await browser.post("/invitation/accept", {
      token: row?.link.split("#")[1] ?? "",
      return_to: new URL(location, await server()).pathname,
      givenName: "Ana",
      familyName: "Berg",
      password: PASSWORD,
    });
    assert.equal(done.status, 303, done.text);
    const tokens = await party.redeem(begun, (await follow(browser, done.location)).url);
    assert.equal(tokens.claims()?.sub, row?.memberId);
  });

  it("has somebody sign in again for prompt=login and max_age, and says when they did; other applications go on", async () => {
    const tenant = await place();
    const ana = await member(tenant, "ana");
    const browser = new Browser();
    const first = await relyingParty();
    const before = await signInTo(first, browser, { tenant: tenant.slug, email: ana.email });
    const { pool } = await testDatabase();
    for (const more of [{ prompt: "login" }, { max_age: "60" }, { prompt: "select_account" }]) {
      await pool.query("update sessions set created_at = created_at - interval '1 hour' where tenant_id = $1", [
        tenant.id,
      ]);
      await pool.query(
        `update oidc_payloads set payload = jsonb_set(payload, '{loginTs}', to_jsonb((payload->>'loginTs')::int - 3600))
         where kind = 'Session' and payload->>'accountId' like $1 || '.%'`,
        [tenant.id],
      );
      const party = await relyingParty();
      const begun = await party.begin({ tenant: tenant.slug, ...more });
      assert.equal((await follow(browser, begun.url.href)).status, 200);
      // Asking again does not help: what stands is an old sign-in.
      const page = await follow(browser, begun.url.href);
      const done = await byPassword(browser, page, ana.email);
      const claims = (await party.redeem(begun, done.url)).claims();
      assert.ok(Date.now() / 1000 - (claims?.auth_time ?? 0) < 60, JSON.stringify([more, claims]));
    }
    const info = await client.fetchUserInfo(first.config, before.access_token, ana.id);
    assert.equal(info.sub, ana.id);
    await client.refreshTokenGrant(first.config, before.refresh_token ?? "");
  });

  it("gives new tokens for a refresh token, and another refresh token", async () => {
    const tenant = await place();
    const ana = await member(tenant, "ana");
    const party = await relyingParty();
    const tokens = await signInTo(party, new Browser(), { tenant: tenant.slug, email: ana.email });
    const next = await client.refreshTokenGrant(party.config, tokens.refresh_token ?? "");
    assert.equal(next.claims()?.sub, ana.id);
    assert.ok(next.refresh_token && next.refresh_token !== tokens.refresh_token);
    await client.fetchUserInfo(party.config, next.access_token, ana.id);
    await client.tokenRevocation(party.config, next.refresh_token);
    await assert.rejects(client.refreshTokenGrant(party.config, next.refresh_token), { error: "invalid_grant" });
  });

  it("gives a named API an access token that it can check by itself, with the claims of its scopes", async () => {
    const tenant = await place();
    const ana = await member(tenant, "ana");
    const party = await relyingParty({ resources: [API] });
    const begun = await party.begin({ tenant: tenant.slug, resource: API });
    const browser = new Browser();
    const done = await byPassword(browser, await follow(browser, begun.url.href), ana.email);
    const tokens = await party.redeem(begun, done.url, { resource: API });
    const keys = createRemoteJWKSet(new URL(`${await server()}/oidc/jwks`));
    const issuer = `${await server()}/oidc`;
    const { payload } = await jwtVerify(tokens.access_token, keys, { issuer, audience: API, typ: "at+jwt" });
    assert.deepEqual([payload.sub, payload["roles"], payload["seat"]], [ana.id, ["member"], true]);
    assert.deepEqual(payload["tenant"], { id: tenant.id, slug: tenant.slug, name: tenant.name });
    assert.ok((payload.exp ?? 0) - (payload.iat ?? 0) <= 300);
    // RFC 9068 §4: for the API alone, not for us.
    await assert.rejects(client.fetchUserInfo(party.config, tokens.access_token, ana.id));
    const [refused] = [await follow(browser, (await party.begin({ resource: "https://other.example" })).url.href)];
    assert.equal(new URL(refused.url).searchParams.get("error"), "invalid_target");
  });

  it("serves applications in browsers and on devices, which have no secret", async () => {
    const tenant = await place();
    const ana = await member(tenant, "ana");
    const browser = new Browser();
    for (const type of ["spa", "native"]) {
      const party = await relyingParty({ type });
      assert.equal(party.clientSecret, null);
      const tokens = await signInTo(party, browser, { tenant: tenant.slug, email: ana.email });
      assert.equal((await client.refreshTokenGrant(party.config, tokens.refresh_token ?? "")).claims()?.sub, ana.id);
    }
    const spa = await relyingParty({ type: "spa", redirectUris: [CALLBACK] });
    const token = await fetch(`${await server()}/oidc/token`, {
      method: "POST",
      headers: { origin: new URL(CALLBACK).origin },
      body: new URLSearchParams({ client_id: spa.clientId, grant_type: "authorization_code", code: "none" }),
    });
    assert.equal(token.headers.get("access-control-allow-origin"), new URL(CALLBACK).origin);
  });

  it("keeps the application waiting while somebody chooses a password of their own", async () => {
    const tenant = await place();
    const ana = await member(tenant, "ana");
    const { pool } = await testDatabase();
    await pool.query("update members set password_change = true where id = $1", [ana.id]);
    const party = await relyingParty();
    const browser = new Browser();
    const begun = await party.begin({ tenant: tenant.slug });
    const page = await byPassword(browser, await follow(browser, begun.url.href), ana.email);
    assert.match(page.text, /action="\/sign-in\/password"/);
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
    const changed = await browser.post("/sign-in/password", { csrf, current: PASSWORD, next: `${PASSWORD} 2` });
    assert.equal(changed.status, 303, changed.text);
    const done = await follow(browser, changed.location);
    assert.equal((await party.redeem(begun, done.url)).claims()?.sub, ana.id);
  });

  it("goes to the one connection of the tenant, and asks of it what the application asks", async () => {
    const tenant = await place();
    await samlConnection(tenant);
    const party = await relyingParty();
    const acr = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken";
    const requestOf = async (more: Record<string, string>): Promise<string> => {
      const seen = await follow(new Browser(), (await party.begin({ tenant: tenant.slug, ...more })).url.href);
      const request = new URL(seen.url).searchParams.get("SAMLRequest") ?? "";
      return inflateRawSync(Buffer.from(request, "base64")).toString();
    };
    const plain = await requestOf({});
    assert.doesNotMatch(plain, /ForceAuthn|RequestedAuthnContext/);
    const asked = await requestOf({ prompt: "login", acr_values: `${acr} phr` });
    assert.match(asked, / ForceAuthn="true"/);
    assert.match(
      asked,
      new RegExp(`<samlp:RequestedAuthnContext><saml:AuthnContextClassRef>${acr}</saml:AuthnContextClassRef></`),
    );
    assert.match(await requestOf({ max_age: "300" }), / ForceAuthn="true"/);
  });

  it("asks an OpenID Provider with prompt, max_age and acr_values, and believes no sign-in that is older", async () => {
    const tenant = await place();
    const made = await api("POST", `/tenants/${tenant.slug}/connections`, {
      protocol: "oidc",
      provider: "custom",
      name: "Far",
    });
    const { id, oidc } = made.body as { id: string; oidc: { redirectUri: string } };
    const idp = await oidcIdp([oidc.redirectUri]);
    try {
      const { issuer, clientId, clientSecret } = idp;
      const path = `/tenants/${tenant.slug}/connections/${id}`;
      assert.equal((await api("PATCH", path, { oidc: { issuer, clientId, clientSecret } })).status, 200);
      assert.equal((await api("PATCH", path, { status: "enabled", force: true })).status, 200);
      const party = await relyingParty();
      const begun = await party.begin({
        tenant: tenant.slug,
        prompt: "login",
        max_age: "60",
        acr_values: "phr",
        login_hint: "ana@x.example",
      });
      const browser = new Browser();
      const sent = new URL((await follow(browser, begun.url.href)).url);
      const shown = ["prompt", "max_age", "acr_values", "login_hint"].map((name) => sent.searchParams.get(name));
      assert.deepEqual(shown, ["login", "60", "phr", "ana@x.example"]);
      idp.person = { sub: "ana-1", email: `ana@${tenant.domain}`, email_verified: true };
      const back = await idp.visit(sent.href);
      const done = await follow(browser, back.href);
      assert.equal((await party.redeem(begun, done.url)).claims()?.["email"], `ana@${tenant.domain}`);
    } finally {
      idp.close();
    }
  });

  it("says as auth_time when the identity provider was shown who it is, and takes that for max_age (OIDC Core §2)", async () => {
    const tenant = await place();
    const upstream = await samlConnection(tenant);
    const party = await relyingParty();
    const timeOf = async (browser: Browser, told: Date, more: Record<string, string>): Promise<number | undefined> => {
      const begun = await party.begin({ tenant: tenant.slug, ...more });
      const done = await bySaml(browser, tenant, upstream, begun.url.href, told);
      return (await party.redeem(begun, done.url)).claims()?.auth_time;
    };
    const hourAgo = new Date(Date.now() - 3_600_000);
    const seconds = Math.floor(hourAgo.getTime() / 1000);
    assert.equal(await timeOf(new Browser(), hourAgo, {}), seconds);
    const browser = new Browser();
    assert.equal(await timeOf(browser, hourAgo, { max_age: "7200" }), seconds);
    const silent = await party.begin({ max_age: "7200", prompt: "none" });
    assert.equal(
      (await party.redeem(silent, (await follow(browser, silent.url.href)).url)).claims()?.auth_time,
      seconds,
    );
    const sooner = await timeOf(new Browser(), new Date(Date.now() + 3_600_000), {});
    assert.ok(Math.abs(Date.now() / 1000 - (sooner ?? 0)) < 60, "a clock that is ahead puts nobody in the future");
  });

  it("names in its metadata what it offers, and no more", async () => {
    const { config } = await relyingParty();
    const found = config.serverMetadata();
    assert.deepEqual(found.response_types_supported, ["code"]);
    assert.deepEqual(found["code_challenge_methods_supported"], ["S256"]);
    assert.deepEqual(found["subject_types_supported"], ["public"]);
    assert.equal(found.pushed_authorization_request_endpoint, undefined);
    assert.equal(found["backchannel_logout_supported"], true);
    assert.equal(found["backchannel_logout_session_supported"], true);
    assert.deepEqual(found.scopes_supported, ["openid", "email", "profile", "roles", "groups"]);
    const metadata = await fetch(`${await server()}/.well-known/oauth-authorization-server/oidc`);
    assert.equal(metadata.status, 200);
    assert.equal(((await metadata.json()) as { issuer: string }).issuer, `${await server()}/oidc`);
  });

  it("signs by the next key once it is its turn, and is understood all the while", async () => {
    const tenant = await place();
    const ana = await member(tenant, "ana");
    const db = await testDatabase();
    const party = await relyingParty();
    const browser = new Browser();
    const before = await signInTo(party, browser, { tenant: tenant.slug, email: ana.email });
    const kid = await rotateSigningKey({ db, secretKeys: ways.secretKeys }, new Date(), 0);
    const jwks = createRemoteJWKSet(new URL(`${await server()}/oidc/jwks`));
    const issuer = `${await server()}/oidc`;
    await jwtVerify(before.id_token ?? "", jwks, { issuer, audience: party.clientId });
    const states = Object.fromEntries((await listSigningKeys(db, new Date())).map((key) => [key.kid, key.state]));
    assert.equal(states[kid], "current");
    assert.equal(states[decodeProtectedHeader(before.id_token ?? "").kid ?? ""], "old");
  });

  it("shows who finds no seat whom to ask, where the tenant lets nobody in without one (rule 9)", async () => {
    const tenant = await place({ seatLimit: 0, settings: { seats: { whenFull: { sso: "refuse" } } } });
    const { id, idp } = await samlConnection(tenant);
    const party = await relyingParty();
    const comes = async (): Promise<string> => {
      const browser = new Browser();
      const seen = await follow(browser, (await party.begin({ tenant: tenant.slug })).url.href);
      const { samlResponse } = await idp.answer(seen.url, { nameId: "ana-1", email: `ana@${tenant.domain}` });
      const posted = await browser.post(`/sso/saml/${id}/acs`, { SAMLResponse: samlResponse }, true);
      const page = await follow(browser, posted.location);
      assert.equal(page.status, 403);
      return page.text;
    };
    assert.match(await comes(), /Ask your admin for one/);
    await api("PUT", `/tenants/${tenant.slug}/contact`, { name: "Ida <Admin>" });
    assert.match(await comes(), /Ask Ida &lt;Admin&gt; for one/);
  });

  it("brings somebody to an application after a sign-in that began elsewhere, and to no other place", async () => {
    const tenant = await place();
    const ana = await member(tenant, "ana");
    await relyingParty({ redirectUris: ["https://notes.example/callback"] });
    const startAt = (
      to: string,
    ): Promise<{ status: number; text: string; url: string; location: string; headers: Headers }> =>
      follow(new Browser(), `/sso/start?${new URLSearchParams({ tenant: tenant.slug, return_to: to })}`);
    const browser = new Browser();
    const page = await follow(browser, `/sso/start?tenant=${tenant.slug}&return_to=https://notes.example/start%3Fa=1`);
    assert.equal((await byPassword(browser, page, ana.email)).url, "https://notes.example/start?a=1");
    const linked = await follow(browser, `/sso/start?tenant=${tenant.slug}&target_link_uri=https://notes.example/x`);
    assert.equal((await byPassword(browser, linked, ana.email)).url, "https://notes.example/x");
    const evil = `/sso/start?tenant=${tenant.slug}&target_link_uri=https://evil.example/x`;
    assert.equal((await follow(new Browser(), evil)).status, 400);
    for (const to of [
      "https://evil.example/",
      "https://notes.example.evil.example/",
      "https://notes.example:444/",
      "http://notes.example/",
      "https://notes.example@evil.example/",
      "https://me:secret@notes.example/",
      "https:\\\\notes.example/",
      "//notes.example/",
      "javascript:alert(1)",
    ]) {
      assert.equal((await startAt(to)).status, 400, to);
    }
  });

  it("lets two applications wait for one sign-in, as tabs do in the morning", async () => {
    const tenant = await place();
    const ana = await member(tenant, "ana");
    const browser = new Browser();
    const [first, second] = [await relyingParty(), await relyingParty()];
    await signInTo(first, browser, { tenant: tenant.slug, email: ana.email });
    const { pool } = await testDatabase();
    await pool.query("update sessions set expires_at = now() where tenant_id = $1", [tenant.id]);
    const waiting = [await first.begin({ tenant: tenant.slug }), await second.begin({ tenant: tenant.slug })] as const;
    // Each tab has cookies of its own paths.
    const tabs = [];
    for (const { url } of waiting) {
      const page = await follow(browser, url.href);
      tabs.push({ page, cookies: new Map([...browser.cookies].filter(([name]) => /interaction|resume/.test(name))) });
    }
    for (const [i, { page, cookies }] of tabs.entries()) {
      for (const [name, value] of cookies) browser.cookies.set(name, value);
      const path = /name="return_to" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
      const done = i === 0 ? await byPassword(browser, page, ana.email) : await follow(browser, path);
      const [party, begun] = i === 0 ? [first, waiting[0]] : [second, waiting[1]];
      assert.equal((await party.redeem(begun, done.url)).claims()?.sub, ana.id);
    }
  });
});
