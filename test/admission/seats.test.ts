import assert from "node:assert/strict";
import { forecast, decide } from "../../src/admission/seats.ts";
import { assignment, freeingFirst, promoted, widened } from "../../src/admission/seatMoves.ts";
import { doors, type Act, type Door, type Entrance, type Standing } from "../../src/admission/types.ts";
import { group, lastReason, member, outcomeOf, person, rules, stored } from "./make.ts";

const full = false;

describe("a newcomer", () => {
  it("rule 8: autoAssign on: takes a seat as what was asked for, else as seatedRole, through every door", () => {
    for (const door of doors) {
      const asked = decide(null, person({ entrance: door, granted: ["admin"] }), door, "person", rules());
      assert.deepEqual(outcomeOf(asked, true)?.roles, ["admin"], door);
      const plain = decide(null, person({ entrance: door }), door, "person", rules());
      assert.equal(plain.seat.ask, "take", door);
      assert.deepEqual(outcomeOf(plain, true)?.roles, ["member"], door);
      assert.equal(outcomeOf(plain, true)?.seat, "held", door);
    }
  });

  it("rule 8: asks for no seat where the asked role needs none", () => {
    const decision = decide(null, person({ granted: ["auditor"] }), "scim", "person", rules());
    assert.equal(decision.seat.ask, "nothing");
    assert.equal(decision.needsSeat, false);
    assert.deepEqual(outcomeOf(decision, full)?.roles, ["auditor"]);
  });

  const arrivals: readonly [Door, "refused" | "none" | "waiting"][] = [
    ["admin", "refused"],
    ["invitation", "refused"],
    ["csv", "refused"],
    ["link", "none"],
    ["domain", "none"],
    ["sso", "none"],
    ["scim", "waiting"],
  ];
  for (const [door, expected] of arrivals) {
    it(`rule 2: when full, by the default settings ${door} ends in ${expected}`, () => {
      const outcome = outcomeOf(decide(null, person({ entrance: door }), door, "person", rules()), full);
      assert.equal(outcome?.seat ?? "refused", expected);
      if (outcome) assert.deepEqual(outcome.roles, ["viewer"]);
      if (expected === "waiting") assert.equal(outcome?.place, "tail");
    });
  }

  it("without a seat keeps the roles that need none, beside the fallback role", () => {
    const decision = decide(null, person({ granted: ["admin", "auditor"] }), "scim", "person", rules());
    assert.deepEqual(outcomeOf(decision, full)?.roles, ["viewer", "auditor"]);
    assert.deepEqual(decision.entitled, ["admin", "auditor"]);
  });

  it("without a seat is the built-in viewer where the fallback role would need a seat itself", () => {
    const odd = rules({ fallbackRole: "member" });
    assert.deepEqual(outcomeOf(decide(null, person(), "scim", "person", odd), full)?.roles, ["viewer"]);
  });

  const entrances: readonly Entrance[] = ["invitation", "link", "domain", "csv", "scim", "sso"];
  for (const door of entrances) {
    it(`rule 8: autoAssign off: by ${door} gets the fallback role, unqueued, the asked role kept as entitled`, () => {
      const off = rules({ autoAssign: false });
      const asked = decide(null, person({ entrance: door, granted: ["admin"] }), door, "person", off);
      assert.equal(asked.seat.ask, "nothing");
      assert.deepEqual(asked.entitled, ["admin"]);
      assert.deepEqual(outcomeOf(asked, true)?.roles, ["viewer"]);
      assert.equal(outcomeOf(asked, true)?.seat, "none");
      assert.equal(lastReason(outcomeOf(asked, true)), "autoAssignOff");
      const plain = decide(null, person({ entrance: door }), door, "person", off);
      assert.deepEqual([plain.entitled, plain.needsSeat], [["viewer"], false]);
    });
  }

  it("rule 8: autoAssign off: an admin's explicit creation still takes a seat", () => {
    const off = rules({ autoAssign: false });
    const decision = decide(null, person({ entrance: "admin" }), "admin", "person", off);
    assert.deepEqual(outcomeOf(decision, true)?.roles, ["member"]);
    assert.equal(decision.seat.ask, "take");
  });

  it("rule 8: autoAssign off: a creation is no grant, whatever the caller calls it", () => {
    const off = rules({ autoAssign: false });
    const invited = person({ entrance: "invitation", granted: ["member"] });
    assert.equal(decide(null, invited, "invitation", "grant", off).seat.ask, "nothing");
  });

  it("rule 8: autoAssign off: a mapping still takes a seat", () => {
    const off = rules({ autoAssign: false }, [group("g", "member")]);
    assert.equal(decide(null, person({ groups: ["g"] }), "scim", "person", off).seat.ask, "take");
  });

  it("rule 8: autoAssign off: a mapping to a seatless role does not carry an asked role to a seat", () => {
    const off = rules({ autoAssign: false }, [group("g", "auditor")]);
    const decision = decide(null, person({ groups: ["g"], granted: ["member"] }), "scim", "person", off);
    assert.equal(decision.seat.ask, "nothing");
    assert.deepEqual(outcomeOf(decision, true)?.roles, ["viewer", "auditor"]);
  });

  it("rule 11: with mappings and no match: fallback role, no seat, no queue", () => {
    const mapped = rules({}, [group("g", "member")]);
    const decision = decide(null, person({ groups: ["other"] }), "scim", "person", mapped);
    assert.equal(decision.seat.ask, "nothing");
    assert.deepEqual(decision.entitled, ["viewer"]);
    assert.equal(outcomeOf(decision, full)?.seat, "none");
  });

  it("rule 11: manual grants are added to the mapped role, and to none", () => {
    const mapped = rules({}, [group("g", "member")]);
    const both = decide(null, person({ groups: ["g"], granted: ["auditor"] }), "scim", "person", mapped);
    assert.deepEqual(both.entitled, ["member", "auditor"]);
    const manual = decide(null, person({ granted: ["admin"] }), "scim", "person", mapped);
    assert.deepEqual([manual.entitled, manual.seat.ask], [["admin"], "take"]);
  });

  it("rule 10: break-glass takes no seat and has its roles in force", () => {
    const decision = decide(null, person({ breakGlass: true, granted: ["admin"] }), "admin", "person", rules());
    assert.equal(decision.seat.ask, "nothing");
    assert.deepEqual(outcomeOf(decision, full), {
      roles: ["admin"],
      seat: "none",
      place: null,
      reasons: [{ code: "granted", role: "admin" }, { code: "breakGlass" }],
    });
  });

  it("suspended on arrival takes no seat", () => {
    const decision = decide(null, person({ directoryActive: false }), "scim", "person", rules());
    assert.deepEqual([decision.status, decision.seat.ask], ["suspended", "nothing"]);
  });

  it("a role that does not exist is never in force", () => {
    const decision = decide(null, person({ granted: ["ghost"] }), "scim", "person", rules());
    assert.deepEqual(decision.entitled, ["member"]);
  });

  it("where the policy counts no status, nobody takes a seat and everyone has their roles", () => {
    const none = rules({ countedStatuses: [] });
    const decision = decide(null, person({ granted: ["admin"] }), "scim", "person", none);
    assert.equal(decision.seat.ask, "nothing");
    assert.deepEqual(outcomeOf(decision, full)?.roles, ["admin"]);
  });
});

