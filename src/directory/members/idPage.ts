import { onceInTenant } from "../../storage/scope.ts";
import type { Database, Statement, Who } from "../../storage/types.ts";

/** A place in a list that goes by id, with the total of its first page carried along. */
export interface IdPlace {
  readonly after: string;
  readonly total: number;
}

/** A page of such a list. */
export interface IdPage<Item> {
  readonly items: readonly Item[];
  readonly total: number;
  /** Null on the last page. */
  readonly next: IdPlace | null;
}

/** Which page is wanted; `place` undefined for the first. */
export interface PageWanted {
  readonly limit: number;
  readonly place: IdPlace | undefined;
}

/** Below every id. */
export const FIRST_ID = "00000000-0000-0000-0000-000000000000";

/**
 * Reads a page of a tenant's list by id, in one round trip; the total is counted with the first page alone.
 *
 * @param list the rows after an id, at most so many
 */
export async function readIdPage<Item extends { readonly id: string }>(
  db: Database,
  who: Pick<Who, "tenantId">,
  { limit, place }: PageWanted,
  list: (after: string, most: number) => Statement<Item>,
  count: Statement<{ count: number }>,
): Promise<IdPage<Item>> {
  const rows = list(place?.after ?? FIRST_ID, limit + 1);
  if (place) return cutPage((await onceInTenant(db, who, rows))[0], limit, place.total);
  const [items, [counted]] = await onceInTenant(db, who, rows, count);
  return cutPage(items, limit, counted?.count ?? 0);
}

/** A page of rows that were read with one more than it holds, which tells whether another follows. */
export function cutPage<Item extends { readonly id: string }>(
  rows: readonly Item[],
  limit: number,
  total: number,
): IdPage<Item> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, total, next: last && rows.length > limit ? { after: last.id, total } : null };
}
