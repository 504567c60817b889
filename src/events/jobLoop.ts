import { setTimeout as delay } from "node:timers/promises";
import { asTenant, type WideScope } from "../storage/asTenant.ts";
import { acrossTenants } from "../storage/scope.ts";
import type { Database } from "../storage/types.ts";
import { Hopeless, type Claimed, type Handler } from "./jobs.ts";
import { claimJobs, finishJob, parkJob, returnJob } from "./jobs.store.ts";
import { poll, type Found, type Poll } from "./poll.ts";
import { afterFailure, defaultRetry, reasonOf } from "./retry.ts";
import type { WorkerParts } from "./worker.ts";

/** A mail or a page of members takes seconds; a killed process delays what it had by no more than this. */
const LEASE_MS = 60_000;
/** What reaches out must have ended before somebody else may take it over. */
const LIMIT_OF_LEASE = 0.8;
const DRAIN_MS = 10_000;
/** Jobs of a kind that run at once, unless the handler says otherwise; the embedded database has one connection. */
const AT_ONCE = { server: 4, embedded: 1 } as const;

/** The loop that claims jobs and runs them, so many at once of each kind that another kind's backlog delays none. */
export function jobLoop(parts: WorkerParts): Poll {
  const { db, log, handlers, leaseMs = LEASE_MS } = parts;
  const kinds = Object.keys(handlers);
  const running = new Map<Promise<void>, string>();
  const drained = new AbortController();

  function free(kind: string): number {
    const busy = [...running.values()].filter((each) => each === kind).length;
    return (handlers[kind]?.atOnce ?? AT_ONCE[db.kind]) - busy;
  }

  async function look(): Promise<Found> {
    const open = kinds.filter((kind) => free(kind) > 0);
    if (open.length === 0) return "none";
    const claimed = await byServer(db, ({ trx }) => trx.run(claimJobs(open, open.map(free), leaseMs)));
    for (const job of claimed) start(job);
    return claimed.length > 0 ? "more" : "none";
  }

  function start(job: Claimed): void {
    const done = attempt(parts, job, drained.signal).finally(() => {
      running.delete(done);
      // A place is free, and the next of its key may go.
      loop.wake();
    });
    running.set(done, job.kind);
  }

  const loop = poll(look, (err) => log.error({ err }, "jobs cannot be claimed, and will be later"));
  const stop = async (): Promise<void> => {
    await loop.stop();
    const late = delay(DRAIN_MS, undefined, { signal: drained.signal }).catch(() => {});
    await Promise.race([Promise.all(running.keys()), late]);
    drained.abort(new Error("the server stops"));
  };
  return { ...loop, stop };
}

/** One attempt at a claimed job. Never rejects: what cannot even be written down is left to the end of the lease. */
async function attempt(parts: WorkerParts, job: Claimed, drained: AbortSignal): Promise<void> {
  const { db, log, handlers, retry = defaultRetry } = parts;
  try {
    if (job.attempts > retry.most) throw new Hopeless("every attempt ended with its process");
    await perform(parts, handlers[job.kind], job, drained);
  } catch (fault) {
    const next = afterFailure(fault, job.attempts, retry);
    const about = { err: fault, job: job.id, kind: job.kind, tenant: job.tenantId, attempts: job.attempts };
    if (next === "park") log.error(about, "job parked");
    else log.warn({ ...about, delayMs: next }, "job failed, and will be tried again");
    const reason = reasonOf(fault);
    const ending = next === "park" ? parkJob(job, reason) : returnJob(job, next, reason);
    await byServer(db, ({ trx }) => trx.run(ending)).catch((err: unknown) =>
      log.error({ err, job: job.id }, "the failure of a job cannot be written down"),
    );
  }
}

async function perform(
  { db, leaseMs = LEASE_MS }: WorkerParts,
  handler: Handler | undefined,
  job: Claimed,
  drained: AbortSignal,
): Promise<void> {
  if (!handler) throw new Error(`no handler of ${job.kind}`);
  if ("within" in handler) {
    await byServer(db, async (wide) => {
      // First, for it locks the job: whoever claims it while we work finds it taken.
      const [own] = await wide.trx.run(finishJob(job));
      if (own) await asTenant(db, wide, job.tenantId, (scope) => handler.within(scope, job));
    });
    return;
  }
  await inTime(AbortSignal.any([drained, AbortSignal.timeout(leaseMs * LIMIT_OF_LEASE)]), (signal) =>
    handler.outside(job, signal),
  );
  await byServer(db, ({ trx }) => trx.run(finishJob(job)));
}

/** Waits for work no longer than until the signal, also for such as does not heed it. */
async function inTime(signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const cut = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
  signal.throwIfAborted();
  await Promise.race([work(signal), cut]);
}

function byServer<T>(db: Database, work: (wide: WideScope) => Promise<T>): Promise<T> {
  return acrossTenants(db, { actor: { type: "system" }, now: new Date() }, work);
}
