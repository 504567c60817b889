/** Passkeys in a real browser, whose virtual authenticator stands for a fingerprint (WebAuthn §11). */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { hasChromium, openChromium } from "../support/chromium.ts";
import { PASSWORD, person, type Person } from "./factors.ts";
import { server } from "./place.ts";

/** Without it these cases do not run; `npm test` says so loudly. */
function withChromium(name: string, cases: () => void): void {
  if (hasChromium()) describe(name, cases);
}

withChromium("a passkey in Chromium", () => {
  let browser: Browser;
  before(async () => {
    browser = await openChromium();
  });
  after(() => browser.close());

  /** A page whose errors are the test's, and which has a fingerprint reader. */
  async function open(): Promise<{ page: Page; faults: string[] }> {
    const context = await browser.newContext({ baseURL: await server("localhost") });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") faults.push(message.text());
    });
    const devtools = await context.newCDPSession(page);
    await devtools.send("WebAuthn.enable");
    const options = {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    } as const;
    await devtools.send("WebAuthn.addVirtualAuthenticator", { options });
    return { page, faults };
  }

  async function byPassword(page: Page, { tenant, email }: Person): Promise<void> {
    await page.goto(`/sign-in?tenant=${tenant.slug}`);
    await page.fill("#email", email);
    await page.fill("#password", PASSWORD);
    await page.click("main form button");
  }

  it("is added, signs in alone, and stands after the password", async () => {
    const who = await person();
    const { page, faults } = await open();
    const home = `${await server("localhost")}/`;
    await byPassword(page, who);
    await page.waitForURL(home);
    await page.goto("/security/passkeys/new");
    await page.fill("#name", "This computer");
    await page.click("form[data-passkey] button");
    await page.waitForSelector("ol.codes");
    assert.equal(await page.locator("ol.codes li").count(), 10);

    await page.context().clearCookies();
    await page.goto("/sign-in/passkey");
    await page.click("form[data-passkey] button");
    await page.waitForURL(home);
    assert.match((await page.textContent("main")) ?? "", /Ana Example/);

    await page.context().clearCookies();
    await byPassword(page, who);
    await page.waitForURL(/\/sign-in\/factor\?/);
    await page.click("form[data-passkey] button");
    await page.waitForURL(home);
    assert.match((await page.textContent("main")) ?? "", /Ana Example/);
    assert.deepEqual(faults, []);
  });
});
