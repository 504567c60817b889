import assert from "node:assert/strict";
import * as fc from "fast-check";
import { type DialectName, leniency, type ToleranceName } from "../../src/scim/dialects.ts";
import { normaliseResource } from "../../src/scim/normalise.ts";
import { findAttribute } from "../../src/scim/registry.ts";
import { type ScimObject, ScimRefusal, type ScimType, type ScimValue } from "../../src/scim/types.ts";
import { normaliseValue } from "../../src/scim/values.ts";
import { device, deviceUrn, enterpriseUrn, group, groupUrn, labelUrn, user, userUrn } from "./fixtures.ts";

const normal = (body: object, dialect: DialectName = "tolerant", type = user): ScimObject =>
  normaliseResource(type, { schemas: [type.schema], ...body }, leniency(dialect));

const refused = (run: () => unknown, scimType: ScimType, detail: RegExp): void => {
  assert.throws(run, (error: unknown) => {
    assert.ok(error instanceof ScimRefusal, String(error));
    assert.equal(error.scimType, scimType);
    assert.match(error.message, detail);
    return true;
  });
};

describe("a resource body", () => {
  it("is a user as Okta sends one: nothing is forgiven, readOnly `groups` is ignored", () => {
    const used = leniency("rfc");
    const body = {
      schemas: [userUrn],
      userName: "ana@example.com",
      name: { givenName: "Ana", familyName: "Lima" },
      emails: [{ primary: true, value: "ana@example.com", type: "work" }],
      displayName: "Ana Lima",
      locale: "en-US",
      externalId: "00ujl29u0le5T6Aj10h7",
      groups: [],
      password: "1mz050nq",
      active: true,
    };
    const { groups: _, ...rest } = body;
    assert.deepEqual(normaliseResource(user, body, used), rest);
    assert.deepEqual(used.used, []);
  });

  it("is a user as Entra ID sends one (row 47: null is absent)", () => {
    const body = {
      schemas: [userUrn, enterpriseUrn],
      externalId: "0a21",
      userName: "t@example.com",
      active: true,
      addresses: null,
      displayName: null,
      emails: [{ primary: true, type: "work", value: "t@example.com" }],
      meta: { resourceType: "User" },
      name: { formatted: "g f", familyName: "f", givenName: "g" },
      phoneNumbers: null,
      roles: [],
    };
    assert.deepEqual(normal(body, "rfc"), {
      schemas: [userUrn],
      externalId: "0a21",
      userName: "t@example.com",
      active: true,
      emails: [{ primary: true, type: "work", value: "t@example.com" }],
      name: { formatted: "g f", familyName: "f", givenName: "g" },
    });
  });

  it("has its attribute names and URNs in the schema's spelling (RFC 7643 §2.1)", () => {
    const body = { USERNAME: "a", Name: { FAMILYNAME: "b" }, [enterpriseUrn.toUpperCase()]: { Department: "HR" } };
    assert.deepEqual(normal({ ...body, schemas: [userUrn.toUpperCase(), enterpriseUrn] }, "rfc"), {
      schemas: [userUrn, enterpriseUrn],
      userName: "a",
      name: { familyName: "b" },
      [enterpriseUrn]: { department: "HR" },
    });
  });

  it("row 45: loses `id`, `meta` and readOnly values of the client, keeps `externalId`", () => {
    const body = { id: "x", meta: { version: "9" }, userName: "a", externalId: "E", groups: [{ value: "g" }] };
    const manager = { value: "m", displayName: "forged" };
    assert.deepEqual(normal({ ...body, schemas: [userUrn, enterpriseUrn], [enterpriseUrn]: { manager } }, "rfc"), {
      schemas: [userUrn, enterpriseUrn],
      userName: "a",
      externalId: "E",
      [enterpriseUrn]: { manager: { value: "m" } },
    });
  });

  it("treats null, [] and absent alike, at every depth (RFC 7643 §2.5)", () => {
    const body = { userName: "a", name: { givenName: null }, emails: [null, {}], [enterpriseUrn]: { manager: {} } };
    assert.deepEqual(normal(body, "rfc"), { schemas: [userUrn], userName: "a" });
  });

  it("is refused if it is no JSON object", () => {
    for (const body of [null, [], "x", 1, true, undefined]) {
      refused(() => normaliseResource(user, body, leniency("tolerant")), "invalidSyntax", /must be a JSON object/);
    }
  });

  it("is refused if it gives an attribute twice in two spellings", () => {
    refused(() => normal({ userName: "a", USERNAME: "b" }), "invalidSyntax", /userName is given more than once/);
    refused(() => normal({ name: { givenName: "a" }, "name.givenName": "b" }), "invalidSyntax", /name is given more/);
  });

  it("cannot reach an object's prototype", () => {
    const text = `{"schemas":["${userUrn}"],"userName":"a","__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},
      "name":{"__proto__":{"admin":true},"givenName":"g"},"hasOwnProperty":1,"name.__proto__":{"admin":1}}`;
    const resource = normaliseResource(user, JSON.parse(text), leniency("tolerant"));
    assert.deepEqual(resource, { schemas: [userUrn], userName: "a", name: { givenName: "g" } });
    assert.equal(({} as { admin?: boolean }).admin, undefined);
    assert.equal(Object.getPrototypeOf(resource["name"]), Object.prototype);
  });

  it("is refused if a string holds NUL or a lone surrogate, which PostgreSQL cannot store", () => {
    for (const bad of ["a\0b", "\ud800", "x\udc00y"]) {
      refused(() => normal({ userName: bad }), "invalidValue", /^userName holds a NUL/);
      refused(() => normal({ userName: "a", emails: [{ value: bad }] }), "invalidValue", /^emails\[0\]\.value holds/);
    }
    assert.equal(normal({ userName: "😀" })["userName"], "😀");
  });
});

