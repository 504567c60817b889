/** What changed, deleted and replaced roles make of the members who have them. */
import assert from "node:assert/strict";
import { MOST_AT_ONCE } from "../../src/directory/members/effects.ts";
import { items, refused } from "../admin/place.ts";
import { assertCounted, seatsHeld, storedMembers } from "./people.ts";
import { roleWorld } from "./roleWorld.ts";

type World = Awaited<ReturnType<typeof roleWorld>>;

const name = { givenName: "Ana" };

/** Members with these roles, all of them in one statement; they hold no seat. */
async function crowd({ db, tenantId }: World, count: number, role: string): Promise<void> {
  await db.pool.query(
    `insert into members (tenant_id, id, user_name_key, name_key, scim, entrance, joined_at, granted, entitled, roles,
        administers, seat, needs_seat, reasons, created_at, updated_at)
      select $1, uuid_v7(now()), 'crowd' || n, 'crowd', jsonb_build_object('userName', 'crowd' || n), 'admin', now(),
        array[$3], array[$3], array[$3], false, 'none', false,
        jsonb_build_array(jsonb_build_object('code', 'granted', 'role', $3::text), '{"code":"noRoleNeedsSeat"}'::jsonb),
        now(), now() from generate_series(1, $2::int) as n`,
    [tenantId, count, role],
  );
}

async function rolesOf({ tenantId }: World): Promise<string[]> {
  return (await storedMembers(tenantId)).map(({ roles }) => roles.join("+"));
}

describe("a role that changes", () => {
  it("S1.28 S2.8 counts at the next request of whoever has it, in a session and over the API", async () => {
    const here = await roleWorld();
    await here.role("lead", { permissions: ["members:view"] });
    await here.role("chief", { extends: "lead" });
    const { id } = await here.add("ana@example.com", { roles: ["chief"] });
    const permissions = await here.session(id);
    assert.deepEqual(await permissions(), ["members:view"]);
    await here.edit("lead", { permissions: ["crm:view"] });
    assert.deepEqual(await permissions(), ["crm:view"]);
    assert.deepEqual((await here.member(id)).permissions, ["crm:view"]);
    await here.call("PATCH", `/members/${String(id)}`, { roles: ["viewer"] });
    assert.deepEqual(await permissions(), ["contact:view"]);
  });

  it("rule 5: that comes to need a seat takes none away and gives one over the limit", async () => {
    const here = await roleWorld({ seatLimit: 1 });
    await here.role("agent", { seatRequired: false });
    for (const one of ["a", "b", "c"]) await here.add(`${one}@example.com`, { roles: ["agent"] });
    await here.edit("agent", { seatRequired: true });
    assert.deepEqual(await seatsHeld(here.tenantId), ["held", "held", "held"]);
    assert.equal(await here.seats(), "3/1 waiting 0 over 2");
    assert.equal((await storedMembers(here.tenantId))[0]?.reasons.at(-1)?.code, "keptOverLimit");
    refused(
      await here.call("POST", "/members", { email: "d@example.com", name, roles: ["agent"] }),
      409,
      "seat_limit_reached",
    );
  });

  it("rule 4: that needs a seat no more frees those of its members, and who waits gets one", async () => {
    const here = await roleWorld({ seatLimit: 1 });
    await here.role("agent");
    const agent = await here.add("a@example.com", { roles: ["agent"] });
    const waiting = await here.push("b@example.com");
    assert.equal(waiting.seat, "waiting");
    await here.edit("agent", { seatRequired: false });
    assert.deepEqual([(await here.member(agent["id"])).seat, (await here.member(waiting.id)).seat], ["none", "held"]);
    assert.equal(await here.seats(), "1/1 waiting 0 over 0");
  });

  it("S0.14 takes those with it that extend it: extended by what needs a seat, they need one", async () => {
    const here = await roleWorld({ seatLimit: 5 });
    await here.role("base", { seatRequired: false });
    await here.role("agent", { extends: "base" });
    await here.add("a@example.com", { roles: ["agent"] });
    await here.edit("base", { extends: "member" });
    assert.deepEqual(await seatsHeld(here.tenantId), ["held"]);
    await here.edit("base", { extends: null });
    assert.deepEqual(await seatsHeld(here.tenantId), ["none"]);
    await assertCounted(here.tenantId);
  });

  it("rule 7: is refused a seat where the settings let people in with it and without one", async () => {
    const here = await roleWorld({ seatLimit: 1 });
    await here.role("guest", { seatRequired: false });
    await here.call("PATCH", "", { settings: { seats: { fallbackRole: "guest" } } });
    refused(await here.call("PATCH", "/roles/guest", { seatRequired: true }), 400, "invalid_request");
    assert.equal((await here.call("GET", "/roles/guest")).body.seatRequired, false);
  });

  it("rule 3: of more than a thousand members is carried out by a job, in bits, and the answer does not wait", async () => {
    const here = await roleWorld({ seatLimit: 3 });
    await here.role("agent", { seatRequired: false });
    await crowd(here, MOST_AT_ONCE + 1, "agent");
    await here.edit("agent", { seatRequired: true });
    assert.equal(await here.seats(), "0/3 waiting 0 over 0");
    const meanwhile = await here.call("POST", "/members", { email: "d@example.com", name, roles: ["agent"] });
    assert.equal(meanwhile.body.seat, "held");
    assert.ok((await here.work()) > 1);
    assert.equal(await here.seats(), `${MOST_AT_ONCE + 2}/3 waiting 0 over ${MOST_AT_ONCE - 1}`);
    await assertCounted(here.tenantId);
  });

  it("told by two at once leaves both changes and one counter", async () => {
    const here = await roleWorld({ seatLimit: 2 });
    await here.role("agent", { seatRequired: false });
    await here.add("a@example.com", { roles: ["agent"] });
    const edits = await Promise.all([
      here.call("PATCH", "/roles/agent", { seatRequired: true }),
      here.call("PATCH", "/roles/agent", { name: "Agent" }),
      here.call("POST", "/members", { email: "b@example.com", name, roles: ["agent"] }),
    ]);
    assert.deepEqual(
      edits.map(({ status }) => status),
      [200, 200, 201],
    );
    const { name: called, seatRequired } = (await here.call("GET", "/roles/agent")).body;
    assert.deepEqual([called, seatRequired], ["Agent", true]);
    assert.deepEqual(await seatsHeld(here.tenantId), ["held", "held"]);
    await assertCounted(here.tenantId);
  });
});

