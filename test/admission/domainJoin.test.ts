import assert from "node:assert/strict";
import { joinByDomain, type DomainJoin } from "../../src/admission/domainJoin.ts";

const person: DomainJoin = {
  local: "ana.berg",
  autoJoin: { enabled: true, approval: false },
  connected: false,
  removed: false,
  taken: false,
};

describe("joining by domain (rule 30)", () => {
  it("lets in who has proven a mailbox in a verified domain that is switched on", () => {
    assert.deepEqual(joinByDomain(person), { do: "join" });
  });

  it("lets nobody in where it is switched off", () => {
    assert.deepEqual(joinByDomain({ ...person, autoJoin: { enabled: false, approval: true } }), { do: "nothing" });
  });

  it("asks an admin where the domain says so", () => {
    const autoJoin = { enabled: true, approval: true };
    assert.deepEqual(joinByDomain({ ...person, autoJoin }), { do: "ask", reason: "approval" });
  });

  for (const local of ["ana+sales", "ana+", "+"]) {
    it(`asks an admin for the tag in ${local}@`, () => {
      assert.deepEqual(joinByDomain({ ...person, local }), { do: "ask", reason: "plusTag" });
    });
  }

  for (const local of ["support", "INFO", "no-reply", "Help.Desk", "postmaster", "customer_service"]) {
    it(`asks an admin for the mailbox of a role, ${local}@`, () => {
      assert.deepEqual(joinByDomain({ ...person, local }), { do: "ask", reason: "roleMailbox" });
    });
  }

  it("asks no admin for a name that only contains a role's", () => {
    for (const local of ["supporter", "infoline.ana", "it.berg"]) {
      assert.deepEqual(joinByDomain({ ...person, local }), { do: "join" });
    }
  });

  it("sends everybody through the connection of a tenant that has one, on or off", () => {
    for (const enabled of [true, false]) {
      const autoJoin = { enabled, approval: true };
      assert.deepEqual(joinByDomain({ ...person, autoJoin, connected: true, local: "info" }), { do: "connection" });
    }
  });

  it("brings nobody back who was removed (rule 22)", () => {
    assert.deepEqual(joinByDomain({ ...person, removed: true, connected: true }), { do: "nothing" });
  });

  it("attaches nobody to a member for an equal address (rule 26)", () => {
    assert.deepEqual(joinByDomain({ ...person, taken: true }), { do: "signIn" });
  });
});
