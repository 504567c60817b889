/**
 * How one secret key follows another: the new one stands first and seals, all others still open; then everything is
 * sealed anew, and the old ones can go.
 */
import { seal, sealedBy, unseal } from "../../base/secrets.ts";
import { acrossTenants } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import { replaceSealed, sealedAfter, type SealedRow } from "./sealed.store.ts";
import { type SealedColumn, sealedColumns } from "./sealedColumns.ts";

/** Rows of one transaction: locks are held for some milliseconds. */
const AT_ONCE = 200;

/** With which keys the secrets of a column are sealed. */
export interface KeyUse {
  readonly table: string;
  readonly column: string;
  /** How many by each key of the ring, in its order. */
  readonly byKey: readonly number[];
  /** How many none of them opens. */
  readonly unreadable: number;
}

/** Counts what is sealed with which key. */
export async function keyUse(db: Database, keys: readonly Buffer[]): Promise<KeyUse[]> {
  const uses: KeyUse[] = [];
  for (const column of sealedColumns) {
    const counts = keys.map(() => 0);
    let unreadable = 0;
    await eachBatch(db, column, async (rows) => {
      for (const row of rows) {
        const by = sealedBy(keys, row.sealed, column.context(...row.key));
        if (by === undefined) unreadable++;
        else counts[by] = (counts[by] ?? 0) + 1;
      }
    });
    uses.push({ table: column.table, column: column.column, byKey: counts, unreadable });
  }
  return uses;
}

/**
 * Seals everything anew that another key than the first has sealed. Each batch is a transaction of its own, and what was
 * done is not done again: it may be stopped at any moment and begun once more. What none of the keys opens is left alone.
 *
 * @param told after each batch, how many it sealed anew
 * @returns how many in all
 */
export async function resealAll(
  db: Database,
  keys: readonly Buffer[],
  told: (column: SealedColumn, count: number) => void = () => undefined,
): Promise<number> {
  let all = 0;
  for (const column of sealedColumns) {
    await eachBatch(db, column, async (rows) => {
      const due = rows.flatMap((row) => resealed(keys, column, row));
      if (due.length === 0) return;
      // What was changed meanwhile is not written over: its writer sealed it with the first key of a ring, as we do.
      const done = await byServer(db, (run) => run(replaceSealed(column, due)));
      all += done.length;
      told(column, done.length);
    });
  }
  return all;
}

function resealed(
  keys: readonly Buffer[],
  { context }: SealedColumn,
  row: SealedRow,
): (SealedRow & { fresh: Buffer })[] {
  const name = context(...row.key);
  const by = sealedBy(keys, row.sealed, name);
  if (by === undefined || by === 0) return [];
  return [{ ...row, fresh: seal(keys, unseal(keys, row.sealed, name), name) }];
}

async function eachBatch(
  db: Database,
  column: SealedColumn,
  work: (rows: readonly SealedRow[]) => Promise<void>,
): Promise<void> {
  let after: readonly string[] | null = null;
  for (;;) {
    const place: readonly string[] | null = after;
    const rows: SealedRow[] = await byServer(db, (run) => run(sealedAfter(column, place, AT_ONCE)));
    await work(rows);
    const last = rows.at(-1);
    if (rows.length < AT_ONCE || !last) return;
    after = last.key;
  }
}

function byServer<T>(
  db: Database,
  work: (run: Parameters<Parameters<typeof acrossTenants>[2]>[0]["trx"]["run"]) => Promise<T>,
): Promise<T> {
  return acrossTenants(db, { actor: { type: "operator" }, now: new Date() }, ({ trx }) => work(trx.run));
}
