/** Sign-in by OpenID Connect through the whole server, with oidc-provider as the identity provider. */
import assert from "node:assert/strict";
import { connectionUrls } from "../../src/directory/connections/connectionsForSignIn.ts";
import { oidcIdp, type OidcIdp } from "../support/oidcIdp.ts";
import { testDatabase } from "../support/database.ts";
import { api, Browser, counts, logged, place, pushed, server } from "./place.ts";

type Place = Awaited<ReturnType<typeof place>>;
type Json = Record<string, unknown>;

const providers: OidcIdp[] = [];

function closeProviders(): void {
  for (const { close } of providers.splice(0)) close();
}

async function connected(tenant: Place, more: object = {}) {
  const path = `/tenants/${tenant.slug}/connections`;
  const made = await api("POST", path, { protocol: "oidc", provider: "custom", name: "Company sign-in", ...more });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { id } = made.body as { id: string };
  const idp = await oidcIdp([connectionUrls(await server(), id).redirectUri]);
  providers.push(idp);
  idp.person = { sub: "ana-1", email: `ana@${tenant.domain}`, email_verified: true };
  const { issuer, clientId, clientSecret } = idp;
  const changes = [{ oidc: { issuer, clientId, clientSecret } }, { status: "enabled", force: true }];
  for (const change of changes) {
    const changed = await api("PATCH", `${path}/${id}`, change);
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
  }
  return { id, idp, path: `${path}/${id}` };
}

type Connected = Awaited<ReturnType<typeof connected>>;

/** Begins in a browser and lets the provider answer: where it sends the browser, which has not gone there yet. */
async function answered(browser: Browser, { id, idp }: Connected, query = ""): Promise<string> {
  const begun = await browser.get(`/sso/start?connection=${id}${query}`);
  assert.equal(begun.status, 303, begun.text);
  const { pathname, search } = await idp.visit(begun.location);
  return pathname + search;
}

async function signIn(browser: Browser, connection: Connected, query = "") {
  return browser.get(await answered(browser, connection, query));
}

async function signedIn(browser: Browser, connection: Connected): Promise<Json> {
  const done = await signIn(browser, connection);
  assert.equal(done.status, 303, done.text);
  return (await browser.session()).body;
}

async function mapped(tenant: Place, mappings: readonly object[]): Promise<void> {
  const put = await api("PUT", `/tenants/${tenant.slug}/role-mappings`, mappings);
  assert.equal(put.status, 200, JSON.stringify(put.body));
}

/** What the tenant's log of sign-ins says of the reference on a page. */
async function reasonOn(page: string): Promise<{ reason: string; detail: string }> {
  const [, reference = ""] = /Reference: ([0-9a-f-]{36})/.exec(page) ?? [];
  const { pool } = await testDatabase();
  const { rows } = await pool.query("select reason, detail from sign_ins where id = $1", [reference]);
  assert.equal(rows.length, 1, "the reference leads to a line of the log");
  return rows[0] as { reason: string; detail: string };
}

async function refusedFor(browser: Browser, address: string, reason: string): Promise<string> {
  const refused = await browser.get(address);
  assert.equal(refused.status, 403, refused.text);
  assert.equal((await reasonOn(refused.text)).reason, reason);
  assert.equal((await browser.session()).status, 401);
  return refused.text;
}

