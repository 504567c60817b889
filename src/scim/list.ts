/** Lists: which page a request asks for (RFC 7644 §3.4.2.4, RFC 9865) and the envelope of its answer (§3.4.2). */
import { invalidCursor } from "./cursor.ts";
import { type ScimObject, ScimRefusal } from "./types.ts";

/** The part of a list that a request asks for: by index, from 1 on, or by cursor, which is empty for the first page. */
export type Paging =
  /** `count` is how many resources at most, 0 for the total alone. */
  | { readonly kind: "index"; readonly startIndex: number; readonly count: number }
  /** `count` undefined = not said: the server's own with the first page, later that of the first. */
  | { readonly kind: "cursor"; readonly cursor: string; readonly count: number | undefined };

/** What a server gives: so many where nothing is asked, and never more than `maxCount`. */
export interface PageLimits {
  readonly defaultCount: number;
  readonly maxCount: number;
}

/** What a query (strings) or SearchRequest (numbers) says of paging. */
export interface AskedPage {
  readonly startIndex?: unknown;
  readonly count?: unknown;
  readonly cursor?: unknown;
}

/**
 * The page that a request asks for: a `startIndex` below 1 is 1, a negative `count` is 0, a `count` above the server's
 * maximum is that maximum (RFC 7644 §3.4.2.4, RFC 9865 §2).
 *
 * @throws ScimRefusal invalidValue for what is no integer, and for `startIndex` beside `cursor`; invalidCount for a
 *   `count` beside `cursor` that is no integer; invalidCursor for a cursor that is no text
 */
export function pagingOf(asked: AskedPage, limits: PageLimits): Paging {
  const { cursor } = asked;
  const isCursor = cursor !== undefined && cursor !== null;
  const startIndex = integerOf(asked.startIndex, "startIndex", "invalidValue");
  const said = integerOf(asked.count, "count", isCursor ? "invalidCount" : "invalidValue");
  const count = said === undefined ? undefined : Math.min(Math.max(said, 0), limits.maxCount);
  if (!isCursor) {
    return { kind: "index", startIndex: Math.max(startIndex ?? 1, 1), count: count ?? limits.defaultCount };
  }
  if (typeof cursor !== "string") throw invalidCursor();
  if (startIndex !== undefined) throw new ScimRefusal("invalidValue", "give startIndex or cursor, not both");
  return { kind: "cursor", cursor, count };
}

/** What stands in an answer beside the resources. */
export type Position =
  | { readonly startIndex: number }
  /** RFC 9865 §2: `nextCursor` is absent on the last page alone, `previousCursor` on the first. */
  | { readonly nextCursor?: string | undefined; readonly previousCursor?: string | undefined };

/** ListResponse of RFC 7644 §3.4.2: `itemsPerPage` is what this page holds, and `Resources` is there even if empty. */
export function listResponse(resources: readonly ScimObject[], totalResults: number, position: Position): ScimObject {
  return {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
    totalResults,
    ...position,
    itemsPerPage: resources.length,
    Resources: [...resources],
  };
}

function integerOf(value: unknown, name: string, scimType: "invalidValue" | "invalidCount"): number | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const isInteger = typeof value === "string" ? /^-?\d{1,32}$/.test(value) : Number.isInteger(value);
  if (!isInteger) throw new ScimRefusal(scimType, `${name} must be one integer`);
  // Beyond what a double counts exactly lies the end of every list.
  return Math.min(Math.max(Number(value), Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}
