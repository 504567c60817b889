/** Invite links: one a role, made anew at will, joined by whoever shows that their mailbox is theirs. */
import assert from "node:assert/strict";
import { hashPassword } from "../../src/directory/accounts/passwords.ts";
import { newId } from "../../src/base/ids.ts";
import { registrationToken } from "../../src/directory/domains/registrations.ts";
import { api, type ApiReply, ways } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { newSlug } from "../support/tenant.ts";
import {
  accept,
  eventsOf,
  invited,
  memberOf,
  PASSWORD,
  requireSso,
  type Row,
  seatsUsed,
  statusesOf,
  tokenIn,
} from "./invitees.ts";
import { items, place, type Place, refused, statuses } from "./place.ts";

const address = (local = "ana"): string => `${local}@${newSlug()}.example`;
const hashed = hashPassword(PASSWORD);
const name = { givenName: "Ana", familyName: "Berg" };

async function linkOf(at: Place, role = "member", wish: object = {}): Promise<string> {
  const { status, body, text } = await at.call("PUT", `/invite-links/${role}`, wish);
  assert.equal(status, 200, text);
  return tokenIn(body.url);
}

/** Comes to a link. */
function come(at: Place, token: string, email: string, more: object = {}): Promise<ApiReply> {
  return accept(at, token, { email, name, password: PASSWORD, ...more });
}

async function account(email: string): Promise<string> {
  const id = newId(new Date());
  const text = `insert into accounts (id, email, email_key, name, password_hash, created_at) values ($1, $2, $2, $3, $4, now())`;
  await (await testDatabase()).pool.query(text, [id, email, name, await hashed]);
  return id;
}

/** Comes with an account, so that nothing is left to prove. */
async function comeWithAccount(at: Place, token: string, email: string): Promise<ApiReply> {
  await account(email);
  return come(at, token, email);
}

/** Shows what was mailed to whoever came without an account. */
async function confirm(at: Place, email: string): Promise<ApiReply> {
  const { rows } = await at.db.pool.query("select id from registrations where email = $1 order by id desc", [email]);
  const token = registrationToken(ways.secretKeys, String((rows[0] as Row)["id"]));
  return api(at.db).as(null).post("/registrations/confirm", { token });
}

async function byAddress(at: Place, email: string): Promise<Row | undefined> {
  return items(await at.call("GET", "/members?limit=200")).find((member) => member["email"] === email);
}

