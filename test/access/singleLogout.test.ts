/** SAML single logout through the whole server, with samlify as the identity provider. */
import assert from "node:assert/strict";
import { inflateRawSync } from "node:zlib";
import { connectionUrls } from "../../src/directory/connections/connectionsForSignIn.ts";
import type { Outgoing } from "../../src/sso/saml/sendLogout.ts";
import { testDatabase } from "../support/database.ts";
import { logoutRequestXml, logoutResponseXml, signedQuery } from "../support/hostileLogout.ts";
import { type Logout, samlIdp } from "../support/samlIdp.ts";
import { type Brought, logoutIdp, type LogoutIdp } from "../support/samlLogout.ts";
import { api, Browser, logged, place, type Seen, server } from "./place.ts";

const ISSUER = "https://samlify.example.com/metadata";

type Place = Awaited<ReturnType<typeof place>>;

interface Connected {
  readonly tenant: Place;
  readonly id: string;
  readonly path: string;
  readonly idp: ReturnType<typeof samlIdp>;
  readonly logout: LogoutIdp;
}

/** Keys take long to make: those connections that sign have one, and each is made once. */
const signing = new Map<Logout, Promise<Connected>>();

function connection(binding: "redirect" | "post" = "redirect"): Promise<Connected> {
  const made = signing.get(binding) ?? place().then((tenant) => connected(tenant, binding, true));
  signing.set(binding, made);
  return made;
}

async function connected(tenant: Place, binding: Logout = "redirect", hasKey = false): Promise<Connected> {
  const list = `/tenants/${tenant.slug}/connections`;
  const fields = { protocol: "saml", name: "Company sign-in", attributes: { email: "email" } };
  const { id } = (await api("POST", list, fields)).body as { id: string };
  const path = `${list}/${id}`;
  if (hasKey) assert.equal((await api("POST", `${path}/keys`)).status, 201);
  const idp = samlIdp(connectionUrls(await server(), id), "both", null, binding);
  const changed = await api("PATCH", path, { saml: { metadataXml: idp.metadata }, status: "enabled", force: true });
  assert.equal(changed.status, 200, JSON.stringify(changed.body));
  const ours = await new Browser().get(`/sso/saml/${id}/metadata`);
  return { tenant, id, path, idp, logout: logoutIdp(ours.text, binding === "post" ? "post" : "redirect") };
}

let people = 0;

/** Somebody new. */
function somebody({ tenant }: Connected): { readonly nameId: string; readonly email: string } {
  const name = `person-${++people}`;
  return { nameId: `${name}-id`, email: `${name}@${tenant.domain}` };
}

type Who = { readonly nameId: string; readonly email: string; readonly session?: string };

async function signedIn(door: Connected, who: Who) {
  const { browser, next } = await arrived(door, who);
  assert.equal((await browser.get(next)).status, 303);
  return browser;
}

/** A browser whose answer was taken, and where it goes for its session. */
async function arrived({ id, idp }: Connected, who: Who): Promise<{ browser: Browser; next: string }> {
  const browser = new Browser();
  const begun = await browser.get(`/sso/start?connection=${id}`);
  const { samlResponse } = await idp.answer(begun.location, who);
  const posted = await browser.post(`/sso/saml/${id}/acs`, { SAMLResponse: samlResponse }, true);
  assert.equal(posted.status, 303, posted.text);
  return { browser, next: posted.location };
}

/** As the provider's page makes a browser do: by GET with its Lax cookies, by POST without. */
function brings(browser: Browser, { id }: Connected, brought: Brought): Promise<Seen> {
  const path = `/sso/saml/${id}/slo`;
  return "query" in brought ? browser.get(`${path}?${brought.query}`) : browser.post(path, brought.form, true);
}

/** Where a page or redirect of ours leads. */
function outgoing({ status, location, text }: Seen): Outgoing {
  if (status === 303) return { binding: "redirect", url: location };
  const [, url = ""] = /<form method="post" action="([^"]*)"/.exec(text) ?? [];
  const fields = [...text.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)];
  return { binding: "post", url, fields: Object.fromEntries(fields.map(([, name = "", value = ""]) => [name, value])) };
}

async function signOut(browser: Browser): Promise<Seen> {
  const { body } = await browser.session();
  return browser.post("/sign-out", { csrf: String(body["csrfToken"]) });
}

const alive = (...browsers: readonly Browser[]): Promise<number[]> =>
  Promise.all(browsers.map(async (browser) => (await browser.session()).status));

async function reasonOn(page: string): Promise<string | undefined> {
  const [, reference = ""] = /Reference: ([0-9a-f-]{36})/.exec(page) ?? [];
  const { pool } = await testDatabase();
  const { rows } = await pool.query<{ reason: string }>("select reason from sign_ins where id = $1", [reference]);
  return rows[0]?.reason;
}

/** The message of a query. */
function inflated(query: string): string {
  const parameters = new URLSearchParams(query);
  return inflateRawSync(Buffer.from(parameters.get("SAMLResponse") ?? "", "base64")).toString();
}