describe("an invited person", () => {
  const invited = person({ entrance: "invitation", joined: false, granted: ["member"] });
  const counting = rules({ countedStatuses: ["invited", "active"] });

  it("rule 9: not counted: takes nothing at creation, and a forecast says what acceptance will ask", () => {
    assert.equal(decide(null, invited, "invitation", "person", rules()).seat.ask, "nothing");
    const later = forecast(invited, "invitation", rules());
    assert.deepEqual([later.status, later.seat.ask], ["active", "take"]);
  });

  it("rule 9: not counted: acceptance asks, and is refused when full", () => {
    const before = member(invited, rules());
    const decision = decide(before, { ...invited, joined: true }, "invitation", "person", rules());
    assert.equal(decision.seat.ask === "take" && decision.seat.unseated, "refuse");
    assert.deepEqual(outcomeOf(decision, true)?.roles, ["member"]);
  });

  it("rule 9: counted: the invitation holds the seat and acceptance keeps it", () => {
    const before = member(invited, counting);
    assert.equal(before.seat, "held");
    const decision = decide(before, { ...invited, joined: true }, "invitation", "person", counting);
    assert.deepEqual([decision.seat.ask, outcomeOf(decision, full)?.seat], ["nothing", "held"]);
  });

  it("rule 9: counted: expiry or revocation frees it, resend takes it again or is refused", () => {
    const before = member(invited, counting);
    const lapsed = { ...invited, invitationLapsed: true };
    const expiry = decide(before, lapsed, "invitation", "person", counting);
    assert.deepEqual([expiry.seat.ask, lastReason(outcomeOf(expiry, full))], ["free", "invitationLapsed"]);
    const after = stored(lapsed, expiry, full);
    assert.ok(after);
    const resend = decide(after, invited, "invitation", "person", counting);
    assert.deepEqual([resend.seat.ask, outcomeOf(resend, full)], ["take", undefined]);
  });

  it("rule 8: autoAssign off: acceptance takes no seat, nor does a directory that adopts the person", () => {
    const off = rules({ autoAssign: false });
    const before = member(invited, off);
    for (const door of ["invitation", "scim"] as const) {
      const decision = decide(before, { ...invited, joined: true }, door, "person", off);
      assert.equal(decision.seat.ask, "nothing", door);
      assert.equal(lastReason(outcomeOf(decision, true)), "autoAssignOff", door);
    }
  });

  it("rule 8: autoAssign off: who an admin created takes a seat on acceptance", () => {
    const off = rules({ autoAssign: false });
    const created = { ...invited, entrance: "admin" as const };
    const decision = decide(member(created, off), { ...created, joined: true }, "invitation", "person", off);
    assert.equal(decision.seat.ask, "take");
  });

  it("rule 20: SCIM inactive suspends them without a seat", () => {
    const before = member(invited, counting);
    const decision = decide(before, { ...invited, joined: true, directoryActive: false }, "scim", "person", counting);
    assert.deepEqual([decision.status, decision.seat.ask], ["suspended", "free"]);
  });
});

