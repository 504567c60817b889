/** Lists of resources, whatever table they are in: which page, which total, and where the pages beside it begin. */
import type { Place } from "../../scim/cursor.ts";
import type { Selection } from "../../scim/project.ts";
import { ScimRefusal } from "../../scim/types.ts";
import { onceInTenant, sqlState } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import { STALE } from "../members/members.store.ts";
import { lookUp } from "./scimFilterIndex.store.ts";
import {
  type Listed,
  type ListWho,
  pageOf,
  type Placed,
  placesOf,
  rowsById,
  totalOf,
  type Window,
} from "./scimList.store.ts";

/** Which page is wanted: by index, or by the place where another ended. */
export type Wanted =
  | { readonly kind: "index"; readonly startIndex: number; readonly count: number }
  | {
      readonly kind: "cursor";
      readonly count: number;
      /** Null = the first page. */
      readonly place: Place | null;
      readonly backwards: boolean;
      /** As the first page counted it; undefined there. */
      readonly total: number | undefined;
    };

/** A page over one or several sources; `source` is the number of the one that a row is of. */
export interface ListPage {
  readonly items: readonly { readonly source: number; readonly row: { readonly id: string } }[];
  readonly total: number;
  /** Where the pages before and behind this one end and begin; null where there is none, or none is asked for. */
  readonly previous: Place | null;
  readonly next: Place | null;
}

/** What is asked of one source, and what of its rows is shown. */
export interface Asked extends Listed {
  readonly selected: Selection;
}

interface Item extends Placed {
  readonly source: number;
  /** Undefined where it was deleted after its place was read. */
  readonly row: { readonly id: string } | undefined;
}

/** What a statement of a list may take in milliseconds: one attribute of a million resources, read without an index. */
const MOST_MS = 10_000;

/** SQLSTATE query_canceled (PostgreSQL, appendix A). */
const CANCELED = "57014";

/**
 * A page of resources (RFC 7644 §3.4.2): by id, or by what is asked for and then by id. One source costs one round trip,
 * and where a filter fills a page a second one for the total; several cost two or three.
 *
 * @param atMostMs for each statement; the embedded database ends none
 * @throws ScimRefusal tooMany where the members of a page of groups are more than one answer holds, or a statement takes
 * too long; Refusal `unavailable` where too many such lists of the tenant are being made
 */
export async function listResources(
  db: Database,
  who: ListWho,
  all: readonly Asked[],
  wanted: Wanted,
  atMostMs = MOST_MS,
): Promise<ListPage> {
  const timed = { ...who, atMostMs };
  const read = (): Promise<ListPage> =>
    wanted.kind === "index"
      ? byIndex(db, timed, all, wanted.startIndex - 1, wanted.count)
      : byCursor(db, timed, all, wanted);
  try {
    // What looks at every resource leaves connections to the other tenants.
    return await (all.some(readsAll) ? db.turns.take(who.tenantId, read) : read());
  } catch (error) {
    throw refusalOf(error, atMostMs);
  }
}

function readsAll({ source, filter, sort }: Asked): boolean {
  return sort !== null || (filter !== null && lookUp(source.columns, filter) === undefined);
}

/** RFC 7644 §3.12, `tooMany`: more "than the server is willing to calculate or process". */
function refusalOf(error: unknown, atMostMs: number): unknown {
  switch (sqlState(error)) {
    case STALE:
      return new ScimRefusal(
        "tooMany",
        "These Groups have too many members for one answer: ask for fewer by count, or exclude members.",
      );
    case CANCELED:
      return new ScimRefusal(
        "tooMany",
        `This list took longer than ${atMostMs / 1000} s: ask with fewer expressions, filter by what an index serves (eq on id, userName or externalId), or leave out sortBy.`,
        undefined,
        error,
      );
    default:
      return error;
  }
}

async function byIndex(
  db: Database,
  who: ListWho,
  all: readonly Asked[],
  offset: number,
  count: number,
): Promise<ListPage> {
  const { items, total } = await readWindow(db, who, all, { kind: "offset", offset, count }, offset);
  return { items: shown(items), total, previous: null, next: null };
}

