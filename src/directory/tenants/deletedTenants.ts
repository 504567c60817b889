import { Refusal } from "../../base/errors.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { enqueue } from "../../events/jobs.store.ts";
import { acrossTenants, inTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { forgetScimTokens } from "../directories/scimTokenCache.ts";
import { cutPage, FIRST_ID, type IdPage, type PageWanted } from "../members/idPage.ts";
import { lockSeats } from "../seats/seats.store.ts";
import { endEverySession } from "../signIn/sessions.store.ts";
import {
  buryTenant,
  countDeleted,
  deletedAfter,
  deletedTenant,
  type DeletedTenant,
  recheckDomains,
  unburyTenant,
} from "./deletedTenants.store.ts";
import { followPlan, type Operator } from "./plans.ts";
import type { Tenant } from "./tenant.ts";
import { noSuchTenant, tenantUnder, withFreeSlug } from "./tenants.ts";

/** Milliseconds in which a deleted tenant can be restored: 30 days, as comparable products give. */
export const RESTORABLE_MS = 30 * 86_400_000;

/** The job that erases a deleted tenant when its time has passed. */
export const PURGE_JOB = "tenant.purge";

/** When everything of a tenant that was deleted at a moment will be erased. */
export function purgeAt(deletedAt: Date): Date {
  return new Date(deletedAt.getTime() + RESTORABLE_MS);
}

/**
 * Deletes a tenant: from now on there is none of this name for anybody, sessions have ended and credentials are dead,
 * and its slug is free. Its rows stay for 30 days, in which it can be restored; then a job erases them.
 *
 * @throws Refusal `not_found`
 */
export async function deleteTenant(db: Database, who: Who): Promise<void> {
  const { tenantId, now } = who;
  await inTenant(db, who, async (scope) => {
    await scope.trx.run(lockSeats(tenantId));
    const [gone] = await scope.trx.run(buryTenant(tenantId, now));
    if (!gone) throw noSuchTenant(tenantId);
    await scope.trx.run(endEverySession(tenantId));
    const data = { purgeAt: purgeAt(now) };
    await record(scope, event(who, "tenant.deleted", { type: "tenant", id: tenantId }, data));
    await enqueue(scope, { kind: PURGE_JOB, key: PURGE_JOB, runAt: purgeAt(now) });
  });
  forgetScimTokens(db, (known) => known.tenantId === tenantId);
}

/** Tenants that were deleted and can be restored, the oldest first. */
export function listDeletedTenants(
  db: Database,
  operator: Operator,
  { limit, place }: PageWanted,
): Promise<IdPage<DeletedTenant>> {
  return acrossTenants(db, operator, async ({ trx }) => {
    const rows = await trx.run(deletedAfter(place?.after ?? FIRST_ID, limit + 1));
    const total = place?.total ?? (await trx.run(countDeleted))[0]?.count ?? 0;
    return cutPage(rows, limit, total);
  });
}

/**
 * Restores a deleted tenant as it was: its people, roles, connections and credentials. Sessions do not come back, its
 * plan is the one of today, and its domains are looked up anew.
 *
 * @param reference id or slug
 * @param slug in place of the one that it had
 * @throws Refusal `not_found` unless it was deleted less than 30 days ago, `slug_exists` where its slug was taken since
 */
export async function restoreTenant(
  db: Database,
  operator: Operator,
  reference: string,
  slug: string | undefined,
): Promise<Tenant> {
  const [found] = await acrossTenants(db, operator, ({ trx }) => trx.run(deletedTenant(reference.toLowerCase())));
  if (!found) throw noneDeleted(reference);
  const { id } = found;
  const name = slug ?? found.slug;
  const work = inTenant(db, { ...operator, tenantId: id }, async (scope) => {
    await scope.trx.run(lockSeats(id));
    const [back] = await scope.trx.run(unburyTenant(id, name, operator.now));
    if (!back) throw noneDeleted(reference);
    // One that was opened while the tenant was being deleted.
    await scope.trx.run(endEverySession(id));
    await scope.trx.run(recheckDomains(id, operator.now));
    await record(scope, event(scope, "tenant.restored", { type: "tenant", id }, { slug: name }));
    await followPlan(db, scope);
    return tenantUnder(scope);
  });
  return withFreeSlug(work, name);
}

function noneDeleted(reference: string): Refusal {
  return new Refusal("not_found", `No deleted tenant ${reference}: 30 days after its deletion a tenant is erased.`);
}