describe("a member who holds a seat", () => {
  const who = person({ granted: ["member"] });
  const before = member(who, rules());

  for (const door of doors) {
    it(`an unchanged write through ${door} changes nothing, not even the reasons`, () => {
      const decision = decide(before, who, door, "person", rules());
      assert.deepEqual(decision.seat, { ask: "nothing", outcome: asItWas(before) });
    });
  }

  for (const [change, act] of [
    [{ directoryActive: false }, "person"],
    [{ hold: true }, "person"],
    [{ granted: [] }, "grant"],
    [{ granted: ["auditor"] }, "grant"],
    [{ breakGlass: true }, "person"],
  ] as const) {
    it(`rule 3: frees it on ${JSON.stringify(change)}, whatever the door`, () => {
      for (const door of doors) {
        const decision = decide(before, { ...who, ...change }, door, act, rules());
        assert.equal(decision.seat.ask, "free", door);
        assert.equal(decision.seat.ask === "free" && decision.seat.displaced, false);
        assert.equal(outcomeOf(decision, full)?.seat, "none");
      }
    });
  }

  it("rule 15: whose last grant goes gets the fallback role", () => {
    const decision = decide(before, { ...who, granted: [] }, "admin", "grant", rules());
    assert.deepEqual(outcomeOf(decision, full)?.roles, ["viewer"]);
    assert.deepEqual(outcomeOf(decision, full)?.reasons[0], { code: "nothingGranted", role: "viewer" });
  });

  it("rule 5: changes between seat-bearing roles without asking, however full", () => {
    const decision = decide(before, { ...who, granted: ["admin"] }, "admin", "grant", rules());
    assert.deepEqual([decision.seat.ask, outcomeOf(decision, full)?.roles], ["nothing", ["admin"]]);
    assert.equal(outcomeOf(decision, full)?.seat, "held");
  });

  it("rule 18: hold and directory bit are apart: a push of active does not give a held person the seat back", () => {
    const held = { ...who, hold: true };
    const after = stored(held, decide(before, held, "admin", "person", rules()), full);
    assert.ok(after);
    const push = decide(after, { ...held, directoryActive: true }, "scim", "person", rules());
    assert.deepEqual([push.status, push.seat.ask], ["suspended", "nothing"]);
  });

  it("where suspended members are counted, suspension keeps the seat", () => {
    const counting = rules({ countedStatuses: ["active", "suspended"] });
    const decision = decide(member(who, counting), { ...who, hold: true }, "admin", "person", counting);
    assert.deepEqual([decision.seat.ask, outcomeOf(decision, full)?.seat], ["nothing", "held"]);
  });

  it("a role that no longer needs a seat frees it with the next decision", () => {
    const free = { ...rules(), roles: new Map([...rules().roles].map(([s, r]) => [s, { ...r, seatRequired: false }])) };
    assert.equal(decide(before, who, "scim", "person", free).seat.ask, "free");
  });
});

