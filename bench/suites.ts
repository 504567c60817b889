/** What is measured together: the scenarios of a suite take turns, so that they can be compared with each other too. */
import type { Place } from "./directories.ts";
import { addOne, push, readWithoutMembers } from "./groupCalls.ts";
import type { Effort } from "./measure.ts";
import { contestAt, type Contest, type Scenario } from "./scenarios.ts";
import * as users from "./userCalls.ts";

/** Scenarios that take turns. */
export interface Suite {
  readonly name: string;
  readonly title: string;
  /** Of the table that its rows stand in. */
  readonly heading: (users: number) => string;
  readonly effort?: Partial<Effort>;
  readonly contests: (places: readonly Place[]) => Promise<readonly Contest[]>;
}

/** The size that the targets of a single scenario are set for. */
const TARGET_SIZE = 10_000;
const ROUNDS_OF_PUSHES = { rounds: 7, requests: 40 };
/** The bare server takes a fifth of a second and more for each: sixteen at once would only wait for each other. */
const SLOW = { inFlight: 4 };

/** The last page of 100,000 people. */
const DEEP = 1000;

/** In the order in which they run: what creates people comes last. */
export const suites: readonly Suite[] = [
  alone("lookup", { title: "look-up by userName", target: 0.7, calls: users.lookUp }),
  alone("get", { title: "GET by id", target: 0.7, calls: users.get }),
  alone("patch", { title: "PATCH active", target: 0.4, calls: users.patchActive }),
  alone("patch-limited", { title: "PATCH active, limited seats", tenant: "limited", calls: users.patchActive }),
  alone("list", { title: "list page of 100", calls: users.list }),
  together("pages", "pages of 100", SLOW, [
    { title: "page 1", calls: users.pageByIndex(1) },
    { title: "page 1000 by index, bare: OFFSET", target: 3, calls: users.pageByIndex(DEEP) },
    { title: "page 1000 by cursor, bare: OFFSET", target: 10, flat: 1.3, calls: users.pageByCursor(DEEP) },
  ]),
  together("filter", "filter on what no index knows", SLOW, [
    { title: "employeeNumber eq", calls: users.filterUnindexed },
  ]),
  together("member", "one member more", {}, [
    { title: "in a group of 100", target: 0.5, calls: addOne(100) },
    { title: "in a group of 10,000", target: 0.5, flat: 1.2, calls: addOne(10_000) },
    { title: "in a group of 100,000", target: 0.5, flat: 1.2, calls: addOne(100_000) },
  ]),
  together("push", "1,000 members in one PATCH", ROUNDS_OF_PUSHES, [
    { title: "in an empty group", target: 0.5, calls: push(ROUNDS_OF_PUSHES.requests * (ROUNDS_OF_PUSHES.rounds + 1)) },
  ]),
  together("without-members", "a group with excludedAttributes=members", {}, [
    { title: "empty", calls: readWithoutMembers(0) },
    { title: "of 1,000 members", flat: 1.2, calls: readWithoutMembers(1000) },
  ]),
  alone("post", { title: "POST user", target: 0.45, calls: users.create }),
  alone("post-limited", { title: "POST user, limited seats", tenant: "limited", target: 0.35, calls: users.create }),
];

/** One scenario in directories of all sizes. */
function alone(name: string, scenario: Scenario): Suite {
  const { target: _, ...elsewhere } = scenario;
  const contests: Suite["contests"] = (places) =>
    inTurn(places, (place) => contestAt(place.size === TARGET_SIZE ? scenario : elsewhere, place));
  return { name, title: scenario.title, heading: (size) => `${size} users`, contests };
}

/** Several scenarios in the largest directory. */
function together(name: string, title: string, effort: Partial<Effort>, scenarios: readonly Scenario[]): Suite {
  const contests: Suite["contests"] = (places) => {
    const place = places.at(-1);
    return place ? inTurn(scenarios, (scenario) => contestAt(scenario, place)) : Promise.resolve([]);
  };
  return { name, title, heading: (size) => `${title}, ${size} users`, effort, contests };
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
