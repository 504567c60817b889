/** `/Groups`: RFC 7643 §4.2 and what RFC 7644 says of every resource, as far as members make it different. */
import assert from "node:assert/strict";
import { at, BASE_URL, statuses, textOf, user } from "../support/scim.ts";
import { GROUP, group, groupClient, membersOf, NOBODY, values } from "./groupClient.ts";

const PREFER = { prefer: "return=representation" };

describe("POST /Groups (RFC 7644 §3.3)", () => {
  it("answers 201 with the whole group, its place and its version", async () => {
    const client = await groupClient();
    const [ana = "", ben = ""] = await client.people("ana", "ben");
    const { status, body, headers, id } = await client.post("/Groups", group("Sales", [ana, ben], { externalId: "s" }));
    assert.equal(status, 201);
    assert.deepEqual(body["schemas"], [GROUP]);
    assert.deepEqual([body["displayName"], body["externalId"]], ["Sales", "s"]);
    assert.deepEqual(at(body, "/members/0"), {
      value: ana,
      $ref: `${BASE_URL}/Users/${ana}`,
      type: "User",
      display: "ana",
    });
    assert.deepEqual(membersOf(body), [ana, ben].sort());
    assert.equal(at(body, "/meta/location"), `${BASE_URL}/Groups/${id}`);
    assert.deepEqual(
      [headers["location"], headers["etag"], at(body, "/meta/version"), at(body, "/meta/resourceType")],
      [`${BASE_URL}/Groups/${id}`, 'W/"1"', 'W/"1"', "Group"],
    );
    assert.equal(at(body, "/meta/created"), at(body, "/meta/lastModified"));
  });

  it("ignores an id, meta and readOnly values of the client", async () => {
    const client = await groupClient();
    const { body, id } = await client.post("/Groups", group("Sales", [], { id: NOBODY, meta: { version: 'W/"9"' } }));
    assert.notEqual(id, NOBODY);
    assert.equal(at(body, "/meta/version"), 'W/"1"');
  });

  for (const [what, sent] of Object.entries({
    "no displayName": { schemas: [GROUP] },
    "an empty displayName": group(""),
    "a displayName that is null": { schemas: [GROUP], displayName: null },
    "a displayName that is no text": { schemas: [GROUP], displayName: 7 },
  })) {
    it(`refuses ${what} with invalidValue (RFC 7643 §4.2: REQUIRED)`, async () => {
      const client = await groupClient();
      const { status, body } = await client.post("/Groups", sent);
      assert.deepEqual([status, body["scimType"]], [400, "invalidValue"]);
      assert.deepEqual(await client.findGroups("id pr"), []);
    });
  }

  it("refuses a name that another group of the directory has in any case, without a side effect (rule 21)", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    await client.newGroup("Vertrieb Süd");
    const before = await client.snapshot();
    const { status, body } = await client.post("/Groups", group("VERTRIEB SÜD", [ana]));
    assert.deepEqual([status, body["scimType"]], [409, "uniqueness"]);
    assert.match(textOf(body["detail"]), /displayName/);
    assert.equal((await client.findGroups("id pr")).length, 1);
    assert.deepEqual(await client.snapshot(), before);
  });

  it("lets two groups have one externalId (RFC 7643 §3.1: uniqueness none)", async () => {
    const client = await groupClient();
    await client.newGroup("A", [], { externalId: "same" });
    await client.newGroup("B", [], { externalId: "same" });
    assert.equal((await client.findGroups('externalId eq "same"')).length, 2);
  });

  it("takes a member who is named twice once", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    assert.deepEqual(await client.membersOf(await client.newGroup("A", [ana, ana.toUpperCase()])), [ana]);
  });

  it("answers without members where attributes leave them out, and loads none", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    const { status, body } = await client.post("/Groups?attributes=displayName", group("A", [ana]));
    assert.deepEqual([status, Object.keys(body).sort()], [201, ["displayName", "id", "schemas"]]);
  });
});

