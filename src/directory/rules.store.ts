import type { SeatSettings } from "../admission/policy.ts";
import type { Statement } from "../storage/types.ts";

/** What admission's rules are made of, as stored. */
export interface RulesRow {
  readonly settings: { readonly seats?: SeatSettings };
  readonly limit: number | null;
  readonly rulesVersion: number;
}

/** Settings and version of a tenant's rules. */
export function rulesRow(tenantId: string): Statement<RulesRow> {
  return {
    name: "rules",
    text: `select t.settings, s.seat_limit as "limit", s.rules_version as "rulesVersion"
      from tenants t join tenant_seats s on s.tenant_id = t.id where t.id = $1`,
    values: [tenantId],
  };
}
