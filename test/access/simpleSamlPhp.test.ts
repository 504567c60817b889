/** Sign-in by SAML at SimpleSAMLphp, which reads our metadata and signs with a library of its own. */
import assert from "node:assert/strict";
import { hasSimpleSamlPhp, startSimpleSamlPhp, type SimpleSamlPhp } from "../support/simpleSamlPhp.ts";
import { api, Browser, counts, place } from "./place.ts";

/** Without it these cases do not run; `npm test` says so loudly. */
function withSimpleSamlPhp(name: string, cases: () => void): void {
  if (hasSimpleSamlPhp()) describe(name, cases);
}

withSimpleSamlPhp("signing in by SAML at SimpleSAMLphp", () => {
  let idp: SimpleSamlPhp;
  let tenant: Awaited<ReturnType<typeof place>>;
  let id: string;
  before(async () => {
    tenant = await place({ seatLimit: 1 });
    const path = `/tenants/${tenant.slug}/connections`;
    const fields = { protocol: "saml", provider: "custom", name: "SimpleSAMLphp", groupsClaim: "groups" };
    id = ((await api("POST", path, fields)).body as { id: string }).id;
    assert.equal((await api("POST", `${path}/${id}/keys`)).status, 201);
    const ours = await new Browser().get(`/sso/saml/${id}/metadata`);
    idp = await startSimpleSamlPhp(ours.text, `emma@${tenant.domain}`);
    for (const change of [{ saml: { metadataXml: await idp.metadata() } }, { status: "enabled", force: true }]) {
      const changed = await api("PATCH", `${path}/${id}`, change);
      assert.equal(changed.status, 200, JSON.stringify(changed.body));
    }
  });
  after(() => idp.stop());

  async function answered(browser: Browser): Promise<{ path: string; form: { SAMLResponse: string } }> {
    const begun = await browser.get(`/sso/start?connection=${id}&return_to=/projects`);
    const { action, samlResponse } = await idp.answer(begun.location);
    return { path: new URL(action).pathname, form: { SAMLResponse: samlResponse } };
  }

  it("makes a member with names, role and seat, and finds the same at the next sign-in", async () => {
    for (let times = 1; times <= 2; times++) {
      const browser = new Browser();
      const { path, form } = await answered(browser);
      const posted = await browser.post(path, form, true);
      assert.equal(posted.status, 303, posted.text);
      assert.equal((await browser.get(posted.location)).location, "/projects");
      const { body } = await browser.session();
      const member = body["member"] as Record<string, unknown>;
      assert.deepEqual(member["name"], { givenName: "Emma", familyName: "Ployee" });
      assert.deepEqual([body["roles"], body["seat"], member["emailVerified"]], [["member"], "held", false]);
      assert.deepEqual(await counts(tenant), { members: 1, held: 1, sessions: times });
    }
  });

  async function withSession(): Promise<Browser> {
    const browser = new Browser();
    const { path, form } = await answered(browser);
    assert.equal((await browser.get((await browser.post(path, form, true)).location)).location, "/projects");
    return browser;
  }

  it("signs out there who signs out here, and shows its answer (SAML Profiles §4.4)", async () => {
    const browser = await withSession();
    const { body } = await browser.session();
    const sent = await browser.post("/sign-out", { csrf: String(body["csrfToken"]) });
    assert.match(sent.location, /SingleLogoutService\.php\?SAMLRequest=/);
    const { pathname, search } = await idp.logout(sent.location);
    const answer = await browser.get(pathname + search);
    assert.equal(answer.status, 303, answer.text);
    assert.match((await browser.get(answer.location)).text, /Here, and at your organisation&#39;s sign-in\.</);
  });

  it("is signed out here by its own sign-out, which hears of it (SAML Profiles §4.4)", async () => {
    const browser = await withSession();
    const asked = await idp.logout();
    assert.match(asked.pathname, /\/slo$/);
    const answer = await new Browser().get(asked.pathname + asked.search);
    assert.equal(answer.status, 303, answer.text);
    assert.equal((await browser.session()).status, 401);
    assert.match((await idp.logout(answer.location)).pathname, /frontpage/, "it takes our answer, and goes on");
  });

  it("takes its answer once, and none that was altered", async () => {
    const browser = new Browser();
    const { path, form } = await answered(browser);
    const xml = Buffer.from(form.SAMLResponse, "base64").toString();
    const altered = Buffer.from(xml.replaceAll("employee-1", "employee-2")).toString("base64");
    assert.notEqual(altered, form.SAMLResponse);
    assert.equal((await browser.post(path, { SAMLResponse: altered }, true)).status, 403);
    assert.equal((await browser.post(path, form, true)).status, 303, "what was refused consumed nothing");
    assert.equal((await browser.post(path, form, true)).status, 403);
  });
});

withSimpleSamlPhp("signing in by SAML at SimpleSAMLphp, which encrypts and wants our requests signed", () => {
  it("goes on while one key of ours follows another, where the connection allows AES-CBC", async () => {
    const tenant = await place();
    const path = `/tenants/${tenant.slug}/connections`;
    const fields = { protocol: "saml", name: "SimpleSAMLphp", signRequests: true };
    const { id } = (await api("POST", path, fields)).body as { id: string };
    assert.equal((await api("POST", `${path}/${id}/keys`)).status, 201);
    const ours = await new Browser().get(`/sso/saml/${id}/metadata`);
    const idp = await startSimpleSamlPhp(ours.text, `emma@${tenant.domain}`, true);

    async function posted(browser: Browser) {
      const begun = await browser.get(`/sso/start?connection=${id}&return_to=/projects`);
      assert.match(begun.location, /&Signature=/);
      const { action, samlResponse } = await idp.answer(begun.location);
      assert.doesNotMatch(Buffer.from(samlResponse, "base64").toString(), /emma@|employee-1/);
      return browser.post(new URL(action).pathname, { SAMLResponse: samlResponse }, true);
    }

    async function signedIn(): Promise<void> {
      const browser = new Browser();
      const { status, location, text } = await posted(browser);
      assert.equal(status, 303, text);
      assert.equal((await browser.get(location)).location, "/projects");
    }

    try {
      const enabled = { saml: { metadataXml: await idp.metadata() }, status: "enabled", force: true };
      assert.equal((await api("PATCH", `${path}/${id}`, enabled)).status, 200);
      assert.equal((await posted(new Browser())).status, 403);
      assert.equal((await api("PATCH", `${path}/${id}`, { allowCbc: true })).status, 200);
      await signedIn();
      // It still encrypts for the first key, and knows no other signature of ours.
      assert.equal((await api("POST", `${path}/${id}/keys`)).status, 201);
      await signedIn();
    } finally {
      await idp.stop();
    }
  });
});
