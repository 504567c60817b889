import type { Statement } from "../../storage/types.ts";
import type { Member } from "../members/member.ts";
import { MEMBER } from "../members/members.store.ts";

/** Where a role is named. */
export interface RoleUses {
  readonly members: number;
  /** Mappings that give it. */
  readonly mappings: number;
  /** Whether settings name it. */
  readonly settings: boolean;
  /** Roles that extend it. */
  readonly heirs: number;
  /** Domains by which people join with it. */
  readonly domains: number;
}

const HOLDS = "(m.granted || m.entitled || m.roles || m.last_admin_hold) && array[$2::text]";

/** Where this role is named. */
export function roleUses(tenantId: string, slug: string): Statement<RoleUses> {
  return {
    name: "role_uses",
    text: `select (select count(*) from members m where m.tenant_id = $1 and ${HOLDS}) as members,
        (select count(*) from jsonb_array_elements(t.role_mappings) as x (line) where line->'mapping'->>'role' = $2) as mappings,
        coalesce($2 in (t.settings->'seats'->>'seatedRole', t.settings->'seats'->>'fallbackRole'), false) as settings,
        (select count(*) from roles r where r.tenant_id = $1 and r.extends = $2) as heirs,
        (select count(*) from domains d where d.tenant_id = $1 and d.auto_join->>'role' = $2) as domains
      from tenants t where t.id = $1`,
    values: [tenantId, slug],
  };
}

/** Puts another role wherever mappings, settings, domains and other roles name this one; members are not touched. */
export function moveReferences(tenantId: string, slug: string, to: string, now: Date): Statement {
  return {
    name: "role_move",
    text: `with heirs as (update roles set extends = $3, updated_at = $4 where tenant_id = $1 and extends = $2),
        domains as (update domains set auto_join = jsonb_set(auto_join, '{role}', to_jsonb($3::text))
          where tenant_id = $1 and auto_join->>'role' = $2)
      update tenants set updated_at = $4,
        role_mappings = (select coalesce(jsonb_agg(case when line->'mapping'->>'role' = $2 then
              line || jsonb_build_object('mapping', line->'mapping' || jsonb_build_object('role', $3::text),
                'written', line->'written' || jsonb_build_object('role', $3::text))
            else line end order by place), '[]') from jsonb_array_elements(role_mappings) with ordinality as x (line, place)),
        settings = case when settings ? 'seats' then settings || jsonb_build_object('seats', settings->'seats'
            || case when settings->'seats'->>'seatedRole' = $2 then jsonb_build_object('seatedRole', $3::text) else '{}' end
            || case when settings->'seats'->>'fallbackRole' = $2 then jsonb_build_object('fallbackRole', $3::text) else '{}' end)
          else settings end
      where id = $1`,
    values: [tenantId, slug, to, now],
  };
}

/** Marks a role as deleted and replaced by another. */
export function retireRole(tenantId: string, slug: string, to: string, now: Date): Statement {
  return {
    name: "role_retire",
    text: "update roles set replaced_by = $3, updated_at = $4 where tenant_id = $1 and slug = $2",
    values: [tenantId, slug, to, now],
  };
}

/** Members after an id who have this role by whatever way, in order of their ids. */
export function holdersAfter(tenantId: string, slug: string, after: string, most: number): Statement<Member> {
  return {
    name: "role_holders",
    text: `select ${MEMBER} from members m where m.tenant_id = $1 and m.id > $3 and ${HOLDS} order by m.id limit $4`,
    values: [tenantId, slug, after, most],
  };
}

/**
 * How many members administer who will do so, too, once those of this role have another.
 *
 * @param others the roles that administer, without this one
 * @param to what the other role is: whether it administers, and whether it needs a seat
 */
export function adminsWithout(
  tenantId: string,
  slug: string,
  others: readonly string[],
  to: { readonly administers: boolean; readonly needsSeat: boolean },
): Statement<{ before: number; after: number }> {
  return {
    name: "role_admins_without",
    text: `select count(*) as before, count(*) filter (where roles && $3::text[]
          or ($4 and $2 = any(roles) and (not $5 or seat = 'held'))) as after
      from members where tenant_id = $1 and administers`,
    values: [tenantId, slug, others, to.administers, to.needsSeat],
  };
}
