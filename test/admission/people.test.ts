import assert from "node:assert/strict";
import { checkEditable, checkRemovable, grantsOf } from "../../src/admission/locks.ts";
import { mayReturnBy, memberEmail, pushed, seenByDirectories, statusOf } from "../../src/admission/people.ts";
import { doors } from "../../src/admission/types.ts";
import { isRefusal } from "../../src/base/errors.ts";
import { person } from "./make.ts";

describe("status", () => {
  for (const [joined, directoryActive, hold, expected] of [
    [false, true, false, "invited"],
    [false, false, true, "invited"],
    [true, true, false, "active"],
    [true, false, false, "suspended"],
    [true, true, true, "suspended"],
    [true, false, true, "suspended"],
  ] as const) {
    it(`joined ${joined}, directory active ${directoryActive}, hold ${hold}: ${expected}`, () => {
      assert.equal(statusOf({ joined, directoryActive, hold }), expected);
    });
  }
});

describe("a SCIM write", () => {
  const inactive = person({ managed: true, directoryActive: false, hold: true });

  it("rule 18: POST without active, or with null, means true", () => {
    for (const active of [undefined, null, true]) assert.equal(pushed(null, active).facts.directoryActive, true);
    assert.equal(pushed(null, false).facts.directoryActive, false);
  });

  it("rule 18: PUT without active, or with null, changes nothing", () => {
    for (const active of [undefined, null]) {
      assert.equal(pushed(inactive, active).facts.directoryActive, false);
      assert.equal(pushed(person(), active).facts.directoryActive, true);
    }
  });

  it("rule 18: the directory's bit does not flip the admin's hold", () => {
    const facts = { ...inactive, ...pushed(inactive, true).facts };
    assert.equal(facts.hold, true);
    assert.equal(statusOf(facts), "suspended");
  });

  it("rule 19: the first PUT or PATCH adopts a member, later ones and POST do not", () => {
    assert.equal(pushed(person(), true).adopted, true);
    assert.equal(pushed(inactive, true).adopted, false);
    assert.equal(pushed(null, true).adopted, false);
  });

  it("rule 19: SCIM sees all members except break-glass ones", () => {
    assert.ok(seenByDirectories(person({ hold: true })));
    assert.ok(!seenByDirectories(person({ breakGlass: true })));
  });

  it("rule 20: on an invited member makes them joined and voids the invitation, also when inactive", () => {
    const invited = person({ entrance: "invitation", joined: false, invitationLapsed: true });
    for (const active of [undefined, true, false]) {
      const result = pushed(invited, active);
      assert.equal(result.voidsInvitation, true);
      assert.equal(result.facts.joined, true);
      assert.equal(result.facts.invitationLapsed, false);
      assert.equal(statusOf({ ...invited, ...result.facts }), active === false ? "suspended" : "active");
    }
    assert.equal(pushed(person(), true).voidsInvitation, false);
  });
});

describe("a member's address", () => {
  it("rule 21: is the primary, else work, else the first", () => {
    const home = { value: "home@example.com", type: "home" };
    const work = { value: "work@example.com", type: "Work" };
    const main = { value: "main@example.com", primary: true };
    assert.equal(memberEmail([home, work, main]), main.value);
    assert.equal(memberEmail([home, work]), work.value);
    assert.equal(memberEmail([home, { ...home, value: "other@example.com", primary: false }]), home.value);
    assert.equal(memberEmail([]), null);
  });

  it("rule 22: sign-in, domain and link do not bring a removed person back; SCIM, invitation, CSV and admin do", () => {
    assert.deepEqual(doors.filter(mayReturnBy), ["scim", "invitation", "csv", "admin"]);
  });
});

describe("rule 14: what a directory manages", () => {
  const managed = (error: unknown) => isRefusal(error, "managed_by_directory");

  it("is not edited by hand; hold, roles and break-glass are", () => {
    checkEditable({ managed: true }, ["hold", "roles", "breakGlass"]);
    assert.throws(
      () => checkEditable({ managed: true }, ["hold", "jobTitle", "name"]),
      (error) => managed(error) && /jobTitle, name/.test(String(error)),
    );
    checkEditable({ managed: false }, ["name", "email"]);
  });

  it("is not removed by hand", () => {
    checkRemovable({ managed: false });
    assert.throws(() => checkRemovable({ managed: true }), managed);
  });

  it("keeps the mapped role, and takes the rest of the list as manual extras", () => {
    assert.deepEqual(grantsOf({ mapped: "member", granted: [] }, ["member", "auditor", "auditor"]), ["auditor"]);
    assert.deepEqual(grantsOf({ mapped: "member", granted: ["auditor"] }, ["member"]), []);
    assert.deepEqual(grantsOf({ mapped: "member", granted: ["member"] }, ["member"]), ["member"]);
    assert.deepEqual(grantsOf({ mapped: null, granted: [] }, ["admin"]), ["admin"]);
    assert.throws(() => grantsOf({ mapped: "member", granted: [] }, ["admin"]), managed);
    assert.throws(() => grantsOf({ mapped: "member", granted: ["member"] }, []), managed);
  });
});
