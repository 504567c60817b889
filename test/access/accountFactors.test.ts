/** Factors and passwords of an account that is a member of several tenants (rules 26 and 27). */
import assert from "node:assert/strict";
import { hashPassword } from "../../src/directory/accounts/passwords.ts";
import { newId } from "../../src/base/ids.ts";
import { askForReset, redeemReset } from "../../src/directory/accounts/passwordReset.ts";
import { resetToken } from "../../src/directory/accounts/passwordResetToken.ts";
import { ways } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { newSlug } from "../support/tenant.ts";
import {
  addApp,
  addPasskey,
  asked,
  call,
  codeOf,
  csrfOf,
  factor,
  PASSWORD,
  signIn,
  sql,
  type Person,
} from "./factors.ts";
import { api, Browser, place } from "./place.ts";

/** An account that is attached to a member of each of so many tenants, and signed in at the first. */
async function holder(tenants = 2) {
  const accountId = newId(new Date());
  const email = `ana@${newSlug()}.example`;
  await sql(
    `insert into accounts (id, email, email_key, name, password_hash, created_at) values ($1, $2, $2, '{}', $3, now())`,
    accountId,
    email,
    await hashPassword(PASSWORD),
  );
  const members: { tenant: Person["tenant"]; id: string }[] = [];
  for (let i = 0; i < tenants; i++) {
    const tenant = await place();
    const name = { givenName: "Ana", familyName: "Example" };
    const added = await api("POST", `/tenants/${tenant.slug}/members`, { email, name, roles: ["member"] });
    const { id } = added.body as { id: string };
    await sql(
      "insert into account_members (tenant_id, account_id, member_id, attached_at) values ($1, $2, $3, now())",
      tenant.id,
      accountId,
      id,
    );
    members.push({ tenant, id });
  }
  const [first, second] = members;
  assert.ok(first);
  const browser = new Browser();
  assert.equal((await signIn(browser, first.tenant.slug, email)).status, 303);
  return { accountId, email, browser, csrf: await csrfOf(browser), ...first, second: second ?? first };
}

describe("an account's second factor", () => {
  it("is asked for in each tenant that the account is attached to, and is told as the account's", async () => {
    const who = await holder();
    const { codes } = await addApp(who);
    const browser = new Browser();
    assert.match((await signIn(browser, who.second.tenant.slug, who.email)).location, /^\/sign-in\/factor/);
    assert.equal((await factor(browser, { code: codes[0] ?? "" })).status, 303);
    assert.equal((await call(who, "GET", "/session/security")).body["recoveryCodes"], 9);
    const [told] = await sql(
      "select data from events where type = 'member.second_factor_added' and tenant_id = $1",
      who.tenant.id,
    );
    assert.deepEqual(told?.["data"], { kind: "totp", holder: "account" });
  });

  it("is guessed at ten times in all, whatever the tenant", async () => {
    const who = await holder();
    const { secret } = await addApp(who);
    const statuses: number[] = [];
    for (const { tenant } of [who, who.second]) {
      const browser = new Browser();
      await signIn(browser, tenant.slug, who.email);
      for (let i = 0; i < 5; i++) statuses.push((await factor(browser, { code: "000000" })).status);
      if (tenant === who.second.tenant) statuses.push((await factor(browser, { code: codeOf(secret, 1) })).status);
    }
    assert.deepEqual(statuses, [...Array.from({ length: 10 }, () => 401), 429]);
  });

  it("is asked for too where an admin has given the member a password of that tenant", async () => {
    const who = await holder();
    await addApp(who);
    const path = `/tenants/${who.second.tenant.slug}/members/${who.second.id}`;
    assert.equal((await api("PATCH", path, { password: "given by an admin" })).status, 200);
    const at = await signIn(new Browser(), who.second.tenant.slug, who.email, "given by an admin");
    assert.match(at.location, /^\/sign-in\/factor/);
  });

  it("that is a passkey signs in at the tenant that was named, and at none that the account is not in", async () => {
    const who = await holder();
    const key = await addPasskey(who);
    const elsewhere = await place();
    for (const [tenant, status] of [
      [who.second.tenant.slug, 303],
      [elsewhere.slug, 401],
      ["", 303],
    ] as const) {
      const browser = new Browser();
      const credential = JSON.stringify(key.signed(asked(await browser.get("/sign-in/passkey"))));
      assert.equal(
        (await browser.post("/sign-in/passkey", { credential, ...(tenant !== "" && { tenant }) })).status,
        status,
        tenant,
      );
    }
  });
});

