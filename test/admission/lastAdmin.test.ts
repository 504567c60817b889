import assert from "node:assert/strict";
import { administers, administersAfter, heldRoles, holdEnds, lastAdmin } from "../../src/admission/lastAdmin.ts";
import { roleCatalogue } from "../../src/admission/roles.ts";
import { decide } from "../../src/admission/seats.ts";
import { isRefusal } from "../../src/base/errors.ts";
import { group, member, outcomeOf, person, rules } from "./make.ts";

const { roles } = rules();

describe("rule 17: the last admin", () => {
  it("counts who is active, in force and not break-glass", () => {
    assert.ok(administers(person(), ["admin"], roles));
    assert.ok(administers(person(), ["viewer", "admin"], roles));
    assert.ok(!administers(person({ hold: true }), ["admin"], roles));
    assert.ok(!administers(person({ directoryActive: false }), ["admin"], roles));
    assert.ok(!administers(person({ joined: false }), ["admin"], roles));
    assert.ok(!administers(person({ breakGlass: true }), ["admin"], roles));
    assert.ok(!administers(person(), ["member", "ghost"], roles));
  });

  it("counts an heir of admin too", () => {
    const owner = {
      slug: "owner",
      name: "Owner",
      permissions: [],
      extends: "admin",
      seatRequired: false,
      template: false,
    };
    assert.ok(administers(person(), ["owner"], roleCatalogue([owner])));
  });

  it("does not count an admin who waits for a seat: the role is not in force", () => {
    const decision = decide(null, person({ granted: ["admin"] }), "scim", "person", rules());
    const [seated, waiting] = [outcomeOf(decision, true), outcomeOf(decision, false)];
    assert.ok(seated && waiting);
    assert.ok(administersAfter(person(), seated, rules()));
    assert.ok(!administersAfter(person(), waiting, rules()));
  });

  const lost = { before: true, after: false, otherAdmins: 0 };

  it("a person's or API's act is refused with last_admin and says what to do", () => {
    assert.throws(
      () => lastAdmin(lost, "act"),
      (error) => isRefusal(error, "last_admin") && /Make another member an admin first/.test(error.message),
    );
  });

  it("an effect of group or mapping holds the role; the directory's deactivation succeeds and leaves none", () => {
    assert.equal(lastAdmin(lost, "effect"), "hold");
    assert.equal(lastAdmin(lost, "directory"), "adminless");
  });

  it("nothing follows while another admin is there, or none is lost", () => {
    for (const cause of ["act", "effect", "directory"] as const) {
      assert.equal(lastAdmin({ ...lost, otherAdmins: 1 }, cause), "allow");
      assert.equal(lastAdmin({ ...lost, after: true }, cause), "allow");
      assert.equal(lastAdmin({ ...lost, before: false }, cause), "allow");
    }
  });

  it("what is held are the roles in force that carry every permission", () => {
    assert.deepEqual(heldRoles(member(person({ granted: ["auditor", "admin"] }), rules()), roles), ["admin"]);
  });

  it("the hold ends when another admin is active, or the role is given again", () => {
    const mapped = rules({}, [group("it", "admin")]);
    const held = person({ lastAdminHold: ["admin"] });
    const before = member(held, mapped);
    assert.equal(holdEnds(before, held, 0, mapped), false);
    assert.equal(holdEnds(before, held, 1, mapped), true);
    assert.equal(holdEnds(before, { ...held, groups: ["it"] }, 0, mapped), true);
    assert.equal(holdEnds(before, { ...held, granted: ["admin"] }, 0, mapped), true);
    assert.equal(holdEnds(member(person(), mapped), person(), 1, mapped), false);
  });
});
