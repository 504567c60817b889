/** Lists: index paging of a request (RFC 7644 §3.4.2.4) and the envelope of its answer (§3.4.2). */
import { type ScimObject, ScimRefusal } from "./types.ts";

/** One page: `startIndex` counts from 1; `count` is how many resources at most, 0 for the total alone. */
export interface Page {
  readonly startIndex: number;
  readonly count: number;
}

/** What a server gives: so many where nothing is asked, and never more than `maxCount`. */
export interface PageLimits {
  readonly defaultCount: number;
  readonly maxCount: number;
}

/**
 * The page that a query (strings) or SearchRequest (numbers) asks for: a `startIndex` below 1 is 1, a negative `count`
 * is 0, a `count` above the server's maximum is that maximum (RFC 7644 §3.4.2.4).
 *
 * @throws ScimRefusal invalidValue for what is no integer
 */
export function pageOf(asked: { startIndex?: unknown; count?: unknown }, limits: PageLimits): Page {
  const startIndex = integerOf(asked.startIndex, "startIndex") ?? 1;
  const count = integerOf(asked.count, "count") ?? limits.defaultCount;
  return { startIndex: Math.max(startIndex, 1), count: Math.min(Math.max(count, 0), limits.maxCount) };
}

/** ListResponse of RFC 7644 §3.4.2: `itemsPerPage` is what this page holds, and `Resources` is there even if empty. */
export function listResponse(resources: readonly ScimObject[], totalResults: number, startIndex: number): ScimObject {
  return {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
    totalResults,
    startIndex,
    itemsPerPage: resources.length,
    Resources: [...resources],
  };
}

function integerOf(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const isInteger = typeof value === "string" ? /^-?\d{1,32}$/.test(value) : Number.isInteger(value);
  if (!isInteger) throw new ScimRefusal("invalidValue", `${name} must be one integer`);
  // Beyond what a double counts exactly lies the end of every list.
  return Math.min(Math.max(Number(value), Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}
