import pg, { types as pgTypes } from "pg";

const INT8 = 20;
const JSON_TYPES = new Set([114, 3802]);

/** Parser of a column's text by its type's OID; bigint becomes a number, for all of ours are counts and versions. */
export function parserOf(oid: number): (text: string) => unknown {
  if (oid === INT8) return Number;
  if (JSON_TYPES.has(oid)) return JSON.parse;
  return pgTypes.getTypeParser(oid, "text") as (text: string) => unknown;
}

/** The same for pg's own queries. */
export const types = { getTypeParser: parserOf };

/** pg's mapping of a JavaScript value to the wire (dates, arrays, buffers, JSON). */
export const prepareValue = (pg as unknown as { utils: { prepareValue: (value: unknown) => unknown } }).utils
  .prepareValue;
