import assert from "node:assert/strict";
import { Refusal } from "../../src/base/errors.ts";
import { leniency, type ToleranceName } from "../../src/scim/dialects.ts";
import { MAX_OPERATIONS, PATCH_OP, parsePatchOp } from "../../src/scim/patchMessage.ts";
import { MOST_VALUES, type ResourceType } from "../../src/scim/registry.ts";
import type { ScimObject, ScimType } from "../../src/scim/types.ts";
import { validate } from "../../src/scim/validate.ts";
import { device, enterpriseUrn, group, user, userUrn } from "./fixtures.ts";
import { patchBody, patcher, refuses } from "./patching.ts";

const patch = patcher(user, "tolerant");
const patchGroup = patcher(group, "tolerant");
const ana: ScimObject = { schemas: [userUrn], userName: "ana", active: true };
const crew: ScimObject = { displayName: "Crew", members: [{ value: "1" }, { value: "2" }, { value: "3" }] };

/** A departure: what becomes of it where it is forgiven, by which name, and how RFC 7644 to the letter refuses it. */
interface Departure {
  readonly name: string;
  readonly type?: ResourceType;
  readonly before: ScimObject;
  readonly operations: readonly unknown[];
  readonly after: ScimObject;
  readonly used: readonly ToleranceName[];
  /** What the rfc dialect says of it; undefined where the tolerance lies within what the RFC leaves open. */
  readonly rfc: ScimType;
}

const withManager = (manager: ScimObject): ScimObject => ({
  ...ana,
  schemas: [userUrn, enterpriseUrn],
  [enterpriseUrn]: { manager },
});
const work = { type: "work", value: "ana@work" };

