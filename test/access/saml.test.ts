/** Sign-in by SAML, with samlify as the identity provider. */
import assert from "node:assert/strict";
import { connectionUrls } from "../../src/directory/connectionsForSignIn.ts";
import { samlIdp } from "../support/samlIdp.ts";
import { api, Browser, counts, logged, place, server } from "./place.ts";

type Place = Awaited<ReturnType<typeof place>>;

async function connected(tenant: Place, more: object = {}) {
  const body = {
    protocol: "saml",
    provider: "custom",
    name: "Company sign-in",
    attributes: { email: "email" },
    ...more,
  };
  const made = await api("POST", `/tenants/${tenant.slug}/connections`, body);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { id, saml } = made.body as { id: string; saml: { acsUrl: string; metadataUrl: string } };
  const idp = samlIdp(connectionUrls(await server(), id), "both");
  const path = `/tenants/${tenant.slug}/connections/${id}`;
  const filled = await api("PATCH", path, { saml: { metadataXml: idp.metadata } });
  assert.equal(filled.status, 200, JSON.stringify(filled.body));
  const enabled = await api("PATCH", path, { status: "enabled", force: true });
  assert.equal(enabled.status, 200, JSON.stringify(enabled.body));
  return { id, idp, path, ...saml };
}

type Connected = Awaited<ReturnType<typeof connected>>;

/** Begins in a browser and lets the identity provider answer; the form is not posted yet. */
async function answered(
  browser: Browser,
  { id, idp }: Connected,
  person: { nameId: string; email: string },
  query = "",
) {
  const begun = await browser.get(`/sso/start?connection=${id}${query}`);
  assert.equal(begun.status, 303, begun.text);
  const { samlResponse } = await idp.answer(begun.location, person);
  return { SAMLResponse: samlResponse, RelayState: "https://evil.example/" };
}

async function signIn(browser: Browser, connection: Connected, person: { nameId: string; email: string }, query = "") {
  const form = await answered(browser, connection, person, query);
  const posted = await browser.post(`/sso/saml/${connection.id}/acs`, form, true);
  return posted.status === 303 ? browser.get(posted.location) : posted;
}

