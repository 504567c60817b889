/** S1 from top to bottom: a tenant whose list of users is what it pays for. */
import assert from "node:assert/strict";
import { accept, done, mailedLink, PASSWORD, refusal, walk, type Reply, type Visitor } from "./walk.ts";

describe("a walk through a tenant and its list of users", () => {
  let here: Awaited<ReturnType<typeof walk>>;
  let ana: Visitor;
  let anaId: string;
  let firstLink: string | null;
  const email = (local: string): string => `${local}@${here.domain}`;
  const edit = (change: object): Promise<Reply> => here.admin.call("PATCH", `/members/${anaId}`, change);
  const toggles = (permissions: string[]): Promise<Reply> => {
    return here.admin.call("PATCH", `/members/${anaId}/grants`, { permissions });
  };
  const held = async (): Promise<string[]> => done(await ana.own("GET", "")).permissions.toSorted();
  const desk = ["conversations:create", "conversations:edit", "conversations:view"];
  const crm = ["crm:edit", "crm:view"];
  before(async () => {
    here = await walk("seat-per-entry", { seatLimit: 3 });
  });

  it("shows how many users there are, and whether the limit is reached (S1.1, S1.6)", async () => {
    assert.equal(await here.seats(), "1 used of 3, 2 left");
  });

  it("has areas of permissions, verbs and templates to use again (S1.5, S1.16, S1.17)", async () => {
    const { items } = done(await here.admin.call("GET", "/permission-areas"));
    const areas = new Map<string, string[]>(
      items.map((one: { area: string; actions: string[] }) => [one.area, one.actions]),
    );
    for (const area of ["conversations", "integrations", "experiments", "members", "roles", "settings"]) {
      for (const verb of ["view", "create", "edit", "delete", "manage"])
        assert.ok(areas.get(area)?.includes(verb), `${area}:${verb}`);
    }
    assert.ok(areas.get("analytics")?.includes("export"));
    const templates = done(await here.admin.call("GET", "/role-templates")).items;
    assert.deepEqual(
      new Set(templates.map((one: { slug: string }) => one.slug)),
      new Set(["analyst", "conversation-desk"]),
    );
  });

  it("invites by address, role and template; the entry holds a seat from then on (S1.4, S1.19, S1.20)", async () => {
    const wish = { emails: [email("ana")], roles: ["user", "conversation-desk"] };
    const { results } = done(await here.admin.call("POST", "/invitations", wish), 201);
    assert.deepEqual([results[0].status, results[0].seat, results[0].link], ["invited", "held", null]);
    anaId = results[0].memberId;
    done(await toggles(crm));
    assert.equal(await here.seats(), "2 used of 3, 1 left");
  });

  it("lists the invited, whom a mail asks to sign up (S1.9, S1.21)", async () => {
    const [row] = done(await here.admin.call("GET", "/members?status=invited")).items;
    assert.deepEqual([row.id, row.status, row.lastSignInAt], [anaId, "invited", null]);
    firstLink = await mailedLink(email("ana"));
    assert.match(String(firstLink), /\/invitation#/);
    assert.equal((await here.tryIn(email("ana"), PASSWORD)).status, 401);
  });

  it("sends the invitation again to the same address, and the link before is dead (S1.4, S1.29)", async () => {
    const { invitation } = done(await here.admin.call("POST", `/invitations/${anaId}/resend`));
    assert.deepEqual([invitation.id, invitation.email, invitation.status], [anaId, email("ana"), "pending"]);
    assert.equal(done(await here.admin.call("GET", `/members?search=${email("ana")}`)).total, 1);
    refusal(await accept(firstLink), 410, "invitation_expired");
    assert.equal(await here.seats(), "2 used of 3, 1 left");
  });

  it("makes them active by the sign-up, and notes the first sign-in (S1.22)", async () => {
    const name = { givenName: "Ana", familyName: "Berg" };
    const { status, member } = done(await accept(await mailedLink(email("ana")), { name }));
    assert.deepEqual([status, member.id, member.seat], ["joined", anaId, "held"]);
    ana = await here.signIn(email("ana"));
    const row = done(await here.admin.call("GET", `/members/${anaId}`));
    assert.equal(row.status, "active");
    assert.ok(Date.parse(row.lastSignInAt) <= Date.now());
  });

  it("gives the user what role, template and toggles give, and nothing else (S1.8, S1.11, S1.12, S1.18)", async () => {
    assert.deepEqual(await held(), [...desk, ...crm]);
    refusal(await ana.call("GET", "/members"), 403, "forbidden");
    refusal(await ana.call("GET", "/roles"), 403, "forbidden");
    refusal(await ana.call("PATCH", `/members/${anaId}`, { roles: ["admin"] }), 403, "forbidden");
  });

  it("shows each with address, role, template, status, toggle and last sign-in (S1.3)", async () => {
    const [row] = done(await here.admin.call("GET", "/members?sort=email&search=ana")).items;
    assert.deepEqual([row.email, row.status], [email("ana"), "active"]);
    assert.deepEqual(new Set(row.roles), new Set(["user", "conversation-desk"]));
    assert.ok(row.permissions.includes("crm:view") && row.lastSignInAt);
  });

  it("takes CRM access alone away, and cannot from an admin (S1.7, S1.14, S1.34)", async () => {
    done(await toggles([]));
    assert.deepEqual(await held(), desk);
    const admins = done(await here.admin.call("GET", "/members?role=admin")).items;
    done(await here.admin.call("PATCH", `/members/${admins[0].id}/grants`, { permissions: [] }));
    assert.deepEqual(done(await here.admin.own("GET", "")).permissions, ["*"]);
  });

  it("swaps a template, and clears it for permissions by hand, at the user's next act (S1.27, S1.28)", async () => {
    done(await edit({ roles: ["user", "analyst"] }));
    assert.deepEqual(await held(), ["analytics:export", "analytics:view"]);
    done(await edit({ roles: ["user"] }));
    done(await toggles(["conversations:view"]));
    assert.deepEqual(await held(), ["conversations:view"]);
  });

  it("changes address, role and status by one edit each (S1.24, S1.25, S1.26)", async () => {
    assert.equal(done(await edit({ email: email("ana.berg") })).email, email("ana.berg"));
    assert.equal(done(await edit({ hold: true })).status, "suspended");
    refusal(await ana.own("GET", ""), 401, "unauthenticated");
    assert.equal(await here.seats(), "2 used of 3, 1 left");
    assert.equal(done(await edit({ hold: false, roles: ["user", "analyst"] })).status, "active");
  });

  it("keeps an address one user's (S1.10)", async () => {
    const { results } = done(await here.admin.call("POST", "/invitations", { emails: [email("Ana.Berg")] }));
    assert.deepEqual([results[0].status, results[0].memberId], ["alreadyMember", anaId]);
  });

  it("tells at the limit before anybody tries, and refuses then (S1.23, S1.33)", async () => {
    done(await here.admin.call("POST", "/invitations", { emails: [email("ben")] }), 201);
    const full = { emails: [email("cem")] };
    assert.equal(done(await here.admin.call("GET", "/seats")).remaining, 0);
    const told = done(await here.admin.call("POST", "/invitations?dryRun=true", full));
    const tried = done(await here.admin.call("POST", "/invitations", full));
    for (const { results } of [told, tried]) {
      assert.deepEqual([results[0].status, results[0].code], ["refused", "seat_limit_reached"]);
    }
    assert.equal(done(await here.admin.call("GET", "/members")).total, 3);
  });

  it("tells what deleting does, ends access at once, and frees the seat (S1.4, S1.30, S1.31, S1.32)", async () => {
    ana = await here.signIn(email("ana.berg"));
    const preview = { action: "remove", ids: [anaId], preview: true };
    const { seats } = done(await here.admin.call("POST", "/members/bulk", preview));
    assert.deepEqual([seats.before, seats.after], [3, 2]);
    done(await here.admin.call("DELETE", `/members/${anaId}`), 204);
    refusal(await ana.own("GET", ""), 401, "unauthenticated");
    assert.equal(done(await here.admin.call("GET", "/members?search=ana")).total, 0);
    assert.equal(await here.seats(), "2 used of 3, 1 left");
    assert.ok(done(await here.admin.call("GET", `/events?target=${anaId}&type=member.created`)).total > 0);
  });

  it("opens none of it to who is no admin (S1.2, S1.13)", async () => {
    const { results } = done(
      await here.admin.call("POST", "/invitations", { emails: [email("dora")], sendEmail: false }),
      201,
    );
    done(await accept(results[0].link, { name: { givenName: "Dora" } }));
    const dora = await here.signIn(email("dora"));
    for (const path of ["/members", "/roles", "/role-templates", "/invitations", "/seats"]) {
      refusal(await dora.call("GET", path), 403, "forbidden");
    }
    refusal(await dora.call("POST", "/invitations", { emails: [email("eve")] }), 403, "forbidden");
    done(await dora.own("GET", ""));
    done(await here.admin.call("PATCH", `/members/${results[0].memberId}`, { hold: true }));
    for (const act of [dora.own("GET", ""), dora.call("GET", "/contact")]) refusal(await act, 401, "unauthenticated");
    assert.equal((await here.tryIn(email("dora"), PASSWORD)).status, 401);
  });

  it("finds by the last sign-in who may go (S1.15)", async () => {
    const { items } = done(await here.admin.call("GET", "/members?sort=lastSignInAt"));
    assert.equal(items.at(-1).email, email("ben"));
    assert.equal(items.at(-1).lastSignInAt, null);
  });
});
