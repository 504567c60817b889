import assert from "node:assert/strict";
import type { RequestHandler } from "express";
import type { OidcRefusal } from "../../src/sso/oidc/refusal.ts";
import { beginOidc } from "../../src/sso/oidc/beginOidc.ts";
import type { OidcDeps } from "../../src/sso/oidc/discovery.ts";
import { endSessionUrl } from "../../src/sso/oidc/endSession.ts";
import { CLIENT, type HostileOp, type Knobs, signer } from "../support/hostileOp.ts";
import { assertRefused, closeAll, connectionTo, depsWith, opWith, signIn, urlsOf } from "./signIn.ts";

type Json = Record<string, unknown>;

const MEBIBYTE = 1024 * 1024;
const DISCOVERY = "/.well-known/openid-configuration";

function begin(op: Pick<HostileOp, "issuer">, deps: OidcDeps = depsWith()) {
  const connection = connectionTo(op.issuer);
  return beginOidc(connection, urlsOf(connection), deps);
}

const document = (changed: Json): Knobs => ({ discovery: (honest) => ({ ...honest, ...changed }) });
const asked = (op: HostileOp, path: string) => op.asked.filter((each) => each === path).length;
const later = (deps: OidcDeps, seconds: number): OidcDeps => ({
  ...deps,
  now: new Date(deps.now.getTime() + seconds * 1000),
});

/** Sends until nobody reads. */
const endless: RequestHandler = (_request, response) => {
  const chunk = Buffer.alloc(MEBIBYTE, " ");
  let sent = 0;
  const more = (): void => {
    while (sent++ < 60) if (!response.write(chunk)) return void response.once("drain", more);
    response.end();
  };
  response.type("json");
  more();
};

/** A byte now and then, so that no silence lasts. */
const drip: RequestHandler = (_request, response) => {
  const timer = setInterval(() => response.write(" "), 20);
  response.type("json").once("close", () => clearInterval(timer));
};

const page: RequestHandler = (_request, response) => void response.send("<html>Sign in</html>");