describe("a member who is suspended", () => {
  const who = person({ granted: ["member"], hold: true });
  const back = { ...who, hold: false };

  it("rule 2: asks again on return, by the door of the return and not of arrival", () => {
    const before = member(who, rules());
    const byAdmin = decide(before, back, "admin", "person", rules());
    assert.equal(byAdmin.seat.ask === "take" && byAdmin.seat.unseated, "refuse");
    const byDirectory = decide(before, back, "scim", "person", rules());
    assert.equal(outcomeOf(byDirectory, full)?.seat, "waiting");
    assert.equal(outcomeOf(byDirectory, true)?.seat, "held");
  });

  it("rule 2: return is refused by SCIM where its door refuses", () => {
    const strict = rules({ whenFull: { scim: "refuse" } });
    const decision = decide(member(who, strict), back, "scim", "person", strict);
    assert.equal(outcomeOf(decision, full), undefined);
  });

  it("asks on return also where suspended members are counted, and had none", () => {
    const counting = rules({ countedStatuses: ["active", "suspended"], whenFull: { scim: "downgrade" } });
    const before = member(who, counting, { free: full });
    assert.equal(before.seat, "none");
    assert.equal(decide(before, back, "scim", "person", counting).seat.ask, "take");
  });

  it("rule 4: does not queue, even where counted", () => {
    const counting = rules({ countedStatuses: ["active", "suspended"] });
    const outcome = outcomeOf(decide(null, who, "scim", "person", counting), full);
    assert.deepEqual([outcome?.seat, lastReason(outcome)], ["none", "seatsFull"]);
  });

  it("rule 3: a deactivation that comes to be counted is not refused", () => {
    const odd = rules({ countedStatuses: ["suspended"], whenFull: { scim: "refuse" } });
    const active = person({ granted: ["member"] });
    const decision = decide(member(active, odd), { ...active, directoryActive: false }, "scim", "person", odd);
    assert.ok(outcomeOf(decision, full));
  });
});

describe("a member without a seat", () => {
  const who = person({ entrance: "sso", granted: ["member"] });
  const before = member(who, rules(), { free: full });

  it("is not silently seated by a profile update", () => {
    assert.deepEqual([before.seat, before.roles], ["none", ["viewer"]]);
    for (const door of doors) {
      for (const act of ["person", "effect"] as const) {
        const decision = decide(before, who, door, act, rules());
        assert.deepEqual(decision.seat, { ask: "nothing", outcome: asItWas(before) }, door);
      }
    }
  });

  it("asks when an admin grants the role again", () => {
    const decision = decide(before, who, "admin", "grant", rules());
    assert.equal(decision.seat.ask === "take" && decision.seat.unseated, "refuse");
    assert.deepEqual(outcomeOf(decision, true)?.roles, ["member"]);
  });

  it("does not ask when an admin adds a role that needs none", () => {
    const decision = decide(before, { ...who, granted: ["member", "auditor"] }, "admin", "grant", rules());
    assert.equal(decision.seat.ask, "nothing");
    assert.deepEqual(outcomeOf(decision, true)?.roles, ["viewer", "auditor"]);
  });

  it("rule 2: a person's own grant of another seat-bearing role is refused when full", () => {
    for (const act of ["person", "grant"] as const) {
      const decision = decide(before, { ...who, granted: ["member", "admin"] }, "admin", act, rules());
      assert.equal(outcomeOf(decision, full), undefined);
    }
  });

  it("break-glass that ends asks for a seat", () => {
    const glass = person({ entrance: "admin", granted: ["admin"], breakGlass: true });
    const decision = decide(member(glass, rules()), { ...glass, breakGlass: false }, "admin", "person", rules());
    assert.equal(decision.seat.ask === "take" && decision.seat.unseated, "refuse");
  });
});

