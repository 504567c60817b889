/** What applications let people do, as the operator declares it. */
import assert from "node:assert/strict";
import { declare, roleWorld } from "../directory/roleWorld.ts";
import { api } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { refused } from "./place.ts";

let made = 0;

/** The name of an area that no other case has. */
function newArea(): string {
  made += 1;
  return `area${process.pid}x${made}`;
}

const plain = { name: "Tickets", actions: ["view", "close"] };

async function operator() {
  const call = api(await testDatabase());
  const read = async (): Promise<Record<string, unknown>> => (await call.get("/permission-areas")).body;
  return {
    put: (areas: object) => call.put("/permission-areas", areas),
    read,
    /** Takes one area out of what is declared. */
    without: async (area: string) => {
      const { [area]: _, ...rest } = await read();
      return call.put("/permission-areas", rest);
    },
    /** Declares one area otherwise. */
    as: async (area: string, declared: object) =>
      call.put("/permission-areas", { ...(await read()), [area]: declared }),
  };
}

describe("permission areas", () => {
  it("S1.16 S1.17 the operator declares what the applications have, with the actions of each", async () => {
    const { read } = await operator();
    const area = newArea();
    await declare({ [area]: plain });
    assert.deepEqual((await read())[area], { ...plain, scoped: false });
    const here = await roleWorld();
    const { permissions } = await here.role("agent", { permissions: [`${area}:view`, `${area}:close`] });
    assert.deepEqual(permissions, [`${area}:view`, `${area}:close`]);
  });

  it("S1.16 a tenant sees them beside Usher's own", async () => {
    const here = await roleWorld();
    const { items } = (await here.call("GET", "/permission-areas")).body;
    const byArea = new Map(items.map((one: Record<string, unknown>) => [one["area"], one]));
    assert.deepEqual(byArea.get("members"), {
      area: "members",
      name: "members",
      actions: ["view", "create", "edit", "delete", "manage", "export"],
      scoped: false,
      own: true,
    });
    assert.equal((byArea.get("crm") as Record<string, unknown>)["own"], false);
  });

  it("S1.17 `manage` is all of an area", async () => {
    const here = await roleWorld();
    await here.role("desk", { permissions: ["conversations:manage"] });
    await here.role("writer", { permissions: ["conversations:edit"] });
    const call = await here.as("members:edit", "conversations:manage");
    const { id } = await here.add("ana@example.com", { roles: ["viewer"] });
    await here.call("PATCH", `/members/${String(id)}`, { roles: ["writer"] });
    assert.equal((await call("PATCH", `/members/${String(id)}`, { roles: ["desk"] })).status, 200);
  });

  it("are taken out again where nobody has them", async () => {
    const { without, read } = await operator();
    const area = newArea();
    await declare({ [area]: plain });
    assert.equal((await without(area)).status, 200);
    assert.equal(Object.hasOwn(await read(), area), false);
    const here = await roleWorld();
    refused(
      await here.call("POST", "/roles", { slug: "x", name: "X", permissions: [`${area}:view`] }),
      400,
      "invalid_request",
    );
  });

  it("stay while a role, a member or an agent somewhere has them", async () => {
    const { without, as } = await operator();
    const here = await roleWorld();
    const [ofRole, ofMember, ofAgent] = [newArea(), newArea(), newArea()];
    await declare({ [ofRole]: plain, [ofMember]: plain, [ofAgent]: { ...plain, scoped: true } });
    await here.role("agent", { permissions: [`${ofRole}:view`] });
    const { id } = await here.add("ana@example.com");
    await here.call("PUT", `/resources/${ofAgent}/a1`, { name: "A" });
    await here.give(id, {
      permissions: [`${ofMember}:view`],
      resources: [{ area: ofAgent, id: "a1", actions: ["close"] }],
    });
    for (const area of [ofRole, ofMember, ofAgent]) refused(await without(area), 409, "conflict");
    refused(await as(ofRole, { ...plain, actions: ["close"] }), 409, "conflict");
    refused(await as(ofAgent, { ...plain, scoped: false }), 409, "conflict");
    refused(await as(ofAgent, { ...plain, scoped: true, actions: ["view"] }), 409, "conflict");
    assert.equal((await as(ofRole, { name: "Calls", actions: ["view"] })).status, 200);
    await here.call("DELETE", "/roles/agent");
    assert.equal((await without(ofRole)).status, 200);
  });

  const bad: readonly (readonly [what: string, areas: object, path: string])[] = [
    ["one of Usher's own", { members: plain }, "/members"],
    ["without actions", { tickets: { name: "T", actions: [] } }, "/tickets/actions"],
    ["with an action of another form", { tickets: { name: "T", actions: ["View"] } }, "/tickets/actions/0"],
    ["with an action twice", { tickets: { name: "T", actions: ["view", "view"] } }, "/tickets/actions"],
    ["without a name", { tickets: { actions: ["view"] } }, "/tickets/name"],
    ["with what it has not", { tickets: { ...plain, seats: 3 } }, "/tickets/seats"],
  ];
  for (const [what, areas, path] of bad) {
    it(`refuse one ${what}, and declare nothing`, async () => {
      const { put, read } = await operator();
      const before = await read();
      const problem = refused(await put({ ...before, ...areas }), 400, "invalid_request");
      assert.deepEqual(
        (problem["errors"] as { path: string }[]).map((fault) => fault.path),
        [path],
      );
      assert.deepEqual(await read(), before);
    });
  }

  it("refuse names that are none, and take one that objects have of their own", async () => {
    const { put, read, as, without } = await operator();
    for (const area of ["Tickets", "a b", "", "x:y", "a@b"]) {
      refused(await put({ ...(await read()), [area]: plain }), 400, "invalid_request");
    }
    assert.equal((await as("constructor", plain)).status, 200);
    assert.equal((await without("constructor")).status, 200);
  });

  it("a role that is written while its area is taken out keeps it, or is refused", async () => {
    const { without, read } = await operator();
    const area = newArea();
    await declare({ [area]: plain });
    const here = await roleWorld();
    const [role, gone] = await Promise.all([
      here.call("POST", "/roles", { slug: "x", name: "X", permissions: [`${area}:view`] }),
      without(area),
    ]);
    assert.deepEqual([role.status, gone.status], role.status === 201 ? [201, 409] : [400, 200]);
    assert.equal(Object.hasOwn(await read(), area), role.status === 201);
  });
});