describe("members of a group (RFC 7643 §4.2)", () => {
  for (const nested of [
    { value: NOBODY, type: "Group" },
    { value: NOBODY, type: "group" },
    { value: NOBODY, $ref: `${BASE_URL}/Groups/${NOBODY}` },
    { value: NOBODY, $ref: `../Groups/${NOBODY}` },
  ]) {
    it(`refuses a nested group in words: ${JSON.stringify(nested)}`, async () => {
      const client = await groupClient();
      const id = await client.newGroup("A");
      const asked = [
        await client.post("/Groups", { schemas: [GROUP], displayName: "B", members: [nested] }),
        await client.put(`/Groups/${id}`, { schemas: [GROUP], displayName: "A", members: [nested] }),
        await client.change(id, { op: "add", path: "members", value: [nested] }),
      ];
      for (const { status, body } of asked) {
        assert.deepEqual([status, body["scimType"]], [400, "invalidValue"]);
        assert.match(textOf(body["detail"]), /groups in groups are not taken; send the people of/);
      }
      assert.equal(await client.versionOf(id), 'W/"1"');
    });
  }

  it("passes over who is nobody here, and takes the others", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    const id = await client.newGroup("A", [NOBODY, ana, "not-a-uuid"]);
    assert.deepEqual(await client.membersOf(id), [ana]);
    const changed = await client.change(id, { op: "add", path: "members", value: values([NOBODY]) });
    assert.equal(changed.status, 204);
    assert.equal(await client.versionOf(id), 'W/"1"');
  });

  it("refuses who is nobody here by name where RFC 7644 is taken to the letter, and takes none of the others", async () => {
    const client = await groupClient({ dialect: "rfc" });
    const [ana = ""] = await client.people("ana");
    const id = await client.newGroup("A");
    const asked = [
      await client.post("/Groups", group("B", [ana, NOBODY])),
      await client.put(`/Groups/${id}`, group("A", [ana, NOBODY])),
      await client.change(id, { op: "add", path: "members", value: values([ana, NOBODY]) }),
      await client.change(id, { op: "replace", path: "members", value: values([ana, NOBODY]) }),
    ];
    for (const { status, body } of asked) {
      assert.deepEqual([status, body["scimType"]], [400, "invalidValue"]);
      assert.ok(textOf(body["detail"]).includes(NOBODY), textOf(body["detail"]));
    }
    assert.deepEqual(await client.membersOf(id), []);
    assert.deepEqual((await client.findGroups("id pr")).length, 1);
  });

  it("names five of many who are nobody, and how many more", async () => {
    const client = await groupClient({ dialect: "rfc" });
    const ids = Array.from({ length: 9 }, (_, i) => NOBODY.slice(0, -1) + String(i));
    const { body } = await client.post("/Groups", group("B", ids));
    assert.match(textOf(body["detail"]), new RegExp(`${ids[4]} and 4 more`));
  });

  it("does not know another tenant's users or groups, by any way (row 62)", async () => {
    const [ours, theirs] = [await groupClient(), await groupClient()];
    const [eve = ""] = await theirs.people("eve");
    const foreign = await theirs.newGroup("Theirs", [eve]);
    const id = await ours.newGroup("Ours", [eve]);
    assert.deepEqual(await ours.membersOf(id), []);
    await ours.change(id, { op: "add", path: "members", value: values([eve]) });
    assert.deepEqual(await ours.membersOf(id), []);
    const asked = [
      await ours.get(`/Groups/${foreign}`),
      await ours.put(`/Groups/${foreign}`, group("Mine")),
      await ours.change(foreign, { op: "remove", path: "members" }),
      await ours.change(foreign, { op: "replace", path: "displayName", value: "Mine" }),
      await ours.delete(`/Groups/${foreign}`),
    ];
    assert.deepEqual(
      asked.map(({ status }) => status),
      [404, 404, 404, 404, 404],
    );
    assert.deepEqual(await ours.findGroups(`members.value eq "${eve}"`), []);
    assert.deepEqual(await theirs.membersOf(foreign), [eve]);
    assert.equal(await theirs.versionOf(foreign), 'W/"1"');
  });

  for (const [what, operation] of Object.entries({
    "members.value": { op: "replace", path: "members.value", value: NOBODY },
    "members[…].value": { op: "replace", path: `members[value eq "${NOBODY}"].value`, value: NOBODY },
    "members[…].type": { op: "add", path: `members[value eq "${NOBODY}"].type`, value: "User" },
  })) {
    it(`refuses a change of ${what} with mutability: immutable`, async () => {
      const client = await groupClient();
      const id = await client.newGroup("A");
      const { status, body } = await client.change(id, operation);
      assert.deepEqual([status, body["scimType"]], [400, "mutability"]);
    });
  }

  it("refuses members chosen by anything but their value", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    const id = await client.newGroup("A", [ana]);
    for (const path of ['members[display eq "ana"]', 'members[value sw "0"]', 'members[not (value eq "x")]']) {
      const { status, body } = await client.change(id, { op: "remove", path });
      assert.deepEqual([status, body["scimType"]], [400, "invalidFilter"], path);
    }
    assert.deepEqual(await client.membersOf(id), [ana]);
  });

  it("are undone with the other operations of a PATCH that fails (RFC 7644 §3.5.2: atomic)", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    await client.newGroup("Taken");
    const id = await client.newGroup("A");
    const add = { op: "add", path: "members", value: values([ana]) };
    const failing = [
      { op: "replace", path: "displayName", value: "TAKEN" },
      { op: "remove", path: "displayName" },
      { op: "replace", path: "id", value: NOBODY },
    ];
    const answers = [];
    for (const operation of failing) answers.push(await client.change(id, add, operation));
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body["scimType"]]),
      [
        [409, "uniqueness"],
        [400, "mutability"],
        [400, "mutability"],
      ],
    );
    assert.deepEqual(await client.membersOf(id), []);
    assert.equal(await client.versionOf(id), 'W/"1"');
  });

  it("hide who is there for emergencies (rule 19)", async () => {
    const client = await groupClient();
    const [ana = "", ben = ""] = await client.people("ana", "ben");
    const id = await client.newGroup("A", [ana, ben]);
    const { tenantId } = client.who;
    await client.db.pool.query("update members set break_glass = true where tenant_id = $1 and id = $2", [
      tenantId,
      ben,
    ]);
    assert.deepEqual(await client.membersOf(id), [ana]);
    await client.change(id, { op: "replace", path: "members", value: values([ana, ben]) });
    assert.deepEqual(await client.membersOf(id), [ana]);
  });
});