describe("`schemas` of a body (RFC 7643 §3)", () => {
  const send = (schemas: unknown, dialect: DialectName, more: object = {}): ScimObject =>
    normaliseResource(user, { ...(schemas !== undefined && { schemas }), userName: "a", ...more }, leniency(dialect));

  it("may be missing or lack the base schema in the tolerant dialect only", () => {
    for (const schemas of [undefined, null, [], [enterpriseUrn]]) {
      assert.deepEqual(send(schemas, "tolerant")["schemas"], [userUrn]);
      refused(() => send(schemas, "rfc"), "invalidSyntax", /schemas must hold urn/);
    }
  });

  it("is refused with a URN that the type does not have, in every dialect", () => {
    for (const dialect of ["tolerant", "rfc", "interop"] as const) {
      refused(() => send([userUrn, groupUrn], dialect), "invalidSyntax", /Group, which User does not have/i);
      refused(() => send([userUrn, "constructor"], dialect), "invalidSyntax", /names constructor/);
    }
  });

  it("is refused if it is no array of strings", () => {
    for (const bad of [userUrn, [1], {}, [[userUrn]]])
      refused(() => send(bad, "tolerant"), "invalidSyntax", /array of/);
  });

  it("may name schemas of before RFC 7643, as OneLogin and Entra ID do, in the tolerant dialect only", () => {
    const legacy = ["urn:scim:schemas:core:2.0", "urn:scim:schemas:core:1.0"];
    for (const urn of legacy) {
      assert.deepEqual(send([urn], "tolerant")["schemas"], [userUrn]);
      refused(() => send([userUrn, urn], "rfc"), "invalidSyntax", /does not have/);
    }
    const marker = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";
    const body = { schemas: [groupUrn, marker], displayName: "G" };
    assert.deepEqual(normaliseResource(group, body, leniency("tolerant"))["schemas"], [groupUrn]);
  });

  it("must name an extension whose values are there, but for the tolerant dialect", () => {
    const more = { [enterpriseUrn]: { department: "HR" } };
    assert.deepEqual(send([userUrn], "tolerant", more)["schemas"], [userUrn, enterpriseUrn]);
    refused(() => send([userUrn], "rfc", more), "invalidSyntax", /schemas must hold .*enterprise/);
  });

  it("loses an extension of which no value is left", () => {
    assert.deepEqual(send([userUrn, enterpriseUrn], "rfc", { [enterpriseUrn]: { department: null } }), {
      schemas: [userUrn],
      userName: "a",
    });
  });
});

