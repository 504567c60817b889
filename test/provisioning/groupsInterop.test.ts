/** What broke with Groups between directories and servers in the field: the rows of our list of threads that concern them. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { inTenant } from "../../src/storage/scope.ts";
import { at, textOf } from "../support/scim.ts";
import { seenOf } from "../support/statements.ts";
import { GROUP, group, groupClient, NOBODY, values, type GroupClient } from "./groupClient.ts";

/** Puts rows of members into the tenant, for whom only their number matters, and answers their ids. */
async function crowd({ db, who }: GroupClient, count: number): Promise<string[]> {
  const rows = await inTenant(db, who, ({ trx, tenantId, now }) =>
    trx.run<{ id: string }>({
      text: `insert into members (tenant_id, id, scim, user_name_key, name_key, entrance, joined_at, granted, entitled, roles,
          administers, seat, needs_seat, reasons, created_at, updated_at)
        select $1, uuid_v7($2), jsonb_build_object('userName', 'p' || i), 'p' || i, 'p' || i, 'scim', $2, '{}', '{viewer}',
          '{viewer}', false, 'none', false, '[{"code":"nothingGranted","role":"viewer"},{"code":"noRoleNeedsSeat"}]', $2, $2
        from generate_series(1, $3) as i returning id`,
      values: [tenantId, now, count],
    }),
  );
  return rows.map(({ id }) => id);
}

/** Puts rows into a group, past the surface. */
async function fill({ db, who }: GroupClient, id: string, members: readonly string[]): Promise<void> {
  await inTenant(db, who, ({ trx, tenantId }) =>
    trx.run({
      text: "insert into memberships (tenant_id, group_id, member_id) select $1, $2, unnest($3::uuid[])",
      values: [tenantId, id, members],
    }),
  );
}