describe("groups of two directories", () => {
  it("may have one name, and are not there for each other", async () => {
    const client = await groupClient();
    const directory = await client.db.pool.query(
      `insert into directories (tenant_id, id, name, name_key, provider, created_at)
       values ($1, uuid_v7(now()), 'second', 'second', 'other', now()) returning id`,
      [client.who.tenantId],
    );
    const { token } = await client.newToken({ directoryId: (directory.rows[0] as { id: string }).id });
    const other = { authorization: `Bearer ${token}` };
    const [ana = ""] = await client.people("ana");
    const first = await client.newGroup("Sales", [ana]);
    const second = await client.post("/Groups", group("Sales", [ana]), other);
    assert.equal(second.status, 201);
    assert.equal((await client.get(`/Groups/${first}`, other)).status, 404);
    assert.equal((await client.get(`/Groups/${second.id}`)).status, 404);
    assert.equal((await client.delete(`/Groups/${second.id}`)).status, 404);
    assert.equal((await client.put(`/Groups/${second.id}`, group("Mine"))).status, 404);
    const listed = await client.get("/Groups", other);
    assert.deepEqual([listed.body["totalResults"], at(listed.body, "/Resources/0/id")], [1, second.id]);
    // SCIM sees all members of its tenant (rule 19), and so the groups that they are in.
    const { body } = await client.get(`/Users/${ana}`);
    assert.equal((body["groups"] as unknown[]).length, 2);
  });
});

