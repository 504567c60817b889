import { Refusal } from "../base/errors.ts";
import { newId } from "../base/ids.ts";
import type { Database, Scope, Who } from "../storage/types.ts";
import { event } from "./event.ts";
import { record } from "./journal.store.ts";
import type { Follower } from "./journalReader.ts";
import { type Delivery, type DeliveryStatus, inPlace, type Webhook } from "./webhook.ts";
import {
  countDeliveries,
  deliveriesBefore,
  deliveryById,
  fanOut,
  insertDelivery,
  retryDelivery as retryRow,
} from "./webhookDeliveries.store.ts";
import { webhookById } from "./webhooks.store.ts";
import { hostOf, missing } from "./webhooks.ts";

/** Follows the journal: writes down what is to be sent to whom. To be run by `readJournal` under one name. */
export const followForWebhooks: Follower = {
  wanted: { data: false },
  follow: async ({ trx }, events) => {
    // A test is for the one endpoint that is tested, and was written down with its event.
    const told = events.filter(({ type }) => type !== "webhook.tested");
    if (told.length > 0) await trx.run(fanOut(told));
  },
};

/** Which deliveries; `before` an id, with the total that the first page counted. */
export interface DeliveriesAsked {
  readonly webhookId: string;
  readonly status: DeliveryStatus | null;
  readonly limit: number;
  readonly from: { readonly before: string; readonly total: number } | null;
}

/** Above every id. */
const LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/**
 * What was sent to an endpoint or is to be, the latest first; kept for 30 days.
 *
 * @throws Refusal `not_found`
 */
export function listDeliveries(
  db: Database,
  who: Who,
  { webhookId, status, limit, from }: DeliveriesAsked,
): Promise<{ items: readonly Delivery[]; total: number; next: DeliveriesAsked["from"] }> {
  return inPlace(db, who, async (scope) => {
    const { trx, tenantId } = scope;
    await webhookUnder(scope, webhookId);
    const rows = await trx.run(deliveriesBefore(tenantId, webhookId, status, from?.before ?? LAST_ID, limit + 1));
    const [counted] = from ? [] : await trx.run(countDeliveries(tenantId, webhookId, status));
    const total = from?.total ?? counted?.count ?? 0;
    const items = rows.slice(0, limit);
    const last = rows.length > limit ? items.at(-1) : undefined;
    return { items, total, next: last ? { before: last.id, total } : null };
  });
}

/**
 * Sends a delivery again, at once, whatever became of it; those after it of the same key wait for it as ever.
 *
 * @param webhookId null = whichever endpoint it is of
 * @throws Refusal `not_found`
 */
export function retryDelivery(db: Database, who: Who, webhookId: string | null, id: string): Promise<Delivery> {
  return inPlace(db, who, async ({ trx, tenantId }) => {
    const retried = await trx.run(retryRow(tenantId, webhookId, id));
    const [delivery] = retried.length > 0 ? await trx.run(deliveryById(tenantId, id)) : [];
    if (delivery) return delivery;
    throw new Refusal("not_found", `There is no delivery ${id} here. They are kept for 30 days.`);
  });
}

/**
 * Sends an event of its own, `webhook.tested`, to one endpoint, whatever events that wants.
 *
 * @throws Refusal `not_found`, `conflict` where the endpoint is disabled
 */
export function testWebhook(db: Database, who: Who, webhookId: string): Promise<Delivery> {
  return inPlace(db, who, async (scope) => {
    const { url, enabled } = await webhookUnder(scope, webhookId);
    if (!enabled) throw new Refusal("conflict", "This webhook is disabled. Enable it first, then test it.");
    const told = event(scope, "webhook.tested", { type: "webhook", id: webhookId }, { host: hostOf(url) });
    const id = newId(who.now);
    await record(scope, told);
    await scope.trx.run(insertDelivery(who.tenantId, id, webhookId, told));
    const [delivery] = await scope.trx.run(deliveryById(who.tenantId, id));
    if (!delivery) throw new Error("webhooks: a delivery that was written is not there");
    return delivery;
  });
}

async function webhookUnder({ trx, tenantId }: Scope, id: string): Promise<Webhook> {
  return (await trx.run(webhookById(tenantId, id)))[0] ?? missing(id);
}
