/** POST, GET, PUT, PATCH and DELETE of `/Users` (RFC 7643 §2 to §4, RFC 7644 §3.3 to §3.6). */
import assert from "node:assert/strict";
import { at, ENTERPRISE, scimClient, statuses, USER, user } from "../support/scim.ts";

const EMAILS = [{ value: "ana@example.com", type: "work", primary: true }];

describe("creating a User (RFC 7644 §3.3)", () => {
  it("answers 201 with the whole representation, whose times are one", async () => {
    const client = await scimClient();
    const { status, body } = await client.post("/Users", user("Ana@example.com", { emails: EMAILS, externalId: "A1" }));
    assert.equal(status, 201);
    assert.deepEqual([body["userName"], body["emails"], body["externalId"]], ["Ana@example.com", EMAILS, "A1"]);
    assert.equal(at(body, "/meta/created"), at(body, "/meta/lastModified"));
    assert.equal(at(body, "/meta/version"), 'W/"1"');
  });

  it("what was created is what GET answers", async () => {
    const client = await scimClient();
    const created = await client.post("/Users", user("ana@example.com", { emails: EMAILS, title: "Nurse" }));
    const read = await client.get(`/Users/${created.id}`);
    assert.deepEqual([read.status, read.body], [200, created.body]);
  });

  it("never shows, but keeps, a password (RFC 7643 §4.1.1)", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { password: "Tw1light-Harbour" }));
    const stored = JSON.stringify(await client.snapshot());
    assert.match(stored, /\$argon2id/);
    assert.ok(!stored.includes("Tw1light"));
    assert.equal((await client.get(`/Users/${id}?attributes=password`)).body["password"], undefined);
  });

  for (const [what, body] of Object.entries({
    "without userName": { schemas: [USER], displayName: "Ana" },
    "with an empty userName": user(""),
    "with a blank userName": user("  \t"),
    "with a userName that is null": { schemas: [USER], userName: null },
    "with a userName that is a number": { schemas: [USER], userName: 7 },
    "with a userName that is an object": { schemas: [USER], userName: { value: "ana" } },
  })) {
    it(`${what} is 400 invalidValue`, async () => {
      const client = await scimClient();
      const before = await client.snapshot();
      const answer = await client.post("/Users", body);
      assert.deepEqual([answer.status, answer.body["scimType"]], [400, "invalidValue"]);
      assert.deepEqual(await client.snapshot(), before);
    });
  }

  it("with a schema that User does not have is 400 invalidSyntax", async () => {
    const client = await scimClient();
    const { status, body } = await client.post("/Users", { schemas: [USER, "urn:example:none"], userName: "ana" });
    assert.deepEqual([status, body["scimType"]], [400, "invalidSyntax"]);
  });

  it("a name in two spellings is 400 invalidSyntax, and not whichever comes last", async () => {
    const client = await scimClient();
    const { status, body } = await client.post("/Users", { schemas: [USER], userName: "ana", USERNAME: "eve" });
    assert.deepEqual([status, body["scimType"]], [400, "invalidSyntax"]);
  });

  it("the userName of someone else is 409 uniqueness in POST, PUT and PATCH, whatever its case", async () => {
    const client = await scimClient();
    await client.create(user("ana@example.com"));
    const id = await client.create(user("eve@example.com"));
    const before = await client.snapshot();
    const answers = [
      await client.post("/Users", user("ANA@example.com")),
      await client.put(`/Users/${id}`, user("Ana@Example.com")),
      await client.operate(id, { op: "replace", path: "userName", value: "aNA@example.com" }),
    ];
    for (const { status, body } of answers) assert.deepEqual([status, body["scimType"]], [409, "uniqueness"]);
    assert.deepEqual(await client.snapshot(), before);
  });

  it("the same userName and externalId in another tenant are no conflict", async () => {
    const [one, two] = [await scimClient(), await scimClient()];
    const body = user("ana@example.com", { externalId: "1" });
    assert.notEqual(await one.create(body), await two.create(body));
  });

  it("of many who create the same user at once one succeeds", async () => {
    const client = await scimClient();
    const names = ["ana@example.com", "ANA@example.com", "Ana@example.com", "ana@EXAMPLE.com"];
    const answers = await Promise.all(names.map((name) => client.post("/Users", user(name))));
    assert.deepEqual(statuses(answers), [201, 409, 409, 409]);
    assert.deepEqual(await client.eventTypes(), ["member.created"]);
  });
});

