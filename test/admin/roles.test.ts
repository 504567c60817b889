/** Roles of a tenant's own and role templates, over the API. */
import assert from "node:assert/strict";
import { roleWorld } from "../directory/roleWorld.ts";
import { items, refused } from "./place.ts";

const paths = (problem: Record<string, unknown>): string[] =>
  (problem["errors"] as { path: string }[]).map(({ path }) => path);

describe("roles", () => {
  it("S0.14 a tenant makes roles by extending others, and they show what they inherit", async () => {
    const here = await roleWorld();
    await here.role("agent", { name: "Agent", extends: "member", permissions: ["conversations:view"] });
    const lead = await here.role("lead", { extends: "agent", permissions: ["analytics:view"] });
    assert.deepEqual(lead, {
      slug: "lead",
      name: "lead",
      extends: "agent",
      permissions: ["analytics:view"],
      allPermissions: ["analytics:view", "conversations:view", "contact:view"],
      seatRequired: true,
      builtIn: false,
    });
    assert.deepEqual((await here.call("GET", "/roles/lead")).body, lead);
  });

  it("S0.7 S2.10 a member has one or several, with the permissions of all", async () => {
    const here = await roleWorld();
    await here.role("agent", { permissions: ["conversations:view"] });
    await here.role("analyst", { permissions: ["analytics:export"] });
    const { roles, permissions } = await here.add("ana@example.com", { roles: ["agent", "analyst"] });
    assert.deepEqual(
      [roles, permissions],
      [
        ["agent", "analyst"],
        ["conversations:view", "analytics:export"],
      ],
    );
  });

  it("S0.15 S3.2 a member's roles are changed at any time", async () => {
    const here = await roleWorld();
    await here.role("agent", { permissions: ["conversations:view"] });
    const { id } = await here.add("ana@example.com");
    const changed = await here.call("PATCH", `/members/${String(id)}`, { roles: ["agent"] });
    assert.deepEqual([changed.body.roles, changed.body.permissions], [["agent"], ["conversations:view"]]);
  });

  it("S0.26 an heir of admin may do everything, and counts as an admin", async () => {
    const here = await roleWorld();
    await here.role("owner", { extends: "admin" });
    const { permissions } = await here.add("ana@example.com", { roles: ["owner"] });
    assert.deepEqual(permissions, ["*"]);
  });

  it("are listed with the built-in ones first, page by page", async () => {
    const here = await roleWorld();
    await here.role("agent");
    await here.role("analyst");
    await here.template("crm");
    const first = (await here.call("GET", "/roles?limit=3")).body;
    assert.deepEqual(
      first.items.map(({ slug }: { slug: string }) => slug),
      ["admin", "member", "viewer"],
    );
    assert.equal(first.total, 5);
    const second = await here.call("GET", `/roles?limit=3&cursor=${first.nextCursor}`);
    assert.deepEqual(
      items(second).map(({ slug, builtIn }) => [slug, builtIn]),
      [
        ["agent", false],
        ["analyst", false],
      ],
    );
    assert.equal(second.body.nextCursor, null);
    for (const cursor of ["x", Buffer.from('{"after":7,"total":1}').toString("base64url")]) {
      refused(await here.call("GET", `/roles?cursor=${cursor}`), 400, "invalid_request");
    }
  });

  it("need a seat unless they say not, or extend one that does not", async () => {
    const here = await roleWorld({ seatLimit: 1 });
    const seats = [
      await here.role("plain"),
      await here.role("free", { seatRequired: false }),
      await here.role("guest", { extends: "viewer" }),
      await here.template("extra"),
      await here.template("paid", { seatRequired: true }),
    ].map(({ seatRequired }) => seatRequired as boolean);
    assert.deepEqual(seats, [true, false, false, false, true]);
    await here.add("ana@example.com", { roles: ["plain"] });
    const full = await here.call("POST", "/members", {
      email: "b@example.com",
      name: { givenName: "B" },
      roles: ["plain"],
    });
    refused(full, 409, "seat_limit_reached");
    assert.equal((await here.add("c@example.com", { roles: ["free"] }))["seat"], "none");
  });

  const bad: readonly (readonly [what: string, body: object, path: string])[] = [
    ["that needs no seat and extends one that does", { extends: "member", seatRequired: false }, "/seatRequired"],
    ["that extends what is not there", { extends: "ghost" }, "/extends"],
    ["that extends itself", { extends: "mine" }, "/extends"],
    ["of a built-in slug", { slug: "admin" }, "/slug"],
    ["of a slug that names nothing in a URL", { slug: "a/b" }, "/slug"],
    ["without a name", { name: " " }, "/name"],
    ["with a permission nobody declared", { permissions: ["crm:view", "tickets:fly"] }, "/permissions/1"],
    ["with an action nobody declared", { permissions: ["crm:destroy"] }, "/permissions/0"],
    ["with what is no permission", { permissions: ["everything"] }, "/permissions/0"],
    ["with a permission on one resource", { permissions: ["agents:view@a1"] }, "/permissions/0"],
    ["with a permission twice", { permissions: ["crm:view", "crm:view"] }, "/permissions"],
    ["that is assigned what is not its own", { builtIn: true }, "/builtIn"],
    ["that is said to be a template", { template: true }, "/template"],
    ["of another tenant", { tenantId: "x" }, "/tenantId"],
  ];
  let shared: ReturnType<typeof roleWorld> | undefined;
  for (const [what, body, path] of bad) {
    it(`refuse one ${what}, with its path`, async () => {
      const here = await (shared ??= roleWorld());
      const reply = await here.call("POST", "/roles", { slug: "mine", name: "Mine", ...body });
      assert.deepEqual(paths(refused(reply, 400, "invalid_request")), [path]);
      assert.deepEqual([items(await here.call("GET", "/roles")).length, await here.told("role")], [3, []]);
    });
  }

  it("refuse a slug that is there, be it a template's", async () => {
    const here = await roleWorld();
    await here.template("crm");
    refused(await here.call("POST", "/roles", { slug: "crm", name: "CRM" }), 409, "slug_exists");
  });

  it("refuse a circle that an edit would close, whatever its way round", async () => {
    const here = await roleWorld();
    await here.role("a");
    await here.role("b", { extends: "a" });
    await here.role("c", { extends: "b" });
    const reply = await here.call("PATCH", "/roles/a", { extends: "c" });
    assert.deepEqual(paths(refused(reply, 400, "invalid_request")), ["/extends"]);
    assert.match(reply.body.detail, /'a' → 'c' → 'b' → 'a'/);
  });

  it("that are built in are not edited, deleted or replaced", async () => {
    const here = await roleWorld();
    for (const slug of ["admin", "member", "viewer"]) {
      refused(await here.call("PATCH", `/roles/${slug}`, { name: "Mine" }), 409, "conflict");
      refused(await here.call("DELETE", `/roles/${slug}?replaceWith=viewer`), 409, "conflict");
    }
  });

  it("unknown ones, another tenant's, and templates in their place are not found", async () => {
    const [here, there] = [await roleWorld(), await roleWorld()];
    await there.role("theirs");
    await here.template("crm");
    for (const slug of ["theirs", "crm", "__proto__", "%00", "ghost"]) {
      refused(await here.call("GET", `/roles/${slug}`), 404, "not_found");
      refused(await here.call("PATCH", `/roles/${slug}`, { name: "x" }), 404, "not_found");
      refused(await here.call("DELETE", `/roles/${slug}`), 404, "not_found");
    }
    const reply = await here.call("POST", "/members", {
      email: "a@example.com",
      name: { givenName: "A" },
      roles: ["theirs"],
    });
    assert.deepEqual(paths(refused(reply, 400, "invalid_request")), ["/roles/0"]);
  });

  it("are told when made, changed and deleted; the same again is told of nobody", async () => {
    const here = await roleWorld();
    await here.role("lead", { permissions: ["crm:view"] });
    await here.edit("lead", { name: "Lead", permissions: ["crm:view", "crm:edit"] });
    await here.edit("lead", { name: "Lead", permissions: ["crm:view", "crm:edit"] });
    await here.call("DELETE", "/roles/lead");
    const [created, updated, deleted, ...rest] = await here.told("role");
    assert.deepEqual(created?.[0], "role.created");
    assert.deepEqual(updated, [
      "role.updated",
      { slug: "lead", template: false, name: ["lead", "Lead"], permissions: [["crm:view"], ["crm:view", "crm:edit"]] },
    ]);
    assert.deepEqual(deleted, ["role.deleted", { slug: "lead", template: false, name: "Lead", replacedBy: null }]);
    assert.deepEqual(rest, []);
  });
});

