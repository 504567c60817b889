/** Requests that must be refused and change nothing: foreign ids, malformed PATCHes, text that no database stores. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { ENTERPRISE, ERROR, PATCH_OP, patchOp, scimClient, textOf, USER, user } from "../support/scim.ts";

const UNKNOWN = "0190a1b2-0000-7000-8000-000000000001";

describe("ids that are not this tenant's (row 62)", () => {
  it("in the path are 404 on GET, PUT, PATCH and DELETE, and the other tenant stays as it was", async () => {
    const [mine, theirs] = [await scimClient(), await scimClient()];
    const foreign = await theirs.create(user("secret@example.com", { title: "Spy" }));
    await mine.create(user("ana@example.com"));
    const before = [await mine.snapshot(), await theirs.snapshot()];
    for (const id of [foreign, foreign.toUpperCase(), UNKNOWN]) {
      const path = `/Users/${id}`;
      const answers = [
        await mine.get(path),
        await mine.put(path, user("eve@example.com")),
        await mine.patch(path, patchOp({ op: "replace", path: "title", value: "X" })),
        await mine.delete(path),
      ];
      for (const { status, body } of answers) {
        assert.equal(status, 404);
        assert.ok(!JSON.stringify(body).includes("secret"));
      }
    }
    assert.deepEqual([await mine.snapshot(), await theirs.snapshot()], before);
  });

  it("are not told from ids that nobody has", async () => {
    const [mine, theirs] = [await scimClient(), await scimClient()];
    const foreign = await theirs.create(user("ana@example.com"));
    const [one, other] = [await mine.get(`/Users/${foreign}`), await mine.get(`/Users/${UNKNOWN}`)];
    assert.equal(textOf(one.body["detail"]).replace(foreign, "x"), textOf(other.body["detail"]).replace(UNKNOWN, "x"));
  });

  it("as manager are refused in POST, PUT and PATCH without effect", async () => {
    const [mine, theirs] = [await scimClient(), await scimClient()];
    const foreign = await theirs.create(user("boss@example.com"));
    const id = await mine.create(user("ana@example.com"));
    const before = await mine.snapshot();
    for (const value of [foreign, UNKNOWN]) {
      const managed = { [ENTERPRISE]: { manager: { value } } };
      const answers = [
        await mine.post("/Users", user("new@example.com", managed)),
        await mine.put(`/Users/${id}`, user("ana@example.com", managed)),
        await mine.operate(id, { op: "add", path: `${ENTERPRISE}:manager`, value }),
      ];
      for (const { status, body } of answers) {
        assert.equal(status, 404);
        assert.match(textOf(body["detail"]), /manager/);
      }
    }
    assert.deepEqual(await mine.snapshot(), before);
  });

  for (const id of [
    "1",
    "bulkId:qwerty",
    "%00",
    "%F0%9F%92%BA",
    "..%2F..%2Fapi",
    "' or 1=1 --",
    "a".repeat(2000),
    "null",
  ]) {
    it(`of another form (${id.slice(0, 20)}) are 404`, async () => {
      const client = await scimClient();
      const { status } = await client.get(`/Users/${id.includes("%") ? id : encodeURIComponent(id)}`);
      assert.equal(status, 404);
    });
  }
});

describe("malformed PatchOps (RFC 7644 §3.5.2)", () => {
  const title = { op: "replace", path: "title", value: "Chief" };
  const bodies: Record<string, [body: unknown, scimType: string]> = {
    "no Operations": [{ schemas: [PATCH_OP] }, "invalidSyntax"],
    "Operations that are no list": [{ schemas: [PATCH_OP], Operations: title }, "invalidSyntax"],
    "an operation that is no object": [{ schemas: [PATCH_OP], Operations: [title, "replace"] }, "invalidSyntax"],
    "an operation that is null": [{ schemas: [PATCH_OP], Operations: [title, null] }, "invalidSyntax"],
    "another message": [{ schemas: [ERROR], Operations: [title] }, "invalidSyntax"],
    "a resource instead of a message": [user("eve@example.com"), "invalidSyntax"],
    "no op": [patchOp(title, { path: "title", value: "x" }), "invalidSyntax"],
    "an unknown op": [patchOp(title, { op: "move", path: "title", value: "x" }), "invalidSyntax"],
    "an op that is no text": [patchOp(title, { op: 1, path: "title", value: "x" }), "invalidSyntax"],
    "an add without value": [patchOp(title, { op: "add", path: "nickName" }), "invalidValue"],
    "a replace without value": [patchOp(title, { op: "replace", path: "nickName" }), "invalidValue"],
    "a remove without path": [patchOp(title, { op: "remove" }), "noTarget"],
    "a path that is no text": [patchOp(title, { op: "add", path: 7, value: "x" }), "invalidPath"],
    "an empty path": [patchOp(title, { op: "add", path: "", value: "x" }), "invalidPath"],
    "a path that ends in a dot": [patchOp(title, { op: "add", path: "name.", value: "x" }), "invalidPath"],
    "a path with an open bracket": [
      patchOp(title, { op: "add", path: 'emails[type eq "work"', value: "x" }),
      "invalidPath",
    ],
    "brackets after a sub-attribute": [
      patchOp(title, { op: "add", path: 'emails.value[type eq "a"]', value: "x" }),
      "invalidPath",
    ],
    "a filter on an unknown sub-attribute": [
      patchOp(title, { op: "add", path: "emails[size eq 1].value", value: "x" }),
      "invalidFilter",
    ],
    "a change of id": [patchOp(title, { op: "replace", path: "id", value: UNKNOWN }), "mutability"],
    "a change of meta": [patchOp(title, { op: "replace", path: "meta.version", value: "x" }), "mutability"],
    "a change of groups": [patchOp(title, { op: "add", path: "groups", value: [{ value: UNKNOWN }] }), "mutability"],
    "a removal of userName": [patchOp(title, { op: "remove", path: "userName" }), "mutability"],
    "a userName of null": [patchOp(title, { op: "replace", path: "userName", value: null }), "invalidValue"],
    "a blank userName": [patchOp(title, { op: "replace", path: "userName", value: " " }), "invalidValue"],
    "a number for a text": [patchOp(title, { op: "replace", path: "nickName", value: 7 }), "invalidValue"],
    "a text for many": [patchOp(title, { op: "replace", path: "emails", value: [7] }), "invalidValue"],
    "a list for an object": [patchOp(title, { op: "replace", path: "name", value: [1, 2] }), "invalidValue"],
    "a reference that is none": [
      patchOp(title, { op: "replace", path: "profileUrl", value: "not a uri" }),
      "invalidValue",
    ],
    "a certificate that is no base64": [
      patchOp(title, { op: "add", path: "x509Certificates", value: [{ value: "%%%" }] }),
      "invalidValue",
    ],
  };
  for (const [what, [body, scimType]] of Object.entries(bodies)) {
    it(`${what}: ${scimType}, and the operations before it are undone`, async () => {
      const client = await scimClient();
      const id = await client.create(user("ana@example.com", { title: "Nurse" }));
      const before = await client.snapshot();
      const answer = await client.patch(`/Users/${id}`, body);
      assert.deepEqual([answer.status, answer.body["scimType"]], [400, scimType], textOf(answer.body["detail"]));
      assert.deepEqual(await client.snapshot(), before);
    });
  }

  it("more operations than we read are 413", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    const many = Array.from({ length: 1001 }, () => title);
    assert.equal((await client.operate(id, ...many)).status, 413);
    assert.equal((await client.operate(id, ...many.slice(1))).status, 200);
  });
});

describe("values of the wrong type in POST and PUT", () => {
  const wrong: Record<string, unknown> = {
    "a number as title": { title: 7 },
    "an object as title": { title: { a: 1 } },
    "a boolean as displayName": { displayName: true },
    "a number as active": { active: 1 },
    "a text as emails": { emails: 7 },
    "a list in a list in a list": { emails: [[["ana@example.com"]]] },
    "a number as the value of an e-mail": { emails: [{ value: 7 }] },
    "a text as primary": { emails: [{ value: "a@example.com", primary: "yes" }] },
    "a list as name": { name: [{}, {}] },
    "a number as an extension": { [ENTERPRISE]: 7 },
    "a number as manager": { [ENTERPRISE]: { manager: 7 } },
    "a relative word as profileUrl": { profileUrl: "a b" },
    "a number as externalId": { externalId: 7 },
    "a number as password": { password: 7 },
  };
  for (const [what, more] of Object.entries(wrong)) {
    it(`${what} is 400 invalidValue and names the attribute`, async () => {
      const client = await scimClient();
      const id = await client.create(user("ana@example.com"));
      const before = await client.snapshot();
      const answers = [
        await client.post("/Users", user("new@example.com", more as object)),
        await client.put(`/Users/${id}`, user("ana@example.com", more as object)),
      ];
      for (const { status, body } of answers) {
        assert.deepEqual([status, body["scimType"]], [400, "invalidValue"], textOf(body["detail"]));
        assert.ok(Object.keys(more as object).some((name) => textOf(body["detail"]).includes(name)));
      }
      assert.deepEqual(await client.snapshot(), before);
    });
  }

  it("schemas that are no list of texts are 400 invalidSyntax", async () => {
    const client = await scimClient();
    for (const schemas of [USER, [7], {}, [[USER]]]) {
      const { status, body } = await client.post("/Users", { schemas, userName: "ana" });
      assert.deepEqual([status, body["scimType"]], [400, "invalidSyntax"], JSON.stringify(schemas));
    }
  });
});

describe("values that are too many or too long", () => {
  it("a text that is found by its index is 400 invalidValue above 2,000 bytes, others are kept as long as they are", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    const long = randomBytes(3000).toString("base64");
    const before = await client.snapshot();
    const keyed = {
      userName: long,
      externalId: long,
      displayName: long,
      name: { familyName: long },
      emails: [{ value: long }],
    };
    for (const [name, value] of Object.entries(keyed)) {
      const answers = [
        await client.post("/Users", user("new@example.com", { [name]: value })),
        await client.put(`/Users/${id}`, user("ana@example.com", { [name]: value })),
        await client.operate(id, { op: "replace", path: name, value }),
      ];
      for (const { status, body } of answers) assert.deepEqual([status, body["scimType"]], [400, "invalidValue"], name);
    }
    assert.deepEqual(await client.snapshot(), before);
    assert.equal((await client.operate(id, { op: "add", path: "title", value: long })).body["title"], long);
    const longest = "é".repeat(1000);
    assert.equal((await client.operate(id, { op: "add", path: "externalId", value: longest })).status, 200);
  });

  it("more than 1,000 values of an attribute are 400 invalidValue, also in the middle of a PATCH", async () => {
    const client = await scimClient();
    const emails = Array.from({ length: 1001 }, (_, index) => ({ value: `${index}@example.com` }));
    const id = await client.create(user("ana@example.com", { emails: emails.slice(1) }));
    const before = await client.snapshot();
    const answers = [
      await client.post("/Users", user("new@example.com", { emails })),
      await client.put(`/Users/${id}`, user("ana@example.com", { emails })),
      await client.operate(
        id,
        { op: "add", path: "emails", value: emails.slice(0, 1) },
        { op: "remove", path: "emails" },
      ),
    ];
    for (const { status, body } of answers) {
      assert.deepEqual([status, body["scimType"]], [400, "invalidValue"]);
      assert.match(textOf(body["detail"]), /^emails may have at most 1000 values/);
    }
    assert.deepEqual(await client.snapshot(), before);
  });
});

describe("text that cannot be stored", () => {
  const texts = { NUL: "a\\u0000b", "a high surrogate alone": "a\\ud800b", "a low surrogate alone": "\\udc00" };
  for (const [what, escaped] of Object.entries(texts)) {
    it(`${what} is 400 wherever it stands, and changes nothing`, async () => {
      const client = await scimClient();
      const id = await client.create(user("ana@example.com"));
      const before = await client.snapshot();
      const head = `{"schemas":["${USER}"]`;
      const bodies: [string, string, string][] = [
        ["POST", "/Users", `${head},"userName":"${escaped}"}`],
        ["POST", "/Users", `${head},"userName":"x","displayName":"${escaped}"}`],
        ["POST", "/Users", `${head},"userName":"x","${escaped}":"y"}`],
        ["PUT", `/Users/${id}`, `${head},"userName":"x","emails":[{"value":"${escaped}"}]}`],
        [
          "PATCH",
          `/Users/${id}`,
          `{"schemas":["${PATCH_OP}"],"Operations":[{"op":"add","path":"title","value":"${escaped}"}]}`,
        ],
        [
          "PATCH",
          `/Users/${id}`,
          `{"schemas":["${PATCH_OP}"],"Operations":[{"op":"add","path":"${escaped}","value":"x"}]}`,
        ],
      ];
      for (const [method, path, body] of bodies) {
        assert.equal((await client.send(method, path, { body })).status, 400, body);
      }
      assert.deepEqual(await client.snapshot(), before);
    });

    it(`${what} in a filter finds nobody or is refused, and is no fault`, async () => {
      const client = await scimClient();
      for (const attribute of ["userName", "externalId", "title", "emails.value", "id"]) {
        const { status } = await client.find(`${attribute} eq "${escaped}"`);
        assert.ok(status === 200 || status === 400, `${attribute}: ${status}`);
        const raw = await client.get(`/Users?filter=${attribute}%20eq%20%22%00%ED%A0%80%22`);
        assert.ok(raw.status === 200 || raw.status === 400, `${attribute}: ${raw.status}`);
      }
    });
  }

  it("in a query parameter is no fault", async () => {
    const client = await scimClient();
    for (const query of ["attributes=%00", "startIndex=%00", "filter=%00", "excludedAttributes=%ED%A0%80", "%00=1"]) {
      assert.ok((await client.get(`/Users?${query}`)).status < 500, query);
    }
  });
});

describe("any JSON whatever", () => {
  it("is answered by a SCIM message and never by a fault, and a refusal changes nothing", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { emails: [{ value: "a@example.com", type: "work" }] }));
    const names = [
      "userName",
      "name",
      "emails",
      "active",
      "schemas",
      "id",
      "meta",
      "value",
      "password",
      ENTERPRISE,
      "groups",
    ];
    const leaf = fc.oneof(
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom("True", "", null, [], [null], { value: null }),
    );
    const resource = fc.dictionary(fc.constantFrom(...names), leaf, { maxKeys: 5 });
    const path = fc.constantFrom(
      "emails",
      "emails.value",
      'emails[type eq "x"]',
      "name.givenName",
      "active",
      "",
      "x",
      "manager",
    );
    const operation = fc.record(
      { op: fc.constantFrom("add", "remove", "Replace"), path, value: fc.oneof(leaf, resource) },
      { requiredKeys: ["op"] },
    );
    const requests = fc.oneof(
      resource.map((body) => ["PUT", `/Users/${id}`, body] as const),
      fc.array(operation, { maxLength: 3 }).map((all) => ["PATCH", `/Users/${id}`, patchOp(...all)] as const),
    );
    await fc.assert(
      fc.asyncProperty(requests, async ([method, to, body]) => {
        const before = await client.snapshot();
        const { status } = await client.send(method, to, { body });
        assert.ok([200, 400, 403, 404, 409].includes(status), `answered ${status}`);
        if (status !== 200) assert.deepEqual(await client.snapshot(), before);
      }),
      { numRuns: 150, seed: 7644 },
    );
  });
});
