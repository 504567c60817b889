/** A directory is switched off: its tokens die at once, its members come into human hands, and then it is deleted. */
import { heldRoles, lastAdmin } from "../../admission/lastAdmin.ts";
import { event } from "../../events/event.ts";
import type { Handler, NewJob } from "../../events/jobs.ts";
import { enqueue } from "../../events/jobs.store.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { effectsOn, MOST_AT_ONCE } from "../members/effects.ts";
import { FIRST_ID } from "../members/idPage.ts";
import { standingOf, type Member } from "../members/member.ts";
import { relocked, underLock, type Locked } from "../members/underLock.ts";
import { beginReconciliation, isStalled, shown, startedBy, type Reconciliation } from "../roles/reconciliation.ts";
import {
  advanceReconciliation,
  reconciliationById,
  runningReconciliation,
  type StoredReconciliation,
} from "../roles/reconciliation.store.ts";
import { redecide, redecideChunk, useSeats } from "../roles/redecide.ts";
import { countAdmins } from "../roles/redecide.store.ts";
import type { TenantRules } from "../roles/rules.ts";
import { directoryUnder } from "./directories.ts";
import { closeDirectory, deleteDirectoryRow, hasMoreMembers, membersOfGroups } from "./directories.store.ts";
import { forgetScimTokens } from "./scimTokenCache.ts";

/** What becomes of its members: `keep` leaves them as they are, `suspend` holds them. */
export type MembersFate = "keep" | "suspend";

const EMPTY = "directories.empty";

/**
 * Switches a directory off and deletes it. Its members are in human hands from then on: whoever the directory had
 * suspended stays so by an admin's hold, for a leaver with access is worse than one hold too many.
 *
 * At once where its members are up to 1,000; else a job leads them out chunk by chunk and deletes it behind the last, and
 * who administers leaves now, so that the last admin is asked for while somebody waits for the answer.
 *
 * @returns the job's reconciliation; null where all is done
 * @throws Refusal `not_found`, `last_admin` when nobody would be left to administer (rule 17)
 */
export async function deleteDirectory(
  db: Database,
  who: Who,
  id: string,
  fate: MembersFate,
): Promise<Reconciliation | null> {
  const run = await inTenant(db, who, async (scope) => {
    const { trx, tenantId } = scope;
    const locked = await underLock(db, scope);
    const { closingAt } = await directoryUnder(scope, id);
    if (closingAt !== null) return alreadyBegun(scope, id);
    const [count] = await trx.run(hasMoreMembers(tenantId, id, MOST_AT_ONCE));
    if (count?.more === true) return beginToEmpty(scope, locked, id, fate);
    const members = await leave(scope, locked, { directoryId: id, statuses: null }, fate);
    await deleteEmpty(scope, locked, id, { members, fate });
    return null;
  });
  forgetScimTokens(db, ({ directoryId }) => directoryId === id);
  return run && shown(run);
}

async function alreadyBegun(scope: Scope, id: string): Promise<StoredReconciliation | null> {
  const [run] = await scope.trx.run(runningReconciliation(scope.tenantId, "directory", id));
  if (run && isStalled(run, scope.now)) await enqueue(scope, emptyJob(run.id));
  return run ?? null;
}

async function beginToEmpty(
  scope: Scope,
  locked: Locked,
  id: string,
  fate: MembersFate,
): Promise<StoredReconciliation> {
  const { name } = await directoryUnder(scope, id);
  const run = await beginReconciliation(scope, { cause: "directory", directoryId: id, fate });
  await scope.trx.run(closeDirectory(scope.tenantId, id, scope.now));
  const data = { name, members: run.total, fate, reconciliationId: run.id };
  await record(scope, event(scope, "directory.switched_off", { type: "directory", id }, data));
  const admins = { directoryId: id, statuses: null, administering: true };
  const seen = await leave(scope, locked, admins, fate);
  await enqueue(scope, emptyJob(run.id));
  const step = { after: FIRST_ID, seen, changed: seen, endedAt: null };
  const [begun = run] = await scope.trx.run(advanceReconciliation(scope.tenantId, run.id, step));
  return begun;
}

