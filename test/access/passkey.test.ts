/** Passkeys (WebAuthn Level 3): made, shown as second factor, and in place of the password. */
import assert from "node:assert/strict";
import { authenticator, type Astray } from "../support/authenticator.ts";
import { addPasskey, asked, call, factor, goStale, person, signIn, sql } from "./factors.ts";
import { api, Browser, place, server } from "./place.ts";

/** Signs in by a passkey alone. */
async function enter(browser: Browser, key: Awaited<ReturnType<typeof addPasskey>>, astray: Astray = {}, tenant = "") {
  const question = asked(await browser.get("/sign-in/passkey"));
  const credential = JSON.stringify(key.signed(question, astray));
  return browser.post("/sign-in/passkey", { return_to: "/", credential, ...(tenant !== "" && { tenant }) });
}

const wrongs: readonly (readonly [what: string, astray: Astray])[] = [
  ["another origin (§7.2, 13)", { origin: "https://evil.example" }],
  ["another relying party (§7.2, 15)", { rpId: "evil.example" }],
  ["a challenge that was never given (§7.2, 12)", { challenge: "A".repeat(43) }],
  ["the making of a passkey (§7.2, 11)", { type: "webauthn.create" }],
  ["nobody being there (§7.2, 16)", { present: false }],
  ["a page of somebody else that framed ours", { crossOrigin: true }],
];

describe("a passkey as second factor", () => {
  it("is asked for after the password, and lets in", async () => {
    const who = await person();
    const key = await addPasskey(who);
    const browser = new Browser();
    await signIn(browser, who.tenant.slug, who.email);
    const page = await browser.get("/sign-in/factor");
    assert.match(page.headers.get("content-security-policy") ?? "", /script-src 'self'/);
    const done = await factor(browser, { credential: key.signed(asked(page), { verified: false }) });
    assert.equal(done.status, 303, done.text);
    assert.equal((await browser.session()).status, 200);
  });

  it("refuses what was signed for something else", async () => {
    const who = await person();
    const key = await addPasskey(who);
    const browser = new Browser();
    await signIn(browser, who.tenant.slug, who.email);
    for (const [what, astray] of wrongs) {
      const credential = key.signed(asked(await browser.get("/sign-in/factor")), astray);
      assert.equal((await factor(browser, { credential })).status, 401, what);
    }
    const question = asked(await browser.get("/sign-in/factor"));
    const forged = key.signed(question) as { response: Record<string, string> };
    const other = authenticator(await server());
    forged.response["signature"] = (other.signed(question) as typeof forged).response["signature"] ?? "";
    assert.equal((await factor(browser, { credential: forged })).status, 401);
    assert.equal((await browser.session()).status, 401);
  });

  it("takes a challenge once, in the browser that it was given to (T18)", async () => {
    const who = await person();
    const key = await addPasskey(who, { counting: false });
    const [mine, theirs] = [new Browser(), new Browser()];
    for (const browser of [mine, theirs]) await signIn(browser, who.tenant.slug, who.email);
    const credential = key.signed(asked(await mine.get("/sign-in/factor")));
    assert.equal((await factor(theirs, { credential })).status, 401);
    assert.equal((await factor(mine, { credential })).status, 303);
    const again = new Browser();
    await signIn(again, who.tenant.slug, who.email);
    assert.equal((await factor(again, { credential })).status, 401);
  });

  it("refuses a counter that did not go up: the passkey was copied (§6.1.1)", async () => {
    const who = await person();
    const key = await addPasskey(who);
    for (const [counter, status] of [
      [5, 303],
      [5, 401],
      [4, 401],
      [0, 401],
      [6, 303],
    ] as const) {
      const browser = new Browser();
      await signIn(browser, who.tenant.slug, who.email);
      const credential = key.signed(asked(await browser.get("/sign-in/factor")), { counter });
      assert.equal((await factor(browser, { credential })).status, status, String(counter));
    }
  });

  it("is not that of a colleague, nor one of another tenant (T01)", async () => {
    const tenant = await place();
    const [ana, ben, far] = [await person({}, tenant), await person({}, tenant), await person()];
    await addPasskey(ana);
    for (const other of [await addPasskey(ben), await addPasskey(far)]) {
      const browser = new Browser();
      await signIn(browser, tenant.slug, ana.email);
      const credential = other.signed(asked(await browser.get("/sign-in/factor")));
      assert.equal((await factor(browser, { credential })).status, 401);
    }
  });
});

