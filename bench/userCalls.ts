/** Requests to `/Users`. */
import { openConnection } from "./connection.ts";
import type { Answered, Call, Calls, Scenario } from "./scenarios.ts";
import { byEmployeeNumber, person, setActive, userNameOf } from "./people.ts";

const PAGE = 100;

export const create: Scenario["calls"] = ({ base }) => {
  const run = Date.now().toString(36);
  return (i, token) => createPerson(base, token, `new-${run}-${i}`, () => {});
};

/** The creation of a person; `made` hears their id. */
export function createPerson(base: string, token: string, name: string, made: (id: string) => void): Call {
  const isRight: Call["isRight"] = ({ id, userName, active }) => {
    if (id !== undefined) made(id);
    return id !== undefined && userName === userNameOf(name) && active === true;
  };
  return { method: "POST", path: `${base}/Users`, token, body: person(name), status: 201, isRight };
}

export const lookUp: Scenario["calls"] = ({ base, people }) => {
  return (i, token) => searchByUserName(base, token, at(people, i).name);
};

/** The look-up of a person. */
export function searchByUserName(base: string, token: string, name: string): Call {
  const userName = userNameOf(name);
  return search(base, token, `userName eq "${userName}"`, userName);
}

export const filterUnindexed: Scenario["calls"] = ({ base, people }) => {
  return (i, token) => {
    const { name } = at(people, i);
    return search(base, token, byEmployeeNumber(name), userNameOf(name));
  };
};

/** A search that finds one person. */
function search(base: string, token: string, filter: string, userName: string): Call {
  const path = `${base}/Users?filter=${encodeURIComponent(filter)}`;
  const isRight: Call["isRight"] = ({ totalResults, Resources }) =>
    totalResults === 1 && Resources?.[0]?.userName === userName;
  return { method: "GET", path, token, status: 200, isRight };
}

export const get: Scenario["calls"] = ({ base, people }) => {
  return (i, token) => {
    const { id, name } = at(people, i);
    const isRight: Call["isRight"] = (body) => body.id === id && body.userName === userNameOf(name);
    return { method: "GET", path: `${base}/Users/${id}`, token, status: 200, isRight };
  };
};

export const patchActive: Scenario["calls"] = ({ base, people }) => {
  return (i, token) => {
    const { id } = at(people, i);
    // All are active at first; each time round turns it over.
    const active = Math.floor(i / people.length) % 2 === 1;
    const isRight: Call["isRight"] = (body) => body.id === id && body.active === active;
    return { method: "PATCH", path: `${base}/Users/${id}`, token, body: setActive(active), status: 200, isRight };
  };
};

export const list: Scenario["calls"] = ({ base, size }) => {
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

/** Always the same page by index. */
export function pageByIndex(page: number): Scenario["calls"] {
  return ({ base, tokens: [token = ""] }) =>
    samePage(token, `${base}/Users?startIndex=${1 + PAGE * (page - 1)}&count=${PAGE}`);
}

/** Always the same page by cursor, which a walk from the first page finds; the bare server has it by index. */
export function pageByCursor(page: number): Scenario["calls"] {
  return async (directory) => {
    if (directory.kind === "bare") return pageByIndex(page)(directory);
    const {
      base,
      tokens: [token = ""],
    } = directory;
    const pathOf = (cursor: string): string => `${base}/Users?cursor=${encodeURIComponent(cursor)}&count=${PAGE}`;
    let cursor = "";
    const http = await openConnection(directory.port);
    for (let i = 1; i < page; i++) {
      const { body } = await http.send({ method: "GET", path: pathOf(cursor), token });
      const { nextCursor } = JSON.parse(body) as Answered;
      if (nextCursor === undefined) throw new Error(`page ${i} by cursor has no next: ${body.slice(0, 500)}`);
      cursor = nextCursor;
    }
    http.close();
    return samePage(token, pathOf(cursor));
  };
}

/** All requests go with one token: a cursor is its caller's (RFC 9865 §4), and a page takes long enough. */
function samePage(token: string, path: string): Calls {
  const isRight: Call["isRight"] = ({ Resources }) => Resources?.length === PAGE;
  return () => ({ method: "GET", path, token, status: 200, isRight });
}

function at<T>(items: readonly T[], i: number): T {
  return items[i % items.length]!;
}
