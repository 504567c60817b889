/** Queries: GET of an endpoint (RFC 7644 §3.4.2), of the root (§3.4.2.1), and POST to `.search` of either (§3.4.3). */
import { listResources, type Asked, type ListPage, type Wanted } from "../directory/directories/scimList.ts";
import type { ListSource } from "../directory/directories/scimList.store.ts";
import { readJson } from "../http/body.ts";
import { sendJson } from "../http/reply.ts";
import type { Place } from "../scim/cursor.ts";
import { listResponse, pagingOf, type Paging, type Position } from "../scim/list.ts";
import { namesOf, project, selection } from "../scim/project.ts";
import { resolveFilterOver } from "../scim/resolve.ts";
import { parseSearchRequest, queryOfUrl, type SearchQuery } from "../scim/searchRequest.ts";
import { sortedAttribute, sortOver } from "../scim/sort.ts";
import { ScimRefusal, type ScimObject } from "../scim/types.ts";
import { openCursor, sealCursor } from "./cursor.ts";
import { byMethod, type AddRoute, type Exchange } from "./exchange.ts";
import { bodyOptions, MEDIA_TYPE, PAGE_LIMITS } from "./limits.ts";
import { directoryOf, type ScimRequest } from "./request.ts";
import { readFilter } from "./requestRecord.ts";

/** How a kind of resource is listed: where its rows are, and what a row is as a resource, with its `meta`. */
export interface Listing<Row extends { readonly id: string } = { readonly id: string }> {
  /** For the base by which the request came: filters compare addresses below it. */
  readonly source: (baseUrl: string) => ListSource<Row>;
  show(request: ScimRequest, row: Row): ScimObject;
}

/** Adds the queries over all kinds of resources (RFC 7644 §3.4.2.1). */
export function rootRoutes(add: AddRoute, listings: readonly Listing[]): void {
  add("/", byMethod({ GET: (exchange) => answerGet(listings, exchange) }));
  searchRoute(add, "/.search", listings);
}

/** Adds POST of a SearchRequest to a path (RFC 7644 §3.4.3). */
export function searchRoute(add: AddRoute, path: string, listings: readonly Listing[]): void {
  const search = async (exchange: Exchange): Promise<void> => {
    const { req, request } = exchange;
    const body = await readJson(req, bodyOptions(req, request.leniency));
    await answer(listings, parseSearchRequest(body), exchange);
  };
  add(path, byMethod({ POST: search }));
}

/** Answers the query in a URL. */
export function answerGet(listings: readonly Listing[], exchange: Exchange): Promise<void> {
  return answer(listings, queryOfUrl(exchange.request.query), exchange);
}

async function answer(
  listings: readonly Listing[],
  query: SearchQuery,
  { res, request }: Pick<Exchange, "res" | "request">,
): Promise<void> {
  const asked = askedOf(listings, query, request);
  const paging = pagingOf(query, PAGE_LIMITS);
  // Cursors alone are of one query.
  const identity = paging.kind === "index" ? "" : identityOf(asked, query);
  const wanted = wantedOf(request, paging, identity);
  const page = await listResources(request.db, directoryOf(request), asked, wanted);
  request.record.found = page.total;
  const resources = page.items.flatMap(({ source, row }) => {
    const [listing, selected] = [listings[source], asked[source]?.selected];
    return listing && selected ? [project(selected, listing.show(request, row))] : [];
  });
  sendJson(res, 200, MEDIA_TYPE, listResponse(resources, page.total, positionOf(request, wanted, identity, page)));
}

/** What is asked of each kind. @throws ScimRefusal for a filter, order or selection that cannot be */
function askedOf(
  listings: readonly Listing[],
  query: SearchQuery,
  { leniency, record, baseUrl }: ScimRequest,
): Asked[] {
  const sources = listings.map(({ source }) => source(baseUrl));
  const types = sources.map(({ type }) => type);
  const filters =
    query.filter === undefined ? null : resolveFilterOver(types, readFilter(query.filter, leniency, record), leniency);
  const sorts = sortOver(types, query, leniency);
  return sources.map((source, index) => ({
    source,
    filter: filters?.[index] ?? null,
    sort: sorts[index] ?? null,
    selected: selection(source.type, query.attributes, query.excludedAttributes, leniency),
  }));
}

/** RFC 9865 §2: all that must be the same from page to page, but for `count`, which has an error of its own. */
function identityOf(asked: readonly Asked[], query: SearchQuery): string {
  return JSON.stringify([
    // With the type of what is sorted by, which the operator may change between two pages.
    asked.map(({ source, sort }) => [source.type.name, sort?.target && sortedAttribute(sort.target).type]),
    query.filter?.trim() ?? null,
    query.sortBy?.toLowerCase() ?? null,
    query.sortOrder?.toLowerCase() ?? "ascending",
    namesOf(query.attributes).map((name) => name.toLowerCase()),
    namesOf(query.excludedAttributes).map((name) => name.toLowerCase()),
  ]);
}

function wantedOf(request: ScimRequest, paging: Paging, identity: string): Wanted {
  if (paging.kind === "index") return paging;
  const { cursor, count } = paging;
  if (cursor === "") {
    const first = { place: null, backwards: false, total: undefined };
    return { kind: "cursor", count: count ?? PAGE_LIMITS.defaultCount, ...first };
  }
  const state = openCursor(request, identity, cursor);
  if (count === undefined || count === state.count) return { kind: "cursor", ...state };
  throw new ScimRefusal("invalidCount", `count was ${state.count} on the first page; it stays so until the last`);
}

function positionOf(request: ScimRequest, wanted: Wanted, identity: string, page: ListPage): Position {
  if (wanted.kind === "index") return { startIndex: wanted.startIndex };
  const { count } = wanted;
  const to = (place: Place | null, backwards: boolean): string | undefined =>
    place ? sealCursor(request, identity, { place, backwards, count, total: page.total }) : undefined;
  return { nextCursor: to(page.next, false), previousCursor: to(page.previous, true) };
}
