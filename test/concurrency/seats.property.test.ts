import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { SeatSettings } from "../../src/admission/policy.ts";
import { seatPolicy } from "../../src/admission/policy.ts";
import { builtInCatalogue } from "../../src/admission/roles.ts";
import { decide } from "../../src/admission/seats.ts";
import { promoted } from "../../src/admission/seatMoves.ts";
import type { Door, Person, Rules, Standing } from "../../src/admission/types.ts";
import { isRefusal } from "../../src/base/errors.ts";
import { stored } from "../admission/make.ts";
import { audited, checkPeople, newPeople, type People } from "./people.ts";

const RUNS = 25;

type Operation =
  | { readonly do: "create"; readonly active: boolean }
  | { readonly do: "activate" | "deactivate" | "hold" | "release" | "remove"; readonly whom: number }
  | { readonly do: "limit"; readonly limit: number | null };

const limit = fc.option(fc.nat(6));
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("create"), active: fc.boolean() } as const) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom("activate", "deactivate", "hold", "release", "remove"),
      whom: fc.nat(9),
    } as const),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("limit"), limit } as const) },
);
const whenFull = fc.constantFrom("refuse", "downgrade", "waitlist" as const);
const settings: fc.Arbitrary<SeatSettings> = fc.record({
  countedStatuses: fc.constantFrom(["active"], ["active", "suspended"] as const),
  autoAssign: fc.constantFrom(true, true, true, false),
  whenFull: fc.record({ scim: whenFull, admin: whenFull }),
});

let names = 0;

/** Carries an operation out; the id of whom it created, and whether it was refused. */
async function perform(
  people: People,
  ids: readonly string[],
  one: Operation,
): Promise<{ id?: string; refused: boolean }> {
  const at = (whom: number): string => ids[whom % ids.length] ?? "";
  try {
    if (one.do === "create")
      return { id: (await people.create(`p-${++names}@example.com`, one.active)).id, refused: false };
    if (one.do === "limit") await people.setLimit(one.limit);
    else if (ids.length > 0) await performOn(people, at(one.whom), one.do);
    return { refused: false };
  } catch (error) {
    if (isRefusal(error, "seat_limit_reached")) return { refused: true };
    throw error;
  }
}

async function performOn(
  people: People,
  id: string,
  what: Exclude<Operation["do"], "create" | "limit">,
): Promise<void> {
  if (what === "remove") await people.remove(id);
  else if (what === "activate" || what === "deactivate") await people.setActive(id, what === "activate");
  else await people.setHold(id, what === "hold");
}

describe("operations in any number, at once", () => {
  audited();

  it("keep rule 1 at every commit, serve the queue in its order, and are all told", async function () {
    this.timeout(300_000);
    const waves = fc.array(fc.array(operation, { minLength: 1, maxLength: 10 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(limit, settings, waves, async (first, seats, all) => {
        const people = await newPeople(first, seats);
        const ids: string[] = [];
        for (const wave of all) {
          const known = [...ids];
          const results = await Promise.allSettled(wave.map((one) => perform(people, known, one)));
          for (const each of results) {
            if (each.status === "fulfilled") ids.push(...(each.value.id === undefined ? [] : [each.value.id]));
            else assert.ok(isRefusal(each.reason, "not_found"), String((each.reason as Error).stack));
          }
          await checkPeople(people, assert.deepEqual);
        }
      }),
      { numRuns: RUNS },
    );
  });
});

/** Admission's decisions, carried out in memory: a counter, a queue, and nobody else. */
interface Model {
  limit: number | null;
  readonly people: Map<string, { person: Person; standing: Standing; waitingSince: number; createdAt: number }>;
}

function used({ people }: Model): number {
  return [...people.values()].filter(({ standing }) => standing.seat === "held").length;
}

function isFree(model: Model): boolean {
  return model.limit === null || used(model) < model.limit;
}

/** Whether it was refused. */
function write(model: Model, rules: Rules, id: string, person: Person, door: Door, time: number): boolean {
  const known = model.people.get(id);
  const decision = decide(known?.standing ?? null, person, door, "person", rules);
  const standing = stored(person, decision, isFree(model));
  if (!standing) return true;
  const queued = standing.seat === "waiting" && known?.standing.seat !== "waiting";
  const waitingSince = queued ? time : (known?.waitingSince ?? 0);
  model.people.set(id, { person, standing, waitingSince, createdAt: known?.createdAt ?? time });
  if (decision.seat.ask === "free") promote(model, 1);
  return false;
}

function promote(model: Model, most: number): void {
  const queue = [...model.people]
    .filter(([, { standing }]) => standing.seat === "waiting")
    .toSorted(([, a], [, b]) => a.waitingSince - b.waitingSince || a.createdAt - b.createdAt);
  for (const [id, one] of queue.slice(0, most)) {
    if (!isFree(model)) return;
    const { place: _, ...seated } = promoted(one.standing);
    model.people.set(id, { ...one, standing: { ...one.standing, ...seated } });
  }
}

function apply(model: Model, rules: Rules, id: string, one: Operation, time: number): boolean {
  if (one.do === "limit") {
    if (model.limit === one.limit) return false;
    model.limit = one.limit;
    promote(model, Infinity);
    return false;
  }
  if (one.do === "create") return write(model, rules, id, { ...pushed, directoryActive: one.active }, "scim", time);
  const known = model.people.get(id);
  if (!known) return false;
  if (one.do === "remove") {
    model.people.delete(id);
    if (known.standing.seat === "held") promote(model, 1);
    return false;
  }
  const byDirectory = one.do === "activate" || one.do === "deactivate";
  const change = byDirectory ? { directoryActive: one.do === "activate" } : { hold: one.do === "hold" };
  return write(model, rules, id, { ...known.person, ...change }, byDirectory ? "scim" : "admin", time);
}

const pushed: Person = {
  entrance: "scim",
  joined: true,
  directoryActive: true,
  hold: false,
  breakGlass: false,
  managed: true,
  invitationLapsed: false,
  granted: [],
  lastAdminHold: [],
  groups: [],
  claims: [],
  asserted: () => ({}),
};

const SHOWN = `select id, seat, roles, entitled, reasons, needs_seat as "needsSeat", directory_active as "directoryActive",
  hold from members where tenant_id = $1 order by id`;

function shown({ people }: Model): unknown[] {
  const rows = [...people].map(([id, { standing }]) => {
    const { seat, roles, entitled, reasons, needsSeat, directoryActive, hold } = standing;
    return { id, seat, roles, entitled, reasons, needsSeat, directoryActive, hold };
  });
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

describe("operations in any number, one after the other", () => {
  it("leave every member as admission decides, and the seats with whom it gives them", async function () {
    this.timeout(300_000);
    const operations = fc.array(operation, { minLength: 1, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(limit, settings, operations, async (first, seats, all) => {
        let time = Date.UTC(2026, 0, 1);
        const people = await newPeople(first, seats, () => new Date(time));
        const rules: Rules = { policy: seatPolicy(seats), roles: builtInCatalogue, mappings: [] };
        const model: Model = { limit: first, people: new Map() };
        for (const one of all) {
          time += 1000;
          const ids = [...model.people.keys()];
          const { id, refused } = await perform(people, ids, one);
          const whom = "whom" in one ? ids[one.whom % ids.length] : id;
          // A creation that is refused leaves no id: the model then knows the newcomer by none either.
          assert.equal(refused, apply(model, rules, whom ?? "", one, time), JSON.stringify(one));
          assert.deepEqual(await people.read(SHOWN), shown(model), JSON.stringify(one));
        }
      }),
      { numRuns: RUNS },
    );
  });
});
