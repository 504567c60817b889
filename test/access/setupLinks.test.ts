/** Setup links: their pages, in a browser's manner and without a script, and all that a link does not reach. */
import assert from "node:assert/strict";
import { resources } from "../../src/admin/index.ts";
import type { Route } from "../../src/admin/route.ts";
import { newCredential } from "../../src/directory/tenants/credential.ts";
import { txtName } from "../../src/directory/domains/domainProof.ts";
import { createSetupLink } from "../../src/directory/connections/setupLinks.ts";
import type { Tenant } from "../../src/directory/tenants/tenant.ts";
import { testDatabase } from "../support/database.ts";
import { say } from "../support/dns.ts";
import { oidcIdp, type OidcIdp } from "../support/oidcIdp.ts";
import { samlIdp } from "../support/samlIdp.ts";
import { connectionUrls } from "../../src/directory/connections/connectionsForSignIn.ts";
import { newTenant } from "../support/tenant.ts";
import { asOwner } from "../storage/catalogue.ts";
import { api, Browser, logged, type Seen, server } from "./place.ts";

type Json = Record<string, unknown>;
const ALL = ["sso", "scim", "domain"];

const providers: OidcIdp[] = [];

/** A tenant with an admin who can be written to. */
async function peopled(): Promise<{ tenant: Tenant; adminId: string }> {
  const tenant = await newTenant();
  const person = { email: `ana@${tenant.slug}.com`, name: { givenName: "Ana", familyName: "Berg" }, roles: ["admin"] };
  const { status, body } = await api("POST", `/tenants/${tenant.slug}/members`, person);
  assert.equal(status, 201, JSON.stringify(body));
  return { tenant, adminId: (body as Json)["id"] as string };
}

/** A link, by the operator unless a key is given. */
async function link(tenant: Tenant, intents = ALL, more: Json = {}): Promise<{ id: string; path: string }> {
  const { status, body } = await api("POST", `/tenants/${tenant.slug}/setup-links`, { intents, ...more });
  assert.equal(status, 201, JSON.stringify(body));
  const { id, url } = body as { id: string; url: string };
  assert.ok(url.startsWith(`${await server()}/setup?t=usl_`));
  return { id, path: url.slice((await server()).length) };
}

function tokenOf(path: string): string {
  return new URLSearchParams(path.split("?")[1]).get("t") ?? "";
}

/** Presses the button of the link's page. */
function redeem(browser: Browser, path: string): Promise<Seen> {
  return browser.post("/setup", { t: tokenOf(path) });
}

/** A browser that has redeemed a link. */
async function holder(tenant: Tenant, intents = ALL): Promise<{ browser: Browser; csrf: string; id: string }> {
  const { id, path } = await link(tenant, intents);
  return { ...(await holding(path)), id };
}

async function holding(path: string): Promise<{ browser: Browser; csrf: string }> {
  const browser = new Browser();
  const redeemed = await redeem(browser, path);
  assert.deepEqual([redeemed.status, redeemed.location], [303, "/setup/steps"], redeemed.text);
  return { browser, csrf: csrfIn((await browser.get("/setup/steps")).text) };
}

function csrfIn(html: string): string {
  const [, csrf = ""] = /name="csrf" value="([^"]+)"/.exec(html) ?? [];
  assert.notEqual(csrf, "");
  return csrf;
}

/** Calls the admin API with the cookie of a link. */
async function call(
  { browser, csrf }: { browser: Browser; csrf: string },
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Json }> {
  const headers = { "content-type": "application/json", "x-csrf-token": csrf };
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const { status, text } = await browser.send(method, `/api/v1${path}`, sent, headers);
  return { status, body: text === "" ? {} : (JSON.parse(text) as Json) };
}

async function requests(tenant: Tenant): Promise<Json[]> {
  return ((await api("GET", `/tenants/${tenant.slug}/setup-requests`)).body as { items: Json[] }).items;
}

async function events(tenant: Tenant): Promise<string[]> {
  const { body } = await api("GET", `/tenants/${tenant.slug}/events?order=asc&limit=200`);
  return (body as { items: { type: string }[] }).items
    .map(({ type }) => type)
    .filter((type) => type.startsWith("setup"));
}

/** The letters that wait for a tenant's admins. */
async function letters(tenant: Tenant): Promise<string[]> {
  const rows = await asOwner<{ message: string }>(
    await testDatabase(),
    `select payload->>'message' as message from jobs where tenant_id = $1 and kind = 'mail.send' order by id`,
    [tenant.id],
  );
  return rows.map(({ message }) => message);
}

const OPEN = {
  sso: [
    "createConnection",
    "createConnectionTest",
    "createSetupRequest",
    "getConnection",
    "getConnectionTest",
    "listConnectionPresets",
    "updateConnection",
  ],
  scim: ["createScimToken"],
  domain: ["createDomain", "verifyDomain"],
};

