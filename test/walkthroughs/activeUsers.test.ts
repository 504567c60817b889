/** S0 from top to bottom: an organisation whose active users are its seats. */
import assert from "node:assert/strict";
import { done, PASSWORD, refusal, TEMPORARY, visiting, walk, type Visitor } from "./walk.ts";
import { Browser } from "../access/place.ts";

describe("a walk through an organisation and its active users", () => {
  let here: Awaited<ReturnType<typeof walk>>;
  let ana: Visitor;
  let anaId: string;
  const name = { givenName: "Ana", familyName: "Berg" };
  before(async () => {
    here = await walk("seat-per-active-user", { plan: "trial" });
  });

  it("begins with plans of 2, 10, 50 and any number of seats (S0.3, S0.21)", async () => {
    const plans = done(await here.vendor("GET", "/plans"));
    const limits = ["trial", "pro", "advanced", "enterprise"].map((plan) => plans[plan].seatLimit);
    assert.deepEqual(limits, [2, 10, 50, null]);
    assert.equal(await here.seats(), "1 used of 2, 1 left");
  });

  it("lets nobody do anything without an account (S0.1)", async () => {
    const stranger = visiting(new Browser(), here.slug);
    refusal(await stranger.own("GET", ""), 401, "unauthenticated");
    refusal(await stranger.call("GET", "/members"), 401, "unauthenticated");
    assert.equal((await here.tryIn(`ana@${here.domain}`, TEMPORARY)).status, 401);
  });

  it("makes a user of name, address, password and roles, there at once with a seat (S0.2, S0.7, S0.10)", async () => {
    const body = { email: `ana@${here.domain}`, name, password: TEMPORARY, roles: ["agent"] };
    const made = done(await here.admin.call("POST", "/members", body), 201);
    anaId = made.id;
    assert.deepEqual([made.status, made.roles, made.seat], ["active", ["agent"], "held"]);
  });

  it("shows billing the numbers as they are now (S0.5)", async () => {
    const seats = done(await here.admin.call("GET", "/seats"));
    assert.deepEqual([seats.used, seats.limit, seats.remaining], [2, 2, 0]);
  });

  it("keeps nobody waiting as invited who has a password (S0.11)", async () => {
    assert.equal(done(await here.admin.call("GET", "/members?status=invited")).total, 0);
  });

  it("has the temporary password changed at the first sign-in, and opens nothing before (S0.8)", async () => {
    const { visitor } = await here.tryIn(`ana@${here.domain}`, TEMPORARY);
    refusal(await visitor.call("GET", "/contact"), 403, "forbidden");
    ana = await here.firstSignIn(`ana@${here.domain}`, TEMPORARY);
    assert.equal((await here.tryIn(`ana@${here.domain}`, TEMPORARY)).status, 401);
  });

  it("shows the newcomer what the roles allow, by which the application draws its menus (S0.13, S0.23, S0.28)", async () => {
    const session = done(await ana.own("GET", ""));
    assert.deepEqual([session.roles, session.seat], [["agent"], "held"]);
    assert.deepEqual(session.permissions.toSorted(), ["calls:take", "chats:take", "projects:view"]);
  });

  it("refuses inviting to who has no permission for it (S0.6)", async () => {
    refusal(await ana.call("POST", "/members", { email: `eve@${here.domain}`, name }), 403, "forbidden");
  });

  it("refuses an address that is there, in words, and its user is edited instead (S0.12, S0.25)", async () => {
    const again = { email: `ANA@${here.domain}`, name, password: TEMPORARY };
    assert.match(
      refusal(await here.admin.call("POST", "/members", again), 409, "email_exists"),
      /exists already\. Edit that member/,
    );
    done(await here.admin.call("PATCH", `/members/${anaId}`, { jobTitle: "Agent" }));
  });

  it("refuses one more at the limit, with what to do (S0.20, S0.24)", async () => {
    const body = { email: `ben@${here.domain}`, name, password: TEMPORARY };
    const words = refusal(await here.admin.call("POST", "/members", body), 409, "seat_limit_reached");
    assert.match(words, /^User seat limit reached: 2 of 2 seats used\. Suspend or remove .* or raise the plan's limit/);
  });

  it("disables a leaver: sign-in and sessions end, history stays, the seat is free (S0.4, S0.17, S0.18, S0.23)", async () => {
    done(await here.admin.call("PATCH", `/members/${anaId}`, { hold: true }));
    refusal(await ana.own("GET", ""), 401, "unauthenticated");
    assert.equal((await here.tryIn(`ana@${here.domain}`, PASSWORD)).status, 401);
    assert.equal(await here.seats(), "1 used of 2, 1 left");
    const told = done(await here.admin.call("GET", `/events?target=${anaId}`)).items.map(
      (one: { type: string }) => one.type,
    );
    assert.ok(told.includes("member.created") && told.includes("member.suspended"), String(told));
  });

  it("gives the free seat to another without a larger plan, with the default role (S0.4, S0.9)", async () => {
    const body = { email: `ben@${here.domain}`, name, password: TEMPORARY };
    const ben = done(await here.admin.call("POST", "/members", body), 201);
    assert.deepEqual([ben.roles, ben.seat], [["agent"], "held"]);
  });

  it("enables again only where a seat is free, and a larger plan has some (S0.16, S0.19, S0.20)", async () => {
    const release = (): ReturnType<typeof ana.call> => here.admin.call("PATCH", `/members/${anaId}`, { hold: false });
    refusal(await release(), 409, "seat_limit_reached");
    refusal(await here.admin.call("PATCH", "", { plan: "pro" }), 403, "forbidden");
    done(await here.operator("PATCH", "", { plan: "pro" }));
    const back = done(await release());
    assert.deepEqual([back.status, back.seat], ["active", "held"]);
    assert.equal(await here.seats(), "3 used of 10, 7 left");
    ana = await here.signIn(`ana@${here.domain}`);
  });

  it("has job titles of its own that extend roles, and gives one or several (S0.7, S0.14, S0.15)", async () => {
    const role = { slug: "dialler-lead", name: "Dialler lead", extends: "agent", permissions: ["dialler:use"] };
    done(await here.admin.call("POST", "/roles", role), 201);
    const changed = done(
      await here.admin.call("PATCH", `/members/${anaId}`, { roles: ["dialler-lead", "supervisor"] }),
    );
    assert.deepEqual(changed.roles.toSorted(), ["dialler-lead", "supervisor"]);
    const { permissions } = done(await ana.own("GET", ""));
    assert.ok(
      ["calls:take", "dialler:use", "quality:manage"].every((one) => permissions.includes(one)),
      String(permissions),
    );
  });

  it("opens the admin's pages to who is made admin (S0.26)", async () => {
    refusal(await ana.call("GET", "/members"), 403, "forbidden");
    done(await here.admin.call("PATCH", `/members/${anaId}`, { roles: ["admin"] }));
    done(await ana.call("GET", "/members"));
  });

  it("gives a new password to who cannot sign in (S0.27)", async () => {
    const email = `ana@${here.domain}`;
    assert.equal((await here.tryIn(email, "forgotten long ago")).status, 401);
    const member = done(await here.admin.call("PATCH", `/members/${anaId}`, { password: "another, handed over" }));
    assert.equal(member.status, "active");
    await here.firstSignIn(email, "another, handed over");
  });
});
