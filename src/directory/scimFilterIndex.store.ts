/**
 * Comparisons with a resource's own columns. Under row-level security an index serves only operators that PostgreSQL
 * calls leakproof: `=` and ranges are, LIKE, lower() and what reads jsonb are not.
 */
import { fold } from "../base/fold.ts";
import { isUuid } from "../base/ids.ts";
import type { Comparison } from "../scim/filter.ts";
import type { Operand } from "../scim/resolve.ts";
import type { Attribute } from "../scim/types.ts";
import type { Column } from "./scimFilterColumns.store.ts";
import type { Bind } from "./scimFilterNames.store.ts";
import { instantOf, isFolded, signs } from "./scimFilterTest.store.ts";

/** A comparison with the column that holds the value; undefined where it cannot say it. True or false, never null. */
export function nativeComparison(
  { sql, type }: NonNullable<Column["native"]>,
  op: Comparison,
  operand: Operand,
  bind: Bind,
): string | undefined {
  if (type === "uuid") return op === "eq" ? equalsUuid(sql, String(operand), bind) : undefined;
  const wanted = type === "boolean" ? `${bind(operand)}::boolean` : instantOf(operand, type, bind);
  if (op === "ne") return `(${sql} is distinct from ${wanted})`;
  return op in signs ? `(${sql} is not null and ${sql} ${signs[op as keyof typeof signs]} ${wanted})` : undefined;
}

/** Ids are caseExact (RFC 7643 §3.1) and written in lower case; any other text equals none of them. */
function equalsUuid(sql: string, text: string, bind: Bind): string {
  const id = bind(isUuid(text) && text === text.toLowerCase() ? text : null);
  return `(${id}::uuid is not null and ${sql} = ${id}::uuid)`;
}

/**
 * `eq` by the key column, and `sw` by a range of it that the exact test then narrows; undefined for all else, and for
 * an empty key, which stands for no value too. True or false, never null.
 */
export function keyComparison(
  { sql, folded }: NonNullable<Column["key"]>,
  attribute: Attribute,
  op: Comparison,
  operand: string,
  bind: Bind,
  exact: () => string,
): string | undefined {
  const key = folded ? fold(operand) : operand;
  if (key === "" || folded !== isFolded(attribute)) return undefined;
  if (op === "eq") return `(${sql} is not null and ${sql} = ${bind(key)}::text)`;
  const end = op === "sw" ? afterPrefix(key) : undefined;
  if (end === undefined) return undefined;
  return `(${sql} is not null and ${sql} >= ${bind(key)}::text and ${sql} < ${bind(end)}::text and ${exact()})`;
}

/** The first text, by code points, behind all those that begin with a prefix; undefined if there is none. */
function afterPrefix(prefix: string): string | undefined {
  const characters = Array.from(prefix);
  while (characters.length > 0) {
    const point = characters.pop()?.codePointAt(0) ?? 0;
    // Surrogates are no characters of a text.
    const next = point === 0xd7ff ? 0xe000 : point + 1;
    if (next <= 0x10ffff) return characters.join("") + String.fromCodePoint(next);
  }
  return undefined;
}
