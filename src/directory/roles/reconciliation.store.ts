import type { Statement } from "../../storage/types.ts";

/**
 * Why many members are decided anew: somebody asked for it, the mappings changed, or a directory is being switched off.
 */
export type Cause = "asked" | "mappings" | "directory";

/** A going-through of many members, as it is stored. */
export interface StoredReconciliation {
  readonly id: string;
  readonly cause: Cause;
  readonly directoryId: string | null;
  readonly fate: "keep" | "suspend" | null;
  readonly actorType: string;
  readonly actorId: string | null;
  /** The last member who was looked at. */
  readonly after: string;
  readonly total: number;
  readonly done: number;
  readonly changed: number;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

const COLUMNS = `id, cause, directory_id as "directoryId", fate, actor_type as "actorType", actor_id as "actorId",
  after_id as "after", total, done, changed, created_at as "createdAt", ended_at as "endedAt"`;

/** Begins one over all members or those of its directory, and forgets what ended a month ago; answers it. */
export function insertReconciliation(
  tenantId: string,
  run: Pick<StoredReconciliation, "id" | "cause" | "directoryId" | "fate" | "actorType" | "actorId" | "createdAt">,
): Statement<StoredReconciliation> {
  const { id, cause, directoryId, fate, actorType, actorId, createdAt } = run;
  return {
    name: "reconciliation_insert",
    text: `with old as (delete from reconciliations where tenant_id = $1 and ended_at < $8::timestamptz - interval '30 days')
      insert into reconciliations (tenant_id, id, cause, directory_id, fate, actor_type, actor_id, created_at, total)
        select $1, $2, $3, $4::uuid, $5, $6, $7, $8, count(*) from members
        where tenant_id = $1 and ($4::uuid is null or directory_id = $4)
      returning ${COLUMNS}`,
    values: [tenantId, id, cause, directoryId, fate, actorType, actorId, createdAt],
  };
}

/** One. */
export function reconciliationById(tenantId: string, id: string): Statement<StoredReconciliation> {
  return {
    name: "reconciliation_by_id",
    text: `select ${COLUMNS} from reconciliations where tenant_id = $1 and id = $2`,
    values: [tenantId, id],
  };
}

/** The one that is under way for this cause, and of this directory where it is one's. */
export function runningReconciliation(
  tenantId: string,
  cause: Cause,
  directoryId: string | null,
): Statement<StoredReconciliation> {
  return {
    name: "reconciliation_running",
    text: `select ${COLUMNS} from reconciliations where tenant_id = $1 and cause = $2
      and directory_id is not distinct from $3 and ended_at is null order by id limit 1`,
    values: [tenantId, cause, directoryId],
  };
}

/** Those after an id; under way alone where that is asked for. */
export function reconciliationsAfter(
  tenantId: string,
  isRunning: boolean,
  after: string,
  most: number,
): Statement<StoredReconciliation> {
  return {
    name: "reconciliation_list",
    text: `select ${COLUMNS} from reconciliations where tenant_id = $1 and (ended_at is null or not $2) and id > $3
      order by id limit $4`,
    values: [tenantId, isRunning, after, most],
  };
}

/** How many there are. */
export function countReconciliations(tenantId: string, isRunning: boolean): Statement<{ count: number }> {
  return {
    name: "reconciliation_count",
    text: "select count(*) from reconciliations where tenant_id = $1 and (ended_at is null or not $2)",
    values: [tenantId, isRunning],
  };
}

/** How far it has come; `endedAt` where that was all. Answers it. */
export function advanceReconciliation(
  tenantId: string,
  id: string,
  step: { readonly after: string; readonly seen: number; readonly changed: number; readonly endedAt: Date | null },
): Statement<StoredReconciliation> {
  return {
    name: "reconciliation_advance",
    text: `update reconciliations set after_id = $3, done = done + $4, changed = changed + $5, ended_at = $6
      where tenant_id = $1 and id = $2 returning ${COLUMNS}`,
    values: [tenantId, id, step.after, step.seen, step.changed, step.endedAt],
  };
}
