/** Sign-in by SAML, with samlify as the identity provider. */
import assert from "node:assert/strict";
import { domainToASCII } from "node:url";
import { connectionUrls } from "../../src/directory/connections/connectionsForSignIn.ts";
import { testDatabase } from "../support/database.ts";
import { samlIdp } from "../support/samlIdp.ts";
import { api, Browser, counts, logged, place, pushed, server } from "./place.ts";

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

/** What the tenant's log of sign-ins says under the reference on a page. */
async function reasonOn(page: string): Promise<string | undefined> {
  const [, reference = ""] = /Reference: ([0-9a-f-]{36})/.exec(page) ?? [];
  const { pool } = await testDatabase();
  const { rows } = await pool.query<{ reason: string }>("select reason from sign_ins where id = $1", [reference]);
  return rows[0]?.reason;
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
    assert.deepEqual([member["entrance"], member["emailVerified"]], ["sso", false]);
  });

  it("finds the same member at the second sign-in, in another browser", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const person = { nameId: "ana-1", email: `ana@${tenant.domain}` };
    await signIn(new Browser(), connection, person);
    await signIn(new Browser(), connection, person);
    assert.deepEqual(await counts(tenant), { members: 1, held: 1, sessions: 2 });
  });

  it("goes on in two tabs of a browser at once: the one that is first leaves the other its way", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const browser = new Browser();
    const person = { nameId: "ana-1", email: `ana@${tenant.domain}` };
    const tabs = [
      await answered(browser, connection, person, "&return_to=/first"),
      await answered(browser, connection, person, "&return_to=/second"),
    ];
    const ends: string[] = [];
    for (const form of tabs) {
      const posted = await browser.post(`/sso/saml/${connection.id}/acs`, form, true);
      ends.push((await browser.get(posted.location)).location);
    }
    assert.deepEqual(ends, ["/first", "/second"]);
    assert.equal((await browser.session()).status, 200);
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

  it("S27: reaches by an address neither another tenant's member, nor one of an unverified domain or a subdomain", async () => {
    const [mine, theirs] = [await place(), await place()];
    const connection = await connected(mine);
    const add = async ({ slug }: Place, email: string): Promise<string> => {
      const added = await api("POST", `/tenants/${slug}/members`, { email, name: { givenName: "B", familyName: "B" } });
      return (added.body as { id: string }).id;
    };
    const theirEmail = `bo@${theirs.domain}`;
    const theirId = await add(theirs, theirEmail);
    const browser = new Browser();
    await signIn(browser, connection, { nameId: "bo-1", email: theirEmail });
    const { body } = await browser.session();
    const member = body["member"] as Record<string, unknown>;
    assert.notEqual(member["id"], theirId);
    assert.deepEqual([(body["tenant"] as { id: string }).id, member["emailVerified"]], [mine.id, false]);
    assert.deepEqual(await counts(theirs), { members: 1, held: 1, sessions: 0 });
    for (const email of ["cy@elsewhere.example", `cy@sub.${mine.domain}`, `cy@${mine.domain}.evil.example`]) {
      await add(mine, email);
      const refused = await signIn(new Browser(), connection, { nameId: email, email });
      assert.deepEqual([refused.status, await reasonOn(refused.text)], [403, "link_addressTaken"]);
    }
  });

  it("S35: is not spoilt by a forged response that names its request", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const browser = new Browser();
    const form = await answered(browser, connection, { nameId: "ana-1", email: `ana@${tenant.domain}` });
    const xml = Buffer.from(form.SAMLResponse, "base64").toString("utf8");
    const forgeries = {
      saml_unsigned: xml.replaceAll(/<([a-z]*:)?Signature[ >].*?<\/\1Signature>/gs, ""),
      saml_signature: xml.replaceAll("ana-1", "eve-1"),
    };
    for (const [reason, forged] of Object.entries(forgeries)) {
      assert.notEqual(forged, xml);
      const SAMLResponse = Buffer.from(forged, "utf8").toString("base64");
      const refused = await new Browser().post(`/sso/saml/${connection.id}/acs`, { SAMLResponse }, true);
      assert.deepEqual([refused.status, await reasonOn(refused.text)], [403, reason]);
    }
    const posted = await browser.post(`/sso/saml/${connection.id}/acs`, form, true);
    assert.equal((await browser.get(posted.location)).status, 303);
  });

  for (const unsolicited of ["restart", "refuse"] as const) {
    it(`S37: an unsolicited response is not read where the connection says ${unsolicited}, wherever its RelayState leads`, async () => {
      const tenant = await place();
      const connection = await connected(tenant, { unsolicited });
      const browser = new Browser();
      const form = await answered(browser, connection, { nameId: "ana-1", email: `ana@${tenant.domain}` });
      const xml = Buffer.from(form.SAMLResponse, "base64")
        .toString("utf8")
        .replaceAll(/ InResponseTo="[^"]*"/g, "");
      const unasked = { ...form, SAMLResponse: Buffer.from(xml, "utf8").toString("base64") };
      for (const _replay of [1, 2]) {
        const seen = await new Browser().post(`/sso/saml/${connection.id}/acs`, unasked, true);
        if (unsolicited === "restart") {
          assert.deepEqual([seen.status, seen.location], [303, `/sso/start?connection=${connection.id}&unasked=1`]);
        } else assert.deepEqual([seen.status, await reasonOn(seen.text)], [403, "saml_unsolicited"]);
      }
      assert.deepEqual(await counts(tenant), { members: 0, held: 0, sessions: 0 });
    });
  }

  it("S37: restarts a sign-in for an unsolicited response once, and then says that the provider names no request", async () => {
    const connection = await connected(await place());
    const browser = new Browser();
    const path = `/sso/start?connection=${connection.id}`;
    assert.match((await browser.get(`${path}&unasked=1`)).location, /^https:\/\/samlify\.example\.com/);
    const again = await browser.get(`${path}&unasked=1`);
    assert.deepEqual([again.status, await reasonOn(again.text)], [403, "saml_unsolicited"]);
    assert.equal((await browser.get(path)).status, 303);
    assert.equal((await new Browser().get(`${path}&unasked=1`)).status, 303);
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
    assert.equal((await api("PATCH", `/tenants/${tenant.slug}/members/${id}`, { hold: false })).status, 200);
    const made = await api("POST", `/tenants/${tenant.slug}/scim-tokens`, { name: "directory" });
    const headers = {
      authorization: `Bearer ${(made.body as { token: string }).token}`,
      "content-type": "application/scim+json",
    };
    const schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
    const deactivate = JSON.stringify({ schemas, Operations: [{ op: "replace", path: "active", value: false }] });
    await signIn(browser, connection, { nameId: "ana-1", email: `ana@${tenant.domain}` });
    assert.equal((await counts(tenant)).sessions, 1);
    assert.ok(
      (await fetch(`${await server()}/scim/v2/Users/${id}`, { method: "PATCH", headers, body: deactivate })).ok,
    );
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

  it("tells a newcomer without a seat what happened and whom to ask, where its door refuses, and makes nobody", async () => {
    const tenant = await place({ seatLimit: 0, settings: { seats: { whenFull: { sso: "refuse" } } } });
    const connection = await connected(tenant);
    const browser = new Browser();
    const person = { nameId: "ana-1", email: `ana@${tenant.domain}` };
    const form = await answered(browser, connection, person);
    const { location } = await browser.post(`/sso/saml/${connection.id}/acs`, form, true);
    const refused = await browser.get(location);
    assert.equal(refused.status, 403);
    assert.match(refused.text, /Every seat .* is taken\. Ask your admin/);
    const [, reference] = /Reference: ([0-9a-f-]{36})/.exec(refused.text) ?? [];
    assert.deepEqual(await counts(tenant), { members: 0, held: 0, sessions: 0 });
    const { items } = (await api("GET", `/tenants/${tenant.slug}/sign-ins`)).body as {
      items: Record<string, string>[];
    };
    const line = items.find(({ id }) => id === reference);
    assert.equal(line?.["reason"], "seat_limit_reached");
    assert.match(line?.["detail"] ?? "", /^User seat limit reached: 0 of 0 seats used/);
    await api("PATCH", `/tenants/${tenant.slug}`, { seatLimit: 1 });
    assert.equal((await browser.get(location)).status, 303, "the handle was not spent");
    assert.deepEqual(await counts(tenant), { members: 1, held: 1, sessions: 1 });
  });

  it("takes the two forms of a domain for one, in the address and in what was verified (RFC 5890)", async () => {
    const tenant = await place();
    const [unicode, ascii] = [`bücher-${tenant.slug}.com`, domainToASCII(`bücher-${tenant.slug}.com`)];
    await api("POST", `/tenants/${tenant.slug}/domains`, { domain: unicode });
    const verified = await api("POST", `/tenants/${tenant.slug}/domains/${ascii}/verify`, { force: true });
    assert.equal(verified.status, 200);
    const connection = await connected(tenant);
    for (const [nameId, known, asserted] of [
      ["ana-1", unicode, ascii],
      ["bo-1", ascii, unicode],
    ] as const) {
      const local = nameId.slice(0, -2);
      const emails = [{ value: `${local}@${known}`, type: "work", primary: true }];
      const id = await pushed(tenant, { userName: local, emails });
      const browser = new Browser();
      await signIn(browser, connection, { nameId, email: `${local}@${asserted}` });
      const { body } = await browser.session();
      assert.equal((body["member"] as { id: string }).id, id);
    }
    const begun = await new Browser().get(`/sso/start?email=ana@${encodeURIComponent(unicode)}`);
    assert.equal(begun.status, 303);
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
