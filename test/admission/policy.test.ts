import assert from "node:assert/strict";
import { checkSeatPolicy, defaultSeatPolicy, seatPolicy } from "../../src/admission/policy.ts";
import { builtInCatalogue } from "../../src/admission/roles.ts";
import { effectiveLimit, mayExceed, seatLimitReached, seatNumbers } from "../../src/admission/seatLimit.ts";
import { doors, type Door, type WhenFull } from "../../src/admission/types.ts";
import { isRefusal } from "../../src/base/errors.ts";

describe("seat policy", () => {
  it("has the contract's defaults", () => {
    assert.deepEqual(seatPolicy(), {
      countedStatuses: ["active"],
      autoAssign: true,
      whenFull: {
        admin: "refuse",
        invitation: "refuse",
        csv: "refuse",
        link: "downgrade",
        domain: "downgrade",
        sso: "downgrade",
        scim: "waitlist",
      },
      seatedRole: "member",
      fallbackRole: "viewer",
    });
  });

  it("merges a part over the rest, doors one by one, and keeps false and the empty list", () => {
    const first = seatPolicy({ whenFull: { scim: "refuse" }, autoAssign: false });
    const policy = seatPolicy({ countedStatuses: [], whenFull: { sso: "waitlist" } }, first);
    assert.equal(policy.autoAssign, false);
    assert.deepEqual(policy.countedStatuses, []);
    assert.deepEqual(policy.whenFull, { ...defaultSeatPolicy.whenFull, scim: "refuse", sso: "waitlist" });
    assert.equal(defaultSeatPolicy.whenFull.scim, "waitlist");
  });

  it("ignores a door that does not exist, also one named like a prototype", () => {
    const hostile = JSON.parse('{"whenFull": {"__proto__": "refuse", "window": "refuse"}}') as object;
    assert.deepEqual(seatPolicy(hostile), defaultSeatPolicy);
  });

  for (const mode of ["downgrade", "waitlist"] as const) {
    it(`rule 7: ${mode} demands a fallback role that needs no seat`, () => {
      const whenFull = { ...allDoors("refuse"), sso: mode };
      const policy = seatPolicy({ fallbackRole: "member", whenFull });
      assert.throws(
        () => checkSeatPolicy(policy, builtInCatalogue),
        (error) =>
          isRefusal(error, "invalid_request") &&
          error.errors[0]?.path === "/fallbackRole" &&
          /'member', which needs a seat, but sso let/.test(error.message),
      );
      checkSeatPolicy(seatPolicy({ whenFull }), builtInCatalogue);
    });
  }

  it("rule 7: a fallback role that needs a seat is accepted where every door refuses", () => {
    checkSeatPolicy(seatPolicy({ fallbackRole: "member", whenFull: allDoors("refuse") }), builtInCatalogue);
  });

  it("refuses unknown roles and names each place", () => {
    assert.throws(
      () => checkSeatPolicy(seatPolicy({ seatedRole: "agent", fallbackRole: "guest" }), builtInCatalogue),
      (error) =>
        isRefusal(error, "invalid_request") &&
        error.errors.map((fault) => fault.path).join() === "/seatedRole,/fallbackRole",
    );
  });
});

describe("seat limit", () => {
  const limits: readonly [number | null | undefined, number | null | undefined, number | null][] = [
    [undefined, 10, 10],
    [undefined, null, null],
    [undefined, undefined, null],
    [null, 10, null],
    [0, 10, 0],
    [3, undefined, 3],
  ];
  for (const [tenant, plan, expected] of limits) {
    it(`rule 6: tenant ${String(tenant)} over plan ${String(plan)} is ${String(expected)}`, () => {
      assert.equal(effectiveLimit(tenant, plan), expected);
    });
  }

  it("rule 5: remaining stops at 0 and overBy tells", () => {
    assert.deepEqual(seatNumbers(25, 30, 2), { limit: 25, used: 30, remaining: 0, waiting: 2, overBy: 5 });
    assert.deepEqual(seatNumbers(25, 20, 0), { limit: 25, used: 20, remaining: 5, waiting: 0, overBy: 0 });
    assert.deepEqual(seatNumbers(0, 0, 0), { limit: 0, used: 0, remaining: 0, waiting: 0, overBy: 0 });
  });

  it("an unlimited plan has no remaining and is never over", () => {
    assert.deepEqual(seatNumbers(null, 7, 0), { limit: null, used: 7, remaining: null, waiting: 0, overBy: 0 });
  });

  const grants: readonly [string, Parameters<typeof mayExceed>[0], boolean][] = [
    ["no admin, full", { activeAdmins: 0, grantsAdmin: true, limit: 5, used: 5 }, true],
    ["no admin, limit 0", { activeAdmins: 0, grantsAdmin: true, limit: 0, used: 0 }, true],
    ["no admin, but already over", { activeAdmins: 0, grantsAdmin: true, limit: 5, used: 6 }, false],
    ["an admin is there", { activeAdmins: 1, grantsAdmin: true, limit: 5, used: 5 }, false],
    ["another role", { activeAdmins: 0, grantsAdmin: false, limit: 5, used: 5 }, false],
    ["unlimited", { activeAdmins: 0, grantsAdmin: true, limit: null, used: 5 }, false],
  ];
  for (const [when, now, expected] of grants) {
    it(`rule 6: one grant of admin ${expected ? "may" : "may not"} exceed the limit: ${when}`, () => {
      assert.equal(mayExceed(now), expected);
    });
  }

  it("the refusal begins as the contract says, tells what to do, and rule 9: names the contact", () => {
    const refusal = seatLimitReached(25, 25, { name: "Help desk", email: "it@example.com" });
    assert.equal(refusal.code, "seat_limit_reached");
    assert.ok(refusal.message.startsWith("User seat limit reached: 25 of 25 seats used"));
    assert.match(refusal.message, /Suspend or remove .* or raise .* Ask Help desk <it@example\.com>\.$/);
    assert.deepEqual(refusal.extra["limit"], 25);
  });

  it("the refusal says the use above a lowered limit, and does without a contact", () => {
    for (const contact of [undefined, null, {}, { name: null, email: null }]) {
      assert.match(
        seatLimitReached(10, 12, contact).message,
        /^User seat limit reached: 12 of 10 seats used\. .*again\.$/,
      );
    }
  });
});

function allDoors(mode: WhenFull): Record<Door, WhenFull> {
  return Object.fromEntries(doors.map((door) => [door, mode])) as Record<Door, WhenFull>;
}
