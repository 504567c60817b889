/** Signing up in a browser, and where an address leads (home-realm discovery). */
import assert from "node:assert/strict";
import { registrationToken } from "../../src/directory/domains/registrations.ts";
import type { Tenant } from "../../src/directory/tenants/tenant.ts";
import { ways } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { newSlug } from "../support/tenant.ts";
import { api, Browser, counts, place, type Seen } from "./place.ts";

const PASSWORD = "a long enough password";

type Place = Tenant & { domain: string };

async function joinable(autoJoin: object = {}): Promise<Place> {
  const tenant = await place();
  const path = `/tenants/${tenant.slug}/domains/${tenant.domain}`;
  assert.equal((await api("PATCH", path, { autoJoin: { enabled: true, ...autoJoin } })).status, 200);
  return tenant;
}

describe("signing up in a browser", () => {
  beforeEach(async () => {
    await (await testDatabase()).pool.query("delete from attempt_limits");
  });

  const form = (email: string): Record<string, string> => {
    return { email, password: PASSWORD, givenName: "Ana", familyName: "Berg" };
  };
  async function tokenOf(email: string): Promise<string> {
    const { pool } = await testDatabase();
    const { rows } = await pool.query("select id from registrations where email = $1 order by id desc", [email]);
    return registrationToken(ways.secretKeys, (rows[0] as { id: string }).id);
  }
  async function signedUp(browser: Browser, email: string): Promise<string> {
    const sent = await browser.post("/sign-up", form(email));
    assert.equal(sent.status, 202, sent.text);
    return tokenOf(email);
  }

  it("goes from the form over the mailed link to a member who can sign in", async () => {
    const tenant = await joinable();
    const email = `ana@${tenant.domain}`;
    const browser = new Browser();
    assert.match((await browser.get("/sign-up")).text, /action="\/sign-up"/);
    const token = await signedUp(browser, email);
    const confirmed = await browser.post("/sign-up/confirm", { token, password: PASSWORD });
    assert.equal(confirmed.status, 201, confirmed.text);
    assert.match(confirmed.text, new RegExp(`You are a member of ${tenant.name} now`));
    const signedIn = await browser.post("/sign-in", { tenant: tenant.slug, email, password: PASSWORD, return_to: "/" });
    assert.equal(signedIn.status, 303);
    assert.match((await browser.get("/")).text, /Ana Berg/);
  });

  it("lets a member so joined choose another password, by the present one", async () => {
    const tenant = await joinable();
    const email = `ana@${tenant.domain}`;
    const browser = new Browser();
    await browser.post("/sign-up/confirm", { token: await signedUp(browser, email), password: PASSWORD });
    const credentials = { tenant: tenant.slug, email, return_to: "/" };
    await browser.post("/sign-in", { ...credentials, password: PASSWORD });
    const csrf = String((await browser.session()).body["csrfToken"]);
    const next = "another long password";
    assert.equal((await browser.post("/sign-in/password", { csrf, current: "wrong", next })).status, 400);
    assert.equal((await browser.post("/sign-in/password", { csrf, current: PASSWORD, next })).status, 303);
    assert.equal((await new Browser().post("/sign-in", { ...credentials, password: PASSWORD })).status, 401);
    assert.equal((await new Browser().post("/sign-in", { ...credentials, password: next })).status, 303);
  });

  it("does nothing when the link is looked at, as mail scanners do, nor to a wrong password (T04)", async () => {
    const tenant = await joinable();
    const email = `ana@${tenant.domain}`;
    const browser = new Browser();
    const token = await signedUp(browser, email);
    for (let i = 0; i < 3; i++) assert.equal((await browser.get(`/sign-up/confirm?token=${token}`)).status, 200);
    const wrong = await browser.post("/sign-up/confirm", { token, password: "of somebody else who signed up" });
    assert.equal(wrong.status, 401);
    assert.equal((await counts(tenant)).members, 0);
    assert.equal((await browser.post("/sign-up/confirm", { token, password: PASSWORD })).status, 201);
    assert.equal((await browser.post("/sign-up/confirm", { token, password: PASSWORD })).status, 404);
  });

  it("says of an address that has an account what it says of any other (T22)", async () => {
    const [email, free] = [`ana@${newSlug()}.example`, `ben@${newSlug()}.example`];
    const browser = new Browser();
    await browser.post("/sign-up/confirm", { token: await signedUp(browser, email), password: PASSWORD });
    const [known, unknown] = [await browser.post("/sign-up", form(email)), await browser.post("/sign-up", form(free))];
    assert.equal(known.status, unknown.status);
    assert.equal(known.text.replaceAll(email, ""), unknown.text.replaceAll(free, ""));
  });

  it("tells who was not moved what they wait for", async () => {
    const tenant = await joinable({ approval: true });
    const browser = new Browser();
    const token = await signedUp(browser, `ana@${tenant.domain}`);
    const { text } = await browser.post("/sign-up/confirm", { token, password: PASSWORD });
    assert.match(text, /We have asked the administrators/);
    const alone = await signedUp(browser, `ana@${newSlug()}.example`);
    assert.match(
      (await browser.post("/sign-up/confirm", { token: alone, password: PASSWORD })).text,
      /no workspace yet/,
    );
  });

  const unfit: readonly (readonly [what: string, change: Record<string, string>, status: number])[] = [
    ["no address", { email: "ana" }, 400],
    ["a short password", { password: "short" }, 400],
    ["a password of a thousand characters", { password: "x".repeat(1000) }, 400],
    ["a name of spaces", { givenName: "  " }, 400],
  ];
  for (const [what, change, status] of unfit) {
    it(`refuses ${what}, and keeps what else was typed`, async () => {
      const sent = await new Browser().post("/sign-up", { ...form("ana@acme.example"), ...change });
      assert.equal(sent.status, status);
      assert.match(sent.text, /role="alert"/);
      assert.match(sent.text, /value="Berg"/);
      assert.doesNotMatch(sent.text, new RegExp(PASSWORD));
    });
  }

  it("takes no form of another site", async () => {
    const headers = { origin: "https://evil.example" };
    const body = new URLSearchParams(form("ana@acme.example"));
    assert.equal((await new Browser().send("POST", "/sign-up", body, headers)).status, 403);
  });

  it("shows what was typed as text, and asks for a token once", async () => {
    const browser = new Browser();
    const { text } = await browser.get(`/sign-up/confirm?token=${encodeURIComponent('"><script>')}`);
    assert.doesNotMatch(text, /<script>/);
    assert.equal((await browser.get("/sign-up/confirm?token=a&token=b")).status, 400);
  });
});

