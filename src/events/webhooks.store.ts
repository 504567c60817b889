import type { Statement } from "../storage/types.ts";
import type { DisabledReason, Webhook } from "./webhook.ts";

const WEBHOOK = `id, url, events, description, enabled, disabled_reason as "disabledReason",
  failing_since as "failingSince", case when previous_until > now() then previous_until end as "previousSecretUntil",
  created_at as "createdAt", updated_at as "updatedAt"`;

/** A new endpoint. */
export function insertWebhook(tenantId: string, webhook: Webhook, secret: Buffer): Statement {
  const { id, url, events, description, enabled, createdAt } = webhook;
  return {
    name: "webhook_insert",
    text: `insert into webhooks (tenant_id, id, url, events, description, enabled, secret, created_at, updated_at)
      values ($1,$2,$3,$4,$5,$6,$7,$8,$8)`,
    values: [tenantId, id, url, events, description, enabled, secret, createdAt],
  };
}

/** Endpoints after an id. */
export function webhooksAfter(tenantId: string, after: string, most: number): Statement<Webhook> {
  return {
    name: "webhook_list",
    text: `select ${WEBHOOK} from webhooks where tenant_id = $1 and id > $2 order by id limit $3`,
    values: [tenantId, after, most],
  };
}

/** Whoever adds an endpoint here waits until the transaction ends: the operator's own place has no row to lock. */
export function lockWebhooks(tenantId: string): Statement {
  return {
    name: "webhook_lock_all",
    text: "select pg_advisory_xact_lock(hashtextextended('webhooks ' || $1::text, 0))",
    values: [tenantId],
  };
}

/** How many there are. */
export function countWebhooks(tenantId: string): Statement<{ count: number }> {
  return {
    name: "webhook_count",
    text: "select count(*) from webhooks where tenant_id = $1",
    values: [tenantId],
  };
}

/** One endpoint. */
export function webhookById(tenantId: string, id: string): Statement<Webhook> {
  return {
    name: "webhook_by_id",
    text: `select ${WEBHOOK} from webhooks where tenant_id = $1 and id = $2`,
    values: [tenantId, id],
  };
}

/** One endpoint, which nobody else changes until the transaction ends. */
export function lockWebhook(tenantId: string, id: string): Statement<Webhook> {
  return {
    name: "webhook_lock",
    text: `select ${WEBHOOK} from webhooks where tenant_id = $1 and id = $2 for no key update`,
    values: [tenantId, id],
  };
}

/** Writes what a caller may change of an endpoint; who changes one that is enabled forgives its failures. */
export function updateWebhook(
  tenantId: string,
  { id, url, events, description, enabled }: Webhook,
  now: Date,
): Statement {
  return {
    name: "webhook_update",
    text: `update webhooks set url = $3, events = $4, description = $5, enabled = $6, updated_at = $7,
        disabled_reason = case when not $6 then disabled_reason end,
        failing_since = case when not $6 then failing_since end,
        since_xid = case when enabled then since_xid else journal_place() end
      where tenant_id = $1 and id = $2`,
    values: [tenantId, id, url, events, description, enabled, now],
  };
}

/** Deletes an endpoint with its deliveries; answers a row, or none where there is none. */
export function deleteWebhook(tenantId: string, id: string): Statement<{ url: string }> {
  return {
    name: "webhook_delete",
    text: "delete from webhooks where tenant_id = $1 and id = $2 returning url",
    values: [tenantId, id],
  };
}

/** Gives an endpoint a new secret beside the one that it has; answers a row, or none where there is no endpoint. */
export function rotateSecret(
  tenantId: string,
  id: string,
  secret: Buffer,
  { now, until }: { now: Date; until: Date },
): Statement<{ id: string }> {
  return {
    name: "webhook_rotate",
    text: `update webhooks set previous_secret = secret, previous_until = $4, secret = $3, updated_at = $5
      where tenant_id = $1 and id = $2 returning id`,
    values: [tenantId, id, secret, until, now],
  };
}

/**
 * Disables an endpoint that is enabled and, where `patienceMs` is given, has taken nothing for so long. Answers what is
 * told of it, or no row.
 */
export function disableWebhook(
  tenantId: string,
  id: string,
  reason: DisabledReason,
  patienceMs: number | null,
): Statement<{ url: string; failingSince: Date | null }> {
  return {
    name: "webhook_disable",
    text: `update webhooks set enabled = false, disabled_reason = $3, updated_at = now()
      where tenant_id = $1 and id = $2 and enabled
        and ($4::bigint is null or failing_since <= now() - $4 * interval '1 millisecond')
      returning url, failing_since as "failingSince"`,
    values: [tenantId, id, reason, patienceMs],
  };
}

/** The columns of an endpoint's secrets, of the table called `w`. */
export const SECRETS = `w.secret, w.previous_secret as "previousSecret", w.previous_until as "previousUntil"`;