const departures: readonly Departure[] = [
  {
    name: "row 1: op in any case (Entra ID: Add, Replace, Remove)",
    before: ana,
    operations: [
      { op: "Add", path: "nickName", value: "A" },
      { op: "REPLACE", path: "nickName", value: "B" },
      { op: "Remove", path: "active" },
    ],
    after: { schemas: [userUrn], userName: "ana", nickName: "B" },
    used: ["operationCase"],
    rfc: "invalidSyntax",
  },
  {
    name: 'row 3: active as "False" (Entra ID without its flag)',
    before: ana,
    operations: [{ op: "replace", path: "active", value: "False" }],
    after: { ...ana, active: false },
    used: ["stringBoolean"],
    rfc: "invalidValue",
  },
  {
    name: "row 5: Add on a single value, as a string (rancher#54025)",
    before: ana,
    operations: [{ op: "Add", path: "active", value: "false" }],
    after: { ...ana, active: false },
    used: ["operationCase", "stringBoolean"],
    rfc: "invalidSyntax",
  },
  {
    name: "row 6: remove members with a value removes only those",
    type: group,
    before: crew,
    operations: [{ op: "remove", path: "members", value: [{ $ref: null, value: "2" }, { value: "9" }] }],
    after: { displayName: "Crew", members: [{ value: "1" }, { value: "3" }] },
    used: ["removeWithValue"],
    rfc: "invalidValue",
  },
  {
    name: "row 6: remove members with one value, bare or in an object, removes only that",
    type: group,
    before: crew,
    operations: [
      { op: "remove", path: "members", value: { value: "2" } },
      { op: "remove", path: "members", value: "1" },
    ],
    after: { displayName: "Crew", members: [{ value: "3" }] },
    used: ["removeWithValue", "singleForMany", "scalarForComplex"],
    rfc: "invalidValue",
  },
  {
    name: "row 6: remove members with an empty value removes none",
    type: group,
    before: crew,
    operations: [{ op: "remove", path: "members", value: [] }],
    after: crew,
    used: ["removeWithValue"],
    rfc: "invalidValue",
  },
  {
    name: "row 6: remove of e-mails with a value and a type removes that type alone",
    before: { ...ana, emails: [work, { type: "home", value: "ana@work" }] },
    operations: [{ op: "remove", path: "emails", value: [work] }],
    after: { ...ana, emails: [{ type: "home", value: "ana@work" }] },
    used: ["removeWithValue"],
    rfc: "invalidValue",
  },
  {
    name: "rows 8 and 9: replace of a chosen value that is not there makes it, with the filter's terms (Entra ID)",
    before: ana,
    operations: [{ op: "replace", path: 'emails[type eq "work"].value', value: "ana@work" }],
    after: { ...ana, emails: [work] },
    used: ["createOnNoMatch"],
    rfc: "noTarget",
  },
  {
    name: "rows 8 and 9: add to a chosen value that is not there makes it, with every term of an `and`",
    before: { ...ana, addresses: [{ type: "home", country: "DE" }] },
    operations: [
      { op: "add", path: 'addresses[type eq "work"].country', value: "US" },
      { op: "add", path: 'addresses[type eq "work"].region', value: "CA" },
      { op: "add", path: 'addresses[type eq "other" and primary eq true]', value: { country: "FR" } },
    ],
    after: {
      ...ana,
      addresses: [
        { type: "home", country: "DE" },
        { type: "work", country: "US", region: "CA" },
        { type: "other", primary: true, country: "FR" },
      ],
    },
    used: ["createOnNoMatch"],
    rfc: "noTarget",
  },
  {
    name: "row 10: remove of a chosen value's `value` that carries a value removes it",
    before: { ...ana, emails: [work, { type: "home", value: "ana@home" }] },
    operations: [{ op: "remove", path: 'emails[type eq "work"].value', value: "ana@work" }],
    after: { ...ana, emails: [{ type: "home", value: "ana@home" }] },
    used: ["valueOfRemove", "valuelessElement"],
    rfc: "invalidValue",
  },
  {
    name: "row 11: dotted, URN and filter keys in a path-less value (Entra ID with its flag)",
    before: { ...ana, emails: [work] },
    operations: [
      {
        op: "replace",
        value: {
          displayName: "x",
          "name.givenName": "y",
          'emails[type eq "work"].value': "z",
          [`${enterpriseUrn}:department`]: "HR",
          [`${userUrn}:nickName`]: "n",
        },
      },
    ],
    after: {
      schemas: [userUrn, enterpriseUrn],
      userName: "ana",
      active: true,
      displayName: "x",
      name: { givenName: "y" },
      emails: [{ type: "work", value: "z" }],
      nickName: "n",
      [enterpriseUrn]: { department: "HR" },
    },
    used: ["qualifiedAttributeName", "valuePathAsKey"],
    rfc: "invalidPath",
  },
  {
    name: "row 11: attributes under the core URN, and dotted keys within an extension",
    before: ana,
    operations: [{ op: "add", value: { [userUrn]: { nickName: "A" }, [enterpriseUrn]: { "manager.value": "7" } } }],
    after: { ...withManager({ value: "7" }), nickName: "A" },
    used: ["qualifiedAttributeName"],
    rfc: "invalidPath",
  },
  {
    name: "row 12: Okta's group rename with `id`, path-less",
    type: group,
    before: { ...crew, id: "g1" },
    operations: [{ op: "replace", value: { id: "other", displayName: "New name" } }],
    after: { ...crew, id: "g1", displayName: "New name" },
    used: ["readOnlyInValue"],
    rfc: "mutability",
  },
  ...(
    [
      ["a string", "7", ["scalarForComplex"]],
      ["an array of one object", [{ $ref: "http://x/Users/7", value: "7" }], ["oneElementArray"]],
      ["JSON in a string", '{"value":"7"}', ["jsonInString"]],
    ] as const
  ).map(([shape, value, used]): Departure => ({
    name: `row 20: manager by its bare name, as ${shape}`,
    before: ana,
    operations: [{ op: "add", path: "manager", value }],
    after: withManager(Array.isArray(value) ? { value: "7", $ref: "http://x/Users/7" } : { value: "7" }),
    used: ["unqualifiedExtensionAttribute", ...used],
    rfc: "invalidPath",
  })),
  {
    name: "row 20: replace of the URN-qualified manager by a string keeps its object form (row 21)",
    before: withManager({ value: "1" }),
    operations: [{ op: "replace", path: `${enterpriseUrn}:manager`, value: "7" }],
    after: withManager({ value: "7" }),
    used: ["scalarForComplex"],
    rfc: "invalidValue",
  },
  {
    name: 'manager "" clears it, and the extension with its last attribute (Microsoft\'s validator)',
    before: withManager({ value: "1" }),
    operations: [{ op: "replace", path: `${enterpriseUrn}:manager`, value: "" }],
    after: ana,
    used: ["emptyString"],
    rfc: "invalidValue",
  },
  {
    name: 'roles[primary eq "True"].value, row 22',
    before: { ...ana, roles: [{ value: "a", primary: true }, { value: "b" }] },
    operations: [{ op: "replace", path: 'roles[primary eq "True"].value', value: "c" }],
    after: { ...ana, roles: [{ value: "c", primary: true }, { value: "b" }] },
    used: ["stringBoolean"],
    rfc: "invalidFilter",
  },
  {
    name: "row 22: roles as JSON in a string",
    before: ana,
    operations: [{ op: "add", path: "roles", value: ['{"id":"1","value":"Admin","displayName":"Admin"}'] }],
    after: { ...ana, roles: [{ value: "Admin" }] },
    used: ["jsonInString", "unknownAttribute"],
    rfc: "invalidValue",
  },
  {
    name: "a single role as a string (Entra ID's SingleAppRoleAssignment)",
    before: ana,
    operations: [{ op: "add", path: "roles", value: "Admin" }],
    after: { ...ana, roles: [{ value: "Admin" }] },
    used: ["singleForMany", "scalarForComplex"],
    rfc: "invalidValue",
  },
  {
    name: "row 23: a scalar as [scalar]",
    before: ana,
    operations: [{ op: "replace", path: "displayName", value: ["Ana"] }],
    after: { ...ana, displayName: "Ana" },
    used: ["oneElementArray"],
    rfc: "invalidValue",
  },
  {
    name: "row 23: a scalar as [{value}]",
    before: ana,
    operations: [{ op: "replace", path: "displayName", value: [{ $ref: null, value: "Ana" }] }],
    after: { ...ana, displayName: "Ana" },
    used: ["objectForScalar"],
    rfc: "invalidValue",
  },
  {
    name: "row 49: an attribute of Entra ID's default mapping that no schema here has",
    before: ana,
    operations: [
      { op: "add", path: "favouriteColour", value: "red" },
      { op: "add", path: "nickName", value: "A" },
      { op: "add", value: { shade: "blue", name: { shade: "dark" } } },
    ],
    after: { ...ana, nickName: "A" },
    used: ["unknownPath"],
    rfc: "invalidPath",
  },
  {
    name: "row 58: removing a member who is not there changes nothing",
    type: group,
    before: crew,
    operations: [{ op: "remove", path: 'members[value eq "9"]' }],
    after: crew,
    used: ["removeWithoutMatch"],
    rfc: "noTarget",
  },
  {
    name: "row 59: brackets on a single-valued attribute",
    before: ana,
    operations: [
      { op: "replace", path: 'displayName[primary eq "True"].value', value: "Ana" },
      { op: "replace", path: 'name[type eq "work"].givenName', value: "Ana" },
    ],
    after: { ...ana, displayName: "Ana", name: { givenName: "Ana" } },
    used: ["filterOnSingleValue"],
    rfc: "invalidPath",
  },
  {
    name: 'SCIM_Null_Update: replace by "" clears',
    before: { ...ana, title: "CEO", emails: [work] },
    operations: [
      { op: "replace", path: "title", value: "" },
      { op: "replace", path: 'emails[type eq "work"].value', value: "" },
    ],
    after: ana,
    used: ["emptyString", "valuelessElement"],
    rfc: "invalidValue",
  },
  {
    name: "an add of null or of an empty string clears a single value",
    before: { ...ana, title: "CEO", nickName: "A" },
    operations: [
      { op: "add", path: "title", value: null },
      { op: "add", path: "nickName", value: "" },
    ],
    after: ana,
    used: ["addNothing", "emptyString"],
    rfc: "invalidValue",
  },
];

