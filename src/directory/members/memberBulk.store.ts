import type { Statement } from "../../storage/types.ts";
import type { BulkAsked, RowOutcome } from "./memberBulkRow.ts";

/** A run as it is stored. */
export interface StoredRun {
  readonly id: string;
  readonly asked: BulkAsked;
  readonly permissions: readonly string[];
  readonly actorType: string;
  readonly actorId: string | null;
  readonly total: number;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

/** How far a run is. */
export interface RunProgress {
  readonly changed: number;
  readonly unchanged: number;
  readonly refused: number;
}

/** A row with who it is about, where that is still somebody. */
export interface StoredRow {
  readonly place: number;
  readonly id: string;
  readonly email: string | null;
  readonly outcome: RowOutcome | null;
}

/**
 * Members by their ids, each once; those who joined first before others, or as they are named. Ids that name nobody are
 * among them.
 */
export function idsInOrder(tenantId: string, ids: readonly string[], byArrival: boolean): Statement<{ id: string }> {
  return {
    name: byArrival ? "bulk_ids_by_arrival" : "bulk_ids",
    text: `select asked.id from unnest($2::uuid[]) with ordinality as asked (id, place)
      left join members m on m.tenant_id = $1 and m.id = asked.id
      order by ${byArrival ? "m.joined_at, m.created_at," : ""} asked.place`,
    values: [tenantId, ids],
  };
}

/** Begins a run over these, in their order, and forgets those of a month ago. */
export function insertRun(
  tenantId: string,
  run: Omit<StoredRun, "total" | "endedAt">,
  memberIds: readonly string[],
): Statement {
  return {
    name: "bulk_insert",
    text: `with old as (delete from bulk_runs where tenant_id = $1 and created_at < $7::timestamptz - interval '30 days'),
      run as (insert into bulk_runs (tenant_id, id, asked, permissions, actor_type, actor_id, created_at, total)
        values ($1, $2, $3, $4, $5, $6, $7, cardinality($8::uuid[])) returning id)
      insert into bulk_rows (tenant_id, run_id, place, member_id)
        select $1, run.id, chosen.place, chosen.id from run, unnest($8::uuid[]) with ordinality as chosen (id, place)`,
    values: [
      tenantId,
      run.id,
      JSON.stringify(run.asked),
      run.permissions,
      run.actorType,
      run.actorId,
      run.createdAt,
      memberIds,
    ],
  };
}

const RUN = `r.id, r.asked, r.permissions, r.actor_type as "actorType", r.actor_id as "actorId", r.total,
  r.created_at as "createdAt", r.ended_at as "endedAt"`;

/** A run with how far it is. */
export function runById(tenantId: string, id: string): Statement<StoredRun & RunProgress> {
  return {
    name: "bulk_run",
    text: `select ${RUN}, p.* from bulk_runs r cross join lateral (
        select count(*) filter (where outcome->>'status' = 'changed') as changed,
          count(*) filter (where outcome->>'status' = 'unchanged') as unchanged,
          count(*) filter (where outcome->>'status' = 'refused') as refused
        from bulk_rows x where x.tenant_id = r.tenant_id and x.run_id = r.id) p
      where r.tenant_id = $1 and r.id = $2`,
    values: [tenantId, id],
  };
}

/** Rows of a run after a place, with whom they are about. */
export function rowsAfter(tenantId: string, runId: string, after: number, most: number): Statement<StoredRow> {
  return {
    name: "bulk_rows",
    text: `select x.place, x.member_id as id, m.email, x.outcome from bulk_rows x
      left join members m on m.tenant_id = x.tenant_id and m.id = x.member_id
      where x.tenant_id = $1 and x.run_id = $2 and x.place > $3 order by x.place limit $4`,
    values: [tenantId, runId, after, most],
  };
}

/** Writes what became of rows. */
export function writeOutcomes(
  tenantId: string,
  runId: string,
  outcomes: readonly { readonly place: number; readonly outcome: RowOutcome }[],
): Statement {
  return {
    name: "bulk_outcomes",
    text: `update bulk_rows x set outcome = done.outcome
      from jsonb_to_recordset($3::jsonb) as done (place integer, outcome jsonb)
      where x.tenant_id = $1 and x.run_id = $2 and x.place = done.place`,
    values: [tenantId, runId, JSON.stringify(outcomes)],
  };
}

/** Ends a run. */
export function endRun(tenantId: string, id: string, now: Date): Statement {
  return {
    name: "bulk_end",
    text: "update bulk_runs set ended_at = $3 where tenant_id = $1 and id = $2",
    values: [tenantId, id, now],
  };
}

/** E-mail addresses of members. */
export function emailsOf(tenantId: string, ids: readonly string[]): Statement<{ id: string; email: string | null }> {
  return {
    name: "bulk_emails",
    text: "select id, email from members where tenant_id = $1 and id = any ($2::uuid[])",
    values: [tenantId, ids],
  };
}
