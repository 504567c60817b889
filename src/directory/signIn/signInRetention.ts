import { inBatches } from "../../events/intervals.ts";
import { acrossTenants } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import { deleteOldTests } from "../connections/connectionTests.store.ts";
import { deleteEndedAttempts } from "./passwordSignIn.store.ts";
import { deleteOldAnswers, deleteOldSignIns } from "./signIns.store.ts";
import { defaultSettings } from "../tenants/tenantSettings.ts";

/** Lines of one transaction: a fraction of a second, in which nobody else waits. */
const AT_ONCE = 5_000;

/** Deletes lines of the sign-in log that are older than their tenant keeps them (`signIn.logDays`); answers how many. */
export async function sweepSignInLog(db: Database, now: Date, atOnce = AT_ONCE): Promise<number> {
  const sweep = deleteOldSignIns(now, defaultSettings.signIn.logDays, atOnce);
  return inBatches(atOnce, async () => {
    const [row] = await acrossTenants(db, { actor: { type: "system" }, now }, ({ trx }) => trx.run(sweep));
    return row?.count ?? 0;
  });
}

/** Deletes counts of tries whose window has ended, which say nothing any more; answers how many. */
export async function sweepAttempts(db: Database, now: Date, atOnce = AT_ONCE): Promise<number> {
  const sweep = deleteEndedAttempts(now, atOnce);
  return inBatches(atOnce, async () => {
    const [row] = await acrossTenants(db, { actor: { type: "system" }, now }, ({ trx }) => trx.run(sweep));
    return row?.count ?? 0;
  });
}

/**
 * Deletes sign-ins that were begun, with what identity providers answered of people, a day after they were over, and tests
 * a week after; answers how many. Where somebody signs in or tests, that happens by the way; here it does for all others.
 */
export async function sweepAnswers(db: Database, now: Date, atOnce = AT_ONCE): Promise<number> {
  let all = 0;
  for (const sweep of [deleteOldAnswers(now, atOnce), deleteOldTests(now, atOnce)]) {
    all += await inBatches(atOnce, async () => {
      const [row] = await acrossTenants(db, { actor: { type: "system" }, now }, ({ trx }) => trx.run(sweep));
      return row?.count ?? 0;
    });
  }
  return all;
}
