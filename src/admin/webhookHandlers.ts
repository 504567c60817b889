/** What the routes of webhooks do, in the place of `who`: a tenant's, or the operator's own. */
import type { DeliveryStatus, Webhook } from "../events/webhook.ts";
import { listDeliveries, retryDelivery, testWebhook } from "../events/webhookDeliveries.ts";
import {
  changeWebhook,
  createWebhook,
  listWebhooks,
  readWebhook,
  removeWebhook,
  rotateWebhookSecret,
  type WebhookFields,
} from "../events/webhooks.ts";
import { cutPage, FIRST_ID } from "../directory/members/idPage.ts";
import type { Who } from "../storage/types.ts";
import { isLatestFrom } from "./eventQuery.ts";
import { decodeCursor, encodeCursor, idPage, idPlace, type PageQuery } from "./paging.ts";
import type { Call, JsonAnswer } from "./route.ts";

type Handler<Query = unknown, Body = unknown> = (call: Call<Query, Body>, who: Who) => Promise<JsonAnswer>;

interface DeliveriesQuery extends PageQuery {
  readonly status?: DeliveryStatus;
}

export const create: Handler<unknown, Partial<WebhookFields> & Pick<Webhook, "url">> = async (call, who) => {
  const { webhook, secret } = await createWebhook(call, who, {
    events: ["*"],
    description: "",
    enabled: true,
    ...call.body,
  });
  return { status: 201, body: { ...webhook, secret } };
};

export const change: Handler<unknown, Partial<WebhookFields>> = async (call, who) => {
  return { status: 200, body: await changeWebhook(call, who, idOf(call.params), call.body) };
};

export const rotate: Handler = async (call, who) => {
  return { status: 201, body: await rotateWebhookSecret(call, who, idOf(call.params)) };
};

export const list: Handler<PageQuery> = async ({ db, query }, who) => {
  const place = idPlace(query);
  const asked = { after: place?.after ?? FIRST_ID, most: query.limit + 1, counted: !place };
  const { rows, total } = await listWebhooks(db, who, asked);
  return { status: 200, body: idPage(cutPage(rows, query.limit, place?.total ?? total), (webhook) => webhook) };
};

export const read: Handler = async ({ db, params }, who) => {
  return { status: 200, body: await readWebhook(db, who, idOf(params)) };
};

export const remove: Handler = async ({ db, params }, who) => {
  await removeWebhook(db, who, idOf(params));
  return { status: 204 };
};

export const test: Handler = async ({ db, params }, who) => {
  return { status: 202, body: await testWebhook(db, who, idOf(params)) };
};

export const deliveries: Handler<DeliveriesQuery> = async ({ db, params, query }, who) => {
  const { limit, cursor, status = null } = query;
  const from = decodeCursor(cursor, isLatestFrom) ?? null;
  const { items, total, next } = await listDeliveries(db, who, { webhookId: idOf(params), status, limit, from });
  return { status: 200, body: { items, total, nextCursor: next && encodeCursor(next) } };
};

export const retry: Handler = async ({ db, params }, who) => {
  return { status: 202, body: await retryDelivery(db, who, params["webhookId"] ?? null, idOf(params)) };
};

function idOf(params: Call["params"]): string {
  return params["id"] ?? "";
}
