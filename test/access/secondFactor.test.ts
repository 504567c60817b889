/** Second factors by an authenticator app and recovery codes (RFC 6238), and the proof before each change. */
import assert from "node:assert/strict";
import {
  addApp,
  addPasskey,
  call,
  codeOf,
  csrfOf,
  factor,
  goStale,
  PASSWORD,
  person,
  signIn,
  sql,
  statusesOf,
} from "./factors.ts";
import { api, Browser } from "./place.ts";

describe("a second factor by an authenticator app", () => {
  it("is asked for after the password, and only then is there a session", async () => {
    const who = await person();
    const { secret } = await addApp(who);
    const browser = new Browser();
    const first = await signIn(browser, who.tenant.slug, who.email);
    assert.deepEqual([first.status, first.location], [303, "/sign-in/factor?return_to=%2F"]);
    assert.equal((await browser.session()).status, 401);
    assert.match((await browser.get("/sign-in/factor")).text, /autocomplete="one-time-code"/);
    const done = await factor(browser, { code: codeOf(secret, 1) });
    assert.deepEqual([done.status, done.location], [303, "/"]);
    assert.equal((await browser.session()).body["authMethod"], "password");
  });

  it("takes a code once, also where many send it at the same time (RFC 6238 §5.2)", async () => {
    const who = await person();
    const { secret } = await addApp(who);
    const browsers = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const browser = new Browser();
        await signIn(browser, who.tenant.slug, who.email);
        return browser;
      }),
    );
    const code = codeOf(secret, 1);
    const tries = await Promise.all(browsers.map((browser) => factor(browser, { code })));
    assert.deepEqual(statusesOf(tries), [303, 401, 401, 401, 401]);
  });

  it("refuses the code that has put the app in use, a code of another time, and what is no code", async () => {
    const who = await person();
    const { secret } = await addApp(who);
    const browser = new Browser();
    await signIn(browser, who.tenant.slug, who.email);
    for (const code of [codeOf(secret), codeOf(secret, -4), codeOf(secret, 4), "12345", "abcdef", "000 000 0"]) {
      assert.equal((await factor(browser, { code })).status, 401, code);
    }
    assert.equal((await browser.session()).status, 401);
  });

  it("looks at ten wrong codes in a quarter of an hour and no more; a recovery code lets the owner in all the same", async () => {
    const who = await person();
    const { secret, codes } = await addApp(who);
    const browser = new Browser();
    await signIn(browser, who.tenant.slug, who.email);
    for (let i = 0; i < 10; i++) assert.equal((await factor(browser, { code: "000000" })).status, 401);
    assert.equal((await factor(browser, { code: codeOf(secret, 1) })).status, 429);
    assert.equal((await factor(browser, { code: codes[0] ?? "" })).status, 303);
  });

  it("belongs to the browser that gave the password, and to the password that was given", async () => {
    const who = await person();
    const { codes } = await addApp(who);
    assert.equal((await factor(new Browser(), { code: codes[0] ?? "" })).status, 401);
    const browser = new Browser();
    await signIn(browser, who.tenant.slug, who.email);
    const path = `/tenants/${who.tenant.slug}/members/${who.id}`;
    assert.equal((await api("PATCH", path, { password: "chosen by an admin" })).status, 200);
    assert.equal((await factor(browser, { code: codes[1] ?? "" })).status, 401);
  });

  it("lets nobody in who was suspended between the two steps", async () => {
    const who = await person();
    const { codes } = await addApp(who);
    const browser = new Browser();
    await signIn(browser, who.tenant.slug, who.email);
    await api("PATCH", `/tenants/${who.tenant.slug}/members/${who.id}`, { hold: true });
    assert.equal((await factor(browser, { code: codes[0] ?? "" })).status, 403);
  });

  it("is told to a program, which sends password and code together", async () => {
    const who = await person();
    const { secret } = await addApp(who);
    const headers = { "content-type": "application/json" };
    const send = (more: object): ReturnType<Browser["send"]> => {
      const body = { tenant: who.tenant.slug, email: who.email, password: PASSWORD, ...more };
      return new Browser().send("POST", "/api/v1/session", JSON.stringify(body), headers);
    };
    const bare = await send({});
    assert.deepEqual([bare.status, JSON.parse(bare.text).code], [401, "second_factor_required"]);
    assert.equal((await send({ code: "000000" })).status, 401);
    assert.equal((await send({ code: codeOf(secret, 1) })).status, 201);
  });

  it("keeps its secret sealed, and shows it no more once it is in use", async () => {
    const who = await person();
    const { secret } = await addApp(who);
    const [row] = await sql("select totp_secret as sealed from member_factors where member_id = $1", who.id);
    assert.ok(row);
    assert.ok(!(row["sealed"] as Buffer).toString("latin1").includes(secret));
    assert.equal((await call(who, "POST", "/session/totp")).status, 409);
    assert.ok(!(await who.browser.get("/security")).text.includes(secret));
  });

  it("counts for nothing before its first code", async () => {
    const who = await person();
    await call(who, "POST", "/session/totp");
    assert.equal((await call(who, "POST", "/session/totp/confirm", { code: "000000" })).status, 400);
    assert.equal((await signIn(new Browser(), who.tenant.slug, who.email)).location, "/");
  });

  it("is another's of the same address in another tenant: neither secret nor code reaches there", async () => {
    const mine = await person();
    const { codes } = await addApp(mine);
    const other = await person();
    await addApp(other);
    const browser = new Browser();
    await signIn(browser, other.tenant.slug, other.email);
    assert.equal((await factor(browser, { code: codes[0] ?? "" })).status, 401);
  });

  it("is shown as a picture and as a key, without a script", async () => {
    const who = await person();
    const page = await who.browser.post("/security/totp", { csrf: who.csrf });
    assert.match(page.text, /<svg class="qr"/);
    assert.ok(!page.text.includes("<script"));
    const [, key = ""] = /<code>([A-Z2-7 ]+)<\/code>/.exec(page.text) ?? [];
    const secret = key.replaceAll(" ", "");
    const wrong = await who.browser.post("/security/totp/confirm", { csrf: who.csrf, code: "000000" });
    assert.equal(wrong.status, 400);
    assert.ok(wrong.text.includes(key));
    const done = await who.browser.post("/security/totp/confirm", { csrf: who.csrf, code: codeOf(secret) });
    assert.equal(done.text.match(/<li><code>/g)?.length, 10);
  });
});

