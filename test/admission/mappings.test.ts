import assert from "node:assert/strict";
import * as fc from "fast-check";
import {
  checkMappings,
  claimsAfterSignIn,
  firstMatch,
  groupNamed,
  holds,
  inWords,
} from "../../src/admission/mappings.ts";
import { builtInCatalogue } from "../../src/admission/roles.ts";
import type { Condition, Mapping } from "../../src/admission/types.ts";
import { isRefusal } from "../../src/base/errors.ts";
import { group, person, rules } from "./make.ts";

const sales: Condition = { attribute: "department", op: "eq", value: "Sales" };

describe("mappings", () => {
  it("rule 11: the first match grants its role, later matches are ignored", () => {
    const list = [group("g1", "admin"), group("g2", "member"), group("g3", "viewer")];
    const match = firstMatch(rules({}, list), person({ groups: ["g3", "g2"] }));
    assert.deepEqual(match, { code: "mapped", role: "member", position: 2, by: { group: "Group g2" } });
  });

  it("rule 11: no match is null, whatever groups there are", () => {
    assert.equal(firstMatch(rules({}, [group("g1", "admin")]), person({ groups: ["g2", "Group g1"] })), null);
    assert.equal(firstMatch(rules(), person({ groups: ["g1"] })), null);
  });

  it("a mapping to a role that is gone is passed over", () => {
    const list = [group("g1", "gone"), group("g1", "member")];
    assert.equal(firstMatch(rules({}, list), person({ groups: ["g1"] }))?.role, "member");
  });

  it("rule 12: a name is resolved to ids when written, folded, and in every directory that has it", () => {
    const groups = [
      { id: "1", displayName: "IT Admins" },
      { id: "2", displayName: "it admins" },
      { id: "3", displayName: "Sales" },
    ];
    assert.deepEqual(groupNamed("IT ADMINS", groups), { ids: ["1", "2"], name: "IT ADMINS" });
  });

  it("rule 12: a name that no group has is refused, so that creating the group later hijacks nothing", () => {
    assert.throws(
      () => groupNamed("Admins", []),
      (error) => isRefusal(error, "invalid_request"),
    );
  });

  it("rule 12: a group of the mapping's name but another id matches nothing", () => {
    const mapping: Mapping = { group: { ids: ["1"], name: "Admins" }, role: "admin" };
    assert.equal(firstMatch(rules({}, [mapping]), person({ groups: ["2", "Admins"] })), null);
  });

  it("rule 13: directory-managed members ignore SSO groups, others do not", () => {
    const mapping: Mapping = { claim: { connectionId: "c1", value: "admins" }, role: "admin" };
    const claims = [{ connectionId: "c1", value: "admins" }];
    assert.equal(firstMatch(rules({}, [mapping]), person({ claims }))?.role, "admin");
    assert.equal(firstMatch(rules({}, [mapping]), person({ claims, managed: true })), null);
  });

  it("a claim counts only from the connection that the mapping names, to the letter", () => {
    const mapping: Mapping = { claim: { connectionId: "c1", value: "admins" }, role: "admin" };
    for (const claim of [
      { connectionId: "c2", value: "admins" },
      { connectionId: "c1", value: "Admins" },
      { connectionId: "c1", value: "admins " },
    ]) {
      assert.equal(firstMatch(rules({}, [mapping]), person({ claims: [claim] })), null);
    }
  });

  it("rule 13: claim absent = unchanged, overage = unchanged plus an event", () => {
    const before = [{ connectionId: "c1", value: "a" }];
    assert.deepEqual(claimsAfterSignIn(before, "c1", "absent"), { claims: before, overage: false });
    assert.deepEqual(claimsAfterSignIn(before, "c1", "overage"), { claims: before, overage: true });
  });

  it("rule 13: present claims replace those of this connection alone; an empty list is present", () => {
    const other = { connectionId: "c2", value: "x" };
    const before = [{ connectionId: "c1", value: "a" }, other];
    assert.deepEqual(claimsAfterSignIn(before, "c1", { values: ["b", "b"] }).claims, [
      other,
      { connectionId: "c1", value: "b" },
    ]);
    assert.deepEqual(claimsAfterSignIn(before, "c1", { values: [] }).claims, [other]);
  });
});

