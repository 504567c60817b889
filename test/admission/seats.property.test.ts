import assert from "node:assert/strict";
import * as fc from "fast-check";
import { bearsSeat, needsSeat } from "../../src/admission/need.ts";
import { seatPolicy } from "../../src/admission/policy.ts";
import { builtInCatalogue, roleCatalogue } from "../../src/admission/roles.ts";
import { decide } from "../../src/admission/seats.ts";
import { promoted, widened } from "../../src/admission/seatMoves.ts";
import {
  doors,
  type Act,
  type Door,
  type Mapping,
  type Person,
  type Rules,
  type Standing,
} from "../../src/admission/types.ts";
import { auditor, lead, outcomeOf, stored } from "./make.ts";

const roleSlugs = ["admin", "member", "viewer", "auditor", "lead", "ghost"] as const;
const door = fc.constantFrom(...doors);
const act = fc.constantFrom<Act[]>("person", "grant", "effect");
const someRoles = fc.uniqueArray(fc.constantFrom(...roleSlugs), { maxLength: 3 });
const groupIds = ["g1", "g2", "g3"] as const;
const mappings: fc.Arbitrary<Mapping[]> = fc.array(
  fc.record({
    group: fc.constantFrom(...groupIds).map((id) => ({ ids: [id], name: id })),
    role: fc.constantFrom(...roleSlugs),
  }),
  { maxLength: 3 },
);

const rules: fc.Arbitrary<Rules> = fc.record({
  policy: fc
    .record({
      countedStatuses: fc.subarray(["invited", "active", "suspended"] as const),
      autoAssign: fc.boolean(),
      whenFull: fc.dictionary(door, fc.constantFrom("refuse", "downgrade", "waitlist"), { noNullPrototype: true }),
      seatedRole: fc.constantFrom(...roleSlugs),
      fallbackRole: fc.constantFrom(...roleSlugs),
    })
    .map((settings) => seatPolicy(settings)),
  roles: fc.constantFrom(builtInCatalogue, roleCatalogue([auditor, lead])),
  mappings,
});

const person: fc.Arbitrary<Person> = fc.record({
  entrance: door,
  joined: fc.boolean(),
  directoryActive: fc.boolean(),
  hold: fc.boolean(),
  breakGlass: fc.boolean(),
  managed: fc.boolean(),
  invitationLapsed: fc.boolean(),
  granted: someRoles,
  lastAdminHold: fc.constantFrom([], [], [], ["admin"]),
  groups: fc.subarray([...groupIds]),
  claims: fc.constant([]),
  asserted: fc.constant(() => ({})),
});

interface Step {
  readonly who: Person;
  readonly door: Door;
  readonly act: Act;
  readonly free: boolean;
}
const step: fc.Arbitrary<Step> = fc.record({ who: person, door, act, free: fc.boolean() });
const history = fc.array(step, { minLength: 1, maxLength: 6 });

/** What is stored after these steps, refused ones rolled back; each step is shown to `see`. */
function live(all: Rules, steps: readonly Step[], see: (at: Seen) => void = () => undefined): Standing | null {
  let standing: Standing | null = null;
  for (const one of steps) {
    const decision = decide(standing, one.who, one.door, one.act, all);
    see({ before: standing, ...one, decision });
    standing = stored(one.who, decision, one.free) ?? standing;
  }
  return standing;
}
type Seen = Step & { readonly before: Standing | null; readonly decision: ReturnType<typeof decide> };

/** Holds at every step of every history. */
function always(check: (at: Seen, all: Rules) => void): void {
  fc.assert(
    fc.property(rules, history, (all, steps) => {
      live(all, steps, (at) => check(at, all));
    }),
    { numRuns: 500 },
  );
}

