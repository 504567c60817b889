/** Invitations by address over the API: outcomes, forecast, quota, sending again, revoking. */
import assert from "node:assert/strict";
import { api, type ApiReply } from "../support/api.ts";
import { newSlug } from "../support/tenant.ts";
import {
  accept,
  eventsOf,
  expire,
  invite,
  invited,
  mailed,
  mailedToken,
  memberOf,
  PASSWORD,
  requireSso,
  type Row,
  seatsUsed,
  statusesOf,
  tokenIn,
} from "./invitees.ts";
import { items, place, type Place, refused, told } from "./place.ts";

/** An address that no other case has. */
const address = (local = "ana"): string => `${local}@${newSlug()}.example`;

async function jobsOf({ db, tenantId }: Place, kind: string): Promise<Row[]> {
  return (await db.pool.query("select payload, run_at from jobs where tenant_id = $1 and kind = $2", [tenantId, kind]))
    .rows;
}

describe("an invitation", () => {
  it("makes a member with the status invited, and mails a link that lives for 7 days (S1.9, S1.21, S2.5)", async () => {
    const at = await place();
    const email = address();
    const [row] = await invite(at, email, { roles: ["admin"] });
    const { invitation, memberId, ...rest } = row as Row & { invitation: Row };
    const outcome = {
      email,
      status: "invited",
      code: null,
      detail: null,
      seat: "free",
      link: null,
      temporaryPassword: null,
    };
    assert.deepEqual(rest, outcome);
    const days = (Date.parse(String(invitation["expiresAt"])) - Date.parse(String(invitation["sentAt"]))) / 86_400_000;
    const { status, roles, sendEmail, invitedBy, entrance, id } = invitation;
    const expected = ["pending", ["admin"], true, "operator", "invitation", memberId];
    assert.deepEqual([status, roles, sendEmail, invitedBy, entrance, id], expected);
    assert.equal(days, 7);
    const member = await memberOf(at, String(memberId));
    assert.deepEqual([member["status"], member["emailVerified"], member["seat"]], ["invited", false, "none"]);
    const [job] = await jobsOf(at, "mail.invitation");
    assert.deepEqual(job?.["payload"], { memberId, serial: 1 });
    assert.deepEqual(await eventsOf(at, String(memberId)), ["member.created", "invitation.created"]);
  });

  it("lives as long as the tenant's settings say", async () => {
    const at = await place({ settings: { invitations: { ttlDays: 2 } } });
    const [row] = await invite(at, address());
    const { sentAt, expiresAt } = told(row, "invitation");
    assert.equal(Date.parse(String(expiresAt)) - Date.parse(String(sentAt)), 2 * 86_400_000);
  });

  it("without mail shows its link to the inviter, once, and mails nothing (S3.16, S4.6)", async () => {
    const at = await place();
    const { id, token } = await invited(at, address());
    assert.deepEqual(await jobsOf(at, "mail.invitation"), []);
    const listed = await at.call("GET", "/invitations");
    assert.doesNotMatch(listed.text, new RegExp(token.slice(-20)));
    const { rows } = await at.db.pool.query("select * from invitations where member_id = $1", [id]);
    assert.doesNotMatch(JSON.stringify(rows), new RegExp(token.slice(-20)), "only a hash is stored");
  });

  it("brings roles, templates, a team, a name and a job title along (S1.12, S1.20, S2.3, S4.3)", async () => {
    const at = await place();
    const slug = { slug: "crm", name: "CRM", permissions: ["contact:edit"] };
    assert.equal((await at.call("POST", "/role-templates", slug)).status, 201);
    assert.equal((await at.call("POST", "/teams", { name: "Support" })).status, 201);
    const name = { givenName: "Ana", familyName: "Berg" };
    const more = { roles: ["viewer", "crm"], team: "support", name, jobTitle: "Agent" };
    const { id, token } = await invited(at, address(), more);
    assert.equal((await accept(at, token)).status, 200);
    const member = await memberOf(at, id);
    assert.deepEqual(member["roles"], ["viewer", "crm"]);
    assert.deepEqual([member["displayName"], member["jobTitle"]], ["Ana Berg", "Agent"]);
    assert.deepEqual(
      (member["teams"] as Row[]).map((team) => team["name"]),
      ["Support"],
    );
  });

  it("tells of each of many addresses what became of it (S0.12, S0.25, S3.16)", async () => {
    const at = await place();
    const [pending, here, off] = [address("pending"), address("here"), address("off")];
    await invite(at, pending);
    await at.add(here);
    const { id } = await at.add(off);
    await at.call("PATCH", `/members/${String(id)}`, { hold: true });
    const fresh = address("fresh");
    const rows = await invite(at, [fresh, pending, here, off, "no address", fresh.toUpperCase()]);
    assert.deepEqual(
      rows.map(({ status, code }) => [status, code]),
      [
        ["invited", null],
        ["alreadyInvited", "email_exists"],
        ["alreadyMember", "email_exists"],
        ["alreadyMember", "email_exists"],
        ["refused", "invalid_request"],
        ["refused", "invalid_request"],
      ],
    );
    for (const row of rows.slice(1)) assert.match(String(row["detail"]), /\S/);
    assert.match(String(rows[3]?.["detail"]), /suspended/);
    assert.equal((await at.call("GET", "/members?limit=200")).body.total, 4, "nobody is there twice");
  });

  for (const [what, first, second] of [
    ["another case", "Ana.Berg@{}.Example", "ana.berg@{}.example"],
    ["full-width letters", "ana@{}.example", "ａｎａ@{}.example"],
    ["the domain in Unicode", "ana@xn--bcher-{}.example", "ANA@xn--BCHER-{}.example"],
    ["a composed letter", "jos\u00e9@{}.example", "jose\u0301@{}.example"],
  ] as const) {
    it(`finds the same person by ${what}`, async () => {
      const at = await place();
      const slug = what.includes("Unicode") ? "kva" : newSlug();
      const [made] = await invite(at, first.replace("{}", slug));
      const [again] = await invite(at, second.replace("{}", slug));
      assert.deepEqual([made?.["status"], again?.["status"]], ["invited", "alreadyInvited"]);
      assert.equal(made?.["memberId"], again?.["memberId"]);
    });
  }

  it("brings back who was removed, as a new member (rule 22)", async () => {
    const at = await place();
    const email = address();
    const { id } = await at.add(email);
    await at.add(address("other"), { roles: ["admin"] });
    assert.equal((await at.call("DELETE", `/members/${String(id)}`)).status, 204);
    const again = await invited(at, email);
    assert.notEqual(again.id, id);
    assert.equal((await accept(at, again.token)).status, 200);
  });

  it("is gone with the member whom it is for (S1.30, S1.32)", async () => {
    const at = await place({ seatLimit: 1, settings: { seats: { countedStatuses: ["invited", "active"] } } });
    const { id, token } = await invited(at, address());
    assert.equal(await seatsUsed(at), 1);
    assert.equal((await at.call("DELETE", `/members/${id}`)).status, 204);
    assert.equal(await seatsUsed(at), 0);
    assert.deepEqual(await statusesOf(at), {});
    refused(await accept(at, token), 410, "invitation_expired");
  });

  it("of several who are one person's name or job title is refused", async () => {
    const at = await place();
    for (const more of [{ name: { givenName: "Ana" } }, { jobTitle: "Agent" }]) {
      const reply = await at.call("POST", "/invitations", { emails: [address("a"), address("b")], ...more });
      refused(reply, 400, "invalid_request");
    }
    assert.deepEqual(await statusesOf(at), {});
  });

  const bodies: readonly (readonly [what: string, body: unknown])[] = [
    ["nothing", {}],
    ["no addresses", { emails: [] }],
    ["a hundred and one addresses", { emails: Array.from({ length: 101 }, (_, i) => `a${i}@acme.example`) }],
    ["a status", { emails: ["ana@acme.example"], status: "active" }],
    ["a tenant", { emails: ["ana@acme.example"], tenantId: "0198c7a4-2f10-7c3e-9d41-5b8f6e2a1c07" }],
    ["an expiry", { emails: ["ana@acme.example"], expiresAt: "2030-01-01T00:00:00Z" }],
    ["a password", { emails: ["ana@acme.example"], password: PASSWORD }],
    ["a role that is no text", { emails: ["ana@acme.example"], roles: [{}] }],
  ];
  for (const [what, body] of bodies) {
    it(`is refused with ${what} in the body`, async () => {
      const at = await place();
      refused(await at.call("POST", "/invitations", body), 400, "invalid_request");
      assert.deepEqual(await statusesOf(at), {});
    });
  }

  it("names no role that there is not, and no team", async () => {
    const at = await place();
    const wrong = { emails: [address()], roles: ["king"] };
    refused(await at.call("POST", "/invitations", wrong), 400, "invalid_request");
    refused(await at.call("POST", "/invitations", { emails: [address()], team: "nobody's" }), 404, "not_found");
    assert.deepEqual(await statusesOf(at), {});
  });

  it("needs the permission to invite, and all that it gives (rule 16, S0.6)", async () => {
    const at = await place();
    const emails = [address()];
    refused(await (await at.as("members:manage"))("POST", "/invitations", { emails }), 403, "forbidden");
    const inviter = await at.as("invitations:create", "contact:view");
    refused(await inviter("POST", "/invitations", { emails, roles: ["admin"] }), 403, "forbidden");
    refused(await inviter("POST", "/invitations", { emails, team: "Support" }), 403, "forbidden");
    assert.deepEqual(await statusesOf(at), {});
    assert.equal((await inviter("POST", "/invitations", { emails, roles: ["member"] })).status, 201);
  });

  it("is told of by a dry run, which writes nothing and shows no link", async () => {
    const at = await place({ seatLimit: 1 });
    const body = { emails: [address("a"), address("b"), "no address"], sendEmail: false };
    const { status, body: dry } = await at.call("POST", "/invitations?dryRun=true", body);
    assert.equal(status, 200);
    const rows = dry.results as Row[];
    assert.deepEqual(
      rows.map((row) => row["status"]),
      ["invited", "invited", "refused"],
    );
    assert.deepEqual(
      rows.map((row) => row["seat"]),
      ["free", "refused", null],
    );
    assert.ok(rows.every((row) => row["link"] === null && row["invitation"] === null && row["memberId"] === null));
    assert.deepEqual(await statusesOf(at), {});
    assert.deepEqual(await jobsOf(at, "invitations.expire"), []);
  });
});