describe("signing in by OpenID Connect", () => {
  after(closeProviders);

  it("makes a member with role and seat at the first sign-in, and opens a session", async () => {
    const tenant = await place({ seatLimit: 1 });
    const connection = await connected(tenant);
    const browser = new Browser();
    const done = await signIn(browser, connection, "&return_to=/projects?x=1");
    assert.deepEqual([done.status, done.location], [303, "/projects?x=1"]);
    const { status, body } = await browser.session();
    assert.equal(status, 200);
    assert.deepEqual([body["roles"], body["seat"], body["authMethod"]], [["member"], "held", "oidc"]);
    const member = body["member"] as Json;
    assert.deepEqual([member["entrance"], member["emailVerified"]], ["sso", false]);
    assert.deepEqual(await counts(tenant), { members: 1, held: 1, sessions: 1 });
  });

  it("finds the same member at the second sign-in by its subject, though the address is another now (rule 23)", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    await signedIn(new Browser(), connection);
    connection.idp.person = { sub: "ana-1", email: `ana.new@${tenant.domain}`, email_verified: true };
    await signedIn(new Browser(), connection);
    assert.deepEqual(await counts(tenant), { members: 1, held: 1, sessions: 2 });
  });

  it("makes another member for another subject (T06)", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    await signedIn(new Browser(), connection);
    connection.idp.person = { sub: "bo-1", email: `bo@${tenant.domain}`, email_verified: true };
    await signedIn(new Browser(), connection);
    assert.deepEqual(await counts(tenant), { members: 2, held: 2, sessions: 2 });
  });

  it("follows the address that the provider has for somebody by now, unless a directory or another member has a say", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const { idp } = connection;
    const first = (await signedIn(new Browser(), connection))["member"] as Json;
    const asserting = async (email: string): Promise<unknown[]> => {
      idp.person = { sub: "ana-1", email, email_verified: true };
      const member = (await signedIn(new Browser(), connection))["member"] as Json;
      assert.equal(member["id"], first["id"]);
      return [member["email"], member["emailVerified"]];
    };
    const married = `ana.new@${tenant.domain}`;
    assert.deepEqual(await asserting(married), [married, false]);
    assert.deepEqual(await asserting("ana@elsewhere.example"), ["ana@elsewhere.example", false]);
    const bo = { email: `bo@${tenant.domain}`, name: { givenName: "Bo", familyName: "B" } };
    assert.equal((await api("POST", `/tenants/${tenant.slug}/members`, bo)).status, 201);
    assert.deepEqual(await asserting(bo.email), ["ana@elsewhere.example", false], "it is another member's");
    const { pool } = await testDatabase();
    await pool.query(
      `update members set directory_id = (select id from directories where tenant_id = $1 limit 1) where id = $2`,
      [tenant.id, first["id"]],
    );
    assert.deepEqual(await asserting(married), ["ana@elsewhere.example", false], "it is the directory's");
  });

  it("does not reach a member by an address that a new hire has been given (T06)", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    await signedIn(new Browser(), connection);
    connection.idp.person = { sub: "ana-2", email: `ana@${tenant.domain}`, email_verified: true };
    const browser = new Browser();
    await refusedFor(browser, await answered(browser, connection), "link_linkedToAnother");
    assert.deepEqual(await counts(tenant), { members: 1, held: 1, sessions: 1 });
  });

  it("refreshes the names at each sign-in, and keeps those that are no longer asserted", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const { idp } = connection;
    const before = { ...idp.person };
    const names: unknown[] = [];
    for (const name of [{ given_name: "Ana", family_name: "Lima", name: "Ana Lima" }, { name: "Ana Souza" }]) {
      idp.person = { ...before, ...name };
      const member = (await signedIn(new Browser(), connection))["member"] as Json;
      names.push([member["displayName"], member["name"]]);
    }
    const name = { givenName: "Ana", familyName: "Lima" };
    assert.deepEqual(names, [
      ["Ana Lima", name],
      ["Ana Souza", name],
    ]);
  });

  it("offers the ways where a tenant has several, and goes the one that is chosen", async () => {
    const tenant = await place();
    await connected(tenant, { name: "Head <office>" });
    const second = await connected(tenant, { name: "Branch" });
    const browser = new Browser();
    const chooser = await browser.get(`/sso/start?tenant=${tenant.slug}&return_to=/projects`);
    assert.equal(chooser.status, 200);
    assert.match(chooser.text, /Continue with Head &lt;office&gt;/);
    const [link = ""] = [...chooser.text.matchAll(/href="([^"]+)"/g)]
      .map(([, href = ""]) => href.replaceAll("&amp;", "&"))
      .filter((href) => href.includes(second.id));
    const begun = await browser.get(link);
    assert.ok(begun.location.startsWith(second.idp.issuer), begun.location);
    const { pathname, search } = await second.idp.visit(begun.location);
    assert.equal((await browser.get(pathname + search)).location, "/projects");
  });

  it("tells the provider whom to offer, also by the chooser, and nothing that is no line of text", async () => {
    const tenant = await place();
    const email = `ana@${tenant.domain}`;
    const { id } = await connected(tenant);
    const hinted = async (query: Record<string, string>): Promise<string | null> => {
      const begun = await new Browser().get(`/sso/start?${new URLSearchParams(query)}`);
      return new URL(begun.location).searchParams.get("login_hint");
    };
    assert.equal(await hinted({ email }), email);
    assert.equal(await hinted({ connection: id, login_hint: email }), email);
    assert.equal(await hinted({ connection: id }), null);
    for (const hint of ["a\r\nb", "\u0000", "a".repeat(321)]) {
      assert.equal(await hinted({ connection: id, login_hint: hint }), null);
    }
    await connected(tenant);
    const chooser = await new Browser().get(`/sso/start?email=${email}`);
    assert.match(chooser.text, new RegExp(`connection=${id}[^"]*login_hint=ana%40`));
  });

  it("O11: takes of Google's accounts those of the tenant's verified domains, or of the one that is named", async () => {
    const tenant = await place();
    const connection = await connected(tenant, { provider: "google" });
    const account = (hd: string) => (connection.idp.person = { ...connection.idp.person, hd });
    const other = "other.example";
    account(other);
    const browser = new Browser();
    await refusedFor(browser, await answered(browser, connection), "oidc_hosted_domain");
    assert.deepEqual(await counts(tenant), { members: 0, held: 0, sessions: 0 });
    await api("PATCH", connection.path, { oidc: { hostedDomain: other } });
    await signedIn(new Browser(), connection);
    account(tenant.domain);
    const refused = new Browser();
    await refusedFor(refused, await answered(refused, connection), "oidc_hosted_domain");
    await api("PATCH", connection.path, { oidc: { hostedDomain: null } });
    await signedIn(new Browser(), connection);
  });

  it("goes straight to the provider that begins by its issuer (Core §4)", async () => {
    const tenant = await place();
    await connected(tenant);
    const { idp } = await connected(tenant);
    const query = new URLSearchParams({ tenant: tenant.slug, iss: idp.issuer });
    const begun = await new Browser().get(`/sso/start?${query}`);
    assert.ok(begun.location.startsWith(`${idp.issuer}/`), begun.location);
  });

  it("lets a newcomer in as a viewer when the seats are taken, by the policy of its door", async () => {
    const tenant = await place({ seatLimit: 0 });
    const { roles, seat } = await signedIn(new Browser(), await connected(tenant));
    assert.deepEqual([roles, seat], [["viewer"], "none"]);
  });

  it("lets nobody in when the seats are taken and the policy of its door says refuse (rule 2)", async () => {
    const tenant = await place({ seatLimit: 0, settings: { seats: { whenFull: { sso: "refuse" } } } });
    const refused = await signIn(new Browser(), await connected(tenant));
    assert.ok(refused.status >= 400 && refused.status < 500, `status ${refused.status}`);
    assert.deepEqual(await counts(tenant), { members: 0, held: 0, sessions: 0 });
  });

  it("logs no code, state, token, secret or cookie (T20)", async () => {
    const connection = await connected(await place());
    const browser = new Browser();
    const back = await answered(browser, connection);
    await browser.get(back);
    const { searchParams } = new URL(back, "http://localhost");
    const secrets = [searchParams.get("code"), searchParams.get("state"), connection.idp.clientSecret];
    const text = logged.join("");
    assert.ok(text.length > 0);
    for (const secret of [...secrets, ...browser.cookies.values()]) {
      assert.ok(secret !== null && !text.includes(secret));
    }
  });
});

