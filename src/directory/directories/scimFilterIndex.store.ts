/**
 * Comparisons with what stands beside a resource's document. Under row-level security an index serves only operators
 * that PostgreSQL calls leakproof: `=` and ranges are, LIKE, lower() and what reads jsonb are not.
 */
import { fold } from "../../base/fold.ts";
import { isUuid } from "../../base/ids.ts";
import type { AttributeReference } from "../../scim/registry.ts";
import type { ResolvedFilter } from "../../scim/resolve.ts";
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
    case "head":
      return beginsWith(`${columns.alias}.${source.column}`, filter, bind, exact);
    default:
      return byRows(columns, filter, bind);
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

/** What stands in rows of its own is asked of these, not of all values of each resource. */
function byRows(columns: Columns, { target, op, value }: Compare, bind: Bind): string | undefined {
  if (op !== "eq" || target.container) return undefined;
  const { alias } = columns;
  const asked = `${columns.sources.get(target.attribute.name)?.kind}.${target.subAttribute?.name}`;
  switch (asked) {
    case "members.value":
      // Rule 19: to a directory, break-glass members are not there.
      return `exists (select from memberships b where b.tenant_id = ${alias}.tenant_id and b.group_id = ${alias}.id
        and ${equalsUuid("b.member_id", String(value), bind)}
        and not exists (select from members p where p.tenant_id = b.tenant_id and p.id = b.member_id and p.break_glass))`;
    case "groups.value":
      return `exists (select from memberships b where b.tenant_id = ${alias}.tenant_id and b.member_id = ${alias}.id
        and ${equalsUuid("b.group_id", String(value), bind)})`;
    case "addresses.value":
      return hasAddress(alias, String(value), bind);
    default:
      return undefined;
  }
}

/** Whether one of a User's addresses is this one, folded; undefined for an empty text, which is no row. */
function hasAddress(alias: string, value: string, bind: Bind): string | undefined {
  const folded = fold(value);
  if (folded === "") return undefined;
  const key = `${bind(folded)}::text`;
  // No reference to the row in it, so that it is looked up once, whatever stands around.
  return `${alias}.id in (select p.id from members p where p.tenant_id = current_tenant() and p.email_key = ${key}
    union all select b.member_id from member_emails b where b.tenant_id = current_tenant() and b.email_key = ${key})`;
}

/** What holds wherever a filter in the brackets of a valuePath does, by an index: one of its terms is `value eq`. */
export function narrowed(
  columns: Columns,
  target: AttributeReference,
  filter: ResolvedFilter,
  bind: Bind,
): string | undefined {
  if (target.container || columns.sources.get(target.attribute.name)?.kind !== "addresses") return undefined;
  const terms = filter.kind === "and" ? filter.terms : [filter];
  const term = terms.find(isValueEquals);
  return term && hasAddress(columns.alias, String(term.value), bind);
}

function isValueEquals(filter: ResolvedFilter): filter is Compare {
  return filter.kind === "compare" && filter.op === "eq" && filter.target.attribute.name === "value";
}

/** `eq` by the range of all that begins so; the exact test then narrows it. */
function beginsWith(
  column: string,
  { target, op, value }: Compare,
  bind: Bind,
  exact: () => string,
): string | undefined {
  const key = fold(String(value));
  if (op !== "eq" || key === "" || !isFolded(target.attribute)) return undefined;
  // U+000B follows the line feed.
  return `(${column} >= ${bind(key)}::text and ${column} < ${bind(`${key}\u000b`)}::text and ${exact()})`;
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
