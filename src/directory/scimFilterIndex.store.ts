/**
 * Comparisons with what stands beside a resource's document. Under row-level security an index serves only operators
 * that PostgreSQL calls leakproof: `=` and ranges are, LIKE, lower() and what reads jsonb are not.
 */
import { fold } from "../base/fold.ts";
import { isUuid } from "../base/ids.ts";
import type { ResolvedFilter } from "../scim/resolve.ts";
import type { Columns, Source } from "./scimFilterColumns.store.ts";
import { sourceOf } from "./scimFilterValue.store.ts";
import { type Bind, instantOf, isFolded, signs } from "./scimFilterTest.store.ts";

type Compare = ResolvedFilter & { readonly kind: "compare" };

/**
 * A comparison without the way through jsonb; undefined where there is none. True or false, never null.
 *
 * @param exact the same comparison through jsonb
 */
export function indexed(columns: Columns, filter: Compare, bind: Bind, exact: () => string): string | undefined {
  const source = sourceOf(columns, filter.target);
  const { op, value } = filter;
  switch (source?.kind) {
    case "uuid":
      return op === "eq" ? equalsUuid(`${columns.alias}.${source.column}`, String(value), bind) : undefined;
    case "boolean":
      return compare(`${columns.alias}.${source.column}`, filter, `${bind(value)}::boolean`);
    case "timestamptz":
      return compare(`${columns.alias}.${source.column}`, filter, instantOf(value, "timestamptz", bind));
    case "key":
      return compareKey(`${columns.alias}.${source.column}`, source, filter, bind, exact);
    default:
      return isMember(columns, filter, bind);
  }
}

function compare(column: string, { op }: Compare, wanted: string): string | undefined {
  if (op === "ne") return `(${column} is distinct from ${wanted})`;
  return op in signs ? `(${column} is not null and ${column} ${signs[op as keyof typeof signs]} ${wanted})` : undefined;
}

/** Ids are caseExact (RFC 7643 §3.1) and written in lower case: any other text equals none of them. */
function equalsUuid(column: string, text: string, bind: Bind): string {
  const id = bind(isUuid(text) && text === text.toLowerCase() ? text : null);
  return `(${id}::uuid is not null and ${column} = ${id}::uuid)`;
}

/** Who is in a group is asked of `memberships`, not of all its members' values. */
function isMember(columns: Columns, { target, op, value }: Compare, bind: Bind): string | undefined {
  if (columns.sources.get(target.attribute.name)?.kind !== "members") return undefined;
  if (op !== "eq" || target.subAttribute?.name !== "value") return undefined;
  const { alias } = columns;
  return `exists (select from memberships b where b.tenant_id = ${alias}.tenant_id and b.group_id = ${alias}.id
    and ${equalsUuid("b.member_id", String(value), bind)})`;
}

/**
 * `eq` by the key column, and `sw` by a range of it that the exact test then narrows; undefined for all else, and for
 * an empty key, which stands for no value too.
 */
function compareKey(
  column: string,
  source: Source & { readonly kind: "key" },
  filter: Compare,
  bind: Bind,
  exact: () => string,
): string | undefined {
  const key = keyOf(source, filter);
  if (key === undefined) return undefined;
  if (filter.op === "eq") return `(${column} is not null and ${column} = ${bind(key)}::text)`;
  const end = filter.op === "sw" ? afterPrefix(key) : undefined;
  if (end === undefined) return undefined;
  return `(${column} is not null and ${column} >= ${bind(key)}::text and ${column} < ${bind(end)}::text and ${exact()})`;
}

/** The operand in the form of the key column; undefined if that form is empty or not the one that is compared. */
function keyOf({ folded }: Source & { readonly kind: "key" }, { target, value }: Compare): string | undefined {
  const key = folded ? fold(String(value)) : String(value);
  return key === "" || folded !== isFolded(target.attribute) ? undefined : key;
}

/** The column that `eq` alone looks up, which directories ask for with every push; undefined for other filters. */
export function lookUp(columns: Columns, filter: ResolvedFilter): string | undefined {
  if (filter.kind !== "compare" || filter.op !== "eq") return undefined;
  const source = sourceOf(columns, filter.target);
  if (source?.kind === "uuid") return source.column;
  return source?.kind === "key" && keyOf(source, filter) !== undefined ? source.column : undefined;
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