/**
 * Leads these members out of their directory; the seats that become free go to who waits for one (rule 4).
 *
 * @returns how many
 * @throws Refusal `last_admin`
 */
async function leave(
  scope: Scope,
  { seats, rules }: Locked,
  which: Parameters<typeof redecide>[1],
  fate: MembersFate,
): Promise<number> {
  const { seen, lostAdmins } = await redecide(scope, which, { seats, rules }, (member) => released(member, fate));
  if (lostAdmins > 0) await refuseAdminless(scope);
  if (seen > 0) await useSeats(scope, seats.limit, rules);
  return seen;
}

function released(member: Member, fate: MembersFate): Member {
  const hold = member.hold || !member.directoryActive || fate === "suspend";
  return { ...member, directoryId: null, directoryActive: true, hold };
}

async function refuseAdminless(scope: Scope): Promise<void> {
  const [admins] = await scope.trx.run(countAdmins(scope.tenantId));
  lastAdmin({ before: true, after: false, otherAdmins: admins?.count ?? 0 }, "act");
}

/** Its groups go with it, and so do the roles that mappings gave by them (rule 15): of many people by jobs (rule 3). */
async function deleteEmpty(
  scope: Scope,
  locked: Locked,
  id: string,
  data: { readonly members: number; readonly fate: MembersFate },
): Promise<void> {
  const { trx, tenantId } = scope;
  const { name } = await directoryUnder(scope, id);
  const grouped = await trx.run(membersOfGroups(tenantId, id));
  await trx.run(deleteDirectoryRow(tenantId, id));
  const ids = grouped.map((member) => member.id);
  await effectsOn(scope, await relocked(scope, locked), ids);
  await record(scope, event(scope, "directory.deleted", { type: "directory", id }, { name, ...data }));
}

function emptyJob(reconciliationId: string): NewJob {
  return { kind: EMPTY, key: `${EMPTY}:${reconciliationId}`, payload: { reconciliationId } };
}

/**
 * The handler that leads members out of a directory that is being switched off, chunk after chunk, and deletes it behind
 * the last. Whoever has left it is not met again, so one that was cut off goes on where it was.
 */
export function directoryJobs(db: Database): Record<typeof EMPTY, Handler> {
  return {
    [EMPTY]: {
      within: async (scope, { payload }) => {
        const locked = await underLock(db, scope);
        const { reconciliationId } = payload as { readonly reconciliationId: string };
        const [run] = await scope.trx.run(reconciliationById(scope.tenantId, reconciliationId));
        if (run?.directoryId && run.endedAt === null)
          await empty({ ...scope, actor: startedBy(run) }, locked, run, run.directoryId);
      },
    },
  };
}

/** Rule 17: with the role held, which `useSeats` takes back where others administer. */
function stays(member: Member, { rules }: TenantRules, now: Date): Member {
  return { ...released(member, "keep"), lastAdminHold: heldRoles(standingOf(member, now), rules.roles) };
}

async function empty(scope: Scope, locked: Locked, run: StoredReconciliation, directoryId: string): Promise<void> {
  const { seats, rules } = locked;
  const fate = run.fate ?? "keep";
  const room = { free: seats.limit === null ? Infinity : seats.limit - (seats.used ?? 0) };
  const chunk = { which: { directoryId, statuses: null }, after: FIRST_ID, rules, room };
  // Those who administered were asked about when it was switched off: who does now was made an admin since, and stays.
  const make = (member: Member): Member =>
    member.administers ? stays(member, rules, scope.now) : released(member, fate);
  const { seen, last } = await redecideChunk(scope, chunk, make);
  if (seen > 0) await useSeats(scope, seats.limit, rules);
  const isLast = last === undefined;
  const step = { after: last ?? run.after, seen, changed: seen, endedAt: isLast ? scope.now : null };
  const [{ done } = run] = await scope.trx.run(advanceReconciliation(scope.tenantId, run.id, step));
  if (isLast) await deleteEmpty(scope, locked, directoryId, { members: done, fate });
  else await enqueue(scope, emptyJob(run.id));
}
