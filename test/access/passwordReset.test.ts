/** A forgotten password: the mailed link, and what it does and does not open. */
import assert from "node:assert/strict";
import { passwordResetMail } from "../../src/directory/accounts/passwordResetMail.ts";
import type { Claimed } from "../../src/events/jobs.ts";
import { ways } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { addApp, factor, PASSWORD, person, signIn, sql, statusesOf, type Person } from "./factors.ts";
import { api, Browser, server } from "./place.ts";

const NEXT = "a brand new password";

/** The letters that jobs of a tenant come to. */
async function letters(tenantId: string): Promise<{ to: string; text: string }[]> {
  const sent: { to: string; text: string }[] = [];
  const send = async ({ to, text }: { to: string; text: string }): Promise<void> => void sent.push({ to, text });
  const parts = { db: await testDatabase(), send, publicUrl: await server(), secretKeys: ways.secretKeys };
  const handler = passwordResetMail(parts)["mail.password-reset"];
  const jobs = await sql(
    `select id, tenant_id as "tenantId", kind, payload from jobs where tenant_id = $1 and kind = 'mail.password-reset'`,
    tenantId,
  );
  for (const job of jobs) {
    if (handler && "outside" in handler) await handler.outside(job as unknown as Claimed, AbortSignal.timeout(5000));
  }
  return sent;
}

async function ask(tenant: string, email: string) {
  return new Browser().post("/sign-in/forgot", { tenant, email });
}

async function linked({ tenant, email }: Person): Promise<string> {
  assert.equal((await ask(tenant.slug, email)).status, 202);
  const [letter] = await letters(tenant.id);
  assert.equal(letter?.to, email);
  return tokenIn(letter?.text);
}

function tokenIn(text = ""): string {
  return /token=(\S+)/.exec(text)?.[1] ?? "";
}

function redeem(token: string, password = NEXT) {
  return new Browser().post("/sign-in/reset", { token, password });
}

