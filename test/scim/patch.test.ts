import assert from "node:assert/strict";
import type { ScimObject } from "../../src/scim/types.ts";
import { device, deviceUrn, enterpriseUrn, group, labelUrn, user, userUrn } from "./fixtures.ts";
import { patchBody, patcher, refuses } from "./patching.ts";

const patch = patcher(user, "rfc");
const patchGroup = patcher(group, "rfc");
const patchDevice = patcher(device, "rfc");

const work = { type: "work", value: "babs@work.org", primary: true };
const home = { type: "home", value: "babs@home.org" };
const babs: ScimObject = {
  schemas: [userUrn],
  id: "1",
  userName: "babs",
  name: { familyName: "Jensen", givenName: "Barbara" },
  emails: [work, home],
};
const withEmails = (...emails: ScimObject[]): ScimObject => ({ ...babs, emails });

describe("PATCH add, RFC 7644 §3.5.2.1", () => {
  it("adds a member to a group, as in the RFC's first example", () => {
    const before = { displayName: "Tour Guides", members: [{ value: "1" }] };
    const value = [{ display: "Babs Jensen", $ref: "https://example.com/v2/Users/2819c223", value: "2819c223" }];
    assert.deepEqual(patchGroup(before, { op: "add", path: "members", value }), {
      displayName: "Tour Guides",
      members: [{ value: "1" }, { value: "2819c223", $ref: "https://example.com/v2/Users/2819c223" }],
    });
  });

  it("adds the attributes of a path-less value, as in the RFC's second example", () => {
    const value = { emails: [{ value: "babs@jensen.org", type: "home" }], nickName: "Babs" };
    assert.deepEqual(patch({ userName: "babs" }, { op: "add", value }), { userName: "babs", ...value });
  });

  it("replaces the value of a single-valued attribute", () => {
    assert.deepEqual(patch({ nickName: "B" }, { op: "add", path: "nickName", value: "Babs" }), { nickName: "Babs" });
  });

  it("adds sub-attributes of a complex attribute and leaves the others", () => {
    const value = { honorificPrefix: "Ms.", givenName: "Babs" };
    assert.deepEqual(patch(babs, { op: "add", path: "name", value })["name"], { familyName: "Jensen", ...value });
  });

  it("makes the complex attribute of a sub-attribute", () => {
    assert.deepEqual(patch({}, { op: "add", path: "name.givenName", value: "B" }), { name: { givenName: "B" } });
  });

  it("changes nothing, not even the object, if the value is there already", () => {
    const same = [
      { op: "add", path: "emails", value: [home] },
      { op: "add", path: "userName", value: "babs" },
      { op: "add", path: "name", value: { givenName: "Barbara" } },
      { op: "add", path: 'emails[type eq "home"]', value: { value: "babs@home.org" } },
      { op: "add", value: { emails: [work, home], name: { familyName: "Jensen" } } },
    ];
    for (const operation of same) assert.equal(patch(babs, operation), babs);
    assert.equal(patch(babs, ...same), babs);
  });

  it("lays a value with the same type and value over the one that is there (RFC 7643 §2.4)", () => {
    const again = { ...home, display: "Babs" };
    assert.deepEqual(patch(babs, { op: "add", path: "emails", value: [again] }), withEmails(work, again));
  });

  it("takes one value without its array", () => {
    const other = { type: "other", value: "b@b" };
    assert.deepEqual(patch(babs, { op: "add", path: "emails", value: other }), withEmails(work, home, other));
    assert.deepEqual(patchDevice({ tags: ["a"] }, { op: "add", path: "tags", value: "b" }), { tags: ["a", "b"] });
  });

  it("sets a sub-attribute of the values that a filter chooses", () => {
    const operation = { op: "add", path: 'emails[type eq "home"].display', value: "Babs" };
    assert.deepEqual(patch(babs, operation), withEmails(work, { ...home, display: "Babs" }));
  });

  it("adds to the values that a filter chooses", () => {
    const operation = { op: "add", path: 'emails[type eq "home"]', value: { display: "Babs" } };
    assert.deepEqual(patch(babs, operation), withEmails(work, { ...home, display: "Babs" }));
  });

  it("adds nothing for null or an empty array (RFC 7643 §2.5)", () => {
    assert.equal(patch(babs, { op: "add", path: "emails", value: [] }), babs);
    assert.equal(patch(babs, { op: "add", path: "userName", value: null }), babs);
  });

  it("needs a value", () => {
    refuses(() => patch(babs, { op: "add", path: "nickName" }), "invalidValue", /add needs a "value"/);
    refuses(() => patch(babs, { op: "add" }), "invalidValue", /add needs a "value"/);
  });
});