describe("the seats of invitations (rule 9)", () => {
  const counted = { seats: { countedStatuses: ["invited", "active"] } } as const;

  it("are forecast at creation where invited people are not counted, and nothing is taken (S3.9)", async () => {
    const at = await place({ seatLimit: 2 });
    const rows = await invite(at, [address("a"), address("b"), address("c")]);
    assert.deepEqual(
      rows.map(({ seat }) => seat),
      ["free", "free", "refused"],
    );
    const [viewer] = await invite(at, address("v"), { roles: ["viewer"] });
    assert.equal(viewer?.["seat"], "none");
    assert.equal(await seatsUsed(at), 0);
  });

  it("are forecast by what the settings do when all are taken", async () => {
    for (const [whenFull, seat] of [
      ["downgrade", "downgraded"],
      ["waitlist", "waiting"],
    ] as const) {
      const at = await place({ seatLimit: 0, settings: { seats: { whenFull: { invitation: whenFull } } } });
      const [row] = await invite(at, address());
      assert.equal(row?.["seat"], seat);
    }
  });

  it("are taken at creation where they are counted, and past the limit an address is refused (S1.19, S1.23, S1.33)", async () => {
    const at = await place({ seatLimit: 2, settings: counted });
    const rows = await invite(at, [address("a"), address("b"), address("c"), address("d")]);
    assert.deepEqual(
      rows.map(({ status, seat, code }) => [status, seat, code]),
      [
        ["invited", "held", null],
        ["invited", "held", null],
        ["refused", "refused", "seat_limit_reached"],
        ["refused", "refused", "seat_limit_reached"],
      ],
    );
    assert.equal(await seatsUsed(at), 2);
    const viewer = await invite(at, address("v"), { roles: ["viewer"] });
    assert.equal(viewer[0]?.["status"], "invited");
  });

  it("stay with who accepts", async () => {
    const at = await place({ seatLimit: 1, settings: counted });
    const { id, token } = await invited(at, address());
    assert.equal((await accept(at, token)).status, 200);
    const { status, seat } = await memberOf(at, id);
    assert.deepEqual([status, seat, await seatsUsed(at)], ["active", "held", 1]);
  });

  it("are free again when it expires or is revoked, go to who waits, and are taken again by sending it again", async () => {
    const settings = { seats: { ...counted.seats, whenFull: { admin: "waitlist" } } } as const;
    const at = await place({ seatLimit: 1, settings });
    const first = await invited(at, address("first"));
    const waiting = await at.add(address("waiting"));
    assert.equal(waiting["seat"], "waiting");
    assert.equal((await at.call("DELETE", `/invitations/${first.id}`)).status, 204);
    assert.equal((await memberOf(at, String(waiting["id"])))["seat"], "held");
    assert.equal((await memberOf(at, first.id))["seat"], "none");
    refused(await at.call("POST", `/invitations/${first.id}/resend`), 409, "seat_limit_reached");
    assert.equal((await statusesOf(at))[String((await memberOf(at, first.id))["email"])], "revoked");
    await at.call("DELETE", `/members/${String(waiting["id"])}`);
    assert.equal((await at.call("POST", `/invitations/${first.id}/resend`)).status, 200);
    assert.deepEqual([(await memberOf(at, first.id))["seat"], await seatsUsed(at)], ["held", 1]);
    await expire(at, 8);
    assert.deepEqual([(await memberOf(at, first.id))["seat"], await seatsUsed(at)], ["none", 0]);
  });
});

