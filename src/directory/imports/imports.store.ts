import type { RefusalCode } from "../../base/errors.ts";
import type { Statement } from "../../storage/types.ts";
import type { Creator } from "../invitations/invitations.store.ts";
import type { ImportCells } from "./importFile.ts";

/** What became of a row; of one that was invited the member's id. */
export type ImportOutcome =
  | { readonly status: "invited"; readonly memberId: string | null; readonly seat: string | null }
  | {
      readonly status: "alreadyInvited" | "alreadyMember" | "refused";
      readonly code: RefusalCode | null;
      readonly detail: string | null;
    };

/** An import as it is stored. */
export interface StoredImport extends Creator {
  readonly id: string;
  readonly sendEmail: boolean;
  readonly total: number;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

/** How far it is. */
export interface ImportProgress {
  readonly invited: number;
  readonly refused: number;
}

/** A row as it is stored. */
export interface StoredRow {
  readonly row: number;
  /** Empty of somebody who was erased. */
  readonly cells: Partial<ImportCells>;
  /** None = what the tenant's settings give newcomers. */
  readonly roles: readonly string[];
  readonly teamId: string | null;
  readonly outcome: ImportOutcome | null;
}

/** Begins one with its rows. One that is under way is 23505 on `imports_running`. */
export function insertImport(
  tenantId: string,
  { id, sendEmail, creatorType, creatorId, createdAt }: Omit<StoredImport, "total" | "endedAt">,
  rows: readonly (StoredRow & { readonly emailKey: string | null })[],
): Statement {
  return {
    name: "import_insert",
    text: `with begun as (insert into imports (tenant_id, id, send_email, creator_type, creator_id, created_at, total)
        values ($1,$2,$3,$4,$5,$6,$7) returning id)
      insert into import_rows (tenant_id, import_id, place, cells, email_key, roles, team_id, outcome)
        select $1, begun.id, r.row, r.cells, r."emailKey", array(select jsonb_array_elements_text(r.roles)), r."teamId",
          nullif(r.outcome, 'null')
        from begun, jsonb_to_recordset($8::jsonb)
          as r (row integer, cells jsonb, "emailKey" text, roles jsonb, "teamId" uuid, outcome jsonb)`,
    values: [tenantId, id, sendEmail, creatorType, creatorId, createdAt, rows.length, JSON.stringify(rows)],
  };
}

const IMPORT = `i.id, i.send_email as "sendEmail", i.creator_type as "creatorType", i.creator_id as "creatorId", i.total,
  i.created_at as "createdAt", i.ended_at as "endedAt"`;
const ROW = `x.place as "row", x.cells, x.roles, x.team_id as "teamId", x.outcome`;

/** One with how far it is. */
export function importById(tenantId: string, id: string): Statement<StoredImport & ImportProgress> {
  return {
    name: "import_by_id",
    text: `select ${IMPORT}, p.* from imports i cross join lateral (
        select count(*) filter (where x.outcome->>'status' = 'invited') as invited,
          count(*) filter (where x.outcome->>'status' <> 'invited') as refused
        from import_rows x where x.tenant_id = i.tenant_id and x.import_id = i.id) p
      where i.tenant_id = $1 and i.id = $2`,
    values: [tenantId, id],
  };
}

/** One that has not ended, and that nobody else goes on with or stops until the transaction ends. */
export function lockRunning(tenantId: string, id: string): Statement<StoredImport> {
  return {
    name: "import_lock",
    text: `select ${IMPORT} from imports i where i.tenant_id = $1 and i.id = $2 and i.ended_at is null for update`,
    values: [tenantId, id],
  };
}

/** Rows after a place. */
export function rowsAfter(tenantId: string, id: string, after: number, most: number): Statement<StoredRow> {
  return {
    name: "import_rows",
    text: `select ${ROW} from import_rows x where x.tenant_id = $1 and x.import_id = $2 and x.place > $3
      order by x.place limit $4`,
    values: [tenantId, id, after, most],
  };
}

/** Rows that nothing has become of yet, the first ones. */
export function pendingRows(tenantId: string, id: string, most: number): Statement<StoredRow> {
  return {
    name: "import_pending",
    text: `select ${ROW} from import_rows x where x.tenant_id = $1 and x.import_id = $2 and x.outcome is null
      order by x.place limit $3`,
    values: [tenantId, id, most],
  };
}

/** Writes what became of rows. */
export function writeOutcomes(
  tenantId: string,
  id: string,
  outcomes: readonly { readonly row: number; readonly outcome: ImportOutcome }[],
): Statement {
  return {
    name: "import_outcomes",
    text: `update import_rows x set outcome = done.outcome, member_id = (done.outcome->>'memberId')::uuid
      from jsonb_to_recordset($3::jsonb) as done (row integer, outcome jsonb)
      where x.tenant_id = $1 and x.import_id = $2 and x.place = done.row and x.outcome is null`,
    values: [tenantId, id, JSON.stringify(outcomes)],
  };
}

/** Writes this of every row that nothing has become of. */
export function refusePending(tenantId: string, id: string, outcome: ImportOutcome): Statement {
  return {
    name: "import_refuse_pending",
    text: "update import_rows set outcome = $3 where tenant_id = $1 and import_id = $2 and outcome is null",
    values: [tenantId, id, JSON.stringify(outcome)],
  };
}

/** Ends one. */
export function endImport(tenantId: string, id: string, now: Date): Statement {
  return {
    name: "import_end",
    text: "update imports set ended_at = $3 where tenant_id = $1 and id = $2",
    values: [tenantId, id, now],
  };
}

/** Deletes one with its rows. */
export function deleteImport(tenantId: string, id: string): Statement {
  return {
    name: "import_delete",
    text: "delete from imports where tenant_id = $1 and id = $2",
    values: [tenantId, id],
  };
}

/** Deletes those that have ended, but for so many of the latest. */
export function deleteOldest(tenantId: string, kept: number): Statement {
  return {
    name: "import_delete_oldest",
    text: `delete from imports where tenant_id = $1 and id in (select old.id from imports old
      where old.tenant_id = $1 and old.ended_at is not null order by old.id desc offset $2)`,
    values: [tenantId, kept],
  };
}

/** Blanks what rows said of a person, and invites them no more; that there was a row stays. */
export function forgetImported(
  tenantId: string,
  { id, keys }: { readonly id: string; readonly keys: readonly string[] },
  leftAt: Date,
): Statement {
  const refused: ImportOutcome = { status: "refused", code: "not_found", detail: null };
  return {
    name: "erase_imported",
    text: `update import_rows x set cells = '{}', email_key = null, outcome = coalesce(x.outcome, $5) || '{"detail":null}'
      from imports i where x.tenant_id = $1 and (x.email_key = any(array(select unnest($2::text[]))) or x.member_id = $3)
        and i.tenant_id = $1 and i.id = x.import_id and i.created_at <= $4`,
    values: [tenantId, keys, id, leftAt, JSON.stringify(refused)],
  };
}
