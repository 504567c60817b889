/**
 * imports/ owns the file by which many are invited at once: reading it, reviewing it, and the job that invites its rows,
 * some at a time, so that one that is cut off goes on where it was. Who may be invited is `invitations/`'s to say.
 */
import { effectivePermissions } from "../../admission/effectivePermissions.ts";
import { everything, permits } from "../../admission/permissions.ts";
import { Refusal } from "../../base/errors.ts";
import { fold } from "../../base/fold.ts";
import { newId } from "../../base/ids.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { enqueue } from "../../events/jobs.store.ts";
import type { Handler } from "../../events/jobs.ts";
import { inTenant, onceInTenant, violatedUnique } from "../../storage/scope.ts";
import type { Actor, Database, Scope, Who } from "../../storage/types.ts";
import { inviteWithin, type InviteParts, type InviteResult } from "../invitations/invite.ts";
import { creatorOf } from "../invitations/inviteBacking.ts";
import { creatorHolds } from "../invitations/invitations.store.ts";
import type { AdminWho } from "../members/adminMembers.ts";
import { underLock } from "../members/underLock.ts";
import { currentRules } from "../roles/rules.ts";
import { tenantById } from "../tenants/tenants.store.ts";
import type { ImportRow } from "./importFile.ts";
import type { ReadRow } from "./importRows.ts";
import {
  deleteImport,
  deleteOldest,
  endImport,
  importById,
  insertImport,
  lockRunning,
  pendingRows,
  refusePending,
  rowsAfter,
  writeOutcomes,
  type ImportOutcome,
  type ImportProgress,
  type StoredImport,
  type StoredRow,
} from "./imports.store.ts";
import { inviteeOf, readByTerms } from "./importTerms.ts";

/** An import, and how far it is. */
export type Import = StoredImport & ImportProgress;

/** One with a page of its rows; `next` is the row after which further ones come, null on the last page. */
export interface ImportPage {
  readonly run: Import;
  readonly rows: readonly StoredRow[];
  readonly next: number | null;
}

const RUN = "imports.run";
const FORGET = "imports.forget";
/** People in one transaction: some tenths of a second under the lock that the tenant's other writers wait for. */
const CHUNK = 100;
const DAY_MS = 86_400_000;
/** Files of people are personal data: a month is for looking up what became of them. */
const KEPT_MS = 30 * DAY_MS;
/** Of a tenant, the latest: two files a day. */
const MOST_KEPT = 60;

/**
 * Begins an import: rows with a fault are refused at once, the others are invited by a job, one after the other.
 *
 * @param sendEmail off: nobody is written to, and a link is to be had by sending the invitation again
 * @throws Refusal `conflict` while another one is under way
 */
export async function beginImport(
  db: Database,
  who: AdminWho,
  file: readonly ImportRow[],
  sendEmail: boolean,
): Promise<Import> {
  const { rules } = await currentRules(db, who.tenantId);
  const rows = await readByTerms(db, who, rules.roles, file);
  const stored = rows.map(storedRow);
  const begun = { id: newId(who.now), sendEmail, ...creatorOf(who), createdAt: who.now };
  const refused = stored.filter(({ outcome }) => outcome !== null).length;
  const work = inTenant(db, who, async (scope) => {
    await scope.trx.run(deleteOldest(who.tenantId, MOST_KEPT));
    await scope.trx.run(insertImport(who.tenantId, begun, stored));
    const told = { total: rows.length, refused, sendEmail };
    await record(scope, event(scope, "import.created", { type: "import", id: begun.id }, told));
    await enqueue(scope, { kind: RUN, key: RUN, payload: { id: begun.id } });
    const runAt = new Date(who.now.getTime() + KEPT_MS);
    await enqueue(scope, { kind: FORGET, payload: { id: begun.id }, runAt });
    return { ...begun, total: rows.length, invited: 0, refused, endedAt: null };
  });
  return asOnlyOne(work);
}

function storedRow({ row, cells, email, roles, teamId, faults }: ReadRow): Parameters<typeof insertImport>[2][number] {
  const emailKey = email === null ? null : fold(email);
  const [first] = faults;
  const detail = faults.map(({ column, message }) => (column === null ? message : `${column}: ${message}`)).join(" ");
  const outcome = first ? ({ status: "refused", code: first.code, detail } as const) : null;
  return { row, cells, emailKey, roles, teamId, outcome };
}

async function asOnlyOne<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (violatedUnique(error) !== "imports_running") throw error;
    throw new Refusal("conflict", "An import of this tenant is under way: wait until it has ended, or stop it first.");
  }
}

