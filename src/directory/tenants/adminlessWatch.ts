import { enqueue } from "../../events/jobs.store.ts";
import type { Follower } from "../../events/journalReader.ts";
import type { Logger } from "../../http/logger.ts";
import { asTenant } from "../../storage/asTenant.ts";
import type { Database } from "../../storage/types.ts";

/**
 * Raises an alarm when a tenant has lost its last admin (rule 17): in the log for the operator, who also finds the event
 * `tenant.adminless` in the journal and in webhooks, and by mail for those in the tenant who may take over.
 */
export function watchAdminless(db: Database, log: Logger): Follower {
  return {
    wanted: { types: ["tenant.adminless"], data: false },
    follow: async (wide, events) => {
      for (const { tenantId } of events) {
        log.error({ tenant: tenantId }, "tenant has no admin left: make somebody admin");
        await asTenant(db, wide, tenantId, (scope) => enqueue(scope, { kind: "mail.stand-ins" }));
      }
    },
  };
}
