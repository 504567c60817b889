/** S3 from top to bottom: a workspace that sells seats to members, and lets viewers in without. */
import assert from "node:assert/strict";
import {
  accept,
  done,
  file,
  mailedLink,
  PASSWORD,
  refusal,
  scim,
  stranger,
  TEMPORARY,
  tokenIn,
  walk,
  type Reply,
  type Visitor,
} from "./walk.ts";

describe("a walk through a workspace and its paid seats", () => {
  let here: Awaited<ReturnType<typeof walk>>;
  let ana: Visitor;
  const ids = new Map<string, string>();
  const handed = new Map<string, string>();
  const email = (local: string): string => `${local}@${here.domain}`;
  const id = (local: string): string => ids.get(local) ?? "";
  const edit = (local: string, change: object): Promise<Reply> =>
    here.admin.call("PATCH", `/members/${id(local)}`, change);
  const settings = (seats: object): Promise<Reply> => here.admin.call("PATCH", "", { settings: { seats } });
  async function add(local: string, roles?: string[]): Promise<Reply["body"]> {
    const person = { email: `${local}@${here.domain}`, name: { givenName: local, familyName: "Berg" } };
    const made = done(
      await here.admin.call("POST", "/members", { ...person, password: TEMPORARY, ...(roles && { roles }) }),
      201,
    );
    ids.set(local, made.id);
    return made;
  }
  /** The directory of the organisation pushes somebody, which is no admin's decision. */
  async function push(token: string, local: string): Promise<Reply["body"]> {
    const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
    const userName = `${local}@${here.domain}`;
    const { status, text } = await scim(token, { schemas, userName, emails: [{ value: userName, primary: true }] });
    assert.equal(status, 201, text);
    ids.set(local, JSON.parse(text).id);
    return done(await here.admin.call("GET", `/members/${id(local)}`));
  }
  before(async () => {
    here = await walk("seat-by-role", { plan: "pro", seatLimit: 3 });
  });

  it("lets admins decide who holds a seat, and shows how many are used (S3.1, S3.7, S3.8)", async () => {
    await add("ana", ["member"]);
    await add("vera", ["viewer"]);
    assert.equal(await here.seats(), "2 used of 3, 1 left");
    assert.deepEqual(done(await here.admin.call("GET", "/seats")), {
      limit: 3,
      used: 2,
      remaining: 1,
      waiting: 0,
      overBy: 0,
    });
  });

  it("tells the application by seat and roles whom its features are for (S3.4, S3.5)", async () => {
    ana = await here.firstSignIn(`ana@${here.domain}`, TEMPORARY);
    const vera = await here.firstSignIn(`vera@${here.domain}`, TEMPORARY);
    const seen = await Promise.all([ana, vera].map(async (one) => done(await one.own("GET", ""))));
    assert.deepEqual(
      seen.map(({ seat, roles }) => [seat, roles]),
      [
        ["held", ["member"]],
        ["none", ["viewer"]],
      ],
    );
    refusal(await ana.call("GET", "/members"), 403, "forbidden");
  });

  it("changes the role from the list, at once, and the seat with it (S3.2, S3.6)", async () => {
    const seen: string[] = [];
    for (const role of ["admin", "member", "viewer", "member"]) {
      const { seat } = done(await edit("ana", { roles: [role] }));
      seen.push(`${role} ${seat}`);
      assert.deepEqual(done(await ana.own("GET", "")).roles, [role]);
    }
    assert.deepEqual(seen, ["admin held", "member held", "viewer none", "member held"]);
  });

  it("keeps an admin at all times (S3.3)", async () => {
    const [boss] = done(await here.admin.call("GET", "/members?role=admin")).items;
    refusal(await here.admin.call("PATCH", `/members/${boss.id}`, { roles: ["member"] }), 409, "last_admin");
    refusal(await here.admin.call("DELETE", `/members/${boss.id}`), 409, "last_admin");
  });

  it("seats newcomers while there are seats, and lets the others in as viewers (S3.9)", async () => {
    const { token } = done(await here.operator("POST", "/scim-tokens", { name: "directory" }), 201);
    const seated = await push(token, "cem");
    const late = await push(token, "dora");
    assert.deepEqual([seated.roles, seated.seat, late.roles, late.seat], [["member"], "held", ["viewer"], "none"]);
    assert.equal(await here.seats(), "3 used of 3, 0 left");
  });

  it("refuses an admin's own grant at the limit (S3.7)", async () => {
    const words = refusal(await edit("vera", { roles: ["member"] }), 409, "seat_limit_reached");
    assert.match(words, /3 of 3 seats used/);
  });

  it("buys seats by API, as billing or the vendor's people do, and tells when they are used up (S3.13, S3.14)", async () => {
    refusal(await here.admin.call("PATCH", "", { seatLimit: 50 }), 403, "forbidden");
    done(await here.operator("PATCH", "", { seatLimit: 5 }));
    assert.equal(await here.seats(), "3 used of 5, 2 left");
    done(await here.operator("PATCH", "", { seatLimit: 2 }));
    const { overBy, remaining } = done(await here.operator("GET", "/seats"));
    assert.deepEqual([overBy, remaining], [1, 0]);
    done(await here.operator("PATCH", "", { seatLimit: 4 }));
  });

  it("lets newcomers in as viewers once auto-assign is off (S3.10)", async () => {
    done(await settings({ autoAssign: false }));
    const { token } = done(await here.operator("POST", "/scim-tokens", { name: "other" }), 201);
    const emil = await push(token, "emil");
    assert.deepEqual([emil.roles, emil.seat], [["viewer"], "none"]);
  });

  it("assigns the seats that are left to viewers in the order in which they came (S3.11, S3.12)", async () => {
    const { changed, refused } = done(await here.admin.call("POST", "/members/bulk", { action: "assignSeats" }));
    const seats = await Promise.all(
      ["vera", "dora", "emil"].map(async (one) => done(await here.admin.call("GET", `/members/${id(one)}`)).seat),
    );
    assert.deepEqual(seats, ["held", "none", "none"]);
    assert.equal(changed, 1);
    assert.ok(refused >= 0);
    assert.equal(await here.seats(), "4 used of 4, 0 left");
    done(await settings({ autoAssign: true }));
  });

  it("searches as one types, sorts both ways, and filters by seat (S3.26, S3.27, S3.28)", async () => {
    const listed = async (query: string): Promise<string[]> => {
      const { items } = done(await here.admin.call("GET", `/members?${query}`));
      return items.map((one: { email: string }) => one.email.split("@")[0] ?? "");
    };
    assert.deepEqual(await listed("search=DOR"), ["dora"]);
    assert.deepEqual(await listed(`search=ra%40${here.domain}&sort=email`), ["dora", "vera"]);
    assert.deepEqual(await listed("sort=email"), ["ana", "boss", "cem", "dora", "emil", "vera"]);
    assert.deepEqual(await listed("sort=-email"), ["vera", "emil", "dora", "cem", "boss", "ana"]);
    assert.deepEqual(await listed("sort=email&seat=with"), ["ana", "boss", "cem", "vera"]);
    assert.deepEqual(await listed("sort=email&seat=without"), ["dora", "emil"]);
  });

  it("exports what the list shows, in these columns (S3.1, S3.29, S3.31)", async () => {
    const { text } = await file("GET", `/tenants/${here.slug}/members.csv?seat=with&search=an&sort=email`);
    const [header, ...rows] = text.replace("\ufeff", "").trim().split("\r\n");
    assert.equal(header, "id,email,firstName,lastName,isAdmin,hasSeat");
    assert.deepEqual(rows, [`${id("ana")},ana@${here.domain},ana,Berg,no,yes`]);
  });

  it("shows everybody the contact (S3.30)", async () => {
    const contact = { name: "Help desk", email: `help@${here.domain}`, phone: "+49 30 1", notes: "Weekdays" };
    done(await here.admin.call("PUT", "/contact", contact));
    assert.deepEqual(done(await ana.call("GET", "/contact")), contact);
  });

  it("removes a member from the workspace, and the seat goes to nobody by itself (S3.25)", async () => {
    done(await here.admin.call("DELETE", `/members/${id("ana")}`), 204);
    refusal(await ana.own("GET", ""), 401, "unauthenticated");
    assert.equal(await here.seats(), "3 used of 4, 1 left");
  });

  it("invites one or many without mail, each with a link to hand over (S3.15, S3.16)", async () => {
    const wish = { emails: [email("fay"), email("gus")], sendEmail: false };
    const { results } = done(await here.admin.call("POST", "/invitations", wish), 201);
    for (const one of results) handed.set(one.email, one.link);
    assert.deepEqual(await Promise.all(wish.emails.map(mailedLink)), [null, null]);
  });

  it("makes who accepts a member while there are seats, then a viewer (S3.9)", async () => {
    const joined: string[] = [];
    for (const local of ["fay", "gus"]) {
      const { member } = done(await accept(handed.get(email(local)) ?? null, { name: { givenName: local } }));
      joined.push(`${member.roles} ${member.seat}`);
    }
    assert.deepEqual(joined, ["member held", "viewer none"]);
  });

  it("makes nobody twice who is there already (S3.21)", async () => {
    const { results } = done(await here.admin.call("POST", "/invitations", { emails: [email("fay")] }));
    assert.equal(results[0].status, "alreadyMember");
    refusal(await accept(handed.get(email("fay")) ?? null), 410, "invitation_expired");
    done(await (await here.signIn(email("fay"))).own("GET", ""));
  });

  it("has a link for each role, and the one before is dead once it is made anew (S3.15, S3.17)", async () => {
    const link = async (role: string): Promise<string> =>
      done(await here.admin.call("PUT", `/invite-links/${role}`, {})).url;
    const [old, admins] = [await link("member"), await link("admin")];
    const made = await link("member");
    assert.equal(new Set([old, admins, made]).size, 3);
    const hugo = { email: `hugo@${here.slug}.example`, name: { givenName: "Hugo" } };
    refusal(await accept(old, hugo), 410, "invitation_expired");
    assert.equal(done(await accept(made, hugo), 202).status, "confirm");
    const token = tokenIn(await mailedLink(hugo.email));
    done(await stranger().any("POST", "/registrations/confirm", { token }), 201);
    const [joined] = done(await here.admin.call("GET", "/members?search=hugo")).items;
    assert.deepEqual([joined.entrance, joined.roles], ["link", ["viewer"]]);
    assert.equal(done(await accept(made, hugo)).status, "signIn");
  });

  it("counts invitations by plan, shows how many are left, and refuses more, but no link (S3.19, S3.20)", async () => {
    const { trial, business, enterprise } = done(await here.vendor("GET", "/plans"));
    const kinds = [trial, business, enterprise].map(({ invitationQuota }) => invitationQuota.kind);
    assert.deepEqual(kinds, ["total", "daily", "none"]);
    const { remaining } = done(await here.admin.call("GET", "/invitations/quota"));
    done(await here.operator("PATCH", "", { settings: { invitations: { quota: { kind: "total", max: 3 } } } }));
    assert.equal(remaining, 48);
    assert.equal(done(await here.admin.call("GET", "/invitations/quota")).remaining, 1);
    done(await here.admin.call("POST", "/invitations", { emails: [email("ida")], sendEmail: false }), 201);
    refusal(
      await here.admin.call("POST", "/invitations", { emails: [email("jan")] }),
      429,
      "invitation_quota_exceeded",
    );
    done(await here.admin.call("PUT", "/invite-links/viewer", {}));
  });

  it("lets whoever has an address in the domain join, once the vendor grants it (S3.18, S3.22, S3.23, S3.24)", async () => {
    const domain = `/domains/${here.domain}`;
    done(await here.admin.call("POST", "/domains", { domain: here.domain }), 201);
    done(await here.operator("POST", `${domain}/verify`, { force: true }));
    refusal(await here.admin.call("PATCH", domain, { autoJoin: { enabled: true } }), 403, "forbidden");
    done(await here.operator("PATCH", domain, { autoJoin: { enabled: true } }));
    done(await here.operator("PATCH", "", { seatLimit: 6 }));
    const kim = { email: email("kim"), password: PASSWORD, name: { givenName: "Kim", familyName: "Berg" } };
    done(await stranger().any("POST", "/registrations", kim), 202);
    done(await stranger().any("POST", "/registrations/confirm", { token: tokenIn(await mailedLink(kim.email)) }), 201);
    const [joined] = done(await here.admin.call("GET", "/members?search=kim")).items;
    assert.deepEqual([joined.entrance, joined.roles, joined.seat], ["domain", ["member"], "held"]);
    ids.set("kim", joined.id);
  });

  it("keeps the account of who is removed, by whose password they come back (S3.25)", async () => {
    done(await here.admin.call("DELETE", `/members/${id("kim")}`), 204);
    done(await here.operator("PATCH", "", { settings: { invitations: { quota: null } } }));
    const wish = { emails: [email("kim")], sendEmail: false };
    const [{ link }] = done(await here.admin.call("POST", "/invitations", wish), 201).results;
    refusal(await accept(link, { password: "chosen by somebody else" }), 401, "unauthenticated");
    const { member } = done(await accept(link));
    assert.notEqual(member.id, id("kim"));
    done(await (await here.signIn(email("kim"))).own("GET", ""));
  });
});