describe("effects of groups and mappings", () => {
  const list = [group("staff", "member"), group("guests", "viewer")];
  const outside = person({ managed: true });
  const inside = { ...outside, groups: ["staff"] };

  it("rule 2: refuse means the fallback role with the reason", () => {
    const strict = rules({ whenFull: { scim: "refuse" } }, list);
    const result = outcomeOf(decide(member(outside, strict), inside, "scim", "effect", strict), full);
    assert.deepEqual([result?.seat, result?.roles], ["none", ["viewer"]]);
    assert.deepEqual(result?.reasons.at(-1), { code: "seatsFull", door: "scim", whenFull: "refuse" });
  });

  it("rule 3: a profile write whose values match a condition is not refused", () => {
    const strict = rules({ whenFull: { scim: "refuse" } }, [
      { when: { attribute: "department", op: "eq", value: "Sales" }, role: "member" },
    ]);
    const moved = { ...outside, asserted: () => ({ department: ["Sales"] }) };
    assert.ok(outcomeOf(decide(member(outside, strict), moved, "scim", "person", strict), full));
  });

  it("rule 2: waitlist queues, downgrade does not", () => {
    for (const [mode, seat] of [
      ["waitlist", "waiting"],
      ["downgrade", "none"],
    ] as const) {
      const soft = rules({ whenFull: { scim: mode } }, list);
      assert.equal(outcomeOf(decide(member(outside, soft), inside, "scim", "effect", soft), full)?.seat, seat);
    }
  });

  it("rule 15: leaving the last mapped group: fallback role, seat freed, and the explanation stays", () => {
    const mapped = rules({}, list);
    const left = decide(member(inside, mapped), outside, "scim", "effect", mapped);
    assert.deepEqual([left.seat.ask, left.mapped, left.entitled], ["free", null, ["viewer"]]);
    const after = stored(outside, left, full);
    assert.ok(after);
    assert.deepEqual(after.reasons[0], { code: "leftMapping", role: "viewer", lost: "member" });
    assert.deepEqual(stored(outside, decide(after, outside, "scim", "person", mapped), full)?.reasons, after.reasons);
  });

  it("rule 15: the last mapping deleted is as leaving its group", () => {
    const left = decide(member(inside, rules({}, list)), inside, "scim", "effect", rules());
    assert.deepEqual([left.seat.ask, left.entitled], ["free", ["viewer"]]);
  });

  it("rule 14: manual extras survive a move between groups and keep their seat", () => {
    const mapped = rules({}, list);
    const extra = { ...inside, granted: ["admin"] };
    const moved = decide(member(extra, mapped), { ...extra, groups: ["guests"] }, "scim", "effect", mapped);
    assert.deepEqual([moved.entitled, moved.seat.ask], [["viewer", "admin"], "nothing"]);
  });

  it("rule 3: a group move in one request keeps the seat", () => {
    const both = rules({}, [...list, group("leads", "lead")]);
    const moved = decide(member(inside, both), { ...inside, groups: ["leads"] }, "scim", "effect", both);
    assert.deepEqual([moved.entitled, moved.seat.ask], [["lead"], "nothing"]);
  });

  it("rule 4: whoever loses a seat in a group move of two requests re-enters at the head of the queue", () => {
    const both = rules({}, [...list, group("leads", "lead")]);
    const left = decide(member(inside, both), outside, "scim", "effect", both);
    assert.equal(left.seat.ask === "free" && left.seat.displaced, true);
    const between = stored(outside, left, full);
    assert.ok(between);
    const again = { ...outside, groups: ["leads"] };
    assert.equal(outcomeOf(decide(between, again, "scim", "effect", both), full)?.place, "head");
    assert.equal(
      outcomeOf(decide({ ...between, displaced: false }, again, "scim", "effect", both), full)?.place,
      "tail",
    );
  });

  it("rule 4: a suspension in a mapped group is no group move", () => {
    const mapped = rules({}, list);
    const decision = decide(member(inside, mapped), { ...inside, hold: true }, "admin", "person", mapped);
    assert.equal(decision.seat.ask === "free" && decision.seat.displaced, false);
  });

  it("rule 11: the first mapping ends a default role, unless a grant gave it", () => {
    const byDefault = decide(member(outside, rules()), outside, "scim", "effect", rules({}, list));
    assert.deepEqual([byDefault.entitled, byDefault.seat.ask], [["viewer"], "free"]);
    const granted = { ...outside, granted: ["member"] };
    assert.equal(decide(member(granted, rules()), granted, "scim", "effect", rules({}, list)).seat.ask, "nothing");
  });

  it("a default role given on arrival outlives a change of the settings", () => {
    const decision = decide(
      member(outside, rules()),
      outside,
      "scim",
      "person",
      rules({ autoAssign: false, seatedRole: "admin" }),
    );
    assert.deepEqual([decision.entitled, decision.seat.ask], [["member"], "nothing"]);
  });

  it("rule 17: a role that stays by lastAdminHold keeps its seat, and goes when the hold does", () => {
    const admins = rules({}, [group("it", "admin")]);
    const ana = { ...outside, groups: ["it"] };
    const held = { ...outside, lastAdminHold: ["admin"] };
    const stays = decide(member(ana, admins), held, "scim", "effect", admins);
    assert.deepEqual([stays.entitled, stays.seat.ask], [["admin"], "nothing"]);
    const during = stored(held, stays, full);
    assert.ok(during);
    for (const after of [admins, rules()]) {
      const ends = decide(during, outside, "scim", "effect", after);
      assert.deepEqual([ends.entitled, ends.seat.ask], [["viewer"], "free"]);
    }
  });
});