describe("an invite link", () => {
  beforeEach(async () => {
    await (await testDatabase()).pool.query("delete from attempt_limits");
  });

  it("is off until it is made, and its address is shown this once (S3.17)", async () => {
    const at = await place();
    assert.deepEqual(items(await at.call("GET", "/invite-links")), []);
    const token = await linkOf(at);
    const listed = await at.call("GET", "/invite-links");
    assert.deepEqual(
      items(listed).map(({ role, uses, createdBy }) => [role, uses, createdBy]),
      [["member", 0, "operator"]],
    );
    assert.doesNotMatch(listed.text, new RegExp(token.slice(-20)));
    const stored = await at.db.pool.query("select * from invite_links where tenant_id = $1", [at.tenantId]);
    assert.doesNotMatch(JSON.stringify(stored.rows), new RegExp(token.slice(-20)));
  });

  it("lets in whoever proves their mailbox, with the role that it gives and a seat (S3.9, S3.15)", async () => {
    const at = await place({ seatLimit: 1 });
    const token = await linkOf(at, "admin");
    const email = address();
    const reply = await come(at, token, email);
    assert.deepEqual([reply.status, reply.body.status, reply.body.member], [202, "confirm", null]);
    assert.equal(await byAddress(at, email), undefined, "an address that is only typed joins nothing");
    const confirmed = await confirm(at, email);
    assert.deepEqual(
      confirmed.body.workspaces.map((each: Row) => each["outcome"]),
      ["joined"],
    );
    const member = await byAddress(at, email);
    assert.deepEqual(
      [member?.["entrance"], member?.["roles"], member?.["seat"], member?.["emailVerified"]],
      ["link", ["admin"], "held", true],
    );
    assert.equal(items(await at.call("GET", "/invite-links"))[0]?.["uses"], 1);
  });

  it("lets the holder of an account in at once, without a second one (S3.21)", async () => {
    const at = await place();
    const email = address();
    const reply = await comeWithAccount(at, await linkOf(at), email);
    assert.deepEqual([reply.status, reply.body.status], [200, "joined"]);
    const again = await come(at, await linkOf(at), email);
    assert.deepEqual([again.status, again.body.status], [200, "signIn"]);
    assert.equal((await at.call("GET", "/members?limit=200")).body.total, 1);
    const signed = await api(at.db).as(null).post("/session", { email, password: PASSWORD, tenant: at.slug });
    assert.equal(signed.status, 201, signed.text);
  });

  it("says of an address that has an account what it says of any other (T22)", async () => {
    const at = await place();
    const token = await linkOf(at);
    const email = address();
    await account(email);
    const [known, unknown] = [
      await come(at, token, email, { password: "another long password" }),
      await come(at, token, address(), { password: "another long password" }),
    ];
    assert.deepEqual([known.status, known.body], [unknown.status, unknown.body]);
    assert.equal(await byAddress(at, email), undefined);
  });

  it("is dead at once when the link is regenerated (S3.17)", async () => {
    const at = await place();
    const old = await linkOf(at);
    const next = await linkOf(at);
    const email = address();
    await account(email);
    refused(await come(at, old, email), 410, "invitation_expired");
    assert.equal((await come(at, next, email)).status, 200);
  });

  it("is dead for who has begun by it and not proven the mailbox when it is regenerated", async () => {
    const at = await place();
    const token = await linkOf(at);
    const email = address();
    assert.equal((await come(at, token, email)).status, 202);
    await linkOf(at);
    const confirmed = await confirm(at, email);
    assert.deepEqual(
      confirmed.body.workspaces.map((each: Row) => each["outcome"]),
      ["spent"],
    );
    assert.equal(await byAddress(at, email), undefined);
  });

  it("is switched off at once, and then there is none (S3.17)", async () => {
    const at = await place();
    const token = await linkOf(at);
    assert.equal((await at.call("DELETE", "/invite-links/member")).status, 204);
    refused(await comeWithAccount(at, token, address()), 410, "invitation_expired");
    refused(await at.call("DELETE", "/invite-links/member"), 404, "not_found");
    const { rows } = await at.db.pool.query(
      "select type from events where tenant_id = $1 and target_type = 'invite_link' order by id",
      [at.tenantId],
    );
    assert.deepEqual(
      rows.map(({ type }) => type),
      ["invite_link.created", "invite_link.deleted"],
    );
  });

  it("has one for each role, and they do not touch each other (S3.17)", async () => {
    const at = await place();
    const [forMembers, forAdmins] = [await linkOf(at, "member"), await linkOf(at, "admin")];
    await linkOf(at, "member");
    refused(await comeWithAccount(at, forMembers, address()), 410, "invitation_expired");
    const email = address();
    assert.equal((await comeWithAccount(at, forAdmins, email)).status, 200);
    assert.deepEqual((await byAddress(at, email))?.["roles"], ["admin"]);
  });

  it("lets no more in than it may, however many come at once", async () => {
    const at = await place();
    const token = await linkOf(at, "member", { maxUses: 2 });
    const all = ["a", "b", "c", "d"].map((local) => address(local));
    for (const email of all) await account(email);
    assert.deepEqual(statuses(await Promise.all(all.map((email) => come(at, token, email)))), [200, 200, 410, 410]);
    assert.equal((await at.call("GET", "/members?limit=200")).body.total, 2);
  });

  it("lets nobody in past its time", async () => {
    const at = await place();
    const token = await linkOf(at, "member", { expiresAt: new Date(Date.now() + 60_000).toISOString() });
    await at.db.pool.query("update invite_links set expires_at = now() - interval '1 second' where tenant_id = $1", [
      at.tenantId,
    ]);
    refused(await comeWithAccount(at, token, address()), 410, "invitation_expired");
    const past = { expiresAt: "2020-01-01T00:00:00Z" };
    refused(await at.call("PUT", "/invite-links/member", past), 400, "invalid_request");
  });

  it("is for the domains that it names, exactly", async () => {
    const at = await place();
    const slug = newSlug();
    const token = await linkOf(at, "member", { allowedDomains: [`${slug}.Example`, "bücher.example"] });
    for (const email of [`ana@sub.${slug}.example`, `ana@evil${slug}.example`, `ana@${slug}.example.evil.example`]) {
      refused(await comeWithAccount(at, token, email), 403, "forbidden");
    }
    assert.equal((await comeWithAccount(at, token, `ana@${slug}.example`)).status, 200);
    assert.equal((await come(at, token, `${slug}@BÜCHER.example`)).status, 202);
    refused(await at.call("PUT", "/invite-links/member", { allowedDomains: ["no domain"] }), 400, "invalid_request");
  });

  it("needs to know who comes", async () => {
    const at = await place();
    const token = await linkOf(at);
    for (const missing of ["email", "name", "password"]) {
      const body: Row = { email: address(), name, password: PASSWORD };
      delete body[missing];
      const problem = refused(await accept(at, token, body), 400, "invalid_request");
      assert.deepEqual(
        (problem["errors"] as Row[]).map((fault) => fault["path"]),
        [`/${missing}`],
      );
    }
    refused(await come(at, token, "no address"), 400, "invalid_request");
    refused(await come(at, token, address(), { password: "short" }), 400, "invalid_request");
  });

  it("lets in without a seat where there is none, or refuses, as the settings say (rule 2, S3.9)", async () => {
    const at = await place({ seatLimit: 0 });
    const email = address();
    assert.equal((await comeWithAccount(at, await linkOf(at), email)).status, 200);
    const member = await byAddress(at, email);
    assert.deepEqual([member?.["roles"], member?.["seat"]], [["viewer"], "none"]);
    const strict = await place({ seatLimit: 0, settings: { seats: { whenFull: { link: "refuse" } } } });
    const token = await linkOf(strict);
    const [one, two] = [address("one"), address("two")];
    refused(await comeWithAccount(strict, token, one), 409, "seat_limit_reached");
    await come(strict, token, two);
    const confirmed = await confirm(strict, two);
    assert.deepEqual(
      confirmed.body.workspaces.map((each: Row) => each["outcome"]),
      ["full"],
    );
    assert.equal((await strict.call("GET", "/members?limit=200")).body.total, 0);
    assert.equal(items(await strict.call("GET", "/invite-links"))[0]?.["uses"], 0);
  });

  it("gives the fallback role where seats are not assigned automatically (rule 8, S3.10)", async () => {
    const at = await place({ settings: { seats: { autoAssign: false } } });
    const email = address();
    await comeWithAccount(at, await linkOf(at), email);
    assert.deepEqual((await byAddress(at, email))?.["roles"], ["viewer"]);
  });

  it("brings nobody back who was removed (rule 22)", async () => {
    const at = await place();
    const email = address();
    const { id } = await at.add(email);
    await at.call("DELETE", `/members/${String(id)}`);
    refused(await comeWithAccount(at, await linkOf(at), email), 410, "invitation_expired");
  });

  it("attaches nobody to a member who has the address (rule 26)", async () => {
    const at = await place();
    const email = address();
    const { id } = await at.add(email, { roles: ["admin"] });
    const reply = await comeWithAccount(at, await linkOf(at, "viewer"), email);
    assert.deepEqual([reply.status, reply.body.status], [200, "signIn"]);
    const { rows } = await at.db.pool.query("select from account_members where tenant_id = $1", [at.tenantId]);
    assert.deepEqual([rows.length, (await memberOf(at, String(id)))["roles"]], [0, ["admin"]]);
  });

  it("takes up who was invited, with what the link gives and nothing of the invitation", async () => {
    const at = await place();
    const email = address();
    const { id, token } = await invited(at, email, { roles: ["admin"] });
    assert.equal((await comeWithAccount(at, await linkOf(at, "viewer"), email)).status, 200);
    const member = await memberOf(at, id);
    assert.deepEqual([member["status"], member["roles"], member["entrance"]], ["active", ["viewer"], "link"]);
    assert.deepEqual(await statusesOf(at), { [email]: "void" });
    refused(await accept(at, token), 410, "invitation_expired");
  });

  it("lets nobody in by a password where single sign-on is required (rule 28)", async () => {
    const at = await place();
    const token = await linkOf(at);
    const email = address();
    await account(email);
    await come(at, token, address("begun"));
    await requireSso(at);
    refused(await come(at, token, email), 403, "forbidden");
    assert.equal((await at.call("GET", "/members?limit=200")).body.total, 0);
  });

  it("is made by who may give its role alone, and gives it only as long as they may (rule 16)", async () => {
    const at = await place();
    const made = await at.call("POST", "/api-keys", {
      name: "hr",
      permissions: ["invitations:manage", "contact:view"],
    });
    const hr = api(at.db).as(made.body.key);
    refused(await hr.put(`/tenants/${at.slug}/invite-links/admin`, {}), 403, "forbidden");
    refused(await (await at.as("invitations:view"))("PUT", "/invite-links/viewer", {}), 403, "forbidden");
    const { body } = await hr.put(`/tenants/${at.slug}/invite-links/member`, {});
    await at.call("DELETE", `/api-keys/${made.body.id}`);
    refused(await comeWithAccount(at, tokenIn(body.url), address()), 410, "invitation_expired");
  });

  it("of a role that is becoming another gives what its maker may give of that one too (rule 16)", async () => {
    const at = await place();
    await at.call("POST", "/roles", { slug: "helper", name: "Helper", permissions: ["contact:view"] });
    const hr = await at.as("invitations:manage", "contact:view");
    const { body } = (await hr("PUT", "/invite-links/helper", {})) as { body: { url: string } };
    // As deleting it leaves it while a job gives its many members the other one.
    await at.db.pool.query("update roles set replaced_by = 'admin' where tenant_id = $1 and slug = 'helper'", [
      at.tenantId,
    ]);
    await at.call("POST", "/roles", { slug: "other", name: "Other" });
    refused(await comeWithAccount(at, tokenIn(body.url), address()), 410, "invitation_expired");
  });

  it("is none of a role that there is not, nor of a template", async () => {
    const at = await place();
    await at.call("POST", "/role-templates", { slug: "crm", name: "CRM", permissions: ["contact:edit"] });
    for (const role of ["king", "crm", "%00", "..", "'"]) {
      refused(await at.call("PUT", `/invite-links/${role}`, {}), 404, "not_found");
      refused(await at.call("DELETE", `/invite-links/${role}`), 404, "not_found");
    }
  });

  for (const body of [{ maxUses: 0 }, { maxUses: 1.5 }, { uses: 0 }, { role: "admin" }, { expiresAt: "soon" }]) {
    it(`refuses ${JSON.stringify(body)}`, async () => {
      const at = await place();
      refused(await at.call("PUT", "/invite-links/member", body), 400, "invalid_request");
      assert.deepEqual(items(await at.call("GET", "/invite-links")), []);
    });
  }

  it("of another tenant is not known here", async () => {
    const [at, other] = [await place(), await place()];
    const token = await linkOf(other);
    const moved = token.replace(other.tenantId.replaceAll("-", ""), at.tenantId.replaceAll("-", ""));
    refused(await comeWithAccount(at, moved, address()), 410, "invitation_expired");
    refused(await at.call("DELETE", "/invite-links/member"), 404, "not_found");
    assert.equal(items(await other.call("GET", "/invite-links")).length, 1);
  });

  it("that is regenerated while many come lets in by the old one before, and by the new one after", async () => {
    const at = await place();
    const old = await linkOf(at);
    const all = ["a", "b", "c"].map((local) => address(local));
    for (const email of all) await account(email);
    const [next, ...replies] = await Promise.all([linkOf(at), ...all.map((email) => come(at, old, email))]);
    assert.ok(replies.every(({ status }) => status === 200 || status === 410));
    const inside = replies.filter(({ status }) => status === 200).length;
    assert.equal((await at.call("GET", "/members?limit=200")).body.total, inside);
    assert.equal(await seatsUsed(at), inside);
    assert.equal((await comeWithAccount(at, next, address())).status, 200);
    assert.equal((await eventsOf(at, at.tenantId)).includes("invite_link.created"), false, "its target is the link");
  });
});