/** Each departure: what is sent beside userName, what is stored, and how the letter of the RFC takes it. */
const departures: {
  row: string;
  name: ToleranceName;
  sent: ScimObject;
  stored: ScimObject;
  rfc: ScimType;
}[] = [
  {
    row: "3: active as a string",
    name: "stringBoolean",
    sent: { active: "False" },
    stored: { active: false },
    rfc: "invalidValue",
  },
  {
    row: "22: primary as a string",
    name: "stringBoolean",
    sent: { emails: [{ value: "a", primary: "True" }] },
    stored: { emails: [{ value: "a", primary: true }] },
    rfc: "invalidValue",
  },
  {
    row: "11: dotted keys",
    name: "qualifiedAttributeName",
    sent: { "name.givenName": "g", "NAME.familyName": "f" },
    stored: { name: { givenName: "g", familyName: "f" } },
    rfc: "invalidSyntax",
  },
  {
    row: "11: a URN-qualified core key",
    name: "qualifiedAttributeName",
    sent: { [`${userUrn}:displayName`]: "A" },
    stored: { displayName: "A" },
    rfc: "invalidSyntax",
  },
  {
    row: "11: a URN-qualified extension key",
    name: "qualifiedAttributeName",
    sent: { [`${enterpriseUrn}:department`]: "HR", [`${enterpriseUrn}:manager.value`]: "m" },
    stored: { [enterpriseUrn]: { department: "HR", manager: { value: "m" } } },
    rfc: "invalidSyntax",
  },
  {
    row: "11: a dotted key inside an extension",
    name: "qualifiedAttributeName",
    sent: { [enterpriseUrn]: { "manager.value": "m" } },
    stored: { [enterpriseUrn]: { manager: { value: "m" } } },
    rfc: "invalidSyntax",
  },
  {
    row: "11: the base schema nested under its URN",
    name: "nestedBaseSchema",
    sent: { [userUrn.toLowerCase()]: { title: "Dr", name: { givenName: "g" } } },
    stored: { title: "Dr", name: { givenName: "g" } },
    rfc: "invalidSyntax",
  },
  {
    row: "20: manager by its bare name, as a string",
    name: "scalarForComplex",
    sent: { manager: "m" },
    stored: { [enterpriseUrn]: { manager: { value: "m" } } },
    rfc: "invalidSyntax",
  },
  {
    row: "20: manager as a string",
    name: "scalarForComplex",
    sent: { [enterpriseUrn]: { manager: "m" } },
    stored: { [enterpriseUrn]: { manager: { value: "m" } } },
    rfc: "invalidValue",
  },
  {
    row: "20: manager as an array",
    name: "oneElementArray",
    sent: { [enterpriseUrn]: { manager: [{ $ref: "http://localhost/Users/m", value: "m" }] } },
    stored: { [enterpriseUrn]: { manager: { $ref: "http://localhost/Users/m", value: "m" } } },
    rfc: "invalidValue",
  },
  {
    row: "20: manager cleared by an empty string",
    name: "emptyString",
    sent: { [enterpriseUrn]: { manager: "" } },
    stored: {},
    rfc: "invalidValue",
  },
  {
    row: "23: one-element array",
    name: "oneElementArray",
    sent: { title: ["Dr"] },
    stored: { title: "Dr" },
    rfc: "invalidValue",
  },
  {
    row: "23: empty array for one value",
    name: "oneElementArray",
    sent: { title: [] },
    stored: {},
    rfc: "invalidValue",
  },
  {
    row: "22: a role as a string",
    name: "singleForMany",
    sent: { roles: "admin" },
    stored: { roles: [{ value: "admin" }] },
    rfc: "invalidValue",
  },
  {
    row: "22: a role as JSON in a string",
    name: "jsonInString",
    sent: { roles: ['{"value":"admin","primary":"True"}', ' {"value":"b"}'] },
    stored: { roles: [{ value: "admin", primary: true }, { value: "b" }] },
    rfc: "invalidValue",
  },
  {
    row: "22: all roles as JSON in a string",
    name: "jsonInString",
    sent: { roles: '[{"value":"admin"}]' },
    stored: { roles: [{ value: "admin" }] },
    rfc: "invalidValue",
  },
];

