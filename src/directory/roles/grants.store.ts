import type { Statement } from "../../storage/types.ts";

/** What a member may do with one resource of an application. */
export interface ResourceGrant {
  readonly area: string;
  readonly id: string;
  readonly actions: readonly string[];
}

/** The same as it is shown, with what the resource is called and grouped by. */
interface ShownResourceGrant extends ResourceGrant {
  readonly name: string;
  /** Null = in no company. */
  readonly company: string | null;
}

/** All that a member was given by hand. */
export interface GrantsRow {
  readonly permissions: readonly string[];
  readonly resources: readonly ShownResourceGrant[];
}

/** As permissions, for a `select` over `members m`: those on a resource carry its id behind an `@`. */
export const GRANTS = `(array(select unnest(p.permissions) from member_permissions p
      where p.tenant_id = m.tenant_id and p.member_id = m.id)
    || array(select r.area || ':' || unnest(r.actions) || '@' || r.resource from member_resources r
      where r.tenant_id = m.tenant_id and r.member_id = m.id order by 1)) as "grants"`;

/** What a member was given; no row where there is no such member. */
export function grantsOfMember(tenantId: string, memberId: string): Statement<GrantsRow> {
  return {
    name: "grants_read",
    text: `select array(select unnest(p.permissions) from member_permissions p
          where p.tenant_id = $1 and p.member_id = $2) as permissions,
        (select coalesce(jsonb_agg(jsonb_build_object('area', g.area, 'id', g.resource, 'actions', g.actions,
            'name', r.name, 'company', nullif(r.company, '')) order by g.area, r.company, r.name, g.resource), '[]')
          from member_resources g join app_resources r using (tenant_id, area, resource)
          where g.tenant_id = $1 and g.member_id = $2) as resources
      from members where tenant_id = $1 and id = $2`,
    values: [tenantId, memberId],
  };
}

/** The same as permissions, for who asks what a member may do. */
export function grantedPermissions(tenantId: string, memberId: string): Statement<{ grants: string[] }> {
  return {
    name: "grants_permissions",
    text: `select ${GRANTS} from members m where m.tenant_id = $1 and m.id = $2`,
    values: [tenantId, memberId],
  };
}

/** Keeps a member, and whoever else writes their grants out, until the transaction ends; no row where there is none. */
export function holdMember(tenantId: string, memberId: string): Statement {
  return {
    name: "grants_hold",
    text: "select from members where tenant_id = $1 and id = $2 for no key update",
    values: [tenantId, memberId],
  };
}

/** Writes the permissions that a member has on everything. */
export function writePermissions(
  tenantId: string,
  memberId: string,
  permissions: readonly string[],
  now: Date,
): Statement {
  return {
    name: "grants_write",
    text: `insert into member_permissions (tenant_id, member_id, permissions, updated_at) values ($1,$2,$3,$4)
      on conflict (tenant_id, member_id) do update set (permissions, updated_at) = row(excluded.permissions, $4)`,
    values: [tenantId, memberId, permissions, now],
  };
}

/** Writes what a member may do with single resources, in place of what it was. */
export function writeResourceGrants(tenantId: string, memberId: string, grants: readonly ResourceGrant[]): Statement {
  return {
    name: "grants_write_resources",
    text: `with wanted as (select area, id, array(select jsonb_array_elements_text(actions)) as actions
          from jsonb_to_recordset($3::jsonb) as g (area text, id text, actions jsonb)),
        gone as (delete from member_resources r where r.tenant_id = $1 and r.member_id = $2
          and not exists (select from wanted w where w.area = r.area and w.id = r.resource))
      insert into member_resources (tenant_id, member_id, area, resource, actions)
      select $1, $2, area, id, actions from wanted
      on conflict (tenant_id, member_id, area, resource) do update set actions = excluded.actions`,
    values: [tenantId, memberId, JSON.stringify(grants)],
  };
}

/** Which of these resources there are; they stay until the transaction ends. */
export function holdResources(
  tenantId: string,
  wanted: readonly Pick<ResourceGrant, "area" | "id">[],
): Statement<{ area: string; id: string }> {
  return {
    name: "grants_hold_resources",
    text: `select r.area, r.resource as id from app_resources r
      join jsonb_to_recordset($2::jsonb) as w (area text, id text) on w.area = r.area and w.id = r.resource
      where r.tenant_id = $1 for key share of r`,
    values: [tenantId, JSON.stringify(wanted.map(({ area, id }) => ({ area, id })))],
  };
}
