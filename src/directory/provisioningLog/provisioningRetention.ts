import { atIntervals, inBatches, type Intervals } from "../../events/intervals.ts";
import type { Logger } from "../../http/logger.ts";
import { acrossTenants } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import { sweepActivity } from "../activity/activityRetention.ts";
import { deleteOldLines } from "./provisioningLog.store.ts";
import { sweepOidcPayloads } from "../applications/oidcRetention.ts";
import { tendSigningKeys } from "../applications/signingKeys.ts";
import { sweepAnswers, sweepAttempts, sweepSignInLog } from "../signIn/signInRetention.ts";
import { defaultSettings } from "../tenants/tenantSettings.ts";

const EVERY_MS = 3_600_000;
/** Lines of one transaction: a fraction of a second, in which nobody else waits. */
const AT_ONCE = 5_000;

/** Deletes lines that are older than their tenant keeps them (`provisioningLog.retentionDays`); answers how many. */
export async function sweepProvisioningLog(db: Database, now: Date, atOnce = AT_ONCE): Promise<number> {
  const { retentionDays } = defaultSettings.provisioningLog;
  const sweep = deleteOldLines(now, retentionDays, atOnce);
  return inBatches(atOnce, async () => {
    const [row] = await acrossTenants(db, { actor: { type: "system" }, now }, ({ trx }) => trx.run(sweep));
    return row?.count ?? 0;
  });
}

/** Sweeps at the start and every hour until it is stopped; several processes take turns by what each finds unlocked. */
export function startRetention({
  db,
  log,
  secretKeys,
}: {
  readonly db: Database;
  readonly log: Logger;
  readonly secretKeys: readonly Buffer[];
}): Intervals {
  const sweep = async (): Promise<void> => {
    const lines = await sweepProvisioningLog(db, new Date());
    if (lines > 0) log.info({ lines }, "old lines of the provisioning log deleted");
    const signIns = await sweepSignInLog(db, new Date());
    if (signIns > 0) log.info({ signIns }, "old lines of the sign-in log deleted");
    const activities = await sweepActivity(db, new Date());
    if (activities > 0) log.info({ activities }, "old activity deleted");
    await sweepAttempts(db, new Date());
    await sweepAnswers(db, new Date());
    await sweepOidcPayloads(db, new Date());
    await tendSigningKeys({ db, secretKeys }, new Date());
  };
  return atIntervals(EVERY_MS, sweep, log, "the logs cannot be swept, and will be in an hour");
}
