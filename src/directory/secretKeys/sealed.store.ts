import type { Statement } from "../../storage/types.ts";
import type { SealedColumn } from "./sealedColumns.ts";

/** Something sealed, and the key of its row as text. */
export interface SealedRow {
  readonly key: readonly string[];
  readonly sealed: Buffer;
}

/** What is sealed in a column after the key of a row, in the order of the keys; from the beginning for null. */
export function sealedAfter(
  { table, column, key }: SealedColumn,
  after: readonly string[] | null,
  most: number,
): Statement<SealedRow> {
  const names = key.map(([name]) => name);
  const place = key.map(([, type], i) => `$${i + 2}::${type}`);
  const beyond = after === null ? "" : `and (${names.join(", ")}) > (${place.join(", ")})`;
  return {
    text: `select array[${names.map((name) => `${name}::text`).join(", ")}] as key, ${column} as sealed from ${table}
      where ${column} is not null ${beyond} order by ${names.join(", ")} limit $1`,
    values: [most, ...(after ?? [])],
  };
}

/** Writes what was sealed anew where it is still what was read; answers the rows that were. */
export function replaceSealed(
  { table, column, key }: SealedColumn,
  rows: readonly (SealedRow & { readonly fresh: Buffer })[],
): Statement<{ one: number }> {
  const lists = key.map(([, type], i) => `$${i + 3}::${type}[]`);
  const names = key.map(([name]) => name);
  return {
    text: `update ${table} t set ${column} = r.fresh
      from unnest($1::bytea[], $2::bytea[], ${lists.join(", ")}) as r(was, fresh, ${names.join(", ")})
      where t.${column} = r.was and ${names.map((name) => `t.${name} = r.${name}`).join(" and ")} returning 1 as one`,
    values: [
      rows.map(({ sealed }) => sealed),
      rows.map(({ fresh }) => fresh),
      ...key.map((_name, i) => rows.map((row) => row.key[i])),
    ],
  };
}