describe("an invitation that expires", () => {
  it("opens nothing any more, is told of once, and leaves the others alone (S2.5)", async () => {
    const at = await place();
    const [email, later] = [address(), address("later")];
    const { id, token } = await invited(at, email);
    await at.call("PATCH", "", { settings: { invitations: { ttlDays: 30 } } });
    await invited(at, later);
    await expire(at, 8);
    await expire(at, 8);
    assert.deepEqual(await statusesOf(at), { [email]: "expired", [later]: "pending" });
    assert.deepEqual((await eventsOf(at, id)).filter((type) => type === "invitation.expired").length, 1);
    refused(await accept(at, token), 410, "invitation_expired");
    assert.equal((await memberOf(at, id))["status"], "invited");
  });

  it("is shown as expired before the job has come round, and opens nothing", async () => {
    const at = await place();
    const { id, token } = await invited(at, address());
    await at.db.pool.query("update invitations set expires_at = now() - interval '1 second' where member_id = $1", [
      id,
    ]);
    assert.deepEqual(Object.values(await statusesOf(at)), ["expired"]);
    refused(await accept(at, token), 410, "invitation_expired");
    const explained = await at.call("GET", `/members/${id}/explanation`);
    assert.equal(explained.status, 200);
  });

  it("is made anew by inviting the address again: the same row (S1.29)", async () => {
    const at = await place();
    const email = address();
    const { id } = await invited(at, email, { roles: ["admin"] });
    await expire(at, 8);
    const [again] = await invite(at, email, { roles: ["viewer"], sendEmail: false });
    assert.deepEqual([again?.["status"], again?.["memberId"]], ["invited", id]);
    assert.equal((await accept(at, tokenIn(again?.["link"]))).status, 200);
    assert.deepEqual((await memberOf(at, id))["roles"], ["viewer"], "and what it gave before is gone");
  });
});

