import assert from "node:assert/strict";
import * as fc from "fast-check";
import { replaceResource, sameValue } from "../../src/scim/replace.ts";
import { findAttribute, type ResourceType } from "../../src/scim/registry.ts";
import { type ScimObject, ScimRefusal, type ScimType } from "../../src/scim/types.ts";
import { validate } from "../../src/scim/validate.ts";
import { device, deviceUrn, enterpriseUrn, group, groupUrn, labelUrn, user, userUrn } from "./fixtures.ts";

const refused = (run: () => unknown, scimType: ScimType, detail: RegExp): void => {
  assert.throws(run, (error: unknown) => {
    assert.ok(error instanceof ScimRefusal, String(error));
    assert.equal(error.scimType, scimType);
    assert.match(error.message, detail);
    return true;
  });
};
const ana = (more: ScimObject = {}): ScimObject => ({ schemas: [userUrn], userName: "ana", ...more });
const box = (more: ScimObject = {}): ScimObject => ({
  schemas: [deviceUrn, labelUrn],
  serial: "S1",
  [labelUrn]: { text: "t" },
  ...more,
});

describe("validation of a whole resource", () => {
  it("accepts the smallest user and group, and a full answer with id and meta", () => {
    validate(user, ana());
    validate(group, { schemas: [groupUrn], displayName: "G" });
    const meta = {
      resourceType: "User",
      created: "2026-01-31T09:00:00.000Z",
      lastModified: "2026-01-31T09:00:00.000Z",
      location: "http://localhost:8080/scim/v2/Users/1",
      version: 'W/"1"',
    };
    validate(user, ana({ id: "1", meta, groups: [{ value: "g", $ref: "../Groups/g", display: "G", type: "direct" }] }));
  });

  it("refuses a resource without a required attribute, naming it (RFC 7643 §7)", () => {
    refused(() => validate(user, { schemas: [userUrn] }), "invalidValue", /^userName is required/);
    refused(() => validate(group, { schemas: [groupUrn] }), "invalidValue", /^displayName is required/);
    const nobody = { schemas: [groupUrn], displayName: "G", members: [{ type: "User" }] };
    refused(() => validate(group, nobody), "invalidValue", /^members\[0\]\.value is required/);
  });

  it("refuses a required string that is empty or blank (RFC 7643 §4.1.1)", () => {
    for (const userName of ["", " ", "\t\n"]) {
      refused(() => validate(user, ana({ userName })), "invalidValue", /^userName is required and must not be empty/);
    }
  });

  it("refuses a resource without a required extension (RFC 7643 §6)", () => {
    validate(device, box());
    const { [labelUrn]: _, ...bare } = box();
    refused(() => validate(device, bare), "invalidValue", /^urn:example:x:3\.1:Label is required/);
  });

  it("does not enforce canonical values (RFC 7643 §7: suggestions)", () => {
    validate(user, ana({ emails: [{ value: "a", type: "holiday" }] }));
  });

  it("refuses what the schema does not know", () => {
    refused(() => validate(user, ana({ shoe: 1 })), "invalidSyntax", /^shoe is not defined/);
    refused(() => validate(user, ana({ name: { nick: "x" } })), "invalidSyntax", /^name\.nick is not defined/);
    const extended = ana({ [enterpriseUrn]: { nope: "x" } });
    refused(() => validate(user, extended), "invalidSyntax", /^urn:.*:enterprise:2\.0:User:nope is not defined/);
    refused(
      () => validate(user, JSON.parse('{"userName":"a","schemas":["x"],"__proto__":1}')),
      "invalidSyntax",
      /__proto__/,
    );
  });

  it("takes dateTime with date and time only (RFC 7643 §2.3.5)", () => {
    for (const bought of ["2008-01-23T04:56:22Z", "2008-01-23T04:56:22.123+02:00", "2008-02-29T04:56:22"]) {
      validate(device, box({ bought }));
    }
    for (const bought of [
      "2008-01-23",
      "04:56:22Z",
      "2008-02-30T00:00:00Z",
      "2008-01-23 04:56:22Z",
      "2008-01-23t04:56:22z",
      "today",
      "",
    ]) {
      refused(() => validate(device, box({ bought })), "invalidValue", /^bought must be a date with time/);
    }
  });

  it("takes binary in base64, padded or not (RFC 7643 §2.3.6)", () => {
    const certificate = (value: string): ScimObject => ana({ x509Certificates: [{ value }] });
    for (const good of ["", "AAAA", "AA==", "AA", "AAA=", "+/+/"]) validate(user, certificate(good));
    for (const bad of ["A", "A===", "AA-_", "A A=", "AAAA\n"]) {
      refused(() => validate(user, certificate(bad)), "invalidValue", /^x509Certificates\[0\]\.value must be base64/);
    }
  });

  it("takes references that are absolute or relative URIs (RFC 7643 §2.3.7)", () => {
    for (const good of ["https://example.com/a?b#c", "../Users/1", "urn:x:y", "https://example.com/josé"]) {
      validate(user, ana({ profileUrl: good }));
    }
    for (const bad of ["", "a b", "<script>", "http://x/\n"]) {
      refused(() => validate(user, ana({ profileUrl: bad })), "invalidValue", /^profileUrl must be a URI/);
    }
  });

  it("names the place inside an extension as a SCIM path", () => {
    const extended = ana({ [enterpriseUrn]: { manager: { value: "m", $ref: "a b" } } });
    refused(() => validate(user, extended), "invalidValue", /enterprise:2\.0:User:manager\.\$ref must be a URI/);
  });

  it("refuses by ScimRefusal only, whatever the value", () => {
    const names = fc.constantFrom(...user.attributes.map(({ name }) => name));
    fc.assert(
      fc.property(fc.dictionary(names, fc.jsonValue()), (resource) => {
        try {
          validate(user, resource);
        } catch (error) {
          assert.ok(error instanceof ScimRefusal, String(error));
        }
      }),
    );
  });
});