describe("recovery codes", () => {
  it("stand in once each, however they are written, and their use is told", async () => {
    const who = await person();
    const { codes } = await addApp(who);
    assert.equal(new Set(codes).size, 10);
    const [first = ""] = codes;
    const tries: number[] = [];
    for (const code of [first.toLowerCase().replaceAll("-", " "), first]) {
      const browser = new Browser();
      await signIn(browser, who.tenant.slug, who.email);
      tries.push((await factor(browser, { code })).status);
    }
    assert.deepEqual(tries, [303, 401]);
    const [told] = await sql(
      "select data from events where tenant_id = $1 and type = 'member.recovery_code_used'",
      who.tenant.id,
    );
    assert.deepEqual(told?.["data"], { left: 9, holder: "member" });
    const mails = await sql("select payload from jobs where tenant_id = $1 and kind = 'mail.person'", who.tenant.id);
    assert.ok(mails.some(({ payload }) => (payload as { message: string }).message === "recoveryCodeUsed"));
  });

  it("are void once others are made, and with the last factor", async () => {
    const who = await person();
    const { codes } = await addApp(who);
    const renewed = await call(who, "POST", "/session/recovery-codes");
    assert.equal((renewed.body["recoveryCodes"] as string[]).length, 10);
    const browser = new Browser();
    await signIn(browser, who.tenant.slug, who.email);
    assert.equal((await factor(browser, { code: codes[0] ?? "" })).status, 401);
    assert.equal((await call(who, "DELETE", "/session/totp")).status, 204);
    const [row] = await sql("select recovery_codes as codes from member_factors where member_id = $1", who.id);
    assert.deepEqual(row?.["codes"], []);
    assert.equal((await call(who, "POST", "/session/recovery-codes")).status, 409);
    assert.equal((await signIn(new Browser(), who.tenant.slug, who.email)).location, "/");
  });

  it("are stored as hashes alone", async () => {
    const who = await person();
    const { codes } = await addApp(who);
    const [row] = await sql("select recovery_codes::text as codes from member_factors where member_id = $1", who.id);
    for (const code of codes) assert.ok(!String(row?.["codes"]).includes(Buffer.from(code).toString("hex")));
  });
});

