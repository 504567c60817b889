import { lastAdmin } from "../../admission/lastAdmin.ts";
import { fold } from "../../base/fold.ts";
import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant, violatedUnique } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import {
  countDirectories,
  deleteDirectoryRow,
  directoriesAfter,
  type Directory,
  directoryById,
  insertDirectory,
  membersOfGroups,
  updateDirectoryRow,
} from "./directories.store.ts";
import { applyEffects, MOST_AT_ONCE } from "../members/effects.ts";
import { type IdPage, type PageWanted, readIdPage } from "../members/idPage.ts";
import type { Member } from "../members/member.ts";
import { redecide, useSeats } from "../roles/redecide.ts";
import { countAdmins } from "../roles/redecide.store.ts";
import { forgetScimTokens } from "./scimTokenCache.ts";
import { lockSeats } from "../seats/seats.store.ts";
import { type Locked, underLock } from "../members/underLock.ts";

/** What of a directory is written by hand. */
export type DirectoryText = Pick<Directory, "name" | "provider">;

/** The refusal of an id that names no directory here, be it unknown or another tenant's. */
export function noSuchDirectory(id: string): Refusal {
  return new Refusal("not_found", `no directory ${id}`);
}

/** The tenant's directories, the oldest first. */
export function listDirectories(db: Database, who: Who, page: PageWanted): Promise<IdPage<Directory>> {
  const { tenantId } = who;
  return readIdPage(
    db,
    who,
    page,
    (after, most) => directoriesAfter(tenantId, after, most),
    countDirectories(tenantId),
  );
}

/**
 * Makes a directory.
 *
 * @throws Refusal `name_exists`
 */
export async function createDirectory(db: Database, who: Who, wanted: DirectoryText): Promise<Directory> {
  const directory = { id: newId(who.now), ...wanted, createdAt: who.now };
  await namedOnce(inTenant(db, who, (scope) => addDirectory(scope, directory)));
  return directory;
}

/** Adds a directory in the transaction of something larger. */
export async function addDirectory(scope: Scope, directory: Directory): Promise<void> {
  const { id, name, provider } = directory;
  await scope.trx.run(insertDirectory(scope.tenantId, directory, fold(name)));
  await record(scope, event(scope, "directory.created", { type: "directory", id }, { name, provider }));
}

/**
 * Renames a directory.
 *
 * @throws Refusal `not_found`, `name_exists`
 */
export async function updateDirectory(
  db: Database,
  who: Who,
  id: string,
  change: Partial<DirectoryText>,
): Promise<Directory> {
  const work = inTenant(db, who, async (scope) => {
    const before = await directoryUnder(scope, id);
    const after = { ...before, ...change };
    const attributes = (["name", "provider"] as const).filter((key) => before[key] !== after[key]);
    if (attributes.length === 0) return before;
    await scope.trx.run(updateDirectoryRow(who.tenantId, after, fold(after.name)));
    await record(scope, event(who, "directory.updated", { type: "directory", id }, { attributes }));
    return after;
  });
  return namedOnce(work);
}

/** What becomes of a deleted directory's members: `keep` leaves them as they are, `suspend` holds them. */
export type MembersFate = "keep" | "suspend";

/**
 * Deletes a directory with its tokens. Its members are in human hands from then on: whoever the directory had
 * suspended stays so by an admin's hold, for a leaver with access is worse than one hold too many.
 *
 * @throws Refusal `not_found`, `last_admin` when `suspend` would leave nobody to administer (rule 17)
 */
export async function deleteDirectory(db: Database, who: Who, id: string, fate: MembersFate): Promise<void> {
  await inTenant(db, who, async (scope) => {
    const locked = await underLock(db, scope);
    const { name } = await directoryUnder(scope, id);
    const which = { directoryId: id, statuses: null };
    const { seen, lostAdmins } = await redecide(scope, which, locked, (member) => released(member, fate));
    if (lostAdmins > 0) await refuseAdminless(scope);
    if (seen > 0) await useSeats(scope, locked.seats.limit, locked.rules);
    await withoutGroups(scope, locked, id);
    const data = { name, members: seen, fate };
    await record(scope, event(who, "directory.deleted", { type: "directory", id }, data));
  });
  forgetScimTokens(db, ({ directoryId }) => directoryId === id);
}

/** Its groups go with it, and so do the roles that mappings gave by them (rule 15). */
async function withoutGroups(scope: Scope, { rules }: Locked, id: string): Promise<void> {
  const { trx, tenantId } = scope;
  const grouped = await trx.run(membersOfGroups(tenantId, id));
  await trx.run(deleteDirectoryRow(tenantId, id));
  for (let at = 0; at < grouped.length; at += MOST_AT_ONCE) {
    const [seats] = await trx.run(lockSeats(tenantId));
    if (!seats) throw new Error(`tenant ${tenantId} has no seat row`);
    const ids = grouped.slice(at, at + MOST_AT_ONCE).map((member) => member.id);
    await applyEffects(scope, { seats, rules }, ids);
  }
}

function released(member: Member, fate: MembersFate): Member {
  const hold = member.hold || !member.directoryActive || fate === "suspend";
  return { ...member, directoryId: null, directoryActive: true, hold };
}

async function refuseAdminless(scope: Scope): Promise<void> {
  const [admins] = await scope.trx.run(countAdmins(scope.tenantId));
  lastAdmin({ before: true, after: false, otherAdmins: admins?.count ?? 0 }, "act");
}

async function directoryUnder({ trx, tenantId }: Scope, id: string): Promise<Directory> {
  const [directory] = await trx.run(directoryById(tenantId, id));
  if (!directory) throw noSuchDirectory(id);
  return directory;
}

async function namedOnce<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (violatedUnique(error) !== "directories_name") throw error;
    throw new Refusal("name_exists", "A directory of this tenant has that name. Give this one another.");
  }
}
