import type { Statement } from "../../storage/types.ts";

/** A table with rows of tenants, as the catalogue of the database knows it. */
export interface OwnedTable {
  readonly name: string;
  /** Those whose rows its rows name by a foreign key. */
  readonly parents: readonly string[];
  /** Whether tenants may delete their own rows by its policy; else the server does. */
  readonly isTenants: boolean;
}

/**
 * Every table with a `tenant_id`: a new one is known without anybody's doing. Jobs are left out, for what erases is one.
 */
export const ownedTables: Statement<OwnedTable> = {
  name: "purge_tables",
  text: `select c.relname as name,
      array(select p.relname from pg_constraint f join pg_class p on p.oid = f.confrelid
        where f.contype = 'f' and f.conrelid = c.oid and f.confrelid <> c.oid and p.relname <> 'tenants')::text[] as parents,
      exists (select from pg_policies p where p.schemaname = 'public' and p.tablename = c.relname and p.cmd = 'ALL')
        as "isTenants"
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'jobs' order by c.relname`,
  values: [],
};

/**
 * Begins the end of a tenant that was deleted so many milliseconds ago, also by the database's clock, by which the job
 * has come; a row with when it was, or none if it may not end.
 */
export function beginPurge(tenantId: string, now: Date, restorableMs: number): Statement<{ deletedAt: Date }> {
  return {
    name: "purge_begin",
    text: `update tenants set purging_at = coalesce(purging_at, $2) where id = $1
        and deleted_at <= greatest($2::timestamptz, now()) - $3 * interval '1 millisecond'
      returning deleted_at as "deletedAt"`,
    values: [tenantId, now, restorableMs],
  };
}

/** Deletes so many rows of a tenant in one of those tables; answers how many there were. */
export function deleteSome(table: string, tenantId: string, most: number): Statement<{ count: number }> {
  // The name is the catalogue's own, and no value can stand in its place.
  const name = `"${table.replaceAll('"', '""')}"`;
  return {
    text: `with gone as (delete from ${name}
        where ctid = any(array(select ctid from ${name} where tenant_id = $1 limit $2)) and tenant_id = $1 returning 1)
      select count(*) from gone`,
    values: [tenantId, most],
  };
}

/** Deletes the tenant itself. */
export function deleteTenantRow(tenantId: string): Statement {
  return {
    name: "purge_tenant",
    text: "delete from tenants where id = $1 and purging_at is not null",
    values: [tenantId],
  };
}

/** Deletes what was still to be done for a tenant, for the server's own transaction. */
export function deleteJobs(tenantId: string): Statement {
  return { name: "purge_jobs", text: "delete from jobs where tenant_id = $1", values: [tenantId] };
}
