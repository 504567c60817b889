/**
 * What broke between directories and servers in the field, one case for each row of our list of threads.
 *
 * Here:           1 2 3 4 5 8 9 10 11 13 14 15 16 17 18 19 20 21 22 23 27 28 32 34 35 36 37 38 39 40 41 42 43 44 45 46
 *                 47 48 49 50 51 52 53 54 55 57 59 61 62 63, and 6 and 64 as far as Users have them
 * With Groups:    7 12 24 25 26 29 30 31 33 58 60 65
 * With Bulk:      56
 * With sessions:  64
 * Elsewhere:      15, 46 and 61 are matrices in http.test.ts, 62 in badInput.test.ts
 */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { at, BASE_URL, ENTERPRISE, patchOp, scimClient, statuses, textOf, user, USER } from "../support/scim.ts";

/** A manager as answers show them: whatever a client wrote for `$ref`, the address is ours. */
const managed = (id: string) => ({ value: id, $ref: `${BASE_URL}/Users/${id}` });

describe("interoperability", () => {
  for (const op of ["Add", "add", "ADD", "Replace", "REPLACE", "replace"]) {
    it(`rows 1 and 2: the operation "${op}" is understood`, async () => {
      const client = await scimClient();
      const id = await client.create(user("ana@example.com"));
      const { status, body } = await client.operate(id, { op, path: "title", value: "Nurse" });
      assert.deepEqual([status, body["title"]], [200, "Nurse"]);
    });
  }

  it('row 1: the operation "Remove" is understood', async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { title: "Nurse" }));
    const { status, body } = await client.operate(id, { op: "Remove", path: "title" });
    assert.deepEqual([status, body["title"]], [200, undefined]);
  });

  it("row 1: RFC 7644 §3.5.2 to the letter knows lower case alone", async () => {
    const client = await scimClient({ dialect: "rfc" });
    const id = await client.create(user("ana@example.com"));
    const { status, body } = await client.operate(id, { op: "Replace", path: "title", value: "Nurse" });
    assert.deepEqual([status, body["scimType"]], [400, "invalidSyntax"]);
  });

  for (const active of ["False", "false", "FALSE", false]) {
    it(`row 3: active as ${JSON.stringify(active)} is the boolean false in POST, PUT and PATCH`, async () => {
      const client = await scimClient();
      const created = await client.post("/Users", user("one@example.com", { active }));
      assert.deepEqual([created.status, created.body["active"]], [201, false]);
      const id = await client.create(user("two@example.com"));
      const put = await client.put(`/Users/${id}`, user("two@example.com", { active }));
      assert.deepEqual([put.status, put.body["active"]], [200, false]);
      await client.operate(id, { op: "replace", path: "active", value: true });
      const patched = await client.operate(id, { op: "replace", path: "active", value: active });
      assert.deepEqual([patched.status, patched.body["active"]], [200, false]);
      assert.equal((await client.member(id)).status, "suspended");
    });
  }

  it('row 3: active as "no", 0, {} or two values is nobody\'s dialect and refused', async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    for (const value of ["no", 0, {}, [true, false]]) {
      const { status, body } = await client.operate(id, { op: "replace", path: "active", value });
      assert.deepEqual([status, body["scimType"]], [400, "invalidValue"], JSON.stringify(value));
    }
    assert.equal((await client.member(id)).status, "active");
  });

  it("row 4: the filter on active finds what the answers show", async () => {
    const client = await scimClient();
    const gone = await client.create(user("gone@example.com", { active: false }));
    const here = await client.create(user("here@example.com"));
    for (const [value, id] of [
      ["false", gone],
      ["true", here],
      ['"False"', gone],
    ] as const) {
      const { body } = await client.find(`active eq ${value}`);
      assert.deepEqual([body["totalResults"], at(body, "/Resources/0/id")], [1, id]);
    }
  });

  it("row 5: add of a single value replaces it", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { externalId: "1" }));
    const { body } = await client.operate(
      id,
      { op: "Add", path: "active", value: "False" },
      { op: "Add", path: "externalId", value: "2" },
    );
    assert.deepEqual([body["active"], body["externalId"]], [false, "2"]);
  });

  it("row 6: remove of values with a value takes only those", async () => {
    const client = await scimClient();
    const emails = [{ value: "a@example.com" }, { value: "b@example.com" }];
    const id = await client.create(user("ana@example.com", { emails }));
    const { body } = await client.operate(id, { op: "Remove", path: "emails", value: [{ value: "a@example.com" }] });
    assert.deepEqual(body["emails"], [{ value: "b@example.com" }]);
  });

  for (const op of ["add", "replace"]) {
    it(`rows 8 and 9: ${op} by a filter without match makes the element, with the filter's terms`, async () => {
      const client = await scimClient();
      const id = await client.create(
        user("ana@example.com", { emails: [{ value: "home@example.com", type: "home" }] }),
      );
      const path = 'emails[type eq "work"].value';
      const { status, body } = await client.operate(id, { op, path, value: "work@example.com" });
      assert.equal(status, 200);
      assert.deepEqual(body["emails"], [
        { value: "home@example.com", type: "home" },
        { value: "work@example.com", type: "work" },
      ]);
    });
  }

  it("row 8: RFC 7644 §3.12 to the letter answers noTarget and changes nothing", async () => {
    const client = await scimClient({ dialect: "rfc" });
    const id = await client.create(user("ana@example.com"));
    const before = await client.snapshot();
    const path = 'emails[type eq "work"].value';
    const { status, body } = await client.operate(id, { op: "replace", path, value: "work@example.com" });
    assert.deepEqual([status, body["scimType"]], [400, "noTarget"]);
    assert.deepEqual(await client.snapshot(), before);
  });

  it("row 10: the value of a remove of one attribute is ignored, and never set", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { emails: [{ value: "a@example.com", type: "work" }] }));
    const path = 'emails[type eq "work"].value';
    const { body } = await client.operate(id, { op: "Remove", path, value: "b@example.com" });
    assert.equal(body["emails"], undefined);
  });

  it("row 11: keys of a path-less value are read as paths", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    const { status, body } = await client.operate(id, {
      op: "replace",
      value: {
        "name.givenName": "Ana",
        'emails[type eq "work"].value': "ana@example.com",
        [`${ENTERPRISE}:department`]: "Sales",
        [`${USER}:title`]: "Buyer",
        [ENTERPRISE]: { division: "East" },
      },
    });
    assert.equal(status, 200, textOf(body["detail"]));
    assert.deepEqual(body["name"], { givenName: "Ana" });
    assert.deepEqual(body["emails"], [{ value: "ana@example.com", type: "work" }]);
    assert.deepEqual(body[ENTERPRISE], { department: "Sales", division: "East" });
    assert.equal(body["title"], "Buyer");
  });

  it("row 13: a deactivation without a path is carried out", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    const { status, body } = await client.operate(id, { op: "replace", value: { active: false } });
    assert.deepEqual([status, body["active"]], [200, false]);
  });

  it("row 14: a path-less value that is JSON in a string is refused as a whole", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    const before = await client.snapshot();
    const title = { op: "replace", path: "title", value: "Nurse" };
    const { status, body } = await client.operate(id, title, { op: "replace", value: '{"active":false}' });
    assert.deepEqual([status, body["scimType"]], [400, "invalidValue"]);
    assert.deepEqual(await client.snapshot(), before);
  });

  it("rows 15 and 16: an error is a SCIM message whose status is a string", async () => {
    const client = await scimClient();
    for (const path of ["/Users/nobody", "/Nowhere", "/Users?filter=x", "/Users?count=ten"]) {
      const { status, body } = await client.get(path);
      assert.equal(body["status"], String(status));
    }
  });

  it("row 17: URN paths are not split at the dot of 2.0 or at the last colon", async () => {
    const client = await scimClient();
    const manager = await client.create(user("boss@example.com"));
    const id = await client.create(user("ana@example.com"));
    const { status, body } = await client.operate(
      id,
      { op: "add", path: `${ENTERPRISE}:manager.value`, value: manager },
      { op: "add", path: `${ENTERPRISE}:costCenter`, value: "a:b.c" },
    );
    assert.equal(status, 200, textOf(body["detail"]));
    assert.deepEqual(body[ENTERPRISE], { manager: managed(manager), costCenter: "a:b.c" });
  });

  it("row 18: a PATCH into an absent extension makes it and names it in schemas", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    const { body } = await client.operate(id, { op: "replace", path: `${ENTERPRISE}:department`, value: "HR" });
    assert.deepEqual([body["schemas"], body[ENTERPRISE]], [[USER, ENTERPRISE], { department: "HR" }]);
  });

  it("row 19: a path that is qualified by the core URN is one", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    const { body } = await client.operate(id, { op: "add", path: `${USER}:name.familyName`, value: "Ruiz" });
    assert.deepEqual(body["name"], { familyName: "Ruiz" });
  });

  it("rows 20 and 21: manager as a string, object or array is stored and shown as an object", async () => {
    const client = await scimClient();
    const boss = await client.create(user("boss@example.com"));
    const shapes = [boss, { value: boss }, [{ value: boss, $ref: null }], [boss]];
    for (const [index, manager] of shapes.entries()) {
      const created = await client.post("/Users", user(`u${index}@example.com`, { [ENTERPRISE]: { manager } }));
      assert.deepEqual(at(created.body, `/${ENTERPRISE}/manager`), managed(boss), JSON.stringify(manager));
      const id = created.id;
      await client.operate(id, { op: "Remove", path: `${ENTERPRISE}:manager` });
      const patched = await client.operate(id, { op: "Add", path: "manager", value: manager });
      assert.deepEqual(at(patched.body, `/${ENTERPRISE}/manager`), managed(boss), JSON.stringify(manager));
      assert.equal((await client.member(id)).managerId, boss);
    }
  });

  it('row 22: roles[primary eq "True"] means the boolean', async () => {
    const client = await scimClient();
    const roles = [{ value: "a", primary: true }, { value: "b" }];
    const id = await client.create(user("ana@example.com", { roles }));
    const { body } = await client.operate(id, { op: "Replace", path: 'roles[primary eq "True"].value', value: "c" });
    assert.deepEqual(body["roles"], [{ value: "c", primary: true }, { value: "b" }]);
  });

  it("row 22: a role that is JSON in a string is unpacked", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    const value = [JSON.stringify({ value: "approver", display: "Approver" })];
    const { status, body } = await client.operate(id, { op: "Add", path: "roles", value });
    assert.deepEqual([status, body["roles"]], [200, [{ value: "approver", display: "Approver" }]]);
  });

  it("row 23: [{value}] for a single value is that value", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    const { body } = await client.operate(id, { op: "Replace", path: "displayName", value: [{ value: "Ana R." }] });
    assert.equal(body["displayName"], "Ana R.");
  });

  it("row 27: totalResults and itemsPerPage are exact, also where the page is short, empty or past the end", async () => {
    const client = await scimClient();
    for (let i = 0; i < 7; i++) await client.create(user(`u${i}@example.com`));
    const pages = { "count=3": 3, "startIndex=6&count=3": 2, "startIndex=8": 0, "count=0": 0, "startIndex=0": 7 };
    for (const [query, size] of Object.entries(pages)) {
      const { body } = await client.get(`/Users?${query}`);
      assert.deepEqual([body["totalResults"], body["itemsPerPage"]], [7, size], query);
    }
    assert.equal((await client.get("/Users?startIndex=0")).body["startIndex"], 1);
    const { body } = await client.find('userName sw "u"', "&startIndex=3&count=2");
    assert.deepEqual([body["totalResults"], body["itemsPerPage"], body["startIndex"]], [7, 2, 3]);
  });

  it("row 32: eq is no search for a part", async () => {
    const client = await scimClient();
    await client.create(user("an@example.com", { displayName: "An" }));
    await client.create(user("ana@example.com", { displayName: "Ana" }));
    assert.equal((await client.find('displayName eq "An"')).body["totalResults"], 1);
    assert.equal((await client.find('userName eq "%"')).body["totalResults"], 0);
    assert.equal((await client.find('userName eq "_na@example.com"')).body["totalResults"], 0);
  });

  for (const filter of ["favouriteColour eq 1", 'userName like "a"', "userName eq", "", "userName", "(userName pr"]) {
    it(`row 34: the filter ${JSON.stringify(filter)} is refused, and never answered by everybody or nobody`, async () => {
      const client = await scimClient();
      await client.create(user("ana@example.com"));
      const { status, body } = await client.find(filter);
      assert.deepEqual([status, body["scimType"]], [400, "invalidFilter"]);
    });
  }

  it("row 35: externalId is found, case-exactly", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { externalId: "AbC-1" }));
    assert.equal(at((await client.find('externalId eq "AbC-1"')).body, "/Resources/0/id"), id);
    assert.equal((await client.find('externalId eq "abc-1"')).body["totalResults"], 0);
  });

  it("row 36: whatever a userName is made of, the filter finds it and nothing else", async () => {
    const client = await scimClient();
    let count = 0;
    const awkward = fc.constantFrom(
      '"',
      "\\",
      "+",
      "%",
      "&",
      "#",
      "'",
      "’",
      "ß",
      "İ",
      "é",
      "é",
      "💺",
      " ",
      "\t",
      "\n",
      ";--",
    );
    const name = fc.array(fc.oneof(awkward, fc.string({ unit: "grapheme", maxLength: 3 })), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(name, async (parts) => {
        const userName = `${count++}-${parts.join("")}-end`;
        const id = await client.create(user(userName, { externalId: userName }));
        for (const attribute of ["userName", "externalId"]) {
          const { body } = await client.find(`${attribute} eq ${JSON.stringify(userName)}`);
          assert.deepEqual([body["totalResults"], at(body, "/Resources/0/id")], [1, id]);
          assert.equal(at(body, `/Resources/0/${attribute}`), userName);
        }
      }),
      { numRuns: 60, seed: 36 },
    );
  });

  it("row 37: userName has no case, in looking up as in uniqueness", async () => {
    const client = await scimClient();
    const id = await client.create(user("Ana.Ruiz@Example.com"));
    assert.equal(at((await client.find('userName eq "ana.ruiz@example.COM"')).body, "/Resources/0/id"), id);
    assert.equal((await client.post("/Users", user("ANA.RUIZ@example.com"))).status, 409);
    const other = await client.create(user("other@example.com"));
    const renamed = await client.operate(other, { op: "replace", path: "userName", value: "aNa.ruiz@example.com" });
    assert.deepEqual([renamed.status, renamed.body["scimType"]], [409, "uniqueness"]);
    const own = await client.operate(id, { op: "replace", path: "userName", value: "ana.ruiz@example.com" });
    assert.deepEqual([own.status, own.body["userName"]], [200, "ana.ruiz@example.com"]);
  });

  it("row 38: attribute names and operators of a filter have no case", async () => {
    const client = await scimClient();
    await client.create(user("ana@example.com", { name: { familyName: "Ruiz" } }));
    for (const filter of [
      'USERNAME EQ "ana@example.com"',
      'Name.FAMILYname Eq "ruiz"',
      "username PR AND Active eq TRUE",
    ]) {
      assert.equal((await client.find(filter)).body["totalResults"], 1, filter);
    }
  });

  it("rows 39 and 40: POST of somebody who is there, be it suspended, is a conflict without effect", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { active: false, externalId: "7" }));
    const before = await client.snapshot();
    for (let i = 0; i < 3; i++) {
      const { status, body } = await client.post("/Users", user("Ana@example.com", { externalId: "7", active: true }));
      assert.deepEqual([status, body["scimType"]], [409, "uniqueness"]);
    }
    assert.deepEqual(await client.snapshot(), before);
    assert.equal((await client.get(`/Users/${id}`)).body["active"], false);
  });

  it("row 41: POST adopts nobody by e-mail", async () => {
    const client = await scimClient();
    const emails = [{ value: "ana@example.com", primary: true }];
    const first = await client.create(user("ana", { emails }));
    const second = await client.create(user("ana.ruiz", { emails }));
    assert.notEqual(first, second);
  });

  it("row 42: an inactive user is listed and found", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { active: false }));
    assert.equal(at((await client.get("/Users")).body, "/Resources/0/active"), false);
    assert.equal(at((await client.find('userName eq "ana@example.com"')).body, "/Resources/0/id"), id);
  });

  it("row 43: DELETE of a manager succeeds, and nobody refers to them any more", async () => {
    const client = await scimClient();
    const boss = await client.create(user("boss@example.com"));
    const only = await client.create(user("only@example.com", { [ENTERPRISE]: { manager: { value: boss } } }));
    const more = { manager: { value: boss }, department: "HR" };
    const both = await client.create(user("both@example.com", { [ENTERPRISE]: more }));
    assert.equal((await client.delete(`/Users/${boss}`)).status, 204);
    const { body } = await client.get(`/Users/${only}`);
    assert.deepEqual([body["schemas"], body[ENTERPRISE]], [[USER], undefined]);
    assert.deepEqual((await client.get(`/Users/${both}`)).body[ENTERPRISE], { department: "HR" });
  });

  it("row 44: PUT replaces, what is left out is gone", async () => {
    const client = await scimClient();
    const emails = [{ value: "ana@example.com" }];
    const id = await client.create(
      user("ana@example.com", { emails, title: "Nurse", [ENTERPRISE]: { division: "E" } }),
    );
    const { body } = await client.put(`/Users/${id}`, user("ana@example.com", { displayName: "Ana" }));
    assert.deepEqual(
      [body["emails"], body["title"], body[ENTERPRISE], body["displayName"]],
      [undefined, undefined, undefined, "Ana"],
    );
  });

  it("row 45: id, meta and groups of a client are ignored", async () => {
    const client = await scimClient();
    const foreign = "0190a1b2-0000-7000-8000-000000000001";
    const meta = { location: "https://evil.example.org", version: 'W/"99"', created: "2001-01-01T00:00:00Z" };
    const claimed = { id: foreign, meta, groups: [{ value: foreign }] };
    const created = await client.post("/Users", user("ana@example.com", claimed));
    const id = created.id;
    assert.notEqual(id, foreign);
    assert.equal(created.body["groups"], undefined);
    const put = await client.put(`/Users/${id}`, user("ana@example.com", { ...claimed, title: "Nurse" }));
    assert.deepEqual([put.body["id"], at(put.body, "/meta/created")], [id, at(created.body, "/meta/created")]);
  });

  it("row 47: null and [] are no value, in POST and PUT", async () => {
    const client = await scimClient();
    const nothing = { title: null, emails: [], name: null, phoneNumbers: null, [ENTERPRISE]: null, externalId: null };
    const { status, body } = await client.post("/Users", user("ana@example.com", nothing));
    assert.equal(status, 201);
    assert.deepEqual(Object.keys(body).sort(), ["active", "id", "meta", "schemas", "userName"]);
    assert.equal((await client.put(`/Users/${textOf(body["id"])}`, user("ana@example.com", nothing))).status, 200);
  });

  it("row 48: every attribute that a User may have is sent back and passes the schema that we show", async () => {
    const client = await scimClient();
    const many = (value: string, type: string) => [{ value, type, display: "D", primary: true }];
    const full = user("ana@example.com", {
      name: {
        formatted: "Dr. Ana M. Ruiz II",
        familyName: "Ruiz",
        givenName: "Ana",
        middleName: "M.",
        honorificPrefix: "Dr.",
        honorificSuffix: "II",
      },
      displayName: "Ana",
      nickName: "A",
      profileUrl: "https://example.com/ana",
      title: "Nurse",
      userType: "Employee",
      preferredLanguage: "es, en;q=0.8",
      locale: "es-ES",
      timezone: "Europe/Madrid",
      active: true,
      externalId: "x",
      emails: many("ana@example.com", "work"),
      phoneNumbers: many("tel:+1-555-0100", "work"),
      ims: many("ana", "xmpp"),
      photos: many("https://example.com/ana.png", "photo"),
      entitlements: many("e", "t"),
      roles: many("r", "t"),
      addresses: [
        {
          formatted: "1 A St\nB",
          streetAddress: "1 A St",
          locality: "B",
          region: "C",
          postalCode: "1",
          country: "US",
          type: "work",
          primary: true,
        },
      ],
      x509Certificates: many("MIIB", "t"),
      [ENTERPRISE]: { employeeNumber: "1", costCenter: "2", organization: "3", division: "4", department: "5" },
    });
    const { status, body } = await client.post("/Users", full);
    assert.equal(status, 201, textOf(body["detail"]));
    const { id: _id, meta: _meta, schemas, ...kept } = body;
    assert.deepEqual({ ...kept, schemas: [USER] }, full);
    assert.deepEqual(schemas, [USER, ENTERPRISE]);
    const { body: shown } = await client.get(`/Schemas/${USER}`);
    const names = (shown["attributes"] as { name: string; subAttributes?: { name: string }[] }[]) ?? [];
    const addresses = names.find(({ name }) => name === "addresses");
    assert.ok(addresses?.subAttributes?.some(({ name }) => name === "primary"));
  });

  it("row 49: an attribute that no schema knows is ignored, and refused by the interoperability profile", async () => {
    const client = await scimClient();
    const { status, body } = await client.post("/Users", user("ana@example.com", { shoeSize: 44 }));
    assert.deepEqual([status, body["shoeSize"]], [201, undefined]);
    const strict = await scimClient({ dialect: "interop" });
    const refused = await strict.post("/Users", user("ana@example.com", { shoeSize: 44 }));
    assert.deepEqual([refused.status, refused.body["scimType"]], [400, "invalidSyntax"]);
  });

  it("row 50: a change of one attribute leaves all others", async () => {
    const client = await scimClient();
    const emails = [{ value: "ana@example.com", type: "work" }];
    const created = await client.post("/Users", user("ana@example.com", { emails, title: "Nurse", externalId: "1" }));
    const { meta: _, ...before } = created.body;
    const { body } = await client.operate(created.id, { op: "replace", path: "externalId", value: "2" });
    const { meta: __, ...after } = body;
    assert.deepEqual(after, { ...before, externalId: "2" });
  });

  it("row 51: a request without User-Agent is answered", async () => {
    const client = await scimClient();
    assert.equal((await client.get("/Users", { "user-agent": null })).status, 200);
  });

  it("row 53: of two writers with the same If-Match one is told 412", async () => {
    const client = await scimClient();
    const created = await client.post("/Users", user("ana@example.com"));
    const version = textOf(at(created.body, "/meta/version"));
    const path = `/Users/${created.id}`;
    const write = (title: string) =>
      client.patch(path, patchOp({ op: "replace", path: "title", value: title }), { "if-match": version });
    const answers = await Promise.all(["a", "b", "c", "d"].map(write));
    assert.deepEqual(statuses(answers), [200, 412, 412, 412]);
  });

  it("rows 54 and 55: no header of a request reaches a URL of the answer", async () => {
    const client = await scimClient();
    const lies = {
      host: "evil.example.org",
      "x-forwarded-host": "evil.example.org",
      "x-forwarded-proto": "http",
      "x-forwarded-prefix": "/evil",
      forwarded: "host=evil.example.org",
    };
    const created = await client.post("/Users", user("ana@example.com"), lies);
    assert.equal(created.headers["location"], `${BASE_URL}/Users/${created.id}`);
    for (const path of ["/Users", "/ServiceProviderConfig", "/Schemas", "/ResourceTypes", "/Users/x", "/Nowhere"]) {
      const { headers, body } = await client.get(path, lies);
      assert.ok(!/evil/.test(JSON.stringify([headers, body])), path);
    }
  });

  it("row 57: discovery is always there", async () => {
    const client = await scimClient();
    for (const path of ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"]) {
      assert.equal((await client.get(path)).status, 200, path);
    }
  });

  it("row 59: brackets behind a single value are tolerated, and refused in clear words by RFC 7644", async () => {
    const operation = { op: "replace", path: 'title[type eq "work"].value', value: "Nurse" };
    const client = await scimClient();
    const tolerated = await client.operate(await client.create(user("ana@example.com")), operation);
    assert.deepEqual([tolerated.status, tolerated.body["title"]], [200, "Nurse"]);
    const strict = await scimClient({ dialect: "rfc" });
    const { status, body } = await strict.operate(await strict.create(user("ana@example.com")), operation);
    assert.deepEqual([status, body["scimType"]], [400, "invalidPath"]);
    assert.match(textOf(body["detail"]), /title/);
  });

  it("row 63: sorting is not advertised, and asking for it changes nothing", async () => {
    const client = await scimClient();
    for (const name of ["c", "a", "b"]) await client.create(user(`${name}@example.com`));
    assert.equal(at((await client.get("/ServiceProviderConfig")).body, "/sort/supported"), false);
    const plain = await client.get("/Users");
    const sorted = await client.get("/Users?sortBy=userName&sortOrder=descending");
    assert.deepEqual(sorted.body, plain.body);
  });

  it("row 64: a deactivation is told to whoever ends access by it", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    await client.operate(id, { op: "replace", value: { active: false } });
    await client.operate(id, { op: "replace", value: { active: true } });
    assert.deepEqual(await client.eventTypes(), ["member.created", "member.suspended", "member.reactivated"]);
  });
});
