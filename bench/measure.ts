/** The closed loop, and the rounds in which the two servers take turns. */
import { openConnection, type HttpConnection } from "./connection.ts";
import { cpuOf, cpuOfFamily } from "./machine.ts";
import { check, type Call, type Contest, type Scenario, type Side } from "./scenarios.ts";

/** How long and how often is measured. */
export interface Effort {
  readonly rounds: number;
  /** A round ends with whichever comes first. */
  readonly requests: number;
  readonly seconds: number;
  /** Connections at most. */
  readonly inFlight: number;
  /** Whether a shorter round of each counts for nothing: code is compiled and statements are planned. */
  readonly warmUp: boolean;
}

/** One server under test. */
interface Subject {
  readonly pid: number;
  /** Process id of PostgreSQL's postmaster, where it is known. */
  readonly databasePid: number | undefined;
}

/** Both. */
export interface Subjects {
  readonly bare: Subject;
  readonly usher: Subject;
}

/** What one server did in one round. */
export interface Round {
  readonly requests: number;
  readonly perSecond: number;
  /** CPU time of the server process and of PostgreSQL, milliseconds a request. */
  readonly serverCpu: number;
  readonly databaseCpu: number;
  /** Of each request, milliseconds. */
  readonly latencies: readonly number[];
}

/** All rounds of one scenario at one size, in pairs. */
export interface Measured {
  readonly scenario: Scenario;
  readonly size: number;
  readonly bare: readonly Round[];
  readonly usher: readonly Round[];
}

type Load = (effort: Pick<Effort, "requests" | "seconds" | "inFlight">) => Promise<Round>;

/**
 * Measures contests. They and the servers take turns within each round, so that what else happens on the machine falls
 * on all of them alike.
 *
 * @param between called after each round
 */
export async function measure(
  contests: readonly Contest[],
  subjects: Subjects,
  effort: Effort,
  between?: () => Promise<void>,
): Promise<Measured[]> {
  const running = contests.map(({ scenario, bare, usher }) => ({
    loads: { bare: loadOf(subjects.bare, bare), usher: loadOf(subjects.usher, usher) },
    result: { scenario, size: usher.directory.size, bare: [] as Round[], usher: [] as Round[] },
  }));
  const short = { ...effort, requests: effort.requests / 4, seconds: effort.seconds / 2 };
  if (effort.warmUp) for (const { loads } of running) for (const load of [loads.bare, loads.usher]) await load(short);
  for (let round = 0; round < effort.rounds; round++) {
    for (const { loads, result } of running) {
      result.bare.push(await loads.bare(effort));
      result.usher.push(await loads.usher(effort));
    }
    await between?.();
  }
  return running.map(({ result }) => result);
}

/** Serial numbers go on from round to round: nobody is created twice, and each PATCH changes something. */
function loadOf({ pid, databasePid }: Subject, { directory, calls }: Side): Load {
  let serial = 0;
  return async ({ requests, seconds, inFlight }) => {
    // Anew for each turn: a server closes connections that were silent through the other one's.
    const connections = await Promise.all(
      directory.tokens.slice(0, inFlight).map(() => openConnection(directory.port)),
    );
    const latencies: number[] = [];
    const before = { server: cpuOf(pid), database: databasePid ? cpuOfFamily(databasePid) : NaN };
    const start = performance.now();
    const end = start + seconds * 1000;
    let left = requests;
    const one = async (connection: HttpConnection, token: string): Promise<void> => {
      while (left-- > 0 && performance.now() < end) {
        for (const call of [calls(serial++, token)].flat()) latencies.push(await timed(connection, call));
      }
    };
    await Promise.all(connections.map((each, i) => one(each, directory.tokens[i] ?? "")));
    const elapsed = performance.now() - start;
    for (const each of connections) each.close();
    const done = latencies.length;
    return {
      requests: done,
      perSecond: (done * 1000) / elapsed,
      serverCpu: (cpuOf(pid) - before.server) / done,
      databaseCpu: databasePid ? (cpuOfFamily(databasePid) - before.database) / done : NaN,
      latencies,
    };
  };
}

async function timed(connection: HttpConnection, call: Call): Promise<number> {
  const start = performance.now();
  const answer = await connection.send(call);
  const elapsed = performance.now() - start;
  check(call, answer);
  return elapsed;
}
