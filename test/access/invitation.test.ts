/** Accepting an invitation in a browser: by password, and on the way through the tenant's identity provider. */
import assert from "node:assert/strict";
import { connectionUrls } from "../../src/directory/connections/connectionsForSignIn.ts";
import { testDatabase } from "../support/database.ts";
import { samlIdp } from "../support/samlIdp.ts";
import { newSlug } from "../support/tenant.ts";
import { account, demand, member, patchMember, PASSWORD } from "./people.ts";
import { api, Browser, counts, logged, place, type Seen, server } from "./place.ts";

type Place = Awaited<ReturnType<typeof place>>;

async function invited(tenant: Place, email: string, more: object = {}): Promise<{ id: string; token: string }> {
  const made = await api("POST", `/tenants/${tenant.slug}/invitations`, { emails: [email], sendEmail: false, ...more });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const [row] = (made.body as { results: { memberId: string; link: string }[] }).results;
  assert.ok(row);
  const [page, token = ""] = row.link.split("#");
  assert.equal(page, `${await server()}/invitation`);
  return { id: row.memberId, token };
}

async function linkOf(tenant: Place, role: string, wish: object = {}): Promise<string> {
  const made = await api("PUT", `/tenants/${tenant.slug}/invite-links/${role}`, wish);
  assert.equal(made.status, 200, JSON.stringify(made.body));
  return (made.body as { url: string }).url.split("#")[1] ?? "";
}

async function seen(tenant: Place, id: string): Promise<Record<string, unknown>> {
  return (await api("GET", `/tenants/${tenant.slug}/members/${id}`)).body;
}

async function connected(tenant: Place) {
  const wanted = { protocol: "saml", provider: "custom", name: "Company sign-in", attributes: { email: "email" } };
  const made = await api("POST", `/tenants/${tenant.slug}/connections`, wanted);
  const { id } = made.body as { id: string };
  const idp = samlIdp(connectionUrls(await server(), id), "both");
  const path = `/tenants/${tenant.slug}/connections/${id}`;
  assert.equal((await api("PATCH", path, { saml: { metadataXml: idp.metadata } })).status, 200);
  assert.equal((await api("PATCH", path, { status: "enabled", force: true })).status, 200);
  return { id, idp };
}

/** Goes on from where the browser was sent to the identity provider. */
async function answer(
  browser: Browser,
  { id, idp }: Awaited<ReturnType<typeof connected>>,
  begun: Seen,
  person: { nameId: string; email: string },
): Promise<Seen> {
  assert.equal(begun.status, 303, begun.text);
  const { samlResponse } = await idp.answer(begun.location, person);
  const posted = await browser.post(`/sso/saml/${id}/acs`, { SAMLResponse: samlResponse, RelayState: "" }, true);
  return posted.status === 303 ? browser.get(posted.location) : posted;
}

