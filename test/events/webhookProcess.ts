/**
 * A process of the proof of `webhooksKilled.test.ts`: it writes events about some members, follows the journal and sends
 * webhooks until it is killed. Arguments: a PostgreSQL URL or the folder of an embedded database, the tenant and the
 * members. It begins when it is told so on its standard input; told `finish`, it writes no more than one event about each
 * and ends when nothing waits.
 */
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { event } from "../../src/events/event.ts";
import { record } from "../../src/events/journal.store.ts";
import { followForWebhooks } from "../../src/events/webhookDeliveries.ts";
import { startWebhookSender } from "../../src/events/webhookSender.ts";
import { startWorker } from "../../src/events/worker.ts";
import { createLogger } from "../../src/http/logger.ts";
import { createOutbound } from "../../src/http/outbound.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { inTenant } from "../../src/storage/scope.ts";

const [place = "", tenantId = "", members = ""] = process.argv.slice(2);
const [how] = (await once(process.stdin, "data")) as [Buffer];
const isLast = how.toString() === "finish\n";
const isUrl = place.startsWith("postgres:");
const db = await openDatabase({
  url: isUrl ? place : undefined,
  folder: isUrl ? undefined : place,
  prepare: true,
  onFault: () => {},
});
const log = createLogger("silent");
const outbound = createOutbound({ allowedNetworks: ["127.0.0.0/8"], limitMs: 400 });
/** A byte for each event and each request: who kills counts them. */
const sign = (): unknown => process.stdout.write(".");
const send: typeof outbound.send = async (request) => {
  const sent = outbound.send(request);
  sign();
  return sent;
};
const patience = { delays: Array.from({ length: 1_000 }, () => randomInt(1, 30)), patienceMs: 3_600_000 };
const sender = startWebhookSender({
  db,
  log,
  secretKeys: [Buffer.alloc(32, 7)],
  outbound: { send },
  patience,
  leaseMs: 800,
});
const worker = startWorker({ db, log, handlers: {}, followers: { webhooks: followForWebhooks } });

/** The next event of a member, numbered by those that were committed before. */
function next(memberId: string): Promise<void> {
  const who = { tenantId, actor: { type: "system" }, now: new Date() } as const;
  return inTenant(db, who, async (scope) => {
    const [had] = await scope.trx.run<{ n: number }>({
      text: "select count(*) as n from events where tenant_id = $1 and target_id = $2",
      values: [tenantId, memberId],
    });
    await record(scope, event(who, "member.updated", { type: "member", id: memberId }, { n: had?.n ?? 0 }));
  });
}

async function write(memberId: string): Promise<void> {
  await next(memberId);
  sign();
  if (isLast) return;
  await delay(randomInt(20, 100));
  await write(memberId);
}

async function nothingWaits(): Promise<boolean> {
  const { rows } = await db.pool.query(`select exists (select from webhook_deliveries where status = 'pending')
    or exists (select from events e join journal_readers r on r.name = 'webhooks' where (e.xid, e.seq) > (r.xid, r.seq))
    as waits`);
  return !(rows[0] as { waits: boolean }).waits;
}

await Promise.all(members.split(",").map(write));
while (!(await nothingWaits())) await delay(50);
process.stdin.destroy();
await Promise.all([worker.stop(), sender.stop()]);
await outbound.close();
await db.close();
process.exit(0);
