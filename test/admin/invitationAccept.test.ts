/** Accepting an invitation: with a new account, one that there is, or a password good here alone (rules 20, 26 to 28). */
import assert from "node:assert/strict";
import { hashPassword } from "../../src/directory/accounts/passwords.ts";
import { newId } from "../../src/base/ids.ts";
import { api } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { newSlug } from "../support/tenant.ts";
import {
  accept,
  eventsOf,
  invite,
  invited,
  mailed,
  memberOf,
  PASSWORD,
  requireSso,
  type Row,
  seatsUsed,
  statusesOf,
  tokenIn,
} from "./invitees.ts";
import { place, type Place, refused, statuses } from "./place.ts";

const address = (local = "ana"): string => `${local}@${newSlug()}.example`;
const hashed = hashPassword(PASSWORD);

/** An account whose holder has proven the mailbox. */
async function account(email: string): Promise<string> {
  const { pool } = await testDatabase();
  const id = newId(new Date());
  const text = `insert into accounts (id, email, email_key, name, password_hash, created_at) values ($1, $2, $2, $3, $4, now())`;
  await pool.query(text, [id, email, { givenName: "Ana", familyName: "Berg" }, await hashed]);
  return id;
}

async function accountsOf(email: string): Promise<string[]> {
  const { pool } = await testDatabase();
  return (await pool.query("select id from accounts where email_key = $1", [email])).rows.map(({ id }) => String(id));
}

async function attachedTo(at: Place, memberId: string): Promise<string | undefined> {
  const text = "select account_id from account_members where tenant_id = $1 and member_id = $2";
  const [row] = (await at.db.pool.query(text, [at.tenantId, memberId])).rows;
  return row && String((row as Row)["account_id"]);
}

function signIn(at: Place, email: string, password = PASSWORD) {
  return api(at.db).as(null).post("/session", { email, password, tenant: at.slug });
}

