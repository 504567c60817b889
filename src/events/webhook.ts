/** Webhooks: endpoints to which the journal is sent, and the deliveries to them. */
import { acrossTenants, inTenant } from "../storage/scope.ts";
import type { Database, Scope, Who } from "../storage/types.ts";

/** An endpoint, without its secrets. */
export interface Webhook {
  readonly id: string;
  readonly url: string;
  /** Types of events, `noun.*` for all of a noun, or `*` for all. */
  readonly events: readonly string[];
  readonly description: string;
  readonly enabled: boolean;
  /** Why Usher disabled it; null where it is enabled, or a person disabled it. */
  readonly disabledReason: DisabledReason | null;
  /** The first failure after the last success. */
  readonly failingSince: Date | null;
  /** Until then the secret before this one signs too. */
  readonly previousSecretUntil: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** `failing`: nothing was taken for days; `gone`: it answered 410. */
export type DisabledReason = "failing" | "gone";

/** What is sent to one endpoint because of one event, and what became of it. */
export interface Delivery {
  readonly id: string;
  readonly eventId: string;
  /** Of the event; null for one of the operator's own. */
  readonly tenantId: string | null;
  readonly type: string;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  /** Null once it is delivered or parked. */
  readonly nextAttemptAt: Date | null;
  readonly lastAttemptAt: Date | null;
  readonly responseStatus: number | null;
  readonly durationMs: number | null;
  /** Why the last attempt failed. */
  readonly error: string | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** `parked`: tried no more, until somebody asks for it. */
export type DeliveryStatus = "pending" | "delivered" | "parked";

/** Where the operator's own endpoints and events are, which belong to no tenant: the nil UUID (RFC 9562 §5.9). */
export const OPERATOR_PLACE = "00000000-0000-0000-0000-000000000000";

/** A transaction in a tenant, or in the operator's own place. */
export function inPlace<T>(db: Database, who: Who, work: (scope: Scope) => Promise<T>): Promise<T> {
  if (who.tenantId !== OPERATOR_PLACE) return inTenant(db, who, work);
  return acrossTenants(db, who, (wide) => work({ ...wide, tenantId: OPERATOR_PLACE }));
}
