import type { Statement } from "../../storage/types.ts";
import type { Tenant } from "./tenant.ts";

/** A tenant's columns under the names of `Tenant`; those deleted are in no answer. */
const TENANT = `t.id, t.slug, t.name, t.plan, t.settings, p.invitation_quota as "planQuota",
  coalesce(p.features, '{}') as features,
  case when t.has_seat_limit then jsonb_build_object('limit', t.seat_limit) end as "ownLimit",
  t.created_at as "createdAt", t.updated_at as "updatedAt"`;
const FROM = "tenants t left join plans p on p.slug = t.plan";

/** One tenant by its id. */
export function tenantById(tenantId: string): Statement<Tenant> {
  return {
    name: "tenant_by_id",
    text: `select ${TENANT} from ${FROM} where t.id = $1 and t.deleted_at is null`,
    values: [tenantId],
  };
}

/** A tenant by its slug, for who reads across tenants. */
export function tenantBySlug(slug: string): Statement<Tenant> {
  return {
    name: "tenant_by_slug",
    text: `select ${TENANT} from ${FROM} where t.slug = $1 and t.deleted_at is null`,
    values: [slug],
  };
}

/** Tenants after an id, for who reads across tenants. */
export function tenantsAfter(after: string, most: number): Statement<Tenant> {
  return {
    name: "tenant_list",
    text: `select ${TENANT} from ${FROM} where t.id > $1 and t.deleted_at is null order by t.id limit $2`,
    values: [after, most],
  };
}

/** How many there are. */
export const countTenants: Statement<{ count: number }> = {
  name: "tenant_count",
  text: "select count(*) from tenants where deleted_at is null",
  values: [],
};

/** What is stored of a tenant. */
type Stored = Pick<Tenant, "id" | "slug" | "name" | "plan" | "ownLimit" | "settings">;

/** A new tenant. */
export function insertTenant(tenant: Stored, now: Date): Statement {
  return {
    name: "tenant_insert",
    text: `insert into tenants (id, slug, name, plan, has_seat_limit, seat_limit, settings, created_at, updated_at)
      values ($1,$2,$3,$4,$5,$6,$7,$8,$8)`,
    values: [...stored(tenant), now],
  };
}

/** Its seats: none in use. */
export function insertSeats(tenantId: string, limit: number | null): Statement {
  return {
    name: "tenant_insert_seats",
    text: "insert into tenant_seats (tenant_id, seat_limit, used) values ($1,$2,$3)",
    values: [tenantId, limit, limit === null ? null : 0],
  };
}

/** Writes a tenant anew. */
export function updateTenantRow(tenant: Stored, now: Date): Statement {
  return {
    name: "tenant_update",
    text: `update tenants set slug = $2, name = $3, plan = $4, has_seat_limit = $5, seat_limit = $6, settings = $7,
      updated_at = $8 where id = $1`,
    values: [...stored(tenant), now],
  };
}

function stored({ id, slug, name, plan, ownLimit, settings }: Stored): unknown[] {
  return [id, slug, name, plan, ownLimit !== null, ownLimit?.limit ?? null, JSON.stringify(settings)];
}
