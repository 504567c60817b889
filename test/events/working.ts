/** Workers for tests: each on kinds of its own, so that jobs of other cases on the same database are not touched. */
import { newId } from "../../src/base/ids.ts";
import { enqueue, enqueueAll } from "../../src/events/jobs.store.ts";
import type { Handlers, Job, NewJob } from "../../src/events/jobs.ts";
import { startWorker, type Worker, type WorkerParts } from "../../src/events/worker.ts";
import { inTenant } from "../../src/storage/scope.ts";
import type { Database, Who } from "../../src/storage/types.ts";
import { logLines, type LogLines } from "../http/logLines.ts";
import { testDatabase } from "../support/database.ts";

let made = 0;

/** A kind of job that no other case has. */
export function newKind(name = "test"): string {
  made += 1;
  return `${name}.${process.pid}.${made}`;
}

/** Who acts in a tenant that need not exist: jobs and events refer to it by its id alone. */
export function someone(tenantId = newId(new Date())): Who {
  return { tenantId, actor: { type: "system" }, now: new Date() };
}

/** Adds jobs in one transaction, in their order. */
export async function add(who: Who, ...jobs: NewJob[]): Promise<void> {
  await inTenant(await testDatabase(), who, async (scope) => {
    const [only] = jobs;
    await (jobs.length === 1 && only ? enqueue(scope, only) : enqueueAll(scope, jobs));
  });
}

/** The jobs of these kinds that are there, as the database holds them. */
export async function jobsOf(
  ...kinds: string[]
): Promise<(Pick<Job, "attempts" | "state"> & { last_error: string })[]> {
  const { pool } = await testDatabase();
  return (await pool.query("select * from jobs where kind = any($1) order by id", [kinds])).rows;
}

/** Looks until it holds; what never comes is ended by mocha. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

export interface Working extends LogLines {
  readonly worker: Worker;
}

/** Runs a worker that tries again at once, until `holds`; then stops it. */
export async function workUntil(
  handlers: Handlers,
  holds: () => boolean | Promise<boolean>,
  parts: Partial<WorkerParts> = {},
): Promise<LogLines> {
  const { worker, ...log } = await work(handlers, parts);
  try {
    await until(holds);
  } finally {
    await worker.stop();
  }
  return log;
}

/** Starts a worker that tries again at once, twenty times. */
export async function work(handlers: Handlers, parts: Partial<WorkerParts> = {}): Promise<Working> {
  const db: Database = await testDatabase();
  const log = logLines("warn");
  const retry = { most: 20, delay: () => 0 };
  return { ...log, worker: startWorker({ db, log: log.log, handlers, followers: {}, retry, ...parts }) };
}
