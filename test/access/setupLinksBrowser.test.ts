/** A setup link in a real browser that runs no script: somebody who has never been here finds the way alone. */
import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { txtName } from "../../src/directory/domains/domainProof.ts";
import { hasChromium, openChromium } from "../support/chromium.ts";
import { say } from "../support/dns.ts";
import { oidcIdp, type OidcIdp } from "../support/oidcIdp.ts";
import { newTenant } from "../support/tenant.ts";
import { api } from "./place.ts";

/** Without it this does not run; `npm test` says so loudly. */
function withChromium(name: string, cases: () => void): void {
  if (hasChromium()) describe(name, cases);
}

withChromium("a setup link in Chromium without scripts", () => {
  let browser: Browser;
  let idp: OidcIdp | undefined;
  before(async () => {
    browser = await openChromium();
  });
  after(async () => {
    await browser.close();
    idp?.close();
  });

  it("leads from the link over a connection and its test to a token and a domain", async () => {
    const tenant = await newTenant();
    const intents = ["sso", "scim", "domain"];
    const { body } = await api("POST", `/tenants/${tenant.slug}/setup-links`, { intents });
    const context = await browser.newContext({ javaScriptEnabled: false, locale: "en" });
    const page = await context.newPage();
    await page.goto((body as { url: string }).url);
    await page.click("text=Begin");
    await page.selectOption("#provider", "custom-oidc");
    await page.click("form:has(#provider) button");
    const redirectUri = await page.locator("dt:has-text('Redirect URI') + dd code").innerText();
    idp = await oidcIdp([redirectUri]);
    idp.person = { sub: "ana-1", email: "ana@elsewhere.example", email_verified: true, name: "Ana B" };
    await page.fill("#issuer", idp.issuer);
    await page.fill("#client", idp.clientId);
    await page.fill("#secret", idp.clientSecret);
    await page.click("text=Save");
    await page.click("text=Begin a test");
    const [visit] = await Promise.all([context.waitForEvent("page"), page.click("text=Sign in for the test")]);
    await visit.waitForSelector("text=The test is done");
    await page.click("text=See what came of it");
    assert.match(await page.locator("main").innerText(), /It works[^]*ana@elsewhere\.example/);
    await page.click("text=Back");
    await page.click("main button:has-text('Put it to use')");
    assert.match(await page.locator("main").innerText(), /OpenID Connect – in use/);
    await page.click("text=Make a token");
    assert.match(await page.locator("main").innerText(), /usc_[0-9a-f]{32}_/);
    await page.click("text=Back");
    const domain = `${tenant.slug}.com`;
    await page.fill("#domain", domain);
    await page.click("form:has(#domain) button");
    const value = await page.locator("dt:has-text('Value') + dd code").innerText();
    say(txtName(domain), { txt: [[value]] });
    await page.click("text=Check now");
    assert.match(await page.locator("main").innerText(), new RegExp(`${domain} – proven`));
    await page.click("text=I am done");
    assert.match(await page.locator("main").innerText(), /You are done here/);
  });
});