describe("rule 16: whoever names or edits a role has what it has", () => {
  it("S1.2 S0.6 creating one", async () => {
    const here = await roleWorld();
    const call = await here.as("roles:create", "crm:view", "contact:view");
    for (const body of [{ permissions: ["crm:edit"] }, { permissions: ["*"] }, { extends: "admin" }]) {
      refused(await call("POST", "/roles", { slug: "mine", name: "Mine", ...body }), 403, "forbidden");
    }
    const allowed = await call("POST", "/roles", {
      slug: "mine",
      name: "Mine",
      extends: "viewer",
      permissions: ["crm:view"],
    });
    assert.equal(allowed.status, 201, allowed.text);
  });

  it("editing one, before and after", async () => {
    const here = await roleWorld();
    await here.role("big", { permissions: ["crm:view", "crm:edit"] });
    await here.role("small", { permissions: ["crm:view"] });
    const call = await here.as("roles:edit", "crm:view");
    refused(await call("PATCH", "/roles/big", { permissions: ["crm:view"] }), 403, "forbidden");
    refused(await call("PATCH", "/roles/small", { permissions: ["crm:edit"] }), 403, "forbidden");
    refused(await call("PATCH", "/roles/small", { extends: "big" }), 403, "forbidden");
    assert.equal((await call("PATCH", "/roles/small", { name: "Small" })).status, 200);
  });

  it("deleting or replacing one", async () => {
    const here = await roleWorld();
    await here.role("big", { permissions: ["crm:edit"] });
    await here.role("small", { permissions: ["crm:view"] });
    const call = await here.as("roles:delete", "crm:view");
    refused(await call("DELETE", "/roles/big"), 403, "forbidden");
    refused(await call("DELETE", "/roles/small?replaceWith=big"), 403, "forbidden");
    assert.equal((await call("DELETE", "/roles/small")).status, 204);
  });

  it("giving one to a member, or naming one in settings", async () => {
    const here = await roleWorld();
    await here.role("big", { permissions: ["crm:edit"] });
    await here.template("crm", { permissions: ["crm:edit"] });
    const call = await here.as("members:create", "settings:edit", "contact:view");
    for (const roles of [["big"], ["viewer", "crm"]]) {
      const body = { email: "a@example.com", name: { givenName: "A" }, roles };
      refused(await call("POST", "/members", body), 403, "forbidden");
    }
    refused(await call("PATCH", "", { settings: { seats: { seatedRole: "big" } } }), 403, "forbidden");
    assert.equal((await here.call("PATCH", "", { settings: { seats: { seatedRole: "big" } } })).status, 200);
    assert.deepEqual((await here.add("b@example.com"))["roles"], ["big"]);
  });

  it("S1.8 what is needed to see roles, make, change and delete them is a permission for each", async () => {
    const here = await roleWorld();
    await here.role("mine");
    const wishes = [
      ["GET", "/roles", "roles:view", undefined],
      ["GET", "/permission-areas", "roles:view", undefined],
      ["POST", "/roles", "roles:create", { slug: "x", name: "X" }],
      ["PATCH", "/roles/mine", "roles:edit", { name: "X" }],
      ["DELETE", "/roles/mine", "roles:delete", undefined],
    ] as const;
    const call = await here.as("members:manage", "crm:view");
    for (const [method, path, permission, body] of wishes) {
      assert.equal(refused(await call(method, path, body), 403, "forbidden")["permission"], permission);
    }
  });
});