describe("rule 17: the last admin, who is one by a role of the tenant's own", () => {
  it("S3.3 is not taken away by an edit of that role, nor of one that it extends", async () => {
    const here = await roleWorld();
    await here.role("all", { permissions: ["*"] });
    await here.role("owner", { extends: "all" });
    const { id } = await here.add("ana@example.com", { roles: ["owner"] });
    refused(await here.call("PATCH", "/roles/owner", { extends: null }), 409, "last_admin");
    refused(await here.call("PATCH", "/roles/all", { permissions: ["crm:view"] }), 409, "last_admin");
    assert.deepEqual((await here.member(id)).permissions, ["*"]);
    await here.add("boss@example.com", { roles: ["admin"] });
    await here.edit("all", { permissions: ["crm:view"] });
    const [ana, boss] = (
      await here.db.pool.query("select administers from members where tenant_id = $1 order by id", [here.tenantId])
    ).rows as { administers: boolean }[];
    assert.deepEqual([ana?.administers, boss?.administers], [false, true]);
  });

  it("is not taken away by the end of that role, unless another admin's role takes its place", async () => {
    const here = await roleWorld();
    await here.role("owner", { extends: "admin" });
    const { id } = await here.add("ana@example.com", { roles: ["owner"] });
    refused(await here.call("DELETE", "/roles/owner?replaceWith=member"), 409, "last_admin");
    assert.equal((await here.call("DELETE", "/roles/owner?replaceWith=admin")).status, 204);
    assert.deepEqual((await here.member(id)).roles, ["admin"]);
  });

  it("ends a hold by a role that comes to administer", async () => {
    const here = await roleWorld();
    await here.push("ana@example.com", { title: "Boss" });
    const { id: ben } = await here.add("ben@example.com", { roles: ["viewer"] });
    await here.call("PUT", "/role-mappings", [{ when: "title pr", role: "admin" }]);
    await here.call("PUT", "/role-mappings", [{ when: 'title eq "x"', role: "admin" }]);
    assert.deepEqual(await rolesOf(here), ["admin", "viewer"]);
    await here.role("owner", { permissions: ["crm:view"], seatRequired: false });
    await here.call("PATCH", `/members/${String(ben)}`, { roles: ["owner"] });
    await here.edit("owner", { permissions: ["*"] });
    assert.deepEqual(await rolesOf(here), ["viewer", "owner"]);
  });

  it("is asked for again where a seat would be lost with the role", async () => {
    const here = await roleWorld({ seatLimit: 0 });
    await here.role("owner", { permissions: ["*"], seatRequired: false });
    await here.add("ana@example.com", { roles: ["owner"] });
    refused(await here.call("DELETE", "/roles/owner?replaceWith=admin"), 409, "last_admin");
  });
});

