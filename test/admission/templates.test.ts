import assert from "node:assert/strict";
import * as fc from "fast-check";
import {
  effectivePermissions,
  explainPermission,
  permissionReasons,
} from "../../src/admission/effectivePermissions.ts";
import { checkMappings } from "../../src/admission/mappings.ts";
import { permits } from "../../src/admission/permissions.ts";
import { checkSeatPolicy, seatPolicy } from "../../src/admission/policy.ts";
import { permissionsOf } from "../../src/admission/roles.ts";
import { decide } from "../../src/admission/seats.ts";
import type { Person, Rules, SeatState } from "../../src/admission/types.ts";
import { isRefusal } from "../../src/base/errors.ts";
import { group, member, person, rules, stored } from "./make.ts";

/** What becomes of a member who is decided anew as this person. */
function decidedAgain(before: ReturnType<typeof member>, who: Person, through: Rules): ReturnType<typeof member> {
  const after = stored(who, decide(before, who, "admin", "grant", through), true);
  assert.ok(after);
  return after;
}

describe("a role template", () => {
  it("S1.12 is added to the role that was asked for", () => {
    assert.deepEqual(member(person({ granted: ["member", "crm"] }), rules()).roles, ["member", "crm"]);
  });

  it("S1.12 stands in for no role: a newcomer with nothing else has the default beside it", () => {
    assert.deepEqual(member(person({ granted: ["crm"] }), rules()).entitled, ["member", "crm"]);
  });

  it("S1.12 is added to the fallback role where no mapping matches", () => {
    const mapped = rules({}, [group("sales", "member")]);
    const standing = member(person({ granted: ["crm"] }), mapped);
    assert.deepEqual([standing.entitled, standing.seat], [["viewer", "crm"], "none"]);
  });

  it("S1.12 is added to a mapped role, and survives the loss of it", () => {
    const mapped = rules({}, [group("sales", "member")]);
    const inSales = person({ granted: ["crm"], groups: ["sales"], managed: true });
    const before = member(inSales, mapped);
    assert.deepEqual(before.roles, ["member", "crm"]);
    assert.deepEqual(decidedAgain(before, { ...inSales, groups: [] }, mapped).roles, ["viewer", "crm"]);
  });

  it("S1.27 is swapped or cleared, and the default role that stood beside it stays", () => {
    const before = member(person({ granted: ["crm"] }), rules());
    assert.deepEqual(decidedAgain(before, person({ granted: [] }), rules()).entitled, ["member"]);
    const again = decidedAgain(member(person(), rules()), person({ granted: ["crm"] }), rules());
    assert.deepEqual(again.entitled, ["member", "crm"]);
  });

  it("leaves nobody with the role that was taken: granted and then not, that is gone", () => {
    const before = member(person({ granted: ["admin", "crm"] }), rules());
    assert.deepEqual(decidedAgain(before, person({ granted: ["crm"] }), rules()).entitled, ["viewer", "crm"]);
  });

  it("is no role for a mapping, nor for the settings of seats", () => {
    const { roles } = rules();
    const refused = (path: string) => (error: unknown) =>
      isRefusal(error, "invalid_request") && error.errors[0]?.path === path;
    assert.throws(() => checkMappings([group("sales", "crm")], roles), refused("/0/role"));
    assert.throws(() => checkSeatPolicy(seatPolicy({ seatedRole: "crm" }), roles), refused("/seatedRole"));
    assert.throws(() => checkSeatPolicy(seatPolicy({ fallbackRole: "crm" }), roles), refused("/fallbackRole"));
  });
});

describe("effective permissions", () => {
  const { roles } = rules();
  const holder = (some: object = {}) => ({
    roles: ["lead", "crm"],
    needsSeat: true,
    seat: "held" as SeatState,
    grants: ["recordings:view", "agents:edit@a1", "crm:view"],
    ...some,
  });

  it("S1.12 S4.4 S4.5 are those of role, inheritance, template, toggle and scope, each once", () => {
    assert.deepEqual(effectivePermissions(roles, holder()).toSorted(), [
      "agents:edit@a1",
      "contact:view",
      "crm:edit",
      "crm:view",
      "recordings:view",
      "teams:manage",
    ]);
  });

  it("S3.7 given by hand wait while the member lacks the seat that the roles need", () => {
    for (const seat of ["waiting", "none"] as const) {
      assert.deepEqual(effectivePermissions(roles, holder({ roles: ["viewer"], seat })), ["contact:view"]);
    }
    const viewer = holder({ roles: ["viewer"], needsSeat: false, seat: "none", grants: ["crm:view"] });
    assert.deepEqual(effectivePermissions(roles, viewer), ["contact:view", "crm:view"]);
  });

  it("S1.14 S1.34 an admin has every toggle, given or not", () => {
    const admin = effectivePermissions(roles, holder({ roles: ["admin"], grants: [] }));
    for (const needed of ["crm:view", "agents:edit@a1", "billing:export"]) assert.ok(permits(admin, needed), needed);
  });

  it("are explained by what each comes of, in words", () => {
    const told = permissionReasons(roles, holder({ seat: "held" }));
    const words = Object.fromEntries(told.map((reason) => [reason.permission, explainPermission(reason, roles)]));
    assert.equal(words["teams:manage"], "By the role Team lead.");
    assert.equal(words["crm:view"], "By the template CRM and a grant by hand.");
    assert.equal(words["agents:edit@a1"], "By a grant by hand.");
    const [waits] = permissionReasons(roles, holder({ roles: [], seat: "waiting", grants: ["crm:view"] }));
    assert.ok(waits && !waits.inForce);
    assert.match(explainPermission(waits, roles), /once the member holds a seat/);
  });

  it("are the explained ones that are in force, whatever a member has", () => {
    const slugs = fc.subarray([...roles.keys()]);
    const grants = fc.subarray(["crm:view", "agents:view@a1", "members:view", "contact:view"]);
    const seats = fc.constantFrom<SeatState>("held", "waiting", "none");
    fc.assert(
      fc.property(slugs, grants, seats, fc.boolean(), (inForce, given, seat, needsSeat) => {
        const one = { roles: inForce, grants: given, seat, needsSeat };
        const told = permissionReasons(roles, one).filter((reason) => reason.inForce);
        const effective = effectivePermissions(roles, one);
        assert.deepEqual(told.map(({ permission }) => permission).toSorted(), effective.toSorted());
        for (const permission of permissionsOf(roles, inForce)) assert.ok(effective.includes(permission));
      }),
    );
  });
});
