import pg, { types as pgTypes } from "pg";

const INT8 = 20;
const TIMESTAMPTZ = 1184;
const JSON_TYPES = new Set([114, 3802]);

/** Parser of a column's text by its type's OID; bigint becomes a number, for all of ours are counts and versions. */
export function parserOf(oid: number): (text: string) => unknown {
  if (oid === INT8) return Number;
  if (oid === TIMESTAMPTZ) return parseInstant;
  if (JSON_TYPES.has(oid)) return JSON.parse;
  return pgTypes.getTypeParser(oid, "text") as (text: string) => unknown;
}

const parseAnyInstant = pgTypes.getTypeParser(TIMESTAMPTZ, "text") as (text: string) => unknown;

/** `2026-01-31 09:00:00.123+00` is near enough to ISO 8601 for the engine's own parser; the rest goes pg's longer way. */
function parseInstant(text: string): unknown {
  if (text[10] !== " " || !text.endsWith("+00")) return parseAnyInstant(text);
  return new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`);
}

/** The same for pg's own queries. */
export const types = { getTypeParser: parserOf };

/** pg's mapping of a JavaScript value to the wire (dates, arrays, buffers, JSON). */
export const prepareValue = (pg as unknown as { utils: { prepareValue: (value: unknown) => unknown } }).utils
  .prepareValue;
