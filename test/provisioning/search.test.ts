/** Queries over all types (RFC 7644 §3.4.2.1) and by POST (§3.4.3), and sorting (§3.4.2.3). */
import assert from "node:assert/strict";
import { createDirectory } from "../../src/directory/directories/directories.ts";
import type { ScimObject } from "../../src/scim/types.ts";
import { inTenant } from "../../src/storage/scope.ts";
import { at, ENTERPRISE, request, scimClient, textOf, USER, user, type Answer } from "../support/scim.ts";
import { GROUP, groupClient, NOBODY, type GroupClient } from "./groupClient.ts";

const SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
const search = (more: object): object => ({ schemas: [SEARCH], ...more });

function resourcesOf({ status, body }: Answer): ScimObject[] {
  assert.equal(status, 200, textOf(body["detail"]));
  return body["Resources"] as ScimObject[];
}

/** What a resource is called, whichever type it is of. */
const nameOf = (resource: ScimObject): string => textOf(resource["displayName"] ?? resource["userName"]);
const namesOf = (answer: Answer): string[] => resourcesOf(answer).map(nameOf);

/** Three people, of whom two are in groups. */
async function mixed(): Promise<GroupClient & { ids: Record<string, string> }> {
  const client = await groupClient();
  const ids: Record<string, string> = {};
  ids["boss@example.com"] = await client.create(user("boss@example.com", { title: "Chief", externalId: "x1" }));
  ids["Bea"] = await client.create(user("bea@example.com", { displayName: "Bea" }));
  ids["Zoe"] = await client.create(user("zoe@example.com", { displayName: "Zoe", externalId: "x2" }));
  ids["Admins"] = await client.newGroup("Admins", [ids["Zoe"]], { externalId: "x1" });
  ids["Mob"] = await client.newGroup("Mob", [ids["Bea"], ids["Zoe"]]);
  return { ...client, ids };
}

