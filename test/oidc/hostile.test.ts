import assert from "node:assert/strict";
import { SignJWT } from "jose";
import { beginOidc } from "../../src/sso/oidc/beginOidc.ts";
import { finishOidc } from "../../src/sso/oidc/finishOidc.ts";
import type { OidcRefusal } from "../../src/sso/oidc/refusal.ts";
import { CLIENT, type Knobs, sign, signer, unsigned } from "../support/hostileOp.ts";
import { assertRefused, closeAll, connectionTo, depsWith, type More, opWith, signIn, urlsOf } from "./signIn.ts";

type Json = Record<string, unknown>;
type Row = readonly [what: string, code: OidcRefusal, knobs: Knobs, more?: More];

const hour = 3600;
const now = () => Math.floor(Date.now() / 1000);
const lists = (...algorithms: string[]) => ({
  discovery: (document: Json) => ({ ...document, id_token_signing_alg_values_supported: algorithms }),
});
const claims = (changed: Json | ((claims: Json) => Json)): Knobs => ({
  claims: (honest) => ({ ...honest, ...(typeof changed === "function" ? changed(honest) : changed) }),
});

const otherKey = signer("RS256", "usual");
const elliptic = signer("ES256", "elliptic");

const rows: readonly Row[] = [
  [
    "O01: a signature of nothing",
    "oidc_signature",
    { idToken: async (held, op) => `${(await sign(held, op.signer)).split(".", 2).join(".")}.${"A".repeat(342)}` },
  ],
  [
    "O01: a signature of another key under the same kid",
    "oidc_signature",
    { idToken: async (held) => sign(held, await otherKey) },
  ],
  [
    "O01: claims changed after signing",
    "oidc_signature",
    {
      idToken: async (held, op) => {
        const [header, , signature] = (await sign(held, op.signer)).split(".");
        const payload = Buffer.from(JSON.stringify({ ...held, sub: "victim" })).toString("base64url");
        return `${header}.${payload}.${signature}`;
      },
    },
  ],
  ["O01: the kid of another key", "oidc_key", { idToken: (held, op) => sign(held, { ...op.signer, kid: "another" }) }],
  ["O01: no signature at all", "oidc_signature", { idToken: (held) => unsigned(held, "RS256") }],
  ["O01: a key of 1024 bits", "oidc_key", { keys: () => [WEAK], idToken: (held) => weak(held) }],
  ["O01: a key that is none", "oidc_key", { keys: () => [{ kty: "RSA", kid: "usual", n: "", e: "" }] }],
  [
    "O02: algorithm none where discovery lists it",
    "oidc_algorithm",
    { ...lists("none", "RS256"), idToken: (held) => unsigned(held) },
  ],
  ["O02: a provider that lists none alone", "oidc_algorithm", { ...lists("none"), idToken: (held) => unsigned(held) }],
  [
    "O02: HS256 with our client secret where it is listed",
    "oidc_algorithm",
    { ...lists("HS256", "RS256"), idToken: (held) => symmetric(held, Buffer.from(CLIENT.secret)) },
  ],
  [
    "O02: HS256 with the public key",
    "oidc_algorithm",
    { ...lists("HS256", "RS256"), idToken: (held, op) => symmetric(held, Buffer.from(JSON.stringify(op.signer.jwk))) },
  ],
  [
    "O02: an allowed algorithm that the provider does not list",
    "oidc_algorithm",
    { idToken: async (held) => sign(held, await elliptic) },
  ],
  [
    "O02: header extensions that must be understood",
    "oidc_algorithm",
    { idToken: (held, op) => sign(held, op.signer, { crit: ["b64"], b64: true }) },
  ],
  ["O02: an encrypted ID token", "oidc_encrypted", { idToken: () => "a.b.c.d.e" }],
  ["O03: another issuer", "oidc_issuer", claims({ iss: "https://evil.example" })],
  ["O03: another audience", "oidc_audience", claims({ aud: "another-client" })],
  ["O03: no audience", "oidc_claims", claims({ aud: undefined })],
  ["O03: several audiences and no authorized party", "oidc_audience", claims({ aud: [CLIENT.id, "another-client"] })],
  [
    "O03: several audiences and another authorized party",
    "oidc_authorized_party",
    claims({ aud: [CLIENT.id, "x"], azp: "x" }),
  ],
  ["O03: our audience and another authorized party", "oidc_authorized_party", claims({ azp: "another-client" })],
  ["O03: no nonce", "oidc_nonce", claims({ nonce: undefined })],
  ["O03: another nonce", "oidc_nonce", claims({ nonce: "of another sign-in" })],
  ["O03: expired", "oidc_expired", claims({ iat: now() - hour, exp: now() - 120 })],
  ["O03: no expiry", "oidc_claims", claims({ exp: undefined })],
  ["O03: not valid yet", "oidc_not_yet_valid", claims({ nbf: now() + hour })],
  ["O04: issued in the far future", "oidc_not_yet_valid", claims({ iat: now() + hour, exp: now() + 2 * hour })],
  ["O04: issued at a text", "oidc_claims", claims({ iat: "yesterday" })],
  ["O04: an empty subject", "oidc_subject", claims({ sub: "" })],
  ["O04: no subject", "oidc_subject", claims({ sub: undefined })],
  ["O04: a subject of 256 characters", "oidc_subject", claims({ sub: "s".repeat(256) })],
  ["O04: a subject with a NUL", "oidc_subject", claims({ sub: "ana\u0000" })],
  ["O04: a subject that is half a character", "oidc_subject", claims({ sub: "ana\ud800" })],
  ...[17, { a: 1 }, ["ana"], true].map((sub): Row => [
    `O04: a subject that is no text: ${JSON.stringify(sub)}`,
    "oidc_subject",
    claims({ sub }),
  ]),
  ["O05: no ID token", "oidc_id_token_missing", { tokenResponse: ({ id_token: _none, ...rest }) => rest }],
  ["O05: an ID token that is no JWT", "oidc_token_response", { idToken: () => "not a token" }],
  [
    "O05: a token response that is no JSON",
    "oidc_token_response",
    { tokenAnswer: (_, response) => void response.send("<html>") },
  ],
  ["O06: another state", "oidc_state", { callback: (back) => back.set("state", "of another sign-in") }],
  ["O06: no state", "oidc_state", { callback: (back) => back.delete("state") }],
  ["O06: the state twice", "oidc_parameter", { callback: (back) => back.append("state", "x") }],
  ["O06: the code twice", "oidc_parameter", { callback: (back) => back.append("code", "x") }],
  ["O06: no code", "oidc_parameter", { callback: (back) => back.delete("code") }],
  ["O06: an ID token through the browser", "oidc_parameter", { callback: (back) => back.append("id_token", "a.b.c") }],
  ["O06: a code that the provider did not give", "oidc_code", { callback: (back) => back.set("code", "stolen") }],
  [
    "O08: an issuer parameter of another provider",
    "oidc_issuer_parameter",
    { callback: (back) => back.set("iss", "https://evil.example") },
  ],
  [
    "O08: no issuer parameter though it is advertised",
    "oidc_issuer_parameter",
    { callback: (back) => back.delete("iss") },
  ],
  [
    "O08: another issuer parameter beside an error",
    "oidc_issuer_parameter",
    {
      callback: (back) => (
        back.delete("code"),
        back.set("error", "access_denied"),
        back.set("iss", "https://evil.example")
      ),
    },
  ],
  [
    "O12: UserInfo about somebody else",
    "oidc_userinfo_subject",
    { ...claims({ email: undefined }), userinfo: { sub: "victim", email: "v@x.example" } },
  ],
  ["O12: UserInfo about nobody", "oidc_userinfo", { ...claims({ email: undefined }), userinfo: { sub: undefined } }],
  [
    "O12: UserInfo that takes no token",
    "oidc_userinfo",
    {
      ...claims({ email: undefined }),
      userinfoAnswer: (_, response) =>
        void response.set("WWW-Authenticate", 'Bearer error="invalid_token"').status(401).end(),
    },
  ],
  [
    "O12: UserInfo that is a page",
    "oidc_userinfo",
    { ...claims({ email: undefined }), userinfoAnswer: (_, response) => void response.send("<html>") },
  ],
  ["groups that are no texts", "oidc_groups", claims({ groups: [{ name: "Sales" }] }), { groupsClaim: "groups" }],
];

