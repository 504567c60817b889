import { inBatches } from "../../events/intervals.ts";
import { acrossTenants } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import { defaultSettings } from "../tenants/tenantSettings.ts";
import { deleteOldActivity } from "./activity.store.ts";

/** Entries of one transaction: a fraction of a second, in which nobody else waits. */
const AT_ONCE = 5_000;

/** Deletes what applications told and is older than its tenant keeps it (`activity.retentionDays`); answers how much. */
export async function sweepActivity(db: Database, now: Date, atOnce = AT_ONCE): Promise<number> {
  const sweep = deleteOldActivity(now, defaultSettings.activity.retentionDays, atOnce);
  return inBatches(atOnce, async () => {
    const [row] = await acrossTenants(db, { actor: { type: "system" }, now }, ({ trx }) => trx.run(sweep));
    return row?.count ?? 0;
  });
}