for (const binding of ["redirect", "post"] as const) {
  describe(`a SAML identity provider that ends sessions by HTTP-${binding}`, () => {
    it("ends the one that it names, or all of a person, and is answered in whichever browser it asks", async () => {
      const door = await connection(binding);
      const [ana, bo] = [somebody(door), somebody(door)];
      const first = await signedIn(door, { ...ana, session: "_1" });
      const second = await signedIn(door, { ...ana, session: "_2" });
      const other = await signedIn(door, { ...bo, session: "_3" });
      // Bo's browser brings what ends Ana's session.
      const one = door.logout.ask(ana.nameId, "_1");
      const answered = await brings(other, door, one.brought);
      assert.equal((await door.logout.take(outgoing(answered))).inResponseTo, one.id);
      assert.deepEqual(await alive(first, second, other), [401, 200, 200]);
      // A browser without any cookie, and for a session that is nobody's.
      const none = door.logout.ask(bo.nameId, "_9");
      const stranger = await brings(new Browser(), door, none.brought);
      assert.equal((await door.logout.take(outgoing(stranger))).inResponseTo, none.id);
      assert.deepEqual(await alive(second, other), [200, 200]);
      await brings(second, door, door.logout.ask(ana.nameId).brought);
      assert.deepEqual(await alive(second, other), [401, 200]);
      const { body } = await api("GET", `/tenants/${door.tenant.slug}/events?type=member.signed_out`);
      assert.equal((body as { total: number }).total, 2);
    });
  });
}

describe("a SAML identity provider that ends sessions", () => {
  it("ends the sign-ins too that it answered before and that are not finished, and none that it answers after (T14)", async () => {
    const door = await connection();
    const [ana, bo] = [somebody(door), somebody(door)];
    const [named, spared, unnamed, other] = [
      await arrived(door, { ...ana, session: "_a" }),
      await arrived(door, { ...ana, session: "_b" }),
      await arrived(door, ana),
      await arrived(door, { ...bo, session: "_a" }),
    ];
    assert.equal((await brings(new Browser(), door, door.logout.ask(ana.nameId, "_a").brought)).status, 303);
    const late = await named.browser.get(named.next);
    assert.deepEqual([late.status, await reasonOn(late.text)], [403, "logged_out"]);
    assert.equal((await unnamed.browser.get(unnamed.next)).status, 403, "a session without an index ends with any");
    for (const { browser, next } of [spared, other]) assert.equal((await browser.get(next)).status, 303);
    const waiting = await arrived(door, { ...ana, session: "_c" });
    await brings(new Browser(), door, door.logout.ask(ana.nameId).brought);
    assert.equal((await waiting.browser.get(waiting.next)).status, 403, "all sessions of the person");
    assert.deepEqual(await alive(spared.browser, other.browser), [401, 200]);
    assert.deepEqual(await alive(await signedIn(door, { ...ana, session: "_a" })), [200]);
  });

  it("is heard once for each request, also of two at once (S47)", async () => {
    const door = await connection();
    const person = somebody(door);
    const { brought } = door.logout.ask(person.nameId);
    const both = await Promise.all([1, 2].map(() => brings(new Browser(), door, brought)));
    assert.deepEqual(
      both.map(({ status }) => status).toSorted((a, b) => a - b),
      [303, 403],
    );
    const browser = await signedIn(door, person);
    const again = await brings(browser, door, brought);
    assert.deepEqual([again.status, await reasonOn(again.text)], [403, "replayed"]);
    assert.deepEqual(await alive(browser), [200]);
  });

  it("reaches its own connection alone, whatever it names (S26, S47)", async () => {
    const own = await connection();
    const [sibling, foreign] = [await connected(own.tenant), await connected(await place())];
    const person = { ...somebody(own), session: "_same" };
    const mine = await signedIn(own, person);
    const theirs = await signedIn(foreign, { ...person, email: `ana@${foreign.tenant.domain}` });
    assert.equal((await brings(mine, sibling, sibling.logout.ask(person.nameId).brought)).status, 200);
    const misled = await brings(mine, own, foreign.logout.ask(person.nameId).brought);
    assert.deepEqual([misled.status, await reasonOn(misled.text)], [403, "saml_destination"]);
    assert.equal((await brings(mine, foreign, own.logout.ask(person.nameId).brought)).status, 403);
    assert.deepEqual(await alive(mine, theirs), [200, 200]);
  });

  it("ends nothing by a message that is unsigned, forged or none, which is logged (S47)", async () => {
    const door = await connection();
    const person = somebody(door);
    const browser = await signedIn(door, person);
    const { query } = door.logout.ask(person.nameId).brought as { query: string };
    const cases: readonly (readonly [query: string, reason: string])[] = [
      [query.replace(/&SigAlg=.*/, ""), "saml_unsigned"],
      [query.replace(/Signature=..../, "Signature=AAAA"), "saml_signature"],
      [`${query}&${query}`, "saml_query"],
      ["", "saml_query"],
      [signedQuery(logoutRequestXml({ issuer: ISSUER })), "saml_destination"],
    ];
    for (const [text, reason] of cases) {
      const { status, text: page } = await brings(browser, door, { query: text });
      assert.deepEqual([status, await reasonOn(page)], [403, reason]);
      assert.match(page, /Nothing was changed/);
    }
    for (const form of [{}, { SAMLRequest: "a", SAMLResponse: "b" }]) {
      const posted = await browser.post(`/sso/saml/${door.id}/slo`, form, true);
      assert.deepEqual([posted.status, await reasonOn(posted.text)], [403, "saml_query"]);
    }
    assert.equal((await browser.get(`/sso/saml/${door.tenant.id}/slo?${query}`)).status, 403);
    assert.deepEqual(await alive(browser), [200]);
    assert.equal(logged.join("").includes(person.nameId), false);
  });

  it("is followed where the connection is switched off, and without an answer where it has no place for one", async () => {
    const door = await connected(await place(), "none");
    const person = somebody(door);
    const browser = await signedIn(door, person);
    assert.equal((await api("PATCH", door.path, { status: "disabled" })).status, 200);
    const done = await brings(browser, door, door.logout.ask(person.nameId).brought);
    assert.equal(done.status, 200);
    assert.match(done.text, /You are signed out/);
    assert.deepEqual(await alive(browser), [401]);
  });

  it("that is answered by a form gets a page for its own frame alone, with one script (CSP Level 3)", async () => {
    const door = await connection("post");
    const { headers, text } = await brings(new Browser(), door, door.logout.ask("x").brought);
    const policy = headers.get("content-security-policy") ?? "";
    assert.match(
      policy,
      /default-src 'none'.*script-src 'sha256-[^']+';.*frame-ancestors https:\/\/samlify\.example\.com$/,
    );
    assert.equal(headers.get("x-frame-options"), null);
    assert.match(text, /<button>/);
  });
});