describe("discovery of an OpenID Provider", () => {
  after(closeAll);

  const rows: readonly (readonly [what: string, code: OidcRefusal, knobs: Knobs])[] = [
    ["another issuer", "oidc_discovery_issuer", document({ issuer: "https://evil.example" })],
    [
      "the issuer with another path",
      "oidc_discovery_issuer",
      { discovery: (d) => ({ ...d, issuer: `${String(d["issuer"])}/x` }) },
    ],
    ["an issuer that is no URL", "oidc_discovery", document({ issuer: "evil" })],
    ["no issuer", "oidc_discovery", document({ issuer: undefined })],
    ["a document that is a list", "oidc_discovery", { discovery: () => [] }],
    ["a page", "oidc_discovery", { discoveryAnswer: page }],
    ["status 404", "oidc_discovery", { discoveryAnswer: (_request, response) => void response.status(404).end() }],
    ["no answer but a cut", "oidc_unreachable", { discoveryAnswer: (request) => void request.socket.destroy() }],
    ["60 MB", "oidc_too_large", { discoveryAnswer: endless }],
    [
      "an authorization endpoint that is a script",
      "oidc_discovery",
      document({ authorization_endpoint: "javascript:alert(1)" }),
    ],
    ["an authorization endpoint that is none", "oidc_discovery", document({ authorization_endpoint: undefined })],
    ["a token endpoint that is a number", "oidc_discovery", document({ token_endpoint: 1 })],
    ["no key set", "oidc_discovery", document({ jwks_uri: undefined })],
    ["a UserInfo endpoint that is a file", "oidc_discovery", document({ userinfo_endpoint: "file:///etc/passwd" })],
    ["algorithms that are no list", "oidc_algorithm", document({ id_token_signing_alg_values_supported: "RS256" })],
  ];
  for (const [what, code, knobs] of rows) {
    it(`O13: is refused with ${code}: ${what}`, async () => {
      await assertRefused(begin(await opWith(knobs)), code);
    });
  }

  it("O13: follows no redirect, not even to an honest document", async () => {
    const honest = await opWith();
    const op = await opWith({
      discoveryAnswer: (_request, response) => response.redirect(302, honest.issuer + DISCOVERY),
    });
    await assertRefused(begin(op), "oidc_discovery");
    assert.deepEqual(honest.asked, []);
  });

  it("O13: ends a slow drip", async () => {
    const op = await opWith({ discoveryAnswer: drip });
    await assertRefused(begin(op, depsWith({ limitMs: 300 })), "oidc_unreachable");
  });

  it("O13: compares the issuer also where the address of the document is given as one", async () => {
    const op = await opWith();
    await assertRefused(begin({ issuer: op.issuer + DISCOVERY }), "oidc_discovery_issuer");
  });

  it("O13: asks no plain http unless it is allowed, and then in allowed networks alone", async () => {
    const op = await opWith();
    await assertRefused(begin(op, { ...depsWith(), allowHttp: false }), "oidc_discovery");
    await assertRefused(begin(op, depsWith({ allowedNetworks: [] })), "oidc_address");
    assert.deepEqual(op.asked, []);
  });

  it("O13: sends no browser to plain http where it is itself reached by https, also where http may be tried", async () => {
    const issuer = "https://op.example";
    const honest = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      end_session_endpoint: `${issuer}/logout`,
    };
    const toldBy = (changed: object): OidcDeps => ({
      ...depsWith(),
      fetch: () => Promise.resolve(Response.json({ ...honest, ...changed })),
    });
    assert.match((await begin({ issuer }, toldBy({}))).redirectUrl, /^https:/);
    for (const name of ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"]) {
      await assertRefused(begin({ issuer }, toldBy({ [name]: "http://op.example/plain" })), "oidc_discovery");
    }
    const connection = connectionTo(issuer, { oidc: { endSession: true } });
    const leads = async (to: string) =>
      (await endSessionUrl(connection, issuer, toldBy({ end_session_endpoint: to })))?.origin;
    assert.deepEqual([await leads(`${issuer}/logout`), await leads("http://op.example/logout")], [issuer, undefined]);
  });

  describe("O13: endpoints in networks of ours", () => {
    const resolve =
      (...addresses: string[]) =>
      async () =>
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    const hosts: readonly (readonly [what: string, host: string, ...addresses: string[]])[] = [
      ["private", "10.0.0.1"],
      ["private", "192.168.1.1"],
      ["loopback of IPv6", "[::1]"],
      ["mapped into IPv6", "[::ffff:10.0.0.1]"],
      ["a name that resolves to a private one", "provider.example", "10.0.0.1"],
      ["a name that resolves to one mapped into IPv6", "provider.example", "::ffff:10.0.0.1"],
      ["a name that resolves to a public one and to a private one", "provider.example", "8.8.8.8", "10.0.0.1"],
    ];
    for (const [what, host, ...addresses] of hosts) {
      it(`are not asked: ${what} (${host})`, async () => {
        const there = (name: string) => document({ [name]: `https://${host}/x` });
        const way = { resolve: resolve(...addresses) };
        await assertRefused(signIn(await opWith(there("token_endpoint")), {}, depsWith(way)), "oidc_address");
        await assertRefused(signIn(await opWith(there("jwks_uri")), {}, depsWith(way)), "oidc_address");
        const noMail = { claims: (claims: Json) => ({ ...claims, email: undefined }) };
        const op = await opWith({ ...there("userinfo_endpoint"), ...noMail });
        await assertRefused(signIn(op, {}, depsWith(way)), "oidc_address");
      });
    }
  });

  it("O13: sends code and secret nowhere else by a redirect of the token endpoint (307)", async () => {
    const thief = await opWith();
    const op = await opWith({ tokenAnswer: (_request, response) => response.redirect(307, `${thief.issuer}/token`) });
    await assertRefused(signIn(op), "oidc_token_response");
    assert.deepEqual(thief.asked, []);
  });

  it("O13: reads no endless token response, key set or UserInfo", async () => {
    for (const name of ["tokenAnswer", "keysAnswer", "userinfoAnswer"]) {
      const op = await opWith({ [name]: endless, claims: (claims) => ({ ...claims, email: undefined }) });
      await assertRefused(signIn(op), "oidc_too_large");
    }
  });

  it("is remembered for ten minutes, for each issuer and client", async () => {
    const [op, deps] = [await opWith(), depsWith()];
    await Promise.all(Array.from({ length: 20 }, () => begin(op, deps)));
    await begin(op, later(deps, 599));
    assert.equal(asked(op, DISCOVERY), 1);
    await begin(op, later(deps, 601));
    assert.equal(asked(op, DISCOVERY), 2);
    const other = connectionTo(op.issuer, {
      oidc: { issuer: op.issuer, clientId: "another", clientSecret: CLIENT.secret },
    });
    await beginOidc(other, urlsOf(other), later(deps, 602));
    assert.equal(asked(op, DISCOVERY), 3);
  });

  it("is asked anew after a failure", async () => {
    const [op, deps] = [await opWith({ discoveryAnswer: page }), depsWith()];
    await assertRefused(begin(op, deps), "oidc_discovery");
    delete op.knobs.discoveryAnswer;
    assert.ok(await begin(op, deps));
  });
});