/** @throws Refusal `not_found` */
export async function readImport(
  db: Database,
  who: Pick<Who, "tenantId">,
  id: string,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<ImportPage> {
  const { tenantId } = who;
  const rows = rowsAfter(tenantId, id, after, limit + 1);
  const [[run], found] = await onceInTenant(db, who, importById(tenantId, id), rows);
  if (!run) throw noSuchImport(id);
  const page = found.slice(0, limit);
  return { run, rows: page, next: found.length > limit ? (page.at(-1)?.row ?? null) : null };
}

/** Page after page of all its rows. @throws Refusal `not_found` */
export async function* eachImportRow(
  db: Database,
  who: Pick<Who, "tenantId">,
  id: string,
  size: number,
): AsyncGenerator<readonly StoredRow[]> {
  for (let after: number | null = 0; after !== null;) {
    const { rows, next }: ImportPage = await readImport(db, who, id, { after, limit: size });
    yield rows;
    after = next;
  }
}

/**
 * Stops an import: who was invited stays invited, and nobody else is. One that has ended stays as it is.
 *
 * @throws Refusal `not_found`
 */
export async function stopImport(db: Database, who: Who, id: string): Promise<void> {
  await inTenant(db, who, async (scope) => {
    const [known] = await scope.trx.run(importById(who.tenantId, id));
    if (!known) throw noSuchImport(id);
    const [running] = await scope.trx.run(lockRunning(who.tenantId, id));
    if (running) await stopUnder(scope, id);
  });
}

async function stopUnder(scope: Scope, id: string): Promise<void> {
  await scope.trx.run(refusePending(scope.tenantId, id, STOPPED));
  await end(scope, id);
}

const STOPPED: ImportOutcome = {
  status: "refused",
  code: "conflict",
  detail: "The import was stopped before this row.",
};

function noSuchImport(id: string): Refusal {
  return new Refusal("not_found", `no import ${id}`);
}

async function end(scope: Scope, id: string): Promise<void> {
  const { trx, tenantId, now } = scope;
  await trx.run(endImport(tenantId, id, now));
  const [ended] = await trx.run(importById(tenantId, id));
  const { invited = 0, refused = 0 } = ended ?? {};
  await record(scope, event(scope, "import.ended", { type: "import", id }, { invited, refused }));
}

/** The handlers of its jobs: some rows in a transaction that notes what became of them, and asks for the next ones. */
export function importJobs(parts: InviteParts): Record<typeof RUN | typeof FORGET, Handler> {
  return {
    [RUN]: { within: (scope, { payload }) => goOn(parts, scope, String(payload["id"])) },
    [FORGET]: {
      within: async ({ trx, tenantId }, { payload }) => {
        await trx.run(deleteImport(tenantId, String(payload["id"])));
      },
    },
  };
}

async function goOn(parts: InviteParts, bySystem: Scope, id: string): Promise<void> {
  const { trx, tenantId } = bySystem;
  const [[run], [tenant]] = await trx.all(lockRunning(tenantId, id), tenantById(tenantId));
  if (!run) return;
  // Nobody is invited into a tenant that was deleted meanwhile, nor when it is restored.
  if (!tenant) return stopUnder(bySystem, id);
  const { creatorType: type, creatorId } = run;
  const actor: Actor = { type, ...(creatorId !== null && { id: creatorId }) };
  const scope = { ...bySystem, actor };
  const rows = await trx.run(pendingRows(tenantId, id, CHUNK));
  const outcomes = await inviteRows(parts, scope, rows, run);
  await trx.run(writeOutcomes(tenantId, id, outcomes));
  if (rows.length < CHUNK) await end(scope, id);
  else await enqueue(scope, { kind: RUN, key: RUN, payload: { id } });
}

/** Rule 16 as it is now: whoever was suspended meanwhile, or lost the right, goes on with nothing. */
async function inviteRows(
  parts: InviteParts,
  scope: Scope,
  rows: readonly StoredRow[],
  run: StoredImport,
): Promise<{ readonly row: number; readonly outcome: ImportOutcome }[]> {
  const { rules } = await underLock(parts.db, scope);
  const [holds] =
    run.creatorType === "operator" ? [] : await scope.trx.run(creatorHolds(scope.tenantId, run, scope.now));
  const own = holds ? effectivePermissions(rules.rules.roles, holds) : [];
  const permissions = run.creatorType === "operator" ? [everything] : own;
  if (!permits(permissions, "members:create")) return rows.map(({ row }) => ({ row, outcome: NOT_BACKED }));
  const wish = { invitations: rows.map(inviteeOf), sendEmail: run.sendEmail, entrance: "csv", partly: true } as const;
  const { results } = await inviteWithin(parts, { ...scope, permissions }, wish);
  return rows.flatMap(({ row }, i) => (results[i] ? [{ row, outcome: outcomeOf(results[i]) }] : []));
}

const NOT_BACKED: ImportOutcome = {
  status: "refused",
  code: "forbidden",
  detail: "Whoever began this import may add members no more. Let somebody who may import these rows.",
};

function outcomeOf({ status, memberId, seat, code, detail }: InviteResult): ImportOutcome {
  if (status === "invited" || status === "created") return { status: "invited", memberId, seat };
  return { status, code, detail };
}