describe("signing out at the SAML identity provider", () => {
  async function leaving(binding: "redirect" | "post" = "redirect") {
    const door = await connection(binding);
    const person = somebody(door);
    const browser = await signedIn(door, { ...person, session: "_1" });
    const sent = await signOut(browser);
    assert.deepEqual(await alive(browser), [401], "our session ends first");
    return { door, person, browser, taken: await door.logout.take(outgoing(sent)) };
  }

  async function answerOf(door: Connected, more: object): Promise<Brought> {
    const destination = connectionUrls(await server(), door.id).sloUrl;
    const issueInstant = new Date().toISOString();
    return { query: signedQuery(logoutResponseXml({ issueInstant, issuer: ISSUER, destination, ...more })) };
  }

  for (const binding of ["redirect", "post"] as const) {
    it(`leads there by HTTP-${binding} with the names of the session, and shows the answer`, async () => {
      const { door, person, browser, taken } = await leaving(binding);
      assert.deepEqual([taken.nameId, taken.sessionIndex], [person.nameId, "_1"]);
      assert.ok(taken.answer);
      const answered = await brings(browser, door, taken.answer);
      assert.equal(answered.status, 303, answered.text);
      assert.match((await browser.get(answered.location)).text, /Here, and at your organisation&#39;s sign-in\.</);
      assert.match((await browser.get(answered.location, { "accept-language": "de" })).text, /Sie sind abgemeldet/);
      // Another browser learns nothing of it, and the answer counts once.
      assert.match((await new Browser().get(answered.location)).text, /you may still be signed in/);
      assert.equal((await brings(browser, door, taken.answer)).status, 403);
    });
  }

  it("shows plainly that it reached some applications only, or that it failed", async () => {
    for (const [status, words] of [
      [["Success", "PartialLogout"], /could not be reached/],
      [["Responder"], /did not take part/],
    ] as const) {
      const { door, browser, taken } = await leaving();
      const { query } = taken.answer as { query: string };
      const [, inResponseTo = ""] = /InResponseTo="([^"]*)"/.exec(inflated(query)) ?? [];
      const answered = await brings(browser, door, await answerOf(door, { inResponseTo, status }));
      assert.match((await browser.get(answered.location)).text, words);
    }
  });

  it("stays here where the provider has no place for it, there is no key yet, or the connection does not want it", async () => {
    const [tenant, unwanted] = [await place(), await connection()];
    const doors = [await connected(tenant, "none"), await connected(tenant), unwanted];
    assert.equal((await api("PATCH", unwanted.path, { singleLogout: false })).status, 200);
    for (const door of doors) {
      const browser = await signedIn(door, somebody(door));
      assert.equal((await signOut(browser)).location, "/sso/start");
      assert.deepEqual(await alive(browser), [401]);
    }
    assert.equal((await api("PATCH", unwanted.path, { singleLogout: true })).status, 200);
  });

  it("takes no answer to a request that was never made, or by another connection", async () => {
    const { door, browser, taken } = await leaving();
    assert.ok(taken.answer);
    assert.equal((await brings(browser, await connected(door.tenant), taken.answer)).status, 403);
    const refused = await brings(browser, door, await answerOf(door, { inResponseTo: "_never" }));
    assert.deepEqual([refused.status, await reasonOn(refused.text)], [403, "replayed"]);
    assert.equal((await brings(browser, door, taken.answer)).status, 303);
  });
});
