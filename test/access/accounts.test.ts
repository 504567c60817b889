/** One person's account in several tenants (rules 26 and 27). */
import assert from "node:assert/strict";
import { hashToken } from "../../src/base/secrets.ts";
import { proveAccount } from "../../src/directory/accounts/accountSignIn.ts";
import { hashPassword } from "../../src/directory/accounts/passwords.ts";
import { testDatabase } from "../support/database.ts";
import { newSlug } from "../support/tenant.ts";
import {
  account,
  attach,
  calls,
  connection,
  demand,
  eventsOf,
  localSessions,
  member,
  PASSWORD,
  type Place,
  ready,
  signedIn,
  signIn,
} from "./people.ts";
import { api, Browser, place } from "./place.ts";

async function query(text: string, values: unknown[]): Promise<Record<string, unknown>[]> {
  return (await (await testDatabase()).pool.query(text, values)).rows as Record<string, unknown>[];
}

/** A tenant in which an account is a member without a password of their own. */
async function joined(accountId: string, tenant?: Place): Promise<{ tenant: Place; id: string; email: string }> {
  const here = tenant ?? (await place());
  const made = await member(here, "ana", { password: false });
  await attach(here, accountId, made.id);
  return { tenant: here, ...made };
}

const choose = (browser: Browser, tenant: Place, return_to = "/") =>
  browser.post("/sign-in/tenant", { tenant: tenant.id, return_to });

const tenantOf = async (browser: Browser): Promise<unknown> =>
  ((await browser.session()).body["tenant"] as { id?: string } | undefined)?.id;

beforeEach(async () => {
  await query("delete from attempt_limits", []);
});