describe("inviting an address anew", () => {
  it("with no role gives what the settings give newcomers, whatever it gave before (rule 8)", async () => {
    const at = await place();
    const email = address();
    const { id } = await invited(at, email, { roles: ["admin"] });
    await expire(at, 8);
    const [again] = await invite(at, email, { sendEmail: false });
    assert.equal(again?.["memberId"], id);
    assert.equal((await accept(at, tokenIn(again?.["link"]))).status, 200);
    const member = await memberOf(at, id);
    assert.deepEqual([member["roles"], member["seat"]], [["member"], "held"]);
  });
});

describe("sending an invitation again", () => {
  it("gives a new token to the same row, and the old one is dead at once (S1.29, S2.5)", async () => {
    const at = await place();
    const email = address();
    const { id, token } = await mailed(at, email);
    const reply = await at.call("POST", `/invitations/${id}/resend`);
    assert.deepEqual([reply.status, reply.body.link, reply.body.invitation.id], [200, null, id]);
    refused(await accept(at, token), 410, "invitation_expired");
    assert.deepEqual(
      (await jobsOf(at, "mail.invitation")).map(({ payload }) => (payload as Row)["serial"]),
      [1, 2],
    );
    assert.equal((await accept(at, mailedToken(at, id, email, 2))).status, 200);
    assert.equal((await at.call("GET", "/members?limit=200")).body.total, 1);
    const events = [
      "member.created",
      "invitation.created",
      "invitation.resent",
      "member.updated",
      "invitation.accepted",
    ];
    assert.deepEqual(
      (await eventsOf(at, id)).filter((type) => events.includes(type)),
      events,
    );
  });

  it("gives an expired one its full time again, by mail or not", async () => {
    const at = await place();
    const { id } = await mailed(at, address());
    await expire(at, 8);
    const reply = await at.call("POST", `/invitations/${id}/resend?sendEmail=false`);
    assert.equal(reply.body.invitation.status, "pending");
    assert.ok(Date.parse(reply.body.invitation.expiresAt) > Date.now() + 6 * 86_400_000);
    assert.equal((await accept(at, tokenIn(reply.body.link))).status, 200);
  });

  it("is refused for who has joined, and by who could not give what it gives (rule 16)", async () => {
    const at = await place();
    const { id } = await invited(at, address("boss"), { roles: ["admin"] });
    const inviter = await at.as("invitations:manage", "contact:view");
    refused(await inviter("POST", `/invitations/${id}/resend`), 403, "forbidden");
    const { id: joined, token } = await invited(at, address());
    await accept(at, token);
    refused(await at.call("POST", `/invitations/${joined}/resend`), 409, "conflict");
    refused(await at.call("DELETE", `/invitations/${joined}`), 409, "conflict");
  });

  it("is refused for who is suspended, whose link would open nothing, until they are released", async () => {
    const at = await place();
    const email = address();
    const { id } = await invited(at, email);
    await at.call("PATCH", `/members/${id}`, { hold: true });
    const { detail } = refused(await at.call("POST", `/invitations/${id}/resend`), 409, "conflict");
    assert.match(String(detail), /release the member first/);
    await at.call("DELETE", `/invitations/${id}`);
    const [row] = await invite(at, email, { sendEmail: false });
    assert.deepEqual([row?.["status"], row?.["code"]], ["refused", "conflict"]);
    await at.call("PATCH", `/members/${id}`, { hold: false });
    assert.equal((await at.call("POST", `/invitations/${id}/resend`)).status, 200);
  });

  it("is no way to flood a mailbox", async () => {
    const at = await place();
    const { id } = await mailed(at, address());
    const replies: ApiReply[] = [];
    for (let i = 0; i < 6; i++) replies.push(await at.call("POST", `/invitations/${id}/resend`));
    assert.deepEqual(
      replies.map(({ status }) => status),
      [200, 200, 200, 200, 200, 429],
    );
  });

  it("and revoking are not found for another tenant's, and need their permission", async () => {
    const [at, other] = [await place(), await place()];
    const { id, token } = await invited(other, address());
    for (const [method, path] of [
      ["POST", `/invitations/${id}/resend`],
      ["DELETE", `/invitations/${id}`],
    ] as const) {
      refused(await at.call(method, path), 404, "not_found");
      refused(await (await other.as("invitations:view"))(method, path), 403, "forbidden");
    }
    assert.equal((await accept(other, token)).status, 200, "and nothing has happened");
  });
});