describe("PUT /Groups/{id} (RFC 7644 §3.5.1)", () => {
  it("replaces the members, and clears what it does not name", async () => {
    const client = await groupClient();
    const [ana = "", ben = "", cem = ""] = await client.people("ana", "ben", "cem");
    const id = await client.newGroup("A", [ana, ben], { externalId: "a" });
    const { status, body } = await client.put(`/Groups/${id}`, group("B", [ben, cem]));
    assert.equal(status, 200);
    assert.deepEqual([body["displayName"], body["externalId"]], ["B", undefined]);
    assert.deepEqual(membersOf(body), [ben, cem].sort());
  });

  it("empties a group where members are null, empty or not there (RFC 7643 §2.5)", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    const id = await client.newGroup("A", [ana]);
    for (const members of [undefined, null, []]) {
      await client.change(id, { op: "add", path: "members", value: values([ana]) });
      const { status, body } = await client.put(`/Groups/${id}`, { schemas: [GROUP], displayName: "A", members });
      assert.deepEqual([status, body["members"]], [200, undefined]);
    }
  });

  it("of what is there changes nothing, neither version nor lastModified", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    const id = await client.newGroup("A", [ana], { externalId: "a" });
    const before = await client.readGroup(id);
    const { status, body } = await client.put(`/Groups/${id}`, before);
    assert.equal(status, 200);
    assert.deepEqual(body, before);
  });

  it("never creates (404), and refuses a taken name (409) and a missing one (400)", async () => {
    const client = await groupClient();
    const id = await client.newGroup("A");
    await client.newGroup("B");
    assert.equal((await client.put(`/Groups/${NOBODY}`, group("C"))).status, 404);
    assert.equal((await client.put(`/Groups/${id}`, group("b"))).status, 409);
    assert.equal((await client.put(`/Groups/${id}`, { schemas: [GROUP] })).status, 400);
    assert.equal((await client.readGroup(id))["displayName"], "A");
  });

  it("may change the case of its own name", async () => {
    const client = await groupClient();
    const id = await client.newGroup("sales");
    assert.equal((await client.put(`/Groups/${id}`, group("Sales"))).body["displayName"], "Sales");
  });
});

