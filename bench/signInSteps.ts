/** Browsers that sign in at a server, step by step: what each step costs it and PostgreSQL in CPU time. */
import assert from "node:assert/strict";
import { Agent, request } from "undici";
import { cpuOf, cpuOfFamily } from "./machine.ts";

/** A server at which one can sign in, Usher or the bare one. */
export interface Door {
  readonly url: string;
  readonly pid: number;
  /** PostgreSQL's postmaster, where it is known. */
  readonly databasePid: number | undefined;
  /** The path at which a sign-in begins. */
  readonly start: string;
  /** The path that tells whose session it is. */
  readonly session: string;
}

/** The request that the browser brings back from the identity provider; `path` may be a whole URL. */
interface Answer {
  readonly path: string;
  readonly form?: URLSearchParams;
}

/** What the identity provider answers to a redirect, for the i-th person. */
export type Provider = (begun: string, i: number) => Promise<Answer>;

/** CPU time of one step, milliseconds for each browser. */
export interface Cost {
  readonly server: number;
  readonly database: number;
}

export const STEPS = ["start", "answer", "finish", "session"] as const;
/** `finish` is nothing where the answer itself opens the session. */
export type Costs = Readonly<Record<(typeof STEPS)[number], Cost>>;

interface Browser {
  readonly i: number;
  readonly cookies: Map<string, string>;
  /** Where it was sent last. */
  at: string;
}

/** At once, as of a server that is busy; more would wait for one tenant's lock. */
const IN_FLIGHT = 4;

/**
 * A round of so many sign-ins. All take a step before any takes the next, so that each step has a figure of its own and
 * what the identity provider does falls between them.
 */
export async function signInRound(door: Door, provider: Provider, count: number): Promise<Costs> {
  const browsers = Array.from({ length: count }, (_, i): Browser => ({ i, cookies: new Map(), at: "" }));
  const answers = new Map<Browser, Answer>();
  const step = (some: readonly Browser[], status: number, answerOf: (browser: Browser) => Answer): Promise<Cost> =>
    cost(door, some, (browser, agent) => visit(door, agent, browser, answerOf(browser), status));
  const start = await step(browsers, 303, () => ({ path: door.start }));
  for (const browser of browsers) answers.set(browser, await provider(browser.at, browser.i));
  const answer = await step(browsers, 303, (browser) => answers.get(browser) ?? { path: "" });
  const left = browsers.filter(({ at }) => at.startsWith("/sso/finish"));
  const finish = await step(left, 303, ({ at }) => ({ path: at }));
  const session = await step(browsers, 200, () => ({ path: door.session }));
  return { start, answer, finish, session };
}

async function cost(
  door: Door,
  browsers: readonly Browser[],
  step: (browser: Browser, agent: Agent) => Promise<void>,
): Promise<Cost> {
  if (browsers.length === 0) return { server: 0, database: 0 };
  const taken = (): [number, number] => [cpuOf(door.pid), door.databasePid ? cpuOfFamily(door.databasePid) : NaN];
  const before = taken();
  const waiting = [...browsers];
  // Of this step alone: a connection that has idled may just be closed by the server.
  const agent = new Agent({ connections: IN_FLIGHT });
  const go = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await step(next, agent);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, go));
  await agent.close();
  const after = taken();
  const each = (i: 0 | 1): number => (after[i] - before[i]) / browsers.length;
  return { server: each(0), database: each(1) };
}

async function visit(door: Door, agent: Agent, browser: Browser, answer: Answer, status: number): Promise<void> {
  const { path, form } = answer;
  const response = await request(new URL(path, door.url), {
    dispatcher: agent,
    method: form ? "POST" : "GET",
    headers: headersOf(browser, form !== undefined),
    ...(form && { body: form.toString() }),
  });
  assert.equal(response.statusCode, status, await response.body.text());
  for (const each of [response.headers["set-cookie"] ?? []].flat()) {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(each) ?? [];
    browser.cookies.set(name, value);
  }
  browser.at = String(response.headers["location"] ?? "");
}

function headersOf({ i, cookies }: Browser, isForm: boolean): Record<string, string> {
  return {
    // Each of an address of its own: what many send from one is held back.
    "x-forwarded-for": `198.51.100.${i % 250}`,
    "user-agent":
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    ...(cookies.size > 0 && { cookie: Array.from(cookies, (pair) => pair.join("=")).join("; ") }),
    ...(isForm && { "content-type": "application/x-www-form-urlencoded" }),
  };
}