describe("interoperability of Groups", () => {
  const understood =
    ([add, remove]: readonly [string, string]) =>
    async () => {
      const client = await groupClient();
      const [ana = ""] = await client.people("ana");
      const id = await client.newGroup("A");
      await client.change(id, { op: add, path: "members", value: values([ana]) });
      assert.deepEqual(await client.membersOf(id), [ana]);
      await client.change(id, { op: remove, path: "members", value: values([ana]) });
      assert.deepEqual(await client.membersOf(id), []);
    };
  it('interop row 1: "Add" and "Remove" are understood', understood(["Add", "Remove"]));
  it('interop row 1: "ADD" and "REMOVE" are understood', understood(["ADD", "REMOVE"]));
  it('interop row 2: "add" and "remove" are understood', understood(["add", "remove"]));

  it("interop row 5: an add of externalId replaces it", async () => {
    const client = await groupClient();
    const id = await client.newGroup("A", [], { externalId: "old" });
    await client.change(id, { op: "Add", path: "externalId", value: "new" });
    assert.equal((await client.readGroup(id))["externalId"], "new");
  });

  it("interop row 6: a remove with values takes only these out", async () => {
    const client = await groupClient();
    const [ana = "", ben = "", cem = ""] = await client.people("ana", "ben", "cem");
    const id = await client.newGroup("A", [ana, ben, cem]);
    await client.change(id, { op: "Remove", path: "members", value: [{ $ref: null, value: ben }] });
    assert.deepEqual(await client.membersOf(id), [ana, cem].sort());
  });

  it("interop row 6: RFC 7644 §3.5.2.2 to the letter knows no value of a remove, and takes nobody out", async () => {
    const client = await groupClient({ dialect: "rfc" });
    const [ana = "", ben = ""] = await client.people("ana", "ben");
    const id = await client.newGroup("A", [ana, ben]);
    const { status } = await client.change(id, { op: "remove", path: "members", value: values([ana]) });
    assert.equal(status, 400);
    assert.equal((await client.membersOf(id)).length, 2);
  });

  it("interop row 6: a remove whose values are none takes nobody out", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    const id = await client.newGroup("A", [ana]);
    await client.change(id, { op: "Remove", path: "members", value: [] });
    assert.deepEqual(await client.membersOf(id), [ana]);
  });

  it("interop row 7: a remove of members without filter or value empties the group in one operation", async () => {
    const client = await groupClient();
    const people = await client.people("ana", "ben");
    const id = await client.newGroup("A", people);
    assert.equal((await client.change(id, { op: "remove", path: "members" })).status, 204);
    assert.deepEqual([await client.membersOf(id), await client.versionOf(id)], [[], 'W/"2"']);
  });

  it("interop row 12: a replace without a path names members, name and an id, which is ignored", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    const id = await client.newGroup("A");
    const value = { id: NOBODY, displayName: "B", members: values([ana]) };
    assert.equal((await client.change(id, { op: "replace", value })).status, 204);
    const shown = await client.readGroup(id);
    assert.deepEqual([shown["id"], shown["displayName"], at(shown, "/members/0/value")], [id, "B", ana]);
  });

  it("interop row 24: members need no more than a value", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    const strict = await groupClient({ dialect: "rfc" });
    const [ben = ""] = await strict.people("ben");
    assert.equal((await client.membersOf(await client.newGroup("A", [ana]))).length, 1);
    assert.equal((await strict.membersOf(await strict.newGroup("A", [ben]))).length, 1);
  });

  it("interop row 25: a replace of members swaps the whole set", async () => {
    const client = await groupClient();
    const [ana = "", ben = "", cem = ""] = await client.people("ana", "ben", "cem");
    const id = await client.newGroup("A", [ana, ben]);
    await client.change(id, { op: "replace", path: "members", value: values([ben, cem]) });
    assert.deepEqual(await client.membersOf(id), [ben, cem].sort());
  });

  it("interop row 26: POST and PUT honour members, whoever sends them", async () => {
    const client = await groupClient();
    const [ana = "", ben = ""] = await client.people("ana", "ben");
    const headers = { "user-agent": "some-small-script/0.1" };
    const { id } = await client.post("/Groups", group("A", [ana]), headers);
    assert.deepEqual(await client.membersOf(id), [ana]);
    await client.put(`/Groups/${id}`, group("A", [ben]), headers);
    assert.deepEqual(await client.membersOf(id), [ben]);
  });

  it("interop row 28: a list of more groups than a page goes on to its end, each once", async () => {
    const client = await groupClient();
    const { db, who, directoryId } = client;
    await inTenant(db, who, ({ trx, tenantId, now }) =>
      trx.run({
        text: `insert into groups (tenant_id, id, directory_id, name_key, scim, created_at, updated_at)
          select $1, uuid_v7($3), $2, 'g' || i, jsonb_build_object('displayName', 'g' || i), $3, $3
          from generate_series(1, 1234) as i`,
        values: [tenantId, directoryId, now],
      }),
    );
    const names = new Set<string>();
    for (let start = 1; start <= 1234; start += 100) {
      const { body } = await client.get(`/Groups?startIndex=${start}&count=100`);
      assert.equal(body["totalResults"], 1234);
      for (const each of body["Resources"] as { displayName: string }[]) names.add(each.displayName);
    }
    assert.equal(names.size, 1234);
  });

  it("interop row 29: one more in a group of 10,000 is one row, in one round trip, and nobody reads the others", async () => {
    const client = await groupClient();
    const ids = await crowd(client, 10_001);
    const last = ids.pop() ?? "";
    const id = await client.newGroup("Everybody");
    await fill(client, id, ids);
    await client.change(id, { op: "add", path: "members", value: values(ids.slice(0, 1)) });
    const add = { op: "add", path: "members", value: values([last]) };
    const { roundTrips, statements } = await seenOf(client.db, () => client.change(id, add));
    assert.deepEqual(
      [roundTrips, statements.slice(1)],
      [1, ["seats_pass", "group_lock", "group_move_members", "provisioning_line_written"]],
    );
    const { rows } = await client.db.pool.query(
      `select count(*)::int as total, count(*) filter (where x.xmin = g.xmin)::int as written
       from memberships x join groups g on g.id = x.group_id where g.id = $1`,
      [id],
    );
    assert.deepEqual(rows[0], { total: 10_001, written: 1 });
  }).timeout(120_000);

  it("interop row 29: a thousand members in one PATCH are as many round trips as one member", async () => {
    const client = await groupClient();
    const ids = await crowd(client, 1_001);
    const id = await client.newGroup("A");
    const adding = (members: string[]) =>
      seenOf(client.db, async () => {
        const { status, body } = await client.change(id, { op: "add", path: "members", value: values(members) });
        assert.equal(status, 204, textOf(body["detail"]));
      });
    // The first change reads the tenant's rules, which are in memory from then on.
    await adding(ids.slice(0, 1));
    const one = await adding(ids.splice(0, 1));
    const thousand = await adding(ids);
    assert.deepEqual(thousand, one);
    assert.equal((await client.membersOf(id)).length, 1_001);
  }).timeout(120_000);

  it("interop row 30: excludedAttributes=members loads none, by id, in a list and after a write", async () => {
    const client = await groupClient();
    const people = await client.people("ana", "ben");
    const id = await client.newGroup("A", people);
    const paths = [
      `/Groups/${id}?excludedAttributes=members`,
      "/Groups?excludedAttributes=members",
      `/Groups/${id}?attributes=displayName`,
      '/Groups?attributes=displayName&filter=displayName%20eq%20"a"',
    ];
    for (const path of paths) {
      const { statements, roundTrips } = await seenOf(client.db, () => client.get(path));
      assert.equal(roundTrips, 1, path);
      assert.ok(
        statements.some((name) => name.startsWith("group_")),
        statements.join(),
      );
      assert.deepEqual(
        statements.filter((name) => name.includes("members")),
        [],
        path,
      );
    }
    const { statements } = await seenOf(client.db, () => client.get(`/Groups/${id}`));
    assert.ok(statements.includes("group_with_members"), "the same eyes see members being loaded");
  });

  it("interop row 31: fifty who are added at once, and fifty who are taken out, are all of them", async () => {
    const client = await groupClient();
    const ids = await crowd(client, 100);
    const id = await client.newGroup("A", ids.slice(50));
    const answers = await Promise.all([
      ...ids.slice(0, 50).map((each) => client.change(id, { op: "add", path: "members", value: values([each]) })),
      ...ids.slice(50).map((each) => client.change(id, { op: "remove", path: `members[value eq "${each}"]` })),
    ]);
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [204]);
    assert.deepEqual(await client.membersOf(id), ids.slice(0, 50).sort());
  });

  it("interop row 32: displayName eq is exact: no part of it, no wildcard, and case does not count", async () => {
    const client = await groupClient();
    for (const name of ["Sales", "Sales EMEA", "Sales%", "S_les"]) await client.newGroup(name);
    const names = async (text: string) =>
      (await client.findGroups(`displayName eq ${JSON.stringify(text)}`)).map((each) => each["displayName"]);
    assert.deepEqual(await names("Sales"), ["Sales"]);
    assert.deepEqual(await names("sALES"), ["Sales"]);
    assert.deepEqual(await names("Sales%"), ["Sales%"]);
    assert.deepEqual(await names("S_les"), ["S_les"]);
    assert.deepEqual(await names("Sale"), []);
  });

  it("interop row 33: a filter that matches no group finds none", async () => {
    const client = await groupClient();
    await client.newGroup("A");
    for (const filter of ['displayName eq "x"', 'externalId eq "x"', `id eq "${NOBODY}"`, `members eq "${NOBODY}"`]) {
      assert.deepEqual(await client.findGroups(filter), [], filter);
    }
  });

  it("interop row 35: externalId finds a group, and its case counts (RFC 7643 §3.1)", async () => {
    const client = await groupClient();
    const id = await client.newGroup("A", [], { externalId: "Abc" });
    assert.equal((await client.findGroups('externalId eq "Abc"'))[0]?.["id"], id);
    assert.deepEqual(await client.findGroups('externalId eq "abc"'), []);
  });

  it("interop row 36: a name of any characters is found by itself", async () => {
    const client = await groupClient();
    const names = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(names, async (text) => {
        const name = text.replaceAll("\0", "");
        fc.pre(name.trim() === name && name !== "");
        const { status, id } = await client.post("/Groups", group(name));
        fc.pre(status === 201);
        const found = await client.findGroups(`displayName eq ${JSON.stringify(name)}`);
        assert.deepEqual(
          found.map((each) => each["id"]),
          [id],
        );
      }),
      { numRuns: 30, examples: [['"'], ["\\"], ["a+b & c%20"], ["'; drop table groups; --"], ["Ä/ß?#"], ["🙂"]] },
    );
  });

  it("interop row 50: a change of attributes leaves who is in the group, and loads none of them", async () => {
    const client = await groupClient();
    const people = await client.people("ana", "ben");
    const id = await client.newGroup("A", people);
    const { statements } = await seenOf(client.db, () =>
      client.change(id, { op: "Replace", path: "externalId", value: "e" }),
    );
    assert.ok(!statements.includes("group_with_members"));
    assert.equal((await client.membersOf(id)).length, 2);
  });

  it("interop row 58: adding who is in the group and removing who is not are no errors and no changes", async () => {
    const client = await groupClient();
    const [ana = "", ben = ""] = await client.people("ana", "ben");
    const id = await client.newGroup("A", [ana]);
    for (const operation of [
      { op: "add", path: "members", value: values([ana]) },
      { op: "remove", path: `members[value eq "${ben}"]` },
      { op: "remove", path: "members", value: values([ben]) },
      { op: "remove", path: 'members[value eq "never-an-id"]' },
    ]) {
      assert.equal((await client.change(id, operation)).status, 204);
    }
    assert.deepEqual([await client.membersOf(id), await client.versionOf(id)], [[ana], 'W/"1"']);
  });

  it("interop row 60: one bad member fails no group, and names itself where nothing is forgiven", async () => {
    const [client, strict] = [await groupClient(), await groupClient({ dialect: "rfc" })];
    const [ana = ""] = await client.people("ana");
    assert.deepEqual(await client.membersOf(await client.newGroup("A", [NOBODY, ana])), [ana]);
    const { status, body } = await strict.post("/Groups", group("A", [NOBODY]));
    assert.equal(status, 400);
    assert.match(textOf(body["detail"]), new RegExp(NOBODY));
  });

  it("interop row 62: another tenant's user joins no group, neither by members nor by Bulk", async () => {
    const [mine, theirs] = [await groupClient(), await groupClient()];
    const [foreign = ""] = await theirs.people("spy");
    const foreignGroup = await theirs.newGroup("Theirs", [foreign]);
    const id = await mine.newGroup("A", [foreign]);
    await mine.change(id, { op: "add", path: "members", value: values([foreign]) });
    const member = { op: "add", path: "members", value: values([foreign]) };
    const data = { schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: [member] };
    const { body } = await mine.post("/Bulk", {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
      Operations: [
        { method: "PATCH", path: `/Groups/${id}`, data },
        { method: "DELETE", path: `/Users/${foreign}` },
        { method: "DELETE", path: `/Groups/${foreignGroup}` },
      ],
    });
    const [, user404, group404] = body["Operations"] as { status: string }[];
    assert.deepEqual([user404?.status, group404?.status], ["404", "404"]);
    assert.deepEqual([await mine.membersOf(id), await theirs.membersOf(foreignGroup)], [[], [foreign]]);
  });

  it("interop row 65: a PATCH of members answers with them where it is asked to", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    const id = await client.newGroup("A");
    const body = {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "add", path: "members", value: values([ana]) }],
    };
    const answer = await client.patch(`/Groups/${id}`, body, { prefer: "return=representation" });
    assert.deepEqual([answer.status, at(answer.body, "/members/0/value")], [200, ana]);
    assert.equal(answer.headers["etag"], at(answer.body, "/meta/version"));
    assert.deepEqual(answer.body["schemas"], [GROUP]);
  });
});