describe("a passkey in place of the password", () => {
  it("signs in who was looked at, and says so in session and log", async () => {
    const who = await person();
    const key = await addPasskey(who);
    const browser = new Browser();
    const done = await enter(browser, key);
    assert.equal(done.status, 303, done.text);
    assert.equal((await browser.session()).body["authMethod"], "passkey");
    const lines = await sql(
      "select method, result from sign_ins where member_id = $1 order by id desc limit 1",
      who.id,
    );
    assert.deepEqual(lines, [{ method: "passkey", result: "signed_in" }]);
  });

  it("refuses who was not looked at (user verification, §7.2, 17), and what was signed for something else", async () => {
    const who = await person();
    const key = await addPasskey(who);
    for (const [what, astray] of [["no verification", { verified: false }], ...wrongs] as const) {
      const browser = new Browser();
      assert.equal((await enter(browser, key, astray)).status, 401, what);
      assert.equal((await browser.session()).status, 401, what);
    }
  });

  it("takes a question once, in the browser that it was put to (T18)", async () => {
    const key = await addPasskey(await person(), { counting: false });
    const [mine, theirs] = [new Browser(), new Browser()];
    const credential = JSON.stringify(key.signed(asked(await mine.get("/sign-in/passkey"))));
    await theirs.get("/sign-in/passkey");
    assert.equal((await theirs.post("/sign-in/passkey", { credential })).status, 401);
    assert.equal((await mine.post("/sign-in/passkey", { credential })).status, 303);
    assert.equal((await mine.post("/sign-in/passkey", { credential })).status, 401);
  });

  it("is refused at another tenant, and under the name of somebody else (T01)", async () => {
    const [who, other] = [await person(), await person()];
    const key = await addPasskey(who);
    assert.equal((await enter(new Browser(), key, {}, other.tenant.slug)).status, 401);
    const handle = Buffer.from((other.tenant.id + other.id).replaceAll("-", ""), "hex").toString("base64url");
    assert.equal((await enter(new Browser(), key, { userHandle: handle })).status, 401);
    for (const userHandle of ["", "AAAA", "A".repeat(43)]) {
      assert.equal((await enter(new Browser(), key, { userHandle })).status, 401, userHandle);
    }
    assert.equal((await enter(new Browser(), key, {}, who.tenant.slug)).status, 303);
  });

  it("opens nothing to a suspended member, nor where single sign-on is required (T13)", async () => {
    const who = await person({}, undefined, ["member"]);
    const key = await addPasskey(who);
    await sql(`update tenants set settings = '{"signIn":{"ssoRequired":"everyone"}}' where id = $1`, who.tenant.id);
    assert.equal((await enter(new Browser(), key)).status, 403);
    await sql("update tenants set settings = '{}' where id = $1", who.tenant.id);
    await api("PATCH", `/tenants/${who.tenant.slug}/members/${who.id}`, { hold: true });
    assert.equal((await enter(new Browser(), key)).status, 403);
  });

  it("takes nothing from another site, and no answer that is none", async () => {
    const key = await addPasskey(await person());
    const browser = new Browser();
    const credential = JSON.stringify(key.signed(asked(await browser.get("/sign-in/passkey"))));
    const form = new URLSearchParams({ credential });
    assert.equal(
      (await browser.send("POST", "/sign-in/passkey", form, { origin: "https://evil.example" })).status,
      403,
    );
    for (const text of [
      "",
      "null",
      "[]",
      "{}",
      '{"id":"a","type":"public-key","response":{}}',
      "{",
      "x".repeat(9000),
    ]) {
      assert.equal((await browser.post("/sign-in/passkey", { credential: text })).status, 400, text);
    }
  });
});

describe("passkeys of one's own", () => {
  it("are listed by name, renamed and removed", async () => {
    const who = await person();
    await addPasskey(who);
    const [listed] = (await call(who, "GET", "/session/security")).body["passkeys"] as { id: string; name: string }[];
    assert.equal(listed?.name, "Phone");
    const path = `/session/passkeys/${listed?.id}`;
    assert.equal((await call(who, "PATCH", path, { name: "Old phone" })).status, 204);
    assert.match((await who.browser.get("/security")).text, /Old phone/);
    assert.equal((await call(who, "DELETE", path)).status, 204);
    assert.equal((await call(who, "DELETE", path)).status, 404);
    assert.equal((await signIn(new Browser(), who.tenant.slug, who.email)).location, "/");
  });

  it("are nobody else's to rename or remove (T01)", async () => {
    const tenant = await place();
    const [ana, ben] = [await person({}, tenant), await person({}, tenant)];
    await addPasskey(ana);
    const [of] = (await call(ana, "GET", "/session/security")).body["passkeys"] as { id: string }[];
    assert.equal((await call(ben, "PATCH", `/session/passkeys/${of?.id}`, { name: "mine" })).status, 404);
    assert.equal((await call(ben, "DELETE", `/session/passkeys/${of?.id}`)).status, 404);
  });

  it("are made for the session that asked, once, without certificates of their maker", async () => {
    const [ana, ben] = [await person(), await person()];
    const key = authenticator(await server());
    const question = (await call(ana, "POST", "/session/passkeys/options")).body as never;
    const credential = key.created(question);
    const add = (who: typeof ana, made: object) =>
      call(who, "POST", "/session/passkeys", { name: "x", credential: made });
    assert.equal((await add(ben, credential)).status, 400);
    assert.equal((await add(ana, credential)).status, 201);
    assert.equal((await add(ana, credential)).status, 400);
    for (const astray of [{ origin: "https://evil.example" }, { rpId: "evil.example" }, { format: "tpm" }]) {
      const anew = (await call(ana, "POST", "/session/passkeys/options")).body as never;
      const made = authenticator(await server()).created(anew, astray);
      assert.equal((await add(ana, made)).status, 400, JSON.stringify(astray));
    }
  });

  it("are asked for only of who has shown lately who they are", async () => {
    const who = await person();
    await goStale(who);
    assert.equal((await who.browser.get("/security/passkeys/new")).location, "/security/proof");
  });

  it("prove a change as well as a code", async () => {
    const who = await person();
    const key = await addPasskey(who);
    await goStale(who);
    const passkey = key.signed((await call(who, "GET", "/session/proof")).body["passkey"] as never);
    assert.equal((await call(who, "POST", "/session/proof", { passkey })).status, 204);
    assert.equal((await call(who, "POST", "/session/proof", { passkey })).status, 403);
    assert.equal((await call(who, "POST", "/session/recovery-codes")).status, 201);
  });
});
