/** What a query asks for, be it written in a URL (RFC 7644 §3.4.2) or in a SearchRequest message (§3.4.3). */
import type { AskedPage } from "./list.ts";
import { isObject } from "./match.ts";
import type { Names } from "./project.ts";
import { ScimRefusal, type ScimType } from "./types.ts";

const SEARCH_REQUEST = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/** A query as it was asked; each member undefined where nothing was said. */
export interface SearchQuery extends AskedPage {
  readonly attributes: Names;
  readonly excludedAttributes: Names;
  readonly filter: string | undefined;
  readonly sortBy: string | undefined;
  readonly sortOrder: string | undefined;
}

/** The parameters of a URL: each a text, or several where it was given more than once. */
export type UrlQuery = Readonly<Record<string, string | string[] | undefined>>;

/**
 * The query of a URL; parameters that are not known are ignored.
 *
 * @throws ScimRefusal invalidFilter, invalidPath or invalidValue for a parameter that is given more than once
 */
export function queryOfUrl(query: UrlQuery): SearchQuery {
  return {
    attributes: query["attributes"],
    excludedAttributes: query["excludedAttributes"],
    filter: text(query["filter"], "filter"),
    sortBy: text(query["sortBy"], "sortBy") || undefined,
    sortOrder: text(query["sortOrder"], "sortOrder") || undefined,
    startIndex: query["startIndex"],
    count: query["count"],
    cursor: query["cursor"],
  };
}

/**
 * The query of a SearchRequest; names of its members in any case (RFC 7643 §2.1), those not known are ignored.
 *
 * @throws ScimRefusal invalidSyntax for a body that is no SearchRequest; invalidFilter, invalidPath or invalidValue for
 *   a member of another type
 */
export function parseSearchRequest(body: unknown): SearchQuery {
  if (!isObject(body as never)) throw new ScimRefusal("invalidSyntax", "The body must be a SearchRequest message.");
  const message = new Map(
    Object.entries(body as object).map(([name, value]) => [name.toLowerCase(), value ?? undefined]),
  );
  const schemas: unknown = message.get("schemas");
  const isSearch = (urn: unknown): boolean =>
    typeof urn === "string" && urn.toLowerCase() === SEARCH_REQUEST.toLowerCase();
  if (!Array.isArray(schemas) || !schemas.some(isSearch)) {
    throw new ScimRefusal("invalidSyntax", `schemas must hold ${SEARCH_REQUEST}.`);
  }
  return {
    attributes: names(message.get("attributes"), "attributes"),
    excludedAttributes: names(message.get("excludedattributes"), "excludedAttributes"),
    filter: text(message.get("filter"), "filter"),
    sortBy: text(message.get("sortby"), "sortBy") || undefined,
    sortOrder: text(message.get("sortorder"), "sortOrder") || undefined,
    startIndex: message.get("startindex"),
    count: message.get("count"),
    cursor: message.get("cursor"),
  };
}

const faults: Readonly<Record<string, ScimType>> = { filter: "invalidFilter", sortBy: "invalidPath" };

function text(value: unknown, name: string): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw new ScimRefusal(faults[name] ?? "invalidValue", `${name} must be one text`);
}

function names(value: unknown, name: string): Names {
  if (value === undefined || typeof value === "string") return value;
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
  throw new ScimRefusal("invalidValue", `${name} must be an array of texts`);
}
