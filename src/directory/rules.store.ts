import type { SeatSettings } from "../admission/policy.ts";
import type { Mapping } from "../admission/types.ts";
import type { Statement } from "../storage/types.ts";

/** A mapping as admission reads it, and as it was written. */
export interface StoredMapping {
  readonly mapping: Mapping;
  readonly written: unknown;
}

/** What admission's rules are made of, as stored. */
export interface RulesRow {
  readonly settings: { readonly seats?: SeatSettings };
  readonly mappings: readonly StoredMapping[];
  readonly limit: number | null;
  readonly rulesVersion: number;
}

/** Settings and version of a tenant's rules. */
export function rulesRow(tenantId: string): Statement<RulesRow> {
  return {
    name: "rules",
    text: `select t.settings, t.role_mappings as "mappings", s.seat_limit as "limit", s.rules_version as "rulesVersion"
      from tenants t join tenant_seats s on s.tenant_id = t.id where t.id = $1`,
    values: [tenantId],
  };
}
