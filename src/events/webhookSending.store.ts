import type { Statement } from "../storage/types.ts";
import type { StoredEvent } from "./readEvents.store.ts";
import type { SealedSecrets } from "./webhookSecrets.ts";
import { SECRETS } from "./webhooks.store.ts";

/** A delivery that this process sends now, with all that is needed for it. */
export interface Sending extends SealedSecrets {
  /** Of the endpoint. */
  readonly placeId: string;
  readonly deliveryId: string;
  readonly webhookId: string;
  readonly url: string;
  /** With this one. */
  readonly attempts: number;
  readonly event: StoredEvent;
  /** Null for an event of the operator's own. */
  readonly tenant: { readonly id: string; readonly slug: string } | null;
}

type SendingRow = Omit<Sending, "event" | "tenant"> &
  Omit<StoredEvent, "id"> & {
    readonly eventId: string;
    readonly tenantId: string | null;
    readonly slug: string | null;
  };

/** How many may be sent at once, and for how long a process may hold one. */
export interface ClaimLimits {
  readonly leaseMs: number;
  /** Of all endpoints. */
  readonly most: number;
  /** Of one endpoint; of one that has failed for a minute, a single one. */
  readonly mostOfEach: number;
  /** What this process is sending: endpoint → how many. */
  readonly busy: ReadonlyMap<string, number>;
}

/**
 * Takes deliveries that are due and leases them. One waits for every earlier one of its endpoint and key that is
 * pending, be it on its way, backing off or not due.
 */
export function claimDeliveries({ leaseMs, most, mostOfEach, busy }: ClaimLimits): Statement<SendingRow> {
  return {
    name: "webhook_claim",
    text: `with due as (
        select d.tenant_id, d.id from webhooks w
          left join unnest($3::uuid[], $4::int[]) as b (webhook_id, sending) on b.webhook_id = w.id
          cross join lateral (select d.tenant_id, d.id, d.due_at from webhook_deliveries d
            where d.tenant_id = w.tenant_id and d.webhook_id = w.id and d.status = 'pending' and d.due_at <= now()
              and (d.leased_until is null or d.leased_until <= now())
              and not exists (select from webhook_deliveries p where p.tenant_id = d.tenant_id
                and p.webhook_id = d.webhook_id and p.key = d.key and p.status = 'pending' and p.seq < d.seq)
            order by d.due_at, d.seq
            limit greatest(0, case when w.failing_since < now() - interval '1 minute' then 1 else $2::int end - coalesce(b.sending, 0))
            for update of d skip locked) d
        where w.enabled order by d.due_at limit $5),
      claimed as (
        update webhook_deliveries d set attempts = d.attempts + 1, leased_until = now() + $1 * interval '1 millisecond'
        from due where d.tenant_id = due.tenant_id and d.id = due.id
        returning d.tenant_id, d.id, d.webhook_id, d.event_tenant_id, d.event_id, d.attempts)
      select c.tenant_id as "placeId", c.id as "deliveryId", c.webhook_id as "webhookId", c.attempts, w.url, ${SECRETS},
        e.id as "eventId", e.type, e.at, e.actor_type as "actorType", e.actor_id as "actorId",
        e.target_type as "targetType", e.target_id as "targetId", e.data, t.id as "tenantId", t.slug
      from claimed c join webhooks w on w.tenant_id = c.tenant_id and w.id = c.webhook_id
        join events e on e.tenant_id = c.event_tenant_id and e.id = c.event_id
        left join tenants t on t.id = c.event_tenant_id`,
    values: [leaseMs, mostOfEach, [...busy.keys()], [...busy.values()], most],
  };
}

/** The row in the form of a delivery. */
export function sendingOf(row: SendingRow): Sending {
  const { eventId, type, at, actorType, actorId, targetType, targetId, data, tenantId, slug, ...rest } = row;
  const event = { id: eventId, type, at, actorType, actorId, targetType, targetId, data };
  return { ...rest, event, tenant: tenantId !== null && slug !== null ? { id: tenantId, slug } : null };
}

/** What an attempt came to. */
export interface Attempted {
  readonly responseStatus: number | null;
  readonly durationMs: number;
}

type Claimed = Pick<Sending, "placeId" | "deliveryId" | "attempts">;

/** The end of a delivery that was taken; whoever claimed it since has made one attempt more, and keeps it. */
export function markDelivered(sending: Claimed, { responseStatus, durationMs }: Attempted): Statement {
  return {
    name: "webhook_delivered",
    text: `with done as (
        update webhook_deliveries set status = 'delivered', leased_until = null, attempted_at = now(),
          response_status = $4, duration_ms = $5, error = null, finished_at = now()
        where tenant_id = $1 and id = $2 and attempts = $3 and status = 'pending' returning webhook_id)
      update webhooks w set failing_since = null from done
      where w.tenant_id = $1 and w.id = done.webhook_id and w.failing_since is not null`,
    values: [sending.placeId, sending.deliveryId, sending.attempts, responseStatus, durationMs],
  };
}

/**
 * The end of an attempt that failed: due again after `delayMs`, or parked where that is null. Answers a row, or none
 * where somebody else has claimed the delivery since.
 */
export function markFailed(
  sending: Claimed,
  { responseStatus, durationMs }: Attempted,
  error: string,
  delayMs: number | null,
): Statement<{ id: string }> {
  return {
    name: "webhook_failed",
    text: `with failed as (
        update webhook_deliveries set leased_until = null, attempted_at = now(), response_status = $4, duration_ms = $5,
          error = $6, due_at = now() + coalesce($7::bigint, 0) * interval '1 millisecond',
          status = case when $7::bigint is null then 'parked' else 'pending' end,
          finished_at = case when $7::bigint is null then now() end
        where tenant_id = $1 and id = $2 and attempts = $3 and status = 'pending' returning id, webhook_id),
      noted as (
        update webhooks w set failing_since = now() from failed
        where w.tenant_id = $1 and w.id = failed.webhook_id and w.failing_since is null)
      select id from failed`,
    values: [sending.placeId, sending.deliveryId, sending.attempts, responseStatus, durationMs, error, delayMs],
  };
}