describe("PATCH remove, RFC 7644 §3.5.2.2", () => {
  it("fails with noTarget without a path", () => {
    refuses(() => patch(babs, { op: "remove" }), "noTarget", /remove needs a "path"/);
  });

  it("unassigns a single-valued attribute", () => {
    assert.deepEqual(patch({ userName: "b", nickName: "B" }, { op: "remove", path: "nickName" }), { userName: "b" });
    assert.equal(patch(babs, { op: "remove", path: "nickName" }), babs);
  });

  it("unassigns a sub-attribute, and its complex attribute with the last one", () => {
    const one = patch(babs, { op: "remove", path: "name.givenName" });
    assert.deepEqual(one["name"], { familyName: "Jensen" });
    assert.equal("name" in patch(one, { op: "remove", path: "name.familyName" }), false);
  });

  it("row 7: unassigns all values of a multi-valued attribute without a filter", () => {
    const before = { displayName: "G", members: [{ value: "1" }, { value: "2" }] };
    assert.deepEqual(patchGroup(before, { op: "remove", path: "members" }), { displayName: "G" });
  });

  it("removes the values that a filter chooses, as in the RFC's example of a member", () => {
    const before = { displayName: "G", members: [{ value: "2819c223" }, { value: "2" }] };
    const operation = { op: "remove", path: 'members[value eq "2819c223"]' };
    assert.deepEqual(patchGroup(before, operation), { displayName: "G", members: [{ value: "2" }] });
  });

  it("unassigns the attribute when no values remain", () => {
    const operation = { op: "remove", path: 'emails[type eq "work" or type eq "home"]' };
    assert.equal("emails" in patch(babs, operation), false);
  });

  it('removes all e-mails of type "work" whose value ends in a text, as in the RFC\'s example', () => {
    const operation = { op: "remove", path: 'emails[type eq "work" and value ew "work.org"]' };
    assert.deepEqual(patch(babs, operation), withEmails(home));
  });

  it("removes a sub-attribute of the values that a filter chooses, and leaves them", () => {
    assert.deepEqual(
      patch(babs, { op: "remove", path: 'emails[type eq "work"].value' }),
      withEmails({ type: "work", primary: true }, home),
    );
  });

  it("removes a sub-attribute of all values without a filter", () => {
    const bare = [{ value: work.value, primary: true }, { value: home.value }];
    assert.deepEqual(patch(babs, { op: "remove", path: "emails.type" }), withEmails(...bare));
  });

  it("fails with noTarget where the filter matches nothing (RFC 7644 §3.12)", () => {
    refuses(() => patch(babs, { op: "remove", path: 'emails[type eq "other"]' }), "noTarget", /matches no value/);
    refuses(() => patch({ userName: "b" }, { op: "remove", path: 'emails[type eq "work"].value' }), "noTarget");
  });

  it("fails with mutability for what is required", () => {
    refuses(() => patch(babs, { op: "remove", path: "userName" }), "mutability", /userName is required/);
    const before = { displayName: "G", members: [{ value: "1", type: "User" }] };
    refuses(() => patchGroup(before, { op: "remove", path: 'members[value eq "1"].value' }), "mutability");
  });

  it("takes a member out and another in, as in the RFC's example of two operations", () => {
    const before = { displayName: "G", members: [{ value: "2819c223" }] };
    const after = patchGroup(
      before,
      { op: "remove", path: 'members[value eq "2819c223"]' },
      { op: "add", path: "members", value: [{ value: "08e1d05d" }] },
    );
    assert.deepEqual(after, { displayName: "G", members: [{ value: "08e1d05d" }] });
  });
});

