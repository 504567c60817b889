import assert from "node:assert/strict";
import * as fc from "fast-check";
import { maskedDetail, maskedFilter, maskedPath, maskedQuery } from "../../src/provisioning/masked.ts";
import { leniency } from "../../src/scim/dialects.ts";
import { parseFilter } from "../../src/scim/filter.ts";

const ID = "0193a000-0000-7000-8000-00000000000a";

describe("what the provisioning log holds of", () => {
  for (const [filter, shown] of [
    ['userName eq "ana"', 'userName eq "…"'],
    ["age gt 44 and active eq true", 'age gt "…" and active eq true'],
    ['not (emails[type eq "work" and value co "a\\"b"])', 'not (emails[type eq "…" and value co "…"])'],
    [`id eq "${ID}" or title eq null or name.familyName pr`, `id eq "${ID}" or title eq null or name.familyName pr`],
  ] as const) {
    it(`the filter ${filter}`, () => assert.equal(maskedFilter(parseFilter(filter, leniency("rfc"))), shown));
  }

  for (const [path, shown] of [
    ["/Users", "/Users"],
    [`/Users/${ID}`, `/Users/${ID}`],
    ["/Users/ana@example.com", "/Users/…"],
    ["/Users/.search", "/Users/.search"],
    ["/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"],
    ["/ana@example.com/x/y", "/…/…/…"],
    ["/", "/"],
  ] as const) {
    it(`the path ${path}`, () => assert.equal(maskedPath(path), shown));
  }

  for (const [detail, shown] of [
    ['userName compares with a number, not with "ana"', 'userName compares with a number, not with "…"'],
    [
      'Operations[0].op must be "add", "remove" or "replace".',
      'Operations[0].op must be "add", "remove" or "replace".',
    ],
    ["No schema of User defines ana@example.com; see", "No schema of User defines …; see"],
    [`members: no User ${ID}, E-17 and 3 more`, `members: no User ${ID}, … and 3 more`],
    ['broken "ana', 'broken "…"'],
  ] as const) {
    it(`the detail ${detail}`, () => assert.equal(maskedDetail(detail), shown));
  }

  it("a query: what could not be read of it, and what it does not know, is not shown", () => {
    assert.equal(maskedQuery({}, undefined), null);
    assert.equal(maskedQuery({ nope: "ana", cursor: "" }, undefined), "cursor=");
    assert.equal(
      maskedQuery({ filter: "ana", count: "10", cursor: "abc", attributes: ["a", "b"], sortBy: "@" }, undefined),
      "filter=…&attributes=…&sortBy=…&count=10&cursor=…",
    );
  });

  it("what a refusal quotes: nothing, however long it is and wherever it is cut", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 3000 }), fc.nat(1500), (before, length) => {
        const detail = `${before.replaceAll(/["\\]/g, "")} ${JSON.stringify("Ångström".padEnd(length, "Ångström"))} x`;
        assert.ok(!maskedDetail(detail).includes("Ångström"));
      }),
    );
    // Searched for addresses at every character this would never end; only its beginning is looked at.
    assert.equal(maskedDetail("a".repeat(1_000_000)).length, 500);
  });
});
