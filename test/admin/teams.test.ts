import assert from "node:assert/strict";
import { changeScimGroup, createScimGroup, removeScimGroup } from "../../src/directory/directories/scimGroups.ts";
import type { DirectoryWho } from "../../src/directory/directories/scimMembers.ts";
import { items, place, refused, type Place } from "./place.ts";

const NOBODY = "01900000-0000-7000-8000-000000000000";

function directoryWho({ tenantId, directoryId }: Place): DirectoryWho {
  return { tenantId, directoryId, now: new Date(), actor: { type: "scim_token", id: directoryId } };
}

/** The directory pushes a group with these members; answers its id. */
async function group(here: Place, displayName: string, members: readonly string[]): Promise<string> {
  const made = await createScimGroup(here.db, directoryWho(here), { displayName }, members, undefined);
  return made.group.id;
}

/** Makes a team and answers it. */
async function team(here: Place, body: object): Promise<Record<string, unknown> & { id: string }> {
  const reply = await here.call("POST", "/teams", body);
  assert.equal(reply.status, 201, reply.text);
  return reply.body as Record<string, unknown> & { id: string };
}

async function added(here: Place, email: string): Promise<string> {
  return String((await here.add(email))["id"]);
}

async function teamNames(here: Place, memberId: string): Promise<string[]> {
  const { body } = await here.call("GET", `/members/${memberId}`);
  return (body as { teams: { name: string }[] }).teams.map(({ name }) => name);
}

async function inTeam(here: Place, reference: string): Promise<unknown[]> {
  return items(await here.call("GET", `/members?sort=email&team=${encodeURIComponent(reference)}`)).map(
    ({ email }) => email,
  );
}

async function told(here: Place, type: string): Promise<{ target: { id: string }; data: Record<string, unknown> }[]> {
  return items(await here.call("GET", `/events?type=${type}`)) as never;
}

