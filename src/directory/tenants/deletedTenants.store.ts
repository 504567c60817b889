import type { Statement } from "../../storage/types.ts";

/** A tenant that was deleted and may come back. */
export interface DeletedTenant {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly plan: string | null;
  readonly deletedAt: Date;
}

const DELETED = `id, slug, name, plan, deleted_at as "deletedAt"`;
const MAY_COME_BACK = "deleted_at is not null and purging_at is null";

/** Those after an id, for who reads across tenants. */
export function deletedAfter(after: string, most: number): Statement<DeletedTenant> {
  return {
    name: "tenant_deleted_list",
    text: `select ${DELETED} from tenants where id > $1 and ${MAY_COME_BACK} order by id limit $2`,
    values: [after, most],
  };
}

/** How many there are. */
export const countDeleted: Statement<{ count: number }> = {
  name: "tenant_deleted_count",
  text: `select count(*) from tenants where ${MAY_COME_BACK}`,
  values: [],
};

/** The one of an id or slug; of several of one slug the one that was deleted last. */
export function deletedTenant(reference: string): Statement<DeletedTenant> {
  return {
    name: "tenant_deleted_one",
    text: `select ${DELETED} from tenants where (id::text = $1 or slug = $1) and ${MAY_COME_BACK}
      order by id::text = $1 desc, deleted_at desc limit 1`,
    values: [reference],
  };
}

/** Marks a tenant as deleted; answers a row if it was not so before. */
export function buryTenant(tenantId: string, now: Date): Statement<{ id: string }> {
  return {
    name: "tenant_delete",
    text: "update tenants set deleted_at = $2, updated_at = $2 where id = $1 and deleted_at is null returning id",
    values: [tenantId, now],
  };
}

/** Unmarks it; answers a row if it could come back. A taken slug is 23505 on `tenants_slug`. */
export function unburyTenant(tenantId: string, slug: string, now: Date): Statement<{ id: string }> {
  return {
    name: "tenant_restore",
    text: `update tenants set deleted_at = null, slug = $2, updated_at = $3 where id = $1 and ${MAY_COME_BACK} returning id`,
    values: [tenantId, slug, now],
  };
}

/** Has the domains of a tenant looked up soon, which nobody did while it was deleted. */
export function recheckDomains(tenantId: string, now: Date): Statement {
  return {
    name: "tenant_recheck_domains",
    text: "update domains set next_check_at = $2 where tenant_id = $1 and next_check_at is not null",
    values: [tenantId, now],
  };
}
