import type { Follow } from "../events/journalReader.ts";
import type { Logger } from "../http/logger.ts";

/**
 * Raises an alarm in the log when a tenant has lost its last admin (rule 17). There is nobody left in the tenant to write
 * to: it is for the operator, who also finds the event `tenant.adminless` in the journal and in webhooks.
 */
export function watchAdminless(log: Logger): Follow {
  return async (_scope, events) => {
    for (const { type, tenantId } of events) {
      if (type === "tenant.adminless") log.error({ tenant: tenantId }, "tenant has no admin left: make somebody admin");
    }
  };
}
