import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import type { Handlers } from "../../events/jobs.ts";
import { enqueue } from "../../events/jobs.store.ts";
import { OPERATOR_PLACE } from "../../events/webhook.ts";
import type { Logger } from "../../http/logger.ts";
import { asTenant } from "../../storage/asTenant.ts";
import { acrossTenants, inTenant } from "../../storage/scope.ts";
import type { Database, Scope, Statement, Who } from "../../storage/types.ts";
import { PURGE_JOB, RESTORABLE_MS } from "./deletedTenants.ts";
import { beginPurge, deleteJobs, deleteSome, deleteTenantRow, type OwnedTable, ownedTables } from "./purge.store.ts";

/** How much is erased at once. */
export interface PurgeSteps {
  /** Rows of one transaction: a fraction of a second. */
  readonly rows: number;
  /** Full transactions of one job, which has a time to end in; what is left is the next one's. */
  readonly most: number;
}

const STEPS: PurgeSteps = { rows: 2_000, most: 50 };

/** The job that erases a deleted tenant when nobody may restore it any more; the operator reads of it in the log. */
export function tenantPurge(db: Database, log: Logger): Handlers {
  return {
    [PURGE_JOB]: {
      atOnce: 1,
      outside: async ({ tenantId }, signal) => {
        const who = { tenantId, actor: { type: "system" }, now: new Date() } as const;
        const outcome = await purge(db, who, STEPS, signal);
        if (outcome === "more") await inTenant(db, who, (scope) => enqueue(scope, { kind: PURGE_JOB, key: PURGE_JOB }));
        if (outcome === "erased") log.warn({ tenant: tenantId }, "a deleted tenant was erased after its 30 days");
      },
    },
  };
}

/**
 * Erases a tenant that was deleted 30 days ago, in bounded steps: the rows of its tables, each before those that it
 * names, under the tenant's own row-level security, then the tenant. Interrupted, the same again goes on.
 *
 * @returns `kept` where it is not to be erased: it was restored, or deleted anew
 */
export async function purge(
  db: Database,
  who: Who,
  { rows, most }: PurgeSteps,
  signal?: AbortSignal,
): Promise<"kept" | "more" | "erased"> {
  const { tenantId, now } = who;
  const [begun] = await inTenant(db, who, ({ trx }) => trx.run(beginPurge(tenantId, now, RESTORABLE_MS)));
  if (!begun) return "kept";
  const tables = childrenFirst(await acrossTenants(db, who, ({ trx }) => trx.run(ownedTables)));
  let left = most;
  for (const table of tables) {
    for (let isFull = true; isFull;) {
      if (left <= 0 || signal?.aborted) return "more";
      isFull = (await eraseSome(db, who, table, rows)) >= rows;
      if (isFull) left -= 1;
    }
  }
  return erased(db, who, tables, rows, begun.deletedAt);
}

async function eraseSome(db: Database, who: Who, { name, isTenants }: OwnedTable, rows: number): Promise<number> {
  const statement = deleteSome(name, who.tenantId, rows);
  const [gone] = await (isTenants
    ? inTenant(db, who, ({ trx }) => trx.run(statement))
    : acrossTenants(db, who, ({ trx }) => trx.run(statement)));
  return gone?.count ?? 0;
}

/**
 * The last step, in one transaction: what was written since its table was emptied, and the tenant. Nobody writes a member
 * any more: whoever does passes the row of the tenant's seats, whose erasure before has waited for those who had.
 */
async function erased(
  db: Database,
  who: Who,
  tables: readonly OwnedTable[],
  rows: number,
  deletedAt: Date,
): Promise<"more" | "erased"> {
  const { tenantId } = who;
  return acrossTenants(db, who, async (wide) => {
    const counts: number[] = [];
    const run = async (statement: Statement<{ count: number }>, scope: Pick<Scope, "trx">): Promise<void> =>
      void counts.push((await scope.trx.run(statement))[0]?.count ?? 0);
    for (const { name } of tables.filter((table) => !table.isTenants))
      await run(deleteSome(name, tenantId, rows), wide);
    await asTenant(db, wide, tenantId, async (scope) => {
      for (const { name } of tables.filter((table) => table.isTenants))
        await run(deleteSome(name, tenantId, rows), scope);
      if (Math.max(...counts) < rows) await scope.trx.run(deleteTenantRow(tenantId));
    });
    if (Math.max(...counts) >= rows) return "more";
    await wide.trx.run(deleteJobs(tenantId));
    // In the operator's own journal, for the tenant has none any more.
    const told = event(who, "tenant.purged", { type: "tenant", id: tenantId }, { deletedAt });
    await record({ trx: wide.trx, tenantId: OPERATOR_PLACE }, told);
    return "erased";
  });
}

/** Rows that others name go after those others: none is deleted by a cascade, which has no bounds. */
function childrenFirst(tables: readonly OwnedTable[]): OwnedTable[] {
  const sorted: OwnedTable[] = [];
  while (sorted.length < tables.length) {
    const rest = tables.filter((table) => !sorted.includes(table));
    const next = rest.find(({ name }) => rest.every(({ parents }) => !parents.includes(name)));
    if (!next) throw new Error(`tables name each other: ${rest.map(({ name }) => name).join(", ")}`);
    sorted.push(next);
  }
  return sorted;
}
