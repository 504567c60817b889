import type { Statement } from "../../storage/types.ts";

/** An agent, a project or the like of an application, whose use is given one by one. */
export interface AppResource {
  readonly area: string;
  /** The application's own. */
  readonly id: string;
  readonly name: string;
  /** What it is grouped by; null = nothing. */
  readonly company: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const RESOURCE = `area, resource as id, name, nullif(company, '') as company, created_at as "createdAt",
  updated_at as "updatedAt"`;

/** Where a list goes on: company by company, and in it by id. */
export interface ResourcePlace {
  readonly company: string;
  readonly id: string;
}

/** The resources of an area after a place. */
export function resourcesAfter(
  tenantId: string,
  area: string,
  { company, id }: ResourcePlace,
  most: number,
): Statement<AppResource> {
  return {
    name: "app_resource_list",
    text: `select ${RESOURCE} from app_resources where tenant_id = $1 and area = $2 and (company, resource) > ($3, $4)
      order by app_resources.company, resource limit $5`,
    values: [tenantId, area, company, id, most],
  };
}

/** How many there are of an area. */
export function countResources(tenantId: string, area: string): Statement<{ count: number }> {
  return {
    name: "app_resource_count",
    text: "select count(*) from app_resources where tenant_id = $1 and area = $2",
    values: [tenantId, area],
  };
}

/** One. */
export function resourceById(tenantId: string, area: string, id: string): Statement<AppResource> {
  return {
    name: "app_resource_by_id",
    text: `select ${RESOURCE} from app_resources where tenant_id = $1 and area = $2 and resource = $3`,
    values: [tenantId, area, id],
  };
}

/** One, which nobody else changes until the transaction ends. */
export function lockResource(tenantId: string, area: string, id: string): Statement<AppResource> {
  return {
    name: "app_resource_lock",
    text: `select ${RESOURCE} from app_resources where tenant_id = $1 and area = $2 and resource = $3 for no key update`,
    values: [tenantId, area, id],
  };
}

/** Writes one. */
export function writeResource(
  tenantId: string,
  { area, id, name, company }: Pick<AppResource, "area" | "id" | "name" | "company">,
  now: Date,
): Statement<AppResource> {
  return {
    name: "app_resource_write",
    text: `insert into app_resources (tenant_id, area, resource, name, company, created_at, updated_at)
      values ($1,$2,$3,$4,$5,$6,$6)
      on conflict (tenant_id, area, resource) do update set (name, company, updated_at) = row(excluded.name, excluded.company, $6)
      returning ${RESOURCE}`,
    values: [tenantId, area, id, name, company ?? "", now],
  };
}

/** Deletes one, and with it what members were given of it; answers a row where there was one. */
export function deleteResource(tenantId: string, area: string, id: string): Statement<{ name: string }> {
  return {
    name: "app_resource_delete",
    text: "delete from app_resources where tenant_id = $1 and area = $2 and resource = $3 returning name",
    values: [tenantId, area, id],
  };
}

/** A member who was given a resource. */
export interface ResourceMember {
  readonly id: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly actions: readonly string[];
}

/** Who was given a resource, after a member's id. */
export function membersOfResource(
  tenantId: string,
  { area, id }: Pick<AppResource, "area" | "id">,
  after: string,
  most: number,
): Statement<Omit<ResourceMember, "displayName"> & { readonly scim: Record<string, never> }> {
  return {
    name: "app_resource_members",
    text: `select m.id, m.email, m.scim, r.actions from member_resources r
      join members m on m.tenant_id = r.tenant_id and m.id = r.member_id
      where r.tenant_id = $1 and r.area = $2 and r.resource = $3 and r.member_id > $4 order by r.member_id limit $5`,
    values: [tenantId, area, id, after, most],
  };
}

/** How many they are. */
export function countResourceMembers(tenantId: string, area: string, id: string): Statement<{ count: number }> {
  return {
    name: "app_resource_members_count",
    text: "select count(*) from member_resources where tenant_id = $1 and area = $2 and resource = $3",
    values: [tenantId, area, id],
  };
}
