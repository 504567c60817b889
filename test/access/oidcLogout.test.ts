/** Logout by an OpenID Provider and towards it, through the whole server. */
import assert from "node:assert/strict";
import { newId } from "../../src/base/ids.ts";
import { CLIENT, hostileOp, type HostileOp, sign } from "../support/hostileOp.ts";
import { api, Browser, counts, place, server } from "./place.ts";

type Place = Awaited<ReturnType<typeof place>>;
type Json = Record<string, unknown>;

const providers: HostileOp[] = [];

/** The provider: whom it signs in, in which of its sessions, stands in `person`. */
async function provider(person: Json, more: Json = {}): Promise<HostileOp> {
  const op = await hostileOp({
    claims: (claims) => ({ ...claims, ...person }),
    discovery: (document) => ({ ...document, ...more }),
  });
  providers.push(op);
  return op;
}

async function connected(tenant: Place, op: HostileOp, more: object = {}): Promise<string> {
  const path = `/tenants/${tenant.slug}/connections`;
  const oidc = { issuer: op.issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret, ...more };
  const made = await api("POST", path, { protocol: "oidc", name: "Company", oidc });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { id } = made.body as { id: string };
  assert.equal((await api("PATCH", `${path}/${id}`, { status: "enabled", force: true })).status, 200);
  return id;
}

async function signedIn(id: string, op: HostileOp): Promise<Browser> {
  const browser = new Browser();
  const { pathname, search } = await op.visit((await browser.get(`/sso/start?connection=${id}`)).location);
  const done = await browser.get(pathname + search);
  assert.equal(done.status, 303, done.text);
  return browser;
}

/** The provider tells that somebody has signed out there; answers status and error. */
async function logout(id: string, op: HostileOp, named: Json): Promise<{ status: number; error: unknown }> {
  const now = Math.floor(Date.now() / 1000);
  const events = { "http://schemas.openid.net/event/backchannel-logout": {} };
  const jti = newId(new Date());
  const claims = { iss: op.issuer, aud: CLIENT.id, iat: now, exp: now + 120, jti, events, ...named };
  return post(id, await sign(claims, op.signer));
}

async function post(id: string, token: string): Promise<{ status: number; error: unknown }> {
  const body = new URLSearchParams({ logout_token: token });
  const answer = await fetch(`${await server()}/sso/oidc/${id}/backchannel-logout`, { method: "POST", body });
  assert.equal(answer.headers.get("cache-control"), "no-store");
  const text = await answer.text();
  return { status: answer.status, error: text === "" ? undefined : (JSON.parse(text) as Json)["error"] };
}

