import assert from "node:assert/strict";
import * as fc from "fast-check";
import {
  effectiveProvisioning,
  emailVerified,
  link,
  type Candidate,
  type LinkRefusal,
  type SignIn,
} from "../../src/admission/linking.ts";

const ana: Candidate = { id: "ana", suspended: false, breakGlass: false, directoryId: null, linked: false };
const pushed: Candidate = { ...ana, id: "pushed", directoryId: "d1" };
const nobody: SignIn = {
  known: null,
  directoryId: null,
  matched: [],
  addressed: [],
  domainVerified: false,
  removed: false,
  provisioning: "auto",
  scimSeen: false,
};
const refused = (some: Partial<SignIn>, reason: LinkRefusal): void => {
  assert.deepEqual(link({ ...nobody, ...some }), { do: "refuse", reason });
};

describe("rule 23: an identity reaches an existing member", () => {
  it("by itself, whatever else fits", () => {
    const decision = link({ ...nobody, known: ana, addressed: [pushed], domainVerified: true, removed: true });
    assert.deepEqual(decision, { do: "use", memberId: "ana", by: "identity" });
  });

  it("by the directory match with exactly one hit in the connection's directory", () => {
    const decision = link({ ...nobody, directoryId: "d1", matched: [{ ...ana, directoryId: "d2" }, pushed] });
    assert.deepEqual(decision, { do: "link", memberId: "pushed", by: "directoryMatch" });
  });

  it("by an address in a domain that this tenant has verified", () => {
    const decision = link({ ...nobody, addressed: [ana], domainVerified: true });
    assert.deepEqual(decision, { do: "link", memberId: "ana", by: "verifiedDomain" });
  });

  it("by an invitation that they came with, to the address that they have", () => {
    const decision = link({ ...nobody, addressed: [ana], invited: ana, provisioning: "preProvisioned" });
    assert.deepEqual(decision, { do: "link", memberId: "ana", by: "invitation" });
  });

  it("not by an invitation where two have the address, or the directory's match says otherwise", () => {
    refused({ addressed: [ana, pushed], invited: ana }, "addressTaken");
    refused(
      { directoryId: "d1", matched: [pushed, { ...pushed, id: "twin" }], addressed: [ana], invited: ana },
      "ambiguous",
    );
    const match = { directoryId: "d1", matched: [pushed], addressed: [ana], invited: ana };
    assert.deepEqual(link({ ...nobody, ...match }), { do: "link", memberId: "pushed", by: "directoryMatch" });
  });

  it("not by an invitation of who is suspended, for emergencies, linked already, or where only the directory lets in", () => {
    const by = (invited: Candidate): Partial<SignIn> => ({ addressed: [invited], invited });
    refused(by({ ...ana, suspended: true }), "suspended");
    refused(by({ ...ana, breakGlass: true }), "breakGlass");
    refused(by({ ...ana, linked: true }), "linkedToAnother");
    refused({ ...by(ana), provisioning: "scim" }, "mustBeManaged");
  });

  it("not by an equal address alone", () => refused({ addressed: [ana] }, "addressTaken"));

  it("not by a match outside the connection's directory, or of a connection that has none", () => {
    assert.equal(link({ ...nobody, directoryId: "d2", matched: [pushed] }).do, "provision");
    assert.equal(link({ ...nobody, matched: [pushed] }).do, "provision");
    assert.equal(link({ ...nobody, matched: [ana] }).do, "provision");
  });

  it("not by two hits, of match or address", () => {
    refused({ directoryId: "d1", matched: [pushed, { ...pushed, id: "twin" }] }, "ambiguous");
    refused({ addressed: [ana, pushed], domainVerified: true }, "ambiguous");
    refused({ directoryId: "d1", matched: [pushed, { ...pushed, id: "twin" }], addressed: [pushed] }, "ambiguous");
  });

  it("by the verified address where the match gives two", () => {
    const twice = { directoryId: "d1", matched: [pushed, { ...pushed, id: "twin" }] };
    assert.equal(link({ ...nobody, ...twice, addressed: [pushed], domainVerified: true }).do, "link");
  });

  it("never a break-glass member, by no way", () => {
    const glass = { ...pushed, breakGlass: true };
    refused({ known: glass }, "breakGlass");
    refused({ directoryId: "d1", matched: [glass] }, "breakGlass");
    refused({ addressed: [glass], domainVerified: true }, "breakGlass");
    refused({ addressed: [glass] }, "addressTaken");
  });

  it("once: not a member whom another identity of the connection is linked to (address passed on to a new hire)", () => {
    refused({ addressed: [{ ...ana, linked: true }], domainVerified: true }, "linkedToAnother");
    refused({ directoryId: "d1", matched: [{ ...pushed, linked: true }] }, "linkedToAnother");
  });

  it("not while the member is suspended", () => {
    const off = { ...pushed, suspended: true };
    refused({ known: off }, "suspended");
    refused({ directoryId: "d1", matched: [off] }, "suspended");
    refused({ addressed: [off], domainVerified: true }, "suspended");
  });
});

