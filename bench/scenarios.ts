/** A kind of request that is asked of both servers, and what the right answer is. */
import type { HttpAnswer, HttpRequest } from "./connection.ts";
import type { Directory, Place } from "./directories.ts";

/** One request, and what its answer must be. */
export interface Call extends HttpRequest {
  readonly status: number;
  readonly isRight: (body: Answered) => boolean;
}

/** The requests of one directory: the i-th of those that are sent, on a connection with this token; several go one after the other. */
export type Calls = (i: number, token: string) => Call | readonly Call[];

/** A kind of request. */
export interface Scenario {
  readonly title: string;
  /** Which of Usher's tenants it goes to; the unlimited one unless given. */
  readonly tenant?: "unlimited" | "limited";
  /** Requests a second relative to the bare server's that Usher is to reach. */
  readonly target?: number;
  /** How many times as long as the first scenario of its suite it may take. */
  readonly flat?: number;
  /** Makes what the requests need, before anything is measured. */
  readonly calls: (directory: Directory) => Calls | Promise<Calls>;
}

/** One side of a contest. */
export interface Side {
  readonly directory: Directory;
  readonly calls: Calls;
}

/** A scenario on two directories. */
export interface Contest {
  readonly scenario: Scenario;
  readonly bare: Side;
  readonly usher: Side;
}

/** What the checks look at. */
export interface Answered {
  readonly id?: string;
  readonly userName?: string;
  readonly displayName?: string;
  readonly active?: boolean;
  readonly members?: readonly object[];
  readonly totalResults?: number;
  readonly nextCursor?: string;
  readonly Resources?: readonly Answered[];
}

/** A scenario on the directories of a place. */
export async function contestAt(scenario: Scenario, { directory }: Place): Promise<Contest> {
  return contest(scenario, await directory("bare"), await directory(scenario.tenant ?? "unlimited"));
}

/** A scenario on two directories. */
export async function contest(scenario: Scenario, bare: Directory, usher: Directory): Promise<Contest> {
  return {
    scenario,
    bare: { directory: bare, calls: await scenario.calls(bare) },
    usher: { directory: usher, calls: await scenario.calls(usher) },
  };
}

/** @throws Error that shows the answer, when it is not what it must be */
export function check(call: Call, { status, body }: HttpAnswer): void {
  if (status === call.status && call.isRight(body === "" ? {} : (JSON.parse(body) as Answered))) return;
  throw new Error(`${call.method} ${call.path} answered wrongly, ${status}: ${body.slice(0, 500)}`);
}
