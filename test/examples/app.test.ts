/** The example application (examples/app) and Usher, in a real browser. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { createApp } from "../../examples/app/app.ts";
import { applicationLogout, tellApplications } from "../../src/access/provider/backchannel.ts";
import { followForWebhooks } from "../../src/events/webhookDeliveries.ts";
import type { Worker } from "../../src/events/worker.ts";
import { member, PASSWORD, patchMember } from "../access/people.ts";
import { api, place, server } from "../access/place.ts";
import { impatient, sending } from "../events/receiver.ts";
import { until, work } from "../events/working.ts";
import { ways } from "../support/api.ts";
import { hasChromium, openChromium } from "../support/chromium.ts";
import { testDatabase } from "../support/database.ts";

/** Without it these cases do not run; `npm test` says so loudly. */
function withChromium(name: string, cases: () => void): void {
  if (hasChromium()) describe(name, cases);
}

withChromium("the example application in Chromium", () => {
  let browser: Browser;
  let worker: Worker;
  before(async () => {
    browser = await openChromium();
    const db = await testDatabase();
    const handlers = applicationLogout({ db, publicUrl: await server("localhost"), ...ways });
    const followers = { [`example-${process.pid}`]: tellApplications(db), webhooks: followForWebhooks };
    ({ worker } = await work(handlers, { followers }));
  });
  after(async () => {
    await worker.stop();
    await browser.close();
  });

  it("signs in through Usher, obeys permissions and seat, hears of changes, and is left when somebody is suspended", async function () {
    this.timeout(120_000);
    const tenant = await place();
    const boss = await member(tenant, "boss", { roles: ["admin"] });
    const viewer = await member(tenant, "viewer", { roles: ["viewer"] });
    // The application has to be somewhere before it is registered.
    let app: Awaited<ReturnType<typeof createApp>> | undefined;
    const http = createServer((req, res) => app?.(req, res)).listen(0, "127.0.0.1");
    await once(http, "listening");
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    try {
      const hook = await api("POST", `/tenants/${tenant.slug}/webhooks`, {
        url: `${url}/webhooks`,
        events: ["member.suspended"],
      });
      const registered = await api("POST", "/apps", {
        name: "Notes",
        type: "web",
        redirectUris: [`${url}/callback`],
        postLogoutRedirectUris: [`${url}/`],
        backchannelLogoutUri: `${url}/backchannel-logout`,
      });
      const issuer = `${await server("localhost")}/oidc`;
      const { secret } = hook.body as { secret: string };
      app = await createApp({
        url,
        issuer,
        webhookSecret: secret,
        ...(registered.body as { clientId: string; clientSecret: string }),
      });

      const open = async (email: string) => {
        const page = await (await browser.newContext()).newPage();
        await page.goto(`${url}/login?tenant=${tenant.slug}`);
        await page.fill("#email", email);
        await page.fill("#password", PASSWORD);
        await page.click("main form button");
        await page.waitForURL(`${url}/`);
        return page;
      };
      const [admin, reader] = [await open(boss.email), await open(viewer.email)];
      assert.match((await admin.textContent("pre")) ?? "", new RegExp(`"sub": "${boss.id}"[^]*"seat": true`));
      assert.match((await reader.textContent("pre")) ?? "", /"seat": false/);
      assert.equal(await reader.locator("#notes").count(), 0);
      assert.equal((await reader.request.post(`${url}/notes`)).status(), 403);
      await admin.click("#notes");
      assert.equal(await admin.textContent("body"), "Added");

      // Her tokens have ended: requests that come together make do with one use of the refresh token.
      const tabs = await open(boss.email);
      const now = Date.now;
      Date.now = () => now() + 301_000;
      try {
        const answers = await Promise.all([1, 2, 3].map(() => tabs.request.get(`${url}/`)));
        for (const answer of answers) assert.match(await answer.text(), new RegExp(boss.id));
      } finally {
        Date.now = now;
      }

      await sending(await testDatabase(), impatient(3), async () => {
        await patchMember(tenant, viewer.id, { hold: true });
        const news = async (): Promise<unknown> => (await fetch(`${url}/news`)).json();
        await until(async () => JSON.stringify(await news()) === '["member.suspended"]');
      });
      // The back-channel logout has come, or comes within seconds.
      await until(async () => {
        await reader.goto(`${url}/`);
        return (await reader.locator("a[href='/login']").count()) === 1;
      });

      await admin.goto(`${url}/`);
      await admin.click("#logout");
      await admin.waitForURL(`${url}/`);
      assert.equal(await admin.locator("a[href='/login']").count(), 1);
      await admin.goto(`${url}/login?tenant=${tenant.slug}`);
      await admin.waitForSelector("#password");
    } finally {
      http.closeAllConnections();
      http.close();
    }
  });
});
