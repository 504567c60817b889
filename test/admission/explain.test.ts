import assert from "node:assert/strict";
import { explain, explainLink, explainStatus, statusReason } from "../../src/admission/explain.ts";
import { link } from "../../src/admission/linking.ts";
import { decide } from "../../src/admission/seats.ts";
import type { Reason } from "../../src/admission/types.ts";
import { group, lead, outcomeOf, person, rules } from "./make.ts";

const { roles } = rules();

describe("explanations", () => {
  const all: readonly [Reason, RegExp][] = [
    [
      { code: "mapped", role: "lead", position: 2, by: { group: "IT" } },
      /^Team lead, .* directory group "IT" \(mapping 2\)/,
    ],
    [{ code: "mapped", role: "member", position: 1, by: { claim: "ops" } }, /sign-in group "ops"/],
    [{ code: "mapped", role: "member", position: 1, by: { when: 'department eq "x"' } }, /\(department eq "x"\)/],
    [{ code: "granted", role: "admin" }, /^Admin, because an admin/],
    [{ code: "defaultRole", role: "member" }, /^Member, the role that new members get/],
    [{ code: "noMappingMatched", role: "viewer" }, /none of the role mappings matches/],
    [{ code: "leftMapping", role: "viewer", lost: "lead" }, /that gave Team lead no longer matches/],
    [{ code: "nothingGranted", role: "viewer" }, /no other role was given/],
    [{ code: "lastAdminHold", role: "admin" }, /^Admin stays, .* Make another admin/],
    [{ code: "noRoleNeedsSeat" }, /none of the roles needs one/],
    [{ code: "statusNotCounted", status: "suspended" }, /suspended members do not take one/],
    [{ code: "invitationLapsed" }, /Resending it asks/],
    [{ code: "breakGlass" }, /emergency-access/],
    [{ code: "seatTaken", door: "scim" }, /taken through the directory/],
    [{ code: "promoted" }, /became free while waiting/],
    [{ code: "keptOverLimit" }, /the rules changed/],
    [{ code: "waiting", door: "scim" }, /^Waits for a seat/],
    [{ code: "seatsFull", door: "sso", whenFull: "downgrade" }, /through single sign-on, which does not queue/],
    [{ code: "seatsFull", door: "scim", whenFull: "refuse" }, /never refused/],
    [{ code: "queueForfeited" }, /given up on suspension/],
    [{ code: "autoAssignOff", entrance: "link" }, /come by an invite link\. Assign one by hand/],
    [{ code: "notAssigned" }, /Assign one by hand/],
  ];
  for (const [reason, words] of all) {
    it(`says ${reason.code} in words`, () => assert.match(explain(reason, roles), words));
  }

  it("names a role that is gone by its slug", () => {
    assert.match(explain({ code: "granted", role: "gone" }, roles), /^gone, /);
  });

  it('answers "why is this person a viewer?"', () => {
    const full = rules({}, [group("g", lead.slug)]);
    const outcome = outcomeOf(decide(null, person({ groups: ["g"] }), "scim", "person", full), false);
    assert.deepEqual(
      outcome?.reasons.map((reason) => explain(reason, roles)),
      [
        'Team lead, because of the directory group "Group g" (mapping 1).',
        "Waits for a seat: all were taken when one was asked for through the directory.",
      ],
    );
  });

  it("tells who suspended a member", () => {
    const cases = [
      [{ joined: false }, /has not joined/],
      [{}, /^Active/],
      [{ hold: true }, /an admin put/],
      [{ directoryActive: false }, /the directory says inactive/],
      [{ hold: true, directoryActive: false }, /on hold, and the directory says inactive too/],
    ] as const;
    for (const [facts, words] of cases) assert.match(explainStatus(statusReason(person(facts))), words);
  });

  it("says what came of a sign-in", () => {
    const ana = { id: "a", suspended: false, breakGlass: false, directoryId: null, linked: false };
    const signIn = {
      known: null,
      directoryId: null,
      matched: [],
      addressed: [],
      domainVerified: true,
      removed: false,
      provisioning: "jit",
      scimSeen: false,
    } as const;
    assert.match(explainLink(link(signIn)), /created at sign-in/);
    assert.match(explainLink(link({ ...signIn, known: ana })), /identity is linked/);
    assert.match(explainLink(link({ ...signIn, addressed: [ana] })), /whose domain is verified/);
    assert.match(explainLink(link({ ...signIn, addressed: [ana], domainVerified: false })), /domain is not verified/);
    assert.match(explainLink(link({ ...signIn, removed: true })), /was removed/);
  });
});
