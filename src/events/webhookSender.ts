import type { Outbound } from "../http/outbound.ts";
import type { Logger } from "../http/logger.ts";
import { acrossTenants } from "../storage/scope.ts";
import type { Database, Statement } from "../storage/types.ts";
import { poll, type Found, type Poll } from "./poll.ts";
import { firstId } from "./readEvents.ts";
import { attempt, type Patience, usualPatience } from "./webhookAttempt.ts";
import { deleteDeliveriesBelow } from "./webhookDeliveries.store.ts";
import { claimDeliveries, type Sending, sendingOf } from "./webhookSending.store.ts";

/** What the sender is made of. */
export interface SenderParts {
  readonly db: Database;
  readonly log: Logger;
  /** 32 bytes each; all decrypt. */
  readonly secretKeys: readonly Buffer[];
  readonly outbound: Pick<Outbound, "send">;
  readonly patience?: Patience;
  /** Milliseconds after which another process takes over what a killed one was sending; longer than a request may be. */
  readonly leaseMs?: number;
}

const LEASE_MS = 30_000;
/** A slow endpoint holds its own places and nobody else's: there are enough for sixty of them in a process. */
const AT_ONCE = 256;
const AT_ONCE_OF_EACH = 4;
/** Payloads in memory, and the claims of one transaction. */
const BATCH = 64;

const HOUR = 3_600_000;
const KEPT_MS = 30 * 24 * HOUR;
const PURGED_AT_ONCE = 1_000;

/** Starts the loop that sends what is due; any number of processes may have one on the same database. */
export function startWebhookSender(parts: SenderParts): Poll {
  const { db, log, patience = usualPatience, leaseMs = LEASE_MS } = parts;
  const running = new Map<Promise<void>, string>();
  let purgeAt = 0;

  async function look(): Promise<Found> {
    if (Date.now() >= purgeAt) {
      purgeAt = Date.now() + HOUR;
      await purge(db);
    }
    const most = Math.min(BATCH, AT_ONCE - running.size);
    if (most === 0) return "none";
    const limits = { leaseMs, most, mostOfEach: AT_ONCE_OF_EACH, busy: countOf(running.values()) };
    const claimed = await byServer(db, claimDeliveries(limits));
    for (const row of claimed) start(sendingOf(row));
    return claimed.length > 0 ? "more" : "none";
  }

  function start(sending: Sending): void {
    const { webhookId: webhook, deliveryId: delivery } = sending;
    const done = attempt({ ...parts, patience }, sending)
      // What cannot even be written down is left to the end of the lease.
      .catch((err: unknown) => log.error({ err, webhook, delivery }, "a webhook's attempt cannot be carried out"))
      .finally(() => {
        running.delete(done);
        // A place is free, and the next of its key may go.
        loop.wake();
      });
    running.set(done, webhook);
  }

  const loop = poll(look, (err) => log.error({ err }, "webhooks cannot be claimed, and will be later"));
  const stop = async (): Promise<void> => {
    await loop.stop();
    // Each ends by itself: a request has a limit.
    await Promise.all(running.keys());
  };
  return { ...loop, stop };
}

function countOf(names: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** Deletes what has been kept long enough: a UUIDv7 begins with its time (RFC 9562 §5.7). */
async function purge(db: Database): Promise<void> {
  const oldest = firstId(new Date(Date.now() - KEPT_MS));
  while ((await byServer(db, deleteDeliveriesBelow(oldest, PURGED_AT_ONCE))).length >= PURGED_AT_ONCE);
}

function byServer<Row>(db: Database, statement: Statement<Row>): Promise<Row[]> {
  const who = { actor: { type: "system" }, now: new Date() } as const;
  return acrossTenants(db, who, ({ trx }) => trx.run(statement));
}