describe("PATCH /Groups/{id} (RFC 7644 §3.5.2)", () => {
  it("answers 204, or 200 with the group where attributes or Prefer ask for it", async () => {
    const client = await groupClient();
    const [ana = "", ben = "", cem = ""] = await client.people("ana", "ben", "cem");
    const id = await client.newGroup("A");
    const adding = (member: string) => ({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "add", path: "members", value: values([member]) }],
    });
    assert.equal((await client.patch(`/Groups/${id}`, adding(ana))).status, 204);
    const preferred = await client.patch(`/Groups/${id}`, adding(ben), PREFER);
    assert.deepEqual([preferred.status, membersOf(preferred.body)], [200, [ana, ben].sort()]);
    const asked = await client.patch(`/Groups/${id}?attributes=members.value`, adding(cem));
    assert.deepEqual([asked.status, membersOf(asked.body)], [200, [ana, ben, cem].sort()]);
    const without = await client.patch(`/Groups/${id}?excludedAttributes=members`, adding(cem));
    assert.deepEqual([without.status, without.body["members"], without.body["displayName"]], [200, undefined, "A"]);
  });

  it("applies operations one after the other: the last word on a member holds", async () => {
    const client = await groupClient();
    const [ana = "", ben = ""] = await client.people("ana", "ben");
    const add = (id: string) => ({ op: "add", path: "members", value: values([id]) });
    const remove = (id: string) => ({ op: "remove", path: `members[value eq "${id}"]` });
    const id = await client.newGroup("A", [ana]);
    await client.change(id, remove(ana), add(ana), add(ben), remove(ben));
    assert.deepEqual(await client.membersOf(id), [ana]);
    await client.change(id, add(ben), { op: "remove", path: "members" }, add(ana));
    assert.deepEqual(await client.membersOf(id), [ana]);
    await client.change(id, add(ben), { op: "replace", path: "members", value: values([ben]) }, remove(ben));
    assert.deepEqual(await client.membersOf(id), []);
  });

  it("replaces chosen members by others (§3.5.2.3)", async () => {
    const client = await groupClient();
    const [ana = "", ben = "", cem = ""] = await client.people("ana", "ben", "cem");
    const id = await client.newGroup("A", [ana, ben]);
    await client.change(id, { op: "replace", path: `members[value eq "${ana}"]`, value: values([cem]) });
    assert.deepEqual(await client.membersOf(id), [ben, cem].sort());
  });

  it("removes several that one filter names", async () => {
    const client = await groupClient();
    const [ana = "", ben = "", cem = ""] = await client.people("ana", "ben", "cem");
    const id = await client.newGroup("A", [ana, ben, cem]);
    await client.change(id, { op: "remove", path: `members[value eq "${ana}" or value eq "${cem}"]` });
    assert.deepEqual(await client.membersOf(id), [ben]);
  });

  it("changes name and members at once, and tells both", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    const id = await client.newGroup("A");
    await client.change(id, { op: "replace", value: { displayName: "B", members: values([ana]) } });
    const { displayName, members } = await client.readGroup(id);
    assert.deepEqual([displayName, (members as unknown[]).length], ["B", 1]);
    const { rows } = await client.db.pool.query(
      "select type from events where tenant_id = $1 and target_id = $2 order by type",
      [client.who.tenantId, id],
    );
    assert.deepEqual(
      (rows as { type: string }[]).map(({ type }) => type),
      ["group.created", "group.members_changed", "group.updated"],
    );
  });

  it("of what is so already changes nothing and records nothing", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    const id = await client.newGroup("A", [ana]);
    const before = await client.readGroup(id);
    const same = [
      { op: "add", path: "members", value: values([ana]) },
      { op: "remove", path: `members[value eq "${NOBODY}"]` },
      { op: "replace", path: "members", value: values([ana]) },
      { op: "replace", path: "displayName", value: "A" },
    ];
    for (const operation of same) assert.equal((await client.change(id, operation)).status, 204);
    assert.deepEqual(await client.readGroup(id), before);
    const { rows } = await client.db.pool.query("select 1 from events where tenant_id = $1 and target_id = $2", [
      client.who.tenantId,
      id,
    ]);
    assert.equal(rows.length, 1);
  });

  it("of no group is 404, whatever it asks", async () => {
    const client = await groupClient();
    const operations = [
      { op: "add", path: "members", value: values([NOBODY]) },
      { op: "remove", path: "members" },
      { op: "replace", path: "displayName", value: "B" },
    ];
    for (const operation of operations) assert.equal((await client.change(NOBODY, operation)).status, 404);
    assert.equal((await client.change("no-uuid", ...operations)).status, 404);
  });
});

