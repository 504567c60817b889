import { type CatalogueEntry, attributes, flag, list, moment, oneOf, orNull, text } from "./catalogueFields.ts";
import type { EventType } from "./event.ts";

const host = text("Host and port of the endpoint's URL; the rest may hold a key and is not told.", "hooks.example.com");
const wanted = list("Types of events that it wants.", ["member.*"]);

/** Endpoints that the journal is sent to. */
export const webhookEvents = {
  "webhook.created": {
    description: "An endpoint was added.",
    target: "webhook",
    data: { host, events: wanted, enabled: flag("Whether it is sent to.", true) },
  },
  "webhook.updated": {
    description: "An endpoint was changed.",
    target: "webhook",
    data: { attributes: { ...attributes, example: ["events"] }, host, events: wanted, enabled: flag("Now.", true) },
  },
  "webhook.secret_rotated": {
    description: "An endpoint has a new secret; the old one signs too for a while.",
    target: "webhook",
    data: { previousSecretUntil: moment("Until then.") },
  },
  "webhook.tested": {
    description: "Somebody asked for a test. Sent to the tested endpoint alone, whatever types it wants.",
    target: "webhook",
    data: { host },
  },
  "webhook.disabled": {
    description: "Usher stopped sending to an endpoint that takes nothing. Enable it again once it is repaired.",
    target: "webhook",
    data: {
      reason: oneOf("`failing` for days, or `gone` (it answered 410).", "failing", "gone"),
      host,
      failingSince: orNull(moment("The first failure after the last success.")),
    },
  },
  "webhook.deleted": { description: "An endpoint was deleted.", target: "webhook", data: { host } },
} as const satisfies Partial<Record<EventType, CatalogueEntry>>;