describe("a member who waits", () => {
  const who = person({ granted: ["member"] });
  const before = member(who, rules(), { free: full });

  it("rule 4: keeps the place through unrelated writes", () => {
    for (const door of doors) {
      const decision = decide(before, who, door, "person", rules());
      assert.deepEqual(decision.seat, { ask: "nothing", outcome: { ...asItWas(before), place: "kept" } }, door);
    }
  });

  it("rule 4: suspension forfeits the place, also where suspended members are counted", () => {
    for (const settings of [{}, { countedStatuses: ["active", "suspended"] as const }]) {
      const decision = decide(before, { ...who, hold: true }, "admin", "person", rules(settings));
      assert.deepEqual([decision.seat.ask, outcomeOf(decision, full)?.seat], ["nothing", "none"]);
    }
  });

  it("rule 4: being mapped to a seatless role leaves the queue", () => {
    const mapped = rules({}, [group("g", "viewer")]);
    const waiting = member(person(), rules(), { free: full });
    assert.equal(waiting.seat, "waiting");
    const decision = decide(waiting, person({ groups: ["g"] }), "scim", "effect", mapped);
    assert.deepEqual([decision.seat.ask, outcomeOf(decision, full)?.seat], ["nothing", "none"]);
  });

  it("keeps the place when another role is mapped, by whichever lenient door", () => {
    for (const door of ["scim", "sso"] as const) {
      const mapped = rules({}, [group("g", "admin")]);
      const decision = decide(before, { ...who, groups: ["g"] }, door, "effect", mapped);
      assert.equal(outcomeOf(decision, full)?.place, "kept");
      assert.deepEqual(outcomeOf(decision, true)?.roles, ["admin", "member"]);
    }
  });

  it("rule 2: a grant to one who waits is refused when full, by a door that refuses", () => {
    assert.equal(outcomeOf(decide(before, { ...who, granted: ["admin"] }, "admin", "grant", rules()), full), undefined);
  });

  it("rule 4: promoted, has the entitled roles in force and says so", () => {
    assert.deepEqual(promoted(before), {
      roles: ["member"],
      seat: "held",
      place: null,
      reasons: [{ code: "granted", role: "member" }, { code: "promoted" }],
    });
    const after: Standing = { ...before, ...promoted(before) };
    assert.deepEqual(decide(after, who, "scim", "person", rules()).seat, { ask: "nothing", outcome: asItWas(after) });
  });
});