describe("versions of a group (RFC 7644 §3.14)", () => {
  it("let a write with the current one pass, strong, weak, listed or *", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    const id = await client.newGroup("A");
    const toggle = { op: "add", path: "members", value: values([ana]) };
    for (const tag of ['W/"1"', '"2"', 'W/"7", W/"2"', "*"]) {
      const body = { schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: [toggle] };
      assert.equal((await client.patch(`/Groups/${id}`, body, { "if-match": tag })).status, 204, tag);
    }
    assert.equal(await client.versionOf(id), 'W/"2"');
  });

  it("refuse a write with another one (412) and leave everything as it was", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    const id = await client.newGroup("A");
    const stale = { "if-match": 'W/"9"' };
    const patching = {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "add", path: "members", value: values([ana]) }],
    };
    assert.equal((await client.patch(`/Groups/${id}`, patching, stale)).status, 412);
    assert.equal((await client.put(`/Groups/${id}`, group("B", [ana]), stale)).status, 412);
    assert.equal((await client.delete(`/Groups/${id}`, stale)).status, 412);
    assert.deepEqual(await client.membersOf(id), []);
  });

  it("let exactly one of two writers pass who both read the same one (row 53)", async () => {
    const client = await groupClient();
    const people = await client.people("ana", "ben");
    const id = await client.newGroup("A");
    const answers = await Promise.all(
      people.map((member) =>
        client.patch(
          `/Groups/${id}`,
          {
            schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            Operations: [{ op: "add", path: "members", value: values([member]) }],
          },
          { "if-match": 'W/"1"' },
        ),
      ),
    );
    assert.deepEqual(statuses(answers), [204, 412]);
    assert.equal((await client.membersOf(id)).length, 1);
  });

  it("answer 304 to a reader who knows it", async () => {
    const client = await groupClient();
    const id = await client.newGroup("A");
    assert.equal((await client.get(`/Groups/${id}`, { "if-none-match": 'W/"1"' })).status, 304);
    assert.equal((await client.get(`/Groups/${id}`, { "if-none-match": 'W/"2"' })).status, 200);
  });

  it("grow by each change of members and of attributes", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    const id = await client.newGroup("A");
    await client.change(id, { op: "add", path: "members", value: values([ana]) });
    assert.equal(await client.versionOf(id), 'W/"2"');
    await client.change(id, { op: "replace", path: "displayName", value: "B" });
    assert.equal(await client.versionOf(id), 'W/"3"');
  });
});

describe("a member of groups", () => {
  it("shows them with name and address, direct, and never lets `groups` be written (RFC 7643 §4.1.2)", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    const id = await client.newGroup("Sales", [ana]);
    const shown = [{ value: id, $ref: `${BASE_URL}/Groups/${id}`, display: "Sales", type: "direct" }];
    assert.deepEqual((await client.get(`/Users/${ana}`)).body["groups"], shown);
    const put = await client.put(`/Users/${ana}`, user("ana@example.com", { groups: [{ value: NOBODY }] }));
    assert.deepEqual(put.body["groups"], shown);
    const patched = await client.operate(ana, { op: "remove", path: "groups" });
    assert.deepEqual([patched.status, patched.body["scimType"]], [400, "mutability"]);
    assert.deepEqual(await client.membersOf(id), [ana]);
  });

  it("sees a group's new name at once", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    const id = await client.newGroup("Sales", [ana]);
    await client.change(id, { op: "replace", path: "displayName", value: "Selling" });
    assert.equal(at((await client.get(`/Users/${ana}`)).body, "/groups/0/display"), "Selling");
  });

  it("leaves them on deletion, which changes their version (RFC 7644 §3.6)", async () => {
    const client = await groupClient();
    const [ana = "", ben = ""] = await client.people("ana", "ben");
    const [a, b] = [await client.newGroup("A", [ana, ben]), await client.newGroup("B", [ben])];
    assert.equal((await client.delete(`/Users/${ana}`)).status, 204);
    assert.deepEqual([await client.membersOf(a), await client.versionOf(a)], [[ben], 'W/"2"']);
    assert.equal(await client.versionOf(b), 'W/"1"');
    assert.deepEqual(await client.findGroups(`members.value eq "${ana}"`), []);
  });

  it("goes on being there when the group is deleted (RFC 7644 §3.6)", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    const id = await client.newGroup("A", [ana]);
    assert.equal((await client.delete(`/Groups/${id}`)).status, 204);
    assert.equal((await client.get(`/Users/${ana}`)).body["groups"], undefined);
    assert.equal((await client.delete(`/Groups/${id}`)).status, 404);
    assert.equal((await client.post("/Groups", group("A"))).status, 201);
  });
});