const WEAK: Json = {};
/** jose makes and uses no such key, so it is the header and the key set that claim one. */
async function weak(held: Json): Promise<string> {
  const { generateKeyPairSync, createSign } = await import("node:crypto");
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  Object.assign(WEAK, publicKey.export({ format: "jwk" }), { kid: "weak", alg: "RS256" });
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const input = `${part({ alg: "RS256", kid: "weak" })}.${part(held)}`;
  return `${input}.${createSign("sha256").update(input).sign(privateKey).toString("base64url")}`;
}

function symmetric(held: Json, key: Uint8Array): Promise<string> {
  return new SignJWT(held).setProtectedHeader({ alg: "HS256" }).sign(key);
}

describe("a hostile OpenID Provider", () => {
  after(closeAll);

  it("is one only by its knobs: untouched, it signs a person in", async () => {
    const identity = await signIn(await opWith());
    assert.equal(identity.subject, "subject-1");
    assert.equal(identity.email, "ana@customer.example");
  });

  for (const [what, code, knobs, more] of rows) {
    it(`is refused with ${code}: ${what}`, async () => {
      await assertRefused(signIn(await opWith(knobs), more), code);
    });
  }

  for (const alg of ["PS256", "ES256", "EdDSA"]) {
    it(`O02: signs by ${alg} where it lists that`, async () => {
      const op = await opWith(lists(alg, "none"));
      op.signer = await signer(alg, "its own");
      assert.equal((await signIn(op)).subject, "subject-1");
    });
  }

  it("O04: may use a subject of 255 characters", async () => {
    assert.equal((await signIn(await opWith(claims({ sub: "s".repeat(255) })))).subject, "s".repeat(255));
  });

  it("O03: may be a minute ahead or behind", async () => {
    assert.ok(await signIn(await opWith(claims({ iat: now() + 30, exp: now() + 60, nbf: now() + 30 }))));
    assert.ok(await signIn(await opWith(claims({ iat: now() - 90, exp: now() - 30 }))));
  });

  it("O06: gives a code that is worth nothing without the PKCE verifier", async () => {
    const op = await opWith();
    const [connection, deps] = [connectionTo(op.issuer), depsWith()];
    const urls = urlsOf(connection);
    const [first, second] = [await beginOidc(connection, urls, deps), await beginOidc(connection, urls, deps)];
    const back = await op.visit(first.redirectUrl);
    back.searchParams.set("state", second.requestId);
    await assertRefused(finishOidc(connection, urls, back, second.proof ?? "", deps), "oidc_code");
  });

  it("O06: may be visited in two tabs at once, each of which is its own sign-in", async () => {
    const op = await opWith();
    const [connection, deps] = [connectionTo(op.issuer), depsWith()];
    const urls = urlsOf(connection);
    const [first, second] = [await beginOidc(connection, urls, deps), await beginOidc(connection, urls, deps)];
    const [backFirst, backSecond] = [await op.visit(first.redirectUrl), await op.visit(second.redirectUrl)];
    await assertRefused(finishOidc(connection, urls, backFirst, second.proof ?? "", deps), "oidc_state");
    assert.ok(await finishOidc(connection, urls, backSecond, second.proof ?? "", deps));
    assert.ok(await finishOidc(connection, urls, backFirst, first.proof ?? "", deps));
  });

  it("O07: is sent PKCE S256 though its metadata does not speak of PKCE", async () => {
    const op = await opWith();
    const begun = await beginOidc(connectionTo(op.issuer), urlsOf(connectionTo("x:")), depsWith());
    const sent = new URL(begun.redirectUrl).searchParams;
    assert.equal(sent.get("code_challenge_method"), "S256");
    assert.match(sent.get("code_challenge") ?? "", /^[\w-]{43}$/);
    assert.equal(sent.get("response_type"), "code");
    assert.equal(sent.get("scope"), "openid email profile");
    assert.equal(sent.get("state"), begun.requestId);
    const proof = JSON.parse(begun.proof ?? "") as Record<string, string>;
    assert.equal(sent.get("nonce"), proof["nonce"]);
    assert.notEqual(proof["nonce"], proof["state"]);
    assert.doesNotMatch(begun.redirectUrl, new RegExp(proof["codeVerifier"] ?? "none"));
  });

  it("O08: answers an attempt of connection A at the address of connection B", async () => {
    const op = await opWith();
    const deps = depsWith();
    const a = connectionTo(op.issuer);
    const b = connectionTo(op.issuer, { id: "0192e0a0-0000-7000-8000-000000000002" });
    const begun = await beginOidc(a, urlsOf(a), deps);
    const back = await op.visit(begun.redirectUrl);
    await assertRefused(finishOidc(b, urlsOf(b), back, begun.proof ?? "", deps), "oidc_redirect_uri");
    const moved = new URL(urlsOf(b).redirectUri + back.search);
    await assertRefused(finishOidc(b, urlsOf(b), moved, begun.proof ?? "", deps), "oidc_connection");
  });

  it("O08: answers an attempt that was begun with another issuer or client", async () => {
    const [op, other] = [await opWith(), await opWith()];
    const deps = depsWith();
    const before = connectionTo(op.issuer);
    const begun = await beginOidc(before, urlsOf(before), deps);
    const back = await op.visit(begun.redirectUrl);
    const settings = { issuer: op.issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret };
    for (const oidc of [
      { ...settings, issuer: other.issuer },
      { ...settings, clientId: "another" },
    ]) {
      const after = connectionTo(op.issuer, { oidc });
      await assertRefused(finishOidc(after, urlsOf(after), back, begun.proof ?? "", deps), "oidc_connection");
    }
  });

  it("is authenticated to as it lists, by a secret of any characters", async () => {
    const basic = await opWith();
    await signIn(basic);
    const [scheme, encoded = ""] = (basic.token.authorization ?? "").split(" ");
    assert.equal(scheme, "Basic");
    // RFC 6749 §2.3.1: form-encoded before it is joined.
    const parts = Buffer.from(encoded, "base64").toString().split(":");
    assert.deepEqual(
      [...new URLSearchParams(`id=${parts[0]}&secret=${parts[1]}`).values()],
      [CLIENT.id, CLIENT.secret],
    );
    const post = await opWith({
      discovery: (document) => ({ ...document, token_endpoint_auth_methods_supported: ["client_secret_post"] }),
    });
    await signIn(post);
    assert.equal(post.token.authorization, undefined);
    assert.equal(post.token.form["client_secret"], CLIENT.secret);
  });

  it("cannot make a connection begin that has no settings yet", async () => {
    const draft = connectionTo("https://unused.example", { oidc: null });
    await assertRefused(beginOidc(draft, urlsOf(draft), depsWith()), "oidc_settings");
  });

  describe("O15: an error through the browser", () => {
    const error = (code: string, description = ""): Knobs => ({
      callback: (back) => (back.delete("code"), back.set("error", code), back.set("error_description", description)),
    });
    const hostile = "<script>alert(1)</script>\r\nSet-Cookie: usher=1 ana@customer.example";

    it("is a denial, or the provider's own", async () => {
      await assertRefused(signIn(await opWith(error("access_denied"))), "oidc_denied");
      const own = await assertRefused(signIn(await opWith(error("server_error"))), "oidc_provider_error");
      assert.match(own.message, /server_error/);
    });

    it("is shown without what could break a page or a log", async () => {
      await assertRefused(signIn(await opWith(error("access_denied", hostile))), "oidc_denied");
      const odd = await assertRefused(signIn(await opWith(error(hostile, hostile))), "oidc_provider_error");
      assert.doesNotMatch(odd.message, /script|Set-Cookie/);
    });

    it("keeps Entra ID's number, which tells the admin what to do", async () => {
      const described = error("access_denied", "AADSTS50105: ana@customer.example is not assigned to a role");
      assert.match((await assertRefused(signIn(await opWith(described)), "oidc_denied")).message, /AADSTS50105/);
    });

    it("counts only with the state of the sign-in, and never beside a code", async () => {
      const forged: Knobs = {
        callback: (back) => (back.delete("code"), back.set("error", "x"), back.set("state", "y")),
      };
      await assertRefused(signIn(await opWith(forged)), "oidc_state");
      await assertRefused(signIn(await opWith({ callback: (back) => back.set("error", "x") })), "oidc_parameter");
    });

    it("of the token endpoint is told apart", async () => {
      const answers = (status: number, body: object): Knobs => ({
        tokenAnswer: (_request, response) => void response.status(status).json(body),
      });
      await assertRefused(signIn(await opWith(answers(401, { error: "invalid_client" }))), "oidc_client");
      await assertRefused(signIn(await opWith(answers(400, { error: "unauthorized_client" }))), "oidc_client");
      await assertRefused(signIn(await opWith(answers(400, { error: "invalid_grant" }))), "oidc_code");
      await assertRefused(signIn(await opWith(answers(400, { error: "__proto__" }))), "oidc_provider_error");
      await assertRefused(signIn(await opWith(answers(400, { error: hostile }))), "oidc_provider_error");
      await assertRefused(signIn(await opWith(answers(500, { error: "x" }))), "oidc_token_response");
    });
  });
});
