/** Requests to `/Groups`. */
import { create, sendOnce, type Directory } from "./directories.ts";
import { addMembers, group } from "./people.ts";
import type { Call, Scenario } from "./scenarios.ts";

/** Members of one PATCH; Entra and Okta send fewer. */
const PUSH = 1000;
/** Newcomers who join one after the other: more than a run has requests. */
const NEWCOMERS = 20_000;

/** Adds one member after the other to a group that has `members` already. */
export function addOne(members: number): Scenario["calls"] {
  return async (directory) => {
    const { base, size } = directory;
    const id = await filledGroup(directory, members);
    const newcomers = await newcomersOf(directory);
    if (size < members) throw new Error(`a directory of ${size} has no ${members} members for a group`);
    return (i, token) => change(base, token, id, [required(newcomers[i])]);
  };
}

/** Adds a thousand members at once to one group after the other, each of them empty. */
export function push(groups: number): Scenario["calls"] {
  return async (directory) => {
    const { base, size } = directory;
    const people = await directory.ids(0, size);
    const empty: string[] = [];
    for (let i = 0; i < groups; i++) empty.push(await filledGroup(directory, 0));
    return (i, token) => {
      const from = (i * PUSH) % (size - PUSH + 1);
      return change(base, token, required(empty[i]), people.slice(from, from + PUSH));
    };
  };
}

/** Reads a group of so many members without them. */
export function readWithoutMembers(members: number): Scenario["calls"] {
  return async (directory) => {
    const id = await filledGroup(directory, members);
    const path = `${directory.base}/Groups/${id}?excludedAttributes=members`;
    const isRight: Call["isRight"] = (body) => body.id === id && body.members === undefined;
    return (_i, token) => ({ method: "GET", path, token, status: 200, isRight });
  };
}

/** The addition of members, of whom none was one. */
export function change(base: string, token: string, id: string, ids: readonly string[]): Call {
  const path = `${base}/Groups/${id}`;
  return { method: "PATCH", path, token, body: addMembers(ids), status: 204, isRight: () => true };
}

let groups = 0;

async function filledGroup(directory: Directory, members: number): Promise<string> {
  const {
    port,
    base,
    tokens: [token = ""],
  } = directory;
  const { id } = await create(port, `${base}/Groups`, token, group(`Group ${groups++}`));
  const people = members === 0 ? [] : await directory.ids(0, members);
  for (let i = 0; i < people.length; i += PUSH) {
    const { status, body } = await sendOnce(port, change(base, token, required(id), people.slice(i, i + PUSH)));
    if (status !== 204) throw new Error(`a group was not filled: ${status} ${body}`);
  }
  return required(id);
}

const grown = new WeakMap<Directory, Promise<string[]>>();

/** Made once for each directory, whose groups they all join. */
function newcomersOf(directory: Directory): Promise<string[]> {
  const { size } = directory;
  const made =
    grown.get(directory) ?? directory.grow(size, size + NEWCOMERS).then(() => directory.ids(size, size + NEWCOMERS));
  grown.set(directory, made);
  return made;
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the run is longer than what was made for it");
  return value;
}
