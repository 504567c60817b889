/**
 * `npm run bench`: Usher beside a bare express and pg server on one PostgreSQL, 16 keep-alive connections, closed loop.
 *
 * The server under test has a core of its own, PostgreSQL and this driver have the others (Linux, taskset). PostgreSQL is
 * a throwaway cluster with fsync on, or the empty database of BENCH_DATABASE_URL. A wrong answer ends the run.
 */
import { randomBytes } from "node:crypto";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { startPostgres } from "../test/support/postgres.ts";
import { placeOf, type Setup } from "./directories.ts";
import { pinToCores } from "./machine.ts";
import { measure, type Effort, type Subjects } from "./measure.ts";
import { flatness, resultsOf, tables, type Result } from "./report.ts";
import { startBare, startUsher, type RunningServer, type ServerOptions } from "./servers.ts";
import { signIns, signInTables, type SignInResult } from "./signIn.ts";
import { signInLoad, signInLoadTable, type LoadResult } from "./signInLoad.ts";
import { suites } from "./suites.ts";
import { memoryLine, sync, type Synced } from "./sync.ts";

const CONNECTIONS = 16;
const SYNC = "sync";
const SIGN_IN = "sign-in";
const SIGN_IN_LOAD = "sign-in-load";
const NAMES = [...suites.map(({ name }) => name), SYNC, SIGN_IN, SIGN_IN_LOAD];

const USAGE = `npm run bench -- [options] [NAME...]
  NAME                        of: ${NAMES.join(", ")}; all unless given
  --sizes=1000,10000,100000   users in a directory
  --rounds=7                  turns of each server
  --requests=1000             of a turn at most, or
  --seconds=2                 whichever is first
  --profile=FOLDER            write a CPU profile of each server
  --json                      one JSON document instead of tables`;

interface Options {
  readonly sizes: readonly number[];
  readonly names: readonly string[];
  readonly effort: Effort;
  readonly profiles: string | undefined;
  readonly json: boolean;
}

function readOptions(): Options {
  const text = { type: "string" } as const;
  const options = { sizes: text, rounds: text, requests: text, seconds: text, profile: text };
  const { values, positionals } = parseArgs({
    options: { ...options, json: { type: "boolean" } },
    allowPositionals: true,
  });
  const count = (value: string): number => {
    if (!/^[1-9]\d{0,6}$/.test(value)) throw new Error(`${value} is no count`);
    return Number(value);
  };
  const unknown = positionals.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new Error(`no scenario ${unknown}`);
  const { rounds = "7", requests = "1000", seconds = "2" } = values;
  return {
    sizes: (values.sizes ?? "1000,10000,100000").split(",").map(count),
    names: positionals.length > 0 ? positionals : NAMES,
    effort: {
      rounds: count(rounds),
      requests: count(requests),
      seconds: count(seconds),
      inFlight: CONNECTIONS,
      warmUp: true,
    },
    profiles: values.profile,
    json: values.json ?? false,
  };
}

async function bench(options: Options): Promise<void> {
  const cores = pinToCores();
  const cleanUp: (() => unknown)[] = [];
  try {
    const given = process.env["BENCH_DATABASE_URL"];
    const postgres = given === undefined ? await startPostgres({ durable: true }) : undefined;
    if (postgres) cleanUp.push(() => postgres.stop());
    const databaseUrl = postgres?.url ?? given ?? "";
    const server = { databaseUrl, cores, profiles: options.profiles };
    const operatorKey = randomBytes(24).toString("hex");
    // Before the others run, which would take a part of the core and of PostgreSQL.
    const doors = options.names.includes(SIGN_IN) ? await runSignIns(server, postgres?.pid) : [];
    const load = await runSignInLoad(options, server);
    const usher = await startUsher(server, operatorKey);
    cleanUp.push(usher.stop);
    const bare = await startBare(server);
    cleanUp.push(bare.stop);
    const setup = { usherPort: usher.port, barePort: bare.port, operatorKey, databaseUrl };
    const subjects = {
      bare: { ...bare, databasePid: postgres?.pid },
      usher: { ...usher, databasePid: postgres?.pid },
    };
    // First, while the process is fresh: its memory is looked at.
    const synced = options.names.includes(SYNC) ? await runSync(setup, usher, subjects) : undefined;
    const results = await runSuites(options, setup, subjects);
    print(options, { results, synced, doors, load }, cores !== null);
  } finally {
    for (const end of cleanUp.reverse()) await end();
  }
}

async function runSync(setup: Setup, usher: RunningServer, subjects: Subjects): Promise<Synced> {
  say("initial cycle");
  return sync(setup, usher, subjects);
}

/** On servers of their own, which may reach the identity providers of this process. */
async function runSignIns(server: ServerOptions, databasePid: number | undefined): Promise<SignInResult[]> {
  say("sign-in");
  return signIns(server, randomBytes(24).toString("hex"), databasePid);
}

/** Likewise; nothing unless it is asked for. */
async function runSignInLoad({ names }: Options, server: ServerOptions): Promise<LoadResult | undefined> {
  if (!names.includes(SIGN_IN_LOAD)) return undefined;
  say("look-ups beside sign-ins");
  return signInLoad(server, randomBytes(24).toString("hex"));
}

async function runSuites({ names, sizes, effort }: Options, setup: Setup, subjects: Subjects): Promise<Result[]> {
  const chosen = suites.filter(({ name }) => names.includes(name));
  const places = sizes.toSorted((a, b) => a - b).map((size) => placeOf(setup, size, CONNECTIONS));
  const results: Result[] = [];
  for (const suite of chosen) {
    say(suite.title);
    const measured = await measure(await suite.contests(places), subjects, { ...effort, ...suite.effort });
    results.push(...resultsOf(suite.heading, measured));
  }
  return results;
}

interface Outcome {
  readonly results: readonly Result[];
  readonly synced: Synced | undefined;
  readonly doors: readonly SignInResult[];
  readonly load: LoadResult | undefined;
}

function print({ json }: Options, { results, synced, doors, load }: Outcome, pinned: boolean): void {
  const machine = { node: process.version, cores: cpus().length, cpu: cpus()[0]?.model ?? "", pinned };
  const all = [...results, ...(synced ? resultsOf(() => "an initial cycle", synced.measured) : [])];
  if (json) {
    console.log(
      JSON.stringify({ machine, connections: CONNECTIONS, results: all, doors, load, memory: synced?.memory }, null, 2),
    );
    return;
  }
  const parts = [
    `Node.js ${machine.node}, ${machine.cores} cores (${machine.cpu}), ${pinned ? "pinned" : "not pinned"}`,
    tables(all),
    flatness(results),
    synced ? memoryLine(synced.memory) : "",
    doors.length > 0 ? signInTables(doors) : "",
    load ? signInLoadTable(load) : "",
  ];
  console.log(parts.filter((part) => part !== "").join("\n\n"));
}

function say(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}

let options: Options;
try {
  options = readOptions();
} catch (error) {
  say(`${(error as Error).message}\n${USAGE}`);
  process.exit(64);
}
await bench(options);