describe("role templates", () => {
  it("S1.5 S1.12 S1.24 are sets of permissions that are added to a member's role, and taken away", async () => {
    const here = await roleWorld();
    await here.template("crm", { name: "CRM access", permissions: ["crm:view", "crm:edit"] });
    const { id, roles, permissions } = await here.add("ana@example.com", { roles: ["member", "crm"] });
    assert.deepEqual(
      [roles, permissions],
      [
        ["member", "crm"],
        ["contact:view", "crm:view", "crm:edit"],
      ],
    );
    const cleared = (await here.call("PATCH", `/members/${String(id)}`, { roles: ["member"] })).body;
    assert.deepEqual([cleared.roles, cleared.permissions], [["member"], ["contact:view"]]);
  });

  it("S1.27 are swapped, and change for all who have them", async () => {
    const here = await roleWorld();
    await here.template("crm", { permissions: ["crm:view"] });
    await here.template("reports", { permissions: ["analytics:view"] });
    const { id } = await here.add("ana@example.com", { roles: ["member", "crm"] });
    await here.call("PATCH", `/members/${String(id)}`, { roles: ["member", "reports"] });
    await here.call("PATCH", "/role-templates/reports", { permissions: ["analytics:view", "analytics:export"] });
    assert.deepEqual((await here.member(id)).permissions, ["contact:view", "analytics:view", "analytics:export"]);
  });

  it("are listed apart from roles, and extend templates alone", async () => {
    const here = await roleWorld();
    await here.template("crm", { permissions: ["crm:view"] });
    const child = await here.template("crmplus", { extends: "crm", permissions: ["crm:edit"] });
    assert.deepEqual(child.allPermissions, ["crm:edit", "crm:view"]);
    assert.deepEqual(
      items(await here.call("GET", "/role-templates")).map(({ slug }) => slug),
      ["crm", "crmplus"],
    );
    refused(
      await here.call("POST", "/role-templates", { slug: "x", name: "X", extends: "member" }),
      400,
      "invalid_request",
    );
    refused(await here.call("GET", "/role-templates/admin"), 404, "not_found");
    refused(await here.call("PATCH", "/role-templates/admin", { name: "x" }), 404, "not_found");
  });

  it("are given by no mapping and no setting", async () => {
    const here = await roleWorld();
    await here.template("crm");
    const mapping = await here.call("PUT", "/role-mappings", [{ when: "title pr", role: "crm" }]);
    assert.deepEqual(paths(refused(mapping, 400, "invalid_request")), ["/0/role"]);
    const settings = await here.call("PATCH", "", { settings: { seats: { seatedRole: "crm" } } });
    assert.deepEqual(paths(refused(settings, 400, "invalid_request")), ["/settings/seats/seatedRole"]);
  });

  it("rule 14: survive on a member whose role a mapping gives", async () => {
    const here = await roleWorld();
    await here.template("crm", { permissions: ["crm:view"] });
    const { id } = await here.push("ana@example.com", { title: "Lead" });
    await here.call("PUT", "/role-mappings", [{ when: "title pr", role: "member" }]);
    const given = await here.call("PATCH", `/members/${id}`, { roles: ["member", "crm"] });
    assert.deepEqual(given.body.roles, ["member", "crm"]);
    await here.call("PUT", "/role-mappings", [{ when: "title pr", role: "viewer" }]);
    assert.deepEqual((await here.member(id)).roles, ["viewer", "crm"]);
  });
});
