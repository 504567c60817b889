/** What the help pages of comparable products say of roles, where no other case does. */
import assert from "node:assert/strict";
import { permits } from "../../src/admission/permissions.ts";
import { roleWorld } from "../directory/roleWorld.ts";
import { items, refused } from "./place.ts";

describe("roles as products have them", () => {
  it("S0.9 newcomers get the role that the tenant names, be it one of its own", async () => {
    const here = await roleWorld({ seatLimit: 2 });
    await here.role("agent", { permissions: ["conversations:view"] });
    await here.call("PATCH", "", { settings: { seats: { seatedRole: "agent" } } });
    const { roles, seat } = await here.add("ana@example.com");
    assert.deepEqual([roles, seat], [["agent"], "held"]);
  });

  it("S0.13 S0.28 a session tells the application what the roles allow, for its menus", async () => {
    const here = await roleWorld();
    await here.role("supervisor", { permissions: ["conversations:manage", "analytics:view"] });
    const { id } = await here.add("ana@example.com", { roles: ["supervisor"] });
    const held = await (await here.session(id))();
    const menu = ["conversations:view", "analytics:view", "analytics:export", "settings:edit"];
    assert.deepEqual(
      menu.map((needed) => permits(held, needed)),
      [true, true, false, false],
    );
  });

  it("S1.2 who is no admin neither sees nor changes users, roles and permissions", async () => {
    const here = await roleWorld();
    const { id } = await here.add("ana@example.com", { roles: ["member"] });
    const call = await here.as(...((await here.member(id)).permissions as string[]));
    for (const path of [
      "/members",
      "/roles",
      "/role-templates",
      "/permission-areas",
      `/members/${String(id)}/grants`,
    ]) {
      refused(await call("GET", path), 403, "forbidden");
    }
    refused(await call("PATCH", `/members/${String(id)}`, { roles: ["admin"] }), 403, "forbidden");
    refused(await call("PATCH", `/members/${String(id)}/grants`, { permissions: ["crm:view"] }), 403, "forbidden");
  });

  it("S1.3 S1.24 a list shows e-mail, roles and templates, status, each toggle, and the last sign-in", async () => {
    const here = await roleWorld();
    await here.template("support", { permissions: ["conversations:view"] });
    const { id } = await here.add("ana@example.com", { roles: ["member", "support"] });
    await here.give(id, { permissions: ["crm:view"] });
    const [row] = items(await here.call("GET", "/members"));
    assert.deepEqual(
      [row?.["email"], row?.["roles"], row?.["status"], row?.["permissions"], row?.["lastSignInAt"]],
      ["ana@example.com", ["member", "support"], "active", ["contact:view", "conversations:view", "crm:view"], null],
    );
  });

  it("S1.7 S1.11 S2.9 S3.3 an admin may do everything, also what applications add later; others by their roles", async () => {
    const here = await roleWorld();
    const admin = (await here.add("ana@example.com", { roles: ["admin"] }))["permissions"] as string[];
    const member = (await here.add("ben@example.com", { roles: ["member"] }))["permissions"] as string[];
    for (const needed of ["members:delete", "crm:edit", "billing:view", "agents:edit@a1"]) {
      assert.deepEqual([permits(admin, needed), permits(member, needed)], [true, false], needed);
    }
  });

  it("S1.18 S2.31 a role starts with nothing, and what is not given is not allowed", async () => {
    const here = await roleWorld();
    await here.role("bare");
    assert.deepEqual((await here.add("ana@example.com", { roles: ["bare"] }))["permissions"], []);
  });

  it("S2.1 S3.4 S3.5 admin and member take a seat, a viewer takes none", async () => {
    const here = await roleWorld({ seatLimit: 5 });
    const seats = ["admin", "member", "viewer"].map(
      async (role) => (await here.add(`${role}@example.com`, { roles: [role] }))["seat"],
    );
    assert.deepEqual(await Promise.all(seats), ["held", "held", "none"]);
  });

  it("S3.6 between admin and member the seat stays, and a viewer gives it back", async () => {
    const here = await roleWorld({ seatLimit: 2 });
    await here.add("boss@example.com", { roles: ["admin"] });
    const { id } = await here.add("ana@example.com", { roles: ["member"] });
    const seen: string[] = [];
    for (const role of ["admin", "member", "viewer"]) {
      const { body } = await here.call("PATCH", `/members/${String(id)}`, { roles: [role] });
      seen.push(`${body.roles} ${body.seat}`);
    }
    assert.deepEqual(seen, ["admin held", "member held", "viewer none"]);
    assert.equal(await here.seats(), "1/2 waiting 0 over 0");
  });
});