describe("a forgotten password", () => {
  beforeEach(() => sql("delete from attempt_limits"));

  it("is replaced by who opens the mailed link, which ends every session and signs nobody in", async () => {
    const who = await person();
    const token = await linked(who);
    const done = await redeem(token);
    assert.equal(done.status, 200, done.text);
    assert.equal(done.headers.getSetCookie().length, 0);
    assert.equal((await who.browser.session()).status, 401);
    assert.equal((await signIn(new Browser(), who.tenant.slug, who.email)).status, 401);
    assert.equal((await signIn(new Browser(), who.tenant.slug, who.email, NEXT)).status, 303);
    const [told] = await sql(
      "select data from events where tenant_id = $1 and type = 'member.password_reset'",
      who.tenant.id,
    );
    assert.deepEqual(told?.["data"], { holder: "member" });
  });

  it("takes a link once, also where many send it at the same time", async () => {
    const token = await linked(await person());
    const tries = await Promise.all(Array.from({ length: 6 }, () => redeem(token)));
    assert.deepEqual(statusesOf(tries), [200, 404, 404, 404, 404, 404]);
    assert.equal((await redeem(token, "one more long password")).status, 404);
  });

  it("changes nothing when the link is looked at, as mail scanners do", async () => {
    const who = await person();
    const token = await linked(who);
    for (let i = 0; i < 3; i++) assert.equal((await new Browser().get(`/sign-in/reset?token=${token}`)).status, 200);
    assert.equal((await signIn(new Browser(), who.tenant.slug, who.email)).status, 303);
    assert.equal((await redeem(token)).status, 200);
  });

  it("leaves the second factor as it is", async () => {
    const who = await person();
    const { codes } = await addApp(who);
    assert.equal((await redeem(await linked(who))).status, 200);
    const browser = new Browser();
    assert.match((await signIn(browser, who.tenant.slug, who.email, NEXT)).location, /^\/sign-in\/factor/);
    assert.equal((await browser.session()).status, 401);
    assert.equal((await factor(browser, { code: codes[0] ?? "" })).status, 303);
  });

  it("answers the same for an address that nobody has, and mails nobody (T22)", async () => {
    const { tenant, email } = await person();
    const nobody = `nobody@${tenant.domain}`;
    const [known, unknown] = [await ask(tenant.slug, email), await ask(tenant.slug, nobody)];
    assert.equal(known.status, unknown.status);
    assert.equal(known.text.replaceAll(email, ""), unknown.text.replaceAll(nobody, ""));
    assert.deepEqual(
      (await letters(tenant.id)).map(({ to }) => to),
      [email],
    );
  });

  it("mails nobody who is suspended, and no link that was mailed before opens anything to them", async () => {
    const who = await person();
    const token = await linked(who);
    await api("PATCH", `/tenants/${who.tenant.slug}/members/${who.id}`, { hold: true });
    assert.equal((await redeem(token)).status, 404);
    await sql("delete from jobs where tenant_id = $1", who.tenant.id);
    assert.equal((await ask(who.tenant.slug, who.email)).status, 202);
    assert.deepEqual(await letters(who.tenant.id), []);
  });

  it("mails the plain way where single sign-on is required, and refuses a link from before (T13)", async () => {
    const who = await person();
    const token = await linked(who);
    await sql(`update tenants set settings = '{"signIn":{"ssoRequired":"everyone"}}' where id = $1`, who.tenant.id);
    assert.equal((await redeem(token)).status, 403);
    await sql("delete from jobs where tenant_id = $1", who.tenant.id);
    await ask(who.tenant.slug, who.email);
    const [letter] = await letters(who.tenant.id);
    assert.match(letter?.text ?? "", /identity provider/);
    assert.equal(tokenIn(letter?.text), "");
  });

  it("holds for an hour, for one person, and for the password and address that were", async () => {
    const [who, other] = [await person(), await person()];
    const token = await linked(who);
    const [head = "", mac = ""] = token.split(".");
    const bytes = Buffer.from(head, "base64url");
    const later = Buffer.from(bytes);
    later.writeUInt32BE(bytes.readUInt32BE(0) + 60);
    const theirs = Buffer.from(bytes);
    theirs.set(Buffer.from(other.id.replaceAll("-", ""), "hex"), 20);
    const past = Buffer.from(bytes);
    past.writeUInt32BE(Math.floor(Date.now() / 1000) - 1);
    for (const forged of [later, theirs, past]) {
      assert.equal((await redeem(`${forged.toString("base64url")}.${mac}`)).status, 404);
    }
    for (const text of ["x", ".", `${head}.`, `${head}.${mac}x`, Buffer.alloc(36, 255).toString("base64url")]) {
      assert.equal((await redeem(text)).status, 404, text);
    }
    await sql("update members set email_key = 'x' || email_key where id = $1", who.id);
    assert.equal((await redeem(token)).status, 404);
  });

  it("keeps to the tenant's minimum, and the link holds after a password that was too short", async () => {
    const who = await person({ signIn: { passwordMinLength: 16 } });
    const token = await linked(who);
    assert.match((await redeem(token, "fifteen letters")).text, /at least 16/);
    assert.equal((await redeem(token, "x".repeat(257))).status, 400);
    assert.equal((await redeem(token)).status, 200);
  });

  it("mails three times in an hour and answers more alike; of one address of the network it takes thirty", async () => {
    const who = await person();
    for (let i = 0; i < 5; i++) assert.equal((await ask(who.tenant.slug, who.email)).status, 202);
    assert.equal((await letters(who.tenant.id)).length, 3);
    for (let i = 5; i < 30; i++) assert.equal((await ask(who.tenant.slug, "x@example.com")).status, 202);
    assert.equal((await ask(who.tenant.slug, "x@example.com")).status, 429);
  });

  it("takes no form from another site", async () => {
    const form = new URLSearchParams({ email: "ana@example.com" });
    const headers = { origin: "https://evil.example" };
    assert.equal((await new Browser().send("POST", "/sign-in/forgot", form, headers)).status, 403);
    assert.equal((await new Browser().send("POST", "/sign-in/reset", form, headers)).status, 403);
  });

  it("is the same by the API", async () => {
    const who = await person();
    const json = { "content-type": "application/json" };
    const post = (path: string, body: object) =>
      new Browser().send("POST", `/api/v1/session/password-reset${path}`, JSON.stringify(body), json);
    assert.equal((await post("", { email: who.email, tenant: who.tenant.slug })).status, 202);
    const [letter] = await letters(who.tenant.id);
    const token = tokenIn(letter?.text);
    assert.equal((await post("/confirm", { token, password: NEXT })).status, 204);
    assert.equal((await post("/confirm", { token, password: PASSWORD })).status, 404);
  });
});
