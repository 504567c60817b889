import type { Statement } from "../storage/types.ts";
import type { JournalEvent } from "./journalReader.store.ts";
import { type Delivery, type DeliveryStatus, OPERATOR_PLACE } from "./webhook.ts";

const DELIVERY = `d.id, d.event_id as "eventId", nullif(d.event_tenant_id, '${OPERATOR_PLACE}') as "tenantId", d.type,
  d.status, d.attempts, case when d.status = 'pending' then d.due_at end as "nextAttemptAt",
  d.attempted_at as "lastAttemptAt", d.response_status as "responseStatus", d.duration_ms as "durationMs", d.error,
  d.created_at as "createdAt", d.finished_at as "finishedAt"`;

/** A row for each event and endpoint that wants it and was enabled when it happened, in the order of the events. */
export function fanOut(events: readonly JournalEvent[]): Statement {
  return {
    name: "webhook_fan_out",
    text: `insert into webhook_deliveries (tenant_id, id, webhook_id, event_tenant_id, event_id, type, key)
      select w.tenant_id, uuid_v7(now()), w.id, e.tenant_id, e.id, e.type, e.key
      from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::bigint[]) with ordinality
        as e (tenant_id, id, type, key, xid, place)
        join webhooks w on w.tenant_id in (e.tenant_id, '${OPERATOR_PLACE}') and w.enabled and w.since_xid <= e.xid
          and w.events && array['*', e.type, split_part(e.type, '.', 1) || '.*']
      order by e.place`,
    values: [
      events.map(({ tenantId }) => tenantId),
      events.map(({ id }) => id),
      events.map(({ type }) => type),
      // What is about the tenant as a whole has the tenant's own order.
      events.map(({ targetId, tenantId }) => targetId ?? tenantId),
      events.map(({ xid }) => xid),
    ],
  };
}

/** A delivery of one event to one endpoint of the same place. */
export function insertDelivery(
  tenantId: string,
  id: string,
  webhookId: string,
  event: { readonly id: string; readonly type: string },
): Statement {
  return {
    name: "webhook_delivery_insert",
    text: `insert into webhook_deliveries (tenant_id, id, webhook_id, event_tenant_id, event_id, type, key)
      values ($1,$2,$3,$1,$4,$5,$3)`,
    values: [tenantId, id, webhookId, event.id, event.type],
  };
}

/** One delivery. */
export function deliveryById(tenantId: string, id: string): Statement<Delivery> {
  return {
    name: "webhook_delivery_by_id",
    text: `select ${DELIVERY} from webhook_deliveries d where d.tenant_id = $1 and d.id = $2`,
    values: [tenantId, id],
  };
}

/** The latest deliveries to an endpoint before an id, of one status where it is given. */
export function deliveriesBefore(
  tenantId: string,
  webhookId: string,
  status: DeliveryStatus | null,
  before: string,
  most: number,
): Statement<Delivery> {
  return {
    name: "webhook_delivery_list",
    text: `select ${DELIVERY} from webhook_deliveries d
      where d.tenant_id = $1 and d.webhook_id = $2 and ($3::text is null or d.status = $3) and d.id < $4
      order by d.id desc limit $5`,
    values: [tenantId, webhookId, status, before, most],
  };
}

/** How many there are. */
export function countDeliveries(
  tenantId: string,
  webhookId: string,
  status: DeliveryStatus | null,
): Statement<{ count: number }> {
  return {
    name: "webhook_delivery_count",
    text: `select count(*) from webhook_deliveries d
      where d.tenant_id = $1 and d.webhook_id = $2 and ($3::text is null or d.status = $3)`,
    values: [tenantId, webhookId, status],
  };
}

/**
 * Makes a delivery due now, with all its attempts before it; one that is being sent at this moment stays as it is.
 * `webhookId` null = whichever endpoint it is of.
 */
export function retryDelivery(tenantId: string, webhookId: string | null, id: string): Statement<{ id: string }> {
  return {
    name: "webhook_delivery_retry",
    text: `update webhook_deliveries d set
        due_at = case when d.leased_until > now() then d.due_at else now() end,
        attempts = case when d.status = 'pending' then d.attempts else 0 end,
        status = 'pending', finished_at = null
      where d.tenant_id = $1 and d.id = $2 and ($3::uuid is null or d.webhook_id = $3) returning d.id`,
    values: [tenantId, id, webhookId],
  };
}

/** Deletes some of the deliveries below an id, of all endpoints; answers one row for each. */
export function deleteDeliveriesBelow(id: string, mostOfEach: number): Statement {
  return {
    name: "webhook_delivery_purge",
    text: `delete from webhook_deliveries d using webhooks w cross join lateral (
        select o.id from webhook_deliveries o where o.tenant_id = w.tenant_id and o.webhook_id = w.id and o.id < $1
        limit $2) old
      where d.tenant_id = w.tenant_id and d.id = old.id returning d.id`,
    values: [id, mostOfEach],
  };
}
