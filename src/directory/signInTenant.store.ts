import type { Statement } from "../storage/types.ts";

/** The tenant that has verified a domain, for who reads across tenants. */
export function tenantOfDomain(domain: string): Statement<{ tenantId: string }> {
  return {
    name: "tenant_of_domain",
    text: `select tenant_id as "tenantId" from domains where domain = $1 and status = 'verified'`,
    values: [domain],
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