describe("departures of directories", () => {
  for (const { row, name, sent, stored, rfc } of departures) {
    it(`row ${row}: put right in the tolerant dialect, by name`, () => {
      const forgiving = leniency("tolerant");
      const body = { schemas: [userUrn, enterpriseUrn], userName: "a", ...sent };
      const { schemas: _, ...resource } = normaliseResource(user, body, forgiving);
      assert.deepEqual(resource, { userName: "a", ...stored });
      assert.ok(forgiving.used.includes(name), String(forgiving.used));
    });

    it(`row ${row}: ${rfc} where nothing is forgiven`, () => {
      const body = { userName: "a", ...sent, schemas: [userUrn, enterpriseUrn] };
      for (const dialect of ["rfc", "interop"] as const) {
        refused(() => normal(body, dialect), rfc, /must be|not defined/);
      }
    });
  }

  it("row 49: an attribute that no schema has is ignored, and refused where nothing is forgiven", () => {
    for (const sent of [
      { shoeSize: 44 },
      { name: { nick: "x" } },
      { [enterpriseUrn]: { nope: 1 } },
      { "emails.value": "a" },
    ]) {
      const forgiving = leniency("tolerant");
      const body = { schemas: [userUrn], userName: "a", ...sent };
      assert.deepEqual(normaliseResource(user, body, forgiving), { schemas: [userUrn], userName: "a" });
      assert.deepEqual(forgiving.used, ["unknownAttribute"]);
      for (const dialect of ["rfc", "interop"] as const) {
        refused(() => normal({ userName: "a", ...sent }, dialect), "invalidSyntax", /is not defined by a schema/);
      }
    }
  });

  it("a very long unknown name is quoted in part only", () => {
    refused(() => normal({ ["x".repeat(5000)]: 1 }, "interop"), "invalidSyntax", /^x{200}… is not/);
  });
});

describe("a value of the wrong type (RFC 7643 §2.3)", () => {
  const wrong: [ScimObject, RegExp][] = [
    [{ userName: 1 }, /^userName must be a string/],
    [{ userName: {} }, /^userName must be a string/],
    [{ userName: ["a", "b"] }, /^userName must be a string/],
    [{ userName: [["a"]] }, /^userName must be a string/],
    [{ active: "yes" }, /^active must be true or false/],
    [{ active: 1 }, /^active must be true or false/],
    [{ name: 1 }, /^name must be an object/],
    [{ name: "Ana" }, /^name must be an object/],
    [{ name: [{}, {}] }, /^name must be an object/],
    [{ emails: [[[{ value: "a" }]]] }, /^emails\[0\] must be an object/],
    [{ emails: [{ value: { value: "a" } }] }, /^emails\[0\]\.value must be a string/],
    [{ emails: [{ value: "a" }, { value: "b", primary: 0 }] }, /^emails\[1\]\.primary must be true or false/],
    [{ [enterpriseUrn]: "HR" }, /enterprise:2\.0:User must be an object/],
    [{ [enterpriseUrn]: { department: 5 } }, /enterprise:2\.0:User:department must be a string/],
    [{ [enterpriseUrn]: { manager: { value: 5 } } }, /enterprise:2\.0:User:manager\.value must be a string/],
  ];
  for (const [body, detail] of wrong) {
    it(`is refused, naming the path: ${JSON.stringify(body).replaceAll("urn:ietf:params:scim:schemas:extension:", "…")}`, () => {
      refused(() => normal(body), "invalidValue", detail);
    });
  }

  it("row 48: `addresses: [[]]` leaves no address, tolerantly, and is refused by the letter", () => {
    assert.deepEqual(normal({ userName: "a", addresses: [[]] }), { schemas: [userUrn], userName: "a" });
    refused(() => normal({ addresses: [[]] }, "rfc"), "invalidValue", /^addresses\[0\] must be an object/);
  });

  it("covers integer and decimal", () => {
    const sent = (more: object): ScimObject =>
      normal({ schemas: [deviceUrn, labelUrn], serial: "1", ...more }, "tolerant", device);
    assert.equal(sent({ slots: 3, weight: 1.5 })["weight"], 1.5);
    refused(() => sent({ slots: 1.5 }), "invalidValue", /^slots must be a number without a fraction/);
    refused(() => sent({ slots: 2 ** 53 }), "invalidValue", /^slots must/);
    refused(() => sent({ slots: "3" }), "invalidValue", /^slots must/);
    refused(() => sent({ weight: "1.5" }), "invalidValue", /^weight must be a number/);
  });
});

