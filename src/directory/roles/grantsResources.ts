/** The agents, projects and the like that an application tells of, so that members can be given them one by one. */
import { Refusal } from "../../base/errors.ts";
import { event, type EventType } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import {
  countResourceMembers,
  countResources,
  deleteResource,
  lockResource,
  membersOfResource,
  resourceById,
  resourcesAfter,
  writeResource,
  type AppResource,
  type ResourceMember,
  type ResourcePlace,
} from "./grantsResources.store.ts";
import { readIdPage, type IdPage, type PageWanted } from "../members/idPage.ts";
import { displayNameOf } from "../members/member.ts";
import { holdAreas } from "./permissionAreas.store.ts";

/** A page of resources, company by company. */
export interface ResourcePage {
  readonly items: readonly AppResource[];
  readonly total: number;
  readonly next: (ResourcePlace & { readonly total: number }) | null;
}

/** The resources of an area. */
export async function listResources(
  db: Database,
  who: Who,
  area: string,
  { limit, place }: { limit: number; place: (ResourcePlace & { readonly total: number }) | undefined },
): Promise<ResourcePage> {
  const { tenantId } = who;
  const list = resourcesAfter(tenantId, area, place ?? { company: "", id: "" }, limit + 1);
  const [rows, [counted]] = await onceInTenant(db, who, list, countResources(tenantId, area));
  const total = place?.total ?? counted?.count ?? 0;
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const isMore = last !== undefined && rows.length > limit;
  return { items, total, next: isMore ? { company: last.company ?? "", id: last.id, total } : null };
}

/**
 * Tells of a resource, or tells it anew; the same again writes and records nothing.
 *
 * @throws Refusal `invalid_request` where nobody declared the area, or not as one of single resources
 */
export async function putResource(
  db: Database,
  who: Who,
  wanted: Pick<AppResource, "area" | "id" | "name" | "company">,
): Promise<AppResource> {
  return inTenant(db, who, async (scope) => {
    await checkScoped(scope, wanted.area);
    const [before] = await scope.trx.run(lockResource(scope.tenantId, wanted.area, wanted.id));
    if (before?.name === wanted.name && before.company === wanted.company) return before;
    const [after] = await scope.trx.run(writeResource(scope.tenantId, wanted, scope.now));
    if (!after) throw new Error("a resource was written and is not there");
    await tell(scope, before ? "app_resource.updated" : "app_resource.created", after);
    return after;
  });
}

/**
 * Ends a resource, and what members were given of it.
 *
 * @throws Refusal `not_found`
 */
export async function removeResource(db: Database, who: Who, area: string, id: string): Promise<void> {
  await inTenant(db, who, async (scope) => {
    const [gone] = await scope.trx.run(deleteResource(scope.tenantId, area, id));
    if (!gone) throw noSuchResource(area, id);
    await tell(scope, "app_resource.deleted", { area, id, name: gone.name, company: null });
  });
}

/**
 * Who was given a resource.
 *
 * @throws Refusal `not_found`
 */
export async function listResourceMembers(
  db: Database,
  who: Who,
  { area, id }: Pick<AppResource, "area" | "id">,
  page: PageWanted,
): Promise<IdPage<ResourceMember>> {
  const { tenantId } = who;
  const [[found]] = await onceInTenant(db, who, resourceById(tenantId, area, id));
  if (!found) throw noSuchResource(area, id);
  const list = (after: string, most: number) => membersOfResource(tenantId, { area, id }, after, most);
  const { items, ...rest } = await readIdPage(db, who, page, list, countResourceMembers(tenantId, area, id));
  return { ...rest, items: items.map(({ scim, ...member }) => ({ ...member, displayName: displayNameOf(scim) })) };
}

async function checkScoped(scope: Scope, area: string): Promise<void> {
  const [declared] = await scope.trx.run(holdAreas([area]));
  if (declared?.scoped) return;
  throw new Refusal(
    "invalid_request",
    `'${area}' has no single resources: the operator declares an area with "scoped": true at /permission-areas.`,
  );
}

async function tell(
  scope: Scope,
  type: Extract<EventType, `app_resource.${string}`>,
  { area, id, name, company }: Pick<AppResource, "area" | "id" | "name" | "company">,
): Promise<void> {
  await record(scope, event(scope, type, { type: "app_resource", id: null }, { area, resource: id, name, company }));
}

function noSuchResource(area: string, id: string): Refusal {
  return new Refusal("not_found", `There is no '${id}' of ${area} here.`);
}
