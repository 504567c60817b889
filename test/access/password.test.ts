/** Sign-in by the password that an admin gave, and the session as a credential. */
import assert from "node:assert/strict";
import { hashToken } from "../../src/base/secrets.ts";
import { testDatabase } from "../support/database.ts";
import { api, Browser, counts, place, server } from "./place.ts";

const PASSWORD = "a long enough password";

async function withMember(settings: object = {}, roles: string[] = ["admin"]) {
  const tenant = await place({ settings });
  const email = `ana@${tenant.domain}`;
  const body = { email, name: { givenName: "Ana", familyName: "Example" }, roles, password: PASSWORD };
  const added = await api("POST", `/tenants/${tenant.slug}/members`, body);
  assert.equal(added.status, 201, JSON.stringify(added.body));
  return { tenant, email, id: (added.body as { id: string }).id };
}

function signIn(browser: Browser, tenant: string, email: string, password: string) {
  return browser.post("/sign-in", { tenant, email, password, return_to: "/" });
}

/** Signs in and chooses an own password, as who was given one must. */
async function settled(browser: Browser, tenant: string, email: string): Promise<string> {
  assert.equal((await signIn(browser, tenant, email, PASSWORD)).status, 303);
  const csrf = String((await browser.session()).body["csrfToken"]);
  const changed = await browser.post("/sign-in/password", { csrf, current: PASSWORD, next: "another long password" });
  assert.equal(changed.status, 303, changed.text);
  return csrf;
}

const isTooMany = ({ status }: { status: number }): boolean => status === 429;