describe("POST to .search (RFC 7644 §3.4.3)", () => {
  it("answers what GET does, member for member", async () => {
    const client = await mixed();
    const pairs: [path: string, query: Record<string, string>, message: object][] = [
      ["/Users", { filter: 'userName sw "b"' }, { filter: 'userName sw "b"' }],
      ["/Users", { attributes: "userName,name.givenName" }, { attributes: ["userName", "name.givenName"] }],
      ["/Users", { excludedAttributes: "title" }, { excludedAttributes: ["title"] }],
      ["/Users", { startIndex: "2", count: "1" }, { startIndex: 2, count: 1 }],
      ["/Users", { sortBy: "userName", sortOrder: "descending" }, { sortBy: "userName", sortOrder: "descending" }],
      ["/Users", { count: "0" }, { count: 0, filter: null, cursor: null }],
      ["/Groups", { filter: 'displayName eq "mob"' }, { FILTER: 'displayName eq "mob"', unknown: [1] }],
      ["/", { filter: "externalId pr", sortBy: "id" }, { filter: "externalId pr", sortBy: "id" }],
      ["", {}, {}],
    ];
    for (const [path, query, message] of pairs) {
      const got = await client.get(`${path || "/"}?${new URLSearchParams(query).toString()}`);
      const posted = await client.post(`${path === "/" ? "" : path}/.search`, search(message));
      assert.deepEqual([posted.status, posted.body], [200, got.body], `${path} ${JSON.stringify(message)}`);
    }
  });

  it("goes on by a cursor that GET gave, and the other way round", async () => {
    const client = await mixed();
    const first = await client.get("/Users?cursor&count=2&attributes=userName,id");
    const message = { cursor: first.body["nextCursor"], count: 2, attributes: ["userName", "id"] };
    const second = await client.post("/Users/.search", search(message));
    assert.deepEqual(namesOf(second), ["zoe@example.com"]);
    const back = `/Users?cursor=${textOf(second.body["previousCursor"])}&attributes=userName,id`;
    assert.deepEqual((await client.get(back)).body["Resources"], first.body["Resources"]);
  });

  const faulty: [message: unknown, scimType: string][] = [
    [{}, "invalidSyntax"],
    [{ schemas: [] }, "invalidSyntax"],
    [{ schemas: SEARCH }, "invalidSyntax"],
    [{ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"] }, "invalidSyntax"],
    [[search({})], "invalidSyntax"],
    ['"text"', "invalidSyntax"],
    ["{", "invalidSyntax"],
    [search({ filter: 7 }), "invalidFilter"],
    [search({ filter: "" }), "invalidFilter"],
    [search({ filter: 'userName eq "a' }), "invalidFilter"],
    [search({ filter: 'password eq "a"' }), "sensitive"],
    [search({ sortBy: ["userName"] }), "invalidPath"],
    [search({ sortBy: "password" }), "sensitive"],
    [search({ sortBy: "userName", sortOrder: "up" }), "invalidValue"],
    [search({ count: "1.5" }), "invalidValue"],
    [search({ startIndex: {} }), "invalidValue"],
    [search({ cursor: 7 }), "invalidCursor"],
    [search({ cursor: "", startIndex: 1 }), "invalidValue"],
    [search({ attributes: [1] }), "invalidValue"],
    [search({ attributes: ["userName"], excludedAttributes: ["title"] }), "invalidValue"],
  ];
  it("refuses what is no SearchRequest, and members that are not what they should be", async () => {
    const client = await scimClient();
    const before = await client.snapshot();
    for (const [message, scimType] of faulty) {
      for (const path of ["/.search", "/Users/.search"]) {
        const { status, body } = await client.post(path, message);
        const expected = scimType === "sensitive" ? 403 : 400;
        assert.deepEqual([status, body["scimType"]], [expected, scimType], `${path} ${JSON.stringify(message)}`);
      }
    }
    assert.deepEqual(await client.snapshot(), before);
  });

  it("is POST alone, needs credentials and a JSON body", async () => {
    const client = await scimClient();
    for (const path of ["/.search", "/Users/.search", "/Groups/.search"]) {
      for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
        const { status, headers } = await client.send(method, path, method === "GET" ? {} : { body: search({}) });
        assert.deepEqual([status, headers["allow"]], [405, "POST"], `${method} ${path}`);
      }
      assert.equal((await request("POST", path, { body: search({}) })).status, 401);
      const headers = { "content-type": "text/plain" };
      assert.equal((await client.send("POST", path, { body: "x", headers })).status, 415);
    }
    assert.equal((await client.post("/", search({}))).status, 405);
    assert.equal((await request("GET", "/")).status, 401);
  });
});

describe("a query of the root (RFC 7644 §3.4.2.1)", () => {
  it("finds resources of every type, each with its own schemas", async () => {
    const client = await mixed();
    const { body } = await client.get("/");
    assert.deepEqual([body["totalResults"], body["itemsPerPage"], body["startIndex"]], [5, 5, 1]);
    const kinds = (body["Resources"] as ScimObject[]).map(({ schemas }) => (schemas as string[])[0]);
    assert.deepEqual(kinds, [USER, USER, USER, GROUP, GROUP]);
    const group = (body["Resources"] as ScimObject[])[4];
    assert.deepEqual(group, (await client.get(`/Groups/${client.ids["Mob"]}`)).body);
  });

  const found: Record<string, string[]> = {
    'externalId eq "x1"': ["boss@example.com", "Admins"],
    'meta.resourceType eq "Group"': ["Admins", "Mob"],
    'displayName sw "m" or title eq "chief"': ["boss@example.com", "Mob"],
    'title ne "Chief"': ["Bea", "Zoe", "Admins", "Mob"],
    "title pr": ["boss@example.com"],
    "not (title pr)": ["Bea", "Zoe", "Admins", "Mob"],
    "userName eq null": ["Admins", "Mob"],
    "members ne null": ["Admins", "Mob"],
    'emails[type eq "work"]': [],
    'not (emails[type eq "work"])': ["boss@example.com", "Bea", "Zoe", "Admins", "Mob"],
    [`${USER}:userName sw "b"`]: ["boss@example.com", "Bea"],
    [`${GROUP}:displayName pr`]: ["Admins", "Mob"],
    [`${ENTERPRISE}:department eq "x"`]: [],
  };
  it("takes an attribute that a type has not for one without a value there", async () => {
    const client = await mixed();
    for (const [filter, names] of Object.entries(found)) {
      const answer = await client.get(`/?filter=${encodeURIComponent(filter)}`);
      assert.deepEqual(namesOf(answer), names, filter);
      assert.equal(answer.body["totalResults"], names.length);
      const counted = await client.get(`/?count=0&filter=${encodeURIComponent(filter)}`);
      assert.equal(counted.body["totalResults"], names.length);
    }
  });

  it("refuses what no type has, and what the type that has it refuses", async () => {
    const client = await scimClient();
    for (const filter of ['shoeSize eq "9"', "title pr and shoeSize pr", "active gt true", "userName gt null"]) {
      const { status, body } = await client.get(`/?filter=${encodeURIComponent(filter)}`);
      assert.deepEqual([status, body["scimType"]], [400, "invalidFilter"], filter);
    }
    assert.equal((await client.get("/?filter=password%20pr")).status, 403);
  });

  it("is paged over the types, by index and by cursor, with one total", async () => {
    const client = await mixed();
    const whole = resourcesOf(await client.get("/")).map(({ id }) => id);
    for (const [startIndex, count] of [
      [1, 2],
      [2, 3],
      [3, 2],
      [5, 9],
      [6, 2],
      [3, 0],
    ] as const) {
      const answer = await client.get(`/?startIndex=${startIndex}&count=${count}`);
      assert.deepEqual(
        resourcesOf(answer).map(({ id }) => id),
        whole.slice(startIndex - 1, startIndex - 1 + count),
      );
      assert.equal(answer.body["totalResults"], 5);
    }
    const seen: unknown[] = [];
    for (let cursor = ""; ;) {
      const answer = await client.get(`/?count=2&cursor=${cursor}`);
      seen.push(...resourcesOf(answer).map(({ id }) => id));
      assert.equal(answer.body["totalResults"], 5);
      if (!("nextCursor" in answer.body)) break;
      cursor = textOf(answer.body["nextCursor"]);
    }
    assert.deepEqual(seen, whole);
  });

  it("§3.4.2.3: is sorted over the types; a type without the attribute has no value", async () => {
    const client = await mixed();
    assert.deepEqual(namesOf(await client.get("/?sortBy=displayName")), [
      "Admins",
      "Bea",
      "Mob",
      "Zoe",
      "boss@example.com",
    ]);
    const down = await client.get("/?sortBy=displayName&sortOrder=descending");
    assert.deepEqual(namesOf(down), ["boss@example.com", "Zoe", "Mob", "Bea", "Admins"]);
    const byUser = namesOf(await client.get("/?sortBy=userName"));
    assert.deepEqual(byUser, ["Bea", "boss@example.com", "Zoe", "Admins", "Mob"]);
    const seen: string[] = [];
    for (let cursor = ""; ;) {
      const answer = await client.get(`/?count=1&sortBy=userName&sortOrder=descending&cursor=${cursor}`);
      seen.push(...namesOf(answer));
      if (!("nextCursor" in answer.body)) break;
      cursor = textOf(answer.body["nextCursor"]);
    }
    assert.deepEqual(seen, ["Admins", "Mob", "Zoe", "boss@example.com", "Bea"]);
  });

  it("shows of each type what is asked for", async () => {
    const client = await mixed();
    const [boss, , , admins] = resourcesOf(await client.get("/?attributes=userName,members.value"));
    assert.deepEqual(Object.keys(boss ?? {}).toSorted(), ["id", "schemas", "userName"]);
    assert.deepEqual(admins?.["members"], [{ value: client.ids["Zoe"] }]);
    const bare = resourcesOf(await client.get("/?excludedAttributes=members"));
    assert.ok(bare.every((each) => !("members" in each)));
  });

  it("shows no other tenant's resources, nor another directory's groups", async () => {
    const [client, other] = [await mixed(), await groupClient()];
    await other.newGroup("Theirs");
    assert.equal((await other.get("/")).body["totalResults"], 1);
    const second = await createDirectory(client.db, client.who, { name: "Second", provider: "okta" });
    const { token } = await client.newToken({ directoryId: second.id });
    const theirs = await client.get("/", { authorization: `Bearer ${token}` });
    assert.deepEqual(namesOf(theirs), ["boss@example.com", "Bea", "Zoe"]);
  });
});

describe("sorting (RFC 7644 §3.4.2.3)", () => {
  const people = async () => {
    const client = await scimClient();
    const mails = (...list: [value: string, primary?: boolean][]): object => ({
      emails: list.map(([value, primary]) => ({ value, type: "other", ...(primary && { primary }) })),
    });
    await client.create(user("ann", { name: { familyName: "beta" }, title: "B", ...mails(["z@x"], ["c@x", true]) }));
    await client.create(user("Bob", { name: { familyName: "Alpha" }, active: false, ...mails(["b@x"], ["a@x"]) }));
    await client.create(user("cid", { name: { familyName: "ALPHA" }, title: "a", externalId: "b" }));
    await client.create(user("Dan", { externalId: "B", [ENTERPRISE]: { department: "R&D" }, ...mails(["A@x"]) }));
    const order = async (query: string): Promise<string> =>
      resourcesOf(await client.get(`/Users?${query}`))
        .map(({ userName }) => textOf(userName)[0])
        .join("");
    return { client, order };
  };

  it("goes by any attribute, in any spelling of its path, without case unless it is caseExact", async () => {
    const { order } = await people();
    const orders: Record<string, string> = {
      userName: "aBcD",
      USERNAME: "aBcD",
      [`${USER}:userName`]: "aBcD",
      [`${USER.toLowerCase()}:name.familyname`]: "BcaD",
      "name.familyName": "BcaD",
      title: "caBD",
      emails: "DBac",
      "emails.value": "DBac",
      externalId: "DcaB",
      active: "BacD",
      [`${ENTERPRISE}:department`]: "DaBc",
      id: "aBcD",
      "meta.created": "aBcD",
      "meta.lastModified": "aBcD",
    };
    for (const [sortBy, expected] of Object.entries(orders)) {
      assert.equal(await order(`sortBy=${encodeURIComponent(sortBy)}`), expected, sortBy);
    }
    assert.equal(await order("sortBy=&sortOrder="), "aBcD");
    assert.equal(await order("sortOrder=descending"), "aBcD", "an order of nothing is none");
  });

  it("descending puts those without a value first; equals stand by id in either order", async () => {
    const { order } = await people();
    assert.equal(await order("sortBy=name.familyName&sortOrder=descending"), "DaBc");
    assert.equal(await order("sortBy=title&sortOrder=Descending"), "BDac");
    assert.equal(await order("sortBy=nickName&sortOrder=descending"), "aBcD");
    assert.equal(await order("sortBy=emails&sortOrder=descending"), "caBD");
  });

  it("is done before the page is cut, and together with a filter", async () => {
    const { order } = await people();
    assert.equal(await order("sortBy=userName&sortOrder=descending&count=2"), "Dc");
    assert.equal(await order("sortBy=userName&sortOrder=descending&startIndex=3&count=5"), "Ba");
    assert.equal(await order(`sortBy=name.familyName&filter=${encodeURIComponent("title pr")}`), "ca");
  });

  it("by what no schema defines or is complex: ignored by the tolerant dialect, else 400 invalidPath; by a password 403", async () => {
    const { client, order } = await people();
    const strict = await scimClient({ dialect: "rfc" });
    for (const sortBy of [
      "shoeSize",
      "name",
      "urn:x:y",
      "emails[type eq 1]",
      "name.familyName.x",
      ENTERPRISE,
      "'; --",
    ]) {
      assert.equal(await order(`sortBy=${encodeURIComponent(sortBy)}`), "aBcD", sortBy);
      const { status, body } = await strict.get(`/Users?sortBy=${encodeURIComponent(sortBy)}`);
      assert.deepEqual([status, body["scimType"]], [400, "invalidPath"], sortBy);
    }
    for (const query of ["sortBy=userName&sortOrder=up", "sortBy=userName&sortOrder=ascending&sortOrder=descending"]) {
      const { status, body } = await client.get(`/Users?${query}`);
      assert.deepEqual([status, body["scimType"]], [400, "invalidValue"], query);
    }
    const twice = await client.get("/Users?sortBy=userName&sortBy=title");
    assert.deepEqual([twice.status, twice.body["scimType"]], [400, "invalidPath"]);
    assert.equal((await client.get("/Users?sortBy=password")).status, 403);
    assert.equal(at((await client.get("/ServiceProviderConfig")).body, "/sort/supported"), true);
  });
});

describe("a page of groups with very many members", () => {
  it("is 400 tooMany, which fewer groups or excludedAttributes=members avoid (RFC 7644 §3.12)", async () => {
    const client = await groupClient();
    const groups: string[] = [];
    for (const name of ["A", "B", "C"]) groups.push(await client.newGroup(name));
    // Of nobody who is there: what counts is how many.
    await inTenant(client.db, client.who, ({ trx, tenantId }) =>
      trx.run({
        text: `insert into memberships (tenant_id, group_id, member_id)
          select $1, g, gen_random_uuid() from unnest($2::uuid[]) g, generate_series(1, 83334)`,
        values: [tenantId, groups],
      }),
    );
    for (const path of ["/Groups", "/Groups?filter=displayName%20pr", "/Groups?cursor&count=3", "/"]) {
      const { status, body } = await client.get(path);
      assert.deepEqual([status, body["scimType"]], [400, "tooMany"], path);
    }
    for (const path of [
      "/Groups?count=2",
      "/Groups?cursor&count=1",
      "/Groups?excludedAttributes=members",
      "/Groups?count=0",
    ]) {
      assert.equal((await client.get(path)).status, 200, path);
    }
  });
});

describe("filters on what stands in rows of its own", () => {
  it("find Users by the groups that they show", async () => {
    const client = await mixed();
    const { ids } = client;
    const names = async (filter: string): Promise<string[]> => namesOf(await client.find(filter));
    const cases: Record<string, string[]> = {
      [`groups.value eq "${ids["Admins"]}"`]: ["Zoe"],
      [`groups eq "${ids["Mob"]}"`]: ["Bea", "Zoe"],
      [`not (groups.value eq "${ids["Mob"]}")`]: ["boss@example.com"],
      [`groups.value eq "${NOBODY}"`]: [],
      'groups.value eq "none"': [],
      'groups.display eq "MOB"': ["Bea", "Zoe"],
      'groups.display sw "adm"': ["Zoe"],
      'groups[display eq "admins" and type eq "direct"]': ["Zoe"],
      "groups pr": ["Bea", "Zoe"],
      "groups eq null": ["boss@example.com"],
      'groups.$ref co "/Groups/"': ["Bea", "Zoe"],
    };
    for (const [filter, expected] of Object.entries(cases)) assert.deepEqual(await names(filter), expected, filter);
  });

  it("do not tell of break-glass members in a group (rule 19)", async () => {
    const client = await mixed();
    const { db, who, ids } = client;
    await db.pool.query("update members set break_glass = true where tenant_id = $1 and id = $2", [
      who.tenantId,
      ids["Zoe"],
    ]);
    for (const filter of [
      `members.value eq "${ids["Zoe"]}"`,
      `members[value eq "${ids["Zoe"]}"]`,
      'members.display eq "Zoe"',
      'displayName eq "Admins" and members pr',
    ]) {
      assert.deepEqual(await client.findGroups(filter), [], filter);
    }
    assert.deepEqual(namesOf(await client.get("/")), ["boss@example.com", "Bea", "Admins", "Mob"]);
  });

  it("find Users by any of their addresses, as they are now", async () => {
    const client = await scimClient();
    const emails = [
      { value: "Work@x", type: "work", primary: true },
      { value: "home@x", type: "home" },
    ];
    const id = await client.create(user("ann", { emails, displayName: "Ann  Lee" }));
    await client.create(user("bob", { emails: [{ value: "other@x" }], displayName: "Ann" }));
    const names = async (filter: string): Promise<string[]> =>
      resourcesOf(await client.find(filter)).map(({ userName }) => textOf(userName));
    const check = async (cases: Record<string, string[]>): Promise<void> => {
      for (const [filter, expected] of Object.entries(cases)) assert.deepEqual(await names(filter), expected, filter);
    };
    await check({
      'emails.value eq "HOME@x"': ["ann"],
      'emails eq "work@x"': ["ann"],
      'emails[value eq "home@X"]': ["ann"],
      'emails[type eq "home" and value eq "home@x"]': ["ann"],
      'emails[type eq "work" and value eq "home@x"]': [],
      'emails[type eq "work"].value eq "work@x"': ["ann"],
      'emails[type eq "home" or value eq "other@x"]': ["ann", "bob"],
      'not (emails[value eq "home@x"])': ["bob"],
      'emails.value ne "home@x"': ["ann", "bob"],
      'emails.value eq ""': [],
      'displayName eq "ann"': ["bob"],
      'displayName eq "ANN  lee"': ["ann"],
      'displayName ne "ann"': ["ann"],
      'displayName eq ""': [],
    });
    await client.operate(id, { op: "replace", path: 'emails[type eq "home"].value', value: "new@x" });
    await check({
      'emails.value eq "home@x"': [],
      'emails.value eq "new@x"': ["ann"],
      'emails.value eq "work@x"': ["ann"],
    });
    await client.operate(id, { op: "remove", path: "emails" });
    await check({ 'emails.value eq "new@x"': [], 'emails.value eq "work@x"': [] });
    await client.operate(id, { op: "add", path: "emails", value: emails });
    await client.delete(`/Users/${id}`);
    await check({ 'emails.value eq "home@x"': [] });
    const { rows } = await client.db.pool.query("select email_key from member_emails where tenant_id = $1", [
      client.who.tenantId,
    ]);
    assert.deepEqual(rows, [], "nothing is left of who is gone");
    const long = await client.post(
      "/Users",
      user("long", { emails: [{ value: "a@x", primary: true }, { value: "x".repeat(2001) }] }),
    );
    assert.deepEqual([long.status, long.body["scimType"]], [400, "invalidValue"]);
  });
});
