import { shownEvent } from "./shownEvent.ts";
import type { Sending } from "./webhookSending.store.ts";
import { signatures } from "./webhookSecrets.ts";

/** A request as it goes out. */
export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The request of a delivery (Standard Webhooks). Its id is the event's: the same in every attempt and at every endpoint,
 * so that receivers know what they have had.
 *
 * @param at the time of this attempt, which receivers compare with their own against replays
 */
export function messageOf(keys: readonly Buffer[], sending: Sending, at: Date): Message {
  const { event, tenant, webhookId } = sending;
  const body = JSON.stringify({ type: event.type, timestamp: event.at, data: { ...shownEvent(event), tenant } });
  return {
    headers: {
      "content-type": "application/json",
      "webhook-id": event.id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": signatures(keys, webhookId, sending, { id: event.id, at, body }),
    },
    body,
  };
}
