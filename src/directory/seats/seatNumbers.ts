import { seatNumbers, type SeatNumbers } from "../../admission/seatLimit.ts";
import { onceInTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { countSeats } from "./seats.store.ts";

/** How many seats a tenant has, holds and misses. */
export async function readSeats(db: Database, who: Pick<Who, "tenantId">): Promise<SeatNumbers> {
  const [[counted]] = await onceInTenant(db, who, countSeats(who.tenantId));
  if (!counted) throw new Error(`tenant ${who.tenantId} has no seat row`);
  return seatNumbers(counted.limit, counted.used, counted.waiting);
}
