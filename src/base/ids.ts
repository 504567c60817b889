import { randomFillSync } from "node:crypto";
import { v7 } from "uuid";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

const RANDOM_BYTES = 16;
const pool = randomFillSync(Buffer.alloc(256 * RANDOM_BYTES));
let used = 0;

let last = 0;
let sequence = 0;

/**
 * A new UUIDv7 (RFC 9562 §5.7) whose time is `now`, so that ids sort by the time of their use-case; those of one
 * millisecond sort in the order in which this process made them (§6.2, method 1).
 */
export function newId(now: Date): string {
  const msecs = now.getTime();
  sequence = msecs === last ? sequence + 1 : 0;
  last = msecs;
  return v7({ msecs, seq: sequence, random: randomBytes() });
}

/** Random bytes out of a pool: asking the system for 16 at a time is ten times as dear. */
function randomBytes(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += RANDOM_BYTES;
  return pool.subarray(used - RANDOM_BYTES, used);
}

/** Whether `value` is a UUID in the textual form of RFC 9562 §4; anything else is refused before SQL sees it. */
export function isUuid(value: unknown): value is string {
  return typeof value === "string" && UUID.test(value);
}