describe("a change of how somebody signs in", () => {
  const changes: readonly (readonly [method: string, path: string, body?: object])[] = [
    ["POST", "/session/totp"],
    ["POST", "/session/totp/confirm", { code: "000000" }],
    ["DELETE", "/session/totp"],
    ["POST", "/session/recovery-codes"],
    ["POST", "/session/passkeys/options"],
    ["POST", "/session/passkeys", { name: "x", credential: {} }],
    ["DELETE", "/session/passkeys/01900000-0000-7000-8000-000000000000"],
  ];

  it("needs a proof that is no older than ten minutes (T17)", async () => {
    const who = await person();
    await goStale(who);
    for (const [method, path, body] of changes) {
      const answer = await call(who, method, path, body);
      assert.deepEqual([answer.status, answer.body["code"]], [403, "proof_required"], path);
    }
    const page = await who.browser.post("/security/totp", { csrf: who.csrf });
    assert.deepEqual([page.status, page.location], [303, "/security/proof"]);
    assert.equal((await call(who, "POST", "/session/proof", { password: "wrong" })).status, 403);
    assert.equal((await call(who, "POST", "/session/proof", { password: PASSWORD })).status, 204);
    assert.equal((await call(who, "POST", "/session/totp")).status, 201);
  });

  it("is proven by the second factor where there is one: the password is not enough", async () => {
    const who = await person();
    const { codes } = await addApp(who);
    await goStale(who);
    assert.equal((await call(who, "GET", "/session/proof")).body["by"], "factor");
    assert.equal((await call(who, "POST", "/session/proof", { password: PASSWORD })).status, 400);
    assert.equal((await call(who, "POST", "/session/proof", { code: "000000" })).status, 403);
    const proven = await who.browser.post("/security/proof", { csrf: who.csrf, code: codes[0] ?? "" });
    assert.equal(proven.status, 303);
    assert.equal((await call(who, "DELETE", "/session/totp")).status, 204);
  });

  it("takes no form without the token of our own page, nor a call without its header", async () => {
    const who = await person();
    assert.equal((await who.browser.post("/security/totp", { csrf: "wrong" })).status, 403);
    assert.equal((await call({ ...who, csrf: "wrong" }, "POST", "/session/totp")).status, 403);
    assert.equal((await new Browser().post("/security/totp", { csrf: who.csrf })).status, 401);
  });

  it("is told in the journal and to the person by mail", async () => {
    const who = await person();
    await addApp(who);
    const events = await sql(
      "select type, data from events where tenant_id = $1 and type like 'member.second%'",
      who.tenant.id,
    );
    assert.deepEqual(events, [{ type: "member.second_factor_added", data: { kind: "totp", holder: "member" } }]);
    const mails = await sql("select payload from jobs where tenant_id = $1 and kind = 'mail.person'", who.tenant.id);
    assert.ok(mails.some(({ payload }) => (payload as { message: string }).message === "totpAdded"));
  });
});

describe("one's own password", () => {
  it("changes by who knows the present one, ends the other sessions and keeps to the minimum", async () => {
    const ana = await person();
    const elsewhere = new Browser();
    await signIn(elsewhere, ana.tenant.slug, ana.email);
    const form = { csrf: ana.csrf, current: PASSWORD, next: "short" };
    assert.match((await ana.browser.post("/security/password", form)).text, /at least 12/);
    const changed = await ana.browser.post("/security/password", { ...form, next: "yet another long one" });
    assert.equal(changed.status, 200, changed.text);
    assert.deepEqual([(await elsewhere.session()).status, (await ana.browser.session()).status], [401, 200]);
    const wrong = { current: PASSWORD, next: "yet another long two" };
    assert.equal((await call(ana, "POST", "/session/password", wrong)).status, 403);
  });
});

