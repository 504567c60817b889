/** A receiver of webhooks on loopback, and what the cases about them share. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { event, type EventType } from "../../src/events/event.ts";
import { record } from "../../src/events/journal.store.ts";
import { readJournal } from "../../src/events/journalReader.ts";
import type { Patience } from "../../src/events/webhookAttempt.ts";
import { followForWebhooks, listDeliveries } from "../../src/events/webhookDeliveries.ts";
import type { Delivery } from "../../src/events/webhook.ts";
import { createWebhook, type WebhookFields, type WebhookParts } from "../../src/events/webhooks.ts";
import { startWebhookSender } from "../../src/events/webhookSender.ts";
import { createLogger } from "../../src/http/logger.ts";
import { createOutbound } from "../../src/http/outbound.ts";
import { inTenant } from "../../src/storage/scope.ts";
import type { Database, Who } from "../../src/storage/types.ts";

/** A request that came in. */
interface Received {
  readonly headers: Record<string, string>;
  readonly text: string;
  readonly body: { type: string; timestamp: string; data: Record<string, unknown> & { id: string } };
}

/** What a receiver answers: a status, or whatever it does with the response. */
export type Answer = (received: Received, nth: number) => number | ((res: ServerResponse) => void);

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  answer: Answer;
  close(): void;
}

/** Starts one; it takes everything until told otherwise. */
export async function receiver(answer: Answer = () => 204): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((req, res) => {
    // Somebody else's request, for a port that was his a moment ago.
    if (req.method !== "POST") return void res.writeHead(404).end();
    let text = "";
    req.on("data", (chunk: Buffer) => (text += chunk.toString()));
    req.on("end", () => {
      const headers = req.headers as Record<string, string>;
      received.push({ headers, text, body: JSON.parse(text) as Received["body"] });
      const say = self.answer(received.at(-1)!, received.length);
      if (typeof say === "number") res.writeHead(say).end(say < 300 ? "" : "not now");
      else say(res);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  const self: Receiver = { url: `http://127.0.0.1:${port}/hook?key=secret`, received, answer, close };
  return self;
}

/** Reaches this machine and resolves no name. */
const outbound = createOutbound({
  allowedNetworks: ["127.0.0.0/8"],
  limitMs: 2_000,
  resolve: () => Promise.reject(Object.assign(new Error("no names here"), { code: "ENOTFOUND" })),
});

export const secretKeys = [Buffer.alloc(32, 7)];

export function partsOf(db: Database): WebhookParts {
  return { db, secretKeys, outbound };
}

export function system(tenantId: string, now = new Date()): Who {
  return { tenantId, actor: { type: "system" }, now };
}

/** Adds an endpoint for everything, unless told otherwise. */
export async function endpoint(
  db: Database,
  tenantId: string,
  url: string,
  more: Partial<WebhookFields> = {},
): Promise<{ id: string; secret: string }> {
  const fields = { url, events: ["*"], description: "", enabled: true, ...more };
  const { webhook, secret } = await createWebhook(partsOf(db), system(tenantId), fields);
  return { id: webhook.id, secret };
}

/** Writes an event about a member, or another target, into the journal. */
export async function happen(
  db: Database,
  tenantId: string,
  type: EventType,
  memberId: string | null,
  data = {},
): Promise<string> {
  const who = system(tenantId);
  const told = event(who, type, { type: "member", id: memberId }, data);
  await inTenant(db, who, (scope) => record(scope, told));
  return told.id;
}

/** Follows the journal to its end. */
export async function fanOutAll(db: Database): Promise<void> {
  // Transactions of other connections hold the horizon back for a moment.
  for (let quiet = 0; quiet < 3;) {
    const { handled } = await readJournal(db, "webhooks", followForWebhooks.follow, followForWebhooks);
    quiet = handled > 0 ? 0 : quiet + 1;
  }
}

/** Tries again at once, and gives up after `attempts`. */
export function impatient(attempts: number, patienceMs = 3_600_000): Patience {
  return { delays: Array.from({ length: attempts - 1 }, () => 1), patienceMs };
}

/** Runs the sender while the work goes on. */
export async function sending<T>(
  db: Database,
  patience: Patience,
  work: () => Promise<T>,
  leaseMs = 10_000,
): Promise<T> {
  const log = createLogger("error", { write: (line: string) => void process.stderr.write(line) });
  const sender = startWebhookSender({ db, log, secretKeys, outbound, patience, leaseMs });
  const awake = setInterval(() => sender.wake(), 50);
  try {
    return await work();
  } finally {
    clearInterval(awake);
    await sender.stop();
  }
}

/** Waits until it is so. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await holds());) {
    assert.ok(Date.now() < end, `waited in vain: ${what}`);
    await delay(20);
  }
}

/** The deliveries to an endpoint, the oldest first. */
export async function deliveriesOf(db: Database, tenantId: string, webhookId: string): Promise<Delivery[]> {
  const asked = { webhookId, status: null, limit: 200, from: null };
  const { items } = await listDeliveries(db, system(tenantId), asked);
  return items.toReversed();
}