describe("revoking an invitation", () => {
  it("kills the token at once, and a second time changes nothing (S1.4)", async () => {
    const at = await place();
    const { id, token } = await invited(at, address());
    assert.equal((await at.call("DELETE", `/invitations/${id}`)).status, 204);
    assert.equal((await at.call("DELETE", `/invitations/${id}`)).status, 204);
    refused(await accept(at, token), 410, "invitation_expired");
    assert.equal((await eventsOf(at, id)).filter((type) => type === "invitation.revoked").length, 1);
    assert.deepEqual(
      items(await at.call("GET", "/invitations?status=revoked")).map((each) => each["id"]),
      [id],
    );
    assert.deepEqual(items(await at.call("GET", "/invitations?status=pending")), []);
  });
});

describe("the quota of invitations (S3.19, S3.20)", () => {
  const daily = (max: number) => ({ settings: { invitations: { quota: { kind: "daily", max } } } }) as const;

  it("past it nobody is invited, and the refusal says how many are left", async () => {
    const at = await place(daily(3));
    await invite(at, [address("a"), address("b")]);
    const reply = await at.call("POST", "/invitations", { emails: [address("c"), address("d")] });
    const problem = refused(reply, 429, "invitation_quota_exceeded");
    assert.deepEqual([problem["remaining"], problem["max"], problem["kind"]], [1, 3, "daily"]);
    assert.ok(Number(reply.headers["retry-after"]) > 0);
    assert.equal(Object.keys(await statusesOf(at)).length, 2);
    const { body } = await at.call("POST", "/invitations", { emails: [address("c")] });
    assert.equal(body.quota.remaining, 0);
    assert.equal((await at.call("GET", "/invitations/quota")).body.remaining, 0);
  });

  it("of a day begins anew on the next one, and a total one never does", async () => {
    for (const [kind, status] of [
      ["daily", 201],
      ["total", 429],
    ] as const) {
      const at = await place({ settings: { invitations: { quota: { kind, max: 1 } } } });
      await invite(at, address("a"));
      await at.db.pool.query("update invitation_counts set day = day - interval '1 day' where tenant_id = $1", [
        at.tenantId,
      ]);
      assert.equal((await at.call("POST", "/invitations", { emails: [address("b")] })).status, status);
    }
  });

  it("is the plan's where the tenant has none of its own", async () => {
    const at = await place({ plan: "trial" });
    const { body } = await at.call("GET", "/invitations/quota");
    assert.deepEqual([body.kind, body.max, body.remaining], ["total", 20, 20]);
    assert.equal((await (await place({ plan: "enterprise" })).call("GET", "/invitations/quota")).body.kind, "none");
  });

  it("counts neither who is refused, nor sending again, nor links; and removing gives none back", async () => {
    const at = await place(daily(2));
    const email = address();
    const { id } = await mailed(at, email);
    await invite(at, [email, "no address"]);
    await at.call("POST", `/invitations/${id}/resend`);
    assert.equal((await at.call("PUT", "/invite-links/member", {})).status, 200);
    assert.equal((await at.call("GET", "/invitations/quota")).body.remaining, 1);
    await at.call("DELETE", `/members/${id}`);
    assert.equal((await at.call("GET", "/invitations/quota")).body.remaining, 1);
  });

  it("holds against many at once", async () => {
    const at = await place(daily(3));
    const asked = Array.from({ length: 6 }, (_, i) => at.call("POST", "/invitations", { emails: [address(`a${i}`)] }));
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 201).length, 3);
    assert.equal(statuses.filter((status) => status === 429).length, 3);
  });
});