describe("signing in by an account", () => {
  it("goes straight into the one tenant that it opens", async () => {
    const own = await account();
    const { tenant } = await joined(own.id);
    const browser = new Browser();
    const done = await signIn(browser, { email: own.email });
    assert.deepEqual([done.status, done.location], [303, "/"]);
    assert.equal(await tenantOf(browser), tenant.id);
  });

  it("offers a choice of several, and opens the one that is chosen, once", async () => {
    const own = await account();
    const [first, second] = [await joined(own.id), await joined(own.id)];
    const browser = new Browser();
    const done = await browser.post("/sign-in", { email: own.email, password: PASSWORD, return_to: "/projects" });
    assert.equal(done.location, "/sign-in/tenant?return_to=%2Fprojects");
    const page = await browser.get(done.location);
    for (const { tenant } of [first, second]) assert.match(page.text, new RegExp(`value="${tenant.id}"`));
    const ticket = browser.cookies.get("usher-account") ?? "";
    const entered = await choose(browser, second.tenant, "/projects");
    assert.deepEqual([entered.status, entered.location], [303, "/projects"]);
    assert.equal(await tenantOf(browser), second.tenant.id);
    const again = new Browser();
    again.cookies.set("usher-account", ticket);
    assert.equal((await choose(again, first.tenant)).status, 403);
    assert.match((await again.get("/sign-in/tenant")).location, /^\/sso\/start/);
    assert.equal(await localSessions(first.tenant), 0);
  });

  it("opens one session of one ticket that is used many times at once", async () => {
    const own = await account();
    const [first] = [await joined(own.id), await joined(own.id)];
    const browser = new Browser();
    await signIn(browser, { email: own.email });
    await Promise.all(Array.from({ length: 5 }, () => choose(browser, first.tenant)));
    assert.equal(await localSessions(first.tenant), 1);
  });

  it("T01: opens no tenant but its own, nor one that suspended its member, is deleted, or was made up", async () => {
    const own = await account();
    const [first, second, held] = [await joined(own.id), await joined(own.id), await joined(own.id)];
    const stranger = await place();
    const browser = new Browser();
    await signIn(browser, { email: own.email });
    await api("PATCH", `/tenants/${held.tenant.slug}/members/${held.id}`, { hold: true });
    assert.equal((await api("DELETE", `/tenants/${second.tenant.slug}`)).status, 204);
    const page = await browser.get("/sign-in/tenant");
    for (const { tenant } of [second, held]) assert.doesNotMatch(page.text, new RegExp(tenant.id));
    for (const tenant of [stranger, second.tenant, held.tenant])
      assert.equal((await choose(browser, tenant)).status, 403);
    assert.equal((await browser.post("/sign-in/tenant", { tenant: "no id", return_to: "/" })).status, 403);
    assert.equal((await choose(browser, first.tenant)).status, 303, "none of them has used the ticket up");
  });

  it("says of an account what it says of an address that nobody has (T22)", async () => {
    const own = await account();
    await joined(own.id);
    const nobody = `ana@${newSlug()}.example`;
    const pages = [];
    for (const email of [own.email, nobody]) {
      const seen = await signIn(new Browser(), { email, password: "not the password" });
      pages.push(`${seen.status} ${seen.text.replaceAll(email, "")}`);
    }
    assert.equal(pages[0], pages[1]);
    assert.match(String(pages[0]), /^401/);
  });

  it("looks at ten tries in a window, the right password too, for known and unknown addresses alike", async () => {
    const own = await account();
    await joined(own.id);
    for (const email of [own.email, `ana@${newSlug()}.example`]) {
      const tries = await Promise.all(
        Array.from({ length: 12 }, () => signIn(new Browser(), { email, password: "guess" })),
      );
      assert.equal(tries.filter(({ status }) => status === 429).length, 2);
      assert.equal((await signIn(new Browser(), { email })).status, 429);
    }
  });

  it("counts no try of who signs in by a member's password without naming the tenant", async () => {
    const tenant = await place();
    const { email } = await member(tenant, "ana");
    assert.equal((await signIn(new Browser(), { email })).status, 303);
    const [row] = await query("select count from attempt_limits where key = $1", [hashToken(`account:${email}`)]);
    assert.deepEqual(row, { count: 0 });
  });

  it("T13: enters each tenant by its own rules: through its identity provider, or by the member's own password", async () => {
    const own = await account();
    const { tenant: strict } = await ready();
    await joined(own.id, strict);
    const local = await joined(own.id);
    await query("update members set password_hash = $2 where id = $1", [
      local.id,
      await hashPassword("given by an admin"),
    ]);
    await demand(strict, "everyone");
    const browser = new Browser();
    await signIn(browser, { email: own.email });
    assert.match((await choose(browser, strict)).location, new RegExp(`^/sso/start\\?tenant=${strict.slug}&`));
    assert.match(
      (await choose(browser, local.tenant)).location,
      new RegExp(`^/sign-in\\?tenant=${local.tenant.slug}&`),
    );
    assert.deepEqual([await localSessions(strict), await localSessions(local.tenant)], [0, 0]);
  });

  it("T17: is void where the password was changed meanwhile, or the choice took too long", async () => {
    const own = await account();
    const [first] = [await joined(own.id), await joined(own.id)];
    const browser = new Browser();
    await signIn(browser, { email: own.email });
    await query("update accounts set password_hash = $2 where id = $1", [
      own.id,
      await hashPassword("another password"),
    ]);
    assert.equal((await choose(browser, first.tenant)).status, 403);
    await query("update accounts set password_hash = $2 where id = $1", [own.id, await hashPassword(PASSWORD)]);
    await signIn(browser, { email: own.email });
    await query("update account_tickets set expires_at = now()", []);
    assert.equal((await choose(browser, first.tenant)).status, 403);
    assert.equal(await localSessions(first.tenant), 0);
  });

  it("T18: takes no choice of another site", async () => {
    const own = await account();
    const [first] = [await joined(own.id), await joined(own.id)];
    const browser = new Browser();
    await signIn(browser, { email: own.email });
    const form = new URLSearchParams({ tenant: first.tenant.id, return_to: "/" });
    assert.equal((await browser.send("POST", "/sign-in/tenant", form, { origin: "https://evil.example" })).status, 403);
  });

  it("tells who has no workspace yet what to do", async () => {
    const own = await account();
    const browser = new Browser();
    const { location } = await signIn(browser, { email: own.email });
    assert.match((await browser.get(location)).text, /opens no workspace yet/);
    assert.match((await browser.get(location, { "accept-language": "de" })).text, /öffnet noch keine Organisation/);
  });

  describe("whose address is in a domain that people join by (rule 30)", () => {
    async function joinable(more: object = {}): Promise<{ tenant: Place; email: string; accountId: string }> {
      const tenant = await place();
      const path = `/tenants/${tenant.slug}/domains/${tenant.domain}`;
      const autoJoin = { enabled: true, role: "member", ...more };
      assert.equal((await api("PATCH", path, { autoJoin })).status, 200);
      const { id: accountId, email } = await account(`ana@${tenant.domain}`);
      return { tenant, email, accountId };
    }
    const memberships = async (tenant: Place): Promise<unknown[]> =>
      (await query("select entrance, status, roles from members where tenant_id = $1", [tenant.id])).map((row) => row);
    const join = (browser: Browser, tenant: Place) =>
      browser.post("/sign-in/join", { tenant: tenant.id, return_to: "/" });

    it("is moved nowhere, but shown the workspace, and joins it by choice", async () => {
      const { tenant, email } = await joinable();
      const browser = new Browser();
      const done = await signIn(browser, { email });
      const page = await browser.get(done.location);
      assert.match(page.text, /Workspaces you can join[^]*Join /);
      assert.match((await browser.get(done.location, { "accept-language": "de" })).text, /denen Sie beitreten können/);
      assert.deepEqual(await memberships(tenant), []);
      const entered = await join(browser, tenant);
      assert.deepEqual([entered.status, entered.location], [303, "/"], entered.text);
      assert.equal(await tenantOf(browser), tenant.id);
      assert.deepEqual(await memberships(tenant), [{ entrance: "domain", status: "active", roles: ["member"] }]);
      const again = new Browser();
      assert.equal((await signIn(again, { email })).location, "/", "the one that it opens, and nothing to join");
    });

    it("is shown it beside the one tenant that it opens", async () => {
      const { tenant, email, accountId } = await joinable();
      const other = await joined(accountId);
      const browser = new Browser();
      const page = await browser.get((await signIn(browser, { email })).location);
      assert.match(page.text, new RegExp(`value="${other.tenant.id}"[^]*value="${tenant.id}"`));
      assert.equal((await choose(browser, other.tenant)).status, 303);
      assert.deepEqual(await memberships(tenant), []);
    });

    it("asks where an admin says yes to each, once", async () => {
      const { tenant, email } = await joinable({ approval: true });
      const browser = new Browser();
      assert.match((await browser.get((await signIn(browser, { email })).location)).text, /Ask to join/);
      assert.match((await join(browser, tenant)).text, /We have asked the administrators/);
      assert.deepEqual(await memberships(tenant), []);
      assert.equal((await join(browser, tenant)).status, 403, "asked already");
      assert.doesNotMatch((await browser.get("/sign-in/tenant")).text, /Workspaces you can join/);
    });

    it("is led to the identity provider of a tenant that has one", async () => {
      const { tenant, email } = await joinable();
      await connection(tenant);
      const browser = new Browser();
      const page = await browser.get((await signIn(browser, { email })).location);
      assert.match(page.text, new RegExp(`href="/sso/start\\?tenant=${tenant.slug}`));
      assert.match((await join(browser, tenant)).text, /sign in through its own identity provider/);
      assert.deepEqual(await memberships(tenant), []);
    });

    it("joins nothing else: another tenant, after a removal, with a switch that is off, or from another site", async () => {
      const { tenant, email } = await joinable();
      const [far, browser] = [await place(), new Browser()];
      await signIn(browser, { email });
      assert.equal((await join(browser, far)).status, 403);
      assert.equal((await join(new Browser(), tenant)).status, 403, "without the proof");
      const form = new URLSearchParams({ tenant: tenant.id });
      const foreign = { origin: "https://evil.example" };
      assert.equal((await browser.send("POST", "/sign-in/join", form, foreign)).status, 403);
      await query(
        "insert into tombstones (tenant_id, member_id, email_key, removed_at) values ($1, gen_random_uuid(), $2, now())",
        [tenant.id, email],
      );
      assert.equal((await join(browser, tenant)).status, 403);
      await query("delete from tombstones where tenant_id = $1", [tenant.id]);
      const path = `/tenants/${tenant.slug}/domains/${tenant.domain}`;
      await api("PATCH", path, { autoJoin: { enabled: false } });
      assert.equal((await join(browser, tenant)).status, 403);
      assert.deepEqual(await memberships(tenant), []);
    });
  });

  it("by the API asks which tenant is meant where there are several, and of nobody else", async () => {
    const own = await account();
    const post = (body: object) =>
      new Browser().send("POST", "/api/v1/session", JSON.stringify(body), { "content-type": "application/json" });
    const credentials = { email: own.email, password: PASSWORD };
    const { tenant: first } = await joined(own.id);
    assert.equal((await post(credentials)).status, 201);
    await joined(own.id);
    const asked = await post(credentials);
    assert.equal(asked.status, 409, asked.text);
    const { code, tenants } = JSON.parse(asked.text) as { code: string; tenants: { id: string }[] };
    assert.equal(code, "conflict");
    assert.ok(tenants.some(({ id }) => id === first.id));
    const wrong = await post({ ...credentials, password: "guess" });
    assert.doesNotMatch(wrong.text, /tenants/);
    const signed = await post({ email: `ana@${first.domain}`, password: PASSWORD, tenant: first.slug });
    assert.equal(signed.status, 201, signed.text);
  });

  it("costs an unknown address a hash as well", async () => {
    const db = await testDatabase();
    const system = { actor: { type: "system" }, now: new Date() } as const;
    const start = performance.now();
    await proveAccount(db, system, { email: "nobody@nowhere.example", password: PASSWORD }, null);
    assert.ok(performance.now() - start > 5, "argon2id was at work");
  });
});

