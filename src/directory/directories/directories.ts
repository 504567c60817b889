import { fold } from "../../base/fold.ts";
import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant, violatedUnique } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import {
  countDirectories,
  directoriesAfter,
  type Directory,
  directoryById,
  insertDirectory,
  updateDirectoryRow,
} from "./directories.store.ts";
import { type IdPage, type PageWanted, readIdPage } from "../members/idPage.ts";

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
  const directory = { id: newId(who.now), ...wanted, createdAt: who.now, closingAt: null };
  await namedOnce(inTenant(db, who, (scope) => addDirectory(scope, directory)));
  return directory;
}

/** Adds a directory in the transaction of something larger. */
export async function addDirectory(scope: Scope, directory: Omit<Directory, "closingAt">): Promise<void> {
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

/** One directory, in the transaction of something larger. @throws Refusal `not_found` */
export async function directoryUnder({ trx, tenantId }: Scope, id: string): Promise<Directory> {
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
