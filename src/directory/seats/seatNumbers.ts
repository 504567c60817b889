import { seatNumbers, type SeatNumbers } from "../../admission/seatLimit.ts";
import { acrossTenants, onceInTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { cutPage, FIRST_ID, type IdPage, type PageWanted } from "../members/idPage.ts";
import type { Operator } from "../tenants/plans.ts";
import { countTenants } from "../tenants/tenants.store.ts";
import { countSeats, seatsOfTenants, type CountedSeats } from "./seats.store.ts";
import { waitingAfter, type QueuePlace, type Waiting } from "./seatQueue.store.ts";

/** How many seats a tenant has, holds and misses. */
export async function readSeats(db: Database, who: Pick<Who, "tenantId">): Promise<SeatNumbers> {
  const [[counted]] = await onceInTenant(db, who, countSeats(who.tenantId));
  if (!counted) throw new Error(`tenant ${who.tenantId} has no seat row`);
  return numbers(counted);
}

/** The seats of a tenant, for who bills them. */
interface TenantSeats extends SeatNumbers {
  readonly id: string;
  readonly slug: string;
  readonly plan: string | null;
}

/** The seats of all tenants, the oldest tenant first. */
export function listSeats(
  db: Database,
  operator: Operator,
  { limit, place }: PageWanted,
): Promise<IdPage<TenantSeats>> {
  return acrossTenants(db, operator, async ({ trx }) => {
    const total = place?.total ?? (await trx.run(countTenants))[0]?.count ?? 0;
    const rows = await trx.run(seatsOfTenants(place?.after ?? FIRST_ID, limit + 1));
    const tenants = rows.map(({ id, slug, plan, ...counted }) => ({ id, slug, plan, ...numbers(counted) }));
    return cutPage(tenants, limit, total);
  });
}

function numbers({ limit, used, waiting }: CountedSeats): SeatNumbers {
  return seatNumbers(limit, used, waiting);
}

/** A page of the queue; `next` is null on the last one. */
export interface Queue {
  readonly items: readonly Waiting[];
  readonly total: number;
  readonly next: (QueuePlace & { readonly total: number }) | null;
}

/** Who waits for a seat of a tenant, the next one first. */
export async function readQueue(
  db: Database,
  who: Pick<Who, "tenantId">,
  limit: number,
  from: Queue["next"],
): Promise<Queue> {
  const { tenantId } = who;
  const [rows, [counted]] = await onceInTenant(db, who, waitingAfter(tenantId, from, limit + 1), countSeats(tenantId));
  const items = rows.slice(0, limit);
  const total = from?.total ?? counted?.waiting ?? 0;
  const last = rows.length > limit ? items.at(-1) : undefined;
  const place = last && { since: last.since.toISOString(), created: last.createdAt.toISOString(), id: last.id };
  return { items, total, next: place ? { ...place, total } : null };
}
