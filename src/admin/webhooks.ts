/** Webhooks: where the journal is sent to, as it grows. A tenant has its own, and the operator those that hear all. */
import { eventPatterns } from "../events/catalogue.ts";
import { OPERATOR_PLACE } from "../events/webhook.ts";
import type { WebhookParts } from "../events/webhooks.ts";
import type { Who } from "../storage/types.ts";
import type { Call, JsonAnswer, Resource, Route, Schema, ServerRoute, TenantRoute } from "./route.ts";
import { webhookHandlers } from "./webhookHandlers.ts";
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
