/** One value against one operand, for each operator and type of RFC 7644 §3.4.2.2 table 3: what `match.ts` does, in SQL. */
import { fold, foldPart } from "../../base/fold.ts";
import type { Comparison } from "../../scim/filter.ts";
import type { Operand } from "../../scim/resolve.ts";
import type { Attribute } from "../../scim/types.ts";
import { foldedPart, trimmed } from "./scimFilterFold.store.ts";

/** Makes a value a parameter and answers its place, such as `$3`. */
export type Bind = (value: unknown) => string;

/** The operators of SQL for those of SCIM that order. */
export const signs = { eq: "=", gt: ">", ge: ">=", lt: "<", le: "<=" } as const;
type Ordering = keyof typeof signs;

/**
 * A value's test over the columns that `scimFilter.store.ts` gives: `v.json`, its type `v.kind`, and `v.text` in COLLATE
 * "C". True where it holds; else false or null, which are one to `exists`.
 */
export function testOf(attribute: Attribute, op: Comparison, operand: Operand, bind: Bind): string {
  // An absent value differs from everything.
  if (op === "ne") return `(${testOf(attribute, "eq", operand, bind)}) is not true`;
  switch (attribute.type) {
    case "boolean":
    case "integer":
    case "decimal":
      return `v.kind = '${typeof operand}' and v.json ${signs[ordering(op)]} ${bind(JSON.stringify(operand))}::jsonb`;
    case "dateTime":
      return `v.kind = 'string' and ${INSTANT} ${signs[ordering(op)]} ${instantOf(operand, "timestamp", bind)}`;
    default:
      return `v.kind = 'string' and ${textTest(attribute, op, String(operand), bind)}`;
  }
}

/** `present`: anything in the value that is neither null nor empty (RFC 7644 §3.4.2.2, `pr`). */
export const PRESENT = `jsonb_path_exists(v.json,
  'strict $.** ? (@.type() == "boolean" || @.type() == "number" || (@.type() == "string" && @ != ""))')`;

/** Whether texts of the attribute are compared by their folded form. */
export function isFolded({ caseExact, type }: Attribute): boolean {
  return !caseExact && (type === "string" || type === "reference");
}

/** A dateTime operand as parameter: milliseconds, which unlike a date's text reach every year. */
export function instantOf(operand: Operand, type: "timestamp" | "timestamptz", bind: Bind): string {
  return `${type} 'epoch' + ${bind(Date.parse(String(operand)))}::float8 * interval '1 millisecond'`;
}

function textTest(attribute: Attribute, op: Comparison, operand: string, bind: Bind): string {
  if (!isFolded(attribute)) return compareText(op, "v.text", `${bind(operand)}::text`);
  const wanted = op === "eq" ? fold(operand) : foldPart(operand);
  const part = foldedPart("v.text", isOrder(op) ? undefined : wanted, bind);
  return compareText(op, op === "eq" ? trimmed(part) : part, `${bind(wanted)}::text`);
}

/** Positions and lengths, not LIKE: nothing in an operand is a wildcard. */
function compareText(op: Comparison, text: string, wanted: string): string {
  switch (op) {
    case "co":
      return `strpos(${text}, ${wanted}) > 0`;
    case "sw":
      return `starts_with(${text}, ${wanted})`;
    case "ew":
      return `right(${text}, length(${wanted})) = ${wanted}`;
    default:
      return `${text} ${signs[ordering(op)]} ${wanted}`;
  }
}

function isOrder(op: Comparison): boolean {
  return op !== "eq" && op in signs;
}

/** `resolve.ts` lets no other operator reach this type. */
function ordering(op: Comparison): Ordering {
  if (op in signs) return op as Ordering;
  throw new Error(`filter: ${op} on a type that has no texts`);
}

/**
 * `parseInstant` of a stored text. A cast would fail on what is no date; the interval cannot, and counts the 30th of
 * February into March as JavaScript does. Fractions end at milliseconds.
 */
export const INSTANT = `(select timestamp '2000-01-01'
    + make_interval(years => d[1]::int - 2000, months => d[2]::int - 1, days => d[3]::int - 1, hours => d[4]::int,
        mins => d[5]::int, secs => (d[6] || '.' || left(coalesce(d[7], '0'), 3))::float8)
    - (coalesce(d[8], '+') || '1')::int * make_interval(hours => coalesce(d[9], '0')::int, mins => coalesce(d[10], '0')::int)
  from regexp_match(v.text, '^([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):([0-5][0-9])'
    ':([0-5][0-9])(?:[.]([0-9]+))?(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))?$') d)`;
