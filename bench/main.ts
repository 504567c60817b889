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
import { makePlaces } from "./directories.ts";
import { pinToCores } from "./machine.ts";
import { measure, type Effort } from "./measure.ts";
import { flatness, resultOf, table, type Result } from "./report.ts";
import { scenarios, type Scenario } from "./scenarios.ts";
import { startBare, startUsher } from "./servers.ts";

const CONNECTIONS = 16;

const USAGE = `npm run bench -- [options]
  --sizes=1000,10000,100000   users in a directory
  --only=NAME,...             of: ${scenarios.map(({ name }) => name).join(", ")}
  --rounds=7                  turns of each server
  --requests=1000             of a turn at most, or
  --seconds=2                 whichever is first
  --profile=FOLDER            write a CPU profile of each server
  --json                      one JSON document instead of tables`;

interface Options extends Effort {
  readonly sizes: readonly number[];
  readonly chosen: readonly Scenario[];
  readonly profiles: string | undefined;
  readonly json: boolean;
}

function readOptions(): Options {
  const text = { type: "string" } as const;
  const options = { sizes: text, only: text, rounds: text, requests: text, seconds: text, profile: text };
  const { values } = parseArgs({ options: { ...options, json: { type: "boolean" } } });
  const count = (value: string): number => {
    if (!/^[1-9]\d{0,6}$/.test(value)) throw new Error(`${value} is no count`);
    return Number(value);
  };
  const names = values.only?.split(",");
  const unknown = names?.find((name) => scenarios.every((scenario) => scenario.name !== name));
  if (unknown !== undefined) throw new Error(`no scenario ${unknown}`);
  return {
    sizes: (values.sizes ?? "1000,10000,100000").split(",").map(count),
    chosen: scenarios.filter(({ name }) => names?.includes(name) ?? true),
    rounds: count(values.rounds ?? "7"),
    requests: count(values.requests ?? "1000"),
    seconds: count(values.seconds ?? "2"),
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
    const usher = await startUsher(server, operatorKey);
    cleanUp.push(usher.stop);
    const bare = await startBare(server);
    cleanUp.push(bare.stop);
    say(`seeding ${options.sizes.join(", ")} users`);
    const places = await makePlaces(
      { usherPort: usher.port, operatorKey, databaseUrl, connections: CONNECTIONS },
      options.sizes,
    );
    const subjects = {
      bare: { ...bare, databasePid: postgres?.pid },
      usher: { ...usher, databasePid: postgres?.pid },
    };
    const results: Result[] = [];
    for (const scenario of options.chosen) {
      say(scenario.title);
      results.push(...(await measure(scenario, places, subjects, options)).map(resultOf));
    }
    print(options, results, cores !== null);
  } finally {
    for (const end of cleanUp.reverse()) await end();
  }
}

function print({ json, sizes }: Options, results: readonly Result[], pinned: boolean): void {
  const machine = { node: process.version, cores: cpus().length, cpu: cpus()[0]?.model ?? "", pinned };
  if (json) return console.log(JSON.stringify({ machine, connections: CONNECTIONS, results }, null, 2));
  console.log(`Node.js ${machine.node}, ${machine.cores} cores (${machine.cpu}), ${pinned ? "pinned" : "not pinned"}`);
  for (const size of sizes) {
    console.log(`\n${size} users\n`);
    console.log(table(results.filter(({ users }) => users === size)));
  }
  if (sizes.length > 1) console.log(`\n${flatness(results)}`);
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
