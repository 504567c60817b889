/** Webhooks: where the journal is sent to as it grows. A tenant has its own, and the operator those that hear all. */
import { eventPatterns } from "../events/catalogue.ts";
import { OPERATOR_PLACE } from "../events/webhook.ts";
import type { Who } from "../storage/types.ts";
import type { Call, JsonAnswer, Resource, Route, Schema } from "./route.ts";
import {
  arrayOf,
  boolean,
  id,
  instant,
  json,
  nothing,
  nullable,
  object,
  pageOf,
  pageQuery,
  record,
  ref,
  text,
} from "./schemas.ts";
import * as handlers from "./webhookHandlers.ts";

const status = { type: "string", enum: ["pending", "delivered", "parked"] };
const secret = {
  type: "string",
  description: "Shown this once. Standard Webhooks: verify `webhook-signature` with it.",
};

const fields: Readonly<Record<string, Schema>> = {
  url: {
    type: "string",
    minLength: 1,
    maxLength: 2048,
    description: "https, at a public address (or in a network that the operator allows).",
  },
  events: arrayOf(
    { type: "string", enum: eventPatterns },
    { minItems: 1, maxItems: 100, uniqueItems: true, description: "Types, `noun.*`, or `*`. Default: all." },
  ),
  description: { type: "string", maxLength: 500 },
  enabled: {
    type: "boolean",
    description: "A disabled one is sent nothing; what happens meanwhile is not sent later.",
  },
};

const shown: Readonly<Record<string, Schema>> = {
  id,
  url: text,
  events: arrayOf(text),
  description: text,
  enabled: boolean,
  disabledReason: {
    type: ["string", "null"],
    enum: ["failing", "gone", null],
    description: "Why Usher disabled it: it took nothing for five days, or answered 410. PATCH `enabled` to go on.",
  },
  failingSince: nullable(instant),
  previousSecretUntil: { ...nullable(instant), description: "Until then the secret before this one signs too." },
  createdAt: instant,
  updatedAt: instant,
};

const schemas: Readonly<Record<string, Schema>> = {
  Webhook: record(shown),
  NewWebhook: record({ ...shown, secret }),
  WebhookSecret: record({ secret, previousSecretUntil: instant }),
  WebhookDelivery: record({
    id,
    eventId: { ...id, description: "The header `webhook-id`, in every attempt." },
    tenantId: { ...nullable(id), description: "Where the event happened; null for one of the operator's own." },
    type: text,
    status: { ...status, description: "`parked`: tried no more." },
    attempts: { type: "integer", minimum: 0 },
    nextAttemptAt: { ...nullable(instant), description: "Not before; earlier ones about the same thing go first." },
    lastAttemptAt: nullable(instant),
    responseStatus: { type: ["integer", "null"] },
    durationMs: { type: ["integer", "null"] },
    error: { type: ["string", "null"], description: "Of the last attempt, with the first of what was answered." },
    createdAt: instant,
    finishedAt: nullable(instant),
  }),
};

/** A route that a tenant and the operator both have; `{Of}` in its operation says whose, `verb` what a tenant needs. */
interface SharedRoute extends Omit<Route, "scope" | "permission" | "handle"> {
  readonly verb: "view" | "create" | "edit" | "delete";
  handle(this: void, call: Call, who: Who): Promise<JsonAnswer>;
}

function ofTenant({ verb, handle, operationId, path, ...route }: SharedRoute): Route {
  return {
    ...route,
    path: `/tenants/{t}${path}`,
    operationId: operationId.replace("{Of}", ""),
    scope: "tenant",
    permission: `webhooks:${verb}`,
    handle: (call) => handle(call, call.who),
  };
}

function ofOperator({ handle, operationId, summary, ...route }: SharedRoute): Route {
  return {
    ...route,
    operationId: operationId.replace("{Of}", "Operator"),
    summary: `${summary} (operator-wide: of all tenants)`,
    scope: "server",
    permission: "operator",
    handle: (call) => handle(call, { tenantId: OPERATOR_PLACE, actor: call.actor, now: call.now }),
  };
}