describe("a tenant that signs in as its member", () => {
  it("reaches no account by that: not to add, see, remove or renew a factor of it (T07)", async () => {
    const who = await holder();
    await addApp(who);
    const path = `/tenants/${who.second.tenant.slug}/members/${who.second.id}`;
    // By a password that its admin gave, and which is gone again: the session that stays is as one by its own provider.
    assert.equal((await api("PATCH", path, { password: "given by an admin" })).status, 200);
    await sql("delete from account_factors where account_id = $1", who.accountId);
    const browser = new Browser();
    await signIn(browser, who.second.tenant.slug, who.email, "given by an admin");
    await sql("update members set password_hash = null, password_change = false where id = $1", who.second.id);
    await sql("update sessions set must_change_password = false where member_id = $1", who.second.id);
    const evil = { browser, csrf: await csrfOf(browser) };
    for (const [method, at] of [
      ["POST", "/session/totp"],
      ["POST", "/session/passkeys/options"],
      ["POST", "/session/recovery-codes"],
      ["DELETE", "/session/totp"],
    ] as const) {
      const answer = await call(evil, method, at);
      assert.deepEqual([answer.status, answer.body["code"]], [403, "proof_required"], at);
    }
    assert.equal((await call(evil, "POST", "/session/proof", { password: "given by an admin" })).status, 403);
    assert.equal((await call(evil, "POST", "/session/proof", { password: PASSWORD })).status, 204);
    assert.equal((await call(evil, "POST", "/session/totp")).status, 201);
  });
});

describe("an account's password", () => {
  it("is changed wherever it is attached, and ends the other sessions in each tenant", async () => {
    const who = await holder();
    const elsewhere = new Browser();
    await signIn(elsewhere, who.second.tenant.slug, who.email);
    const next = "one that is long enough";
    assert.equal((await call(who, "POST", "/session/password", { current: PASSWORD, next: "short" })).status, 400);
    assert.equal((await call(who, "POST", "/session/password", { current: PASSWORD, next })).status, 204);
    assert.deepEqual([(await who.browser.session()).status, (await elsewhere.session()).status], [200, 401]);
    const told = await sql(
      "select tenant_id, actor_id from events where type = 'member.password_changed' and target_id = any($1)",
      [who.id, who.second.id],
    );
    assert.equal(told.length, 2);
    assert.deepEqual(
      new Map(told.map((row) => [row["tenant_id"], row["actor_id"]])),
      new Map([who, who.second].map(({ tenant, id }) => [tenant.id, id])),
    );
    assert.equal((await signIn(new Browser(), who.second.tenant.slug, who.email)).status, 401);
    assert.equal((await signIn(new Browser(), who.second.tenant.slug, who.email, next)).status, 303);
  });

  it("is reset once by the mailed token, and ends all sessions in each tenant", async () => {
    const who = await holder();
    const elsewhere = new Browser();
    await signIn(elsewhere, who.second.tenant.slug, who.email);
    const db = await testDatabase();
    const system = { actor: { type: "system" }, now: new Date() } as const;
    await askForReset(db, system, { email: who.email, tenant: undefined }, null);
    const [job] = await sql("select payload from jobs where tenant_id = $1", who.accountId);
    assert.ok(job);
    const { until } = job["payload"] as { until: number };
    const [row] = await sql(
      `select password_hash as "passwordHash", email, email_key as "emailKey" from accounts where id = $1`,
      who.accountId,
    );
    const token = resetToken(ways.secretKeys, { kind: "account", id: who.accountId }, until, row as never);
    const reset = () => redeemReset(db, system, { token, password: "chosen by a mail" }, ways.secretKeys, null);
    const tries = await Promise.allSettled([reset(), reset(), reset()]);
    assert.deepEqual(tries.map(({ status }) => status).toSorted(), ["fulfilled", "rejected", "rejected"]);
    assert.deepEqual([(await who.browser.session()).status, (await elsewhere.session()).status], [401, 401]);
    const told = await sql("select tenant_id from events where type = 'member.password_reset' and actor_id = any($1)", [
      who.id,
      who.second.id,
    ]);
    assert.equal(told.length, 2);
  });
});
