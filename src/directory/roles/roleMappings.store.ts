import type { Statement } from "../../storage/types.ts";
import type { StoredMapping } from "./rules.store.ts";

/** The names of the groups that mappings may name, over all directories of the tenant. */
export function groupNames(tenantId: string): Statement<{ id: string; displayName: string }> {
  return {
    name: "mapping_groups",
    text: `select id, scim->>'displayName' as "displayName" from groups where tenant_id = $1`,
    values: [tenantId],
  };
}

/** Writes the ordered list, and with it the next version of the rules; under the lock. */
export function writeMappings(tenantId: string, mappings: readonly StoredMapping[], now: Date): Statement {
  return {
    name: "mapping_write",
    text: `with written as (update tenants set role_mappings = $2, updated_at = $3 where id = $1)
      update tenant_seats set rules_version = rules_version + 1 where tenant_id = $1`,
    values: [tenantId, JSON.stringify(mappings), now],
  };
}

/** The ordered list as it stands. */
export function readMappings(tenantId: string): Statement<{ mappings: StoredMapping[] }> {
  return {
    name: "mapping_read",
    text: `select role_mappings as "mappings" from tenants where id = $1`,
    values: [tenantId],
  };
}

/** Ids of members after an id, in order. */
export function memberIdsAfter(tenantId: string, after: string, most: number): Statement<{ id: string }> {
  return {
    name: "mapping_members",
    text: "select id from members where tenant_id = $1 and id > $2 order by id limit $3",
    values: [tenantId, after, most],
  };
}

/** The connections of a tenant, for mappings that name one. */
export function connectionIds(tenantId: string): Statement<{ id: string }> {
  return { name: "mapping_connections", text: "select id from connections where tenant_id = $1", values: [tenantId] };
}
