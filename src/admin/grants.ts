/** What members are given by hand beside their roles, and the agents or projects that they are given one by one. */
import { Refusal } from "../base/errors.ts";
import { editGrants, readGrants, type Grants } from "../directory/roles/grants.ts";
import { listResourceMembers, listResources, putResource, removeResource } from "../directory/roles/grantsResources.ts";
import type { ResourcePlace } from "../directory/roles/grantsResources.store.ts";
import { decodeCursor, encodeCursor, idPage, idPlace, isTotal, type PageQuery } from "./paging.ts";
import type { Answer, Resource, TenantCall } from "./route.ts";
import {
  arrayOf,
  id,
  instant,
  json,
  label,
  nothing,
  nullable,
  object,
  pageOf,
  pageQuery,
  record,
  ref,
  text,
} from "./schemas.ts";

const RESOURCE_ID = /^[A-Za-z0-9._~:-]{1,128}$/;
const AREA = /^[a-z][A-Za-z0-9]{0,63}$/;

/** More than a form shows as checkboxes; who has more has the permission on everything. */
const MOST_RESOURCES = 500;

const word = { type: "string", pattern: AREA.source };
const resourceId = { type: "string", pattern: RESOURCE_ID.source, description: "The application's own id." };
const actions = arrayOf(word, { minItems: 1, maxItems: 50, uniqueItems: true });
const permissions = {
  ...arrayOf({ type: "string", maxLength: 200 }, { maxItems: 500, uniqueItems: true }),
  description: "`<area>:<action>`, on everything in the area.",
};
const company = { ...nullable(label), description: "What it is grouped by." };

export const grants: Resource = {
  tag: "Grants",
  description:
    "Permissions of a single member, beside those of the roles: on everything, or on one agent, project or the like. They " +
    "count at the next request, and while a member lacks the seat that the roles need, they wait for it.",
  schemas: {
    Grants: record({
      permissions,
      resources: arrayOf(record({ area: text, id: text, actions: arrayOf(text), name: text, company: nullable(text) })),
    }),
    GrantsEdit: object({
      permissions,
      resources: arrayOf(object({ area: word, id: resourceId, actions }, ["area", "id", "actions"]), {
        maxItems: MOST_RESOURCES,
      }),
    }),
    AppResource: record({
      area: text,
      id: text,
      name: text,
      company: nullable(text),
      createdAt: instant,
      updatedAt: instant,
    }),
  },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/members/{id}/grants",
      operationId: "getGrants",
      summary: "What a member was given by hand; resources company by company",
      permission: "members:view",
      responses: { 200: json("The grants.", ref("Grants")) },
      handle: async ({ db, who, params }) => ({ status: 200, body: await readGrants(db, who, params["id"] ?? "") }),
    },
    {
      scope: "tenant",
      method: "PATCH",
      path: "/tenants/{t}/members/{id}/grants",
      operationId: "editGrants",
      summary: "Give and take by hand: each list is replaced whole, and one that is left out stays",
      permission: "members:edit",
      body: ref("GrantsEdit"),
      responses: { 200: json("The grants as they are now.", ref("Grants")) },
      handle: async ({ db, who, params, permissions: held, body }) => ({
        status: 200,
        body: await editGrants(db, { ...who, permissions: held }, params["id"] ?? "", body as Partial<Grants>),
      }),
    },
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/resources/{area}",
      operationId: "listResources",
      summary: "The agents, projects and the like that members can be given, company by company",
      permission: "resources:view",
      query: pageQuery,
      responses: { 200: json("A page.", pageOf(ref("AppResource"))) },
      handle: (call) => list(call as TenantCall<PageQuery>),
    },
    {
      scope: "tenant",
      method: "PUT",
      path: "/tenants/{t}/resources/{area}/{resource}",
      operationId: "putResource",
      summary: "Tell of an agent, a project or the like, or tell it anew: the application does",
      permission: "resources:edit",
      body: object({ name: label, company }, ["name"]),
      responses: { 200: json("The resource.", ref("AppResource")) },
      handle: async (call) => {
        const { name, company: group = null } = call.body as { name: string; company?: string | null };
        return { status: 200, body: await putResource(call.db, call.who, { ...placeOf(call), name, company: group }) };
      },
    },
    {
      scope: "tenant",
      method: "DELETE",
      path: "/tenants/{t}/resources/{area}/{resource}",
      operationId: "deleteResource",
      summary: "End a resource, and with it what members were given of it",
      permission: "resources:delete",
      responses: { 204: nothing },
      handle: async (call) => {
        const { area, id: resource } = placeOf(call);
        await removeResource(call.db, call.who, area, resource);
        return { status: 204 };
      },
    },
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/resources/{area}/{resource}/members",
      operationId: "listResourceMembers",
      summary: "Who was given a resource; not those who have the permission on everything",
      permission: "members:view",
      query: pageQuery,
      responses: {
        200: json("A page.", pageOf(record({ id, displayName: text, email: nullable(text), actions: arrayOf(text) }))),
      },
      handle: async (call) => {
        const query = call.query as PageQuery;
        const page = { limit: query.limit, place: idPlace(query) };
        return {
          status: 200,
          body: idPage(await listResourceMembers(call.db, call.who, placeOf(call), page), (one) => one),
        };
      },
    },
  ],
};

async function list({ db, who, params, query }: TenantCall<PageQuery>): Promise<Answer> {
  const place = decodeCursor(query.cursor, isPlace);
  const { items, total, next } = await listResources(db, who, areaOf(params), { limit: query.limit, place });
  return { status: 200, body: { items, total, nextCursor: next && encodeCursor(next) } };
}

type Place = ResourcePlace & { readonly total: number };

function isPlace(value: unknown): value is Place {
  if (typeof value !== "object" || value === null) return false;
  const { company: group, id: resource, total } = value as Partial<Record<keyof Place, unknown>>;
  return typeof group === "string" && !group.includes("\0") && isResourceId(resource) && isTotal(total);
}

function isResourceId(value: unknown): value is string {
  return typeof value === "string" && RESOURCE_ID.test(value);
}

/** What has another form is nothing's name, and never reaches SQL. */
function placeOf({ params }: Pick<TenantCall, "params">): { area: string; id: string } {
  const resource = params["resource"];
  if (isResourceId(resource)) return { area: areaOf(params), id: resource };
  throw new Refusal("not_found", "No resource has such an id: letters, digits and . _ ~ : - are taken, at most 128.");
}

function areaOf(params: TenantCall["params"]): string {
  const area = params["area"] ?? "";
  if (AREA.test(area)) return area;
  throw new Refusal("not_found", "No area has such a name; GET /permission-areas of the tenant lists those there are.");
}