describe("the page of an invitation", () => {
  it("reads the token out of the fragment by a script of its own, or lets it be pasted", async () => {
    const page = await new Browser().get("/invitation");
    assert.equal(page.status, 200);
    assert.match(page.text, /<script src="\/invitation.js"><\/script>/);
    assert.match(page.headers.get("content-security-policy") ?? "", /script-src 'self'/);
    assert.equal(page.headers.get("cache-control"), "no-store");
    const script = await new Browser().get("/invitation.js");
    assert.match(script.headers.get("content-type") ?? "", /javascript/);
    assert.match(script.text, /location\.hash/);
  });

  it("shows who is invited to what, and looking changes nothing (T04)", async () => {
    const tenant = await place();
    const email = `ana@${newSlug()}.example`;
    const { id, token } = await invited(tenant, email, { roles: ["admin"] });
    for (let i = 0; i < 3; i++) {
      const page = await new Browser().post("/invitation", { token, return_to: "/" });
      assert.equal(page.status, 200, page.text);
      assert.match(page.text, new RegExp(`Join ${tenant.name}`));
      assert.ok(page.text.includes(email) && page.text.includes("Admin"));
    }
    assert.equal((await seen(tenant, id))["status"], "invited");
    const pasted = await new Browser().post("/invitation", {
      token: `${await server()}/invitation#${token}`,
      return_to: "/",
    });
    assert.equal(pasted.status, 200);
  });

  it("accepts with a password and signs in, and goes on where the person wanted (S2.4)", async () => {
    const tenant = await place();
    const email = `ana@${newSlug()}.example`;
    const { token, id } = await invited(tenant, email);
    const browser = new Browser();
    const form = { token, return_to: "/projects?id=1", givenName: "Ana", familyName: "Berg", password: PASSWORD };
    const done = await browser.post("/invitation/accept", form);
    assert.deepEqual([done.status, done.location], [303, "/projects?id=1"], done.text);
    assert.match((await browser.get("/")).text, /Ana Berg/);
    assert.equal((await seen(tenant, id))["status"], "active");
    const again = await new Browser().post("/invitation/accept", form);
    assert.equal(again.status, 410);
    assert.match(again.text, /opens nothing/);
  });

  it("speaks German, also of what went wrong", async () => {
    const tenant = await place();
    const { token } = await invited(tenant, `ana@${newSlug()}.example`);
    const form = { token, return_to: "/", givenName: "Ana", familyName: "Berg", password: "kurz" };
    const headers = { "accept-language": "de" };
    const shown = await new Browser().send("POST", "/invitation/accept", new URLSearchParams(form), headers);
    assert.equal(shown.status, 400);
    assert.match(shown.text, /Füllen Sie alle Felder aus/);
    assert.match(shown.text, /value="Berg"/);
    assert.doesNotMatch(shown.text, /value="kurz"/);
  });

  it("takes no form of another site, and lets nobody be sent elsewhere", async () => {
    const tenant = await place();
    const { token, id } = await invited(tenant, `ana@${newSlug()}.example`);
    const body = new URLSearchParams({ token, password: PASSWORD, return_to: "/" });
    const headers = { origin: "https://evil.example" };
    for (const path of ["/invitation", "/invitation/accept", "/invitation/connection"]) {
      assert.equal((await new Browser().send("POST", path, body, headers)).status, 403);
    }
    const away = { token, password: PASSWORD, return_to: "https://evil.example/" };
    assert.equal((await new Browser().post("/invitation/accept", away)).status, 400);
    assert.equal((await seen(tenant, id))["status"], "invited");
  });

  it("says the same of every token that opens nothing", async () => {
    for (const token of [
      "x",
      "usi_",
      `usi_${"0".repeat(32)}_${"A".repeat(43)}`,
      `usj_${"0".repeat(32)}_${"A".repeat(43)}`,
    ]) {
      for (const path of ["/invitation", "/invitation/accept", "/invitation/connection"]) {
        const form = { token, password: PASSWORD, connection: "x", return_to: "/", email: "a@b.example" };
        const page = await new Browser().post(path, { ...form, givenName: "A", familyName: "B" });
        assert.equal(page.status, 410, path);
      }
    }
  });

  it("tells whom to ask where there is no seat, and the invitation stays (rule 9)", async () => {
    const tenant = await place({ seatLimit: 0 });
    await api("PUT", `/tenants/${tenant.slug}/contact`, {
      name: "Kim Holt",
      email: "kim@acme.example",
      phone: null,
      notes: null,
    });
    const { token, id } = await invited(tenant, `ana@${newSlug()}.example`);
    const form = { token, return_to: "/", givenName: "Ana", familyName: "Berg", password: PASSWORD };
    const page = await new Browser().post("/invitation/accept", form);
    assert.equal(page.status, 409);
    assert.match(page.text, /Kim Holt/);
    assert.equal((await seen(tenant, id))["status"], "invited");
  });

  it("of an account asks for its own password, and writes no token into a log (T08)", async () => {
    const tenant = await place();
    const { email } = await account();
    const { token } = await invited(tenant, email);
    const form = { token, return_to: "/", givenName: "Ana", familyName: "Berg" };
    const wrong = await new Browser().post("/invitation/accept", { ...form, password: "of somebody else's" });
    assert.equal(wrong.status, 401);
    assert.match(wrong.text, /not its password/);
    const browser = new Browser();
    assert.equal((await browser.post("/invitation/accept", { ...form, password: PASSWORD })).status, 303);
    assert.ok(!logged.join("").includes(token.slice(-43)));
  });

  it("of a link asks for the address too, and mails it first", async () => {
    const tenant = await place();
    const token = await linkOf(tenant, "member", { allowedDomains: ["acme.example"] });
    const page = await new Browser().post("/invitation", { token, return_to: "/" });
    assert.match(page.text, /name="email"/);
    const form = { token, return_to: "/", givenName: "Ana", familyName: "Berg", password: PASSWORD };
    const foreign = await new Browser().post("/invitation/accept", { ...form, email: "ana@evil.example" });
    assert.equal(foreign.status, 403);
    assert.match(foreign.text, /acme\.example/);
    const sent = await new Browser().post("/invitation/accept", { ...form, email: `${newSlug()}@acme.example` });
    assert.equal(sent.status, 202, sent.text);
    assert.equal((await counts(tenant)).members, 0);
  });
});

