import type { Statement } from "../../storage/types.ts";

/** Whether a tenant is still there. */
export function tenantLives(tenantId: string): Statement<{ lives: boolean }> {
  return {
    name: "tenant_lives",
    text: "select exists (select from tenants where id = $1 and deleted_at is null) as lives",
    values: [tenantId],
  };
}

/** The domains that a tenant has verified. */
export function verifiedDomains(tenantId: string): Statement<{ domain: string }> {
  return {
    name: "tenant_verified_domains",
    text: "select domain from domains where tenant_id = $1 and status = 'verified'",
    values: [tenantId],
  };
}