describe("in every history", () => {
  it("a decision is the same when asked again, and changes nothing that it was given", () => {
    always((at, all) => {
      const given = JSON.stringify([at.before, at.who]);
      assert.deepEqual(decide(at.before, at.who, at.door, at.act, all), at.decision);
      assert.equal(JSON.stringify([at.before, at.who]), given);
    });
  });

  it("rule 15: nobody ever has no role, and every role in force exists", () => {
    always(({ decision }, all) => {
      for (const free of [true, false]) {
        const outcome = outcomeOf(decision, free);
        if (!outcome) continue;
        assert.ok(outcome.roles.length > 0 && decision.entitled.length > 0);
        assert.ok(outcome.roles.every((role) => all.roles.has(role)));
        assert.equal(new Set(outcome.roles).size, outcome.roles.length);
      }
    });
  });

  it("a role that needs a seat is in force only with a seat, or where none is needed", () => {
    always(({ decision, who }, all) => {
      for (const free of [true, false]) {
        const outcome = outcomeOf(decision, free);
        if (!outcome || outcome.seat === "held" || !needsSeat(who, decision.entitled, all)) continue;
        assert.ok(!outcome.roles.some((role) => bearsSeat(role, all)));
      }
    });
  });

  it("with a seat, or without need of one, exactly the entitled roles are in force", () => {
    always(({ decision }) => {
      for (const free of [true, false]) {
        const outcome = outcomeOf(decision, free);
        if (outcome && (outcome.seat === "held" || !decision.needsSeat))
          assert.deepEqual(outcome.roles, decision.entitled);
      }
    });
  });

  it("a seat is held or awaited only by who needs one; nobody waits while suspended", () => {
    always(({ decision }) => {
      for (const free of [true, false]) {
        const outcome = outcomeOf(decision, free);
        if (!outcome) continue;
        if (outcome.seat !== "none") assert.ok(decision.needsSeat);
        if (decision.status === "suspended") assert.notEqual(outcome.seat, "waiting");
        assert.equal(outcome.place === null, outcome.seat !== "waiting");
      }
    });
  });

  it("rule 1: the counter moves exactly with the seats", () => {
    always(({ before, decision }) => {
      const held = before?.seat === "held" ? 1 : 0;
      const { seat } = decision;
      if (seat.ask === "nothing") assert.equal(seat.outcome.seat === "held" ? 1 : 0, held);
      if (seat.ask === "free") assert.deepEqual([held, seat.outcome.seat], [1, "none"]);
      if (seat.ask === "take") {
        assert.deepEqual([held, seat.seated.seat], [0, "held"]);
        if (seat.unseated !== "refuse") assert.notEqual(seat.unseated.seat, "held");
      }
    });
  });

  it("suspended is never held or waiting unless the policy counts suspended", () => {
    always(({ decision }, all) => {
      if (decision.status !== "suspended" || all.policy.countedStatuses.includes("suspended")) return;
      assert.notEqual(decision.seat.ask, "take");
      assert.equal(outcomeOf(decision, true)?.seat, "none");
    });
  });

  it("rule 10: break-glass never holds, awaits or asks for a seat", () => {
    always(({ who, decision }) => {
      if (who.breakGlass) assert.ok(decision.seat.ask !== "take" && decision.seat.outcome.seat === "none");
    });
  });

  it("rule 2: only a door that refuses refuses, and never an effect on a member that is there", () => {
    always(({ before, decision, door: at, act: how, who }, all) => {
      if (decision.seat.ask !== "take" || decision.seat.unseated !== "refuse") return;
      assert.equal(all.policy.whenFull[at], "refuse");
      const cameBack = before && !needsSeat(before, decision.entitled, all);
      const rose = before && decision.status === "active" && (!before.joined || before.hold || !before.directoryActive);
      assert.ok(before === null || how !== "effect" || cameBack || rose, JSON.stringify(who));
    });
  });

  it("rule 3: a deactivation of a member by profile is never refused", () => {
    always(({ before, decision, act: how, who }) => {
      if (before === null || decision.status !== "suspended" || how !== "person") return;
      const added = who.granted.some((role) => !before.entitled.includes(role));
      if (!added) assert.ok(outcomeOf(decision, false));
    });
  });

  it("the last reason, and no other, is about the seat", () => {
    always(({ decision }) => {
      for (const free of [true, false]) {
        const reasons = outcomeOf(decision, free)?.reasons;
        if (!reasons) continue;
        assert.deepEqual(
          reasons.map((reason) => "role" in reason),
          reasons.map((_, index) => index < reasons.length - 1),
        );
        assert.deepEqual(
          new Set(reasons.flatMap((reason) => ("role" in reason ? [reason.role] : []))),
          new Set(decision.entitled),
        );
      }
    });
  });
});

describe("an unchanged person", () => {
  it("stays exactly as they are, by every door, with free seats and without", () => {
    fc.assert(
      fc.property(rules, history, door, fc.constantFrom<Act[]>("person", "effect"), (all, steps, at, how) => {
        let last: Person | null = null;
        const standing = live(all, steps, ({ who, decision, free }) => {
          if (stored(who, decision, free)) last = who;
        });
        if (standing === null || last === null) return;
        const decision = decide(standing, last, at, how, all);
        assert.equal(decision.seat.ask, "nothing");
        assert.deepEqual({ ...stored(last, decision, false), displaced: false }, { ...standing, displaced: false });
      }),
      { numRuns: 1000 },
    );
  });
});

describe("seats that move without a change of the person, in every history", () => {
  it("a promotion holds: the next unrelated write leaves it alone", () => {
    fc.assert(
      fc.property(rules, history, door, (all, steps, at) => {
        let last: Person | null = null;
        const standing = live(all, steps, ({ who, decision, free }) => {
          if (stored(who, decision, free)) last = who;
        });
        if (standing?.seat !== "waiting" || last === null) return;
        const { place, ...seated } = promoted(standing);
        assert.equal(place, null);
        const decision = decide({ ...standing, ...seated }, last, at, "person", all);
        assert.deepEqual(decision.seat, { ask: "nothing", outcome: promoted(standing) });
      }),
      { numRuns: 1000 },
    );
  });

  it("rule 5: after widened statuses everyone has the roles they had, and is settled", () => {
    fc.assert(
      fc.property(rules, history, door, (all, steps, at) => {
        let last: Person | null = null;
        const standing = live(all, steps, ({ who, decision, free }) => {
          if (stored(who, decision, free)) last = who;
        });
        if (standing === null || last === null) return;
        const wider: Rules = {
          ...all,
          policy: { ...all.policy, countedStatuses: ["invited", "active", "suspended"] },
        };
        const untouched = decide(standing, last, at, "person", wider);
        assert.deepEqual(outcomeOf(untouched, false)?.roles, standing.roles);
        const outcome = widened(standing, last, wider);
        if (outcome === null) return;
        assert.deepEqual(outcome.roles, standing.roles);
        const { place: _, ...seated } = outcome;
        const after = decide({ ...standing, ...seated, needsSeat: true }, last, at, "person", wider);
        assert.deepEqual(after.seat, { ask: "nothing", outcome });
      }),
      { numRuns: 1000 },
    );
  });
});