describe("where an address leads (home-realm discovery)", () => {
  const start = (query: Record<string, string>): Promise<Seen> =>
    new Browser().get(`/sso/start?${new URLSearchParams(query)}`);

  async function connected(tenant: Tenant, name: string): Promise<string> {
    const { pool } = await testDatabase();
    const made = await pool.query(
      `insert into connections (tenant_id, id, protocol, provider, name, status, settings, created_at, updated_at)
       values ($1, gen_random_uuid(), 'saml', 'other', $2, 'enabled', '{}', now(), now()) returning id`,
      [tenant.id, name],
    );
    return (made.rows[0] as { id: string }).id;
  }

  it("is the same page for an address in a domain that nobody has verified as for one in a tenant's own (T22)", async () => {
    const tenant = await place();
    const email = `ana@${tenant.domain}`;
    const name = { givenName: "Ana", familyName: "Example" };
    await api("POST", `/tenants/${tenant.slug}/members`, { email, name, password: PASSWORD });
    const addresses = [email, `nobody@${tenant.domain}`, `ana@${newSlug()}.example`, "ana@gmail.com", "no address"];
    const pages = [];
    for (const each of addresses) {
      const { status, text } = await start({ email: each });
      assert.equal(status, 200);
      pages.push(text.replaceAll(each, ""));
    }
    assert.equal(new Set(pages).size, 1);
    assert.doesNotMatch(pages.join(), new RegExp(tenant.slug));
  });

  it("is the same refusal for both, when a password is tried (T22)", async () => {
    const tenant = await place();
    const pages = [];
    for (const email of [`nobody@${tenant.domain}`, `nobody@${newSlug()}.example`]) {
      const { status, text } = await new Browser().post("/sign-in", { email, password: PASSWORD, return_to: "/" });
      pages.push(`${status} ${text.replaceAll(email, "")}`);
    }
    assert.equal(pages[0], pages[1]);
  });

  it("is the most specific domain that is verified", async () => {
    const [parent, child] = [await place(), await place()];
    const domain = `eu.${parent.domain}`;
    await api("POST", `/tenants/${child.slug}/domains`, { domain });
    await api("POST", `/tenants/${child.slug}/domains/${domain}/verify`, { force: true });
    for (const each of [parent, child]) {
      await connected(each, `One of ${each.slug}`);
      await connected(each, `Two of ${each.slug}`);
    }
    assert.match((await start({ email: `ana@${domain}` })).text, new RegExp(`One of ${child.slug}`));
    assert.match((await start({ email: `ana@x.${domain}` })).text, new RegExp(`One of ${child.slug}`));
    assert.match((await start({ email: `ana@us.${parent.domain}` })).text, new RegExp(`One of ${parent.slug}`));
  });

  it("is a chooser where a tenant has several connections, whether the address has a member or not", async () => {
    const tenant = await place();
    const ids = [await connected(tenant, "Okta"), await connected(tenant, "Entra ID")];
    const [some, none] = [await start({ email: `ana@${tenant.domain}` }), await start({ tenant: tenant.slug })];
    for (const { text } of [some, none]) for (const id of ids) assert.match(text, new RegExp(`connection=${id}`));
    assert.match(some.text, /Continue with Entra ID/);
    assert.match(some.text, /login_hint=ana/);
  });

  it("leads nowhere any more when the domain has lapsed", async () => {
    const tenant = await place();
    await connected(tenant, "Okta");
    await connected(tenant, "Entra ID");
    const { pool } = await testDatabase();
    await pool.query("update domains set status = 'lapsed' where tenant_id = $1", [tenant.id]);
    assert.doesNotMatch((await start({ email: `ana@${tenant.domain}` })).text, /Okta/);
  });
});