describe("a setup link", () => {
  after(() => {
    for (const { close } of providers.splice(0)) close();
  });

  it("T23: shows a page as often as it is opened, is redeemed by its form once, and comes to nobody else", async () => {
    const { tenant } = await peopled();
    const { path } = await link(tenant, ["sso"]);
    for (let i = 0; i < 3; i++) {
      const page = await new Browser().get(path);
      assert.equal(page.status, 200);
      assert.match(page.text, new RegExp(`Set up ${tenant.name}`));
      assert.equal(page.headers.get("referrer-policy"), "same-origin");
      assert.equal(page.headers.get("cache-control"), "no-store");
      assert.doesNotMatch(page.text, /https?:\/\//, "nothing is loaded from, or leads to, elsewhere");
    }
    const { browser } = await holding(path);
    const second = new Browser();
    assert.equal((await redeem(second, path)).status, 404);
    assert.equal((await second.get("/setup/steps")).status, 401);
    assert.equal((await second.get(path)).status, 404);
    assert.match((await browser.get(path)).text, /href="\/setup\/steps"/, "whoever has it may go on");
    assert.deepEqual(await events(tenant), ["setup_link.created", "setup_link.redeemed"]);
    assert.deepEqual(await letters(tenant), ["setupLinkCreated", "setupLinkRedeemed"]);
  });

  it("T23: is redeemed by one of twenty at the same time", async () => {
    const { path } = await link(await newTenant());
    const tries = await Promise.all(Array.from({ length: 20 }, () => redeem(new Browser(), path)));
    const [won, lost] = [303, 404].map((wanted) => tries.filter(({ status }) => status === wanted).length);
    assert.deepEqual([won, lost], [1, 19]);
  });

  it("T23: ends with its time, and the session with it", async () => {
    const tenant = await newTenant();
    const made = async (now: Date): Promise<string> => {
      const who = { tenantId: tenant.id, actor: { type: "operator" }, now } as const;
      const { token } = await createSetupLink(await testDatabase(), who, { intents: ["sso"], seconds: 3600 }, ["*"]);
      return `/setup?t=${token}`;
    };
    const late = await made(new Date(Date.now() - 3_600_000));
    assert.equal((await new Browser().get(late)).status, 404);
    assert.equal((await redeem(new Browser(), late)).status, 404);
    const { browser } = await holding(await made(new Date()));
    await asOwner(await testDatabase(), "update setup_links set expires_at = $2 where tenant_id = $1", [
      tenant.id,
      new Date(Date.now() - 1000),
    ]);
    assert.equal((await browser.get("/setup/steps")).status, 401);
    const { status } = await api("POST", `/tenants/${tenant.slug}/setup-links`, {
      intents: ["sso"],
      expiresInSeconds: 86_401,
    });
    assert.equal(status, 400, "a day at most");
  });

  for (const [what, end] of [
    ["is held", (id: string, tenants: string) => api("PATCH", `${tenants}/members/${id}`, { hold: true })],
    ["is removed", (id: string, tenants: string) => api("DELETE", `${tenants}/members/${id}`)],
    [
      "administers no more",
      (id: string, tenants: string) => api("PATCH", `${tenants}/members/${id}`, { roles: ["member"] }),
    ],
  ] as const) {
    it(`T23: dies when its maker ${what}, redeemed or not`, async () => {
      const { tenant, adminId } = await peopled();
      const second = { email: `ben@${tenant.slug}.com`, name: { givenName: "Ben" }, roles: ["admin"] };
      await api("POST", `/tenants/${tenant.slug}/members`, second);
      const who = { tenantId: tenant.id, actor: { type: "member", id: adminId }, now: new Date() } as const;
      const db = await testDatabase();
      const wanted = { intents: ["sso"], seconds: 3600 } as const;
      const [used, unused] = [
        await createSetupLink(db, who, wanted, ["*"]),
        await createSetupLink(db, who, wanted, ["*"]),
      ];
      const { browser, csrf } = await holding(`/setup?t=${used.token}`);
      const answer = await end(adminId, `/tenants/${tenant.slug}`);
      assert.ok([200, 204].includes(answer.status), JSON.stringify(answer.body));
      assert.equal((await browser.get("/setup/steps")).status, 401);
      assert.equal((await browser.post("/setup/connections", { csrf, provider: "okta" })).status, 401);
      assert.equal((await call({ browser, csrf }, "GET", "/setup-session")).status, 401);
      assert.equal((await redeem(new Browser(), `/setup?t=${unused.token}`)).status, 404);
    });
  }

  it("T23: dies with the API key that made it, and gives no more than that key had (rule 16)", async () => {
    const tenant = await newTenant();
    const made = await api("POST", `/tenants/${tenant.slug}/api-keys`, {
      name: "helpdesk",
      permissions: ["setupLinks:create", "scimTokens:create"],
    });
    const { id, key } = made.body as { id: string; key: string };
    const asKey = (intents: string[]): Promise<Response> =>
      server().then((base) =>
        fetch(`${base}/api/v1/tenants/${tenant.slug}/setup-links`, {
          method: "POST",
          headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
          body: JSON.stringify({ intents }),
        }),
      );
    assert.equal((await asKey(["sso"])).status, 403);
    assert.equal((await asKey(["scim", "domain"])).status, 403);
    const answer = await asKey(["scim"]);
    assert.equal(answer.status, 201);
    const { url } = (await answer.json()) as { url: string };
    const { browser } = await holding(url.slice((await server()).length));
    await api("DELETE", `/tenants/${tenant.slug}/api-keys/${id}`);
    assert.equal((await browser.get("/setup/steps")).status, 401);
  });

  it("T23: is revoked at once, and its admin sees meanwhile who redeemed it", async () => {
    const tenant = await newTenant();
    const { id, path } = await link(tenant, ["sso"]);
    const browser = new Browser();
    await browser.send("POST", "/setup", new URLSearchParams({ t: tokenOf(path) }), { "user-agent": "Firefox/140" });
    const { body } = await api("GET", `/tenants/${tenant.slug}/setup-links`);
    const [shown] = (body as { items: Json[] }).items;
    assert.deepEqual([shown?.["createdBy"], shown?.["intents"]], ["operator", ["sso"]]);
    const { ip, userAgent } = (shown?.["redeemedBy"] ?? {}) as Json;
    assert.match(String(ip), /^10\.9\.\d+\.\d+$/);
    assert.equal(userAgent, "Firefox/140");
    assert.equal(JSON.stringify(shown).includes("hash"), false);
    assert.equal((await api("DELETE", `/tenants/${tenant.slug}/setup-links/${id}`)).status, 204);
    assert.equal((await browser.get("/setup/steps")).status, 401);
    assert.equal((await api("DELETE", `/tenants/${tenant.slug}/setup-links/${id}`)).status, 404);
  });

  it("T23: reaches no route of the API that does not name its intent", async () => {
    const tenant = await newTenant();
    const routes = resources.flatMap((resource) => resource.routes);
    const path = (route: Route): string =>
      route.path.replace("{t}", tenant.slug).replaceAll(/\{\w+\}/g, "018f4e2a-7b1c-7def-8abc-1234567890ab");
    const open = new Set<string>();
    const all = await holder(tenant);
    for (const route of routes.filter(({ permission }) => permission !== "public")) {
      const { status } = await call(all, route.method, path(route), route.body ? {} : undefined);
      if (status !== 403) open.add(route.operationId);
    }
    assert.deepEqual([...open].toSorted(), ["getSetupSession", ...Object.values(OPEN).flat()].toSorted());
    for (const [intent, own] of Object.entries(OPEN)) {
      const one = await holder(tenant, [intent]);
      for (const { operationId, ...route } of routes.filter((each) => open.has(each.operationId))) {
        const { status } = await call(one, route.method, path(route as Route), route.body ? {} : undefined);
        const isOpen = own.includes(operationId) || operationId === "getSetupSession";
        assert.equal(status !== 403, isOpen, `${intent}: ${operationId}`);
      }
    }
  });

  it("T01, T23: is for one tenant, and for what it says on its pages as well", async () => {
    const [tenant, other] = [await newTenant(), await newTenant()];
    const sso = await holder(tenant, ["sso"]);
    assert.equal(
      (await call(sso, "POST", `/tenants/${other.slug}/connections`, { protocol: "oidc", name: "x" })).status,
      404,
    );
    for (const [page, form] of [
      ["/setup/tokens", { name: "x" }],
      ["/setup/domains", { domain: "example.org" }],
      ["/setup/domains/check", { domain: "example.org" }],
    ] as const) {
      assert.equal((await sso.browser.post(page, { csrf: sso.csrf, ...form })).status, 403, page);
    }
    const scim = await holder(tenant, ["scim"]);
    assert.equal((await scim.browser.post("/setup/connections", { csrf: scim.csrf, provider: "okta" })).status, 403);
    const made = await api("POST", `/tenants/${tenant.slug}/connections`, { protocol: "oidc", name: "By an admin" });
    const { id } = made.body as { id: string };
    for (const each of ["", "/tests", "/live"]) {
      assert.equal((await sso.browser.post(`/setup/connections/${id}${each}`, { csrf: sso.csrf })).status, 404, each);
    }
    assert.equal((await sso.browser.get(`/setup/connections/${id}`)).status, 404);
    assert.equal((await call(sso, "PATCH", `/tenants/${tenant.slug}/connections/${id}`, { name: "Mine" })).status, 404);
    const stranger = await holder(other, ["sso"]);
    const own = (await sso.browser.post("/setup/connections", { csrf: sso.csrf, provider: "okta" })).location;
    assert.equal((await stranger.browser.get(own)).status, 404);
  });

  it("takes no form that another site made, and no request without the token against that", async () => {
    const tenant = await newTenant();
    const { path } = await link(tenant);
    const foreign = { origin: "https://evil.example" };
    const form = (fields: Record<string, string>): URLSearchParams => new URLSearchParams(fields);
    const visitor = new Browser();
    assert.equal((await visitor.send("POST", "/setup", form({ t: tokenOf(path) }), foreign)).status, 403);
    const { browser, csrf } = await holding(path);
    const fields = { provider: "okta" };
    assert.equal((await browser.post("/setup/connections", fields)).status, 403);
    assert.equal((await browser.post("/setup/connections", { ...fields, csrf: `${csrf}x` })).status, 403);
    assert.equal((await browser.send("POST", "/setup/connections", form({ ...fields, csrf }), foreign)).status, 403);
    const wanted = { protocol: "oidc", name: "x" };
    assert.equal(
      (await call({ browser, csrf: "" }, "POST", `/tenants/${tenant.slug}/connections`, wanted)).status,
      403,
    );
    assert.equal((await browser.post("/setup/connections", { ...fields, csrf })).status, 303);
  });

  it("is nothing in any other form, and a cookie of it is none of a member", async () => {
    const tenant = await newTenant();
    const made = newCredential("usl", tenant.id).token;
    for (const wrong of ["", "x", made, made.replace("usl", "uss"), made.replace("usl", "usk"), `${made}x`]) {
      assert.equal((await new Browser().get(`/setup?${new URLSearchParams({ t: wrong })}`)).status, 404, wrong);
      assert.equal((await new Browser().post("/setup", { t: wrong })).status, 404, wrong);
    }
    const { browser } = await holder(tenant);
    assert.equal((await browser.session()).status, 403);
    assert.equal((await browser.get("/")).location, "/sso/start");
    const [[name, value] = ["", ""]] = [...browser.cookies].filter(([each]) => each === "usher-setup");
    const other = new Browser();
    other.cookies.set("usher", value);
    assert.equal(name, "usher-setup");
    assert.equal((await other.session()).status, 401);
    const bearer = await fetch(`${await server()}/api/v1/setup-session`, {
      headers: { authorization: `Bearer ${value}` },
    });
    assert.equal(bearer.status, 401);
  });

  it("ends where its holder says so", async () => {
    const { browser, csrf } = await holder(await newTenant());
    assert.equal((await browser.post("/setup/end", { csrf: "x" })).status, 403);
    const kept = new Map(browser.cookies);
    assert.equal((await browser.post("/setup/end", { csrf })).status, 200);
    for (const [each, value] of kept) browser.cookies.set(each, value);
    assert.equal((await browser.get("/setup/steps")).status, 401);
  });

  it("leaves its secrets in no log", async () => {
    const tenant = await newTenant();
    const { path } = await link(tenant);
    const { browser, csrf } = await holding(path);
    await browser.get(path);
    const all = logged.join("\n");
    for (const secret of [tokenOf(path), csrf, browser.cookies.get("usher-setup") ?? "?"]) {
      assert.ok(secret.length > 20 && !all.includes(secret));
    }
  });
});

describe("single sign-on by a setup link", () => {
  after(() => {
    for (const { close } of providers.splice(0)) close();
  });

  /** Makes a connection by the pages and gives it a provider that answers. */
  async function drafted(held: {
    browser: Browser;
    csrf: string;
  }): Promise<{ page: string; id: string; idp: OidcIdp }> {
    const { browser, csrf } = held;
    const { status, location: page } = await browser.post("/setup/connections", { csrf, provider: "custom-oidc" });
    assert.equal(status, 303);
    const id = page.split("/").at(-1) ?? "";
    const shown = await browser.get(page);
    const [, redirectUri = ""] = /<code>([^<]*callback)<\/code>/.exec(shown.text) ?? [];
    assert.notEqual(redirectUri, "", "our address is there before theirs is");
    const idp = await oidcIdp([redirectUri]);
    providers.push(idp);
    idp.person = { sub: "ana-1", email: "ana@elsewhere.example", email_verified: true, name: "Ana B" };
    const { issuer, clientId, clientSecret } = idp;
    const saved = await browser.post(page, { csrf, issuer, clientId, clientSecret });
    assert.deepEqual([saved.status, saved.location], [303, page], saved.text);
    return { page, id, idp };
  }

  /** A test from its button to what is told of it. */
  async function tested(
    { browser, csrf }: { browser: Browser; csrf: string },
    page: string,
    idp: OidcIdp,
    words = /./,
  ): Promise<Seen> {
    const begun = await browser.post(`${page}/tests`, { csrf });
    assert.equal(begun.status, 201, begun.text);
    const [, url = ""] = /href="(\/sso\/test\?[^"]+)"/.exec(begun.text) ?? [];
    const [, result = ""] = /href="(\/setup\/connections\/[^"]+\/tests\/[^"]+)"/.exec(begun.text) ?? [];
    const opened = await browser.get(url.replaceAll("&amp;", "&"));
    assert.equal(opened.status, 303, opened.text);
    const { pathname, search } = await idp.visit(opened.location);
    const finished = await browser.get(pathname + search);
    assert.equal(finished.status, 200);
    assert.match(finished.text, words);
    return browser.get(result);
  }

  it("goes from choosing a product to a test by pages alone, and live with an admin's yes (T23)", async () => {
    const { tenant } = await peopled();
    const held = await holder(tenant, ["sso"]);
    const { page, id, idp } = await drafted(held);
    const at = `/tenants/${tenant.slug}/connections/${id}`;
    const untested = await held.browser.post(`${page}/live`, { csrf: held.csrf });
    assert.equal(untested.status, 400, "not before a test");
    const told = await tested(held, page, idp);
    assert.match(told.text, /It works/);
    assert.match(told.text, /ana@elsewhere\.example/);
    assert.equal((await held.browser.post(`${page}/live`, { csrf: held.csrf })).status, 303);
    assert.equal(((await api("GET", at)).body as Json)["status"], "tested", "nothing comes of asking");
    const [request] = await requests(tenant);
    assert.deepEqual([request?.["kind"], request?.["thing"]], ["connection", id]);
    assert.match((await held.browser.get(page)).text, /waits for an administrator/);
    const approve = `/tenants/${tenant.slug}/setup-requests/${String(request?.["id"])}/approve`;
    assert.equal((await api("POST", approve)).status, 204);
    assert.equal(((await api("GET", at)).body as Json)["status"], "enabled");
    assert.equal((await api("POST", approve)).status, 404);
    assert.deepEqual(await events(tenant), [
      "setup_link.created",
      "setup_link.redeemed",
      "setup_request.created",
      "setup_request.approved",
    ]);
    assert.deepEqual((await letters(tenant)).slice(2), ["setupWaiting", "setupLive"]);
  });

  it("is out of its reach once it is in use, and while it is switched off (T23)", async () => {
    const tenant = await newTenant();
    const held = await holder(tenant, ["sso"]);
    const { page, id, idp } = await drafted(held);
    await tested(held, page, idp);
    const live = await held.browser.post(`${page}/live`, { csrf: held.csrf });
    assert.deepEqual([live.status, live.location], [303, "/setup/steps"]);
    const steps = await held.browser.get(live.location);
    assert.match(steps.text, /in use/);
    assert.doesNotMatch(steps.text, new RegExp(page), "no way to it from here");
    const at = `/tenants/${tenant.slug}/connections/${id}`;
    assert.equal(((await api("GET", at)).body as Json)["status"], "enabled", "nobody is here whom it could reach");
    assert.deepEqual(await requests(tenant), []);
    const attempts = async (): Promise<void> => {
      const { issuer, clientId, clientSecret } = idp;
      const form = { csrf: held.csrf, issuer, clientId, clientSecret };
      for (const each of ["", "/tests", "/live"]) {
        assert.equal((await held.browser.post(`${page}${each}`, form)).status, 404, each);
      }
      assert.equal((await call(held, "PATCH", at, { name: "Mine" })).status, 404);
      assert.equal((await call(held, "DELETE", at)).status, 403);
    };
    await attempts();
    assert.equal((await api("PATCH", at, { status: "disabled" })).status, 200);
    await attempts();
    const { clientSecret } = idp;
    const changed = await api("PATCH", at, { oidc: { clientSecret } });
    assert.equal((changed.body as Json)["status"], "draft", "an admin changes it");
    await attempts();
  });

  it("is approved as it was when it was asked for: a change since withdraws the request (T23)", async () => {
    const { tenant } = await peopled();
    const held = await holder(tenant, ["sso"]);
    const { page, id, idp } = await drafted(held);
    await tested(held, page, idp);
    await held.browser.post(`${page}/live`, { csrf: held.csrf });
    const [first] = await requests(tenant);
    const { issuer, clientId, clientSecret } = idp;
    await held.browser.post(page, { csrf: held.csrf, issuer, clientId, clientSecret });
    assert.deepEqual(await requests(tenant), []);
    await tested(held, page, idp);
    await held.browser.post(`${page}/live`, { csrf: held.csrf });
    const [second] = await requests(tenant);
    assert.notEqual(second?.["id"], first?.["id"]);
    const base = `/tenants/${tenant.slug}/setup-requests`;
    assert.equal((await api("POST", `${base}/${String(first?.["id"])}/approve`)).status, 404, "not what was looked at");
    assert.equal((await api("POST", `${base}/${String(second?.["id"])}/decline`)).status, 204);
    assert.deepEqual(await requests(tenant), []);
    assert.equal(((await api("GET", `/tenants/${tenant.slug}/connections/${id}`)).body as Json)["status"], "tested");
  });

  it("neither switches a connection on nor matches members of a directory, also by the API (T23)", async () => {
    const { tenant } = await peopled();
    const held = await holder(tenant, ["sso"]);
    const at = `/tenants/${tenant.slug}/connections`;
    const { body } = await api("GET", `/tenants/${tenant.slug}/directories`);
    const [{ id: directoryId } = { id: "" }] = (body as { items: { id: string }[] }).items;
    const match = { claim: "oid", attribute: "externalId" };
    const wanted = { protocol: "oidc", name: "Company" };
    assert.equal((await call(held, "POST", at, { ...wanted, directoryId })).status, 403);
    const made = await call(held, "POST", at, wanted);
    assert.equal(made.status, 201);
    const own = `${at}/${String(made.body["id"])}`;
    for (const change of [
      { status: "enabled", force: true },
      { status: "disabled" },
      { directoryId },
      { directoryId, match },
    ]) {
      assert.equal((await call(held, "PATCH", own, change)).status, 403, JSON.stringify(change));
    }
    assert.equal((await call(held, "PATCH", own, { name: "Company 2" })).status, 200);
    assert.equal((await call(held, "GET", own)).body["name"], "Company 2");
  });

  it("tells by a test nothing of who is a member, whatever its own provider says (T23)", async () => {
    const { tenant, adminId } = await peopled();
    const domain = `${tenant.slug}.com`;
    await api("POST", `/tenants/${tenant.slug}/domains`, { domain });
    await api("POST", `/tenants/${tenant.slug}/domains/${domain}/verify`, { force: true });
    const held = await holder(tenant, ["sso"]);
    const { page, id, idp } = await drafted(held);
    const seen: unknown[] = [];
    await api("POST", `/tenants/${tenant.slug}/members`, { email: "bo@elsewhere.example", name: { givenName: "Bo" } });
    for (const [sub, email] of [
      ["a", `ana@${domain}`],
      ["b", `nobody@${domain}`],
      // Whose domain is not proven: for a member that would be refused, and for a stranger not.
      ["c", "bo@elsewhere.example"],
      ["d", "nobody@elsewhere.example"],
    ] as const) {
      idp.person = { sub, email, email_verified: true, name: "Somebody" };
      const page2 = await tested(held, page, idp, /would work/);
      assert.doesNotMatch(page2.text, new RegExp(adminId));
      const [, testId = ""] = /\/tests\/([0-9a-f-]{36})"/.exec(page2.text) ?? [];
      const { body } = await call(held, "GET", `/tenants/${tenant.slug}/connections/${id}/tests/${testId}`);
      const { wouldBe, wouldHappen } = body["result"] as Json;
      seen.push({ wouldBe, wouldHappen });
    }
    for (const each of seen) assert.deepEqual(each, seen[0]);
    assert.equal((seen[0] as Json)["wouldBe"], null);
    const at = `/tenants/${tenant.slug}/connections/${id}`;
    assert.equal(((await api("GET", at)).body as Json)["status"], "tested", "of the connection all that it must");
  });

  it("by SAML takes metadata as XML, and says where the form was filled in what is wrong with it", async () => {
    const tenant = await newTenant();
    const { browser, csrf } = await holder(tenant, ["sso"]);
    const { location: page } = await browser.post("/setup/connections", { csrf, provider: "okta" });
    const id = page.split("/").at(-1) ?? "";
    const wrong = await browser.post(page, { csrf, metadataUrl: "", metadataXml: "<html>" });
    assert.equal(wrong.status, 400);
    assert.match(wrong.text, /role="alert"/);
    assert.equal((await browser.post(page, { csrf, metadataUrl: "", metadataXml: "" })).status, 400);
    const { metadata } = samlIdp(connectionUrls(await server(), id), "both");
    assert.equal((await browser.post(page, { csrf, metadataUrl: "", metadataXml: metadata })).status, 303);
    const shown = await browser.get(page);
    assert.match(shown.text, new RegExp(`/sso/saml/${id}/acs`));
    assert.match(shown.text, /Begin a test/);
    assert.match(shown.text, /Audience URI \(SP Entity ID\)/, "our values by the names of their fields");
    assert.match((await browser.get(page, { "accept-language": "de" })).text, /Test beginnen/);
  });

  it("makes ten connections at most", async () => {
    const held = await holder(await newTenant(), ["sso"]);
    const { browser, csrf } = held;
    const made = await Promise.all(
      Array.from({ length: 14 }, () => browser.post("/setup/connections", { csrf, provider: "okta" })),
    );
    assert.equal(made.filter(({ status }) => status === 303).length, 10);
  });
});