describe("attaching an account to a membership", () => {
  /** Somebody who is signed in by a password of their own, and an account with the same address. */
  async function here(): Promise<{
    tenant: Place;
    id: string;
    email: string;
    browser: Browser;
    own: { id: string; email: string };
  }> {
    const tenant = await place();
    const made = await member(tenant, "ana");
    return { tenant, ...made, browser: await signedIn(tenant, made.email), own: await account(made.email) };
  }
  const proof = (email: string, password = PASSWORD) => ({ email, password });
  const attached = async (id: string): Promise<number> =>
    (await query("select from account_members where account_id = $1", [id])).length;

  it("T05: never follows from an equal address, which opens nothing without the holder's doing", async () => {
    const { tenant, own, email, id } = await here();
    await query("update members set password_hash = $2 where id = $1", [id, await hashPassword("of the member alone")]);
    assert.equal((await signIn(new Browser(), { tenant: tenant.slug, email })).status, 401);
    assert.equal(await attached(own.id), 0);
  });

  it("is done by the holder, signed in as the member, who hears of it by mail", async () => {
    const { tenant, id, browser, own } = await here();
    const reply = await calls(browser, "POST", "/session/account", proof(own.email));
    assert.equal(reply.status, 201, reply.text);
    assert.equal(await attached(own.id), 1);
    assert.ok((await eventsOf(tenant, id)).includes("member.account_attached"));
    const [job] = await query("select payload from jobs where kind = 'mail.account' and tenant_id = $1", [tenant.id]);
    assert.deepEqual(job?.["payload"], { accountId: own.id, message: "accountAttached" });
  });

  it("T07: takes the proof of both in one request of one session: no password, no tie", async () => {
    const { browser, own } = await here();
    const other = await account();
    const wrong: readonly object[] = [proof(own.email, "guess"), proof(`x${own.email}`), proof(other.email, "guess")];
    for (const body of wrong) assert.equal((await calls(browser, "POST", "/session/account", body)).status, 403);
    const unsigned = await new Browser().send("POST", "/api/v1/session/account", JSON.stringify(proof(own.email)), {
      "content-type": "application/json",
    });
    assert.equal(unsigned.status, 401);
    const forged = await browser.send("POST", "/api/v1/session/account", JSON.stringify(proof(own.email)), {
      "content-type": "application/json",
    });
    assert.equal(forged.status, 403);
    assert.equal((await browser.post("/account", { csrf: "made up", ...proof(own.email) })).status, 403);
    assert.equal((await attached(own.id)) + (await attached(other.id)), 0);
  });

  it("T07: asks for the second factor that the account has", async () => {
    const { browser, own } = await here();
    await query(
      `insert into account_factors (account_id, totp_secret, totp_confirmed_at, recovery_codes)
       values ($1, 'x', now(), array[]::bytea[])`,
      [own.id],
    );
    const reply = await calls(browser, "POST", "/session/account", proof(own.email));
    assert.equal(reply.status, 403, reply.text);
    assert.match(reply.text, /asks for a code/);
    assert.equal(await attached(own.id), 0);
  });

  it("refuses a second account, and an account that is another member here", async () => {
    const { tenant, browser, own } = await here();
    await calls(browser, "POST", "/session/account", proof(own.email));
    const second = await account();
    assert.equal((await calls(browser, "POST", "/session/account", proof(second.email))).status, 409);
    const bo = await member(tenant, "bo");
    const other = await signedIn(tenant, bo.email);
    assert.equal((await calls(other, "POST", "/session/account", proof(own.email))).status, 409);
    assert.equal((await attached(own.id)) + (await attached(second.id)), 1);
  });

  it("tells of the other tenants to sessions alone that the account has opened", async () => {
    const own = await account();
    const [first, second] = [await joined(own.id), await joined(own.id)];
    const browser = await signedIn(first.tenant, first.email);
    const seen = JSON.parse((await browser.get("/api/v1/session/account")).text) as Record<string, unknown>;
    assert.deepEqual([seen["attached"], seen["email"]], [true, own.email]);
    const tenants = seen["tenants"] as { id: string; current: boolean; signInUrl: string }[];
    const current = new Map(tenants.map((each) => [each.id, each.current]));
    assert.deepEqual([current.get(first.tenant.id), current.get(second.tenant.id)], [true, false]);
    assert.equal(tenants.length, 2);
    assert.match((await browser.get("/account")).text, new RegExp(`tenant=${second.tenant.slug}`));
    // Whoever sets the member's password could have opened this one.
    await query("update members set password_hash = 'x' where id = $1", [first.id]);
    const told = JSON.parse((await browser.get("/api/v1/session/account")).text) as object;
    assert.deepEqual(told, { attached: true, email: null, tenants: [] });
  });

  it("is undone by the holder, unless it is the only way in, and ends what the account had opened", async () => {
    const own = await account();
    const { tenant, id, email } = await joined(own.id);
    const [browser, other] = [await signedIn(tenant, email), await signedIn(tenant, email)];
    assert.equal((await calls(browser, "DELETE", "/session/account")).status, 409);
    await query("update members set password_hash = (select password_hash from accounts where id = $2) where id = $1", [
      id,
      own.id,
    ]);
    assert.equal((await calls(browser, "DELETE", "/session/account")).status, 204);
    assert.deepEqual([(await browser.session()).status, (await other.session()).status], [200, 401]);
    assert.equal((await calls(browser, "DELETE", "/session/account")).status, 404);
    assert.ok((await eventsOf(tenant, id)).includes("member.account_detached"));
  });

  it("has a page without a script", async () => {
    const { browser, own } = await here();
    assert.match((await browser.get("/account")).text, /action="\/account"/);
    const csrf = String((await browser.session()).body["csrfToken"]);
    const wrong = await browser.post("/account", { csrf, email: own.email, password: "guess", code: "" });
    assert.equal(wrong.status, 401);
    assert.match(wrong.text, /role="alert"/);
    assert.match(wrong.text, new RegExp(`value="${own.email}"`));
    const done = await browser.post("/account", { csrf, email: own.email, password: PASSWORD, code: "" });
    assert.equal(done.location, "/account");
    assert.match((await browser.get("/account", { "accept-language": "de" })).text, /ein Konto verbunden/);
    assert.equal((await browser.post("/account/detach", { csrf })).location, "/account");
    assert.equal(await attached(own.id), 0);
    assert.match((await new Browser().get("/account")).location, /^\/sso\/start/);
  });
});