const endpointRoutes: readonly SharedRoute[] = [
  {
    method: "GET",
    path: "/webhooks",
    operationId: "list{Of}Webhooks",
    summary: "List the webhooks, the oldest first",
    verb: "view",
    query: pageQuery,
    responses: { 200: json("A page of webhooks.", pageOf(ref("Webhook"))) },
    handle: handlers.list,
  },
  {
    method: "POST",
    path: "/webhooks",
    operationId: "create{Of}Webhook",
    summary: "Add a webhook; 20 at most",
    verb: "create",
    body: object(fields, ["url"]),
    responses: { 201: json("The webhook and its secret.", ref("NewWebhook")) },
    handle: handlers.create,
  },
  {
    method: "GET",
    path: "/webhooks/{id}",
    operationId: "get{Of}Webhook",
    summary: "Read a webhook",
    verb: "view",
    responses: { 200: json("The webhook.", ref("Webhook")) },
    handle: handlers.read,
  },
  {
    method: "PATCH",
    path: "/webhooks/{id}",
    operationId: "update{Of}Webhook",
    summary: "Change a webhook, or enable it again",
    verb: "edit",
    body: object(fields),
    responses: { 200: json("The webhook.", ref("Webhook")) },
    handle: handlers.change,
  },
  {
    method: "DELETE",
    path: "/webhooks/{id}",
    operationId: "delete{Of}Webhook",
    summary: "Delete a webhook with its deliveries; nothing more is sent to it",
    verb: "delete",
    responses: { 204: nothing },
    handle: handlers.remove,
  },
  {
    method: "POST",
    path: "/webhooks/{id}/secret",
    operationId: "rotate{Of}WebhookSecret",
    summary: "Make a new secret; the old one signs too for 24 hours",
    verb: "edit",
    responses: { 201: json("The secret.", ref("WebhookSecret")) },
    handle: handlers.rotate,
  },
  {
    method: "POST",
    path: "/webhooks/{id}/test",
    operationId: "test{Of}Webhook",
    summary: "Send the event `webhook.tested` to this webhook alone",
    verb: "edit",
    responses: { 202: json("The delivery, which is on its way.", ref("WebhookDelivery")) },
    handle: handlers.test,
  },
];

const retry = {
  method: "POST",
  verb: "edit",
  responses: { 202: json("The delivery, which is on its way.", ref("WebhookDelivery")) },
  handle: handlers.retry,
} as const;

const deliveryRoutes: readonly SharedRoute[] = [
  {
    method: "GET",
    path: "/webhooks/{id}/deliveries",
    operationId: "list{Of}WebhookDeliveries",
    summary: "List what was sent or is to be, the latest first; kept for 30 days",
    verb: "view",
    query: { status, ...pageQuery },
    responses: { 200: json("A page of deliveries.", pageOf(ref("WebhookDelivery"))) },
    handle: handlers.deliveries,
  },
  {
    ...retry,
    path: "/webhooks/{webhookId}/deliveries/{id}/retry",
    operationId: "retry{Of}WebhookDelivery",
    summary: "Send a delivery again, now",
  },
  {
    ...retry,
    path: "/webhooks/deliveries/{id}/retry",
    operationId: "retry{Of}Delivery",
    summary: "The same, for who has the delivery's id alone",
  },
];

export const webhooks: Resource = {
  tag: "Webhooks",
  description:
    "Events as they happen, signed as Standard Webhooks has it; at least once, and in order for each thing that they " +
    "are about. Below `/tenants/{t}` those of a tenant; at `/webhooks` the operator's, which hear of all tenants.",
  schemas,
  routes: [...endpointRoutes, ...deliveryRoutes].flatMap((route) => [ofTenant(route), ofOperator(route)]),
};