describe("signing in by SAML", () => {
  it("makes a member with role and seat at the first sign-in, and opens a session", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const browser = new Browser();
    const done = await signIn(
      browser,
      connection,
      { nameId: "ana-1", email: `ana@${tenant.domain}` },
      "&return_to=/projects?x=1",
    );
    assert.deepEqual([done.status, done.location], [303, "/projects?x=1"]);
    const { status, body } = await browser.session();
    assert.equal(status, 200);
    assert.deepEqual([body["roles"], body["seat"], body["authMethod"]], [["member"], "held", "saml"]);
    const member = body["member"] as Record<string, unknown>;
    assert.deepEqual([member["entrance"], member["emailVerified"]], ["sso", true]);
  });

  it("finds the same member at the second sign-in, in another browser", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const person = { nameId: "ana-1", email: `ana@${tenant.domain}` };
    await signIn(new Browser(), connection, person);
    await signIn(new Browser(), connection, person);
    assert.deepEqual(await counts(tenant), { members: 1, held: 1, sessions: 2 });
  });

  it("begins by the domain of an address, or by the tenant", async () => {
    const tenant = await place();
    await connected(tenant);
    for (const query of [`email=someone@${tenant.domain}`, `tenant=${tenant.slug}`]) {
      const begun = await new Browser().get(`/sso/start?${query}`);
      assert.equal(begun.status, 303);
      assert.match(begun.location, /^https:\/\/samlify\.example\.com\/sso\?/);
    }
  });

  it("links to the member of the address where the tenant has verified its domain (rule 23)", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const email = `bo@${tenant.domain}`;
    const added = await api("POST", `/tenants/${tenant.slug}/members`, {
      email,
      name: { givenName: "Bo", familyName: "B" },
    });
    assert.equal(added.status, 201);
    const browser = new Browser();
    await signIn(browser, connection, { nameId: "bo-1", email });
    const { body } = await browser.session();
    assert.equal((body["member"] as { id: string }).id, (added.body as { id: string }).id);
  });

  it("refuses an address of another member in a domain that is not verified, with a reference (rule 23)", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const email = "carl@elsewhere.example";
    await api("POST", `/tenants/${tenant.slug}/members`, { email, name: { givenName: "Carl", familyName: "C" } });
    const browser = new Browser();
    const refused = await signIn(browser, connection, { nameId: "evil-1", email });
    assert.equal(refused.status, 403);
    assert.match(refused.text, /Reference: [0-9a-f-]{36}/);
    assert.equal((await browser.session()).status, 401);
    assert.equal((await counts(tenant)).sessions, 0);
  });

  it("gives one session for one response, however often it is posted (S32)", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const browser = new Browser();
    const form = await answered(browser, connection, { nameId: "ana-1", email: `ana@${tenant.domain}` });
    const posts = await Promise.all(
      Array.from({ length: 20 }, () => browser.post(`/sso/saml/${connection.id}/acs`, form, true)),
    );
    const taken = posts.filter(({ status }) => status === 303);
    assert.equal(taken.length, 1);
    await browser.get(taken[0]!.location);
    const again = await browser.get(taken[0]!.location);
    assert.equal(again.status, 403, "a handle is redeemed once");
    assert.deepEqual(await counts(tenant), { members: 1, held: 1, sessions: 1 });
  });

  it("refuses an answer that is redeemed by another browser than the one that began (S36, T18)", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const [attacker, victim] = [new Browser(), new Browser()];
    const form = await answered(attacker, connection, { nameId: "evil-1", email: `evil@${tenant.domain}` });
    const posted = await victim.post(`/sso/saml/${connection.id}/acs`, form, true);
    const finished = await victim.get(posted.location);
    assert.equal(finished.status, 403);
    assert.equal((await victim.session()).status, 401);
    assert.deepEqual(await counts(tenant), { members: 0, held: 0, sessions: 0 });
  });

  it("refuses the response of one connection at another (S26, S36)", async () => {
    const [one, two] = [await place(), await place()];
    const [first, second] = [await connected(one), await connected(two)];
    const browser = new Browser();
    const form = await answered(browser, first, { nameId: "ana-1", email: `ana@${two.domain}` });
    const posted = await browser.post(`/sso/saml/${second.id}/acs`, form, true);
    assert.equal(posted.status, 403);
    assert.deepEqual(await counts(two), { members: 0, held: 0, sessions: 0 });
  });

  it("refuses an answer in flight once the connection is switched off (S50)", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const browser = new Browser();
    const form = await answered(browser, connection, { nameId: "ana-1", email: `ana@${tenant.domain}` });
    assert.equal((await api("PATCH", connection.path, { status: "disabled" })).status, 200);
    assert.equal((await browser.post(`/sso/saml/${connection.id}/acs`, form, true)).status, 403);
  });

  it("makes one member and takes one seat when one person signs in many times at once", async () => {
    const tenant = await place({ seatLimit: 5 });
    const connection = await connected(tenant);
    const person = { nameId: "ana-1", email: `ana@${tenant.domain}` };
    const done = await Promise.all(Array.from({ length: 15 }, () => signIn(new Browser(), connection, person)));
    assert.ok(done.every(({ status }) => status === 303));
    assert.deepEqual(await counts(tenant), { members: 1, held: 1, sessions: 15 });
  });

  it("ends the sessions of who is suspended by SCIM, or held, in the same moment (rule 29)", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const browser = new Browser();
    await signIn(browser, connection, { nameId: "ana-1", email: `ana@${tenant.domain}` });
    const { body } = await browser.session();
    const { id } = body["member"] as { id: string };
    assert.equal((await api("PATCH", `/tenants/${tenant.slug}/members/${id}`, { hold: true })).status, 200);
    assert.equal((await browser.session()).status, 401);
    assert.equal((await counts(tenant)).sessions, 0);
  });

  it("makes nobody where people must exist first (rule 25)", async () => {
    const tenant = await place({ settings: { signIn: { provisioning: "preProvisioned" } } });
    const connection = await connected(tenant);
    const refused = await signIn(new Browser(), connection, { nameId: "ana-1", email: `ana@${tenant.domain}` });
    assert.equal(refused.status, 403);
    assert.equal((await counts(tenant)).members, 0);
  });

  it("lets a newcomer in as a viewer when the seats are taken, by the policy of its door", async () => {
    const tenant = await place({ seatLimit: 0 });
    const connection = await connected(tenant);
    const browser = new Browser();
    await signIn(browser, connection, { nameId: "ana-1", email: `ana@${tenant.domain}` });
    const { body } = await browser.session();
    assert.deepEqual([body["roles"], body["seat"]], [["viewer"], "none"]);
  });

  it("shows its own metadata before the identity provider's is known", async () => {
    const tenant = await place();
    const made = await api("POST", `/tenants/${tenant.slug}/connections`, {
      protocol: "saml",
      provider: "okta",
      name: "Okta",
    });
    const { id, saml } = made.body as { id: string; saml: { acsUrl: string; spEntityId: string } };
    const shown = await new Browser().get(`/sso/saml/${id}/metadata`);
    assert.equal(shown.status, 200);
    assert.ok(shown.text.includes(saml.acsUrl) && shown.text.includes(saml.spEntityId));
  });

  for (const wanted of [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "/a\r\nb",
  ]) {
    it(`refuses to return to ${JSON.stringify(wanted)} (S49)`, async () => {
      const refused = await new Browser().get(`/sso/start?return_to=${encodeURIComponent(wanted)}`);
      assert.equal(refused.status, 400);
    });
  }

  it("logs no response, cookie or handle", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const browser = new Browser();
    const form = await answered(browser, connection, { nameId: "ana-1", email: `ana@${tenant.domain}` });
    const posted = await browser.post(`/sso/saml/${connection.id}/acs`, form, true);
    await browser.get(posted.location);
    const secrets = [form.SAMLResponse.slice(0, 60), new URL(posted.location, "http://x").searchParams.get("h")!];
    secrets.push(...browser.cookies.values());
    const text = logged.join("");
    assert.ok(text.length > 0);
    for (const secret of secrets) assert.ok(!text.includes(secret));
  });
});