describe("/teams", () => {
  it("S2.13 makes a team with name, description and members", async () => {
    const here = await place();
    const ana = await added(here, "ana@example.com");
    const made = await team(here, { name: "Support Tier 1", description: "First line", members: [ana] });
    assert.deepEqual(
      [made["name"], made["description"], made["memberCount"], made["groups"]],
      ["Support Tier 1", "First line", 1, []],
    );
    assert.deepEqual((await here.call("GET", `/teams/${made.id}`)).body, made);
    assert.deepEqual(items(await here.call("GET", "/teams")), [made]);
    assert.deepEqual(await inTeam(here, "support tier 1"), ["ana@example.com"]);
    assert.equal((await told(here, "team.created"))[0]?.target.id, made.id);
  });

  it("S2.6 S2.15 lets people be in several teams, edited from the team and from the member", async () => {
    const here = await place();
    const [ana, bea] = [await added(here, "ana@example.com"), await added(here, "bea@example.com")];
    const billing = await team(here, { name: "Billing Team", members: [ana] });
    await team(here, { name: "VIP Support" });
    const reply = await here.call("PATCH", `/members/${ana}`, { teams: ["vip support", billing.id] });
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual(await teamNames(here, ana), ["Billing Team", "VIP Support"]);
    const changed = await here.call("PATCH", `/teams/${billing.id}`, { addMembers: [bea], removeMembers: [ana] });
    assert.equal(changed.status, 200, changed.text);
    assert.deepEqual(await inTeam(here, "Billing Team"), ["bea@example.com"]);
    assert.deepEqual(await teamNames(here, ana), ["VIP Support"]);
    await here.call("PATCH", `/teams/${billing.id}`, { members: [ana] });
    assert.deepEqual(await inTeam(here, billing.id), ["ana@example.com"]);
    await here.call("PATCH", `/members/${ana}`, { teams: [] });
    assert.deepEqual(await teamNames(here, ana), []);
  });

  it("tells one event for each member who is moved, and none for a move that is none", async () => {
    const here = await place();
    const [ana, bea] = [await added(here, "ana@example.com"), await added(here, "bea@example.com")];
    const { id } = await team(here, { name: "Red", members: [ana, bea] });
    await here.call("PATCH", `/teams/${id}`, { members: [ana, bea], addMembers: [bea] });
    await here.call("PATCH", `/members/${ana}`, { teams: [id] });
    const events = await told(here, "member.teams_changed");
    assert.deepEqual(events.map(({ target }) => target.id).toSorted(), [ana, bea].toSorted());
    assert.deepEqual(events[0]?.data, { added: [id], removed: [] });
  });

  it("shows teams in CSV by the filter that the list has", async () => {
    const here = await place();
    const ana = await added(here, "ana@example.com");
    await added(here, "bea@example.com");
    await team(here, { name: "Red", members: [ana] });
    const lines = (await here.call("GET", "/members.csv?team=red")).text.trim().split("\r\n");
    assert.equal(lines.length, 2);
    assert.match(lines[1] ?? "", /ana@example\.com/);
  });

  it("is kept apart from directory groups, and takes in the members of those that are mapped, at once", async () => {
    const here = await place();
    const [ana, bea] = [(await here.push("ana@example.com")).id, (await here.push("bea@example.com")).id];
    const groupId = await group(here, "Support", [ana]);
    const made = await team(here, { name: "Support" });
    assert.deepEqual(await inTeam(here, "support"), []);
    const mapped = await here.call("PATCH", `/teams/${made.id}`, { groups: ["support"] });
    assert.deepEqual((mapped.body as { groups: unknown }).groups, [{ id: groupId, name: "Support" }]);
    assert.deepEqual(await inTeam(here, "support"), ["ana@example.com"]);
    const members = { replace: false, add: [bea], remove: [ana] };
    const change = { make: undefined, members, ifMatch: undefined, refuseUnknown: undefined };
    await changeScimGroup(here.db, directoryWho(here), groupId, change);
    assert.deepEqual(await inTeam(here, "support"), ["bea@example.com"]);
    assert.deepEqual(await teamNames(here, bea), ["Support"]);
    await removeScimGroup(here.db, directoryWho(here), groupId, () => {});
    assert.deepEqual(await inTeam(here, "support"), []);
    assert.deepEqual((await here.call("GET", `/teams/${made.id}`)).body, { ...made, groups: [] });
  });

  it("counts and shows once who is in a team by hand and by two groups", async () => {
    const here = await place();
    const { id: ana } = await here.push("ana@example.com");
    await group(here, "One", [ana]);
    const two = await group(here, "Two", [ana]);
    const { memberCount } = await team(here, { name: "Red", members: [ana], groups: ["One", { id: two, name: "x" }] });
    assert.equal(memberCount, 1);
    assert.deepEqual(await teamNames(here, ana), ["Red"]);
    assert.equal(((await here.call("GET", "/members?team=red")).body as { total: number }).total, 1);
  });

  it("keeps a member in the team of their group (rule 14)", async () => {
    const here = await place();
    const { id: ana } = await here.push("ana@example.com");
    await group(here, "Support", [ana]);
    const { id } = await team(here, { name: "Support", groups: ["Support"] });
    const extra = await team(here, { name: "Extra" });
    refused(await here.call("PATCH", `/members/${ana}`, { teams: [extra.id] }), 409, "managed_by_directory");
    assert.equal((await here.call("PATCH", `/members/${ana}`, { teams: [extra.id, id] })).status, 200);
    assert.deepEqual(await teamNames(here, ana), ["Extra", "Support"]);
  });

  it("loses who is removed, and the people of a team that is deleted stay members", async () => {
    const here = await place();
    const [ana, bea] = [await added(here, "ana@example.com"), await added(here, "bea@example.com")];
    const { id } = await team(here, { name: "Red", members: [ana, bea] });
    assert.equal((await here.call("DELETE", `/members/${ana}`)).status, 204);
    assert.equal(((await here.call("GET", `/teams/${id}`)).body as { memberCount: number }).memberCount, 1);
    assert.equal((await here.call("DELETE", `/teams/${id}`)).status, 204);
    assert.deepEqual(await teamNames(here, bea), []);
    refused(await here.call("GET", `/teams/${id}`), 404, "not_found");
    refused(await here.call("DELETE", `/teams/${id}`), 404, "not_found");
    assert.deepEqual((await told(here, "team.deleted"))[0]?.data, { name: "Red" });
  });

  it("refuses a taken name, however it is written, and changes nothing then", async () => {
    const here = await place();
    await team(here, { name: "Red" });
    const blue = await team(here, { name: "Blue" });
    refused(await here.call("POST", "/teams", { name: " RED " }), 409, "name_exists");
    refused(await here.call("PATCH", `/teams/${blue.id}`, { name: "red", description: "x" }), 409, "name_exists");
    assert.deepEqual((await here.call("GET", `/teams/${blue.id}`)).body, blue);
    assert.equal((await told(here, "team.updated")).length, 0);
  });

  it("has not found another tenant's teams, members and groups, and writes nothing by them", async () => {
    const [here, there] = [await place(), await place()];
    const stranger = await added(there, "eve@example.com");
    const theirs = await team(there, { name: "Theirs" });
    const strangers = await group(there, "Strangers", []);
    const mine = await team(here, { name: "Mine" });
    const ana = await added(here, "ana@example.com");
    const refusals = [
      await here.call("GET", `/teams/${theirs.id}`),
      await here.call("PATCH", `/teams/${theirs.id}`, { name: "x" }),
      await here.call("DELETE", `/teams/${theirs.id}`),
      await here.call("PATCH", `/teams/${mine.id}`, { members: [stranger] }),
      await here.call("PATCH", `/teams/${mine.id}`, { addMembers: [ana, NOBODY] }),
      await here.call("PATCH", `/teams/${mine.id}`, { removeMembers: [stranger] }),
      await here.call("PATCH", `/teams/${mine.id}`, { groups: [{ id: strangers }] }),
      await here.call("POST", "/teams", { name: "New", members: [stranger] }),
      await here.call("PATCH", `/members/${ana}`, { teams: [theirs.id] }),
      await here.call("PATCH", `/members/${ana}`, { teams: ["Theirs"] }),
      await here.call("PATCH", `/members/${ana}`, { jobTitle: "Boss", teams: [NOBODY] }),
    ];
    for (const reply of refusals) refused(reply, 404, "not_found");
    assert.deepEqual(items(await here.call("GET", "/teams")), [mine]);
    const { body } = await here.call("GET", `/members/${ana}`);
    assert.equal((body as { jobTitle: unknown }).jobTitle, null);
    assert.deepEqual(await inTeam(here, theirs.id), []);
  });

  it("refuses a group name that nobody pushed, and fields that it does not have", async () => {
    const here = await place();
    refused(await here.call("POST", "/teams", { name: "Red", groups: ["Nobody"] }), 400, "invalid_request");
    refused(await here.call("POST", "/teams", { name: "Red", tenantId: here.tenantId }), 400, "invalid_request");
    refused(await here.call("POST", "/teams", { name: "" }), 400, "invalid_request");
    refused(await here.call("POST", "/teams", { name: "Red", description: "a\u0000" }), 400, "invalid_request");
    refused(await here.call("POST", "/teams", { name: "R\u0000d" }), 400, "invalid_request");
    refused(await here.call("POST", "/teams", { name: "Red", members: ["urn:uuid:x"] }), 400, "invalid_request");
    assert.deepEqual(items(await here.call("GET", "/teams")), []);
  });

  it("S2.21 is for those who have its permissions, at the member too", async () => {
    const here = await place();
    const ana = await added(here, "ana@example.com");
    const red = await team(here, { name: "Red" });
    const viewer = await here.as("teams:view", "members:manage");
    assert.equal((await viewer("GET", "/teams")).status, 200);
    refused(await viewer("POST", "/teams", { name: "Blue" }), 403, "forbidden");
    refused(await viewer("PATCH", `/teams/${red.id}`, { members: [ana] }), 403, "forbidden");
    refused(await viewer("DELETE", `/teams/${red.id}`), 403, "forbidden");
    refused(await viewer("PATCH", `/members/${ana}`, { teams: ["Red"] }), 403, "forbidden");
    const editor = await here.as("teams:edit", "members:edit");
    assert.equal((await editor("PATCH", `/members/${ana}`, { teams: ["Red"] })).status, 200);
  });
});