describe("a role that is deleted", () => {
  it("is refused while it is in use, and says where", async () => {
    const here = await roleWorld();
    await here.role("agent", { seatRequired: false });
    await here.role("lead", { extends: "agent" });
    await here.add("ana@example.com", { roles: ["agent"] });
    await here.call("PUT", "/role-mappings", [{ when: "title pr", role: "agent" }]);
    await here.call("PATCH", "", { settings: { seats: { fallbackRole: "agent" } } });
    await here.call("POST", "/domains", { domain: "example.com" });
    await here.call("PATCH", "/domains/example.com", { autoJoin: { role: "agent" } });
    const problem = refused(await here.call("DELETE", "/roles/agent"), 409, "conflict");
    assert.deepEqual(problem["uses"], { members: 1, mappings: 1, settings: true, heirs: 1, domains: 1 });
    assert.equal((await here.call("GET", "/roles/agent")).status, 200);
  });

  it("is replaced wherever it is named: members, mappings, settings, domains, heirs", async () => {
    const here = await roleWorld();
    await here.role("agent", { seatRequired: false });
    await here.role("desk", { seatRequired: false, permissions: ["crm:view"] });
    await here.role("lead", { extends: "agent" });
    const granted = await here.add("ana@example.com", { roles: ["agent", "viewer"] });
    const fallen = await here.push("ben@example.com");
    const mapped = await here.push("cem@example.com", { title: "Agent" });
    await here.call("PUT", "/role-mappings", [{ when: 'title eq "Agent"', role: "agent" }]);
    await here.call("PATCH", "", { settings: { seats: { fallbackRole: "agent" } } });
    await here.call("POST", "/domains", { domain: "example.com" });
    await here.call("PATCH", "/domains/example.com", { autoJoin: { role: "agent" } });
    const gone = await here.call("DELETE", "/roles/agent?replaceWith=desk");
    assert.equal(gone.status, 204, gone.text);
    const roles = await Promise.all(
      [granted["id"], fallen.id, mapped.id].map(async (id) => (await here.member(id)).roles),
    );
    assert.deepEqual(roles, [["desk", "viewer"], ["desk"], ["desk"]]);
    assert.deepEqual((await here.call("GET", "/role-mappings")).body, [{ when: 'title eq "Agent"', role: "desk" }]);
    assert.equal((await here.call("GET", "")).body.settings.seats.fallbackRole, "desk");
    assert.equal(items(await here.call("GET", "/domains"))[0]?.["autoJoin"] instanceof Object, true);
    assert.equal((await here.call("GET", "/domains")).body.items[0].autoJoin.role, "desk");
    assert.deepEqual((await here.call("GET", "/roles/lead")).body.extends, "desk");
    refused(await here.call("GET", "/roles/agent"), 404, "not_found");
    assert.deepEqual((await here.told("role")).at(-1)?.[1], {
      slug: "agent",
      template: false,
      name: "agent",
      replacedBy: "desk",
    });
  });

  it("leaves a newcomer's default role as a grant of the other, and frees its slug", async () => {
    const here = await roleWorld();
    await here.role("agent");
    await here.call("PATCH", "", { settings: { seats: { seatedRole: "agent" } } });
    const { id } = await here.add("ana@example.com");
    await here.call("DELETE", "/roles/agent?replaceWith=member");
    assert.deepEqual((await here.member(id)).roles, ["member"]);
    assert.equal((await here.call("GET", "")).body.settings.seats.seatedRole, "member");
    assert.equal((await here.call("POST", "/roles", { slug: "agent", name: "Agent" })).status, 201);
    assert.deepEqual((await here.member(id)).roles, ["member"]);
  });

  it("rule 2: by one that needs a seat takes no seat above the limit; who gets none has the fallback role", async () => {
    const here = await roleWorld({ seatLimit: 1 });
    await here.role("agent", { seatRequired: false });
    for (const one of ["a", "b"]) await here.add(`${one}@example.com`, { roles: ["agent"] });
    await here.call("DELETE", "/roles/agent?replaceWith=member");
    assert.deepEqual([await rolesOf(here), await here.seats()], [["member", "viewer"], "1/1 waiting 0 over 0"]);
    assert.equal((await storedMembers(here.tenantId))[1]?.reasons.at(-1)?.code, "seatsFull");
  });

  it("rule 3: of more than a thousand members ends by a job; meanwhile it is in no list and given to nobody for good", async () => {
    const here = await roleWorld();
    await here.role("agent", { seatRequired: false });
    await crowd(here, MOST_AT_ONCE + 1, "agent");
    await here.call("DELETE", "/roles/agent?replaceWith=viewer");
    assert.deepEqual(
      items(await here.call("GET", "/roles")).map(({ slug }) => slug),
      ["admin", "member", "viewer"],
    );
    refused(await here.call("DELETE", "/roles/agent"), 404, "not_found");
    refused(await here.call("POST", "/roles", { slug: "agent", name: "Agent" }), 409, "slug_exists");
    await here.call("PATCH", "", { settings: { seats: { seatedRole: "agent" } } });
    assert.ok((await here.work()) >= 2);
    assert.deepEqual([...new Set(await rolesOf(here))], ["viewer"]);
    assert.equal((await here.call("GET", "")).body.settings.seats.seatedRole, "viewer");
    assert.equal((await here.call("POST", "/roles", { slug: "agent", name: "Agent" })).status, 201);
    assert.equal((await here.told("member")).filter(([type]) => type === "member.updated").length, MOST_AT_ONCE + 1);
  });

  it("rule 16: that becomes another by a job is given by nobody who lacks what it becomes, and the other stays until then", async () => {
    const here = await roleWorld();
    await here.role("agent", { seatRequired: false });
    await here.role("chief", { permissions: ["crm:view"], seatRequired: false });
    await crowd(here, MOST_AT_ONCE + 1, "agent");
    const { id } = await here.add("ana@example.com");
    await here.call("DELETE", "/roles/agent?replaceWith=chief");
    const call = await here.as("members:manage", "roles:manage", "contact:view");
    refused(await call("PATCH", `/members/${String(id)}`, { roles: ["agent"] }), 403, "forbidden");
    refused(await call("POST", "/roles", { slug: "heir", name: "Heir", extends: "agent" }), 400, "invalid_request");
    refused(await here.call("DELETE", "/roles/chief"), 409, "conflict");
    refused(await here.call("DELETE", "/roles/chief?replaceWith=viewer"), 409, "conflict");
    await here.work();
    assert.deepEqual([...new Set(await rolesOf(here))].toSorted(), ["chief", "member"]);
  });

  const others: readonly (readonly [what: string, to: string])[] = [
    ["itself", "agent"],
    ["one that is not there", "ghost"],
    ["a template", "crm"],
  ];
  for (const [what, to] of others) {
    it(`is not replaced by ${what}`, async () => {
      const here = await roleWorld();
      await here.role("agent");
      await here.template("crm");
      const problem = refused(await here.call("DELETE", `/roles/agent?replaceWith=${to}`), 400, "invalid_request");
      assert.deepEqual((problem["errors"] as { path: string }[])[0]?.path, "/replaceWith");
    });
  }

  it("is not replaced by its heir's heir, which would extend itself", async () => {
    const here = await roleWorld();
    await here.role("agent");
    await here.role("lead", { extends: "agent" });
    await here.role("chief", { extends: "lead" });
    refused(await here.call("DELETE", "/roles/agent?replaceWith=chief"), 400, "invalid_request");
  });

  it("S1.27 a template is replaced by a template, and its members keep their role", async () => {
    const here = await roleWorld();
    await here.template("crm", { permissions: ["crm:view"] });
    await here.template("reports", { permissions: ["analytics:view"] });
    const { id } = await here.add("ana@example.com", { roles: ["member", "crm"] });
    refused(await here.call("DELETE", "/role-templates/crm"), 409, "conflict");
    refused(await here.call("DELETE", "/role-templates/crm?replaceWith=viewer"), 400, "invalid_request");
    assert.equal((await here.call("DELETE", "/role-templates/crm?replaceWith=reports")).status, 204);
    assert.deepEqual((await here.member(id)).roles, ["member", "reports"]);
  });
});
