/** Test sign-ins through the whole server: what they tell, and that nothing but a draft's status comes of them. */
import assert from "node:assert/strict";
import { connectionUrls } from "../../src/directory/connections/connectionsForSignIn.ts";
import { oidcIdp, type OidcIdp } from "../support/oidcIdp.ts";
import { samlIdp } from "../support/samlIdp.ts";
import { api, Browser, counts, place, pushed, server } from "./place.ts";

type Place = Awaited<ReturnType<typeof place>>;
type Json = Record<string, unknown>;
interface Shown {
  readonly status: string;
  readonly result: {
    arrived: { issuer: string; subject: string; values: Record<string, string[]> };
    mapped: { email: string; name: Json; groups: Json; match: string[] };
    wouldBe: { memberId: string | null; by: string } | null;
    wouldHappen: { result: string; reason?: string; detail?: string; roles?: Json; seat?: Json };
  } | null;
  readonly refusals: readonly { reason: string; detail: string }[];
}

const providers: OidcIdp[] = [];

async function draft(tenant: Place, more: object = {}) {
  const list = `/tenants/${tenant.slug}/connections`;
  const made = await api("POST", list, { protocol: "oidc", provider: "custom", name: "Company", ...more });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { id } = made.body as { id: string };
  const idp = await oidcIdp([connectionUrls(await server(), id).redirectUri]);
  providers.push(idp);
  idp.person = { sub: "ana-1", email: `ana@${tenant.domain}`, email_verified: true, given_name: "Ana", name: "Ana B" };
  const { issuer, clientId, clientSecret } = idp;
  const path = `${list}/${id}`;
  assert.equal((await api("PATCH", path, { oidc: { issuer, clientId, clientSecret } })).status, 200);
  return { id, idp, path };
}

/** Begins a test. */
async function begun(path: string): Promise<{ id: string; url: string; read: () => Promise<Shown> }> {
  const { status, body } = await api("POST", `${path}/tests`);
  assert.equal(status, 201, JSON.stringify(body));
  const { id, url } = body as { id: string; url: string };
  return { id, url, read: async () => (await api("GET", `${path}/tests/${id}`)).body };
}

/** Opens a test and comes back from the provider. */
async function visited(browser: Browser, url: string, idp: OidcIdp) {
  const opened = await browser.get(url);
  assert.equal(opened.status, 303, opened.text);
  const { pathname, search } = await idp.visit(opened.location);
  return browser.get(pathname + search);
}

async function statusOf(path: string): Promise<string> {
  return ((await api("GET", path)).body as { status: string }).status;
}

const NOBODY = { members: 0, held: 0, sessions: 0 };

