import { effectivePermissions } from "../../admission/effectivePermissions.ts";
import { permits } from "../../admission/permissions.ts";
import { checkMayGrant, checkRolesExist } from "../../admission/roles.ts";
import { isRefusal, Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { enqueue } from "../../events/jobs.store.ts";
import type { Handler } from "../../events/jobs.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Actor, Database, Scope, Who } from "../../storage/types.ts";
import { creatorHolds } from "../invitations/invitations.store.ts";
import type { AdminWho } from "./adminMembers.ts";
import { noSuchMember } from "./changeMember.ts";
import { MOST_AT_ONCE } from "./effects.ts";
import {
  emailsOf,
  endRun,
  idsInOrder,
  insertRun,
  rowsAfter,
  runById,
  writeOutcomes,
  type RunProgress,
  type StoredRun,
} from "./memberBulk.store.ts";
import { eachRow, type BulkAsked, type RowOutcome } from "./memberBulkRow.ts";
import { membersChosen, type MemberFilter } from "./memberList.store.ts";
import { narrowed } from "./memberList.ts";
import { countSeats } from "../seats/seats.store.ts";
import { takenBack } from "./takenBack.ts";
import { addToTeam, teamIds } from "../teams/teams.ts";
import { notMembers } from "../teams/teams.store.ts";
import { underLock } from "./underLock.ts";

/** Whom an action is for: these, or all whom a filter finds. */
export type Chosen = { readonly ids: readonly string[] } | { readonly filter: MemberFilter };

/** One row of the answer; `outcome` is null where the job has not come to it. */
interface BulkRow {
  readonly id: string;
  readonly email: string | null;
  readonly outcome: RowOutcome | null;
}

/** An action on many members, done or under way. */
export interface BulkRun extends RunProgress {
  /** Of the job; null where all was done at once. */
  readonly id: string | null;
  readonly action: BulkAsked["action"];
  readonly status: "running" | "done";
  readonly total: number;
  readonly rows: readonly BulkRow[];
  /** Seats before and after; null of a job. */
  readonly seats: { readonly limit: number | null; readonly before: number; readonly after: number } | null;
  /** The place after which further rows come; null on the last page. */
  readonly next: number | null;
}

const JOB = "members.bulk";
/** Members in one transaction of the job: some tenths of a second under the lock that the tenant's other writers wait for. */
const CHUNK = 200;

/**
 * Carries an action out on many members: up to 1,000 at once, in one transaction; more as a job.
 *
 * @param isPreview what would happen, of at most 1,000 of them; writes nothing
 * @throws Refusal `forbidden`, `not_found` for a team, `invalid_request` for a role that there is not
 */
export async function runBulk(
  db: Database,
  who: AdminWho,
  asked: BulkAsked,
  chosen: Chosen,
  isPreview: boolean,
): Promise<BulkRun> {
  checkRight(who, asked);
  const ids = await idsOf(db, who, chosen, asked.action === "assignSeats");
  if (isPreview) {
    const run = await takenBack(db, who, (scope) => atOnce(db, scope, who, asked, ids.slice(0, MOST_AT_ONCE)));
    return { ...run, total: ids.length };
  }
  if (ids.length <= MOST_AT_ONCE) return inTenant(db, who, (scope) => atOnce(db, scope, who, asked, ids));
  return inTenant(db, who, async (scope) => {
    const { rules } = await underLock(db, scope);
    if (asked.action === "changeRole") checkRoles(rules.rules.roles, who, asked.roles);
    const resolved = await withTeam(scope, asked);
    const run = { id: newId(who.now), asked: resolved, permissions: who.permissions, ...actorOf(who.actor) };
    await scope.trx.run(insertRun(who.tenantId, { ...run, createdAt: who.now }, ids));
    await enqueue(scope, { kind: JOB, key: JOB, payload: { id: run.id, after: 0 } });
    const none = { changed: 0, unchanged: 0, refused: 0, rows: [], seats: null, next: null };
    return { id: run.id, action: asked.action, status: "running", total: ids.length, ...none };
  });
}

/**
 * How far a job is, with a page of its rows in their order.
 *
 * @throws Refusal `not_found`
 */
export async function readBulk(
  db: Database,
  who: Pick<Who, "tenantId">,
  id: string,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<BulkRun> {
  const { tenantId } = who;
  const rows = rowsAfter(tenantId, id, after, limit + 1);
  const [[run], found] = await onceInTenant(db, who, runById(tenantId, id), rows);
  if (!run) throw new Refusal("not_found", `no bulk run ${id}`);
  const { changed, unchanged, refused, total } = run;
  const page = found.slice(0, limit);
  return {
    id,
    action: run.asked.action,
    status: run.endedAt === null ? "running" : "done",
    total,
    changed,
    unchanged,
    refused,
    rows: page,
    seats: null,
    next: found.length > limit ? (page.at(-1)?.place ?? null) : null,
  };
}

/**
 * The handler of the job: a part of the members in a transaction that notes what became of them and asks for the next
 * part, so that a job that is cut off goes on where it was.
 */
export function bulkJobs(db: Database): Record<typeof JOB, Handler> {
  return {
    [JOB]: {
      within: async (scope, { payload }) => {
        const { id, after } = payload as { readonly id: string; readonly after: number };
        const [run] = await scope.trx.run(runById(scope.tenantId, id));
        if (!run || run.endedAt !== null) return;
        const actor = { type: run.actorType, ...(run.actorId !== null && { id: run.actorId }) } as Actor;
        const rows = await scope.trx.run(rowsAfter(scope.tenantId, id, after, CHUNK));
        const whose = { ...scope, actor, permissions: await permissionsNow(db, scope, run) };
        const ids = rows.map((row) => row.id);
        const outcomes = await refusedAlike(ids.length, async () => {
          checkRight(whose, run.asked);
          return outcomesOf(db, whose, await withTeam(scope, run.asked), ids);
        });
        const noted = rows.flatMap(({ place }, i) => (outcomes[i] ? [{ place, outcome: outcomes[i] }] : []));
        await scope.trx.run(writeOutcomes(scope.tenantId, id, noted));
        const last = rows.at(-1);
        if (!last || rows.length < CHUNK) await scope.trx.run(endRun(scope.tenantId, id, scope.now));
        else await enqueue(scope, { kind: JOB, key: JOB, payload: { id, after: last.place } });
      },
    },
  };
}

/** Rule 16 as it is now: whoever was suspended meanwhile, or lost the right, goes on with nothing. */
async function permissionsNow(db: Database, scope: Scope, run: StoredRun): Promise<readonly string[]> {
  const { actorType: creatorType, actorId: creatorId, permissions } = run;
  if (creatorType !== "member" && creatorType !== "api_key") return permissions;
  const { rules } = await underLock(db, scope);
  const [holds] = await scope.trx.run(creatorHolds(scope.tenantId, { creatorType, creatorId }, scope.now));
  return holds ? effectivePermissions(rules.rules.roles, holds) : [];
}

/**
 * What every row asks for may be gone before a job comes to them, a role, a team or the right to it: then each is refused,
 * and the job goes on to its end. Such a refusal comes before any write.
 */
async function refusedAlike(rows: number, work: () => Promise<RowOutcome[]>): Promise<RowOutcome[]> {
  try {
    return await work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { code, message: detail } = error;
    return Array.from({ length: rows }, () => ({ status: "refused", code, detail }));
  }
}

/** What each action needs besides the permission to edit members. */
const NEEDED = { remove: "members:delete", addToTeam: "teams:edit", assignSeats: "seats:edit" } as const;

function checkRight({ permissions }: AdminWho, { action }: BulkAsked): void {
  const needed = action in NEEDED ? NEEDED[action as keyof typeof NEEDED] : "members:edit";
  if (permits(permissions, needed)) return;
  throw new Refusal("forbidden", `This needs the permission ${needed}. Use a credential that has it.`, {
    extra: { permission: needed },
  });
}

async function idsOf(db: Database, who: Who, chosen: Chosen, byArrival: boolean): Promise<string[]> {
  const { tenantId } = who;
  const statement =
    "ids" in chosen
      ? idsInOrder(tenantId, [...new Set(chosen.ids.map((id) => id.toLowerCase()))], byArrival)
      : membersChosen(tenantId, await narrowed(db, who, chosen.filter), byArrival);
  const [rows] = await onceInTenant(db, who, statement);
  return rows.map(({ id }) => id);
}

async function atOnce(
  db: Database,
  scope: Scope,
  { permissions, tenantId }: AdminWho,
  asked: BulkAsked,
  ids: readonly string[],
): Promise<BulkRun> {
  const emails = new Map((await scope.trx.run(emailsOf(tenantId, ids))).map(({ id, email }) => [id, email]));
  const [before] = await scope.trx.run(countSeats(tenantId));
  const outcomes = await outcomesOf(db, { ...scope, permissions }, await withTeam(scope, asked), ids);
  const [after] = await scope.trx.run(countSeats(tenantId));
  const count = (wanted: RowOutcome["status"]): number => outcomes.filter(({ status }) => status === wanted).length;
  return {
    id: null,
    action: asked.action,
    status: "done",
    total: ids.length,
    changed: count("changed"),
    unchanged: count("unchanged"),
    refused: count("refused"),
    rows: ids.map((id, i) => ({ id, email: emails.get(id) ?? null, outcome: outcomes[i] ?? null })),
    seats: { limit: before?.limit ?? null, before: before?.used ?? 0, after: after?.used ?? 0 },
    next: null,
  };
}

async function outcomesOf(
  db: Database,
  scope: Scope & AdminWho,
  asked: BulkAsked,
  ids: readonly string[],
): Promise<RowOutcome[]> {
  const locked = await underLock(db, scope);
  if (asked.action === "addToTeam") return added(scope, asked.team, ids);
  if (asked.action === "changeRole") checkRoles(locked.rules.rules.roles, scope, asked.roles);
  return eachRow(scope, locked, asked, ids);
}

/** Rule 16, and a role that there is not, are the matter of all rows. */
function checkRoles(catalogue: Parameters<typeof checkMayGrant>[0], who: AdminWho, roles: readonly string[]): void {
  checkRolesExist(catalogue, roles);
  checkMayGrant(catalogue, who.permissions, roles);
}

async function added(scope: Scope, teamId: string, ids: readonly string[]): Promise<RowOutcome[]> {
  const unknown = new Set((await scope.trx.run(notMembers(scope.tenantId, ids))).map(({ id }) => id));
  const moved = await addToTeam(scope, teamId, ids);
  return ids.map((id) => {
    if (unknown.has(id)) return { status: "refused", code: "not_found", detail: noSuchMember(id).message };
    return { status: moved.has(id) ? "changed" : "unchanged" };
  });
}

async function withTeam(scope: Scope, asked: BulkAsked): Promise<BulkAsked> {
  if (asked.action !== "addToTeam") return asked;
  const [team = ""] = await teamIds(scope, [asked.team]);
  return { ...asked, team };
}

function actorOf({ type, id }: Actor): { readonly actorType: string; readonly actorId: string | null } {
  return { actorType: type, actorId: id ?? null };
}
