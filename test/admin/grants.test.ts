/** What members are given by hand beside their roles: toggles, and agents or projects one by one. */
import assert from "node:assert/strict";
import { roleWorld } from "../directory/roleWorld.ts";
import { items, refused } from "./place.ts";

const STRANGER = "01900000-0000-7000-8000-000000000000";

const paths = (problem: Record<string, unknown>): string[] =>
  (problem["errors"] as { path: string }[]).map(({ path }) => path);

const all = {
  permissions: ["crm:view", "recordings:view"],
  resources: [{ area: "agents", id: "a1", actions: ["view"] }],
};

/** A tenant with agents of two companies, and a member without an admin's roles. */
async function callCentre(options: Parameters<typeof roleWorld>[0] = {}) {
  const here = await roleWorld(options);
  await here.agent("a2", { name: "Berlin", company: "Beta" });
  await here.agent("a1", { name: "Reception", company: "Acme" });
  await here.agent("a3", { name: "Nobody's" });
  const { id } = await here.add("ana@example.com", { roles: ["member"] });
  const change = (body: object, call = here.call) => call("PATCH", `/members/${String(id)}/grants`, body);
  return { ...here, id, change };
}

describe("grants", () => {
  it("S1.14 S2.11 S4.4 are toggles: each a permission of one member, in force at once", async () => {
    const here = await callCentre();
    const permissions = await here.session(here.id);
    await here.give(here.id, { permissions: ["crm:view", "recordings:view"] });
    assert.deepEqual(await permissions(), ["contact:view", "crm:view", "recordings:view"]);
    await here.give(here.id, { permissions: ["recordings:view"] });
    assert.deepEqual((await here.member(here.id)).permissions, ["contact:view", "recordings:view"]);
    assert.deepEqual(await permissions(), ["contact:view", "recordings:view"]);
  });

  it("S1.34 taken away leave the other permissions as they are", async () => {
    const here = await callCentre();
    await here.call("PATCH", `/members/${String(here.id)}`, { roles: ["member"] });
    await here.give(here.id, { permissions: ["crm:view", "conversations:view"] });
    await here.give(here.id, { permissions: ["conversations:view"] });
    assert.deepEqual((await here.member(here.id)).permissions, ["contact:view", "conversations:view"]);
  });

  it("S4.5 are scopes: a permission on a named agent, shown company by company", async () => {
    const here = await callCentre();
    const resources = ["a1", "a2", "a3"].map((agent) => ({ area: "agents", id: agent, actions: ["view", "edit"] }));
    const { body } = await here.change({ permissions: [], resources });
    assert.deepEqual(
      body.resources.map((one: Record<string, unknown>) => [one["company"], one["name"], one["id"]]),
      [
        [null, "Nobody's", "a3"],
        ["Acme", "Reception", "a1"],
        ["Beta", "Berlin", "a2"],
      ],
    );
    assert.deepEqual((await here.call("GET", `/members/${String(here.id)}/grants`)).body, body);
    const { permissions } = await here.member(here.id);
    assert.ok(permissions.includes("agents:edit@a1") && !permissions.includes("agents:edit"));
  });

  it("S4.8 are replaced list by list, each whole: what it leaves out is gone, and a list that is left out stays", async () => {
    const here = await callCentre();
    await here.change(all);
    await here.change({ permissions: ["crm:edit"] });
    assert.deepEqual((await here.member(here.id)).permissions, ["contact:view", "crm:edit", "agents:view@a1"]);
    await here.change({});
    assert.deepEqual((await here.member(here.id)).permissions, ["contact:view", "crm:edit", "agents:view@a1"]);
    await here.change({ permissions: [], resources: [{ area: "agents", id: "a2", actions: ["edit"] }] });
    assert.deepEqual((await here.member(here.id)).permissions, ["contact:view", "agents:edit@a2"]);
  });

  it("S4.5 are seen from the agent's side too", async () => {
    const here = await callCentre();
    await here.change(all);
    const [only, ...rest] = items(await here.call("GET", "/resources/agents/a1/members"));
    assert.deepEqual(
      [only, rest],
      [{ id: here.id, displayName: "Ana Berg", email: "ana@example.com", actions: ["view"] }, []],
    );
    assert.deepEqual(items(await here.call("GET", "/resources/agents/a2/members")), []);
  });

  it("are explained with what each permission comes of", async () => {
    const here = await callCentre();
    await here.template("crm", { name: "CRM access", permissions: ["crm:view"] });
    await here.call("PATCH", `/members/${String(here.id)}`, { roles: ["member", "crm"] });
    await here.change(all);
    const { permissions } = (await here.call("GET", `/members/${String(here.id)}/explanation`)).body;
    const words = Object.fromEntries(
      permissions.map((one: Record<string, string>) => [one["permission"], one["text"]]),
    );
    assert.deepEqual(words, {
      "contact:view": "By the role Member.",
      "crm:view": "By the template CRM access and a grant by hand.",
      "recordings:view": "By a grant by hand.",
      "agents:view@a1": "By a grant by hand.",
    });
  });

  it("S3.7 wait while the member lacks a seat, and are in force with it", async () => {
    const here = await callCentre({ seatLimit: 1 });
    const { id } = await here.push("ben@example.com");
    const ask = () => here.member(id);
    await here.give(id, { permissions: ["crm:view"] });
    assert.deepEqual([(await ask()).seat, (await ask()).permissions], ["waiting", ["contact:view"]]);
    const [explained] = (await here.call("GET", `/members/${id}/explanation`)).body.permissions.filter(
      (one: Record<string, unknown>) => one["permission"] === "crm:view",
    );
    assert.deepEqual([explained.inForce, explained.granted], [false, true]);
    await here.call("PATCH", `/members/${String(here.id)}`, { hold: true });
    assert.deepEqual([(await ask()).seat, (await ask()).permissions], ["held", ["contact:view", "crm:view"]]);
  });

  it("rule 14: may be given to whom a directory manages", async () => {
    const here = await callCentre();
    const { id } = await here.push("ben@example.com");
    await here.give(id, all);
    assert.ok((await here.member(id)).permissions.includes("crm:view"));
  });

  it("are told by what was added and removed; the same again writes and tells nothing", async () => {
    const here = await callCentre();
    await here.change(all);
    await here.change(all);
    await here.change({ permissions: ["crm:view"], resources: [{ area: "agents", id: "a1", actions: ["edit"] }] });
    const told = (await here.told("member")).filter(([type]) => type === "member.grants_changed");
    assert.deepEqual(
      told.map(([, data]) => data),
      [
        { added: ["crm:view", "recordings:view", "agents:view@a1"], removed: [] },
        { added: ["agents:edit@a1"], removed: ["recordings:view", "agents:view@a1"] },
      ],
    );
  });

  it("end with the member, and with the agent", async () => {
    const here = await callCentre();
    await here.change(all);
    await here.call("DELETE", "/resources/agents/a1");
    assert.deepEqual((await here.member(here.id)).permissions, ["contact:view", "crm:view", "recordings:view"]);
    assert.equal((await here.call("DELETE", `/members/${String(here.id)}`)).status, 204);
    const { rows } = await here.db.pool.query("select from member_permissions where tenant_id = $1", [here.tenantId]);
    assert.deepEqual(rows, []);
  });

  const bad: readonly (readonly [what: string, body: object, path: string])[] = [
    ["a permission nobody declared", { permissions: ["crm:view", "crm:fly"] }, "/permissions/1"],
    ["everything", { permissions: ["*:*"] }, "/permissions/0"],
    ["a scope among the permissions", { permissions: ["agents:view@a1"] }, "/permissions/0"],
    ["an agent that is not there", { resources: [{ area: "agents", id: "a9", actions: ["view"] }] }, "/resources/0/id"],
    ["an agent twice", { resources: [all.resources[0], all.resources[0]] }, "/resources/1"],
    [
      "an area without single resources",
      { resources: [{ area: "crm", id: "a1", actions: ["view"] }] },
      "/resources/0/area",
    ],
    ["one of Usher's areas", { resources: [{ area: "members", id: "a1", actions: ["view"] }] }, "/resources/0/area"],
    [
      "an action nobody declared",
      { resources: [{ area: "agents", id: "a1", actions: ["view", "fly"] }] },
      "/resources/0/actions/1",
    ],
    ["no action", { resources: [{ area: "agents", id: "a1", actions: [] }] }, "/resources/0/actions"],
    ["an id of another form", { resources: [{ area: "agents", id: "a\0", actions: ["view"] }] }, "/resources/0/id"],
    ["another member's id", { memberId: STRANGER }, "/memberId"],
  ];
  let shared: ReturnType<typeof callCentre> | undefined;
  for (const [what, body, path] of bad) {
    it(`refuse ${what}, with its path, and change nothing`, async () => {
      const here = await (shared ??= callCentre());
      const reply = await here.change({ permissions: [], resources: [], ...body });
      assert.deepEqual(paths(refused(reply, 400, "invalid_request")), [path]);
      assert.deepEqual((await here.member(here.id)).permissions, ["contact:view"]);
    });
  }

  it("refuse everything at once, which is a role's to hold", async () => {
    const here = await callCentre();
    const reply = await here.change({ permissions: ["*"], resources: [] });
    assert.deepEqual(paths(refused(reply, 400, "invalid_request")), ["/permissions/0"]);
  });

  it("another tenant's member and agent are not found", async () => {
    const [here, there] = [await callCentre(), await roleWorld()];
    const other = await there.add("ben@example.com");
    refused(await here.call("PATCH", `/members/${String(other["id"])}/grants`, all), 404, "not_found");
    refused(await here.call("GET", `/members/${String(other["id"])}/grants`), 404, "not_found");
    const foreign = await there.call("PATCH", `/members/${String(other["id"])}/grants`, all);
    assert.deepEqual(paths(refused(foreign, 400, "invalid_request")), ["/resources/0/id"]);
    refused(await there.call("GET", "/resources/agents/a1/members"), 404, "not_found");
    refused(await there.call("DELETE", "/resources/agents/a1"), 404, "not_found");
    assert.equal((await there.call("GET", "/resources/agents")).body.total, 0);
  });

  it("of two who write at once are those of the one or of the other", async () => {
    const here = await callCentre();
    const bodies = [all, { permissions: [], resources: [{ area: "agents", id: "a2", actions: ["view"] }] }];
    const replies = await Promise.all(bodies.map((body) => here.change(body)));
    assert.deepEqual(
      replies.map(({ status }) => status),
      [200, 200],
    );
    const { permissions } = await here.member(here.id);
    const either = [
      ["contact:view", "crm:view", "recordings:view", "agents:view@a1"],
      ["contact:view", "agents:view@a2"],
    ];
    assert.ok(
      either.some((one) => one.join() === permissions.join()),
      permissions.join(),
    );
  });
});

