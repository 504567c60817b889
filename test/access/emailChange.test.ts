/** The page of the link that proves a new address, in a browser without scripts. */
import assert from "node:assert/strict";
import { emailChangeToken } from "../../src/directory/members/profileEmail.ts";
import { newId } from "../../src/base/ids.ts";
import { ways } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { api, Browser, place } from "./place.ts";

describe("the page of a new address", () => {
  /** A member who wants another address; the token is what was mailed to it. */
  async function wished(): Promise<{ token: string; path: string; email: string }> {
    const { pool } = await testDatabase();
    const { id: tenantId, slug, domain } = await place();
    const members = `/tenants/${slug}/members`;
    const added = await api("POST", members, { email: `ana@${domain}`, name: { givenName: "Ana" } });
    const { id: memberId } = added.body as { id: string };
    const [id, email] = [newId(new Date()), `anna@${domain}`];
    await pool.query(
      `insert into email_changes (tenant_id, id, member_id, email, created_at, expires_at)
       values ($1, $2, $3, $4, now(), now() + interval '1 day')`,
      [tenantId, id, memberId, email],
    );
    return { token: emailChangeToken(ways.secretKeys, tenantId, id), path: `${members}/${memberId}`, email };
  }

  async function member(path: string): Promise<Record<string, unknown>> {
    return (await api("GET", path)).body;
  }

  it("changes nothing when it is looked at, and the address when it is confirmed, once", async () => {
    const { token, path, email } = await wished();
    const browser = new Browser();
    const page = await browser.get(`/profile/email?token=${token}`);
    assert.equal(page.status, 200);
    assert.match(page.text, /<form method="post" action="\/profile\/email">/);
    assert.notEqual((await member(path))["email"], email);
    const done = await browser.post("/profile/email", { token });
    assert.equal(done.status, 200, done.text);
    assert.match(done.text, /Your address was changed/);
    const { email: now, emailVerified } = await member(path);
    assert.deepEqual([now, emailVerified], [email, true]);
    const again = await browser.post("/profile/email", { token });
    assert.equal(again.status, 404);
    assert.match(again.text, /not, or no longer, valid/);
  });

  it("shows what a hostile link brings as text alone, and says no to it", async () => {
    const browser = new Browser();
    const hostile = '"><script>alert(1)</script>';
    const page = await browser.get(`/profile/email?token=${encodeURIComponent(hostile)}`);
    assert.doesNotMatch(page.text, /<script>alert/);
    assert.equal((await browser.post("/profile/email", { token: hostile })).status, 404);
    assert.equal((await browser.post("/profile/email", { token: "" })).status, 400);
  });

  it("takes no form from another site (T17)", async () => {
    const { token, path, email } = await wished();
    const reply = await new Browser().send("POST", "/profile/email", new URLSearchParams({ token }), {
      Origin: "https://evil.example",
    });
    assert.equal(reply.status, 403);
    assert.notEqual((await member(path))["email"], email);
  });
});
