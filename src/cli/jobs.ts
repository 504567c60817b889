/** `usher jobs`: what waits to be done, what was parked after too many tries, and trying that again. */
import { Refusal } from "../base/errors.ts";
import { type Job, type JobState, listJobs, retryJob } from "../events/jobs.ts";
import type { Database } from "../storage/types.ts";
import { type Command, type CommandCall, type Outcome, table, UsageFault, wholeNumber } from "./command.ts";

/** What a page of people's terminals holds, and what one answer may. */
const USUAL = 50;
const MOST = 1_000;
/** Jobs that are looked at in one go. */
const PAGE = 500;

const STATES: readonly JobState[] = ["dead", "pending"];

export const jobCommands: readonly Command[] = [
  {
    name: "jobs list",
    usage: "[--state dead|pending] [--kind KIND] [--limit N] [--after ID]",
    summary: "jobs that are parked (dead), or wait (pending); the oldest first",
    options: {
      state: { type: "string" },
      kind: { type: "string" },
      limit: { type: "string" },
      after: { type: "string" },
    },
    words: [0, 0],
    run: list,
  },
  { name: "jobs show", usage: "ID", summary: "one job, with its last error", options: {}, words: [1, 1], run: show },
  {
    name: "jobs retry",
    usage: "ID... | --all [--kind KIND]",
    summary: "try parked jobs again, with all their attempts before them",
    options: { all: { type: "boolean" }, kind: { type: "string" } },
    words: [0, MOST],
    run: retry,
  },
];

/** Who looks, and when. */
function operatorAt(now: Date): { actor: { type: "operator" }; now: Date } {
  return { actor: { type: "operator" }, now };
}

async function list({ options, open, now }: CommandCall): Promise<Outcome> {
  const state = STATES.find((each) => each === (options["state"] ?? "dead"));
  if (!state) throw new UsageFault("--state must be dead or pending");
  const limit = wholeNumber("--limit", String(options["limit"] ?? USUAL), 1, MOST);
  const after = wholeNumber("--after", String(options["after"] ?? 0), 0, Number.MAX_SAFE_INTEGER);
  const { db } = await open();
  const kind = options["kind"];
  const found: Job[] = [];
  for await (const job of jobsOf(db, now(), state, after)) {
    if (kind !== undefined && job.kind !== kind) continue;
    found.push(job);
    if (found.length === limit) break;
  }
  const rows = found.map((job) => [String(job.id), job.kind, job.tenantId, ...momentsOf(job), job.lastError ?? ""]);
  const head = ["ID", "KIND", "TENANT", "ATTEMPTS", "DUE", "LAST ERROR"];
  const lines = found.length === 0 ? [`no ${state} jobs`] : table([head, ...rows]);
  return { json: { items: found }, lines };
}

function momentsOf({ attempts, runAt }: Job): [attempts: string, due: string] {
  return [String(attempts), runAt.toISOString()];
}

/** All of a state, a page at a time. */
async function* jobsOf(db: Database, now: Date, state: JobState, from = 0): AsyncGenerator<Job> {
  for (let after = from; ;) {
    const page = await listJobs(db, operatorAt(now), state, { after, limit: PAGE });
    yield* page;
    const last = page.at(-1);
    if (page.length < PAGE || !last) return;
    after = last.id;
  }
}

async function show({ words, open, now }: CommandCall): Promise<Outcome> {
  const id = idOf(words[0] ?? "");
  const { db } = await open();
  for (const state of STATES) {
    const [job] = await listJobs(db, operatorAt(now()), state, { after: id - 1, limit: 1 });
    if (job?.id !== id) continue;
    const lines = Object.entries(job).map(([name, value]) => `${name}: ${shown(value)}`);
    return { json: job, lines };
  }
  throw new Refusal("not_found", `no job ${id}: it is done, or never was`);
}

function shown(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === "string" ? value : JSON.stringify(value);
}

async function retry(call: CommandCall): Promise<Outcome> {
  const { words, options, open, now } = call;
  const isAll = options["all"] === true;
  if (isAll === words.length > 0) throw new UsageFault("give the ids of jobs, or --all");
  if (!isAll && options["kind"] !== undefined) throw new UsageFault("--kind goes with --all");
  const given = words.map(idOf);
  const { db } = await open();
  const ids = isAll ? await parked(db, now(), options["kind"]) : given;
  const missing: number[] = [];
  for (const id of ids) if (!(await retried(db, now(), id))) missing.push(id);
  const done = ids.filter((id) => !missing.includes(id));
  const told = missing.map((id) => `no parked job ${id}: usher jobs list shows those there are`);
  const status = missing.length > 0 && !isAll ? 1 : 0;
  return { json: { retried: done, notFound: missing }, lines: [`${done.length} to be tried again`, ...told], status };
}

async function parked(db: Database, now: Date, kind: unknown): Promise<number[]> {
  const ids: number[] = [];
  for await (const job of jobsOf(db, now, "dead")) if (kind === undefined || job.kind === kind) ids.push(job.id);
  return ids;
}

/** False where it is not parked any more: somebody else was faster. */
async function retried(db: Database, now: Date, id: number): Promise<boolean> {
  try {
    await retryJob(db, operatorAt(now), id);
    return true;
  } catch (error) {
    if (error instanceof Refusal && error.code === "not_found") return false;
    throw error;
  }
}

function idOf(text: string): number {
  return wholeNumber("ID", text, 1, Number.MAX_SAFE_INTEGER);
}