describe("replacement by PUT (RFC 7644 §3.5.1)", () => {
  const put = (type: ResourceType, current: ScimObject, next: ScimObject): ScimObject =>
    replaceResource(type, current, next);

  it("row 44: clears readWrite attributes that are not sent", () => {
    const current = ana({ title: "Dr", emails: [{ value: "a" }], [enterpriseUrn]: { department: "HR" } });
    assert.deepEqual(put(user, { ...current, schemas: [userUrn, enterpriseUrn] }, ana()), ana());
  });

  it("keeps a writeOnly value that is not sent, because nobody could read it to send it back", () => {
    assert.deepEqual(put(device, box({ secret: "x" }), box()), box({ secret: "x" }));
    assert.deepEqual(put(device, box({ secret: "x" }), box({ secret: "y" })), box({ secret: "y" }));
  });

  it("keeps readOnly values", () => {
    assert.deepEqual(put(device, box({ id: "1", score: 7 }), box()), box({ id: "1", score: 7 }));
  });

  it("refuses another value for an immutable attribute that has one, at the top and in an extension", () => {
    refused(() => put(device, box(), box({ serial: "S2" })), "mutability", /^serial is immutable/);
    refused(() => put(device, box(), box({ serial: "s1" })), "mutability", /^serial is immutable/);
    const renamed = box({ [labelUrn]: { text: "other" } });
    refused(() => put(device, box(), renamed), "mutability", /^urn:example:x:3\.1:Label:text is immutable/);
  });

  it("accepts an immutable attribute that is set for the first time, sent back as it is, or left out", () => {
    const { serial: _, ...unset } = box();
    assert.deepEqual(put(device, unset, box()), box());
    assert.deepEqual(put(device, box(), box()), box());
    assert.deepEqual(put(device, box(), unset), box());
    assert.deepEqual(put(device, box(), box({ [labelUrn]: { text: "T" } })), box());
    const { [labelUrn]: __, ...bare } = box();
    assert.deepEqual(put(device, box({ [labelUrn]: { text: "t", color: "red" } }), bare), box());
  });

  it("compares immutable parts of one complex value, and drops its readOnly parts with the value they described", () => {
    const owner = { value: "o", since: "2026-01-01T00:00:00Z", display: "O" };
    const next = (more: ScimObject): ScimObject => put(device, box({ owner }), box({ owner: more }));
    assert.deepEqual(next({ value: "p" })["owner"], { value: "p", since: owner.since });
    refused(() => next({ value: "o", since: "2027-01-01T00:00:00Z" }), "mutability", /^owner\.since is immutable/);
    assert.deepEqual(put(device, box({ owner }), box()), box());
  });

  it("replaces elements of many values whole, immutable parts or not: another set of members is no mutation", () => {
    const members = (value: string): ScimObject => ({ schemas: [groupUrn], displayName: "G", members: [{ value }] });
    assert.deepEqual(put(group, members("a"), members("b")), members("b"));
  });

  it("changes neither of its inputs", () => {
    const current = box({ secret: "x", owner: { value: "o" } });
    const next = box({ owner: { value: "p" } });
    const before = structuredClone([current, next]);
    put(device, current, next);
    assert.deepEqual([current, next], before);
  });

  it("compares values as caseExact has it", () => {
    const at = (path: string): Parameters<typeof sameValue>[0] => findAttribute(user, path)!.attribute;
    assert.ok(sameValue(at("userName"), "A", "a"));
    assert.ok(!sameValue(at("externalId"), "A", "a"));
    assert.ok(sameValue(at("name"), { a: "1", b: "2" }, { b: "2", a: "1" }));
    assert.ok(!sameValue(at("name"), { a: "1" }, undefined));
  });
});