describe("an answer by OpenID Connect that is refused", () => {
  after(closeProviders);

  it("comes to another browser than the one that began (T18)", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const [attacker, victim] = [new Browser(), new Browser()];
    const back = await answered(attacker, connection);
    await refusedFor(victim, back, "other_browser");
    // A browser that has begun a sign-in of its own is another one all the same.
    await victim.get(`/sso/start?connection=${connection.id}`);
    await refusedFor(victim, back, "other_browser");
    assert.deepEqual(await counts(tenant), { members: 0, held: 0, sessions: 0 });
    const own = await attacker.get(back);
    assert.equal(own.status, 303, `and takes nothing from who began: ${own.text}`);
  });

  it("is played again, in the same browser (O06)", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const browser = new Browser();
    const back = await answered(browser, connection);
    assert.equal((await browser.get(back)).status, 303);
    const again = await browser.get(back);
    assert.equal((await reasonOn(again.text)).reason, "oidc_state");
    assert.deepEqual(await counts(tenant), { members: 1, held: 1, sessions: 1 });
  });

  it("is sent many times at once: one of them opens a session (O06)", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const browser = new Browser();
    const back = await answered(browser, connection);
    const copies = Array.from({ length: 10 }, () => {
      const copy = new Browser();
      for (const [name, value] of browser.cookies) copy.cookies.set(name, value);
      return copy.get(back);
    });
    const statuses = (await Promise.all(copies)).map(({ status }) => status);
    assert.deepEqual(
      statuses.toSorted((a, b) => a - b),
      [303, ...Array.from({ length: 9 }, () => 403)],
    );
    assert.deepEqual(await counts(tenant), { members: 1, held: 1, sessions: 1 });
  });

  it("belongs to no sign-in that is open: no state, an unknown one, or another connection's", async () => {
    const tenant = await place();
    const [connection, other] = [await connected(tenant), await connected(tenant)];
    const browser = new Browser();
    const { searchParams } = new URL(await answered(browser, connection), "http://localhost");
    const to = (id: string, query: object): string =>
      `/sso/oidc/${id}/callback?${new URLSearchParams({ code: searchParams.get("code") ?? "", ...query })}`;
    await refusedFor(browser, to(connection.id, {}), "oidc_state");
    await refusedFor(browser, to(connection.id, { state: "unknown" }), "oidc_state");
    await refusedFor(browser, to(other.id, Object.fromEntries(searchParams)), "oidc_state");
    assert.deepEqual(await counts(tenant), { members: 0, held: 0, sessions: 0 });
  });

  it("holds a code that the provider did not give", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const browser = new Browser();
    const back = (await answered(browser, connection)).replace(/code=[^&]+/, "code=made-up");
    await refusedFor(browser, back, "oidc_code");
    assert.equal((await counts(tenant)).members, 0);
  });

  it("comes once the connection is switched off (S50)", async () => {
    const connection = await connected(await place());
    const browser = new Browser();
    const back = await answered(browser, connection);
    assert.equal((await api("PATCH", connection.path, { status: "disabled" })).status, 200);
    await refusedFor(browser, back, "connection_disabled");
    assert.equal((await browser.get(`/sso/start?connection=${connection.id}`)).status, 404);
  });

  it("is an error of the provider: a page with a reference, and none of the provider's words (O15)", async () => {
    const { id, idp } = await connected(await place());
    for (const [error, reason] of [
      ["access_denied", "oidc_denied"],
      ["server_error", "oidc_provider_error"],
      ["<img src=x>\r\nSet-Cookie: a=b", "oidc_provider_error"],
    ] as const) {
      const browser = new Browser();
      const begun = await browser.get(`/sso/start?connection=${id}`);
      const state = new URL(begun.location).searchParams.get("state") ?? "";
      const words = "<script>alert('AADSTS50105')</script>\r\nforged line";
      const query = new URLSearchParams({ error, error_description: words, state, iss: idp.issuer });
      const text = await refusedFor(browser, `/sso/oidc/${id}/callback?${query}`, reason);
      const { detail } = await reasonOn(text);
      for (const shown of [text, detail]) assert.doesNotMatch(shown, /<script>|<img|forged/);
      assert.match(detail, /AADSTS50105/);
      assert.ok(!logged.some((line) => line.includes("forged line")));
    }
  });

  it("names a person who must exist first, and does not (rule 25)", async () => {
    for (const [provisioning, reason] of [
      ["preProvisioned", "link_mustExist"],
      ["scim", "link_mustBeManaged"],
    ] as const) {
      const tenant = await place({ settings: { signIn: { provisioning } } });
      const connection = await connected(tenant);
      const browser = new Browser();
      await refusedFor(browser, await answered(browser, connection), reason);
      assert.equal((await counts(tenant)).members, 0);
    }
  });

  it("names a newcomer once a directory has pushed somebody, where provisioning is auto (rule 25)", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    await pushed(tenant, { userName: `bo@${tenant.domain}` });
    const browser = new Browser();
    await refusedFor(browser, await answered(browser, connection), "link_mustExist");
  });

  it("names a person who was removed (rule 22, T06), or is suspended", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const path = async (person: OidcIdp["person"]): Promise<string> => {
      connection.idp.person = person;
      const { id } = (await signedIn(new Browser(), connection))["member"] as { id: string };
      return `/tenants/${tenant.slug}/members/${id}`;
    };
    const ana = { sub: "ana-1", email: `ana@${tenant.domain}`, email_verified: true };
    const held = await path({ ...ana, sub: "bo-1", email: `bo@${tenant.domain}` });
    assert.equal((await api("PATCH", held, { hold: true })).status, 200);
    const browser = new Browser();
    await refusedFor(browser, await answered(browser, connection), "link_suspended");
    assert.equal((await api("DELETE", await path(ana))).status, 204);
    await refusedFor(browser, await answered(browser, connection), "link_removed");
    assert.deepEqual(await counts(tenant), { members: 1, held: 0, sessions: 0 });
  });
});