describe("a provider that ends sessions (Back-Channel Logout 1.0)", () => {
  after(() => {
    for (const { close } of providers.splice(0)) close();
  });

  it("ends the one that it names, or all of a subject, and no other", async () => {
    const tenant = await place();
    const person: Json = { sid: "one" };
    const op = await provider(person);
    const id = await connected(tenant, op);
    const first = await signedIn(id, op);
    person["sid"] = "two";
    const second = await signedIn(id, op);
    Object.assign(person, { sid: "three", sub: "subject-2", email: "bo@customer.example" });
    const other = await signedIn(id, op);
    const alive = async (): Promise<number[]> =>
      Promise.all([first, second, other].map(async (browser) => (await browser.session()).status));
    assert.deepEqual(await logout(id, op, { sub: "subject-2", sid: "one" }), { status: 200, error: undefined });
    assert.deepEqual(await alive(), [200, 200, 200], "a session of somebody else is not theirs to end");
    assert.equal((await logout(id, op, { sid: "one" })).status, 200);
    assert.deepEqual(await alive(), [401, 200, 200]);
    assert.equal((await logout(id, op, { sub: "subject-1" })).status, 200);
    assert.deepEqual(await alive(), [401, 401, 200]);
  });

  it("O16: reaches its own connection alone, whatever session it names", async () => {
    const [mine, theirs] = [await place(), await place()];
    const op = await provider({ sid: "same" });
    const [own, foreign] = [await connected(mine, op), await connected(theirs, op)];
    const sibling = await connected(mine, op);
    await Promise.all([signedIn(own, op), signedIn(foreign, op)]);
    assert.equal((await logout(sibling, op, { sid: "same" })).status, 200);
    assert.deepEqual([(await counts(mine)).sessions, (await counts(theirs)).sessions], [1, 1]);
    assert.equal((await logout(own, op, { sid: "same" })).status, 200);
    assert.deepEqual([(await counts(mine)).sessions, (await counts(theirs)).sessions], [0, 1]);
  });

  it("ends a sign-in whose code is being redeemed, and none that begins after (T14)", async () => {
    const tenant = await place();
    const op = await provider({ sid: "one" });
    const id = await connected(tenant, op);
    for (const named of [{ sid: "one" }, { sub: "subject-1" }, { sub: "subject-1", sid: "one" }]) {
      op.knobs.idToken = async (claims) => {
        assert.equal((await logout(id, op, named)).status, 200);
        return sign(claims, op.signer);
      };
      const browser = new Browser();
      const { pathname, search } = await op.visit((await browser.get(`/sso/start?connection=${id}`)).location);
      assert.equal((await browser.get(pathname + search)).status, 403, JSON.stringify(named));
      delete op.knobs.idToken;
      assert.equal((await (await signedIn(id, op)).session()).status, 200);
    }
    const { body } = await api("GET", `/tenants/${tenant.slug}/sign-ins`);
    const reasons = (body as { items: { reason: string | null }[] }).items.map(({ reason }) => reason);
    assert.deepEqual(reasons, [null, "logged_out", null, "logged_out", null, "logged_out"]);
  });

  it("O16: is heard once for each token", async () => {
    const tenant = await place();
    const op = await provider({ sid: "one" });
    const id = await connected(tenant, op);
    const jti = newId(new Date());
    assert.equal((await logout(id, op, { sid: "one", jti })).status, 200);
    await signedIn(id, op);
    assert.deepEqual(await logout(id, op, { sid: "one", jti }), { status: 400, error: "invalid_request" });
    assert.equal((await counts(tenant)).sessions, 1);
  });

  it("O16: is refused with 400 what is no logout token, or for no connection", async () => {
    const op = await provider({});
    const id = await connected(await place(), op);
    assert.deepEqual(await post(id, "no token"), { status: 400, error: "invalid_request" });
    assert.deepEqual(await post(newId(new Date()), "a.b.c"), { status: 400, error: "invalid_request" });
    const answer = await fetch(`${await server()}/sso/oidc/${id}/backchannel-logout`, { method: "POST", body: "{}" });
    assert.equal(answer.status, 400);
    assert.equal((await fetch(`${await server()}/sso/oidc/${id}/backchannel-logout`)).status, 405);
  });
});

describe("signing out (RP-Initiated Logout 1.0)", () => {
  after(() => {
    for (const { close } of providers.splice(0)) close();
  });

  async function signedOut(oidc: object): Promise<{ location: string; status: number }> {
    const op = await provider({}, { end_session_endpoint: "https://op.example/logout" });
    const browser = await signedIn(await connected(await place(), op, oidc), op);
    const { body } = await browser.session();
    const { location } = await browser.post("/sign-out", { csrf: String(body["csrfToken"]) });
    return { location, status: (await browser.session()).status };
  }

  it("leads on to the provider where the connection says so, and ends our session first", async () => {
    const { location, status } = await signedOut({ endSession: true });
    const back = encodeURIComponent(`${await server()}/sso/start`);
    assert.equal(location, `https://op.example/logout?client_id=${CLIENT.id}&post_logout_redirect_uri=${back}`);
    assert.equal(status, 401);
  });

  it("stays here otherwise", async () => {
    assert.deepEqual(await signedOut({}), { location: "/sso/start", status: 401 });
  });
});
