/** Logout tokens of a hostile OpenID Provider (OpenID Connect Back-Channel Logout 1.0 §2.6), and RP-initiated logout. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { endSessionUrl } from "../../src/sso/oidc/endSession.ts";
import { judgeLogoutToken } from "../../src/sso/oidc/logoutToken.ts";
import { CLIENT, type HostileOp, type Knobs, sign, signer, unsigned } from "../support/hostileOp.ts";
import { assertRefused, closeAll, connectionTo, depsWith, opWith } from "./signIn.ts";

type Json = Record<string, unknown>;

const EVENT = "http://schemas.openid.net/event/backchannel-logout";

function honest(op: HostileOp, more: Json = {}): Json {
  const now = Math.floor(Date.now() / 1000);
  const named = { sub: "subject-1", sid: "session-1" };
  return {
    iss: op.issuer,
    aud: CLIENT.id,
    iat: now,
    exp: now + 120,
    jti: "j1",
    events: { [EVENT]: {} },
    ...named,
    ...more,
  };
}

const soon = (): number => Math.floor(Date.now() / 1000);

describe("a logout token", () => {
  after(closeAll);

  it("names subject and session, or one of them", async () => {
    const op = await opWith();
    const judged = (more: Json) =>
      sign(honest(op, more), op.signer, { typ: "logout+jwt" }).then((token) =>
        judgeLogoutToken(connectionTo(op.issuer), token, depsWith()),
      );
    const { tokenId, issuedAt, expiresAt, ...both } = await judged({});
    assert.deepEqual(both, { issuer: op.issuer, subject: "subject-1", providerSession: "session-1" });
    assert.match(tokenId, /^logout:/);
    assert.ok(expiresAt > new Date() && issuedAt <= new Date());
    assert.equal((await judged({ sid: undefined })).providerSession, null);
    assert.equal((await judged({ sub: undefined })).subject, null);
    assert.notEqual((await judged({ jti: "j2" })).tokenId, tokenId);
  });

  const broken: Readonly<Record<string, (op: HostileOp) => Promise<string> | string>> = {
    "has a signature of another key of the same name": async (op) =>
      sign(honest(op), await signer("RS256", op.signer.kid)),
    "has a signature of a key that is not the provider's": async (op) =>
      sign(honest(op), await signer("RS256", "evil")),
    "has no signature": (op) => unsigned(honest(op)),
    "is signed by an algorithm that the provider does not list": async (op) =>
      sign(honest(op), await signer("ES256", "ec")),
    "was changed": async (op) => {
      const [head, , tail] = (await sign(honest(op), op.signer)).split(".");
      return `${head}.${Buffer.from(JSON.stringify(honest(op, { sid: "another" }))).toString("base64url")}.${tail}`;
    },
    "is an ID token: a nonce": (op) => sign(honest(op, { nonce: "n" }), op.signer),
    "is an ID token: no events": (op) => sign(honest(op, { events: undefined }), op.signer),
    "has another event": (op) => sign(honest(op, { events: { "https://example.com/other": {} } }), op.signer),
    "has an event that is no object": (op) => sign(honest(op, { events: { [EVENT]: "yes" } }), op.signer),
    "has an event by inheritance alone": (op) => sign(honest(op, { events: [] }), op.signer),
    "is of another issuer": (op) => sign(honest(op, { iss: "https://evil.example" }), op.signer),
    "is for another client": (op) => sign(honest(op, { aud: "somebody-else" }), op.signer),
    "has expired": (op) => sign(honest(op, { iat: soon() - 400, exp: soon() - 300 }), op.signer),
    "never expires": (op) => sign(honest(op, { exp: undefined }), op.signer),
    "is good for a year, and was issued long ago": (op) =>
      sign(honest(op, { iat: soon() - 3600, exp: soon() + 31_536_000 }), op.signer),
    "was issued in the future": (op) => sign(honest(op, { iat: soon() + 3600, exp: soon() + 3700 }), op.signer),
    "has no jti": (op) => sign(honest(op, { jti: undefined }), op.signer),
    "has a jti that is no text": (op) => sign(honest(op, { jti: 7 }), op.signer),
    "names nobody": (op) => sign(honest(op, { sub: undefined, sid: undefined }), op.signer),
    "names a session by a number": (op) => sign(honest(op, { sid: 7 }), op.signer),
    "names a subject with a control": (op) => sign(honest(op, { sub: "a\u0000b" }), op.signer),
    "is of another type": (op) => sign(honest(op), op.signer, { typ: "at+jwt" }),
    "is encrypted": () => "a.b.c.d.e",
    "is no token": () => "logout",
    "is as long as a book": () => `${"a".repeat(20_000)}.b.c`,
  };
  for (const [what, make] of Object.entries(broken)) {
    it(`O16: is refused where it ${what}`, async () => {
      const op = await opWith();
      const token = await make(op);
      await assertRefused(judgeLogoutToken(connectionTo(op.issuer), token, depsWith()), "oidc_logout_token");
    });
  }

  it("O14: of a new key is believed, and keys that nobody has make us ask once a minute", async () => {
    const op = await opWith();
    const deps = depsWith();
    const judged = async (by: HostileOp["signer"], now = new Date()) =>
      judgeLogoutToken(connectionTo(op.issuer), await sign(honest(op), by), { ...deps, now });
    await judged(op.signer);
    const rotated = await signer("RS256", "next");
    op.signer = rotated;
    const later = new Date(Date.now() + 61_000);
    await judged(rotated, later);
    const asked = (): number => op.asked.filter((path) => path === "/keys").length;
    assert.equal(asked(), 2);
    const stranger = await signer("RS256", "stranger");
    for (let i = 0; i < 5; i++) await assertRefused(judged(stranger, later), "oidc_logout_token");
    assert.equal(asked(), 2);
  });

  it("O14: of many at once has the keys asked for once, however long the provider takes, and again after it failed", async () => {
    const answers: ((keys: unknown) => void)[] = [];
    const keysAnswer: Knobs["keysAnswer"] = (_request, response) => void answers.push((keys) => response.json(keys));
    const op = await opWith({ keysAnswer });
    const deps = depsWith();
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, index) => sign(honest(op, { jti: `j${index}` }), op.signer)),
    );
    /** Why each was refused, once for each reason. */
    const judged = async (keys: unknown): Promise<unknown[]> => {
      const all = tokens.map((token) =>
        judgeLogoutToken(connectionTo(op.issuer), token, deps).then(() => null, String),
      );
      while (answers.length === 0) await setImmediate();
      answers.splice(0).forEach((answer) => answer(keys));
      return [...new Set(await Promise.all(all))];
    };
    assert.deepEqual(await judged({}), ["SignInRefused: The provider's key set cannot be read."]);
    assert.deepEqual(await judged({ keys: [op.signer.jwk] }), [null]);
    assert.equal(op.asked.filter((path) => path === "/keys").length, 2);
  });

  it("O14: is refused where the key set is none, or of ten thousand keys", async () => {
    for (const keys of [() => ["key"], () => Array.from({ length: 10_000 }, () => ({ kty: "RSA" }))]) {
      const op = await opWith({ keys });
      const token = await sign(honest(op), op.signer);
      await assertRefused(judgeLogoutToken(connectionTo(op.issuer), token, depsWith()), "oidc_key");
    }
  });
});

