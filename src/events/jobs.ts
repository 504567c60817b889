import { Refusal } from "../base/errors.ts";
import type { WideScope } from "../storage/asTenant.ts";
import { acrossTenants } from "../storage/scope.ts";
import type { Actor, Database, Scope } from "../storage/types.ts";
import { jobsAfter, reviveJob } from "./jobs.store.ts";

/** Work to be done after the transaction that asks for it. `payload` holds ids and numbers: no secrets, no addresses. */
export interface NewJob {
  readonly kind: string;
  /** Jobs of one key in one tenant run one after the other, in the order in which they were added. */
  readonly key?: string;
  readonly payload?: Payload;
  /** Not before; now if absent. */
  readonly runAt?: Date;
}

export type Payload = Readonly<Record<string, unknown>>;

/** A job that a worker has claimed; `attempts` counts this one too. */
export interface Claimed {
  readonly id: number;
  readonly tenantId: string;
  readonly kind: string;
  readonly key: string | null;
  readonly payload: Payload;
  readonly attempts: number;
  readonly createdAt: Date;
}

/** `dead`: parked after a permanent failure or too many attempts. */
export type JobState = "pending" | "dead";

/** A job as the operator sees it. */
export interface Job extends Claimed {
  readonly state: JobState;
  readonly runAt: Date;
  readonly lastError: string | null;
}

/**
 * How a kind of job is done. It may happen again after it was done, and must then change nothing.
 *
 * - `within`: its writes and the end of the job are one transaction, in the job's tenant: done once, however often tried
 * - `outside`: it reaches out of the database; done at least once, and to be ended when the signal says so
 */
export type Handler = { readonly atOnce?: number } & (
  | { readonly within: (scope: Scope, job: Claimed) => Promise<void> }
  | { readonly outside: (job: Claimed, signal: AbortSignal) => Promise<void> }
);

/** Handlers by the kind of their jobs; a process claims no job of another kind. */
export type Handlers = Readonly<Record<string, Handler>>;

/** Thrown by a handler where trying again cannot help: the job is parked at once. */
export class Hopeless extends Error {
  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
    this.name = "Hopeless";
  }
}

/** Jobs of a state, the oldest first, after an id. */
export function listJobs(
  db: Database,
  operator: { actor: Actor; now: Date },
  state: JobState,
  { after = 0, limit }: { after?: number; limit: number },
): Promise<Job[]> {
  return acrossTenants(db, operator, ({ trx }: WideScope) => trx.run(jobsAfter(state, after, limit)));
}

/**
 * Tries a parked job again, with all its attempts before it.
 *
 * @throws Refusal `not_found`
 */
export async function retryJob(db: Database, operator: { actor: Actor; now: Date }, id: number): Promise<void> {
  const revived = await acrossTenants(db, operator, ({ trx }) => trx.run(reviveJob(id)));
  if (revived.length === 0) throw new Refusal("not_found", `No parked job ${id}: list those there are, and try again.`);
}
