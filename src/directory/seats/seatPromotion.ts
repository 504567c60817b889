import { enqueue } from "../../events/jobs.store.ts";
import type { Handler } from "../../events/jobs.ts";
import type { Database, Scope } from "../../storage/types.ts";
import { promote } from "../members/effects.ts";
import type { TenantRules } from "../roles/rules.ts";
import { underLock } from "../members/underLock.ts";

const PROMOTE = "seats.promote";
/** People in one transaction: half a second under the lock that the tenant's other writers wait for (rule 3). */
const AT_ONCE = 1_000;

/**
 * Gives free seats to waiting members in their order, under the lock; where they are many, the rest follows as a job
 * (rule 5).
 */
export async function promoteAll(scope: Scope, rules: TenantRules): Promise<void> {
  const promoted = await promote(scope, { rules }, AT_ONCE);
  if (promoted === AT_ONCE) await enqueue(scope, { kind: PROMOTE, key: PROMOTE });
}

/** The handler of what `promoteAll` leaves over: one transaction after the other, and others' writes between them. */
export function seatPromotion(db: Database): Record<typeof PROMOTE, Handler> {
  return {
    [PROMOTE]: {
      within: async (scope) => {
        const { rules } = await underLock(db, scope);
        await promoteAll(scope, rules);
      },
    },
  };
}
