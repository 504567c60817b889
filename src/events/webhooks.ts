import { Refusal } from "../base/errors.ts";
import { newId } from "../base/ids.ts";
import type { Outbound } from "../http/outbound.ts";
import type { Database, Scope, Who } from "../storage/types.ts";
import { event, type EventType } from "./event.ts";
import { record } from "./journal.store.ts";
import { inPlace, type Webhook } from "./webhook.ts";
import { newWebhookSecret, OVERLAP_MS, sealWebhookSecret } from "./webhookSecrets.ts";
import {
  countWebhooks,
  deleteWebhook,
  insertWebhook,
  lockWebhook,
  lockWebhooks,
  rotateSecret,
  updateWebhook,
  webhookById,
  webhooksAfter,
} from "./webhooks.store.ts";

/** What the use-cases of endpoints need beside the database. */
export interface WebhookParts {
  readonly db: Database;
  /** 32 bytes each; the first encrypts, all decrypt. */
  readonly secretKeys: readonly Buffer[];
  readonly outbound: Pick<Outbound, "urlFault">;
}

/** What a caller may write of an endpoint. */
export type WebhookFields = Pick<Webhook, "url" | "events" | "description" | "enabled">;

/** Endpoints of a tenant: each one multiplies what an event costs. */
const MOST_WEBHOOKS = 20;

/**
 * Makes an endpoint; its secret is in the answer and nowhere else.
 *
 * @throws Refusal `invalid_request` for a URL that no request may go to, `conflict` when there are too many
 */
export async function createWebhook(
  { db, secretKeys, outbound }: WebhookParts,
  who: Who,
  fields: WebhookFields,
): Promise<{ webhook: Webhook; secret: string }> {
  checkUrl(outbound, fields.url);
  const secret = newWebhookSecret();
  const id = newId(who.now);
  const none = { disabledReason: null, failingSince: null, previousSecretUntil: null };
  const webhook = { id, ...fields, ...none, createdAt: who.now, updatedAt: who.now };
  await inPlace(db, who, async (scope) => {
    await scope.trx.run(lockWebhooks(who.tenantId));
    const [counted] = await scope.trx.run(countWebhooks(who.tenantId));
    if ((counted?.count ?? 0) >= MOST_WEBHOOKS) {
      throw new Refusal("conflict", `There are ${MOST_WEBHOOKS} webhooks, and no more may be. Delete one first.`);
    }
    await scope.trx.run(insertWebhook(who.tenantId, webhook, sealWebhookSecret(secretKeys, id, secret)));
    const { events, enabled } = fields;
    await tell(scope, "webhook.created", id, { host: hostOf(fields.url), events, enabled });
  });
  return { webhook, secret };
}

/** The endpoints, the oldest first, after an id; the total where it is asked for. */
export function listWebhooks(
  db: Database,
  who: Who,
  { after, most, counted }: { after: string; most: number; counted: boolean },
): Promise<{ rows: readonly Webhook[]; total: number }> {
  return inPlace(db, who, async ({ trx }) => {
    const rows = await trx.run(webhooksAfter(who.tenantId, after, most));
    const [count] = counted ? await trx.run(countWebhooks(who.tenantId)) : [];
    return { rows, total: count?.count ?? 0 };
  });
}

/** @throws Refusal `not_found` */
export async function readWebhook(db: Database, who: Who, id: string): Promise<Webhook> {
  const [found] = await inPlace(db, who, ({ trx }) => trx.run(webhookById(who.tenantId, id)));
  return found ?? missing(id);
}

/**
 * Changes an endpoint. One that Usher disabled is enabled so again; what waits for it is sent then, what happened
 * meanwhile is not.
 *
 * @throws Refusal `not_found`, `invalid_request`
 */
export async function changeWebhook(
  { db, outbound }: Pick<WebhookParts, "db" | "outbound">,
  who: Who,
  id: string,
  change: Partial<WebhookFields>,
): Promise<Webhook> {
  if (change.url !== undefined) checkUrl(outbound, change.url);
  return inPlace(db, who, async (scope) => {
    const before = (await scope.trx.run(lockWebhook(who.tenantId, id)))[0] ?? missing(id);
    const after = { ...before, ...change };
    const attributes = changedFields(before, after);
    if (attributes.length === 0) return before;
    await scope.trx.run(updateWebhook(who.tenantId, after, who.now));
    const { events, enabled } = after;
    await tell(scope, "webhook.updated", id, { attributes, host: hostOf(after.url), events, enabled });
    return (await scope.trx.run(webhookById(who.tenantId, id)))[0] ?? missing(id);
  });
}

function changedFields(before: Webhook, after: Webhook): string[] {
  return (["url", "events", "description", "enabled"] as const).filter(
    (name) => String(before[name]) !== String(after[name]),
  );
}

/**
 * Deletes an endpoint with what waits for it; nothing is sent to it from now on.
 *
 * @throws Refusal `not_found`
 */
export async function removeWebhook(db: Database, who: Who, id: string): Promise<void> {
  await inPlace(db, who, async (scope) => {
    const gone = (await scope.trx.run(deleteWebhook(who.tenantId, id)))[0] ?? missing(id);
    await tell(scope, "webhook.deleted", id, { host: hostOf(gone.url) });
  });
}

/**
 * Gives an endpoint a new secret, which is in the answer and nowhere else. The old one signs too for 24 hours; one
 * before that ends now.
 *
 * @throws Refusal `not_found`
 */
export async function rotateWebhookSecret(
  { db, secretKeys }: Pick<WebhookParts, "db" | "secretKeys">,
  who: Who,
  id: string,
): Promise<{ secret: string; previousSecretUntil: Date }> {
  const secret = newWebhookSecret();
  const until = new Date(who.now.getTime() + OVERLAP_MS);
  await inPlace(db, who, async (scope) => {
    const sealed = sealWebhookSecret(secretKeys, id, secret);
    const [rotated] = await scope.trx.run(rotateSecret(who.tenantId, id, sealed, { now: who.now, until }));
    if (!rotated) missing(id);
    await tell(scope, "webhook.secret_rotated", id, { previousSecretUntil: until });
  });
  return { secret, previousSecretUntil: until };
}

/** The refusal of an endpoint that is not there, or that the caller does not reach. */
export function missing(id: string): never {
  throw new Refusal("not_found", `There is no webhook ${id}. GET …/webhooks lists those there are.`);
}

function checkUrl({ urlFault }: WebhookParts["outbound"], url: string): void {
  const message = urlFault(url);
  if (message !== undefined)
    throw new Refusal("invalid_request", `url ${message}.`, { errors: [{ path: "/url", message }] });
}

function tell(scope: Scope, type: EventType, id: string, data: Readonly<Record<string, unknown>>): Promise<void> {
  return record(scope, event(scope, type, { type: "webhook", id }, data));
}

/** Of a URL the journal keeps the host: paths and queries of webhooks often hold a key. */
export function hostOf(url: string): string {
  return new URL(url).host;
}
