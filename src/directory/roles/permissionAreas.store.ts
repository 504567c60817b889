import type { PermissionArea } from "../../admission/permissions.ts";
import type { Statement } from "../../storage/types.ts";

/** An area of an application with its name. */
export interface AreaRow extends PermissionArea {
  readonly area: string;
}

const AREA = "area, name, actions, scoped";

/** All that are declared. */
export const declaredAreas: Statement<AreaRow> = {
  name: "area_list",
  text: `select ${AREA} from permission_areas order by area`,
  values: [],
};

/** Some of them, unchanged until the transaction ends: what a tenant writes by them, and their end, see each other. */
export function holdAreas(areas: readonly string[]): Statement<AreaRow> {
  return {
    name: "area_hold",
    text: `select ${AREA} from permission_areas where area = any($1) for share`,
    values: [areas],
  };
}

/** All of them, for who changes them. */
export const lockAreas: Statement<AreaRow> = {
  name: "area_lock",
  text: `select ${AREA} from permission_areas order by area for update`,
  values: [],
};

/** Declares an area, or declares it anew. */
export function writeArea({ area, name, actions, scoped }: AreaRow): Statement {
  return {
    name: "area_write",
    text: `insert into permission_areas (${AREA}) values ($1,$2,$3,$4)
      on conflict (area) do update set (name, actions, scoped) = row(excluded.name, excluded.actions, excluded.scoped)`,
    values: [area, name, actions, scoped],
  };
}

/** Declares of an area what is not declared yet; takes nothing away, and writes nothing where nothing is missing. */
export function addArea({ area, name, actions, scoped }: AreaRow): Statement {
  return {
    name: "area_add",
    text: `insert into permission_areas as a (${AREA}) values ($1,$2,$3,$4)
      on conflict (area) do update set scoped = a.scoped or excluded.scoped,
        actions = a.actions || array(select action from unnest(excluded.actions) with ordinality as more (action, place)
          where action <> all (a.actions) order by place)
      where not excluded.actions <@ a.actions or (excluded.scoped and not a.scoped)`,
    values: [area, name, actions, scoped],
  };
}

/** Ends areas. */
export function deleteAreas(areas: readonly string[]): Statement {
  return { name: "area_delete", text: "delete from permission_areas where area = any($1)", values: [areas] };
}

/** Which of these permissions some tenant's roles or members have, over all tenants. */
export function permissionsInUse(permissions: readonly string[]): Statement<{ permission: string }> {
  return {
    name: "area_permissions_used",
    text: `select distinct permission from (
        select unnest(permissions) as permission from roles where permissions && $1::text[]
        union all select unnest(permissions) from member_permissions where permissions && $1::text[]
        union all select area || ':' || unnest(actions) from member_resources where area = any($2::text[])
      ) as used where permission = any($1) order by permission limit 20`,
    values: [permissions, [...new Set(permissions.map((permission) => permission.slice(0, permission.indexOf(":"))))]],
  };
}

/** Which of these areas some tenant has resources of. */
export function areasWithResources(areas: readonly string[]): Statement<{ area: string }> {
  return {
    name: "area_resources_used",
    text: `select a.area from unnest($1::text[]) as a (area)
      where exists (select from app_resources r where r.area = a.area) order by a.area`,
    values: [areas],
  };
}
