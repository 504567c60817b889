/**
 * Pages of resources: any table of resources through one description of it, filtered, sorted and cut in SQL. Every
 * value is a parameter; what stands in a statement's text are names of columns and of attributes that a schema has.
 */
import type { Place } from "../../scim/cursor.ts";
import type { Selection } from "../../scim/project.ts";
import type { ResourceType } from "../../scim/registry.ts";
import type { ResolvedFilter } from "../../scim/resolve.ts";
import type { Sort } from "../../scim/sort.ts";
import type { Within } from "../../storage/scope.ts";
import type { Statement } from "../../storage/types.ts";
import { compileFilter } from "./scimFilter.store.ts";
import type { Columns } from "./scimFilterColumns.store.ts";
import { lookUp } from "./scimFilterIndex.store.ts";
import type { Bind } from "./scimFilterTest.store.ts";
import { sortKeyOf, type SortKey } from "./scimSort.store.ts";

/** Whose resources are listed, and how long a statement of it may take. */
export interface ListWho extends Within {
  readonly directoryId: string;
}

/** A table of resources, as lists need it. It has the columns `tenant_id` and `id`. */
export interface ListSource<Row extends { readonly id: string } = { readonly id: string }> {
  readonly type: ResourceType;
  /** Begins the names of its prepared statements; at most 20 letters. */
  readonly name: string;
  readonly table: string;
  /** Its alias, its document, and what it holds beside the document. */
  readonly columns: Columns;
  /**
   * The condition by which the directory sees a row, apart from its tenant; empty for all.
   *
   * @param filtered whether the row is read anyway; if not, what an index alone answers is much faster
   */
  seen(who: ListWho, bind: Bind, filtered: boolean): string;
  /** The select list of a row, `id` included, for an answer that shows these attributes; `$1` is the tenant, `name` tells the lists apart. */
  shown(selected: Selection): Shown;
  /** Never set: carries the type of the rows. */
  readonly row?: Row;
}

/** The columns of a row, as an answer needs them. */
interface Shown {
  readonly sql: string;
  readonly name: string;
  /** Whether the rows of `page` (id) are few enough to be read at once; absent where each is small. */
  readonly fits?: string;
}

/** What is asked of one source. */
export interface Listed<Row extends { readonly id: string } = { readonly id: string }> {
  readonly source: ListSource<Row>;
  readonly filter: ResolvedFilter | null;
  readonly sort: Sort | null;
}

/** Which part of a list: so many behind an offset, or so many on one side of a place (null = from the beginning). */
export type Window =
  | { readonly kind: "offset"; readonly offset: number; readonly count: number }
  | { readonly kind: "keyset"; readonly place: Place | null; readonly backwards: boolean; readonly count: number };

/** Where a row stands in its list. */
export interface Placed {
  readonly id: string;
  /** What it is sorted by, as text; null without a value or an order. */
  readonly sortKey: string | null;
}

/** Makes parameters of values, and keeps them. */
interface Binder {
  readonly values: unknown[];
  readonly bind: Bind;
}

function binder(): Binder {
  const values: unknown[] = [];
  return { values, bind: (value) => `$${values.push(value)}` };
}

/**
 * A page of one source, each row with its place. A window that goes backwards gives them in the order of the list.
 *
 * @throws SQLSTATE US001 where the rows do not fit into one answer
 */
export function pageOf<Row extends { readonly id: string }>(
  who: ListWho,
  listed: Listed<Row>,
  window: Window,
  selected: Selection,
): Statement<Row & Placed> {
  const { source } = listed;
  const { alias } = source.columns;
  const { values, bind } = binder();
  const tenant = bind(who.tenantId);
  const order = orderOf(listed, bind);
  const shown = source.shown(selected);
  const page = cut(rowsOf(who, listed, tenant, order, bind), order, window, bind);
  const name = nameOf(listed, window, shown.name);
  return {
    ...(name !== undefined && { name }),
    text: `with page as (${page})
      select ${shown.sql}, page.key::text as "sortKey"
      from page join ${source.table} on ${alias}.tenant_id = ${tenant} and ${alias}.id = page.id${fitting(shown)}
      order by ${orderBy(order, "page", false)}`,
    values,
  };
}

/** The places of a page over several sources, each with the number of its source; the rows are read by `rowsById`. */
export function placesOf(
  who: ListWho,
  all: readonly Listed[],
  window: Window,
): Statement<Placed & { readonly source: number }> {
  const { values, bind } = binder();
  const tenant = bind(who.tenantId);
  const orders = all.map((listed) => orderOf(listed, bind));
  const order = mixed(orders);
  const rows = all.map((listed, index) => rowsOf(who, listed, tenant, keyAs(orders[index], order), bind, index));
  const page = cut(rows.join(" union all "), order, window, bind);
  return {
    text: `with page as (${page}) select page.id as "id", page.source as "source", page.key::text as "sortKey"
      from page order by ${orderBy(order, "page", false)}`,
    values,
  };
}

/** These rows of a source, in no order. @throws SQLSTATE US001 where they do not fit into one answer */
export function rowsById<Row extends { readonly id: string }>(
  who: ListWho,
  source: ListSource<Row>,
  ids: readonly string[],
  selected: Selection,
): Statement<Row> {
  const { values, bind } = binder();
  const tenant = bind(who.tenantId);
  const shown = source.shown(selected);
  return {
    text: `with page as (select id from unnest(${bind(ids)}::uuid[]) as asked (id))
      select ${shown.sql} from page join ${source.table} on ${source.columns.alias}.id = page.id${fitting(shown)}
      where ${visible(who, source, tenant, bind, true)}`,
    values,
  };
}