/** Departures that the rfc dialect does not refuse, but reads otherwise: an empty string is a string, null adds nothing. */
const readOtherwise: ReadonlySet<string> = new Set([
  'SCIM_Null_Update: replace by "" clears',
  "an add of null or of an empty string clears a single value",
]);

describe("what directories send in PATCH, interop rows of the field notes", () => {
  for (const { name, type = user, before, operations, after, used, rfc } of departures) {
    it(`${name}: forgiven as ${used.join(", ")}`, () => {
      const body = { schemas: [PATCH_OP], Operations: operations };
      const patched = patchBody(type, before, body, "tolerant");
      assert.deepEqual(patched.resource, after);
      assert.deepEqual(patched.used, used);
      validate(type, patched.resource);
    });
    it(`${name}: not so by RFC 7644 to the letter`, () => {
      const strict = (): ScimObject => patcher(type, "rfc")(before, ...operations);
      if (readOtherwise.has(name)) assert.notDeepEqual(strict(), after);
      else refuses(strict, rfc);
    });
  }

  it("row 8: no value is made where the filter says more than eq and and", () => {
    for (const filter of ['type eq "work" or type eq "home"', 'not (type eq "work")', 'type sw "w"', "type pr"]) {
      refuses(() => patch(ana, { op: "add", path: `emails[${filter}].value`, value: "x" }), "noTarget");
    }
  });

  it("row 8: clearing a chosen value that is not there makes none", () => {
    assert.equal(patch(ana, { op: "replace", path: 'emails[type eq "work"].value', value: null }), ana);
  });

  it("row 13: a path-less deactivation (Okta)", () => {
    assert.deepEqual(patch(ana, { op: "replace", value: { active: false } }), { ...ana, active: false });
  });

  it("row 14: a path-less value as a JSON string is invalidValue and changes nothing", () => {
    refuses(() => patch(ana, { op: "replace", value: '{"active":false}' }), "invalidValue", /object of attributes/);
  });

  it("row 24: a member needs only its value", () => {
    const after = patchGroup({ displayName: "G" }, { op: "Add", path: "members", value: [{ $ref: null, value: "1" }] });
    assert.deepEqual(after, { displayName: "G", members: [{ value: "1" }] });
  });

  it("row 25: replace of members swaps the whole set, path-less too (Okta)", () => {
    const members = [{ value: "3" }, { value: "4" }];
    assert.deepEqual(patchGroup(crew, { op: "replace", path: "members", value: members })["members"], members);
    assert.deepEqual(patchGroup(crew, { op: "replace", value: { members } })["members"], members);
    assert.deepEqual(patchGroup(crew, { op: "replace", value: { members: [] } }), { displayName: "Crew" });
  });

  it("row 58: adding a member who is there already changes nothing, not even the object (JumpCloud)", () => {
    const stored = { displayName: "G", members: [{ value: "1", type: "User", $ref: "../Users/1" }] };
    const value = [{ value: "1", display: "someone", type: "Group" }];
    assert.equal(patchGroup(stored, { op: "add", path: "members", value }), stored);
  });

  it("brackets in a remove of a single-valued attribute are not read as if they were not there", () => {
    const before = withManager({ value: "1" });
    refuses(
      () => patch(before, { op: "remove", path: 'manager[value eq "9"]' }),
      "invalidPath",
      /leave out the brackets/,
    );
  });

  it("a required attribute cannot be emptied", () => {
    refuses(() => patch(ana, { op: "replace", path: "userName", value: "" }), "invalidValue", /userName is required/);
    refuses(() => patchGroup(crew, { op: "remove", path: "displayName", value: "x" }), "mutability");
  });
});