describe("inviting by temporary password (S0.7, S0.10, S0.11)", () => {
  const settings = { invitations: { credential: "temporaryPassword" } } as const;
  const signIn = (at: Place, email: string, password: string) =>
    api(at.db).as(null).post("/session", { email, password, tenant: at.slug });

  it("makes a member at once, who takes a seat and signs in with the password that the inviter hands over (S0.8, S0.23)", async () => {
    const at = await place({ seatLimit: 1, settings });
    const email = address();
    const [row] = await invite(at, email, { roles: ["member"] });
    assert.deepEqual(
      [row?.["status"], row?.["seat"], row?.["link"], row?.["invitation"]],
      ["created", "held", null, null],
    );
    assert.equal(await seatsUsed(at), 1);
    const signed = await signIn(at, email, String(row?.["temporaryPassword"]));
    assert.equal(signed.status, 201, signed.text);
    assert.equal(signed.body.mustChangePassword, true);
    assert.deepEqual(
      (await jobsOf(at, "mail.welcome")).map(({ payload }) => payload),
      [{ memberId: row?.["memberId"] }],
    );
    assert.deepEqual(items(await at.call("GET", "/invitations")), [], "and nothing is pending");
  });

  it("is refused at the limit with the count and what to do (S0.20, S0.24)", async () => {
    const at = await place({ seatLimit: 0, settings });
    const [row] = await invite(at, address());
    assert.deepEqual([row?.["status"], row?.["code"]], ["refused", "seat_limit_reached"]);
    assert.match(String(row?.["detail"]), /User seat limit reached: 0 of 0 seats used/);
  });

  it("lets in who was invited by a link before, once that is revoked", async () => {
    const at = await place();
    const email = address();
    const { id, token } = await invited(at, email);
    await at.call("DELETE", `/invitations/${id}`);
    await at.call("PATCH", "", { settings });
    const [row] = await invite(at, email, { sendEmail: false });
    assert.deepEqual([row?.["status"], row?.["memberId"]], ["created", id]);
    assert.equal((await signIn(at, email, String(row?.["temporaryPassword"]))).status, 201);
    refused(await accept(at, token), 410, "invitation_expired");
  });

  it("lets nobody in, by a password of the inviter's, to whom others gave more (rule 16)", async () => {
    const at = await place();
    const email = address();
    const { id } = await invited(at, email);
    await at.call("PATCH", `/members/${id}/grants`, { permissions: ["seats:view"] });
    await at.call("DELETE", `/invitations/${id}`);
    await at.call("PATCH", "", { settings });
    const hr = await at.as("invitations:create", "contact:view");
    const body = { emails: [email], sendEmail: false };
    const [row] = ((await hr("POST", "/invitations", body)).body as { results: Row[] }).results;
    assert.deepEqual([row?.["status"], row?.["code"], row?.["temporaryPassword"]], ["refused", "forbidden", null]);
    assert.equal((await memberOf(at, id))["status"], "invited");
    assert.equal((await invite(at, email))[0]?.["status"], "created", "by who has it too");
  });

  it("gives no password where single sign-on is required of everybody (rule 28)", async () => {
    const at = await place();
    await requireSso(at, { invitations: settings.invitations });
    const [row] = await invite(at, address());
    assert.deepEqual([row?.["status"], row?.["temporaryPassword"]], ["created", null]);
  });
});

describe("adding a member by hand", () => {
  it("tells them by mail where to sign in, if wanted (S4.6, S4.7)", async () => {
    const at = await place();
    await at.add(address("quiet"));
    const { id } = await at.add(address("told"), { sendEmail: true });
    assert.deepEqual(
      (await jobsOf(at, "mail.welcome")).map(({ payload }) => payload),
      [{ memberId: id }],
    );
  });
});
