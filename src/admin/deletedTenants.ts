/** Tenants that were deleted: for 30 days the operator sees them and may restore them. */
import { listDeletedTenants, purgeAt, restoreTenant } from "../directory/tenants/deletedTenants.ts";
import type { DeletedTenant } from "../directory/tenants/deletedTenants.store.ts";
import { idPage, idPlace, type PageQuery } from "./paging.ts";
import type { Call, JsonAnswer, Resource } from "./route.ts";
import { id, instant, json, nullable, object, pageOf, pageQuery, record, ref, text } from "./schemas.ts";
import { shownTenant, slug } from "./tenants.ts";

export const deletedTenants: Resource = {
  tag: "Deleted tenants",
  description: "Nobody gets into a deleted tenant. It can be restored for 30 days; then everything of it is erased.",
  schemas: {
    DeletedTenant: record({
      id,
      slug: text,
      name: text,
      plan: nullable(text),
      deletedAt: instant,
      purgeAt: { ...instant, description: "From then on it is being erased." },
    }),
  },
  routes: [
    {
      scope: "server",
      method: "GET",
      path: "/deleted-tenants",
      operationId: "listDeletedTenants",
      summary: "List the tenants that can be restored, the oldest first",
      permission: "operator",
      query: pageQuery,
      responses: { 200: json("A page of deleted tenants.", pageOf(ref("DeletedTenant"))) },
      handle: list,
    },
    {
      scope: "server",
      method: "POST",
      path: "/tenants/{t}/restore",
      operationId: "restoreTenant",
      summary: "Restore a deleted tenant: credentials are good again, and people sign in anew",
      permission: "operator",
      body: object({ slug: { ...slug, description: "Where its own was taken since." } }),
      responses: { 200: json("The tenant.", ref("Tenant")) },
      handle: restore,
    },
  ],
};

async function list({ db, actor, now, query }: Call<PageQuery>): Promise<JsonAnswer> {
  const page = await listDeletedTenants(db, { actor, now }, { limit: query.limit, place: idPlace(query) });
  const show = (tenant: DeletedTenant) => ({ ...tenant, purgeAt: purgeAt(tenant.deletedAt) });
  return { status: 200, body: idPage(page, show) };
}

async function restore({ db, actor, now, params, body }: Call<unknown, { slug?: string }>): Promise<JsonAnswer> {
  return { status: 200, body: shownTenant(await restoreTenant(db, { actor, now }, params["t"] ?? "", body.slug)) };
}