describe("replacing a User (RFC 7644 §3.5.1)", () => {
  it("never creates", async () => {
    const client = await scimClient();
    const { status } = await client.put("/Users/0190a1b2-0000-7000-8000-000000000001", user("ana@example.com"));
    assert.equal(status, 404);
    assert.equal((await client.get("/Users")).body["totalResults"], 0);
  });

  it("without what is required is 400 and changes nothing", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { title: "Nurse" }));
    const before = await client.snapshot();
    const { status, body } = await client.put(`/Users/${id}`, { schemas: [USER], title: "Chief" });
    assert.deepEqual([status, body["scimType"]], [400, "invalidValue"]);
    assert.deepEqual(await client.snapshot(), before);
  });

  it("a password that is not sent stays, one that is sent is another", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { password: "Tw1light-Harbour" }));
    const hash = async () => /\$argon2id[^"]+/.exec(JSON.stringify(await client.snapshot()))?.[0];
    const first = await hash();
    await client.put(`/Users/${id}`, user("ana@example.com", { title: "Nurse" }));
    assert.equal(await hash(), first);
    await client.put(`/Users/${id}`, user("ana@example.com", { title: "Nurse", password: "An0ther-Harbour" }));
    assert.notEqual(await hash(), first);
  });

  it("with what is there already keeps version and lastModified, and tells nothing", async () => {
    const client = await scimClient();
    const sent = user("ana@example.com", { emails: EMAILS, title: "Nurse", [ENTERPRISE]: { department: "HR" } });
    const created = await client.post("/Users", sent);
    const before = await client.snapshot();
    const path = `/Users/${created.id}`;
    assert.deepEqual((await client.put(path, sent)).body, created.body);
    assert.deepEqual((await client.put(path, created.body)).body, created.body);
    assert.deepEqual(await client.snapshot(), before);
  });
});

describe("patching a User (RFC 7644 §3.5.2)", () => {
  it("raises version and lastModified by a change", async () => {
    const client = await scimClient();
    const created = await client.post("/Users", user("ana@example.com"));
    const { body } = await client.operate(created.id, { op: "add", path: "title", value: "Nurse" });
    assert.equal(at(body, "/meta/version"), 'W/"2"');
    assert.equal(at(body, "/meta/created"), at(created.body, "/meta/created"));
  });

  for (const [what, operation] of Object.entries({
    "add of a value that is there": { op: "add", path: "title", value: "Nurse" },
    "add of an element that is there": { op: "add", path: "emails", value: EMAILS },
    "replace by the same": { op: "replace", value: { title: "Nurse", active: true } },
    "remove of what is not there": { op: "remove", path: "nickName" },
    "replace of nothing by null": { op: "replace", path: "nickName", value: null },
  })) {
    it(`${what} keeps version and lastModified, and tells nothing`, async () => {
      const client = await scimClient();
      const created = await client.post("/Users", user("ana@example.com", { title: "Nurse", emails: EMAILS }));
      const before = await client.snapshot();
      const { status, body } = await client.operate(created.id, operation);
      assert.deepEqual([status, body], [200, created.body]);
      assert.deepEqual(await client.snapshot(), before);
    });
  }

  it("carries out the operations one after the other", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { emails: EMAILS }));
    const { body } = await client.operate(
      id,
      { op: "remove", path: "emails" },
      { op: "add", path: "emails", value: [{ value: "x@example.com", type: "home" }] },
      { op: "replace", path: 'emails[type eq "home"].value', value: "y@example.com" },
      { op: "add", path: "emails", value: [{ value: "z@example.com", type: "work", primary: true }] },
    );
    assert.deepEqual(body["emails"], [
      { value: "y@example.com", type: "home" },
      { value: "z@example.com", type: "work", primary: true },
    ]);
  });

  it("makes a new primary value the only one", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { emails: EMAILS }));
    const value = [{ value: "x@example.com", type: "home", primary: true }];
    const { body } = await client.operate(id, { op: "add", path: "emails", value });
    assert.deepEqual(body["emails"], [{ ...EMAILS[0], primary: false }, ...value]);
  });

  it("refuses two primary values at once", async () => {
    const client = await scimClient();
    const two = [
      { value: "x@example.com", primary: true },
      { value: "y@example.com", primary: true },
    ];
    const created = await client.post("/Users", user("eve@example.com", { emails: two }));
    assert.deepEqual([created.status, created.body["scimType"]], [400, "invalidValue"]);
    const id = await client.create(user("ana@example.com"));
    const { status, body } = await client.operate(id, { op: "replace", path: "emails", value: two });
    assert.deepEqual([status, body["scimType"]], [400, "invalidValue"]);
  });

  it("drops an extension with its last value, and its URN from schemas", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { [ENTERPRISE]: { department: "HR" } }));
    const { body } = await client.operate(id, { op: "remove", path: `${ENTERPRISE}:department` });
    assert.deepEqual([body["schemas"], body[ENTERPRISE]], [[USER], undefined]);
  });

  it("takes a whole extension away", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { [ENTERPRISE]: { department: "HR", division: "E" } }));
    const { body } = await client.operate(id, { op: "remove", path: ENTERPRISE });
    assert.deepEqual([body["schemas"], body[ENTERPRISE]], [[USER], undefined]);
  });

  it("loses none of many changes that are made at once", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    const add = (type: string) =>
      client.operate(id, { op: "add", path: "emails", value: [{ value: `${type}@example.com`, type }] });
    const types = Array.from({ length: 12 }, (_, index) => `t${index}`);
    assert.ok((await Promise.all(types.map(add))).every(({ status }) => status === 200));
    const { body } = await client.get(`/Users/${id}`);
    assert.deepEqual((body["emails"] as { type: string }[]).map(({ type }) => type).sort(), types.sort());
    assert.equal(at(body, "/meta/version"), 'W/"13"');
  });
});