describe("a test sign-in", () => {
  after(() => {
    for (const { close } of providers.splice(0)) close();
  });

  it("tells what arrived, what was read, who it would be and what would happen, and changes nothing", async () => {
    const tenant = await place({ seatLimit: 1 });
    const { path, idp } = await draft(tenant);
    const test = await begun(path);
    assert.equal((await test.read()).status, "pending");
    const browser = new Browser();
    const page = await visited(browser, test.url, idp);
    assert.equal(page.status, 200, page.text);
    assert.match(page.text, /would work/);
    const { status, result } = await test.read();
    assert.equal(status, "passed");
    assert.ok(result);
    assert.deepEqual([result.arrived.issuer, result.arrived.subject], [idp.issuer, "ana-1"]);
    assert.deepEqual(result.arrived.values["given_name"], ["Ana"]);
    assert.equal(result.mapped.email, `ana@${tenant.domain}`);
    assert.deepEqual(result.mapped.groups, { state: "absent", values: [] });
    assert.deepEqual(result.wouldBe, {
      memberId: null,
      by: "jit",
      email: `ana@${tenant.domain}`,
      displayName: "Ana B",
    });
    assert.deepEqual(result.wouldHappen, {
      result: "signed_in",
      roles: { before: null, after: ["member"] },
      seat: { before: null, after: "held" },
    });
    assert.deepEqual(await counts(tenant), NOBODY);
    assert.equal((await browser.session()).status, 401);
  });

  it("makes a draft tested, which may then be enabled without force", async () => {
    const { path, idp } = await draft(await place());
    assert.equal((await api("PATCH", path, { status: "enabled" })).status, 409);
    await visited(new Browser(), (await begun(path)).url, idp);
    assert.equal(await statusOf(path), "tested");
    assert.equal((await api("PATCH", path, { status: "enabled" })).status, 200);
  });

  it("leaves a connection a draft that was changed since the test began", async () => {
    const { path, idp } = await draft(await place());
    const test = await begun(path);
    const browser = new Browser();
    const opened = await browser.get(test.url);
    const { pathname, search } = await idp.visit(opened.location);
    const { clientSecret } = idp;
    assert.equal((await api("PATCH", path, { oidc: { clientSecret } })).status, 200);
    await browser.get(pathname + search);
    assert.equal((await test.read()).status, "passed");
    assert.equal(await statusOf(path), "draft");
  });

  it("tells whom it would reach, and the roles of groups that are read by a path", async () => {
    const tenant = await place();
    const memberId = await pushed(tenant, {
      userName: `ana@${tenant.domain}`,
      emails: [{ value: `ana@${tenant.domain}` }],
    });
    const { path, idp } = await draft(tenant, { groupsClaim: "/groups" });
    idp.person = { ...idp.person, groups: ["Bosses"] };
    const test = await begun(path);
    await visited(new Browser(), test.url, idp);
    const { result } = await test.read();
    assert.deepEqual([result?.wouldBe?.memberId, result?.wouldBe?.by], [memberId, "verifiedDomain"]);
    assert.deepEqual(result?.wouldHappen.roles, { before: ["member"], after: ["member"] });
    assert.deepEqual(result?.mapped.groups, { state: "read", values: ["Bosses"] });
    assert.deepEqual(await counts(tenant), { members: 1, held: 1, sessions: 0 });
  });

  it("tells why a person would not be signed in, and leaves the draft one", async () => {
    const tenant = await place({ settings: { signIn: { provisioning: "preProvisioned" } } });
    const { path, idp } = await draft(tenant);
    const test = await begun(path);
    const page = await visited(new Browser(), test.url, idp);
    assert.match(page.text, /would not be signed in/);
    const { status, result } = await test.read();
    assert.deepEqual([status, result?.wouldBe], ["refused", null]);
    assert.equal(result?.wouldHappen.reason, "link_mustExist");
    assert.equal(await statusOf(path), "draft");
    assert.deepEqual(await counts(tenant), NOBODY);
  });

  it("tells what the connection refused meanwhile, an unreachable provider as well", async () => {
    const { path, idp } = await draft(await place());
    const test = await begun(path);
    const browser = new Browser();
    const opened = await browser.get(test.url);
    const { pathname, search } = await idp.visit(opened.location);
    assert.equal((await browser.get((pathname + search).replace(/code=[^&]+/, "code=made-up"))).status, 403);
    assert.equal(
      (await api("PATCH", path, { oidc: { issuer: `${idp.issuer}/other`, clientSecret: "s" } })).status,
      200,
    );
    assert.equal((await browser.get(test.url)).status, 403);
    const { status, refusals } = await test.read();
    assert.equal(status, "pending");
    assert.deepEqual(
      refusals.map(({ reason }) => reason),
      ["oidc_discovery", "oidc_code"],
    );
    assert.match(refusals[1]?.detail ?? "", /code/);
  });

  it("is bound to the browser that opened it, and has one result (T18)", async () => {
    const { path, idp } = await draft(await place());
    const test = await begun(path);
    const [own, other] = [new Browser(), new Browser()];
    const opened = await own.get(test.url);
    const { pathname, search } = await idp.visit(opened.location);
    assert.equal((await other.get(pathname + search)).status, 403);
    const second = await own.get(test.url);
    assert.equal((await own.get(pathname + search)).status, 200);
    assert.equal((await own.get(test.url)).status, 404, "it is over");
    const late = await idp.visit(second.location);
    assert.equal((await own.get(late.pathname + late.search)).status, 403);
    assert.equal((await test.read()).status, "passed");
  });

  it("opens at its own connection with its own secret alone", async () => {
    const tenant = await place();
    const [own, other] = [await draft(tenant), await draft(tenant)];
    const { url, id } = await begun(own.path);
    const swapped = url.replace(own.id, other.id);
    for (const wrong of [swapped, url.slice(0, -1), url.replace(/t=.*/, "t="), "/sso/test", "/sso/test?c=x&t=y"]) {
      assert.equal((await new Browser().get(wrong)).status, 404, wrong);
    }
    assert.equal((await api("GET", `${other.path}/tests/${id}`)).status, 404);
    const stranger = await place();
    assert.equal((await api("POST", `/tenants/${stranger.slug}/connections/${own.id}/tests`)).status, 404);
  });

  it("needs an identity provider's side to test", async () => {
    const tenant = await place();
    const made = await api("POST", `/tenants/${tenant.slug}/connections`, { protocol: "saml", name: "Later" });
    const { id } = made.body as { id: string };
    assert.equal((await api("POST", `/tenants/${tenant.slug}/connections/${id}/tests`)).status, 409);
  });

  it("S50: lets nobody sign in by a connection that is not enabled, also while it is tested", async () => {
    const tenant = await place();
    const { id, path, idp } = await draft(tenant);
    assert.equal((await api("PATCH", path, { status: "enabled", force: true })).status, 200);
    const browser = new Browser();
    const { pathname, search } = await idp.visit((await browser.get(`/sso/start?connection=${id}`)).location);
    assert.equal((await api("PATCH", path, { status: "disabled" })).status, 200);
    await new Browser().get((await begun(path)).url);
    assert.equal((await browser.get(pathname + search)).status, 403);
    assert.deepEqual(await counts(tenant), NOBODY);
  });

  it("by SAML is the same, and its handle opens no session", async () => {
    const tenant = await place();
    const list = `/tenants/${tenant.slug}/connections`;
    const made = await api("POST", list, { protocol: "saml", name: "Company", attributes: { email: "email" } });
    const { id } = made.body as { id: string };
    const path = `${list}/${id}`;
    const idp = samlIdp(connectionUrls(await server(), id), "both");
    assert.equal((await api("PATCH", path, { saml: { metadataXml: idp.metadata } })).status, 200);
    const test = await begun(path);
    const browser = new Browser();
    const opened = await browser.get(test.url);
    assert.equal(opened.status, 303, opened.text);
    const person = { nameId: "ana-1", email: `ana@${tenant.domain}` };
    const { samlResponse } = await idp.answer(opened.location, person);
    const posted = await browser.post(`/sso/saml/${id}/acs`, { SAMLResponse: samlResponse }, true);
    assert.match(posted.location, /^\/sso\/test\/finish\?/);
    assert.equal((await api("PATCH", path, { status: "enabled", force: true })).status, 200);
    const sneaked = await browser.get(posted.location.replace("/test/finish", "/finish"));
    assert.deepEqual([sneaked.status, (await browser.session()).status], [403, 401]);
    assert.equal((await browser.get(posted.location)).status, 200);
    const { status, result } = await test.read();
    assert.equal(status, "passed");
    assert.deepEqual(result?.arrived.values["email"], [person.email]);
    assert.deepEqual(await counts(tenant), NOBODY);
  });
});
