/** Cursors of lists: where the page before ended, in a form that callers hand back and do not read. */
import { Refusal } from "../base/errors.ts";
import { isUuid } from "../base/ids.ts";
import type { IdPage, IdPlace } from "../directory/members/idPage.ts";

/** The query of every list, as `pageQuery` checks it. */
export interface PageQuery {
  readonly limit: number;
  readonly cursor?: string;
}

/** A place in a list as an opaque text. */
export function encodeCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place), "utf8").toString("base64url");
}

/**
 * The place that a cursor names; undefined without one.
 *
 * Cursors are not signed: a forged one is a place in a list that the caller may read anyway, for statements are bound
 * to the caller's tenant whatever it says.
 *
 * @param isPlace whether a decoded value is a place in this list, down to the types that SQL will see
 * @throws Refusal `invalid_request`
 */
export function decodeCursor<Place>(
  cursor: string | undefined,
  isPlace: (value: unknown) => value is Place,
): Place | undefined {
  if (cursor === undefined) return undefined;
  const place = parsed(Buffer.from(cursor, "base64url").toString("utf8"));
  if (isPlace(place)) return place;
  const message = "is no cursor of this list; leave it out to begin again";
  throw new Refusal("invalid_request", `The cursor ${message}.`, { errors: [{ path: "/cursor", message }] });
}

/** The place in a list that goes by id alone. */
export function idPlace(query: PageQuery): IdPlace | undefined {
  return decodeCursor(query.cursor, isIdPlace);
}

/** A page of such a list, as it is answered. */
export function idPage<Item, Shown>(
  { items, total, next }: IdPage<Item>,
  show: (item: Item) => Shown,
): { items: Shown[]; total: number; nextCursor: string | null } {
  return { items: items.map(show), total, nextCursor: next && encodeCursor(next) };
}

function isIdPlace(value: unknown): value is IdPlace {
  if (typeof value !== "object" || value === null) return false;
  const { after, total } = value as Partial<Record<keyof IdPlace, unknown>>;
  return isUuid(after) && isTotal(total);
}

/** Whether this can be a `total` that a cursor carries along. */
export function isTotal(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