async function byCursor(
  db: Database,
  who: ListWho,
  all: readonly Asked[],
  wanted: Wanted & { readonly kind: "cursor" },
): Promise<ListPage> {
  const { count, place, backwards, total: known } = wanted;
  const window: Window = { kind: "keyset", place, backwards, count: count === 0 ? 0 : count + 1 };
  const read =
    known === undefined
      ? await readWindow(db, who, all, window, 0)
      : { items: await readItems(db, who, all, window), total: known };
  // All that stood before the page is gone: it is the first one.
  if (backwards && read.items.length === 0) return byCursor(db, who, all, { ...wanted, place: null, backwards: false });
  return cutPage(wanted, read);
}

/** One row more than the page holds tells whether another page follows: behind it, or before it on the way back. */
function cutPage({ count, place, backwards }: Wanted & { readonly kind: "cursor" }, { items, total }: Read): ListPage {
  const hasMore = items.length > count;
  const page = backwards ? items.slice(hasMore ? 1 : 0) : items.slice(0, count);
  const hasPrevious = backwards ? hasMore : place !== null;
  const hasNext = backwards || hasMore;
  return {
    items: shown(page),
    total,
    previous: hasPrevious ? placeOf(page[0]) : null,
    next: hasNext ? placeOf(page.at(-1)) : null,
  };
}

function shown(items: readonly Item[]): ListPage["items"] {
  return items.flatMap(({ source, row }) => (row ? [{ source, row }] : []));
}

function placeOf(item: Item | undefined): Place | null {
  return item ? { id: item.id, key: item.sortKey } : null;
}

interface Read {
  readonly items: readonly Item[];
  readonly total: number;
}

/** A window and the total; a window that is not full tells the total itself. */
async function readWindow(
  db: Database,
  who: ListWho,
  all: readonly Asked[],
  window: Window,
  passed: number,
): Promise<Read> {
  const [only, ...others] = all;
  if (only?.filter === null && others.length === 0 && window.count > 0) return readAll(db, who, only, window);
  const items = window.count > 0 ? await readItems(db, who, all, window) : [];
  const isEnd = items.length < window.count && (items.length > 0 || passed === 0);
  if (isEnd) return { items, total: passed + items.length };
  const [[counted]] = await onceInTenant(db, who, totalOf(who, all));
  return { items, total: counted?.total ?? 0 };
}

/** A list without a filter is long: its total is counted in the same round trip. */
async function readAll(db: Database, who: ListWho, asked: Asked, window: Window): Promise<Read> {
  const page = pageOf(who, asked, window, asked.selected);
  const [rows, [counted]] = await onceInTenant(db, who, page, totalOf(who, [asked]));
  return { items: rows.map(itemOf), total: counted?.total ?? 0 };
}

function itemOf(row: { readonly id: string } & Placed): Item {
  return { id: row.id, sortKey: row.sortKey, source: 0, row };
}

async function readItems(db: Database, who: ListWho, all: readonly Asked[], window: Window): Promise<readonly Item[]> {
  const [only, ...others] = all;
  if (!only) return [];
  if (others.length > 0) return readMixed(db, who, all, window);
  const [rows] = await onceInTenant(db, who, pageOf(who, only, window, only.selected));
  return rows.map(itemOf);
}

/** The places first, then the rows of each source; what is deleted between the two is not on the page. */
async function readMixed(db: Database, who: ListWho, all: readonly Asked[], window: Window): Promise<readonly Item[]> {
  const [places] = await onceInTenant(db, who, placesOf(who, all, window));
  const reads = all.map(({ source, selected }, index) =>
    rowsById(
      who,
      source,
      places.filter((place) => place.source === index).map(({ id }) => id),
      selected,
    ),
  );
  const rows = (await onceInTenant(db, who, ...reads)).map((list) => new Map(list.map((row) => [row.id, row])));
  return places.map((place) => ({ ...place, row: rows[place.source]?.get(place.id) }));
}