function fitting({ fits }: Shown): string {
  return fits === undefined ? "" : ` and (select must(${fits}))`;
}

/** How many rows there are over all sources. */
export function totalOf(who: ListWho, all: readonly Listed[]): Statement<{ total: number }> {
  const { values, bind } = binder();
  const tenant = bind(who.tenantId);
  const counts = all.map(
    (listed) => `(select count(*) from ${listed.source.table} where ${matching(who, listed, tenant, bind)})`,
  );
  const [only] = all;
  const isFixed = all.length === 1 && only !== undefined && only.filter === null;
  return {
    ...(isFixed && { name: `${only.source.name}_count` }),
    text: `select ${counts.join(" + ")} as total`,
    values,
  };
}

/** How a page is ordered; `key` null = by id alone. */
interface Order {
  readonly key: SortKey | null;
  readonly descending: boolean;
}

function orderOf({ source, sort }: Listed, bind: Bind): Order {
  if (!sort) return { key: null, descending: false };
  const key = sort.target ? sortKeyOf(source.type, source.columns, sort.target, bind) : null;
  return { key, descending: sort.descending };
}

/** The order over several sources: values of the first that has some; those of another type are none. */
function mixed(orders: readonly Order[]): Order {
  const first = orders.find(({ key }) => key !== null);
  const key = first?.key ? { ...first.key, nullable: true } : null;
  return { key, descending: first?.descending ?? false };
}

function keyAs(own: Order | undefined, common: Order): Order {
  if (!common.key) return common;
  const isSame = own?.key?.type === common.key.type;
  return {
    ...common,
    key: isSame ? own.key : { ...common.key, sql: `null::${common.key.type}${collation(common.key)}` },
  };
}

function collation({ type }: SortKey): string {
  return type === "text" ? ' collate "C"' : "";
}

/** The rows of a source with what they are ordered by. */
function rowsOf(who: ListWho, listed: Listed, tenant: string, { key }: Order, bind: Bind, number?: number): string {
  const { alias } = listed.source.columns;
  const own = number === undefined ? "" : `, ${number}::int as source`;
  return `select ${alias}.id${own}, ${key ? key.sql : "null::text"} as key from ${listed.source.table}
    where ${matching(who, listed, tenant, bind)}`;
}

function matching(who: ListWho, { source, filter }: Listed, tenant: string, bind: Bind): string {
  const seen = visible(who, source, tenant, bind, filter !== null);
  return filter ? `${seen} and ${compileFilter(source.type, filter, source.columns, bind)}` : seen;
}

function visible(who: ListWho, source: ListSource, tenant: string, bind: Bind, filtered: boolean): string {
  const seen = source.seen(who, bind, filtered);
  return `${source.columns.alias}.tenant_id = ${tenant}${seen === "" ? "" : ` and ${seen}`}`;
}

/** The window of rows, which it names `r`. */
function cut(rows: string, order: Order, window: Window, bind: Bind): string {
  const { count } = window;
  if (window.kind === "offset") {
    return `select * from (${rows}) r order by ${orderBy(order, "r", false)}
      offset ${bind(window.offset)} limit ${bind(count)}`;
  }
  const { place, backwards } = window;
  const beyond = place ? `where ${beyondPlace(order, place, backwards, bind)}` : "";
  return `select * from (${rows}) r ${beyond} order by ${orderBy(order, "r", backwards)} limit ${bind(count)}`;
}

/**
 * RFC 7644 §3.4.2.3: without a value, last if ascending and first if descending, which is where PostgreSQL puts nulls.
 * The id stands behind, ascending in either order.
 */
function orderBy({ key, descending }: Order, alias: string, backwards: boolean): string {
  const id = `${alias}.id${backwards ? " desc" : ""}`;
  return key ? `${alias}.key${descending === backwards ? "" : " desc"}, ${id}` : id;
}

/** The rows behind a place, or before it: a range of the key, so that an index on it is entered there. */
function beyondPlace({ key, descending }: Order, place: Place, backwards: boolean, bind: Bind): string {
  const id = `r.id ${backwards ? "<" : ">"} ${bind(place.id)}::uuid`;
  if (!key) return id;
  // Nulls are at the upper end.
  const upwards = descending === backwards;
  if (place.key === null) return upwards ? `(r.key is null and ${id})` : `(r.key is not null or ${id})`;
  const value = `${bind(place.key)}::${key.type}${collation(key)}`;
  const sign = upwards ? ">" : "<";
  const range = `(r.key ${sign}= ${value} and (r.key ${sign} ${value} or ${id}))`;
  return upwards && key.nullable ? `(${range} or r.key is null)` : range;
}

/** Lists that are asked for all the time, and of which there are few shapes, are prepared. */
function nameOf({ source, filter, sort }: Listed, window: Window, shown: string): string | undefined {
  if (sort) return undefined;
  const looksUp = filter && lookUp(source.columns, filter);
  if (looksUp === undefined) return undefined;
  return [source.name, wayOf(window), shown, looksUp ?? ""].filter((part) => part !== "").join("_");
}

function wayOf(window: Window): string {
  if (window.kind === "offset") return "page";
  if (window.place === null) return "first";
  return window.backwards ? "before" : "after";
}
