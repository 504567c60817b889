/** Sign-up, proof of the mailbox, and joining by domain (rules 26 and 30). */
import assert from "node:assert/strict";
import { isRefusal } from "../../src/base/errors.ts";
import { askForReset } from "../../src/directory/accounts/passwordReset.ts";
import { accountMail } from "../../src/directory/accounts/accountMail.ts";
import { signUp } from "../../src/directory/domains/registrations.ts";
import type { Letter } from "../../src/mail/letter.ts";
import type { Database } from "../../src/storage/types.ts";
import { workUntil } from "../events/working.ts";
import { api, type ApiReply, ways } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { newSlug } from "../support/tenant.ts";
import { assertCounted } from "../directory/people.ts";
import { items, place, refused, statuses, told, type Place } from "./place.ts";

const PASSWORD = "a long enough password";
const name = { givenName: "Ana", familyName: "Berg" };

describe("registrations", () => {
  let db: Database;
  before(async () => {
    db = await testDatabase();
  });
  beforeEach(async () => {
    // All cases come from one address, whose sign-ups are counted.
    await db.pool.query("delete from attempt_limits");
  });

  const post = (path: string, body: unknown): Promise<ApiReply> => api(db).as(null).post(`/registrations${path}`, body);
  const newAddress = (domain = `${newSlug()}.example`, local = "ana"): string => `${local}@${domain}`;

  async function register(email: string, password = PASSWORD): Promise<ApiReply> {
    const reply = await post("", { email, password, name });
    assert.equal(reply.status, 202, reply.text);
    return reply;
  }

  /** Sends the mail that there is for these addresses, and answers it. */
  async function mailed(...to: string[]): Promise<Letter[]> {
    const letters: Letter[] = [];
    const send = (letter: Letter): Promise<void> => Promise.resolve(void letters.push(letter));
    const parts = { db, send, publicUrl: "https://usher.example", secretKeys: ways.secretKeys };
    const kinds = ["mail.registration", "mail.account"];
    const waiting = async (): Promise<number> =>
      (await db.pool.query("select from jobs where kind = any ($1) and state = 'pending'", [kinds])).rows.length;
    await workUntil(accountMail(parts), async () => (await waiting()) === 0);
    return letters.filter((letter) => to.includes(letter.to));
  }

  /** The token that was mailed to an address last. */
  async function tokenOf(email: string, subject = /./): Promise<string> {
    const letters = await mailed(email);
    assert.match(letters.at(-1)?.subject ?? "", subject);
    const [, token = ""] = /confirm\?token=(\S+)/.exec(letters.at(-1)?.text ?? "") ?? [];
    assert.notEqual(token, "", `no token for ${email}`);
    return token;
  }

  async function confirm(email: string): Promise<ApiReply> {
    await register(email);
    const reply = await post("/confirm", { token: await tokenOf(email) });
    assert.equal(reply.status, 201, reply.text);
    return reply;
  }

  const accounts = async (email: string): Promise<number> =>
    (await db.pool.query("select from accounts where email_key = $1", [email.toLowerCase()])).rows.length;

  describe("POST /registrations", () => {
    it("speaks to whoever signs up in the language that they said, before and after the proof", async () => {
      const email = newAddress();
      const wanted = { email, password: PASSWORD, name, language: "de" };
      assert.equal((await post("", wanted)).status, 202);
      const token = await tokenOf(email, /Bestätigen Sie Ihre Adresse|bestätigen/i);
      assert.equal((await post("/confirm", { token })).status, 201);
      await register(email);
      const [letter] = await mailed(email);
      assert.match(letter?.text ?? "", /Konto/);
      refused(await post("", { ...wanted, language: "xx" }), 400, "invalid_request");
    });

    it("T13: mails whose organisation requires single sign-on where to sign in, and no proof", async () => {
      const here = await place();
      const domain = `${here.slug}.com`;
      await here.call("POST", "/domains", { domain });
      await here.call("POST", `/domains/${domain}/verify`, { force: true });
      const settings = { signIn: { ssoRequired: "verifiedDomains" } };
      await db.pool.query("update tenants set settings = $2 where id = $1", [here.tenantId, settings]);
      const email = newAddress(domain);
      await register(email);
      const [letter] = await mailed(email);
      assert.match(letter?.text ?? "", new RegExp(`/sso/start\\?tenant=${here.slug}`));
      assert.doesNotMatch(letter?.text ?? "", /token/);
    });

    it("makes no account before the mailbox is proven, and mails the proof", async () => {
      const email = newAddress();
      const { body } = await register(email);
      assert.deepEqual(Object.keys(body).toSorted(), ["email", "expiresAt"]);
      assert.equal(await accounts(email), 0);
      const [letter] = await mailed(email);
      assert.match(letter?.subject ?? "", /confirm your address/);
      assert.doesNotMatch(letter?.text ?? "", /Ana/, "a stranger's text is mailed to nobody");
    });

    it("answers the same for an address that has an account, and mails its owner (T22)", async () => {
      const [email, free] = [newAddress(), newAddress()];
      await confirm(email);
      const [one, other] = [await register(email.toUpperCase()), await register(free)];
      const shape = ({ status, body }: ApiReply): unknown => [status, Object.keys(body)];
      assert.deepEqual(shape(one), shape(other));
      const [letter] = await mailed(one.body.email);
      assert.ok(letter === undefined, "it goes to the address of the account");
      assert.equal(await accounts(email), 1);
    });

    it("tells the owner of an account by mail, without a token", async () => {
      const email = newAddress();
      await confirm(email);
      await register(email, "the password of somebody else");
      const [letter] = await mailed(email);
      assert.match(letter?.subject ?? "", /you have an account already/);
      assert.doesNotMatch(letter?.text ?? "", /token=/);
    });

    const unfit: readonly (readonly [what: string, body: object])[] = [
      ["no address", { email: "ana", password: PASSWORD, name }],
      ["a short password", { email: "ana@acme.example", password: "short", name }],
      ["no name", { email: "ana@acme.example", password: PASSWORD }],
      ["a role that the body brings", { email: "ana@acme.example", password: PASSWORD, name, role: "admin" }],
      ["a proof that the body brings", { email: "ana@acme.example", password: PASSWORD, name, emailVerified: true }],
    ];
    for (const [what, body] of unfit) {
      it(`refuses ${what}`, async () => void refused(await post("", body), 400, "invalid_request"));
    }

    it("sends three mails an hour to one address, and answers the same when it sends no more", async () => {
      const email = newAddress();
      const replies = [];
      for (let i = 0; i < 5; i++) replies.push(await register(email));
      assert.deepEqual(statuses(replies), [202, 202, 202, 202, 202]);
      assert.equal((await mailed(email)).length, 3);
    });

    it("counts the sign-ups of one address of the network over all processes", async () => {
      const system = { actor: { type: "system" }, now: new Date() } as const;
      const one = (ip: string): Promise<unknown> =>
        signUp(db, system, { email: newAddress(), password: PASSWORD, name }, ip);
      await one("192.0.2.1");
      await db.pool.query("update attempt_limits set count = 30");
      await assert.rejects(one("192.0.2.1"), /Too many sign-ups/);
      await one("192.0.2.2");
    });
  });

  describe("POST /registrations/confirm", () => {
    it("makes the account, once", async () => {
      const email = newAddress();
      await register(email);
      const token = await tokenOf(email);
      const { status, body } = await post("/confirm", { token });
      assert.equal(status, 201);
      assert.deepEqual([body.account.email, body.account.name, body.workspaces], [email, name, []]);
      assert.equal(await accounts(email), 1);
      refused(await post("/confirm", { token }), 404, "not_found");
    });

    it("counts sign-ups and forgotten passwords of a whole line's IPv6 addresses together (RFC 6177 §2)", async () => {
      const system = { actor: { type: "system" }, now: new Date() } as const;
      const wanted = (): Parameters<typeof signUp>[2] => ({ email: newAddress(), password: PASSWORD, name });
      const ask = (ip: string): Promise<unknown> =>
        askForReset(db, system, { email: newAddress(), tenant: undefined }, ip);
      await signUp(db, system, wanted(), "2001:db8:1:2::1");
      await ask("2001:db8:1:2::1");
      await db.pool.query("update attempt_limits set count = 30");
      const limited = (error: unknown): boolean => isRefusal(error, "rate_limited");
      await assert.rejects(signUp(db, system, wanted(), "2001:db8:1:2:ffff::2"), limited);
      await assert.rejects(ask("2001:db8:1:2:ffff::2"), limited);
      await signUp(db, system, wanted(), "2001:db8:1:3::1");
      await ask("2001:db8:1:3::1");
    });

    it("ends the other sign-ups with the address: who signed up first with it gets nothing (T04)", async () => {
      const email = newAddress();
      await register(email, "the password of somebody else");
      const theirs = await tokenOf(email);
      await register(email);
      const token = await tokenOf(email);
      assert.equal((await post("/confirm", { token, password: PASSWORD })).status, 201);
      refused(await post("/confirm", { token: theirs }), 404, "not_found");
    });

    it("holds a password that is shown against the one that was chosen, ten times at most", async () => {
      const email = newAddress();
      await register(email, "the password of somebody else");
      const token = await tokenOf(email);
      refused(await post("/confirm", { token, password: PASSWORD }), 401, "unauthenticated");
      assert.equal(await accounts(email), 0);
      await db.pool.query("update attempt_limits set count = 10");
      refused(await post("/confirm", { token, password: "the password of somebody else" }), 429, "rate_limited");
    });

    it("refuses a token that is made up, changed, of another registration, or too old (T07)", async () => {
      const [email, other] = [newAddress(), newAddress()];
      await register(email);
      await register(other);
      const letters = await mailed(email, other);
      const [first = "", second = ""] = letters.map(({ text }) => /token=(\S+)/.exec(text)?.[1] ?? "");
      const [id] = first.split(".");
      const mac = second.split(".")[1];
      for (const token of ["x", `${id}`, `${id}.`, `${id}.${mac}`, `${first}x`, first.toUpperCase()]) {
        refused(await post("/confirm", { token }), 404, "not_found");
      }
      await db.pool.query("update registrations set expires_at = now() where id = $1", [id]);
      refused(await post("/confirm", { token: first }), 404, "not_found");
      assert.equal(await accounts(email), 0);
    });

    it("comes to one account and one member, however often it is sent at once", async () => {
      const here = await joinable();
      const email = newAddress(here.domain);
      await register(email);
      const token = await tokenOf(email);
      const replies = await Promise.all(Array.from({ length: 6 }, () => post("/confirm", { token })));
      for (const { status } of replies) assert.ok(status === 201 || status === 404, String(status));
      assert.ok(replies.some(({ status }) => status === 201));
      assert.equal(items(await here.call("GET", "/members")).length, 1);
    });
  });

  interface Joinable extends Place {
    readonly domain: string;
  }

  /** A tenant with a verified domain that people join by. */
  async function joinable(autoJoin: object = {}, options: Parameters<typeof place>[0] = {}): Promise<Joinable> {
    const here = await place(options);
    const domain = `${here.slug}.example`;
    assert.equal((await here.call("POST", "/domains", { domain })).status, 201);
    assert.equal((await here.call("POST", `/domains/${domain}/verify`, { force: true })).status, 200);
    const { status, text } = await here.call("PATCH", `/domains/${domain}`, {
      autoJoin: { enabled: true, ...autoJoin },
    });
    assert.equal(status, 200, text);
    return { ...here, domain };
  }

  const outcomes = ({ body }: ApiReply): unknown => body.workspaces.map((each: { outcome: string }) => each.outcome);

  describe("joining by domain", () => {
    it("makes a member of who proved a mailbox in the domain, with its role and a seat", async () => {
      const here = await joinable({ role: "member" }, { seatLimit: 5 });
      const email = newAddress(here.domain);
      const { body } = await confirm(email);
      const [workspace] = body.workspaces;
      assert.deepEqual([workspace.tenant.slug, workspace.outcome], [here.slug, "joined"]);
      assert.match(workspace.url, /\/sso\/start\?tenant=/);
      const [member] = items(await here.call("GET", "/members"));
      const { status, entrance, emailVerified, roles, seat } = member ?? {};
      assert.deepEqual([status, entrance, emailVerified, roles, seat], ["active", "domain", true, ["member"], "held"]);
      await assertCounted(here.tenantId);
    });

    it("puts them into the domain's team, for as long as there is that team (rule 30)", async () => {
      const here = await joinable();
      const { id } = (await here.call("POST", "/teams", { name: "Newcomers" })).body as { id: string };
      const set = (team: unknown) => here.call("PATCH", `/domains/${here.domain}`, { autoJoin: { team } });
      refused(await set("01900000-0000-7000-8000-000000000000"), 404, "not_found");
      assert.equal((await set(id)).body.autoJoin.team, id);
      await confirm(newAddress(here.domain));
      assert.deepEqual(told(items(await here.call("GET", "/members"))[0], "teams"), [{ id, name: "Newcomers" }]);
      await here.call("DELETE", `/teams/${id}`);
      assert.equal(told(items(await here.call("GET", "/domains"))[0], "autoJoin")["team"], null);
      assert.deepEqual(outcomes(await confirm(newAddress(here.domain, "bo"))), ["joined"]);
    });

    it("lets them sign in with the account's password", async () => {
      const here = await joinable();
      const email = newAddress(here.domain);
      await confirm(email);
      const at = api(db).as(null);
      const signedIn = await at.post("/session", { email, password: PASSWORD, tenant: here.slug });
      assert.equal(signedIn.status, 201, signedIn.text);
      assert.equal(signedIn.body.mustChangePassword, false);
      refused(
        await at.post("/session", { email, password: "another password", tenant: here.slug }),
        401,
        "unauthenticated",
      );
    });

    it("does not happen before the mailbox is proven (T04)", async () => {
      const here = await joinable();
      await register(newAddress(here.domain));
      assert.deepEqual(items(await here.call("GET", "/members")), []);
    });

    it("wants the exact domain", async () => {
      const here = await joinable();
      assert.deepEqual(outcomes(await confirm(newAddress(`eu.${here.domain}`))), []);
      assert.deepEqual(outcomes(await confirm(newAddress(`not${here.domain}`))), []);
    });

    it("takes the domain in each of its forms (RFC 5890 §2.3.2)", async () => {
      const here = await joinable();
      const label = `m\u00fcnchen-${here.slug}`;
      const domain = `${label}.example`;
      const path = `/domains/${encodeURIComponent(domain)}`;
      await here.call("POST", "/domains", { domain });
      await here.call("POST", `${path}/verify`, { force: true });
      await here.call("PATCH", path, { autoJoin: { enabled: true } });
      const { email } = (await register(`ana@${domain.toUpperCase()}`)).body;
      assert.match(email, /^ana@xn--/);
      assert.deepEqual(outcomes(await post("/confirm", { token: await tokenOf(email) })), ["joined"]);
    });

    const shut: readonly (readonly [what: string, close: (here: Joinable) => Promise<unknown>])[] = [
      ["is switched off", (here) => here.call("PATCH", `/domains/${here.domain}`, { autoJoin: { enabled: false } })],
      ["was given up", (here) => here.call("DELETE", `/domains/${here.domain}`)],
      [
        "has lapsed (rule 30)",
        (here) => db.pool.query("update domains set status = 'lapsed' where tenant_id = $1", [here.tenantId]),
      ],
      ["is of a tenant that was deleted", (here) => here.call("DELETE", "")],
    ];
    for (const [what, close] of shut) {
      it(`makes nobody a member where the domain ${what}`, async () => {
        const here = await joinable();
        await close(here);
        assert.deepEqual(outcomes(await confirm(newAddress(here.domain))), []);
        const { rows } = await db.pool.query("select from members where tenant_id = $1", [here.tenantId]);
        assert.equal(rows.length, 0);
      });
    }

    it("goes through the connection of a tenant that has one", async () => {
      const here = await joinable();
      const made = await here.call("POST", "/connections", { protocol: "saml", name: "Okta" });
      await db.pool.query("update connections set status = 'enabled' where id = $1", [made.body.id]);
      assert.deepEqual(outcomes(await confirm(newAddress(here.domain))), ["connection"]);
      assert.deepEqual(items(await here.call("GET", "/members")), []);
    });

    it("does not bring back who was removed (rule 22)", async () => {
      const here = await joinable();
      const email = newAddress(here.domain);
      const member = await here.add(email);
      assert.equal((await here.call("DELETE", `/members/${String(member["id"])}`)).status, 204);
      assert.deepEqual(outcomes(await confirm(email)), []);
      assert.deepEqual(items(await here.call("GET", "/members")), []);
    });

    it("attaches nobody to a member who has the address (rule 26, T05)", async () => {
      const here = await joinable();
      const email = newAddress(here.domain);
      await here.add(email, { password: "the password of the member" });
      assert.deepEqual(outcomes(await confirm(email)), ["signIn"]);
      const at = api(db).as(null);
      refused(await at.post("/session", { email, password: PASSWORD, tenant: here.slug }), 401, "unauthenticated");
    });

    const full = { refuse: "full", downgrade: "joined", waitlist: "joined" } as const;
    for (const [policy, outcome] of Object.entries(full)) {
      it(`follows the policy of the entrance domain where no seat is left: ${policy}`, async () => {
        const settings = { seats: { whenFull: { domain: policy as keyof typeof full } } };
        const here = await joinable({ role: "member" }, { seatLimit: 0, settings });
        assert.deepEqual(outcomes(await confirm(newAddress(here.domain))), [outcome]);
        const seats = items(await here.call("GET", "/members")).map(({ seat }) => seat);
        assert.deepEqual(seats, policy === "refuse" ? [] : [policy === "waitlist" ? "waiting" : "none"]);
        await assertCounted(here.tenantId);
      });
    }

    it("is switched on by a tenant's own admin only where the plan includes it", async () => {
      const here = await joinable({ enabled: false }, { plan: "business" });
      const call = await here.as("domains:edit");
      const path = `/domains/${here.domain}`;
      refused(await call("PATCH", path, { autoJoin: { enabled: true } }), 403, "forbidden");
      await here.call("PATCH", "", { plan: "enterprise" });
      assert.equal((await call("PATCH", path, { autoJoin: { enabled: true } })).status, 200);
    });
  });

  describe("join requests", () => {
    async function requested(
      autoJoin: object = { approval: true },
      options: Parameters<typeof place>[0] = {},
      local = "ana",
    ) {
      const here = await joinable(autoJoin, options);
      const email = newAddress(here.domain, local);
      assert.deepEqual(outcomes(await confirm(email)), ["requested"]);
      const [request] = items(await here.call("GET", "/join-requests?status=pending"));
      return { here, email, id: String(request?.["id"]), request };
    }

    it("are made where the domain wants an admin's yes, and seat nobody meanwhile", async () => {
      const { here, email, request } = await requested();
      const { email: address, reason, status, memberId } = request ?? {};
      assert.deepEqual([address, reason, status, memberId], [email, "approval", "pending", null]);
      assert.deepEqual(items(await here.call("GET", "/members")), []);
      const [event] = items(await here.call("GET", "/events?type=join_request.created"));
      assert.deepEqual(told(event, "data"), { domain: here.domain, reason: "approval" });
    });

    it("are made for a plus-tag and for a role's mailbox even where the domain lets everybody in", async () => {
      assert.equal((await requested({}, {}, "ana+x")).request?.["reason"], "plusTag");
      assert.equal((await requested({}, {}, "support")).request?.["reason"], "roleMailbox");
    });

    it("make a member when an admin approves, with the domain's role, and tell them by mail", async () => {
      const { here, email, id } = await requested({ approval: true, role: "viewer" });
      const call = await here.as("*");
      const { status, body, text } = await call("POST", `/join-requests/${id}/approve`);
      assert.equal(status, 200, text);
      const [member] = items(await here.call("GET", "/members"));
      assert.deepEqual([body.status, body.memberId], ["approved", member?.["id"]]);
      assert.deepEqual([member?.["entrance"], member?.["roles"]], ["domain", ["viewer"]]);
      const [letter] = await mailed(email);
      assert.match(letter?.subject ?? "", /you are in/);
      refused(await call("POST", `/join-requests/${id}/approve`), 409, "conflict");
      refused(await call("POST", `/join-requests/${id}/decline`), 409, "conflict");
    });

    it("end when an admin declines; the admin may think again", async () => {
      const { here, email, id } = await requested();
      assert.equal((await here.call("POST", `/join-requests/${id}/decline`)).body.status, "declined");
      assert.match((await mailed(email))[0]?.subject ?? "", /not let in/);
      assert.equal((await here.call("POST", `/join-requests/${id}/decline`)).status, 200);
      assert.deepEqual(items(await here.call("GET", "/members")), []);
      assert.deepEqual(items(await here.call("GET", "/join-requests?status=pending")), []);
      assert.equal((await here.call("POST", `/join-requests/${id}/approve`)).status, 200);
    });

    it("are approved once, by two admins at once", async () => {
      const { here, id } = await requested();
      const replies = await Promise.all([1, 2, 3].map(() => here.call("POST", `/join-requests/${id}/approve`)));
      assert.deepEqual(statuses(replies), [200, 409, 409]);
      assert.equal(items(await here.call("GET", "/members")).length, 1);
    });

    it("stay as they are where there is no seat, or a member has the address by now", async () => {
      const settings = { seats: { whenFull: { domain: "refuse" } } } as const;
      const { here, email, id } = await requested({ approval: true, role: "member" }, { seatLimit: 0, settings });
      refused(await here.call("POST", `/join-requests/${id}/approve`), 409, "seat_limit_reached");
      await here.call("PATCH", "", { seatLimit: 5 });
      await here.add(email);
      refused(await here.call("POST", `/join-requests/${id}/approve`), 409, "email_exists");
      assert.equal(items(await here.call("GET", "/join-requests?status=pending")).length, 1);
    });

    it("are not approved into a role with more permissions than the admin has (rule 16)", async () => {
      const { here, id } = await requested({ approval: true, role: "admin" });
      const call = await here.as("members:create");
      refused(await call("POST", `/join-requests/${id}/approve`), 403, "forbidden");
      assert.deepEqual(items(await here.call("GET", "/members")), []);
    });

    it("of another tenant are not found, and need members:create", async () => {
      const [{ id }, other] = [await requested(), await place()];
      for (const verb of ["approve", "decline"]) {
        refused(await other.call("POST", `/join-requests/${id}/${verb}`), 404, "not_found");
        const call = await other.as("members:view");
        refused(await call("POST", `/join-requests/${id}/${verb}`), 403, "forbidden");
      }
      assert.deepEqual(items(await other.call("GET", "/join-requests")), []);
    });

    it("are mailed to the admins, once an hour at most", async () => {
      const here = await joinable({ approval: true });
      await here.add(newAddress(here.domain, "boss"), { roles: ["admin"] });
      for (const local of ["ana", "ben", "cem"]) await confirm(newAddress(here.domain, local));
      const sql = "select payload from jobs where tenant_id = $1 and kind = 'mail.send'";
      const { rows } = await db.pool.query(sql, [here.tenantId]);
      const messages = (rows as { payload: { message: string; values: unknown } }[]).map(({ payload }) => payload);
      assert.deepEqual(
        messages.map(({ message, values }) => [message, values]),
        [["joinRequested", { domain: here.domain, waiting: 1 }]],
      );
    });
  });
});