describe("who has lost every second factor", () => {
  it("gets in again once an admin has removed them, which is told", async () => {
    const who = await person();
    await addApp(who);
    await addPasskey(who);
    const path = `/tenants/${who.tenant.slug}/members/${who.id}/second-factors`;
    assert.equal((await api("DELETE", path)).status, 204);
    assert.equal((await signIn(new Browser(), who.tenant.slug, who.email)).location, "/");
    const events = await sql(
      "select data from events where tenant_id = $1 and type = 'member.second_factor_removed'",
      who.tenant.id,
    );
    assert.equal(events.length, 2);
    const nobody = "01900000-0000-7000-8000-000000000000";
    assert.equal((await api("DELETE", path.replace(who.id, nobody))).status, 404);
  });

  it("is not freed of them by who has fewer permissions (rule 16)", async () => {
    const who = await person({}, undefined, ["admin"]);
    await addApp(who);
    const key = (
      await api("POST", `/tenants/${who.tenant.slug}/api-keys`, { name: "x", permissions: ["members:edit"] })
    ).body as { key: string };
    const headers = { authorization: `Bearer ${key.key}` };
    const path = `/api/v1/tenants/${who.tenant.slug}/members/${who.id}/second-factors`;
    assert.equal((await new Browser().send("DELETE", path, undefined, headers)).status, 403);
  });
});

describe("guesses at a password", () => {
  it("from elsewhere do not keep its owner out of the browser that they use", async () => {
    const who = await person();
    for (let i = 0; i < 10; i++) await signIn(new Browser(), who.tenant.slug, who.email, "guess");
    assert.equal((await signIn(new Browser(), who.tenant.slug, who.email)).status, 429);
    assert.equal((await signIn(who.browser, who.tenant.slug, who.email)).status, 303);
    const other = await person({}, who.tenant);
    assert.equal((await signIn(other.browser, who.tenant.slug, who.email)).status, 429);
    for (let i = 0; i < 10; i++) await signIn(who.browser, who.tenant.slug, who.email, "guess");
    assert.equal((await signIn(who.browser, who.tenant.slug, who.email)).status, 429);
  });
});

describe("who must have a second factor", () => {
  async function breakGlass() {
    const who = await person({}, undefined, ["admin"]);
    await sql("update members set break_glass = true, seat = 'none' where id = $1", who.id);
    const browser = new Browser();
    await signIn(browser, who.tenant.slug, who.email);
    return { ...who, browser, csrf: await csrfOf(browser) };
  }

  it("is led to add one, and may do nothing else until then (rule 28)", async () => {
    const who = await breakGlass();
    const { body } = await who.browser.session();
    assert.deepEqual([body["mustAddFactor"], body["permissions"]], [true, []]);
    assert.equal((await who.browser.get(`/api/v1/tenants/${who.tenant.slug}/members`)).status, 403);
    assert.equal((await who.browser.get("/")).location, "/security");
    assert.match((await who.browser.get("/security")).text, /You need a second factor/);
    await addApp(who);
    assert.equal((await who.browser.session()).body["mustAddFactor"], false);
    assert.equal((await who.browser.get(`/api/v1/tenants/${who.tenant.slug}/members`)).status, 200);
  });

  it("cannot remove the last one, also not two at once", async () => {
    const who = await breakGlass();
    await addApp(who);
    assert.equal((await call(who, "DELETE", "/session/totp")).status, 409);
    await addPasskey(who);
    const { body } = await call(who, "GET", "/session/security");
    const [passkey] = body["passkeys"] as { id: string }[];
    const both = await Promise.all([
      call(who, "DELETE", "/session/totp"),
      call(who, "DELETE", `/session/passkeys/${passkey?.id}`),
    ]);
    assert.deepEqual(statusesOf(both), [204, 409]);
  });
});