describe("signing in by password", () => {
  it("asks who was given a password to choose another, and permits nothing until then", async () => {
    const { tenant, email } = await withMember();
    const browser = new Browser();
    await signIn(browser, tenant.slug, email, PASSWORD);
    const { body } = await browser.session();
    assert.deepEqual([body["mustChangePassword"], body["permissions"]], [true, []]);
    assert.equal((await browser.get(`/api/v1/tenants/${tenant.slug}/members`)).status, 403);
    assert.match((await browser.get("/")).text, /Choose your own password/);
  });

  it("opens the admin API to a member whose permissions suffice, once the password is their own", async () => {
    const { tenant, email } = await withMember();
    const browser = new Browser();
    await settled(browser, tenant.slug, email);
    assert.equal((await browser.get(`/api/v1/tenants/${tenant.slug}/members`)).status, 200);
    assert.match((await browser.get("/")).text, /Ana Example/);
  });

  it("permits what the roles in force permit at each request (T17)", async () => {
    const { tenant, email, id } = await withMember();
    const boss = { email: `boss@${tenant.domain}`, name: { givenName: "B", familyName: "B" }, roles: ["admin"] };
    assert.equal((await api("POST", `/tenants/${tenant.slug}/members`, boss)).status, 201);
    const browser = new Browser();
    await settled(browser, tenant.slug, email);
    assert.equal((await api("PATCH", `/tenants/${tenant.slug}/members/${id}`, { roles: ["viewer"] })).status, 200);
    assert.equal((await browser.get(`/api/v1/tenants/${tenant.slug}/members`)).status, 403);
  });

  it("reaches no other tenant", async () => {
    const [mine, other] = [await withMember(), await withMember()];
    const browser = new Browser();
    await settled(browser, mine.tenant.slug, mine.email);
    assert.equal((await browser.get(`/api/v1/tenants/${other.tenant.slug}/members`)).status, 404);
  });

  it("changes nothing by cookie without the token against forgery (T17)", async () => {
    const { tenant, email, id } = await withMember();
    const browser = new Browser();
    const csrf = await settled(browser, tenant.slug, email);
    const path = `/api/v1/tenants/${tenant.slug}/members/${id}`;
    const json = { "content-type": "application/json" };
    const body = JSON.stringify({ jobTitle: "Owner" });
    assert.equal((await browser.send("PATCH", path, body, json)).status, 403);
    assert.equal((await browser.send("PATCH", path, body, { ...json, "x-csrf-token": "wrong" })).status, 403);
    assert.equal((await browser.send("PATCH", path, body, { ...json, "x-csrf-token": csrf })).status, 200);
  });

  it("says the same of a wrong password and of an address that nobody has", async () => {
    const { tenant, email } = await withMember();
    const wrong = await signIn(new Browser(), tenant.slug, email, "not the password");
    const nobody = await signIn(new Browser(), tenant.slug, `nobody@${tenant.domain}`, "not the password");
    assert.deepEqual([wrong.status, nobody.status], [401, 401]);
    assert.equal(wrong.text.replaceAll(email, ""), nobody.text.replaceAll(`nobody@${tenant.domain}`, ""));
    assert.equal((await counts(tenant)).sessions, 0);
  });

  it("refuses more tries of one address, the right password too, until the window ends", async () => {
    const { tenant, email } = await withMember();
    for (let i = 0; i < 10; i++) await signIn(new Browser(), tenant.slug, email, "guess");
    assert.equal((await signIn(new Browser(), tenant.slug, email, PASSWORD)).status, 429);
  });

  it("looks at no more of those that are sent at once, and tells a program when to try again (RFC 6585 §4)", async () => {
    const { tenant, email } = await withMember();
    const tries = await Promise.all(
      Array.from({ length: 25 }, () => signIn(new Browser(), tenant.slug, email, "guess")),
    );
    assert.deepEqual([tries.filter(({ status }) => status === 401).length, tries.filter(isTooMany).length], [10, 15]);
    const body = JSON.stringify({ email, password: PASSWORD, tenant: tenant.slug });
    const headers = { "content-type": "application/json" };
    const answer = await new Browser().send("POST", "/api/v1/session", body, headers);
    assert.deepEqual([answer.status, answer.headers.get("retry-after")], [429, "900"]);
  });

  it("counts no sign-in by the right password", async () => {
    const { tenant, email } = await withMember();
    assert.equal((await signIn(new Browser(), tenant.slug, email, PASSWORD)).status, 303);
    const { pool } = await testDatabase();
    const key = hashToken(`password:${tenant.id}:${email}`);
    const { rows } = await pool.query("select count from attempt_limits where key = $1", [key]);
    assert.deepEqual(rows, [{ count: 0 }]);
  });

  it("leaves no session that lives again when a suspended member is released (rule 29, T14)", async () => {
    const { tenant, email, id } = await withMember({}, ["member"]);
    const path = `/tenants/${tenant.slug}/members/${id}`;
    const browser = new Browser();
    await signIn(browser, tenant.slug, email, PASSWORD);
    const { pool } = await testDatabase();
    const { rows } = await pool.query("select * from sessions where tenant_id = $1", [tenant.id]);
    assert.equal((await api("PATCH", path, { hold: true })).status, 200);
    // As one that was opened in the very moment of the suspension, which could not see it.
    await pool.query("insert into sessions select * from jsonb_populate_record(null::sessions, $1)", [rows[0]]);
    assert.equal((await browser.session()).status, 401);
    assert.equal((await api("PATCH", path, { hold: false })).status, 200);
    assert.equal((await browser.session()).status, 401);
  });

  it("refuses a suspended member", async () => {
    const { tenant, email, id } = await withMember({}, ["member"]);
    await api("PATCH", `/tenants/${tenant.slug}/members/${id}`, { hold: true });
    assert.equal((await signIn(new Browser(), tenant.slug, email, PASSWORD)).status, 403);
  });

  it("takes no form from another site (login CSRF) (T18)", async () => {
    const { tenant, email } = await withMember();
    const form = new URLSearchParams({ tenant: tenant.slug, email, password: PASSWORD });
    const posted = await new Browser().send("POST", "/sign-in", form, { origin: "https://evil.example" });
    assert.equal(posted.status, 403);
  });

  it("signs out, and the cookie opens nothing any more (T17)", async () => {
    const { tenant, email } = await withMember();
    const browser = new Browser();
    const csrf = await settled(browser, tenant.slug, email);
    const stolen = new Browser();
    for (const [name, value] of browser.cookies) stolen.cookies.set(name, value);
    assert.equal((await browser.post("/sign-out", { csrf })).status, 303);
    assert.equal((await stolen.session()).status, 401);
  });

  it("by the API answers the session and its cookie", async () => {
    const { tenant, email } = await withMember();
    const base = await server();
    const body = JSON.stringify({ email, password: PASSWORD, tenant: tenant.slug });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${base}/api/v1/session`, { method: "POST", headers, body });
    assert.equal(answer.status, 201);
    assert.match(answer.headers.getSetCookie().join(), /^usher=[^;]+; .*HttpOnly; SameSite=Lax/);
  });

  it("escapes what it shows", async () => {
    const page = await new Browser().get(
      `/sign-in?tenant=nobody&email=${encodeURIComponent('"><script>alert(1)</script>')}`,
    );
    assert.equal(page.status, 200);
    assert.ok(!page.text.includes("<script>"));
    assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'none'/);
  });
});
