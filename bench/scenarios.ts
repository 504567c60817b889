/** What is asked of both servers, and what the right answer is. */
import type { HttpAnswer, HttpRequest } from "./connection.ts";
import type { Directory, Place } from "./directories.ts";
import { person, setActive, userNameOf } from "./people.ts";

/** One request, and what its answer must be. */
export interface Call extends HttpRequest {
  readonly status: number;
  readonly isRight: (body: Answered) => boolean;
}

/** A kind of request. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** Which of Usher's tenants it goes to. */
  readonly tenant: "unlimited" | "limited";
  /** Requests a second relative to the bare server's that Usher is to reach at 10,000 users. */
  readonly target?: number;
  /** The requests of one directory: the i-th of those that are sent, on a connection with this token. */
  readonly calls: (directory: Directory) => (i: number, token: string) => Call;
}

/** What the checks look at. */
interface Answered {
  readonly id?: string;
  readonly userName?: string;
  readonly active?: boolean;
  readonly totalResults?: number;
  readonly Resources?: readonly Answered[];
}

const PAGE = 100;

const create: Scenario["calls"] = ({ base }) => {
  const run = Date.now().toString(36);
  return (i, token) => {
    const name = `new-${run}-${i}`;
    const isRight: Call["isRight"] = (body) =>
      body.id !== undefined && body.userName === userNameOf(name) && body.active === true;
    return { method: "POST", path: `${base}/Users`, token, body: person(name), status: 201, isRight };
  };
};

const lookUp: Scenario["calls"] = ({ base, people }) => {
  return (i, token) => {
    const userName = userNameOf(at(people, i).name);
    const path = `${base}/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}`;
    const isRight: Call["isRight"] = ({ totalResults, Resources }) =>
      totalResults === 1 && Resources?.[0]?.userName === userName;
    return { method: "GET", path, token, status: 200, isRight };
  };
};

const get: Scenario["calls"] = ({ base, people }) => {
  return (i, token) => {
    const { id, name } = at(people, i);
    const isRight: Call["isRight"] = (body) => body.id === id && body.userName === userNameOf(name);
    return { method: "GET", path: `${base}/Users/${id}`, token, status: 200, isRight };
  };
};

const patchActive: Scenario["calls"] = ({ base, people }) => {
  return (i, token) => {
    const { id } = at(people, i);
    // All are active at first; each time round turns it over.
    const active = Math.floor(i / people.length) % 2 === 1;
    const isRight: Call["isRight"] = (body) => body.id === id && body.active === active;
    return { method: "PATCH", path: `${base}/Users/${id}`, token, body: setActive(active), status: 200, isRight };
  };
};

const list: Scenario["calls"] = ({ base, size }) => {
  const pages = Math.ceil(size / PAGE);
  return (i, token) => {
    // A prime stride visits shallow and deep pages alike.
    const startIndex = 1 + PAGE * ((i * 7919) % pages);
    const path = `${base}/Users?startIndex=${startIndex}&count=${PAGE}`;
    const isRight: Call["isRight"] = ({ totalResults = 0, Resources }) =>
      totalResults >= size && Resources?.length === Math.min(PAGE, totalResults - startIndex + 1);
    return { method: "GET", path, token, status: 200, isRight };
  };
};

/** In the order in which they run: what creates people comes last. */
export const scenarios: readonly Scenario[] = [
  { name: "lookup", title: "look-up by userName", tenant: "unlimited", target: 0.7, calls: lookUp },
  { name: "get", title: "GET by id", tenant: "unlimited", target: 0.7, calls: get },
  { name: "patch", title: "PATCH active", tenant: "unlimited", target: 0.4, calls: patchActive },
  { name: "patch-limited", title: "PATCH active, limited seats", tenant: "limited", calls: patchActive },
  { name: "list", title: "list page of 100", tenant: "unlimited", calls: list },
  { name: "post", title: "POST user", tenant: "unlimited", target: 0.45, calls: create },
  { name: "post-limited", title: "POST user, limited seats", tenant: "limited", target: 0.35, calls: create },
];

/** Both servers' directories for a scenario. */
export function sidesOf({ tenant }: Scenario, place: Place): { bare: Directory; usher: Directory } {
  return { bare: place.bare, usher: place[tenant] };
}

/** @throws Error that shows the answer, when it is not what it must be */
export function check(call: Call, { status, body }: HttpAnswer): void {
  if (status === call.status && call.isRight(JSON.parse(body) as Answered)) return;
  throw new Error(`${call.method} ${call.path} answered wrongly, ${status}: ${body.slice(0, 500)}`);
}

function at<T>(items: readonly T[], i: number): T {
  return items[i % items.length]!;
}