describe("an invitation under single sign-on", () => {
  it("is accepted on the way by whoever signs in with an address of the tenant's domain (rule 23)", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const email = `ana@${tenant.domain}`;
    const { id } = await invited(tenant, email, { roles: ["admin"] });
    const browser = new Browser();
    const begun = await browser.get(`/sso/start?connection=${connection.id}`);
    const done = await answer(browser, connection, begun, { nameId: "ana-1", email });
    assert.deepEqual([done.status, done.location], [303, "/"], done.text);
    const { status, roles, emailVerified, entrance } = await seen(tenant, id);
    assert.deepEqual([status, roles, emailVerified, entrance], ["active", ["admin"], false, "invitation"]);
    assert.equal((await counts(tenant)).members, 1);
  });

  it("is accepted where it is required of everybody, by the token, with an address of any domain (rule 28)", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const admin = await member(tenant, "boss", { roles: ["admin"], password: false });
    const { pool } = await testDatabase();
    await pool.query(
      `insert into identities (tenant_id, connection_id, issuer, subject, member_id, created_at, last_used_at)
       values ($1, $2, 'urn:idp', 'boss', $3, now(), now())`,
      [tenant.id, connection.id, admin.id],
    );
    const glass = await member(tenant, "glass", { roles: ["admin"] });
    await patchMember(tenant, glass.id, { breakGlass: true });
    assert.equal(await demand(tenant, "everyone"), 200);
    const email = `ana@${newSlug()}.example`;
    const { id, token } = await invited(tenant, email);
    const page = await new Browser().post("/invitation", { token, return_to: "/" });
    assert.match(page.text, /Continue with Company sign-in/);
    assert.doesNotMatch(page.text, /name="password"/);
    const browser = new Browser();
    const without = await browser.get(`/sso/start?connection=${connection.id}`);
    const stopped = await answer(browser, connection, without, { nameId: "ana-2", email });
    assert.notEqual(stopped.status, 303, "the address alone proves nothing here");
    const begun = await browser.post("/invitation/connection", { token, connection: connection.id, return_to: "/" });
    const done = await answer(browser, connection, begun, { nameId: "ana-2", email: email.toUpperCase() });
    assert.deepEqual([done.status, done.location], [303, "/"], done.text);
    const after = await seen(tenant, id);
    assert.deepEqual([after["status"], after["emailVerified"]], ["active", false], "the link was shown to the inviter");
    const later = new Browser();
    const next = await later.get(`/sso/start?connection=${connection.id}`);
    assert.equal((await answer(later, connection, next, { nameId: "ana-2", email })).status, 303);
  });

  it("is nobody else's: another address at the provider leaves it as it is", async () => {
    const tenant = await place({ settings: { signIn: { provisioning: "preProvisioned" } } });
    const connection = await connected(tenant);
    const { id, token } = await invited(tenant, `ana@${newSlug()}.example`);
    const browser = new Browser();
    const begun = await browser.post("/invitation/connection", { token, connection: connection.id, return_to: "/" });
    const done = await answer(browser, connection, begun, { nameId: "eve", email: `eve@${newSlug()}.example` });
    assert.notEqual(done.status, 303);
    assert.equal((await seen(tenant, id))["status"], "invited");
    assert.equal((await counts(tenant)).sessions, 0);
  });

  it("that was revoked opens nothing by the provider where people must be invited", async () => {
    const tenant = await place({ settings: { signIn: { provisioning: "preProvisioned" } } });
    const connection = await connected(tenant);
    const email = `ana@${tenant.domain}`;
    const { id } = await invited(tenant, email, { roles: ["admin"] });
    assert.equal((await api("DELETE", `/tenants/${tenant.slug}/invitations/${id}`)).status, 204);
    const browser = new Browser();
    const refused = await answer(browser, connection, await browser.get(`/sso/start?connection=${connection.id}`), {
      nameId: "ana-3",
      email,
    });
    assert.notEqual(refused.status, 303);
    assert.equal((await seen(tenant, id))["status"], "invited");
    const settings = { signIn: { provisioning: "jit" } };
    assert.equal((await api("PATCH", `/tenants/${tenant.slug}`, { settings })).status, 200);
    const done = await answer(browser, connection, await browser.get(`/sso/start?connection=${connection.id}`), {
      nameId: "ana-3",
      email,
    });
    assert.equal(done.status, 303, done.text);
    const after = await seen(tenant, id);
    assert.deepEqual([after["status"], after["roles"], after["entrance"]], ["active", ["member"], "sso"]);
  });

  it("waits where there is no seat: nobody joins, and the handle may be redeemed again", async () => {
    const tenant = await place({ seatLimit: 0 });
    const connection = await connected(tenant);
    const email = `ana@${tenant.domain}`;
    const { id } = await invited(tenant, email);
    const browser = new Browser();
    const begun = await browser.get(`/sso/start?connection=${connection.id}`);
    const full = await answer(browser, connection, begun, { nameId: "ana-4", email });
    assert.notEqual(full.status, 303);
    assert.equal((await seen(tenant, id))["status"], "invited");
    assert.equal((await counts(tenant)).sessions, 0);
  });

  it("by a link lets in whom the provider vouches for, with the link's role, also where people must exist first", async () => {
    const tenant = await place({ settings: { signIn: { provisioning: "preProvisioned" } } });
    const connection = await connected(tenant);
    const token = await linkOf(tenant, "admin", { maxUses: 1 });
    const come = async (local: string): Promise<Seen> => {
      const browser = new Browser();
      const begun = await browser.post("/invitation/connection", { token, connection: connection.id, return_to: "/" });
      if (begun.status !== 303) return begun;
      return answer(browser, connection, begun, { nameId: local, email: `${local}@${newSlug()}.example` });
    };
    assert.equal((await come("ana")).status, 303);
    const { body } = await api("GET", `/tenants/${tenant.slug}/members`);
    const [only] = (body as { items: Record<string, unknown>[] }).items;
    assert.deepEqual([only?.["entrance"], only?.["roles"], only?.["emailVerified"]], ["link", ["admin"], false]);
    assert.equal((await come("ben")).status, 410, "and one may join by it");
    assert.equal((await counts(tenant)).members, 1);
  });

  it("goes through a connection of the same tenant alone", async () => {
    const [tenant, other] = [await place(), await place()];
    const foreign = await connected(other);
    const { token } = await invited(tenant, `ana@${tenant.domain}`);
    const form = { token, connection: foreign.id, return_to: "/" };
    assert.equal((await new Browser().post("/invitation/connection", form)).status, 404);
  });
});