describe("rule 16: whoever gives or takes a permission has it", () => {
  it("S1.8 with a key that has some of them", async () => {
    const here = await callCentre();
    const call = await here.as("members:edit", "crm:view");
    refused(await here.change({ permissions: ["recordings:view"], resources: [] }, call), 403, "forbidden");
    refused(await here.change({ permissions: [], resources: all.resources }, call), 403, "forbidden");
    assert.equal((await here.change({ permissions: ["crm:view"], resources: [] }, call)).status, 200);
    await here.change(all);
    refused(await here.change({ permissions: ["crm:view"], resources: [] }, call), 403, "forbidden");
  });

  it("S4.5 who may do it with all agents gives one of them", async () => {
    const here = await callCentre();
    const call = await here.as("members:edit", "agents:view");
    assert.equal((await here.change({ permissions: [], resources: all.resources }, call)).status, 200);
  });

  it("and takes over nobody who has more, by a password of their choice", async () => {
    const here = await callCentre();
    const call = await here.as("members:edit", "contact:view");
    const password = { password: "a long enough password" };
    await here.change(all);
    refused(await call("PATCH", `/members/${String(here.id)}`, password), 403, "forbidden");
    await here.change({ permissions: [], resources: [] });
    assert.equal((await call("PATCH", `/members/${String(here.id)}`, password)).status, 200);
  });

  it("needs members:edit, and members:view to see them", async () => {
    const here = await callCentre();
    const call = await here.as("members:view", "crm:view");
    assert.equal(refused(await here.change(all, call), 403, "forbidden")["permission"], "members:edit");
    const none = await here.as("crm:view");
    refused(await none("GET", `/members/${String(here.id)}/grants`), 403, "forbidden");
    refused(await none("GET", "/resources/agents/a1/members"), 403, "forbidden");
  });
});

