/** S2 from top to bottom: a help desk with teams, single sign-on and changes of many at once. */
import assert from "node:assert/strict";
import { samlFields } from "../admin/idpSide.ts";
import {
  accept,
  done,
  file,
  mailedLink,
  PASSWORD,
  refusal,
  TEMPORARY,
  toldWhoLeft,
  walk,
  type Reply,
  type Visitor,
} from "./walk.ts";

describe("a walk through a help desk and its teams", () => {
  let here: Awaited<ReturnType<typeof walk>>;
  let ana: Visitor;
  const ids = new Map<string, string>();
  const id = (local: string): string => ids.get(local) ?? "";
  const email = (local: string): string => `${local}@${here.domain}`;
  const edit = (local: string, change: object): Promise<Reply> =>
    here.admin.call("PATCH", `/members/${id(local)}`, change);
  before(async () => {
    here = await walk("seat-from-invitation", { plan: "pro" });
  });

  it("makes teams with name and description (S2.13, S2.14)", async () => {
    for (const name of ["Support tier 1", "Billing"]) {
      done(await here.admin.call("POST", "/teams", { name, description: `${name}, by phone and mail` }), 201);
    }
    assert.equal(done(await here.admin.call("GET", "/teams")).total, 2);
  });

  it("invites by address, role and team, with a seat from then on (S2.2, S2.3)", async () => {
    const wish = { emails: [email("ana"), email("ben")], roles: ["agent"], team: "Support tier 1" };
    const { results } = done(await here.admin.call("POST", "/invitations", wish), 201);
    for (const one of results) ids.set(one.email.split("@")[0], one.memberId);
    assert.deepEqual(
      results.map((one: { status: string; seat: string }) => `${one.status} ${one.seat}`),
      ["invited held", "invited held"],
    );
    assert.equal(await here.seats(), "3 used of 10, 7 left");
  });

  it("lets the invited in by the mailed link and a password of their own, within seven days (S2.4, S2.5)", async () => {
    const [pending] = done(await here.admin.call("GET", "/invitations")).items;
    assert.equal(Math.round((Date.parse(pending.expiresAt) - Date.parse(pending.sentAt)) / 86_400_000), 7);
    done(await here.admin.call("POST", `/invitations/${id("ben")}/resend`));
    const name = { givenName: "Ana", familyName: "Berg" };
    done(await accept(await mailedLink(email("ana")), { name }));
    ana = await here.signIn(email("ana"));
    assert.deepEqual(
      done(await here.admin.call("GET", `/members/${id("ana")}`)).teams.map((one: { name: string }) => one.name),
      ["Support tier 1"],
    );
  });

  it("has admins, agents and viewers, of whom the last take no seat (S2.1)", async () => {
    const vera = { email: email("vera"), name: { givenName: "Vera" }, roles: ["viewer"], password: TEMPORARY };
    const made = done(await here.admin.call("POST", "/members", vera), 201);
    ids.set("vera", made.id);
    assert.deepEqual([made.roles, made.seat], [["viewer"], "none"]);
  });

  it("gives an agent their tickets, and single permissions beside them (S2.10, S2.11)", async () => {
    assert.deepEqual(done(await ana.own("GET", "")).permissions.toSorted(), [
      "macros:use",
      "tickets:edit",
      "tickets:view",
    ]);
    const permissions = ["tickets:viewAll", "tickets:delete", "data:export", "macros:manage", "analytics:view"];
    done(await here.admin.call("PATCH", `/members/${id("ana")}/grants`, { permissions }));
    const { permissions: held } = done(await ana.own("GET", ""));
    assert.ok(
      permissions.every((one) => held.includes(one)),
      String(held),
    );
  });

  it("leaves how people perform to the application, by a permission (S2.30)", async () => {
    assert.ok(done(await ana.own("GET", "")).permissions.includes("analytics:view"));
  });

  it("edits profile, role and teams from the list, and from the team (S2.6, S2.7, S2.8, S2.15)", async () => {
    const change = {
      name: { givenName: "Anna" },
      avatarUrl: "https://avatars.example/a.png",
      teams: ["Support tier 1", "Billing"],
    };
    const edited = done(await edit("ana", change));
    assert.deepEqual([edited.displayName, edited.avatarUrl, edited.teams.length], ["Anna Berg", change.avatarUrl, 2]);
    const [billing] = done(await here.admin.call("GET", "/members?team=Billing")).items;
    assert.equal(billing.id, id("ana"));
    const team = done(await here.admin.call("GET", "/teams")).items.find(
      (one: { name: string }) => one.name === "Billing",
    );
    done(await here.admin.call("PATCH", `/teams/${team.id}`, { removeMembers: [id("ana")] }));
    assert.equal(done(await here.admin.call("GET", `/members/${id("ana")}`)).teams.length, 1);
    done(await edit("ana", { roles: ["admin"] }));
    assert.ok(done(await ana.own("GET", "")).permissions.includes("*"));
    done(await ana.call("GET", "/members"));
    done(await edit("ana", { roles: ["agent"] }));
    refusal(await ana.call("GET", "/members"), 403, "forbidden");
  });

  it("tells the application of teams, by which it routes and reports (S2.12)", async () => {
    const { member } = done(await ana.own("GET", ""));
    assert.deepEqual(
      member.teams.map((one: { name: string }) => one.name),
      ["Support tier 1"],
    );
    assert.ok(done(await here.admin.call("GET", `/events?target=${id("ana")}&type=member.teams_changed`)).total > 0);
  });

  it("leaves profile and preferences to the member, and role, teams and status to the admin (S2.20, S2.21)", async () => {
    const preferences = { theme: "dark", locale: "de", signature: "Anna", notifications: { tickets: false } };
    const profile = done(await ana.own("PATCH", "/profile", { name: { givenName: "Ana" }, preferences }));
    assert.deepEqual([profile.displayName, profile.preferences.theme], ["Ana Berg", "dark"]);
    refusal(await ana.own("PATCH", "/profile", { roles: ["admin"] }), 400, "invalid_request");
  });

  it("tells each step of a newcomer, by which the application ticks off its checklist (S2.32)", async () => {
    const { items } = done(await here.admin.call("GET", `/events?target=${id("ana")}&order=asc`));
    const types = new Set(items.map((one: { type: string }) => one.type));
    for (const type of ["member.created", "invitation.accepted", "member.signed_in", "member.preferences_changed"]) {
      const told = types.has(type) || done(await here.admin.call("GET", `/events?type=${type}`)).total > 0;
      assert.ok(told, `${type} of ${[...types].join()}`);
    }
  });

  it("deactivates a leaver: access ends, the seat is free, and their work is handed over (S2.16, S2.17, S2.18, S2.33)", async () => {
    assert.equal(done(await edit("ana", { hold: true })).status, "suspended");
    refusal(await ana.own("GET", ""), 401, "unauthenticated");
    assert.equal((await here.tryIn(email("ana"), PASSWORD)).status, 401);
    assert.equal(await here.seats(), "2 used of 10, 8 left");
    await toldWhoLeft(here.slug);
    const [left] = done(await here.admin.call("GET", "/offboardings?status=open")).items;
    assert.deepEqual([left.memberId, left.cause, left.leaves.teams.length], [id("ana"), "suspended", 1]);
    const [boss] = done(await here.admin.call("GET", "/members?role=admin")).items;
    const taken = done(
      await here.admin.call("POST", `/offboardings/${left.id}/acknowledge`, { reassignedTo: [boss.id] }),
    );
    assert.deepEqual([taken.status, taken.reassignedTo], ["acknowledged", [boss.id]]);
    assert.ok(done(await here.admin.call("GET", `/events?target=${id("ana")}&type=member.created`)).total > 0);
  });

  it("finds the deactivated by filter, and brings them back (S2.19)", async () => {
    const [found] = done(await here.admin.call("GET", "/members?status=suspended")).items;
    assert.equal(found.id, id("ana"));
    assert.equal(done(await edit("ana", { hold: false })).status, "active");
    ana = await here.signIn(email("ana"));
  });

  it("reviews a file of addresses and roles, and then invites by it (S2.25)", async () => {
    const text = `email,role\r\n${email("cem")},agent\r\n${email("dora")},viewer\r\n${email("ana")},agent\r\nnobody,agent\r\n`;
    const path = `/tenants/${here.slug}/invitations/import`;
    const review = JSON.parse((await file("POST", `${path}?dryRun=true`, { type: "text/csv", text })).text);
    assert.equal(review.rows, 4, JSON.stringify(review));
    assert.deepEqual([review.rows, review.ready, review.faulty, review.seats.needed], [4, 2, 2, 1]);
    assert.equal(done(await here.admin.call("GET", `/members?search=cem`)).total, 0);
    const { status, text: begun } = await file("POST", path, { type: "text/csv", text });
    assert.equal(status, 202, begun);
    await mailedLink(email("cem"));
    const result = done(await here.admin.call("GET", `/imports/${JSON.parse(begun).id}`));
    assert.deepEqual([result.status, result.invited, result.refused], ["done", 2, 2]);
    for (const one of result.results) if (one.memberId) ids.set(one.email.split("@")[0], one.memberId);
  });

  it("changes role and team of many at once, and deactivates many (S2.26, S2.27)", async () => {
    const many = { ids: [id("ana"), id("vera")] };
    const bulk = async (body: object): Promise<number> => {
      return done(await here.admin.call("POST", "/members/bulk", { ...many, ...body })).changed;
    };
    assert.equal(await bulk({ action: "changeRole", role: "agent" }), 1);
    assert.equal(await bulk({ action: "addToTeam", team: "Billing" }), 2);
    assert.equal(await bulk({ action: "hold" }), 2);
    assert.equal(await bulk({ action: "release" }), 2);
  });

  it("shows when, how often, from where and with what somebody signed in (S2.28)", async () => {
    const summary = done(await here.admin.call("GET", `/members/${id("ana")}/sign-in-summary`));
    assert.ok(summary.lastSignInAt && summary.signedIn.days7 >= 2, JSON.stringify(summary));
    assert.ok(summary.ips.length > 0 && summary.devices.length > 0);
    assert.ok(done(await here.admin.call("GET", `/members/${id("ana")}/sign-ins`)).total >= 2);
  });

  it("shows what somebody did, here and in the application (S2.29)", async () => {
    const entries = [{ memberId: id("ana"), type: "app.ticket.resolved", summary: "Resolved ticket 17" }];
    done(await here.operator("POST", "/activity", { entries }));
    const { items } = done(await here.admin.call("GET", `/members/${id("ana")}/activity`));
    const types = new Set(items.map((one: { type: string }) => one.type));
    assert.ok(types.has("app.ticket.resolved") && types.has("member.signed_in"), [...types].join());
  });

  it("reviews each quarter who has access (S2.31)", async () => {
    const review = done(await here.admin.call("GET", "/access-review?inactiveDays=90"));
    assert.ok(review.totals.members >= 4 && review.totals.admins === 1, JSON.stringify(review.totals));
  });

  it("knows the usual identity providers, and any by SAML (S2.22)", async () => {
    const { presets } = done(await here.admin.call("GET", "/connection-presets"));
    const providers = new Set(presets.map((one: { provider: string }) => one.provider));
    for (const one of ["google", "entra", "okta", "custom-saml"]) assert.ok(providers.has(one), one);
  });

  it("configures a connection, tests it, and enables it only then (S2.23)", async () => {
    const made = done(await here.admin.call("POST", "/connections", { provider: "okta", name: "Okta" }), 201);
    assert.equal(made.status, "draft");
    const change = (body: object): Promise<Reply> => here.admin.call("PATCH", `/connections/${made.id}`, body);
    const words = refusal(await change({ status: "enabled" }), 409, "conflict");
    assert.match(words, /^Nothing is known of the identity provider yet\./);
    assert.equal(done(await change({ saml: samlFields })).status, "draft");
    assert.match(refusal(await change({ status: "enabled" }), 409, "conflict"), /Test it first/);
    done(await here.admin.call("DELETE", `/connections/${made.id}`), 204);
  });

  it("lets people come just in time, exist first, or be synchronised (S2.24)", async () => {
    for (const provisioning of ["jit", "preProvisioned", "scim"]) {
      const { settings } = done(await here.admin.call("PATCH", "", { settings: { signIn: { provisioning } } }));
      assert.equal(settings.signIn.provisioning, provisioning);
    }
  });
});
