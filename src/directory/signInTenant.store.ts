import type { Statement } from "../storage/types.ts";

/** The domains that a tenant has verified. */
export function verifiedDomains(tenantId: string): Statement<{ domain: string }> {
  return {
    name: "tenant_verified_domains",
    text: "select domain from domains where tenant_id = $1 and status = 'verified'",
    values: [tenantId],
  };
}