describe("signing out at the provider too", () => {
  after(closeAll);
  const back = "https://usher.example/sso/start";
  const endpoint = (address: unknown) => ({
    discovery: (document: Json) => ({ ...document, end_session_endpoint: address }),
  });

  it("goes to its end_session_endpoint with who we are and where to come back (RP-Initiated Logout §2)", async () => {
    const op = await opWith(endpoint("https://op.example/logout?x=1"));
    const connection = connectionTo(op.issuer, { oidc: { endSession: true } });
    const url = await endSessionUrl(connection, back, depsWith());
    assert.equal(url?.origin, "https://op.example");
    assert.deepEqual(Object.fromEntries(url?.searchParams ?? []), {
      x: "1",
      client_id: CLIENT.id,
      post_logout_redirect_uri: back,
    });
  });

  it("goes nowhere unless that is wanted, and to no address that is none", async () => {
    const op = await opWith(endpoint("https://op.example/logout"));
    assert.equal(await endSessionUrl(connectionTo(op.issuer), back, depsWith()), null);
    for (const address of [undefined, "", 7, "javascript:alert(1)", "logout"]) {
      const other = await opWith(endpoint(address));
      const connection = connectionTo(other.issuer, { oidc: { endSession: true } });
      assert.equal(await endSessionUrl(connection, back, depsWith()), null);
    }
  });
});