describe("PATCH replace, RFC 7644 §3.5.2.3", () => {
  it("replaces all members, as in the RFC's example", () => {
    const before = { displayName: "G", members: [{ value: "1" }, { value: "2" }] };
    const value = [{ value: "2" }, { value: "3" }];
    assert.deepEqual(patchGroup(before, { op: "replace", path: "members", value }), {
      displayName: "G",
      members: value,
    });
  });

  it("changes nothing if the members are the same in another order", () => {
    const before = { displayName: "G", members: [{ value: "1", type: "User" }, { value: "2" }] };
    assert.equal(
      patchGroup(before, { op: "replace", path: "members", value: [{ value: "2" }, { value: "1" }] }),
      before,
    );
  });

  it("replaces the value that a filter chooses, as in the RFC's example of an address", () => {
    const addresses = [
      { type: "work", locality: "Old", region: "CA" },
      { type: "home", locality: "H" },
    ];
    const value = { type: "work", streetAddress: "911 Universal City Plaza", country: "US" };
    const operation = { op: "replace", path: 'addresses[type eq "work"]', value };
    assert.deepEqual(patch({ addresses }, operation), { addresses: [value, { type: "home", locality: "H" }] });
  });

  it("replaces several chosen values by one, for equal values are one", () => {
    const value = { type: "other", value: "x@x" };
    assert.deepEqual(patch(babs, { op: "replace", path: "emails[value pr]", value }), withEmails(value));
  });

  it("replaces a sub-attribute of the values that a filter chooses, as in the RFC's example", () => {
    const addresses = [{ type: "work", streetAddress: "Old", country: "US" }];
    const operation = { op: "replace", path: 'addresses[type eq "work"].streetAddress', value: "1010 Broadway Ave" };
    assert.deepEqual(patch({ addresses }, operation), {
      addresses: [{ type: "work", streetAddress: "1010 Broadway Ave", country: "US" }],
    });
  });

  it("replaces all of several attributes without a path, as in the RFC's example", () => {
    const value = { emails: [{ value: "bjensen@example.com", type: "work", primary: true }], nickName: "Babs" };
    assert.deepEqual(patch(babs, { op: "replace", value }), { ...babs, ...value });
  });

  it("replaces the sub-attributes of a complex attribute that the value names", () => {
    const operation = { op: "replace", path: "name", value: { givenName: "Babs" } };
    assert.deepEqual(patch(babs, operation)["name"], { familyName: "Jensen", givenName: "Babs" });
  });

  it("adds what is not there", () => {
    assert.deepEqual(patch({}, { op: "replace", path: "name.givenName", value: "B" }), { name: { givenName: "B" } });
    assert.deepEqual(patch({}, { op: "replace", path: "emails.value", value: "b@b" }), { emails: [{ value: "b@b" }] });
  });

  it("fails with noTarget where the filter matches nothing", () => {
    const operation = { op: "replace", path: 'emails[type eq "other"].value', value: "x" };
    refuses(() => patch(babs, operation), "noTarget", /emails\[type eq "other"\]\.value matches no value/);
  });

  it("unassigns by null or an empty array (RFC 7643 §2.5)", () => {
    assert.equal("emails" in patch(babs, { op: "replace", path: "emails", value: [] }), false);
    assert.equal("name" in patch(babs, { op: "replace", path: "name", value: null }), false);
    assert.deepEqual(patch(babs, { op: "replace", value: { name: { givenName: null } } })["name"], {
      familyName: "Jensen",
    });
    refuses(
      () => patch(babs, { op: "replace", path: "userName", value: null }),
      "invalidValue",
      /userName is required/,
    );
  });
});

