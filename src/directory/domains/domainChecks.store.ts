import type { Statement } from "../../storage/types.ts";
import type { Domain } from "./domains.store.ts";

/**
 * Takes domains of all tenants whose record is to be looked up, and puts the next time off by a day; a tenant that was
 * deleted may come back.
 */
export function takeDueDomains(
  now: Date,
  most: number,
): Statement<{ tenantId: string; domain: string; isAlive: boolean }> {
  return {
    name: "domain_take_due",
    text: `with due as (select tenant_id, domain from domains where next_check_at <= $1
        order by next_check_at limit $2 for no key update skip locked)
      update domains d set next_check_at = $1::timestamptz + interval '1 day'
      from due, tenants t where d.tenant_id = due.tenant_id and d.domain = due.domain and t.id = d.tenant_id
      returning d.tenant_id as "tenantId", d.domain, t.deleted_at is null as "isAlive"`,
    values: [now, most],
  };
}

/** What a look-up left of a domain. */
export type Checked = Pick<Domain, "domain" | "status" | "checkFault" | "failedDays"> & { readonly nextCheckAt: Date };

/** Writes what a look-up found; a lapsed domain that is verified again is the tenant's by `domains_verified` or not at all. */
export function writeCheck(tenantId: string, checked: Checked, now: Date): Statement {
  const { domain, status, checkFault, failedDays, nextCheckAt } = checked;
  return {
    name: "domain_write_check",
    text: `update domains set status = $3, check_fault = $4, failed_days = $5, next_check_at = $6, checked_at = $7
      where tenant_id = $1 and domain = $2`,
    values: [tenantId, domain, status, checkFault, failedDays, nextCheckAt, now],
  };
}
