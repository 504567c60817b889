import { inBatches } from "../../events/intervals.ts";
import { acrossTenants } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import { deleteExpiredPayloads } from "./oidcPayloads.store.ts";

/** Records of one transaction: a fraction of a second, in which nobody else waits. */
const AT_ONCE = 5_000;

/** Deletes codes, tokens and interactions that are over; answers how many. */
export function sweepOidcPayloads(db: Database, now: Date, atOnce = AT_ONCE): Promise<number> {
  const sweep = deleteExpiredPayloads(now, atOnce);
  return inBatches(atOnce, async () => {
    const [row] = await acrossTenants(db, { actor: { type: "system" }, now }, ({ trx }) => trx.run(sweep));
    return row?.count ?? 0;
  });
}