describe("seats that move without a change of the person", () => {
  it("rule 5: policy widened: nobody loses a role, and who comes to need a seat takes one over the limit", () => {
    const who = person({ granted: ["member"], hold: true });
    const before = member(who, rules());
    const wider = rules({ countedStatuses: ["active", "suspended"] });
    assert.deepEqual(widened(before, who, wider)?.seat, "held");
    assert.equal(lastReason(widened(before, who, wider) ?? undefined), "keptOverLimit");
    assert.equal(widened(before, who, rules()), null);
  });

  it("rule 5: role widened: a profile update before the change is carried out takes nothing away", () => {
    const who = person({ granted: ["auditor"] });
    const before = member(who, rules());
    const wider = {
      ...rules(),
      roles: new Map([...rules().roles].map(([slug, role]) => [slug, { ...role, seatRequired: slug !== "viewer" }])),
    };
    const update = decide(before, who, "scim", "person", wider);
    assert.deepEqual([update.needsSeat, update.seat.ask], [false, "nothing"]);
    assert.deepEqual(outcomeOf(update, full)?.roles, ["auditor"]);
    assert.deepEqual(widened(before, who, wider)?.roles, ["auditor"]);
  });

  it("rule 5: who was without a seat before is not seated by widening", () => {
    const who = person({ entrance: "sso", granted: ["member"] });
    const before = member(who, rules(), { free: full });
    assert.equal(widened(before, who, rules({ countedStatuses: ["active", "suspended"] })), null);
  });

  it('rule 8: "Assign seats" takes the entitled role, else seatedRole', () => {
    const unseated = member(person({ entrance: "sso", granted: ["admin"] }), rules(), { free: full });
    assert.deepEqual(assignment(unseated, rules()), { granted: ["admin"] });
    const viewer = member(person({ granted: ["viewer"] }), rules());
    assert.deepEqual(assignment(viewer, rules()), { granted: ["viewer", "member"] });
    const waiting = member(person(), rules(), { free: full });
    assert.deepEqual(assignment(waiting, rules()), { granted: [] });
  });

  it('rule 8: what "Assign seats" grants asks for a seat', () => {
    for (const who of [person({ entrance: "sso" }), person({ granted: ["auditor"] })]) {
      const before = member(who, rules(), { free: full });
      const plan = assignment(before, rules());
      assert.ok(plan);
      assert.equal(decide(before, { ...who, ...plan }, "admin", "grant", rules()).seat.ask, "take");
    }
  });

  it('rule 8: "Assign seats" passes over mapped seatless, suspended, invited, break-glass and seated members', () => {
    const mapped = rules({}, [group("g", "auditor")]);
    const passed: readonly Standing[] = [
      member(person({ groups: ["g"] }), mapped),
      member(person({ hold: true }), rules()),
      member(person({ entrance: "invitation", joined: false }), rules()),
      member(person({ breakGlass: true }), rules()),
      member(person(), rules()),
    ];
    for (const standing of passed) assert.equal(assignment(standing, rules()), null);
  });

  it('rule 8: "Assign seats" gives nothing where seatedRole needs no seat', () => {
    assert.equal(assignment(member(person({ granted: ["viewer"] }), rules()), rules({ seatedRole: "auditor" })), null);
  });

  it("rule 3: a write that frees and needs seats frees first, else in order", () => {
    const seated = member(person(), rules());
    const take = decide(null, person(), "scim", "person", rules());
    const free = decide(seated, person({ hold: true }), "admin", "person", rules());
    const nothing = decide(seated, person(), "scim", "person", rules());
    const plans = [take, nothing, free, take].map((decision, id) => ({ id, decision }));
    assert.deepEqual(
      freeingFirst(plans).map(({ id }) => id),
      [2, 0, 1, 3],
    );
  });
});

describe("a standing that was stored without reasons", () => {
  it("gets such as fit the state of the seat", () => {
    const cases = [
      [member(person(), rules()), "seatTaken"],
      [member(person(), rules(), { free: full }), "waiting"],
      [member(person({ entrance: "sso" }), rules(), { free: full }), "notAssigned"],
    ] as const;
    for (const [standing, code] of cases) {
      const bare = { ...standing, reasons: [] };
      const decision = decide(bare, person({ entrance: standing.entrance }), "scim", "person", rules());
      assert.deepEqual([decision.entitled, lastReason(outcomeOf(decision, full))], [["member"], code]);
    }
  });

  it("rule 5: also where the rules came to need a seat meanwhile", () => {
    const who = person({ hold: true });
    const bare = { ...member(who, rules()), reasons: [] };
    const decision = decide(bare, who, "scim", "person", rules({ countedStatuses: ["active", "suspended"] }));
    assert.deepEqual(outcomeOf(decision, full)?.roles, ["member"]);
  });
});

describe("refusal for want of a seat", () => {
  const acts: readonly Act[] = ["person", "grant", "effect"];
  it("rule 2: never comes from a door that does not refuse", () => {
    for (const door of doors) {
      for (const act of acts) {
        const soft = rules({ whenFull: { [door]: "downgrade" } });
        const decision = decide(null, person({ entrance: door }), door, act, soft);
        assert.ok(outcomeOf(decision, full), `${door} ${act}`);
      }
    }
  });
});

function asItWas({ roles, seat, reasons }: Standing): object {
  return { roles, seat, place: null, reasons };
}