describe("deleting a User (RFC 7644 §3.6)", () => {
  it("answers 204, and from then on every verb 404", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    assert.equal((await client.delete(`/Users/${id}`)).status, 204);
    const before = await client.snapshot();
    const answers = [
      await client.delete(`/Users/${id}`),
      await client.get(`/Users/${id}`),
      await client.put(`/Users/${id}`, user("ana@example.com")),
      await client.operate(id, { op: "replace", path: "active", value: true }),
    ];
    for (const { status } of answers) assert.equal(status, 404);
    assert.deepEqual(await client.snapshot(), before);
  });

  it("takes the user out of lists and totals, and frees the userName for another id", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    await client.create(user("eve@example.com"));
    await client.delete(`/Users/${id}`);
    assert.equal((await client.get("/Users")).body["totalResults"], 1);
    assert.equal((await client.find('userName eq "ana@example.com"')).body["totalResults"], 0);
    assert.notEqual(await client.create(user("ana@example.com")), id);
  });

  it("twice at once is 204 once", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    const answers = await Promise.all([1, 2, 3].map(() => client.delete(`/Users/${id}`)));
    assert.deepEqual(statuses(answers), [204, 404, 404]);
    assert.deepEqual(await client.eventTypes(), ["member.created", "member.offboarding", "member.deleted"]);
  });
});

describe("ETags (RFC 7644 §3.14)", () => {
  const changed = async () => {
    const client = await scimClient();
    const created = await client.post("/Users", user("ana@example.com"));
    const id = created.id;
    const { headers } = await client.operate(id, { op: "add", path: "title", value: "Nurse" });
    return { client, path: `/Users/${id}`, old: created.headers["etag"] ?? "", current: headers["etag"] ?? "" };
  };

  it("If-None-Match of the current version is 304 with the tag and no body", async () => {
    const { client, path, old, current } = await changed();
    const answer = await client.get(path, { "if-none-match": current });
    assert.deepEqual([answer.status, answer.headers["etag"]], [304, current]);
    for (const tags of [`W/"77", ${current}`, "*", current.slice(2)]) {
      assert.equal((await client.get(path, { "if-none-match": tags })).status, 304, tags);
    }
    assert.equal((await client.get(path, { "if-none-match": old })).status, 200);
  });

  it("row 52: If-Match compares weakly, or no weak tag would ever match", async () => {
    const { client, path, current } = await changed();
    const first = await client.put(path, user("ana@example.com", { title: "A" }), { "if-match": current });
    assert.equal(first.status, 200);
    const tags = `"77" , ${first.headers["etag"]}`;
    assert.equal((await client.put(path, user("ana@example.com"), { "if-match": tags })).status, 200);
    assert.equal((await client.delete(path, { "if-match": "*" })).status, 204);
  });

  it("If-Match of another version is 412 on PUT, PATCH and DELETE, and changes nothing", async () => {
    const { client, path, old } = await changed();
    const before = await client.snapshot();
    const operation = { op: "replace", path: "title", value: "B" };
    for (const tag of [old, 'W/"77"', '"ana"', "nonsense"]) {
      const headers = { "if-match": tag };
      const answers = [
        await client.put(path, user("ana@example.com"), headers),
        await client.patch(
          path,
          { schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: [operation] },
          headers,
        ),
        await client.delete(path, headers),
      ];
      for (const { status } of answers) assert.equal(status, 412, tag);
    }
    assert.deepEqual(await client.snapshot(), before);
  });
});

