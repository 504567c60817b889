/** What the provisioning log may hold of a request: its shape, and none of the values that say something of a person. */
import { isUuid } from "../base/ids.ts";
import type { Filter, Literal } from "../scim/filter.ts";
import { parseInstant } from "../scim/instant.ts";
import { printFilter } from "../scim/print.ts";

const MASK = "…";
const MAX_TEXT = 500;
/** RFC 7644 §3.4.2 and RFC 9865 §2; other parameters are ignored, and say nothing of the request. */
const PARAMETERS = ["attributes", "excludedAttributes", "sortBy", "sortOrder", "startIndex", "count"] as const;

/** A filter with its attributes and operators, and of its values those that name nobody: ids, moments, true, false, null. */
export function maskedFilter(filter: Filter): string {
  return printFilter(masked(filter)).slice(0, MAX_TEXT);
}

function masked(filter: Filter): Filter {
  switch (filter.kind) {
    case "and":
    case "or":
      return { ...filter, terms: filter.terms.map(masked) };
    case "not":
    case "valuePath":
      return { ...filter, filter: masked(filter.filter) };
    case "compare":
      return { ...filter, value: tellsNobody(filter.value) ? filter.value : MASK };
    case "present":
      return filter;
  }
}

function tellsNobody(value: Literal): boolean {
  if (typeof value === "string") return isUuid(value) || parseInstant(value) !== undefined;
  return typeof value !== "number";
}

/** A parameter's value that is a list of attributes, a word or a number. */
const PLAIN = /^[\w.:,$ -]{0,300}$/;

/**
 * The parameters of a query as a text; null where there are none.
 *
 * @param filter the masked filter of the query or of a SearchRequest; undefined where it could not be read
 */
export function maskedQuery(query: Readonly<Record<string, unknown>>, filter: string | undefined): string | null {
  const parts = PARAMETERS.flatMap((name) => {
    const value = query[name];
    return value === undefined ? [] : [`${name}=${typeof value === "string" && PLAIN.test(value) ? value : MASK}`];
  });
  if (filter !== undefined || query["filter"] !== undefined) parts.unshift(`filter=${filter ?? MASK}`);
  if (query["cursor"] !== undefined) parts.push(`cursor=${query["cursor"] === "" ? "" : MASK}`);
  return parts.length === 0 ? null : parts.join("&");
}

/** A path below the base: endpoint, and what follows it if that is an id, `.search` or of discovery. */
export function maskedPath(path: string): string {
  const [endpoint = "", second, ...rest] = path.split("/").slice(1);
  const shown = [/^[A-Za-z.]{0,40}$/.test(endpoint) ? endpoint : MASK];
  const isDiscovery = /^(Schemas|ResourceTypes)$/i.test(endpoint) && PLAIN.test(second ?? "");
  if (second !== undefined) shown.push(isDiscovery || isUuid(second) || /^(\.search)?$/i.test(second) ? second : MASK);
  if (rest.length > 0) shown.push(MASK);
  return `/${shown.join("/")}`;
}

/** Words of RFC 7643 and RFC 7644 that refusals put in double quotes. */
const OWN_WORDS = new Set(
  "add,remove,replace,Operations,path,value,op,and,or,[,],),eq,ne,ascending,descending,POST,PUT,PATCH,DELETE,work,home,other".split(
    ",",
  ),
);

/**
 * The detail of a refusal, without the values that it quotes of the request: what stands in double quotes and is no word
 * of ours, what looks like an address, and ids of nobody that are no UUIDs.
 */
export function maskedDetail(detail: string): string {
  return detail
    .slice(0, 2 * MAX_TEXT)
    .replaceAll(/"((?:[^"\\]|\\.)*)("|$)/g, (all, text: string, end: string) => {
      return end !== "" && keeps(text) ? all : `"${MASK}"`;
    })
    .replaceAll(/[^\s"'(),;[\]]+@[^\s"'(),;[\]]+/g, MASK)
    .replaceAll(/\bno ([A-Z]\w*) ((?:\S+, )*\S+)/g, (_all, type: string, ids: string) => {
      return `no ${type} ${ids.replaceAll(/[^\s,]+/g, (id) => (isUuid(id) ? id : MASK))}`;
    })
    .slice(0, MAX_TEXT);
}

function keeps(text: string): boolean {
  return OWN_WORDS.has(text) || isUuid(text) || parseInstant(text) !== undefined;
}
