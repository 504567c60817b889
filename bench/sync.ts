/**
 * An initial cycle in the manner of Entra ID: each person is looked for and then created, then the groups, then who is
 * in them, twenty in a PATCH; eight requests in flight. What the server holds in memory is asked on the way.
 */
import { bareDirectory, usherDirectory, type Directory, type Setup } from "./directories.ts";
import { change } from "./groupCalls.ts";
import { measure, type Effort, type Measured, type Subjects } from "./measure.ts";
import { group, userNameOf } from "./people.ts";
import { contest, type Answered, type Call, type Scenario } from "./scenarios.ts";
import type { Memory, RunningServer } from "./servers.ts";
import { createPerson } from "./userCalls.ts";

const PEOPLE = 10_000;
const GROUPS = 100;
/** Groups of a person. */
const EACH_IN = 3;
const MEMBERS_OF_PATCH = 20;
const IN_FLIGHT = 8;

/** Turns of each server; nothing is done twice, so none is lost on warming up. */
const PEOPLE_EFFORT = {
  rounds: 10,
  requests: PEOPLE / 10,
  seconds: Infinity,
  inFlight: IN_FLIGHT,
  warmUp: false,
} as const;
const GROUP_EFFORT = {
  rounds: 5,
  requests: GROUPS / 5,
  seconds: Infinity,
  inFlight: IN_FLIGHT,
  warmUp: false,
} as const;
const PATCHES = (PEOPLE * EACH_IN) / MEMBERS_OF_PATCH;
const MEMBER_EFFORT = {
  rounds: 10,
  requests: PATCHES / 10,
  seconds: Infinity,
  inFlight: IN_FLIGHT,
  warmUp: false,
} as const;

/** What an initial cycle took, and Usher's memory at its start and after each turn. */
export interface Synced {
  readonly measured: readonly Measured[];
  readonly memory: readonly Memory[];
}

/** Runs one initial cycle on both servers. */
export async function sync(setup: Setup, usher: RunningServer, subjects: Subjects): Promise<Synced> {
  // Zero people: no other directory of the bench is empty.
  const directories = [
    await bareDirectory(setup, 0, IN_FLIGHT),
    await usherDirectory(setup, 0, IN_FLIGHT, null),
  ] as const;
  const known = new Map<Directory, Known>(directories.map((each) => [each, { people: [], groups: [] }]));
  const memory = [await usher.memory()];
  const measured: Measured[] = [];
  for (const [scenario, effort] of stages((directory) => known.get(directory) ?? { people: [], groups: [] })) {
    const contests = [await contest(scenario, ...directories)];
    measured.push(...(await measure(contests, subjects, effort, async () => void memory.push(await usher.memory()))));
  }
  return { measured, memory };
}

/** The ids that the answers told, by serial number. */
interface Known {
  readonly people: string[];
  readonly groups: string[];
}

function stages(knownOf: (directory: Directory) => Known): readonly (readonly [Scenario, Effort])[] {
  const people: Scenario["calls"] = (directory) => {
    const { people: ids } = knownOf(directory);
    return (i, token) => [
      miss(directory.base, token, "Users", `userName eq "${userNameOf(`sync${i}`)}"`),
      createPerson(directory.base, token, `sync${i}`, (id) => void (ids[i] = id)),
    ];
  };
  const groups: Scenario["calls"] = (directory) => {
    const { groups: ids } = knownOf(directory);
    return (i, token) => [
      miss(directory.base, token, "Groups", `displayName eq "Team ${i}"`),
      createGroup(directory.base, token, `Team ${i}`, (id) => void (ids[i] = id)),
    ];
  };
  const members: Scenario["calls"] = (directory) => {
    const { people: ids, groups: teams } = knownOf(directory);
    return (i, token) => {
      const ofGroup = Array.from(
        { length: MEMBERS_OF_PATCH },
        (_, k) => ids[(i * MEMBERS_OF_PATCH + k) % PEOPLE] ?? "",
      );
      // Neighbouring PATCHes go to one group, as Entra sends them; each time round the people are in other groups.
      const patchesOfGroup = PATCHES / GROUPS;
      return change(directory.base, token, teams[Math.floor(i / patchesOfGroup)] ?? "", ofGroup);
    };
  };
  return [
    [{ title: "10,000 people: look-up and POST", calls: people }, PEOPLE_EFFORT],
    [{ title: "100 groups: look-up and POST", calls: groups }, GROUP_EFFORT],
    [{ title: "30,000 memberships: PATCH of 20", calls: members }, MEMBER_EFFORT],
  ];
}

/** A search that finds nobody: Entra leaves members out of those for groups. */
function miss(base: string, token: string, type: "Users" | "Groups", filter: string): Call {
  const path = `${base}/${type}?excludedAttributes=members&filter=${encodeURIComponent(filter)}`;
  const isRight = ({ totalResults, Resources = [] }: Answered): boolean => totalResults === 0 && Resources.length === 0;
  return { method: "GET", path, token, status: 200, isRight };
}

function createGroup(base: string, token: string, name: string, made: (id: string) => void): Call {
  const isRight: Call["isRight"] = ({ id, displayName }) => {
    if (id !== undefined) made(id);
    return id !== undefined && displayName === name;
  };
  return { method: "POST", path: `${base}/Groups`, token, body: group(name), status: 201, isRight };
}

const MIB = 1024 * 1024;

/** One line of figures. */
export function memoryLine(memory: readonly Memory[]): string {
  const of = (key: keyof Memory): string => memory.map((each) => Math.round(each[key] / MIB)).join(" ");
  return `Usher's memory before, and after each turn, MiB\n\nresident: ${of("rss")}\nheap after a full collection: ${of("heapUsed")}`;
}