describe("resources of an application", () => {
  it("S4.5 are told by the application's own key, and listed company by company, page by page", async () => {
    const here = await callCentre();
    const call = await here.as("resources:manage");
    const told = await call("PUT", "/resources/agents/a4", { name: "Bonn", company: "Beta" });
    assert.equal(told.status, 200, told.text);
    const first = await call("GET", "/resources/agents?limit=3");
    assert.deepEqual(
      items(first).map(({ id }) => id),
      ["a3", "a1", "a2"],
    );
    assert.equal(first.body.total, 4);
    const second = await call("GET", `/resources/agents?limit=3&cursor=${first.body.nextCursor}`);
    assert.deepEqual([items(second).map(({ id }) => id), second.body.nextCursor], [["a4"], null]);
    for (const cursor of ["x", Buffer.from('{"company":"\\u0000","id":"a","total":1}').toString("base64url")]) {
      refused(await call("GET", `/resources/agents?cursor=${cursor}`), 400, "invalid_request");
    }
  });

  it("are told anew; the same again tells nobody", async () => {
    const here = await callCentre();
    const before = await here.told("app_resource");
    await here.agent("a1", { name: "Reception", company: "Acme" });
    await here.agent("a1", { name: "Front desk", company: "Acme" });
    await here.call("DELETE", "/resources/agents/a1");
    const told = (await here.told("app_resource")).slice(before.length);
    assert.deepEqual(told, [
      ["app_resource.updated", { area: "agents", resource: "a1", name: "Front desk", company: "Acme" }],
      ["app_resource.deleted", { area: "agents", resource: "a1", name: "Front desk", company: null }],
    ]);
  });

  it("are refused in an area that has none, and under an id that is none", async () => {
    const here = await callCentre();
    refused(await here.call("PUT", "/resources/crm/a1", { name: "x" }), 400, "invalid_request");
    refused(await here.call("PUT", "/resources/ghosts/a1", { name: "x" }), 400, "invalid_request");
    for (const path of [
      "/resources/agents/a%00",
      "/resources/agents/%2F",
      "/resources/Agents/a1",
      "/resources/a%00/a1",
    ]) {
      refused(await here.call("PUT", path, { name: "x" }), 404, "not_found");
    }
    for (const body of [{}, { name: "x", companyId: "y" }, { name: "" }, { name: "x", company: " " }]) {
      refused(await here.call("PUT", "/resources/agents/a1", body), 400, "invalid_request");
    }
  });

  it("need a permission each", async () => {
    const here = await callCentre();
    const call = await here.as("crm:view");
    const wishes = [
      ["GET", "/resources/agents", "resources:view", undefined],
      ["PUT", "/resources/agents/a1", "resources:edit", { name: "x" }],
      ["DELETE", "/resources/agents/a1", "resources:delete", undefined],
    ] as const;
    for (const [method, path, permission, body] of wishes) {
      assert.equal(refused(await call(method, path, body), 403, "forbidden")["permission"], permission);
    }
  });
});
