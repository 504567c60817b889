import { v7 } from "uuid";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** A new UUIDv7 (RFC 9562 §5.7) whose time is `now`, so that ids sort by the time of their use-case. */
export function newId(now: Date): string {
  return v7({ msecs: now.getTime() });
}

/** Whether `value` is a UUID in the textual form of RFC 9562 §4; anything else is refused before SQL sees it. */
export function isUuid(value: unknown): value is string {
  return typeof value === "string" && UUID.test(value);
}