describe("accepting an invitation", () => {
  beforeEach(async () => {
    await (await testDatabase()).pool.query("delete from attempt_limits");
  });

  it("that was mailed proves the mailbox: an account is made, and the member signs in (rule 27, S1.22, S2.4)", async () => {
    const at = await place();
    const email = address();
    const { id, token } = await mailed(at, email);
    const name = { givenName: "Ana", familyName: "Berg" };
    const { status, body } = await accept(at, token, { password: PASSWORD, name });
    assert.equal(status, 200);
    assert.deepEqual(
      [body.status, body.tenant.slug, body.member.id, body.member.roles],
      ["joined", at.slug, id, ["member"]],
    );
    const member = await memberOf(at, id);
    assert.deepEqual(
      [member["status"], member["emailVerified"], member["displayName"], member["entrance"], member["seat"]],
      ["active", true, "Ana Berg", "invitation", "held"],
    );
    assert.deepEqual(await accountsOf(email), [await attachedTo(at, id)]);
    assert.equal((await signIn(at, email)).status, 201);
    assert.ok((await memberOf(at, id))["lastSignInAt"]);
    assert.deepEqual(await eventsOf(at, id), [
      "member.created",
      "invitation.created",
      "member.updated",
      "invitation.accepted",
      "member.signed_in",
    ]);
  });

  it("whose link the inviter has seen proves nothing: a password good in this tenant alone (rule 27)", async () => {
    const at = await place();
    const email = address();
    const { id, token } = await invited(at, email);
    assert.equal((await accept(at, token)).status, 200);
    assert.equal((await memberOf(at, id))["emailVerified"], false);
    assert.deepEqual([await accountsOf(email), await attachedTo(at, id)], [[], undefined]);
    const signed = await signIn(at, email);
    assert.deepEqual([signed.status, signed.body.mustChangePassword], [201, false]);
  });

  it("where an account has the address means signing in to it: no second one, and the membership is attached (S3.21)", async () => {
    for (const how of [mailed, invited]) {
      const at = await place();
      const email = address();
      const accountId = await account(email);
      const { id, token } = await how(at, email);
      refused(await accept(at, token, { password: "of somebody else's" }), 401, "unauthenticated");
      assert.equal((await memberOf(at, id))["status"], "invited");
      assert.equal((await accept(at, token)).status, 200);
      assert.deepEqual([await accountsOf(email), await attachedTo(at, id)], [[accountId], accountId]);
      const member = await memberOf(at, id);
      assert.deepEqual([member["emailVerified"], member["status"]], [true, "active"]);
      assert.equal((await signIn(at, email)).status, 201);
    }
  });

  it("with an account ends the password that an admin had set before (rule 26)", async () => {
    const at = await place();
    const email = address();
    const { id, token } = await mailed(at, email);
    const theirs = "a password of the admin";
    assert.equal((await at.call("PATCH", `/members/${id}`, { password: theirs })).status, 200);
    assert.equal((await accept(at, token)).status, 200);
    refused(await signIn(at, email, theirs), 401, "unauthenticated");
    assert.equal((await signIn(at, email)).status, 201);
  });

  it("with the account of another address is not possible: the token is bound to its own", async () => {
    const at = await place();
    await account(address("eve"));
    const { id, token } = await mailed(at, address());
    const reply = await accept(at, token, { password: PASSWORD, email: "eve@evil.example" });
    assert.equal(reply.status, 200, "and an address in the body is nobody's matter");
    assert.match(String((await memberOf(at, id))["email"]), /^ana@/);
  });

  it("works once, and not in another tenant", async () => {
    const [at, other] = [await place(), await place()];
    const { token } = await invited(at, address());
    const moved = token.replace(at.tenantId.replaceAll("-", ""), other.tenantId.replaceAll("-", ""));
    refused(await accept(other, moved), 410, "invitation_expired");
    assert.equal((await accept(at, token)).status, 200);
    refused(await accept(at, token), 410, "invitation_expired");
  });

  const forged: readonly (readonly [what: string, forge: (token: string) => string])[] = [
    ["another secret", (token) => token.slice(0, -43) + "A".repeat(43)],
    ["a letter of another case", (token) => token.slice(0, -1) + (token.endsWith("A") ? "B" : "A")],
    ["a space in front", (token) => ` ${token}`],
    ["another kind's prefix", (token) => token.replace("usi", "usc")],
    ["a link's prefix", (token) => token.replace("usi", "usj")],
    ["nothing but its prefix", () => "usi_"],
    ["SQL", () => "' or 1 = 1 --"],
  ];
  for (const [what, forge] of forged) {
    it(`is not taken with ${what} (T08)`, async () => {
      const at = await place();
      const { id, token } = await invited(at, address());
      const more = { password: PASSWORD, name: { givenName: "Eve" }, email: "eve@evil.example" };
      refused(await accept(at, forge(token), more), 410, "invitation_expired");
      assert.equal((await memberOf(at, id))["status"], "invited");
    });
  }

  it("needs a password as long as the tenant wants it, and as an account needs it", async () => {
    const at = await place({ settings: { signIn: { passwordMinLength: 14 } } });
    const { token } = await invited(at, address());
    refused(await accept(at, token, {}), 400, "invalid_request");
    refused(await accept(at, token, { password: "thirteen char" }), 400, "invalid_request");
    const short = await place({ settings: { signIn: { passwordMinLength: 6 } } });
    const [own, mail] = [await invited(short, address("own")), await mailed(short, address("mail"))];
    refused(await accept(short, mail.token, { password: "sixsix" }), 400, "invalid_request");
    assert.equal((await accept(short, own.token, { password: "sixsix" })).status, 200);
  });

  for (const [what, more] of [
    ["a role", { roles: ["admin"] }],
    ["a tenant", { tenantId: "0198c7a4-2f10-7c3e-9d41-5b8f6e2a1c07" }],
    ["a seat", { seat: "held" }],
    ["a link", { link: {} }],
  ] as const) {
    it(`takes no ${what} in the body`, async () => {
      const at = await place();
      const { id, token } = await invited(at, address());
      refused(await accept(at, token, { password: PASSWORD, ...more }), 400, "invalid_request");
      assert.equal((await memberOf(at, id))["status"], "invited");
    });
  }

  it("is refused for want of a seat with whom to ask, and stays valid (rule 9)", async () => {
    const at = await place({ seatLimit: 1 });
    await at.call("PUT", "/contact", { name: "Kim Holt", email: "kim@acme.example", phone: null, notes: null });
    const holder = await at.add(address("holder"));
    await at.add(address("other"), { roles: ["viewer"] });
    const { id, token } = await mailed(at, address());
    const problem = refused(await accept(at, token), 409, "seat_limit_reached");
    assert.match(String(problem["detail"]), /1 of 1 seats used.*Kim Holt/);
    assert.equal((await memberOf(at, id))["status"], "invited");
    await at.call("PATCH", `/members/${String(holder["id"])}`, { hold: true });
    assert.equal((await accept(at, token)).status, 200);
    assert.equal(await seatsUsed(at), 1);
  });

  it("comes in without a seat, or waits for one, where the settings say so (S3.5)", async () => {
    for (const [whenFull, seat] of [
      ["downgrade", "none"],
      ["waitlist", "waiting"],
    ] as const) {
      const at = await place({ seatLimit: 0, settings: { seats: { whenFull: { invitation: whenFull } } } });
      const { id, token } = await invited(at, address());
      assert.equal((await accept(at, token)).status, 200);
      const member = await memberOf(at, id);
      assert.deepEqual([member["status"], member["roles"], member["seat"]], ["active", ["viewer"], seat]);
      assert.deepEqual(member["entitledRoles"], ["member"]);
    }
  });

  it("gives no seat by itself where they are not assigned automatically (rule 8, S3.10)", async () => {
    const at = await place({ settings: { seats: { autoAssign: false } } });
    const { id, token } = await invited(at, address(), { roles: ["member"] });
    assert.equal((await accept(at, token)).status, 200);
    const member = await memberOf(at, id);
    assert.deepEqual([member["roles"], member["seat"], member["entitledRoles"]], [["viewer"], "none", ["member"]]);
  });

  it("gives nothing that the inviter may no longer give, until it is sent again (rule 16)", async () => {
    const at = await place();
    await at.add(address("boss"), { roles: ["admin"] });
    const made = await at.call("POST", "/api-keys", {
      name: "hr",
      permissions: ["invitations:create", "contact:view"],
    });
    const hr = api(at.db).as(made.body.key);
    const body = { emails: [address()], roles: ["member"], sendEmail: false };
    const { results } = (await hr.post(`/tenants/${at.slug}/invitations`, body)).body;
    const token = String(results[0].link).split("#")[1] ?? "";
    const { memberId } = results[0];
    await at.call("PATCH", `/members/${memberId}`, { roles: ["admin"] });
    refused(await accept(at, token), 410, "invitation_expired");
    await at.call("PATCH", `/members/${memberId}`, { roles: ["member"] });
    await at.call("DELETE", `/api-keys/${made.body.id}`);
    refused(await accept(at, token), 410, "invitation_expired");
    const again = await at.call("POST", `/invitations/${memberId}/resend`);
    assert.equal((await accept(at, String(again.body.link).split("#")[1] ?? "")).status, 200);
  });

  it("by the link that the inviter has seen gives nothing that others gave by hand and the inviter has not (rule 16)", async () => {
    const at = await place();
    const hr = await at.as("invitations:create", "contact:view");
    const body = { emails: [address()], roles: ["member"], sendEmail: false };
    const [row] = ((await hr("POST", "/invitations", body)).body as { results: Row[] }).results;
    const token = tokenIn(row?.["link"]);
    const grants = `/members/${String(row?.["memberId"])}/grants`;
    await at.call("PATCH", grants, { permissions: ["seats:view"] });
    refused(await accept(at, token), 410, "invitation_expired");
    await at.call("PATCH", grants, { permissions: [] });
    assert.equal((await accept(at, token)).status, 200);
  });

  it("is over for whoever an admin suspends, or gives another address", async () => {
    const at = await place();
    const [held, moved] = [await mailed(at, address("held")), await mailed(at, address("moved"))];
    await at.call("PATCH", `/members/${held.id}`, { hold: true });
    await at.call("PATCH", `/members/${moved.id}`, { email: address("elsewhere") });
    for (const { token } of [held, moved]) refused(await accept(at, token), 410, "invitation_expired");
    await at.call("PATCH", `/members/${held.id}`, { hold: false });
    assert.equal((await accept(at, held.token)).status, 200);
  });

  it("is void once the directory has pushed the person: one member, joined (rule 20)", async () => {
    const at = await place();
    const email = address();
    const { id, token } = await mailed(at, email, { roles: ["admin"] });
    await assert.rejects(at.push(email), "the user name is taken: the directory looks it up, and changes that one");
    await at.activate(id, true);
    assert.deepEqual(await statusesOf(at), { [email]: "void" });
    refused(await accept(at, token), 410, "invitation_expired");
    const member = await memberOf(at, id);
    assert.equal(member["status"], "active");
    assert.ok(member["directory"]);
    refused(await at.call("POST", `/invitations/${id}/resend`), 409, "conflict");
    assert.equal((await at.call("GET", "/members?limit=200")).body.total, 1);
  });

  it("is revoked by a directory that pushes the person as inactive (rule 20)", async () => {
    const at = await place();
    const { id, token } = await mailed(at, address());
    await at.activate(id, false);
    assert.equal((await memberOf(at, id))["status"], "suspended");
    refused(await accept(at, token), 410, "invitation_expired");
  });

  it("does not make two of one person whom the directory has pushed under another user name", async () => {
    const at = await place();
    const email = address();
    const { id, token } = await mailed(at, email);
    await at.push("ana.berg", { emails: [{ value: email, primary: true }] });
    refused(await accept(at, token), 409, "email_exists");
    assert.equal((await memberOf(at, id))["status"], "invited");
  });

  it("is not possible with a password where single sign-on is required, and says where to go (rule 28, T13)", async () => {
    const at = await place();
    await requireSso(at);
    const { id, token } = await mailed(at, address());
    const problem = refused(await accept(at, token), 403, "forbidden");
    assert.equal(problem["ssoRequired"], true);
    assert.equal((await memberOf(at, id))["status"], "invited");
  });

  it("makes no account for an address whose organisation signs in elsewhere: a password good here alone", async () => {
    const [at, other] = [await place(), await place()];
    const domain = `${other.slug}.com`;
    await other.call("POST", "/domains", { domain });
    await other.call("POST", `/domains/${domain}/verify`, { force: true });
    const text = `update tenants set settings = '{"signIn":{"ssoRequired":"verifiedDomains"}}' where id = $1`;
    await at.db.pool.query(text, [other.tenantId]);
    const { id, token } = await mailed(at, `ana@${domain}`);
    assert.equal((await accept(at, token)).status, 200);
    assert.deepEqual([await accountsOf(`ana@${domain}`), (await memberOf(at, id))["emailVerified"]], [[], true]);
  });

  it("by an account that is another member here already changes nothing", async () => {
    const at = await place();
    const email = address();
    const accountId = await account(email);
    const { id: other } = await at.add(address("other"));
    const tie =
      "insert into account_members (tenant_id, account_id, member_id, attached_at) values ($1, $2, $3, now())";
    await at.db.pool.query(tie, [at.tenantId, accountId, other]);
    const { id, token } = await mailed(at, email);
    refused(await accept(at, token), 409, "conflict");
    assert.equal((await memberOf(at, id))["status"], "invited");
  });

  it("twice at the same time makes one member with one seat (T08)", async () => {
    const at = await place({ seatLimit: 5 });
    for (const how of [mailed, invited]) {
      const { id, token } = await how(at, address());
      const replies = await Promise.all([accept(at, token), accept(at, token), accept(at, token)]);
      const [first, ...others] = statuses(replies);
      assert.equal(first, 200);
      assert.ok(
        others.every((status) => status === 410 || status === 409 || status === 401),
        String(others),
      );
      assert.equal((await memberOf(at, id))["status"], "active");
    }
    assert.equal(await seatsUsed(at), 2);
  });

  it("and sending it again at the same time lets in one of the two tokens, and the row agrees", async () => {
    const at = await place({ seatLimit: 1 });
    const { id, token } = await invited(at, address());
    const [accepted, resent] = await Promise.all([accept(at, token), at.call("POST", `/invitations/${id}/resend`)]);
    const joined = (await memberOf(at, id))["status"] === "active";
    assert.equal(accepted.status, joined ? 200 : 410);
    assert.ok([200, 409].includes(resent.status));
    assert.equal(await seatsUsed(at), joined ? 1 : 0);
  });

  it("by as many as there are seats is never more than these", async () => {
    const at = await place({ seatLimit: 2 });
    const all = await Promise.all(["a", "b", "c", "d", "e"].map((local) => invited(at, address(local))));
    const replies = await Promise.all(all.map(({ token }) => accept(at, token)));
    assert.deepEqual(statuses(replies), [200, 200, 409, 409, 409]);
    assert.equal(await seatsUsed(at), 2);
    const rows = await at.db.pool.query("select count(*) from members where tenant_id = $1 and seat = 'held'", [
      at.tenantId,
    ]);
    assert.equal(Number(rows.rows[0].count), 2);
  });

  it("makes the first admin above the limit by one, as any way does (rule 6)", async () => {
    const at = await place({ seatLimit: 1 });
    await at.add(address("member"));
    const { id, token } = await invited(at, address(), { roles: ["admin"] });
    assert.equal((await accept(at, token)).status, 200);
    assert.deepEqual((await memberOf(at, id))["roles"], ["admin"]);
  });

  it("asks for the second factor that the account has", async () => {
    const at = await place();
    const email = address();
    const accountId = await account(email);
    await at.db.pool.query(
      "insert into account_factors (account_id, totp_secret, totp_confirmed_at) values ($1, $2, now())",
      [accountId, Buffer.alloc(60)],
    );
    const { id, token } = await mailed(at, email);
    refused(await accept(at, token), 401, "second_factor_required");
    assert.equal((await memberOf(at, id))["status"], "invited");
  });

  it("leaves nothing of a name that is none", async () => {
    const at = await place();
    const { token } = await invited(at, address());
    for (const name of [{}, { givenName: " " }, { givenName: "a\nb" }, "Ana"]) {
      refused(await accept(at, token, { password: PASSWORD, name }), 400, "invalid_request");
    }
    assert.equal((await invite(at, address())).length, 1);
  });
});
