import type { SeatSettings } from "../../admission/policy.ts";
import type { Mapping, Role } from "../../admission/types.ts";
import type { Statement } from "../../storage/types.ts";

/** A mapping as admission reads it, and as it was written. */
export interface StoredMapping {
  readonly mapping: Mapping;
  readonly written: unknown;
}

/** What admission's rules are made of, as stored. */
export interface RulesRow {
  readonly settings: { readonly seats?: SeatSettings };
  readonly mappings: readonly StoredMapping[];
  /** The tenant's own. */
  readonly roles: readonly Role[];
  readonly limit: number | null;
  readonly rulesVersion: number;
}

/** Settings and version of a tenant's rules. */
export function rulesRow(tenantId: string): Statement<RulesRow> {
  return {
    name: "rules",
    text: `select t.settings, t.role_mappings as "mappings", s.seat_limit as "limit", s.rules_version as "rulesVersion",
        (select coalesce(jsonb_agg(jsonb_build_object('slug', r.slug, 'name', r.name, 'permissions', r.permissions,
            'extends', r.extends, 'seatRequired', r.seat_required, 'template', r.template,
            'replacedBy', r.replaced_by) order by r.slug), '[]')
          from roles r where r.tenant_id = $1) as "roles"
      from tenants t join tenant_seats s on s.tenant_id = t.id where t.id = $1`,
    values: [tenantId],
  };
}

/** The version of a tenant's rules. */
export function rulesVersion(tenantId: string): Statement<{ version: number }> {
  return {
    name: "rules_version",
    text: "select rules_version as version from tenant_seats where tenant_id = $1",
    values: [tenantId],
  };
}

/** The next version of the rules, under the lock: whatever was decided by the last one is decided anew. */
export function nextRulesVersion(tenantId: string): Statement {
  return {
    name: "rules_next_version",
    text: "update tenant_seats set rules_version = rules_version + 1 where tenant_id = $1",
    values: [tenantId],
  };
}