describe("PATCH, RFC 7644 §3.5.2", () => {
  it("applies operations one after the other", () => {
    const after = patch(
      { userName: "a" },
      { op: "add", path: "nickName", value: "one" },
      { op: "replace", path: "nickName", value: "two" },
      { op: "add", path: "emails", value: [home] },
      { op: "replace", path: 'emails[type eq "home"].value', value: "x@x" },
    );
    assert.deepEqual(after, { userName: "a", nickName: "two", emails: [{ type: "home", value: "x@x" }] });
  });

  it("gives back the very resource if the last operation undoes the first", () => {
    const undo = [
      { op: "add", path: "nickName", value: "B" },
      { op: "remove", path: "nickName" },
    ];
    assert.equal(patch(babs, ...undo), babs);
  });

  it("restores the original if a later operation fails", () => {
    const before = structuredClone(babs);
    refuses(
      () =>
        patch(
          before,
          { op: "remove", path: "emails" },
          { op: "replace", path: "name.givenName", value: "X" },
          { op: "remove", path: 'phoneNumbers[type eq "work"]' },
        ),
      "noTarget",
    );
    assert.deepEqual(before, babs);
  });

  it("sets the other primaries to false where a value becomes primary", () => {
    const other = { type: "other", value: "o@o", primary: true };
    const demoted = { ...work, primary: false };
    assert.deepEqual(patch(babs, { op: "add", path: "emails", value: [other] }), withEmails(demoted, home, other));
    const path = 'emails[type eq "home"]';
    const promoted = withEmails(demoted, { ...home, primary: true });
    assert.deepEqual(patch(babs, { op: "replace", path: `${path}.primary`, value: true }), promoted);
    assert.deepEqual(patch(babs, { op: "add", path, value: { primary: true } }), promoted);
    assert.deepEqual(patch(babs, { op: "replace", path, value: { ...home, primary: true } }), promoted);
  });

  it("sets a primary to false that is sent again beside the new one, without saying that it is primary", () => {
    const before = withEmails(work, home);
    const value = [
      { type: "work", value: work.value, display: "W" },
      { ...home, primary: true },
    ];
    assert.deepEqual(
      patch(before, { op: "add", path: "emails", value }),
      withEmails({ ...work, display: "W", primary: false }, { ...home, primary: true }),
    );
  });

  it("refuses two primaries in one operation (RFC 7643 §2.4)", () => {
    const value = [
      { value: "a", primary: true },
      { value: "b", primary: true },
    ];
    refuses(() => patch(babs, { op: "add", path: "emails", value }), "invalidValue", /more than one primary/);
    const both = { op: "replace", path: "emails.primary", value: true };
    refuses(() => patch(withEmails(home, { value: "c" }), both), "invalidValue", /at most one value may be primary/);
    refuses(() => patch(withEmails(work, home), both), "invalidValue", /at most one value may be primary/);
  });

  it("refuses readOnly attributes with mutability", () => {
    for (const path of ["id", "meta", "meta.created", "groups", 'groups[value eq "1"]', "schemas", `${userUrn}:id`]) {
      refuses(() => patch(babs, { op: "replace", path, value: "x" }), "mutability", /is readOnly/);
      refuses(() => patch(babs, { op: "remove", path }), "mutability", /is readOnly/);
    }
    refuses(() => patch(babs, { op: "replace", value: { id: "2" } }), "mutability", /id is readOnly/);
    refuses(() => patch(babs, { op: "add", path: `${enterpriseUrn}:manager.displayName`, value: "x" }), "mutability");
  });

  it("sets an immutable attribute while it is unassigned, and refuses to change it after", () => {
    const set = { op: "add", path: "serial", value: "A" };
    assert.deepEqual(patchDevice({}, set), { serial: "A" });
    const before = { serial: "A", owner: { value: "1", since: "2026-01-01T00:00:00Z" } };
    assert.equal(patchDevice(before, set), before);
    refuses(() => patchDevice(before, { ...set, value: "B" }), "mutability", /serial is immutable/);
    refuses(() => patchDevice(before, { op: "remove", path: "serial" }), "mutability");
    refuses(() => patchDevice(before, { op: "remove", path: "owner.since" }), "mutability", /since is immutable/);
    const later = { op: "replace", path: "owner", value: { since: "2027-01-01T00:00:00Z" } };
    refuses(() => patchDevice(before, later), "mutability");
  });

  it("refuses to remove an extension with an immutable attribute that has a value", () => {
    const mayDoWithout = { ...device, requiredExtensions: [] };
    const patchLabel = patcher(mayDoWithout, "rfc");
    const before = { serial: "A", [labelUrn]: { text: "T", color: "red" } };
    for (const operation of [
      { op: "remove", path: labelUrn },
      { op: "replace", path: labelUrn, value: null },
      { op: "replace", value: { [labelUrn]: null } },
    ]) {
      refuses(() => patchLabel(before, operation), "mutability", /text is immutable/);
    }
    const free = { serial: "A", [labelUrn]: { color: "red" } };
    assert.deepEqual(patchLabel(free, { op: "remove", path: labelUrn }), { serial: "A" });
  });

  it("refuses to change the identity of a member in place; remove and add do", () => {
    const before = { displayName: "G", members: [{ value: "1" }] };
    const operation = { op: "replace", path: 'members[value eq "1"].value', value: "2" };
    refuses(() => patchGroup(before, operation), "mutability", /value is immutable/);
    const whole = { op: "replace", path: 'members[value eq "1"]', value: { value: "2" } };
    assert.deepEqual(patchGroup(before, whole), { displayName: "G", members: [{ value: "2" }] });
  });

  it("row 18: makes an extension that is absent, with its URN in schemas, and takes both away with its last attribute", () => {
    const path = `${enterpriseUrn}:department`;
    const hr = patch(babs, { op: "add", path, value: "HR" });
    assert.deepEqual(hr, { ...babs, schemas: [userUrn, enterpriseUrn], [enterpriseUrn]: { department: "HR" } });
    assert.deepEqual(patch(hr, { op: "remove", path }), babs);
  });

  it("adds and removes an extension by its URN", () => {
    const value = { department: "HR", manager: { value: "7" } };
    const hr = patch(babs, { op: "add", path: enterpriseUrn, value });
    assert.deepEqual(hr[enterpriseUrn], value);
    assert.deepEqual(patch(babs, { op: "replace", value: { [enterpriseUrn.toUpperCase()]: value } }), hr);
    assert.deepEqual(patch(hr, { op: "remove", path: enterpriseUrn }), babs);
    refuses(() => patch(babs, { op: "add", path: enterpriseUrn, value: "HR" }), "invalidValue");
  });

  it("refuses to remove an extension that the resource type requires", () => {
    const before = { schemas: [deviceUrn, labelUrn], serial: "1", [labelUrn]: { color: "red" } };
    refuses(() => patchDevice(before, { op: "remove", path: labelUrn }), "mutability", /is required/);
  });

  it("row 17: reads URN-qualified paths, of custom URNs too, in any case", () => {
    const manager = patch(babs, { op: "add", path: `${enterpriseUrn}:manager.value`, value: "7" });
    assert.deepEqual(manager[enterpriseUrn], { manager: { value: "7" } });
    const color = patchDevice({}, { op: "add", path: `${labelUrn.toUpperCase()}:COLOR`, value: "red" });
    assert.deepEqual(color, { [labelUrn]: { color: "red" } });
  });

  it("row 19: reads paths that the core URN qualifies", () => {
    const operation = { op: "replace", path: `${userUrn}:name.familyName`, value: "Ng" };
    assert.deepEqual(patch(babs, operation)["name"], { familyName: "Ng", givenName: "Barbara" });
    const filtered = { op: "replace", path: `${userUrn}:emails[type eq "home"].value`, value: "n@n" };
    assert.deepEqual(patch(babs, filtered), withEmails(work, { ...home, value: "n@n" }));
  });

  it("row 50: leaves unrelated attributes as they are", () => {
    const before = { displayName: "G", members: [{ value: "1" }] };
    const after = patchGroup(before, { op: "replace", path: "externalId", value: "x" });
    assert.deepEqual(after, { ...before, externalId: "x" });
    assert.equal(after["members"], before.members);
  });

  it("refuses paths that lead nowhere with invalidPath", () => {
    for (const path of ["favourite", "name.shade", 'emails[type eq "work"].shade', "urn:example:x:userName"]) {
      refuses(() => patch(babs, { op: "add", path, value: "x" }), "invalidPath", /No schema of User defines/);
    }
    refuses(() => patch(babs, { op: "add", path: "", value: "x" }), "invalidPath", /Expected an attribute name/);
    refuses(
      () => patch(babs, { op: "add", path: 'name[givenName eq "B"]', value: {} }),
      "invalidPath",
      /has one value/,
    );
    refuses(() => patch(babs, { op: "add", path: 'emails.value[type eq "x"]', value: "" }), "invalidPath", /brackets/);
    refuses(() => patch(babs, { op: "add", path: "emails[", value: "x" }), "invalidPath");
    refuses(() => patch(babs, { op: "add", path: 5, value: "x" }), "invalidPath", /path must be a string/);
  });

  it("refuses a filter in a path as it would any filter", () => {
    refuses(() => patch(babs, { op: "remove", path: 'emails[shade eq "x"]' }), "invalidFilter", /attribute shade/);
    refuses(() => patch(babs, { op: "remove", path: "emails[primary gt true]" }), "invalidFilter");
  });

  it("refuses values of another type, naming the path", () => {
    refuses(() => patch(babs, { op: "replace", path: "userName", value: 5 }), "invalidValue", /userName/);
    refuses(() => patch(babs, { op: "replace", path: "active", value: "yes" }), "invalidValue", /active/);
    refuses(() => patch(babs, { op: "replace", path: "emails", value: "x" }), "invalidValue", /emails/);
    refuses(() => patch(babs, { op: "add", value: "x" }), "invalidValue", /must be an object of attributes/);
    refuses(() => patch(babs, { op: "replace", path: "nickName", value: "\0" }), "invalidValue", /NUL/);
  });

  it("does not let a key reach Object.prototype", () => {
    const body: unknown = JSON.parse('{"op":"add","value":{"__proto__":{"polluted":"x"}}}');
    refuses(() => patch(babs, body), "invalidPath", /__proto__/);
    refuses(() => patch(babs, { op: "add", path: "__proto__.polluted", value: "x" }), "invalidPath");
    refuses(() => patch(babs, { op: "add", path: "constructor", value: "x" }), "invalidPath");
    const inner: unknown = JSON.parse('{"op":"add","path":"name","value":{"__proto__":{"polluted":"x"}}}');
    assert.equal(patchBody(user, babs, { Operations: [inner] }, "tolerant").resource, babs);
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  });
});