describe("the PatchOp message, RFC 7644 §3.5.2", () => {
  const operation = { op: "add", path: "nickName", value: "A" };
  const rfc = (body: unknown) => () => parsePatchOp(user, body, leniency("rfc"));

  it("needs an object with the PatchOp URN and at least one operation", () => {
    refuses(rfc(null), "invalidSyntax", /must be a JSON object/);
    refuses(rfc([operation]), "invalidSyntax");
    refuses(rfc("x"), "invalidSyntax");
    refuses(rfc({ Operations: [operation] }), "invalidSyntax", /schemas must hold/);
    refuses(rfc({ schemas: [userUrn], Operations: [operation] }), "invalidSyntax", /schemas must hold/);
    refuses(rfc({ schemas: PATCH_OP, Operations: [operation] }), "invalidSyntax");
    refuses(rfc({ schemas: [PATCH_OP] }), "invalidSyntax", /"Operations"/);
    refuses(rfc({ schemas: [PATCH_OP], operations: [operation] }), "invalidSyntax");
    refuses(rfc({ schemas: [PATCH_OP], Operations: {} }), "invalidSyntax");
    refuses(rfc({ schemas: [PATCH_OP], Operations: [] }), "invalidSyntax", /at least one/);
    assert.equal(rfc({ schemas: [PATCH_OP.toUpperCase()], Operations: [operation] })().length, 1);
  });

  it("needs exactly one op of the three", () => {
    for (const op of [undefined, null, "", "move", "Add", 1, ["add"]]) {
      refuses(rfc({ schemas: [PATCH_OP], Operations: [{ ...operation, op }] }), "invalidSyntax", /Operations\[0\]\.op/);
    }
    refuses(rfc({ schemas: [PATCH_OP], Operations: [operation, null] }), "invalidSyntax", /Operations\[1\] must be/);
  });

  it("takes keys in another case, no schemas, and no operations where that is forgiven", () => {
    const loose = patchBody(user, ana, { operations: [{ Op: "add", Path: "nickName", VALUE: "A" }] }, "tolerant");
    assert.deepEqual(loose.resource, { ...ana, nickName: "A" });
    assert.deepEqual(loose.used, ["missingPatchSchemas", "messageKeyCase"]);
    const empty = patchBody(user, ana, { schemas: [PATCH_OP], Operations: [] }, "tolerant");
    assert.equal(empty.resource, ana);
    assert.deepEqual(empty.used, ["emptyOperations"]);
    const foreign = { schemas: ["urn:example:x"], Operations: [operation] };
    refuses(() => patchBody(user, ana, foreign, "tolerant"), "invalidSyntax", /schemas must hold/);
  });

  it("reads at most 1,000 operations, but any number of members in one", () => {
    const many = Array.from({ length: MAX_OPERATIONS + 1 }, () => operation);
    assert.throws(
      () => parsePatchOp(user, { schemas: [PATCH_OP], Operations: many }, leniency("tolerant")),
      (error) => error instanceof Refusal && error.code === "content_too_large" && /1000/.test(error.message),
    );
    assert.equal(rfc({ schemas: [PATCH_OP], Operations: many.slice(1) })().length, MAX_OPERATIONS);
  });

  it("refuses operations that together go through more values than a request may, and says so", () => {
    const emails = Array.from({ length: MOST_VALUES }, (_, index) => ({
      type: `t${index}`,
      value: `${index}@é.example`,
    }));
    const full = { ...ana, emails };
    const each = (path: string) => (_: unknown, index: number) => ({ op: "replace", path, value: `${index}` });
    const isTooMuch = (error: unknown): boolean =>
      error instanceof Refusal && error.code === "content_too_large" && /more than 1000000 values/.test(error.message);
    const terms = Array.from({ length: 290 }, (_, index) => `type co "é${index}"`).join(" or ");
    for (const path of [
      'emails[type sw "t" and value co "é"].display',
      `emails[${terms} or type pr].display`,
      "emails.display",
    ]) {
      const Operations = Array.from({ length: MAX_OPERATIONS }, each(path));
      assert.throws(() => patchBody(user, full, { schemas: [PATCH_OP], Operations }, "tolerant"), isTooMuch, path);
      patchBody(user, full, { schemas: [PATCH_OP], Operations: Operations.slice(0, 1) }, "tolerant");
    }
    // Long texts count by their length.
    const long = { ...ana, emails: [{ value: "a@example.com", display: "é".repeat(1_000_000) }] };
    const Operations = Array.from({ length: 100 }, each('emails[display co "x" or value pr].type'));
    assert.throws(() => patchBody(user, long, { schemas: [PATCH_OP], Operations }, "tolerant"), isTooMuch);
  });

  it("adds a thousand values one by one", () => {
    const value = (index: number) => ({ type: `t${index}`, value: `${index}@example.com` });
    const Operations = Array.from({ length: MOST_VALUES - 1 }, (_, index) => ({
      op: "add",
      path: "emails",
      value: [value(index)],
    }));
    const { resource } = patchBody(user, ana, { schemas: [PATCH_OP], Operations }, "tolerant");
    assert.ok((resource["emails"] as unknown[]).length >= MOST_VALUES - 1);
  });

  it("goes through as many values of an attribute as a resource may have, and refuses more at once", () => {
    const members = Array.from({ length: MOST_VALUES }, (_, index) => ({ value: `m${index}` }));
    const before = { displayName: "G", members: members.slice(10) };
    const grown = patchGroup(before, { op: "add", path: "members", value: members });
    assert.equal((grown["members"] as unknown[]).length, MOST_VALUES);
    const back = patchGroup(grown, { op: "remove", path: "members", value: members.slice(0, 10) });
    assert.deepEqual(back, before);
    const [add, undo] = [
      { op: "add", path: "members", value: [{ value: "one more" }] },
      { op: "remove", path: 'members[value eq "one more"]' },
    ];
    refuses(() => patchGroup(grown, add, undo), "invalidValue", /at most 1000 values/);
  });
});