describe("many values (RFC 7643 §2.4)", () => {
  it("hold one primary at most", () => {
    const two = [
      { value: "a", primary: true },
      { value: "b", primary: "true" },
    ];
    refused(() => normal({ emails: two }), "invalidValue", /^emails has more than one primary value/);
  });

  it("hold each pair of type and value once, as caseExact has it; the later one's parts are laid over the first's", () => {
    const emails = [
      { type: "work", value: "a@b.c", display: "old" },
      { type: "home", value: "a@b.c" },
      { type: "work", value: "A@B.C", primary: true },
    ];
    assert.deepEqual(normal({ emails })["emails"], [
      { type: "work", value: "A@B.C", display: "old", primary: true },
      { type: "home", value: "a@b.c" },
    ]);
    const members = [{ value: "x" }, { value: "X" }, { value: "x" }];
    assert.deepEqual(normal({ displayName: "G", members }, "rfc", group)["members"], [{ value: "x" }, { value: "X" }]);
  });

  it("keep equal elements that have no `value`", () => {
    const addresses = [
      { type: "work", country: "US" },
      { type: "work", country: "US" },
    ];
    assert.equal((normal({ addresses })["addresses"] as ScimValue[]).length, 2);
  });

  it("rows 24 and 29: may be ten thousand members with nothing but their value", () => {
    const members = Array.from({ length: 10_000 }, (_, index) => ({ $ref: null, value: `id${index}` }));
    const resource = normal({ displayName: "G", members }, "rfc", group);
    assert.equal((resource["members"] as ScimValue[]).length, 10_000);
  });
});

describe("normalisation", () => {
  it("is idempotent, changes no input and refuses by ScimRefusal only, whatever is sent", () => {
    const paths = [...user.paths.keys(), "x", "__proto__", "a.b"];
    const body = fc.dictionary(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 3 }), { noNullPrototype: true });
    const dialects = fc.constantFrom<DialectName>("tolerant", "rfc", "interop");
    fc.assert(
      fc.property(body, dialects, (sent, dialect) => {
        const before = structuredClone(sent);
        try {
          const once = normaliseResource(user, sent, leniency(dialect));
          assert.deepEqual(normaliseResource(user, once, leniency("rfc")), once);
        } catch (error) {
          assert.ok(error instanceof ScimRefusal, String(error));
        }
        assert.deepEqual(sent, before);
      }),
      { numRuns: 1000 },
    );
  });

  it("keeps every well-formed text as it is (Entra ID: values stored unaltered)", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1 }).filter((value) => !value.includes("\0"));
    fc.assert(
      fc.property(text, (title) => {
        assert.equal(normal({ title }, "rfc")["title"], title);
      }),
    );
  });

  it("serves PATCH with the value of one attribute, undefined where it is unassigned", () => {
    const manager = findAttribute(user, `${enterpriseUrn}:manager`)!.attribute;
    const forgiving = leniency("tolerant");
    assert.deepEqual(normaliseValue(manager, [{ VALUE: "m" }], forgiving, "manager"), { value: "m" });
    for (const empty of [null, "", [], {}]) {
      assert.equal(normaliseValue(manager, empty, forgiving, "manager"), undefined);
    }
    refused(() => normaliseValue(manager, 5, leniency("rfc"), "the manager"), "invalidValue", /^the manager must be/);
  });
});