describe("attributes and excludedAttributes (RFC 7644 §3.9)", () => {
  const full = user("ana@example.com", {
    name: { givenName: "Ana", familyName: "Ruiz" },
    emails: EMAILS,
    title: "Nurse",
    [ENTERPRISE]: { department: "HR", division: "E" },
  });
  const verbs = {
    GET: (path: string) => ({ method: "GET", path, body: undefined }),
    PUT: (path: string) => ({ method: "PUT", path, body: full }),
    PATCH: (path: string) => ({
      method: "PATCH",
      path,
      body: {
        schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        Operations: [{ op: "replace", path: "title", value: "Nurse" }],
      },
    }),
  };
  const selections: Record<string, string[]> = {
    "attributes=userName": ["id", "schemas", "userName"],
    "attributes=USERNAME,name.givenname": ["id", "name", "schemas", "userName"],
    [`attributes=${USER}:title`]: ["id", "schemas", "title"],
    [`attributes=${ENTERPRISE}:department`]: ["id", "schemas", ENTERPRISE],
    [`attributes=${ENTERPRISE}`]: ["id", "schemas", ENTERPRISE],
    "attributes=meta.version": ["id", "meta", "schemas"],
    "attributes=shoeSize": ["id", "schemas"],
    "excludedAttributes=name,emails,id,schemas,meta": ["active", "id", "schemas", "title", ENTERPRISE, "userName"],
    [`excludedAttributes=${ENTERPRISE}`]: ["active", "emails", "id", "meta", "name", "schemas", "title", "userName"],
  };

  for (const [query, names] of Object.entries(selections)) {
    it(`${query} is honoured by POST, GET, PUT, PATCH and lists`, async () => {
      const client = await scimClient();
      const created = await client.post(`/Users?${query}`, full);
      const shown = (body: object) => Object.keys(body).sort();
      assert.deepEqual(shown(created.body), names.sort());
      for (const verb of Object.values(verbs)) {
        const { method, path, body } = verb(`/Users/${created.id}?${query}`);
        const answer = await client.send(method, path, body ? { body } : {});
        assert.deepEqual(answer.body, created.body, method);
        assert.ok(answer.headers["etag"] && answer.headers["content-location"]);
      }
      assert.deepEqual(at((await client.get(`/Users?${query}`)).body, "/Resources/0"), created.body);
    });
  }

  it("a sub-attribute alone is shown alone", async () => {
    const client = await scimClient();
    const id = await client.create(full);
    const { body } = await client.get(`/Users/${id}?attributes=name.givenName,emails.value,${ENTERPRISE}:division`);
    assert.deepEqual([body["name"], body["emails"]], [{ givenName: "Ana" }, [{ value: "ana@example.com" }]]);
    assert.deepEqual(body[ENTERPRISE], { division: "E" });
    const without = await client.get(`/Users/${id}?excludedAttributes=name.givenName`);
    assert.deepEqual(without.body["name"], { familyName: "Ruiz" });
  });

  it("both at once are 400 invalidValue, before anything is written", async () => {
    const client = await scimClient();
    const before = await client.snapshot();
    const { status, body } = await client.post("/Users?attributes=userName&excludedAttributes=name", full);
    assert.deepEqual([status, body["scimType"]], [400, "invalidValue"]);
    assert.deepEqual(await client.snapshot(), before);
  });
});
