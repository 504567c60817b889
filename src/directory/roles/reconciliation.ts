/**
 * Going through many members: roles and seats are decided anew, chunk after chunk, each in a transaction that notes how
 * far it has come and asks for the next. One that is cut off goes on where it was; done again it does no harm, for who is
 * decided is not moved by deciding again.
 */
import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { event } from "../../events/event.ts";
import type { NewJob } from "../../events/jobs.ts";
import { enqueue } from "../../events/jobs.store.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Actor, Database, Scope, Who } from "../../storage/types.ts";
import { applyEffects, MOST_AT_ONCE, REAPPLY_JOB } from "../members/effects.ts";
import { FIRST_ID, readIdPage, type IdPage, type PageWanted } from "../members/idPage.ts";
import { relocked, underLock, type Locked } from "../members/underLock.ts";
import { countUsed, useSeats } from "./redecide.ts";
import {
  advanceReconciliation,
  countReconciliations,
  insertReconciliation,
  reconciliationById,
  reconciliationsAfter,
  runningReconciliation,
  type StoredReconciliation,
} from "./reconciliation.store.ts";
import { memberIdsAfter } from "./roleMappings.store.ts";

/** One as callers see it. */
export interface Reconciliation extends Pick<
  StoredReconciliation,
  "id" | "cause" | "directoryId" | "total" | "done" | "changed" | "endedAt"
> {
  readonly status: "running" | "done";
  readonly startedAt: Date;
}

/** Notes that many members are to be gone through; whoever begins one queues its job. */
export async function beginReconciliation(
  { trx, tenantId, actor, now }: Scope,
  wanted: Pick<StoredReconciliation, "cause"> & Partial<Pick<StoredReconciliation, "directoryId" | "fate">>,
): Promise<StoredReconciliation> {
  const by = { actorType: actor.type, actorId: actor.id ?? null };
  const run = { id: newId(now), directoryId: null, fate: null, ...wanted, ...by, createdAt: now };
  const [begun] = await trx.run(insertReconciliation(tenantId, run));
  if (!begun) throw new Error(`reconciliation ${run.id} was not written`);
  return begun;
}

/** The same over all members, with its job. */
export async function queueReconciliation(scope: Scope, cause: "asked" | "mappings"): Promise<StoredReconciliation> {
  const run = await beginReconciliation(scope, { cause });
  await enqueue(scope, reapplyJob(run.id));
  return run;
}

function reapplyJob(reconciliationId: string): NewJob {
  return { kind: REAPPLY_JOB, key: REAPPLY_JOB, payload: { reconciliationId } };
}

/** Jobs are tried for ten hours and then parked. */
const STALLED_MS = 12 * 3_600_000;

/** Whether one that is under way may have lost its job: whoever asks for it again has it queued again. */
export function isStalled({ createdAt }: StoredReconciliation, now: Date): boolean {
  return now.getTime() - createdAt.getTime() > STALLED_MS;
}

/**
 * "Reconcile now": mappings and seats are applied again to everybody, at once where they are few, else by a job; one that
 * somebody asked for before and that is under way stands for this one.
 */
export async function reconcileNow(db: Database, who: Who): Promise<Reconciliation> {
  return inTenant(db, who, async (scope) => {
    const locked = await underLock(db, scope);
    const [running] = await scope.trx.run(runningReconciliation(who.tenantId, "asked", null));
    if (running && isStalled(running, who.now)) await enqueue(scope, reapplyJob(running.id));
    if (running) return shown(running);
    const few = await scope.trx.run(memberIdsAfter(who.tenantId, FIRST_ID, MOST_AT_ONCE + 1));
    if (few.length > MOST_AT_ONCE) return shown(await queueReconciliation(scope, "asked"));
    return shown(await takeStep(scope, locked, await beginReconciliation(scope, { cause: "asked" })));
  });
}

/** The next part of one, under the lock; nothing where it has ended. */
export async function continueReconciliation(scope: Scope, locked: Locked, id: string): Promise<void> {
  const [run] = await scope.trx.run(reconciliationById(scope.tenantId, id));
  if (!run || run.endedAt !== null) return;
  const { endedAt } = await takeStep({ ...scope, actor: startedBy(run) }, locked, run);
  if (endedAt !== null) return;
  await enqueue(scope, reapplyJob(id));
}

async function takeStep(scope: Scope, locked: Locked, run: StoredReconciliation): Promise<StoredReconciliation> {
  const { limit } = locked.seats;
  const isAsked = run.cause === "asked";
  // A counter that is wrong for whatever reason would give seats that there are not.
  if (isAsked && run.after === FIRST_ID) await countUsed(scope, limit);
  const { ids, changed } = await reapplyAfter(scope, await relocked(scope, locked), run.after);
  const last = ids.length < MOST_AT_ONCE ? undefined : ids.at(-1);
  if (isAsked && last === undefined) await useSeats(scope, limit, locked.rules);
  const after = ids.at(-1) ?? run.after;
  const step = { after, seen: ids.length, changed, endedAt: last === undefined ? scope.now : null };
  const [next = run] = await scope.trx.run(advanceReconciliation(scope.tenantId, run.id, step));
  if (isAsked && last === undefined) await tellEnd(scope, next);
  return next;
}

/** Decides anew on the members after an id, in order of their ids, as many as one transaction should hold. */
export async function reapplyAfter(
  scope: Scope,
  locked: Locked,
  after: string,
): Promise<{ readonly ids: readonly string[]; readonly changed: number }> {
  const chunk = await scope.trx.run(memberIdsAfter(scope.tenantId, after, MOST_AT_ONCE));
  const ids = chunk.map(({ id }) => id);
  return { ids, changed: await applyEffects(scope, locked, ids) };
}

/** Told of whoever asked for it: of the other causes the journal has the change itself. */
async function tellEnd(scope: Scope, run: StoredReconciliation): Promise<void> {
  const { id: reconciliationId, done: members, changed } = run;
  const target = { type: "tenant", id: scope.tenantId } as const;
  await record(scope, event(scope, "tenant.reconciled", target, { reconciliationId, members, changed }));
}

/** Who began it, for what its last step tells. */
export function startedBy({ actorType, actorId }: StoredReconciliation): Actor {
  return { type: actorType, ...(actorId !== null && { id: actorId }) } as Actor;
}

/** One, with how far it is. @throws Refusal `not_found` */
export async function readReconciliation(
  db: Database,
  who: Pick<Who, "tenantId">,
  id: string,
): Promise<Reconciliation> {
  const [[run]] = await onceInTenant(db, who, reconciliationById(who.tenantId, id));
  if (!run) throw new Refusal("not_found", `no reconciliation ${id}`);
  return shown(run);
}

/** Those of the last month, the oldest first. */
export async function listReconciliations(
  db: Database,
  who: Pick<Who, "tenantId">,
  isRunning: boolean,
  page: PageWanted,
): Promise<IdPage<Reconciliation>> {
  const { tenantId } = who;
  const list = (after: string, most: number) => reconciliationsAfter(tenantId, isRunning, after, most);
  const found = await readIdPage(db, who, page, list, countReconciliations(tenantId, isRunning));
  return { ...found, items: found.items.map(shown) };
}

/** As callers see it. */
export function shown(run: StoredReconciliation): Reconciliation {
  const { id, cause, directoryId, total, done, changed, createdAt, endedAt } = run;
  return {
    id,
    cause,
    directoryId,
    status: endedAt === null ? "running" : "done",
    // Who came meanwhile is gone through too.
    total: Math.max(total, done),
    done,
    changed,
    startedAt: createdAt,
    endedAt,
  };
}