describe("a SCIM token by a setup link", () => {
  async function users(token: string): Promise<number> {
    const { status } = await fetch(`${await server()}/scim/v2/Users`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return status;
  }

  async function madeToken({ browser, csrf }: { browser: Browser; csrf: string }): Promise<string> {
    const page = await browser.post("/setup/tokens", { csrf, name: "Okta" });
    assert.equal(page.status, 201, page.text);
    const [, token = ""] = /(usc_[0-9a-f]{32}_[\w-]{43})/.exec(page.text) ?? [];
    assert.doesNotMatch((await browser.get("/setup/steps")).text, new RegExp(token), "shown this once");
    return token;
  }

  it("reads and writes nothing until an admin says yes, where people are here (T23)", async () => {
    const { tenant } = await peopled();
    const held = await holder(tenant, ["scim"]);
    const token = await madeToken(held);
    assert.equal(await users(token), 401);
    const [request] = await requests(tenant);
    assert.equal(request?.["kind"], "scim_token");
    const key = await api("POST", `/tenants/${tenant.slug}/api-keys`, {
      name: "k",
      permissions: ["setupLinks:manage"],
    });
    const approve = `/tenants/${tenant.slug}/setup-requests/${String(request?.["id"])}/approve`;
    const { key: weak } = key.body as { key: string };
    const weakly = await fetch(`${await server()}/api/v1${approve}`, {
      method: "POST",
      headers: { authorization: `Bearer ${weak}` },
    });
    assert.equal(weakly.status, 403, "needs scimTokens:create besides (rule 16)");
    assert.equal((await api("POST", approve)).status, 204);
    assert.equal(await users(token), 200);
    assert.equal((await held.browser.get("/setup/steps")).status, 200);
  });

  it("is good at once where nobody is here", async () => {
    assert.equal(await users(await madeToken(await holder(await newTenant(), ["scim"]))), 200);
  });

  it("is gone when it is declined, and with its link (T23)", async () => {
    const { tenant } = await peopled();
    const held = await holder(tenant, ["scim"]);
    await madeToken(held);
    await madeToken(held);
    const [first] = await requests(tenant);
    assert.equal(
      (await api("POST", `/tenants/${tenant.slug}/setup-requests/${String(first?.["id"])}/decline`)).status,
      204,
    );
    const tokens = async (): Promise<number> =>
      ((await api("GET", `/tenants/${tenant.slug}/scim-tokens`)).body as { total: number }).total;
    assert.equal(await tokens(), 1);
    assert.equal((await api("DELETE", `/tenants/${tenant.slug}/setup-links/${held.id}`)).status, 204);
    assert.equal(await tokens(), 0);
    assert.deepEqual(await requests(tenant), []);
  });
});

describe("a domain by a setup link", () => {
  async function statusOf(tenant: Tenant, domain: string): Promise<unknown> {
    const { body } = await api("GET", `/tenants/${tenant.slug}/domains`);
    return (body as { items: Json[] }).items.find((each) => each["domain"] === domain)?.["status"];
  }

  /** Claims a domain by a link, and has the DNS prove it. */
  async function proven(tenant: Tenant, held: { browser: Browser; csrf: string }): Promise<string> {
    const domain = `${tenant.slug}.com`;
    const at = `/tenants/${tenant.slug}/domains`;
    const claimed = await call(held, "POST", at, { domain });
    assert.equal(claimed.status, 201);
    say(txtName(domain), { txt: [[String(claimed.body["txtValue"])]] });
    const { status, body } = await call(held, "POST", `${at}/${domain}/verify`, {});
    assert.equal(status, 200);
    assert.equal(body["status"], await statusOf(tenant, domain));
    return domain;
  }

  it("is the organisation's at once where nobody is here", async () => {
    const tenant = await newTenant();
    const domain = await proven(tenant, await holder(tenant, ["domain"]));
    assert.equal(await statusOf(tenant, domain), "verified");
    assert.deepEqual(await requests(tenant), []);
  });

  it("T23: shuts no password out before an admin says yes", async () => {
    const { tenant, adminId } = await peopled();
    const { pool } = await testDatabase();
    await pool.query(`update tenants set settings = '{"signIn":{"ssoRequired":"verifiedDomains"}}' where id = $1`, [
      tenant.id,
    ]);
    await pool.query(
      `insert into sessions (tenant_id, id, member_id, hash, csrf_hash, auth_method, created_at, seen_at, expires_at)
       values ($1, gen_random_uuid(), $2, '', '', 'password', now(), now(), now() + interval '1 day')`,
      [tenant.id, adminId],
    );
    const sessions = async (): Promise<number> =>
      (await pool.query("select id from sessions where tenant_id = $1", [tenant.id])).rows.length;
    await proven(tenant, await holder(tenant, ["domain"]));
    assert.equal(await sessions(), 1);
    const [request] = await requests(tenant);
    const approve = `/tenants/${tenant.slug}/setup-requests/${String(request?.["id"])}/approve`;
    assert.equal((await api("POST", approve)).status, 204);
    assert.equal(await sessions(), 0);
  });

  it("is asked for once however often it is checked, and forgotten where it is declined or given up", async () => {
    const { tenant } = await peopled();
    const held = await holder(tenant, ["domain"]);
    const domain = await proven(tenant, held);
    const at = `/tenants/${tenant.slug}/domains/${domain}`;
    const [first, ...more] = await requests(tenant);
    assert.equal((await call(held, "POST", `${at}/verify`, {})).status, 200);
    assert.deepEqual([(await requests(tenant))[0]?.["id"], more], [first?.["id"], []]);
    const base = `/tenants/${tenant.slug}/setup-requests`;
    assert.equal((await api("POST", `${base}/${String(first?.["id"])}/decline`)).status, 204);
    assert.deepEqual([await requests(tenant), await statusOf(tenant, domain)], [[], "pending"]);
    assert.equal((await call(held, "POST", `${at}/verify`, {})).status, 200);
    assert.equal((await requests(tenant)).length, 1);
    assert.equal((await api("DELETE", at)).status, 204);
    assert.equal((await api("POST", `/tenants/${tenant.slug}/domains`, { domain })).status, 201);
    assert.deepEqual(await requests(tenant), [], "the claim of before is another one");
  });

  it("is approved by who may verify domains, and only while its record is there", async () => {
    const { tenant } = await peopled();
    const domain = await proven(tenant, await holder(tenant, ["domain"]));
    const [request] = await requests(tenant);
    const approve = `/tenants/${tenant.slug}/setup-requests/${String(request?.["id"])}/approve`;
    const permissions = ["setupLinks:manage"];
    const made = await api("POST", `/tenants/${tenant.slug}/api-keys`, { name: "k", permissions });
    const headers = { authorization: `Bearer ${(made.body as { key: string }).key}` };
    const weakly = await fetch(`${await server()}/api/v1${approve}`, { method: "POST", headers });
    assert.equal(weakly.status, 403, "needs domains:edit besides (rule 16)");
    say(txtName(domain), { rcode: "NXDOMAIN" });
    const gone = await api("POST", approve);
    assert.deepEqual([gone.status, (gone.body as Json)["code"]], [409, "domain_not_verified"]);
    assert.equal(await statusOf(tenant, domain), "pending");
  });

  it("is proven by the record that its page shows, and by nothing else (T23)", async () => {
    const { tenant } = await peopled();
    const { browser, csrf } = await holder(tenant, ["domain"]);
    const domain = `${tenant.slug}.com`;
    assert.equal((await browser.post("/setup/domains", { csrf, domain: "gmail.com" })).status, 400);
    assert.equal((await browser.post("/setup/domains", { csrf, domain })).status, 303);
    const [, value = ""] =
      /<code>(usher-verification=[^<]+)<\/code>/.exec((await browser.get("/setup/steps")).text) ?? [];
    assert.equal((await browser.post("/setup/domains/check", { csrf, domain })).status, 400);
    const forced = await call({ browser, csrf }, "POST", `/tenants/${tenant.slug}/domains/${domain}/verify`, {
      force: true,
    });
    assert.equal(forced.status, 403);
    say(txtName(domain), { txt: [[value]] });
    assert.equal((await browser.post("/setup/domains/check", { csrf, domain })).status, 303);
    assert.match((await browser.get("/setup/steps")).text, /waits for an administrator/);
    assert.equal(await statusOf(tenant, domain), "pending");
    const [request] = await requests(tenant);
    assert.deepEqual([request?.["kind"], request?.["thing"], request?.["name"]], ["domain", domain, domain]);
    const approve = `/tenants/${tenant.slug}/setup-requests/${String(request?.["id"])}/approve`;
    assert.equal((await api("POST", approve)).status, 204);
    assert.equal(await statusOf(tenant, domain), "verified");
    assert.match((await browser.get("/setup/steps")).text, /proven/);
    assert.equal((await letters(tenant)).at(-1), "setupLive");
    assert.deepEqual(await requests(tenant), []);
    const join = { autoJoin: { enabled: true } };
    assert.equal(
      (await call({ browser, csrf }, "PATCH", `/tenants/${tenant.slug}/domains/${domain}`, join)).status,
      403,
    );
    assert.equal((await call({ browser, csrf }, "DELETE", `/tenants/${tenant.slug}/domains/${domain}`)).status, 403);
  });
});