describe("groups that an OpenID Provider asserts", () => {
  after(closeProviders);

  async function withGroups() {
    const tenant = await place();
    const connection = await connected(tenant, { groupsClaim: "groups" });
    const { id: connectionId, idp } = connection;
    await mapped(tenant, [
      { group: { claim: "Bosses", connectionId }, role: "admin" },
      { group: { claim: "Sales", connectionId }, role: "member" },
    ]);
    const person = idp.person;
    const roles = async (groups: object): Promise<unknown> => {
      idp.person = { ...person, ...groups };
      const body = await signedIn(new Browser(), connection);
      return [body["roles"], body["seat"]];
    };
    return { tenant, connection, roles };
  }

  it("give the role of the first mapping that fits, at each sign-in anew (rules 11 and 13)", async () => {
    const { roles } = await withGroups();
    assert.deepEqual(await roles({ groups: ["Sales"] }), [["member"], "held"]);
    assert.deepEqual(await roles({ groups: ["Other"] }), [["viewer"], "none"]);
    assert.deepEqual(await roles({ groups: ["Sales", "Bosses"] }), [["admin"], "held"]);
  });

  it("give none where no mapping fits: fallback role, no seat (rule 11)", async () => {
    const { roles } = await withGroups();
    assert.deepEqual(await roles({ groups: ["sales"] }), [["viewer"], "none"], "claim values are compared exactly");
  });

  it("stay as they were where the claim is absent, and where it is a pointer to too many (rule 13)", async () => {
    const { tenant, roles } = await withGroups();
    assert.deepEqual(await roles({ groups: ["Sales"] }), [["member"], "held"]);
    assert.deepEqual(await roles({}), [["member"], "held"]);
    assert.deepEqual(await roles({ hasgroups: true }), [["member"], "held"]);
    assert.deepEqual(await roles({ groups: [] }), [["viewer"], "none"]);
    assert.equal((await counts(tenant)).held, 0);
  });

  it("count for the connection that a mapping names, and for no other", async () => {
    const { tenant } = await withGroups();
    const other = await connected(tenant, { groupsClaim: "groups" });
    other.idp.person = { sub: "bo-1", email: `bo@${tenant.domain}`, email_verified: true, groups: ["Bosses"] };
    const { roles } = await signedIn(new Browser(), other);
    assert.deepEqual(roles, ["viewer"]);
  });

  it("mean nothing for whom a directory manages (rule 13)", async () => {
    const { tenant, connection, roles } = await withGroups();
    const { email } = connection.idp.person;
    const name = { givenName: "From", familyName: "Above" };
    const id = await pushed(tenant, { userName: email, name, emails: [{ value: email, type: "work", primary: true }] });
    assert.deepEqual(await roles({ groups: ["Bosses"], given_name: "Ana", name: "Ana" }), [["viewer"], "none"]);
    const member = (await api("GET", `/tenants/${tenant.slug}/members/${id}`)).body as Json;
    assert.deepEqual(member["name"], name, "nor does the profile (rule 14)");
  });
});
