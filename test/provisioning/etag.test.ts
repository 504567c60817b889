import assert from "node:assert/strict";
import * as fc from "fast-check";
import { etagOf, namesTag } from "../../src/provisioning/etag.ts";
import type { ScimObject } from "../../src/scim/types.ts";
import { onceInTenant } from "../../src/storage/scope.ts";
import { at, patchOp, statuses, textOf, user, type Answer } from "../support/scim.ts";
import { group, groupClient, values, type GroupClient } from "./groupClient.ts";

describe("lists of entity tags (RFC 9110 §8.8.3, §13.1)", () => {
  for (const [header, names] of [
    ['W/"3"', true],
    ['"3"', true],
    ['"1", W/"3"', true],
    ['"1",W/"3" ,\t"4"', true],
    [', "3",,', true],
    ['"a,b", "3"', true],
    ["*", true],
    [" * ", true],
    ['W/"4"', false],
    ['"13", "33", ""', false],
    ['"a,W/"3"', false],
    ['",3,"', false],
    ['"1", *', false],
    ['*, "3"', false],
    ["3", false],
    ["W/3", false],
    ['w/"3"', false],
    ['W/ "3"', false],
    ['"3', false],
    ['3"', false],
    ['"3" "3"', false],
    ["'3'", false],
    ["", false],
    [",", false],
    ["**", false],
  ] as const) {
    it(`${header === "" ? "an empty header" : header} ${names ? "names" : "does not name"} version 3, compared weakly`, () => {
      assert.equal(namesTag(header, etagOf(3)), names);
    });
  }

  it("name a version if and only if it is one of them, whatever else is in the list", () => {
    const tag = fc.tuple(fc.constantFrom("", "W/"), fc.stringMatching(/^[!#-~]{0,3}$/));
    fc.assert(
      fc.property(
        fc.array(tag, { minLength: 1 }),
        fc.constantFrom(",", ", ", " ,\t", ",,"),
        fc.nat(),
        (tags, comma, version) => {
          const header = tags.map(([weak, opaque]) => `${weak}"${opaque}"`).join(comma);
          assert.equal(
            namesTag(header, etagOf(version)),
            tags.some(([, opaque]) => opaque === String(version)),
          );
          assert.ok(namesTag(`${header}${comma}"${version}"`, etagOf(version)));
        },
      ),
    );
  });

  it("are read in a time that grows with their length, whatever they hold", () => {
    for (const text of [
      `${" ,".repeat(50_000)}x`,
      `"a"${", ".repeat(50_000)}x`,
      `${'"",'.repeat(50_000)}x`,
      '"'.repeat(100_001),
    ]) {
      assert.equal(namesTag(text, etagOf(3)), false);
    }
  });
});

/** A resource with its address, what its version was at the start, and the writes that it takes. */
interface Subject {
  readonly client: GroupClient;
  readonly path: string;
  readonly version: string;
  readonly writes: Readonly<Record<"PUT" | "PATCH" | "DELETE", (tag: string, name: string) => Promise<Answer>>>;
}

async function subject(kind: "User" | "Group"): Promise<Subject> {
  const client = await groupClient();
  const isUser = kind === "User";
  const id = isUser ? await client.create(user("ana@example.com")) : await client.newGroup("A");
  const path = isUser ? `/Users/${id}` : `/Groups/${id}`;
  const replacement = (name: string): object => (isUser ? user("ana@example.com", { displayName: name }) : group(name));
  const operation = (name: string) => ({ op: "replace", path: "displayName", value: name });
  return {
    client,
    path,
    version: textOf(at((await client.get(path)).body, "/meta/version")),
    writes: {
      PUT: (tag, name) => client.put(path, replacement(name), { "if-match": tag }),
      PATCH: (tag, name) => client.patch(path, patchOp(operation(name)), { "if-match": tag }),
      DELETE: (tag) => client.delete(path, { "if-match": tag }),
    },
  };
}

for (const kind of ["User", "Group"] as const) {
  describe(`versions of a ${kind} (RFC 7644 §3.14)`, () => {
    it("are the same in ETag, in meta.version and in lists, after every kind of write", async () => {
      const { client, path, writes } = await subject(kind);
      await writes.PATCH("*", "B");
      await writes.PUT("*", "C");
      const { headers, body } = await client.get(path);
      assert.equal(headers["etag"], 'W/"3"');
      assert.equal(at(body, "/meta/version"), headers["etag"]);
      const listed = (await client.get(`/${kind}s`)).body["Resources"] as ScimObject[];
      assert.equal(at(listed[0], "/meta/version"), headers["etag"]);
      const partial = await client.get(`${path}?attributes=displayName`);
      assert.equal(partial.headers["etag"], headers["etag"]);
    });

    it("answer 304 to a GET that knows them, with the headers that a 200 would have (RFC 9110 §15.4.5)", async () => {
      const { client, path, version, writes } = await subject(kind);
      const { headers } = await client.get(path);
      for (const tag of [version, version.slice(2), `"x", ${version}`, "*"]) {
        const answer = await client.get(path, { "if-none-match": tag });
        assert.equal(answer.status, 304, tag);
        assert.equal(answer.headers["etag"], version);
        assert.equal(answer.headers["content-location"], headers["content-location"]);
      }
      for (const tag of ["nonsense", '"x"', version.replace('"', ""), `${version}, *`, ""]) {
        assert.equal((await client.get(path, { "if-none-match": tag })).status, 200, tag);
      }
      await writes.PATCH("*", "B");
      assert.equal((await client.get(path, { "if-none-match": version })).status, 200);
    });

    it("that are not the current one, or no tag at all, refuse every write with 412 and change nothing", async () => {
      const { client, path, version, writes } = await subject(kind);
      const before = (await client.get(path)).body;
      for (const tag of [
        'W/"9"',
        '"a,b"',
        "nonsense",
        version.replaceAll('"', ""),
        `${version} ${version}`,
        `${version}, *`,
        "",
      ]) {
        for (const [method, write] of Object.entries(writes)) {
          const { status, body } = await write(tag, "B");
          assert.equal(status, 412, `${method} ${tag}`);
          assert.ok(textOf(body["detail"]).includes(version), "tells the version that it is");
        }
      }
      assert.deepEqual((await client.get(path)).body, before);
    });

    for (const pair of [
      ["PUT", "PUT"],
      ["PUT", "PATCH"],
      ["PATCH", "PATCH"],
      ["DELETE", "PUT"],
      ["DELETE", "PATCH"],
    ] as const) {
      it(`let exactly one of ${pair.join(" and ")} pass that race with the same If-Match`, async () => {
        const { client, path, version, writes } = await subject(kind);
        const answers = await Promise.all(pair.map((method, at_) => writes[method](version, `name ${at_}`)));
        const [winner = 0, loser] = statuses(answers);
        assert.ok([200, 204].includes(winner));
        // Who comes after a DELETE finds nothing to have a version.
        const gone = pair[0] === "DELETE" && (await client.get(path)).status === 404;
        assert.equal(loser, gone ? 404 : 412);
      });
    }
  });
}

describe("versions of a Group and its members", () => {
  it("let exactly one of many pass who add somebody to the same version", async () => {
    const client = await groupClient();
    const people = await client.people("ana", "ben", "cleo", "dora");
    const id = await client.newGroup("A");
    const add = (member: string) => patchOp({ op: "add", path: "members", value: values([member]) });
    const answers = await Promise.all(
      people.map((each) => client.patch(`/Groups/${id}`, add(each), { "if-match": 'W/"1"' })),
    );
    assert.deepEqual(statuses(answers), [204, 412, 412, 412]);
    assert.equal((await client.membersOf(id)).length, 1);
  });
});

describe("writes that change nothing (RFC 7644 §3.5.2)", () => {
  it("leave version, lastModified and journal of a Group as they were", async () => {
    const client = await groupClient();
    const [ana = ""] = await client.people("ana");
    const id = await client.newGroup("A", [ana], { externalId: "7" });
    const before = await client.get(`/Groups/${id}`);
    const told = await groupEvents(client);
    const add = { op: "add", path: "members", value: values([ana]) };
    for (const operations of [
      [add],
      [{ op: "replace", path: "displayName", value: "A" }],
      [{ op: "replace", value: { displayName: "A", externalId: "7" } }],
      [{ op: "replace", path: "members", value: values([ana]) }],
      [{ op: "remove", path: `members[value eq "${ana}"]` }, add],
      [
        { op: "replace", path: "displayName", value: "B" },
        { op: "replace", path: "displayName", value: "A" },
      ],
    ]) {
      assert.ok([200, 204].includes((await client.patch(`/Groups/${id}`, patchOp(...operations))).status));
      assert.deepEqual((await client.get(`/Groups/${id}`)).body, before.body, JSON.stringify(operations));
    }
    assert.deepEqual((await client.put(`/Groups/${id}`, before.body)).body, before.body);
    assert.deepEqual(await groupEvents(client), told);
  });
});

async function groupEvents({ db, who }: GroupClient): Promise<unknown[]> {
  const text = "select type from events where tenant_id = $1 and type like 'group.%' order by id";
  const [rows] = await onceInTenant(db, who, { text, values: [who.tenantId] });
  return rows;
}
