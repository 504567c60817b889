/**
 * What broke between directories and servers in the field, one case or more for each row of our list of threads. Rows that
 * are about Groups stand in groupsInterop.test.ts; conformanceTable.test.ts counts that none is missing.
 */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { openSession, sessionOf } from "../../src/directory/signIn/sessions.ts";
import { inTenant } from "../../src/storage/scope.ts";
import { tellLeavers } from "../support/leavers.ts";
import {
  at,
  BASE_URL,
  ENTERPRISE,
  patchOp,
  scimClient,
  statuses,
  textOf,
  user,
  USER,
  type Sending,
} from "../support/scim.ts";

/** A manager as answers show them: whatever a client wrote for `$ref`, the address is ours. */
const managed = (id: string) => ({ value: id, $ref: `${BASE_URL}/Users/${id}` });

/** A session by password; whose, the case says. */
const OPENING = {
  authMethod: "password",
  connectionId: null,
  providerSession: null,
  ip: "127.0.0.1",
  userAgent: "test",
  mustChangePassword: false,
  hours: 1,
  endsBy: null,
} as const;

describe("interoperability", () => {
  const understood = (op: string) => async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    const { status, body } = await client.operate(id, { op, path: "title", value: "Nurse" });
    assert.deepEqual([status, body["title"]], [200, "Nurse"]);
  };
  for (const op of ["Add", "ADD", "Replace", "REPLACE"]) {
    it(`interop row 1: the operation "${op}" is understood`, understood(op));
  }
  for (const op of ["add", "replace"]) {
    it(`interop row 2: the operation "${op}" is understood`, understood(op));
  }

  it('interop row 1: the operation "Remove" is understood', async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { title: "Nurse" }));
    const { status, body } = await client.operate(id, { op: "Remove", path: "title" });
    assert.deepEqual([status, body["title"]], [200, undefined]);
  });

  it("interop row 1: RFC 7644 §3.5.2 to the letter knows lower case alone", async () => {
    const client = await scimClient({ dialect: "rfc" });
    const id = await client.create(user("ana@example.com"));
    const { status, body } = await client.operate(id, { op: "Replace", path: "title", value: "Nurse" });
    assert.deepEqual([status, body["scimType"]], [400, "invalidSyntax"]);
  });

  for (const active of ["False", "false", "FALSE", false]) {
    it(`interop row 3: active as ${JSON.stringify(active)} is the boolean false in POST, PUT and PATCH`, async () => {
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

  it('interop row 3: active as "no", 0, {} or two values is nobody\'s dialect and refused', async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    for (const value of ["no", 0, {}, [true, false]]) {
      const { status, body } = await client.operate(id, { op: "replace", path: "active", value });
      assert.deepEqual([status, body["scimType"]], [400, "invalidValue"], JSON.stringify(value));
    }
    assert.equal((await client.member(id)).status, "active");
  });

  it("interop row 4: the filter on active finds what the answers show", async () => {
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

  it("interop row 5: add of a single value replaces it", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { externalId: "1" }));
    const { body } = await client.operate(
      id,
      { op: "Add", path: "active", value: "False" },
      { op: "Add", path: "externalId", value: "2" },
    );
    assert.deepEqual([body["active"], body["externalId"]], [false, "2"]);
  });

  it("interop row 6: remove of values with a value takes only those", async () => {
    const client = await scimClient();
    const emails = [{ value: "a@example.com" }, { value: "b@example.com" }];
    const id = await client.create(user("ana@example.com", { emails }));
    const { body } = await client.operate(id, { op: "Remove", path: "emails", value: [{ value: "a@example.com" }] });
    assert.deepEqual(body["emails"], [{ value: "b@example.com" }]);
  });

  for (const op of ["add", "replace"]) {
    it(`interop row 8: ${op} by a filter without match makes the element`, async () => {
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

  it("interop row 9: the element that is made has every term of the filter", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    const path = 'addresses[type eq "work" and primary eq true].country';
    const { status, body } = await client.operate(id, { op: "Add", path, value: "US" });
    assert.deepEqual([status, body["addresses"]], [200, [{ type: "work", primary: true, country: "US" }]]);
  });

  it("interop row 8: RFC 7644 §3.12 to the letter answers noTarget and changes nothing", async () => {
    const client = await scimClient({ dialect: "rfc" });
    const id = await client.create(user("ana@example.com"));
    const before = await client.snapshot();
    const path = 'emails[type eq "work"].value';
    const { status, body } = await client.operate(id, { op: "replace", path, value: "work@example.com" });
    assert.deepEqual([status, body["scimType"]], [400, "noTarget"]);
    assert.deepEqual(await client.snapshot(), before);
  });

  it("interop row 10: the value of a remove of one attribute is ignored, and never set", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { emails: [{ value: "a@example.com", type: "work" }] }));
    const path = 'emails[type eq "work"].value';
    const { body } = await client.operate(id, { op: "Remove", path, value: "b@example.com" });
    assert.equal(body["emails"], undefined);
  });

  it("interop row 11: keys of a path-less value are read as paths", async () => {
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

  it("interop row 13: a deactivation without a path is carried out", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    const { status, body } = await client.operate(id, { op: "replace", value: { active: false } });
    assert.deepEqual([status, body["active"]], [200, false]);
  });

  it("interop row 14: a path-less value that is JSON in a string is refused as a whole", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    const before = await client.snapshot();
    const title = { op: "replace", path: "title", value: "Nurse" };
    const { status, body } = await client.operate(id, title, { op: "replace", value: '{"active":false}' });
    assert.deepEqual([status, body["scimType"]], [400, "invalidValue"]);
    assert.deepEqual(await client.snapshot(), before);
  });

  it("interop row 15: every refusal is a SCIM message, whichever part of the server refuses", async () => {
    const client = await scimClient();
    const wrong: readonly (readonly [status: number, method: string, path: string, sending?: Sending])[] = [
      [400, "GET", "/Users?filter=x"],
      [400, "GET", "/Users/%ZZ"],
      [400, "POST", "/Users", { body: "{" }],
      [401, "GET", "/Users", { headers: { authorization: null } }],
      [404, "GET", "/Users/nobody"],
      [404, "GET", "/Nowhere"],
      [400, "GET", "/scim/v3/Users"],
      [405, "DELETE", "/Users"],
      [413, "POST", "/Users", { body: `"${"x".repeat(1_600_000)}"` }],
      [415, "POST", "/Users", { body: "userName=a", headers: { "content-type": "text/plain" } }],
      [501, "GET", "/Me"],
    ];
    // The client holds each answer against the form of a SCIM error.
    for (const [status, method, path, sending] of wrong) {
      assert.equal((await client.send(method, path, sending)).status, status, `${method} ${path}`);
    }
  });

  it("interop row 16: the status of an error is a string", async () => {
    const client = await scimClient();
    for (const path of ["/Users/nobody", "/Users?filter=x", "/Users?count=ten"]) {
      const { status, body } = await client.get(path);
      assert.strictEqual(body["status"], String(status));
    }
  });

  it("interop row 17: URN paths are not split at the dot of 2.0 or at the last colon", async () => {
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

  it("interop row 18: a PATCH into an absent extension makes it and names it in schemas", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    const { body } = await client.operate(id, { op: "replace", path: `${ENTERPRISE}:department`, value: "HR" });
    assert.deepEqual([body["schemas"], body[ENTERPRISE]], [[USER, ENTERPRISE], { department: "HR" }]);
  });

  it("interop row 19: a path that is qualified by the core URN is one", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    const { body } = await client.operate(id, { op: "add", path: `${USER}:name.familyName`, value: "Ruiz" });
    assert.deepEqual(body["name"], { familyName: "Ruiz" });
  });

  it("interop row 20: manager as a string, object or array is one and the same", async () => {
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

  it("interop row 21: manager is shown as an object in the extension, in every answer", async () => {
    const client = await scimClient();
    const boss = await client.create(user("boss@example.com"));
    const created = await client.post("/Users", user("ana@example.com", { [ENTERPRISE]: { manager: boss } }));
    const answers = [
      created.body,
      (await client.get(`/Users/${created.id}`)).body,
      at((await client.find('userName eq "ana@example.com"')).body, "/Resources/0"),
      (await client.operate(created.id, { op: "replace", path: "title", value: "Nurse" })).body,
    ];
    for (const body of answers) assert.deepEqual(at(body, `/${ENTERPRISE}/manager`), managed(boss));
  });

  it('interop row 22: roles[primary eq "True"] means the boolean', async () => {
    const client = await scimClient();
    const roles = [{ value: "a", primary: true }, { value: "b" }];
    const id = await client.create(user("ana@example.com", { roles }));
    const { body } = await client.operate(id, { op: "Replace", path: 'roles[primary eq "True"].value', value: "c" });
    assert.deepEqual(body["roles"], [{ value: "c", primary: true }, { value: "b" }]);
  });

  it("interop row 22: a role that is JSON in a string is unpacked", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    const value = [JSON.stringify({ value: "approver", display: "Approver" })];
    const { status, body } = await client.operate(id, { op: "Add", path: "roles", value });
    assert.deepEqual([status, body["roles"]], [200, [{ value: "approver", display: "Approver" }]]);
  });

  it("interop row 23: [{value}] for a single value is that value", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    const { body } = await client.operate(id, { op: "Replace", path: "displayName", value: [{ value: "Ana R." }] });
    assert.equal(body["displayName"], "Ana R.");
  });

  it("interop row 27: totalResults and itemsPerPage are exact, also where the page is short, empty or past the end", async () => {
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

  it("interop row 32: eq is no search for a part", async () => {
    const client = await scimClient();
    await client.create(user("an@example.com", { displayName: "An" }));
    await client.create(user("ana@example.com", { displayName: "Ana" }));
    assert.equal((await client.find('displayName eq "An"')).body["totalResults"], 1);
    assert.equal((await client.find('userName eq "%"')).body["totalResults"], 0);
    assert.equal((await client.find('userName eq "_na@example.com"')).body["totalResults"], 0);
  });

  for (const filter of ["favouriteColour eq 1", 'userName like "a"', "userName eq", "", "userName", "(userName pr"]) {
    it(`interop row 34: the filter ${JSON.stringify(filter)} is refused, and never answered by everybody or nobody`, async () => {
      const client = await scimClient();
      await client.create(user("ana@example.com"));
      const { status, body } = await client.find(filter);
      assert.deepEqual([status, body["scimType"]], [400, "invalidFilter"]);
    });
  }

  it("interop row 35: externalId is found, case-exactly", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { externalId: "AbC-1" }));
    assert.equal(at((await client.find('externalId eq "AbC-1"')).body, "/Resources/0/id"), id);
    assert.equal((await client.find('externalId eq "abc-1"')).body["totalResults"], 0);
  });

  it("interop row 36: whatever a userName is made of, the filter finds it and nothing else", async () => {
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

  it("interop row 37: userName has no case, in looking up as in uniqueness", async () => {
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

  it("interop row 38: attribute names and operators of a filter have no case", async () => {
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

  it("interop row 39: POST of somebody who is suspended is a conflict, and PATCH or PUT brings them back", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { active: false }));
    assert.equal((await client.post("/Users", user("ana@example.com", { active: true }))).status, 409);
    assert.equal((await client.operate(id, { op: "replace", value: { active: true } })).body["active"], true);
    await client.operate(id, { op: "replace", value: { active: false } });
    assert.equal((await client.put(`/Users/${id}`, user("ana@example.com", { active: true }))).body["active"], true);
    assert.equal((await client.get("/Users")).body["totalResults"], 1);
  });

  it("interop row 40: a conflict has no effect, however often it is tried", async () => {
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

  it("interop row 41: POST adopts nobody by e-mail", async () => {
    const client = await scimClient();
    const emails = [{ value: "ana@example.com", primary: true }];
    const first = await client.create(user("ana", { emails }));
    const second = await client.create(user("ana.ruiz", { emails }));
    assert.notEqual(first, second);
  });

  it("interop row 42: an inactive user is listed and found", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { active: false }));
    assert.equal(at((await client.get("/Users")).body, "/Resources/0/active"), false);
    assert.equal(at((await client.find('userName eq "ana@example.com"')).body, "/Resources/0/id"), id);
  });

  it("interop row 43: DELETE of a manager succeeds, and nobody refers to them any more", async () => {
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

  it("interop row 44: PUT replaces, what is left out is gone", async () => {
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

  it("interop row 45: id, meta and groups of a client are ignored", async () => {
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

  for (const type of ["application/scim+json; charset=utf-8", "application/json", "application/scim+json"]) {
    it(`interop row 46: a body of ${type} is read in POST, PUT and PATCH`, async () => {
      const client = await scimClient();
      const headers = { "content-type": type };
      const { status, id } = await client.post("/Users", user("ana@example.com"), headers);
      const put = await client.put(`/Users/${id}`, user("ana@example.com", { title: "Nurse" }), headers);
      const operation = { op: "replace", path: "title", value: "Chief" };
      const patched = await client.patch(`/Users/${id}`, patchOp(operation), headers);
      assert.deepEqual([status, put.status, patched.status, patched.body["title"]], [201, 200, 200, "Chief"]);
    });
  }

  it("interop row 47: null and [] are no value, in POST and PUT", async () => {
    const client = await scimClient();
    const nothing = { title: null, emails: [], name: null, phoneNumbers: null, [ENTERPRISE]: null, externalId: null };
    const { status, body } = await client.post("/Users", user("ana@example.com", nothing));
    assert.equal(status, 201);
    assert.deepEqual(Object.keys(body).sort(), ["active", "id", "meta", "schemas", "userName"]);
    assert.equal((await client.put(`/Users/${textOf(body["id"])}`, user("ana@example.com", nothing))).status, 200);
  });

  it("interop row 48: every attribute that a User may have is sent back and passes the schema that we show", async () => {
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

  it("interop row 49: an attribute that no schema knows is ignored, and refused by the interoperability profile", async () => {
    const client = await scimClient();
    const { status, body } = await client.post("/Users", user("ana@example.com", { shoeSize: 44 }));
    assert.deepEqual([status, body["shoeSize"]], [201, undefined]);
    const strict = await scimClient({ dialect: "interop" });
    const refused = await strict.post("/Users", user("ana@example.com", { shoeSize: 44 }));
    assert.deepEqual([refused.status, refused.body["scimType"]], [400, "invalidSyntax"]);
  });

  it("interop row 50: a change of one attribute leaves all others", async () => {
    const client = await scimClient();
    const emails = [{ value: "ana@example.com", type: "work" }];
    const created = await client.post("/Users", user("ana@example.com", { emails, title: "Nurse", externalId: "1" }));
    const { meta: _, ...before } = created.body;
    const { body } = await client.operate(created.id, { op: "replace", path: "externalId", value: "2" });
    const { meta: __, ...after } = body;
    assert.deepEqual(after, { ...before, externalId: "2" });
  });

  it("interop row 51: a request without User-Agent is answered", async () => {
    const client = await scimClient();
    assert.equal((await client.get("/Users", { "user-agent": null })).status, 200);
  });

  it("interop row 52: every answer has its tag, and If-Match with it passes, weak or not, alone or in a list", async () => {
    const client = await scimClient();
    let { headers, id } = await client.post("/Users", user("ana@example.com"));
    const spellings = [(tag: string) => tag, (tag: string) => tag.slice(2), (tag: string) => `"x", ${tag}`, () => "*"];
    for (const [index, spelling] of spellings.entries()) {
      const operation = { op: "replace", path: "title", value: `Nurse ${index}` };
      const match = { "if-match": spelling(headers["etag"] ?? "none") };
      const answer = await client.patch(`/Users/${id}`, patchOp(operation), match);
      assert.equal(answer.status, 200, match["if-match"]);
      ({ headers, id } = answer);
    }
    assert.equal((await client.get(`/Users/${id}`)).headers["etag"], headers["etag"]);
  });

  it("interop row 53: of two writers with the same If-Match one is told 412", async () => {
    const client = await scimClient();
    const created = await client.post("/Users", user("ana@example.com"));
    const version = textOf(at(created.body, "/meta/version"));
    const path = `/Users/${created.id}`;
    const write = (title: string) =>
      client.patch(path, patchOp({ op: "replace", path: "title", value: title }), { "if-match": version });
    const answers = await Promise.all(["a", "b", "c", "d"].map(write));
    assert.deepEqual(statuses(answers), [200, 412, 412, 412]);
  });

  it("interop row 54: no header of a request reaches a URL of the answer", async () => {
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

  it("interop row 55: Location is meta.location, below the one base, in every tenant", async () => {
    for (const client of [await scimClient(), await scimClient()]) {
      const { headers, body, id } = await client.post("/Users", user("ana@example.com"));
      assert.deepEqual([headers["location"], at(body, "/meta/location")], Array(2).fill(`${BASE_URL}/Users/${id}`));
      assert.equal((await client.get(`/Users/${id}`)).headers["content-location"], headers["location"]);
    }
  });

  it("interop row 56: Bulk resolves bulkId, keeps what it makes, and tells each status as a string", async () => {
    const client = await scimClient();
    const managedBy = { [ENTERPRISE]: { manager: { value: "bulkId:boss" } } };
    const { status, body } = await client.post("/Bulk", {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
      Operations: [
        { method: "POST", path: "/Users", bulkId: "ana", data: user("ana@example.com", managedBy) },
        { method: "POST", path: "/Users", bulkId: "boss", data: user("boss@example.com") },
        { method: "POST", path: "/Users", bulkId: "twin", data: user("BOSS@example.com") },
      ],
    });
    const results = body["Operations"] as { status: unknown; location?: string }[];
    assert.deepEqual([status, results.map((result) => result.status)], [200, ["201", "201", "409"]]);
    const [ana, boss] = results.map(({ location = "" }) => location.slice(location.lastIndexOf("/") + 1));
    const shown = (await client.get(`/Users/${ana}`)).body;
    assert.deepEqual(at(shown, `/${ENTERPRISE}/manager`), managed(boss ?? ""));
    assert.equal((await client.get("/Users")).body["totalResults"], 2);
  });

  it("interop row 57: discovery is always there", async () => {
    const client = await scimClient();
    for (const path of ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"]) {
      assert.equal((await client.get(path)).status, 200, path);
    }
  });

  it("interop row 59: brackets behind a single value are tolerated, and refused in clear words by RFC 7644", async () => {
    const operation = { op: "replace", path: 'title[type eq "work"].value', value: "Nurse" };
    const client = await scimClient();
    const tolerated = await client.operate(await client.create(user("ana@example.com")), operation);
    assert.deepEqual([tolerated.status, tolerated.body["title"]], [200, "Nurse"]);
    const strict = await scimClient({ dialect: "rfc" });
    const { status, body } = await strict.operate(await strict.create(user("ana@example.com")), operation);
    assert.deepEqual([status, body["scimType"]], [400, "invalidPath"]);
    assert.match(textOf(body["detail"]), /title/);
  });

  it("interop row 61: half a JSON document is refused, and the next request is answered", async () => {
    const client = await scimClient();
    for (const body of ['{"schemas":', "{'userName':'a'}", "", "\u0000", "[1,2"]) {
      const { status, body: answer } = await client.post("/Users", body);
      assert.deepEqual([status, answer["scimType"]], [400, "invalidSyntax"], body);
    }
    await client.create(user("ana@example.com"));
  });

  it("interop row 62: another tenant's id is nobody's, in paths as in managers", async () => {
    const [mine, theirs] = [await scimClient(), await scimClient()];
    const foreign = await theirs.create(user("boss@example.com"));
    const [before, after] = [await theirs.snapshot(), () => theirs.snapshot()];
    assert.equal((await mine.get(`/Users/${foreign}`)).status, 404);
    assert.equal((await mine.delete(`/Users/${foreign}`)).status, 404);
    assert.equal((await mine.operate(foreign, { op: "replace", path: "title", value: "x" })).status, 404);
    assert.equal((await mine.put(`/Users/${foreign}`, user("eve@example.com"))).status, 404);
    const managedBy = user("ana@example.com", { [ENTERPRISE]: { manager: foreign } });
    assert.equal((await mine.post("/Users", managedBy)).status, 404);
    assert.equal((await mine.find(`id eq "${foreign}" or manager eq "${foreign}"`)).body["totalResults"], 0);
    assert.deepEqual(await after(), before);
  });

  it("interop row 63: a list is sorted before it is cut into pages", async () => {
    const client = await scimClient();
    for (const name of ["c", "a", "d", "b"]) await client.create(user(`${name}@example.com`));
    const page = async (query: string) => {
      const { body } = await client.get(`/Users?sortBy=userName&${query}`);
      return (body["Resources"] as { userName: string }[]).map(({ userName }) => userName[0]).join("");
    };
    assert.deepEqual([await page("count=2"), await page("startIndex=3&count=2")], ["ab", "cd"]);
    assert.deepEqual([await page("sortOrder=descending&count=3"), await page("startIndex=2&count=1")], ["dcb", "b"]);
  });

  it("interop row 64: a deactivation or deletion ends the sessions of the user, and those of nobody else", async () => {
    const client = await scimClient();
    const ids = [await client.create(user("ana@example.com")), await client.create(user("eve@example.com"))] as const;
    const stays = await client.create(user("bob@example.com"));
    const open = (memberId: string) =>
      inTenant(client.db, client.who, (scope) => openSession(scope, { ...OPENING, memberId }));
    const sessions = [await open(ids[0]), await open(ids[1]), await open(stays)];
    const alive = async () => {
      const found = await Promise.all(sessions.map(({ cookie }) => sessionOf(client.db, cookie, client.who.now)));
      return found.map((session) => session !== undefined);
    };
    assert.deepEqual(await alive(), [true, true, true]);
    await client.operate(ids[0], { op: "Replace", path: "active", value: "False" });
    assert.deepEqual(await alive(), [false, true, true]);
    await client.delete(`/Users/${ids[1]}`);
    assert.deepEqual(await alive(), [false, false, true]);
  });

  it("interop row 64: a deactivation is told to whoever ends access by it", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    await client.operate(id, { op: "replace", value: { active: false } });
    await tellLeavers(client.db, client.who.tenantId);
    await client.operate(id, { op: "replace", value: { active: true } });
    assert.deepEqual(await client.eventTypes(), [
      "member.created",
      "member.suspended",
      "member.offboarding",
      "member.reactivated",
    ]);
  });
});