describe("the keys of an OpenID Provider", () => {
  after(closeAll);

  it("O14: are fetched once for many sign-ins", async () => {
    const [op, deps] = [await opWith(), depsWith()];
    for (let times = 0; times < 3; times++) await signIn(op, {}, deps);
    assert.equal(asked(op, "/keys"), 1);
    await signIn(op, {}, later(deps, 240));
    assert.equal(asked(op, "/keys"), 1);
    await signIn(op, {}, later(deps, 240 + 61));
    assert.equal(asked(op, "/keys"), 2);
  });

  it("O14: may roll over: a new one is found within a minute, an old one is forgotten", async () => {
    const [op, deps] = [await opWith(), depsWith()];
    const old = op.signer;
    await signIn(op, {}, deps);
    op.signer = await signer("RS256", "new");
    await assertRefused(signIn(op, {}, later(deps, 30)), "oidc_key");
    assert.equal((await signIn(op, {}, later(deps, 61))).subject, "subject-1");
    const keys = [op.signer.jwk];
    op.knobs.keys = () => keys;
    op.signer = old;
    await assertRefused(signIn(op, {}, later(deps, 62)), "oidc_key");
  });

  it("O14: cannot be asked for again and again by unknown kids", async () => {
    const [op, deps] = [await opWith(), depsWith()];
    await signIn(op, {}, deps);
    op.signer = { ...op.signer, jwk: { ...op.signer.jwk, kid: "published" }, kid: "unknown" };
    for (let times = 0; times < 5; times++) await assertRefused(signIn(op, {}, later(deps, 70)), "oidc_key");
    assert.equal(asked(op, "/keys"), 2);
  });

  it("O14: for encryption verify nothing", async () => {
    const op = await opWith({ keys: () => [{ ...op.signer.jwk, use: "enc" }] });
    await assertRefused(signIn(op), "oidc_key");
  });

  it("O14: that cannot be fetched refuse the sign-in, and the next one may succeed", async () => {
    const [op, deps] = [
      await opWith({ keysAnswer: (_request, response) => void response.status(503).end() }),
      depsWith(),
    ];
    await assertRefused(signIn(op, {}, deps), "oidc_token_response");
    delete op.knobs.keysAnswer;
    assert.ok(await signIn(op, {}, deps));
  });
});