describe("PATCH in the interoperability profile draft", () => {
  const strict = patcher(user, "interop");

  it("refuses an operation without a path with invalidSyntax", () => {
    refuses(() => strict(ana, { op: "replace", value: { active: false } }), "invalidSyntax", /needs a "path"/);
    refuses(() => strict(ana, { op: "remove" }), "invalidSyntax", /needs a "path"/);
  });

  it("replaces the whole of a complex attribute, and merges on add", () => {
    const before = { ...ana, name: { givenName: "Ana", familyName: "Ng" } };
    const value = { givenName: "Eva" };
    assert.deepEqual(strict(before, { op: "replace", path: "name", value })["name"], value);
    assert.deepEqual(strict(before, { op: "add", path: "name", value })["name"], { ...before.name, ...value });
  });

  it("leaves what is immutable in a complex value that it replaces", () => {
    const replace = patcher(device, "interop");
    const since = "2026-01-01T00:00:00Z";
    const before = { owner: { value: "1", since } };
    const by = (value: object) => replace(before, { op: "replace", path: "owner", value });
    refuses(() => by({ value: "2", since: "2027-01-01T00:00:00Z" }), "mutability", /since is immutable/);
    refuses(() => by({ value: "2" }), "mutability", /since is immutable/);
    assert.deepEqual(by({ value: "2", since }), { owner: { value: "2", since } });
  });

  it("refuses brackets that no sub-attribute follows, and a filter that chooses more than one value", () => {
    const before = { ...ana, emails: [work, { type: "work", value: "b" }] };
    const path = 'emails[type eq "work"]';
    refuses(
      () => strict(before, { op: "replace", path, value: { value: "x" } }),
      "invalidPath",
      /must follow the brackets/,
    );
    refuses(
      () => strict(before, { op: "replace", path: `${path}.value`, value: "x" }),
      "invalidFilter",
      /more than one/,
    );
  });

  it("forgives nothing that the tolerant dialect does", () => {
    refuses(() => strict(ana, { op: "Replace", path: "active", value: false }), "invalidSyntax");
    refuses(() => strict(ana, { op: "replace", path: "active", value: "False" }), "invalidValue");
  });
});