describe("the first sign-in of somebody unknown", () => {
  it("rule 24: JIT creates any address, in a verified domain or not", () => {
    for (const domainVerified of [true, false]) {
      assert.deepEqual(link({ ...nobody, domainVerified }), { do: "provision", by: "jit" });
    }
  });

  it("rule 24: email_verified needs a verified domain or a proved mailbox", () => {
    assert.ok(emailVerified({ domainVerified: true, mailboxProved: false }));
    assert.ok(emailVerified({ domainVerified: false, mailboxProved: true }));
    assert.ok(!emailVerified({ domainVerified: false, mailboxProved: false }));
  });

  it("rule 22: does not bring a removed person back", () => refused({ removed: true, provisioning: "jit" }, "removed"));

  it("rule 22: who was removed and came back by another door is reached as usual", () => {
    assert.equal(link({ ...nobody, removed: true, addressed: [ana], domainVerified: true }).do, "link");
  });

  it("rule 25: auto is jit until the first SCIM user exists, then preProvisioned", () => {
    assert.equal(effectiveProvisioning("auto", false), "jit");
    assert.equal(effectiveProvisioning("auto", true), "preProvisioned");
    assert.equal(link(nobody).do, "provision");
    refused({ scimSeen: true }, "mustExist");
  });

  it("rule 25: jit creates also beside SCIM; preProvisioned must exist; scim must be directory-managed", () => {
    assert.equal(link({ ...nobody, provisioning: "jit", scimSeen: true }).do, "provision");
    refused({ provisioning: "preProvisioned" }, "mustExist");
    refused({ provisioning: "scim" }, "mustBeManaged");
    refused({ provisioning: "scim", addressed: [ana], domainVerified: true }, "mustBeManaged");
    assert.equal(link({ ...nobody, provisioning: "scim", addressed: [pushed], domainVerified: true }).do, "link");
  });

  it("rule 25: preProvisioned links who exists; scim is asked at the first sign-in only", () => {
    assert.equal(
      link({ ...nobody, provisioning: "preProvisioned", addressed: [ana], domainVerified: true }).do,
      "link",
    );
    assert.equal(link({ ...nobody, provisioning: "scim", known: ana }).do, "use");
  });
});

describe("every sign-in", () => {
  const candidate: fc.Arbitrary<Candidate> = fc.record({
    id: fc.constantFrom("a", "b", "c"),
    suspended: fc.boolean(),
    breakGlass: fc.boolean(),
    directoryId: fc.constantFrom(null, "d1", "d2"),
    linked: fc.boolean(),
  });
  const signIn: fc.Arbitrary<SignIn> = fc.record({
    known: fc.option(candidate),
    directoryId: fc.constantFrom(null, "d1", "d2"),
    matched: fc.array(candidate, { maxLength: 2 }),
    addressed: fc.array(candidate, { maxLength: 2 }),
    domainVerified: fc.boolean(),
    removed: fc.boolean(),
    provisioning: fc.constantFrom("auto", "jit", "preProvisioned", "scim"),
    scimSeen: fc.boolean(),
  });

  it("reaches only members that are neither break-glass nor suspended, and creates only where nobody has the address", () => {
    fc.assert(
      fc.property(signIn, (given) => {
        const decision = link(given);
        if (decision.do === "provision")
          assert.deepEqual([given.known, given.addressed, given.removed], [null, [], false]);
        if (decision.do !== "use" && decision.do !== "link") return;
        const reached = [given.known, ...given.matched, ...given.addressed].filter(
          (one) => one?.id === decision.memberId,
        );
        assert.ok(reached.some((one) => one && !one.breakGlass && !one.suspended));
        if (decision.do === "link") assert.ok(reached.some((one) => one && !one.linked));
      }),
      { numRuns: 1000 },
    );
  });
});
