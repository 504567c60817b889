/** Roles of a tenant's own, beside the built-in ones. */
import {
  createRole,
  editRole,
  listRoles,
  readRole,
  type NewRole,
  type RoleChange,
  type RoleKind,
} from "../directory/roles/roles.ts";
import { deleteRole } from "../directory/roles/rolesInUse.ts";
import { slugForm } from "../directory/tenants/tenant.ts";
import { decodeCursor, encodeCursor, type PageQuery } from "./paging.ts";
import type { Answer, Resource, Route, TenantCall } from "./route.ts";
import {
  arrayOf,
  boolean,
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

const slug = {
  type: "string",
  pattern: slugForm.pattern,
  description: "Names the role in members, mappings and claims.",
};
const permissions = {
  // A pattern of its own would tell the place and not the reason: the use-case does both.
  ...arrayOf({ type: "string", maxLength: 200 }, { maxItems: 500, uniqueItems: true }),
  description: "`<area>:<action>`, as `GET /permission-areas` of the tenant lists them; `*` is everything.",
};
const parent = {
  ...nullable({ type: "string", maxLength: 63 }),
  description: "The role whose permissions it has, too.",
};
const seatRequired = {
  ...boolean,
  description:
    "Whether its members need a seat. Left out: a role does unless it extends one that does not; a template does not.",
};
const change = { name: label, extends: parent, permissions, seatRequired };

const shownRole = record({
  slug: text,
  name: text,
  extends: nullable(text),
  permissions: { ...arrayOf(text), description: "Its own." },
  allPermissions: { ...arrayOf(text), description: "Its own and the inherited ones." },
  seatRequired: { ...boolean, description: "By itself, or by what it extends." },
  builtIn: { ...boolean, description: "Built-in roles stay as they are." },
});

export const roles: Resource = {
  tag: "Roles",
  description:
    "What members may do. A role extends at most one other and has its permissions; a change counts at the next request. " +
    "Whoever names or changes a role has all of its permissions.",
  schemas: { Role: shownRole, NewRole: object({ slug, ...change }, ["slug", "name"]), RoleChange: object(change) },
  routes: roleRoutes("role", "/tenants/{t}/roles", {
    Many: "Roles",
    One: "Role",
    called: "role",
    summary: "List the roles, the built-in ones first",
  }),
};

/** What tells the routes of roles from those of templates. */
interface RouteNames {
  readonly Many: string;
  readonly One: string;
  readonly called: string;
  readonly summary: string;
}

/** The routes of roles, or of templates: the two are alike in all but their place. */
export function roleRoutes(kind: RoleKind, path: string, names: RouteNames): Route[] {
  return [...readingRoutes(kind, path, names), ...writingRoutes(kind, path, names)];
}

function readingRoutes(kind: RoleKind, path: string, { Many, One, called, summary }: RouteNames): Route[] {
  return [
    {
      scope: "tenant",
      method: "GET",
      path,
      operationId: `list${Many}`,
      summary,
      permission: "roles:view",
      query: pageQuery,
      responses: { 200: json("A page.", pageOf(ref("Role"))) },
      handle: (call) => list(kind, call as TenantCall<PageQuery>),
    },
    {
      scope: "tenant",
      method: "GET",
      path: `${path}/{role}`,
      operationId: `get${One}`,
      summary: `Read a ${called}`,
      permission: "roles:view",
      responses: { 200: json(`The ${called}.`, ref("Role")) },
      handle: async (call) => ({ status: 200, body: await readRole(call.db, call.who, kind, slugOf(call)) }),
    },
  ];
}

function writingRoutes(kind: RoleKind, path: string, { One, called }: RouteNames): Route[] {
  const one = `${path}/{role}`;
  return [
    {
      scope: "tenant",
      method: "POST",
      path,
      operationId: `create${One}`,
      summary: `Make a ${called}`,
      permission: "roles:create",
      body: ref("NewRole"),
      responses: { 201: json(`The ${called}.`, ref("Role")) },
      handle: async (call) => ({
        status: 201,
        body: await createRole(call.db, caller(call), kind, call.body as NewRole),
      }),
    },
    {
      scope: "tenant",
      method: "PATCH",
      path: one,
      operationId: `edit${One}`,
      summary: `Change a ${called}, and those that extend it; what is left out stays`,
      permission: "roles:edit",
      body: ref("RoleChange"),
      responses: { 200: json(`The ${called} as it is now.`, ref("Role")) },
      handle: async (call) => ({
        status: 200,
        body: await editRole(call.db, caller(call), kind, slugOf(call), call.body as RoleChange),
      }),
    },
    {
      scope: "tenant",
      method: "DELETE",
      path: one,
      operationId: `delete${One}`,
      summary: `Delete a ${called} that is not in use, or put another one in its place everywhere`,
      permission: "roles:delete",
      query: { replaceWith: { type: "string", minLength: 1, maxLength: 63, description: "Slug of the other one." } },
      responses: { 204: nothing },
      handle: async (call) => {
        const { replaceWith } = call.query as { readonly replaceWith?: string };
        await deleteRole(call.db, caller(call), kind, slugOf(call), replaceWith);
        return { status: 204 };
      },
    },
  ];
}

/** They are few and read whole; a page is a part of that. */
async function list(kind: RoleKind, { db, who, query }: TenantCall<PageQuery>): Promise<Answer> {
  const from = decodeCursor(query.cursor, isPlace);
  const all = await listRoles(db, who, kind);
  const start = from === undefined ? 0 : all.findIndex((role) => role.slug === from.after) + 1;
  const items = all.slice(start, start + query.limit);
  const last = items.at(-1);
  const total = from?.total ?? all.length;
  const isMore = last !== undefined && start + items.length < all.length;
  return { status: 200, body: { items, total, nextCursor: isMore ? encodeCursor({ after: last.slug, total }) : null } };
}

interface RolePlace {
  readonly after: string;
  readonly total: number;
}

function isPlace(value: unknown): value is RolePlace {
  if (typeof value !== "object" || value === null) return false;
  const { after, total } = value as Partial<Record<keyof RolePlace, unknown>>;
  return typeof after === "string" && Number.isSafeInteger(total) && Number(total) >= 0;
}

function caller({
  who,
  permissions: held,
}: TenantCall): TenantCall["who"] & { readonly permissions: readonly string[] } {
  return { ...who, permissions: held };
}

function slugOf({ params }: TenantCall): string {
  return params["role"] ?? "";
}
