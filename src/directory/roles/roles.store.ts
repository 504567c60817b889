import type { Role } from "../../admission/types.ts";
import type { Statement } from "../../storage/types.ts";

/** A role as the tenant wrote it; one with `replacedBy` is deleted, and kept until nobody has it. */
export interface StoredRole extends Role {
  readonly replacedBy: string | null;
}

/** The roles and templates of a tenant by slug. */
export function storedRoles(tenantId: string): Statement<StoredRole> {
  return {
    name: "role_list",
    text: `select slug, name, permissions, extends, seat_required as "seatRequired", template, replaced_by as "replacedBy"
      from roles where tenant_id = $1 order by slug`,
    values: [tenantId],
  };
}

/** A new one. */
export function insertRole(tenantId: string, role: Role, now: Date): Statement {
  return {
    name: "role_insert",
    text: `insert into roles (tenant_id, slug, template, name, extends, permissions, seat_required, created_at, updated_at)
      values ($1,$2,$3,$4,$5,$6,$7,$8,$8)`,
    values: [tenantId, role.slug, role.template, role.name, role.extends, role.permissions, role.seatRequired, now],
  };
}

/** Writes one anew. */
export function updateRole(tenantId: string, role: Role, now: Date): Statement {
  return {
    name: "role_update",
    text: `update roles set name = $3, extends = $4, permissions = $5, seat_required = $6, updated_at = $7
      where tenant_id = $1 and slug = $2`,
    values: [tenantId, role.slug, role.name, role.extends, role.permissions, role.seatRequired, now],
  };
}

/** Deletes one, and the invite link that gave it: a role of that name that comes later is another. */
export function deleteRoleRow(tenantId: string, slug: string): Statement {
  return {
    name: "role_delete",
    text: `with links as (delete from invite_links where tenant_id = $1 and role = $2)
      delete from roles where tenant_id = $1 and slug = $2`,
    values: [tenantId, slug],
  };
}

/** Ids of members who are entitled to one of these roles or have it in force, at most so many. */
export function membersOfRoles(tenantId: string, slugs: readonly string[], most: number): Statement<{ id: string }> {
  return {
    name: "role_members",
    text: "select id from members where tenant_id = $1 and (entitled && $2::text[] or roles && $2::text[]) limit $3",
    values: [tenantId, slugs, most],
  };
}

/**
 * Says anew who administers (rule 17), by the roles that do so, under the lock.
 *
 * @returns how many did, and how many do
 */
export function writeAdministers(
  tenantId: string,
  adminRoles: readonly string[],
): Statement<{ before: number; after: number }> {
  return {
    name: "role_administers",
    text: `with next as (select id, administers as was,
          status = 'active' and not break_glass and roles && $2::text[] as "is" from members
          where tenant_id = $1 and (administers or roles && $2::text[])),
        written as (update members m set administers = next."is" from next
          where m.tenant_id = $1 and m.id = next.id and next."is" <> next.was)
      select count(*) filter (where was) as before, count(*) filter (where "is") as after from next`,
    values: [tenantId, adminRoles],
  };
}
