import type { Scope, Statement } from "../storage/types.ts";
import type { Claimed, Job, JobState, NewJob } from "./jobs.ts";

/** Adds a job in the transaction of what causes it. */
export async function enqueue(scope: Pick<Scope, "trx" | "tenantId">, job: NewJob): Promise<void> {
  await scope.trx.run(insertJob(scope.tenantId, job));
}

/** Adds many jobs at once, in their order. */
export async function enqueueAll(scope: Pick<Scope, "trx" | "tenantId">, jobs: readonly NewJob[]): Promise<void> {
  await scope.trx.run({
    name: "jobs_insert",
    text: `insert into jobs (tenant_id, kind, key, payload, run_at)
      select $1, j.kind, j.key, coalesce(j.payload, '{}'), coalesce(j."runAt", now())
      from rows from (jsonb_to_recordset($2::jsonb) as (kind text, key text, payload jsonb, "runAt" timestamptz))
        with ordinality as j(kind, key, payload, "runAt", place) order by j.place`,
    values: [scope.tenantId, JSON.stringify(jobs)],
  });
}

/** The job as a statement of its own, for a batch. */
export function insertJob(tenantId: string, { kind, key, payload = {}, runAt }: NewJob): Statement {
  return {
    name: "job_insert",
    text: `insert into jobs (tenant_id, kind, key, payload, run_at)
      values ($1,$2,$3,$4,coalesce($5::timestamptz, now()))`,
    values: [tenantId, kind, key ?? null, JSON.stringify(payload), runAt ?? null],
  };
}

const JOB = `j.id, j.tenant_id as "tenantId", j.kind, j.key, j.payload, j.attempts, j.created_at as "createdAt"`;

/**
 * Takes jobs that are due, at most `free[i]` of `kinds[i]`, and leases them: whoever claims a job again after its lease
 * finds one attempt more, by which the first one's end is refused. A job waits for every earlier one of its key that is
 * pending, be it running, backing off or not due; each that waits is looked at (5 µs), so keys are for short queues.
 */
export function claimJobs(kinds: readonly string[], free: readonly number[], leaseMs: number): Statement<Claimed> {
  return {
    name: "job_claim",
    text: `update jobs j set attempts = j.attempts + 1, run_at = now() + $3::int * interval '1 millisecond'
      where j.id = any(array(select due.id from unnest($1::text[], $2::int[]) as k(kind, free)
        cross join lateral (select d.id from jobs d where d.kind = k.kind and d.state = 'pending' and d.run_at <= now()
            and (d.key is null or d.id = (select first.id from jobs first where first.tenant_id = d.tenant_id
              and first.key = d.key and first.state = 'pending' order by first.id limit 1))
          order by d.run_at, d.id limit k.free for update skip locked) due))
      returning ${JOB}`,
    values: [kinds, free, leaseMs],
  };
}

/** Ends a claimed job; answers a row, or none where somebody else has claimed it since. */
export function finishJob({ id, attempts }: Claimed): Statement<{ id: number }> {
  return {
    name: "job_finish",
    text: "delete from jobs where id = $1 and attempts = $2 and state = 'pending' returning id",
    values: [id, attempts],
  };
}

/** Gives a claimed job back, to be tried again after a delay in milliseconds. */
export function returnJob({ id, attempts }: Claimed, delayMs: number, error: string): Statement {
  return {
    name: "job_return",
    text: `update jobs set run_at = now() + $3::int * interval '1 millisecond', last_error = $4
      where id = $1 and attempts = $2 and state = 'pending'`,
    values: [id, attempts, delayMs, error],
  };
}

/** Parks a claimed job: it is tried no more until somebody says so, and the next of its key goes on. */
export function parkJob({ id, attempts }: Claimed, error: string): Statement {
  return {
    name: "job_park",
    text: "update jobs set state = 'dead', last_error = $3 where id = $1 and attempts = $2 and state = 'pending'",
    values: [id, attempts, error],
  };
}

/** Jobs of a state after an id, in the order of their ids. */
export function jobsAfter(state: JobState, after: number, most: number): Statement<Job> {
  return {
    name: "job_list",
    text: `select ${JOB}, j.state, j.run_at as "runAt", j.last_error as "lastError"
      from jobs j where j.state = $1 and j.id > $2 order by j.id limit $3`,
    values: [state, after, most],
  };
}

/** Makes a parked job pending again, with all its attempts; answers a row or none. */
export function reviveJob(id: number): Statement<{ id: number }> {
  return {
    name: "job_revive",
    text: `update jobs set state = 'pending', attempts = 0, run_at = now() where id = $1 and state = 'dead'
      returning id`,
    values: [id],
  };
}