describe("conditions of mappings", () => {
  const asserted = { department: ["Sales"], title: ["VP of Straße"], tags: ["red", "blue"], empty: [""], none: [] };
  const test = (attribute: string, op: "eq" | "ne" | "co" | "sw" | "ew", value: string): Condition => ({
    attribute,
    op,
    value,
  });
  const cases: readonly [Condition, boolean][] = [
    [sales, true],
    [test("DEPARTMENT", "eq", "sAlEs"), true],
    [test("department", "eq", "Sale"), false],
    [test("department", "ne", "IT"), true],
    [test("department", "ne", "Sales"), false],
    [test("missing", "ne", "Sales"), false],
    [test("title", "sw", "vp"), true],
    [test("title", "ew", "vp"), false],
    [test("title", "co", "OF"), true],
    [test("tags", "eq", "blue"), true],
    [test("tags", "eq", "green"), false],
    [test("constructor", "co", ""), false],
    [{ attribute: "tags", op: "pr" }, true],
    [{ attribute: "empty", op: "pr" }, false],
    [{ attribute: "none", op: "pr" }, false],
    [{ not: sales }, false],
    [{ and: [sales, { attribute: "tags", op: "pr" }] }, true],
    [{ and: [sales, { not: sales }] }, false],
    [{ or: [{ not: sales }, sales] }, true],
    [{ or: [{ not: sales }] }, false],
  ];
  for (const [condition, expected] of cases) {
    it(`${inWords(condition)} is ${expected}`, () => assert.equal(holds(condition, asserted), expected));
  }

  it("rule 12: reads only the asserted values of the person", () => {
    const list: Mapping[] = [{ when: sales, role: "member" }];
    assert.equal(firstMatch(rules({}, list), person({ groups: ["Sales"], granted: ["Sales"] })), null);
    assert.equal(firstMatch(rules({}, list), person({ asserted: () => ({ department: ["Sales"] }) }))?.role, "member");
  });

  it("is refused with an empty and or or, too deep, or for a role that does not exist", () => {
    let deep: Condition = sales;
    for (let level = 0; level < 9; level++) deep = { not: deep };
    const list: Mapping[] = [
      { when: { and: [] }, role: "member" },
      { when: { not: { or: [] } }, role: "member" },
      { when: deep, role: "member" },
      { when: sales, role: "ghost" },
      { when: { and: [sales] }, role: "member" },
    ];
    assert.throws(
      () => checkMappings(list, builtInCatalogue),
      (error) =>
        isRefusal(error, "invalid_request") &&
        error.errors.map((fault) => fault.path).join() === "/0/when,/1/when,/2/when,/3/role",
    );
    checkMappings([{ when: { and: [sales] }, role: "member" }], builtInCatalogue);
  });

  it("obeys the laws of not, and and or for any condition", () => {
    const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
      condition: fc.oneof(
        { maxDepth: 4 },
        fc.record({
          attribute: fc.constantFrom("department", "title", "tags", "missing"),
          op: fc.constantFrom("eq", "ne", "co", "sw", "ew"),
          value: fc.constantFrom("sales", "red", "vp", ""),
        }),
        fc.record({ not: tie("condition") }),
        fc.record({ and: fc.array(tie("condition"), { minLength: 1, maxLength: 3 }) }),
        fc.record({ or: fc.array(tie("condition"), { minLength: 1, maxLength: 3 }) }),
      ),
    }));
    fc.assert(
      fc.property(condition, condition, (a, b) => {
        assert.equal(holds({ not: { not: a } }, asserted), holds(a, asserted));
        assert.equal(holds({ not: { and: [a, b] } }, asserted), holds({ or: [{ not: a }, { not: b }] }, asserted));
        assert.ok(inWords(a).length > 0);
      }),
    );
  });
});
