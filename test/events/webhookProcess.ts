/**
 * A process of the proof of `webhooksKilled.test.ts`: it writes events about some members, follows the journal and sends
 * webhooks until all has happened and nothing waits, or it is killed. Arguments: a PostgreSQL URL or the folder of an
 * embedded database, the tenant, the members and how many events each one is to have.
 */
import { randomInt } from "node:crypto";
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

const [place = "", tenantId = "", members = "", each = ""] = process.argv.slice(2);
const isUrl = place.startsWith("postgres:");
const db = await openDatabase({
  url: isUrl ? place : undefined,
  folder: isUrl ? undefined : place,
  prepare: true,
  onFault: () => {},
});
const log = createLogger("silent");
const outbound = createOutbound({ allowedNetworks: ["127.0.0.0/8"], limitMs: 1_000 });
const patience = { delays: Array.from({ length: 1_000 }, () => randomInt(1, 60)), patienceMs: 3_600_000 };
const sender = startWebhookSender({
  db,
  log,
  secretKeys: [Buffer.alloc(32, 7)],
  outbound,
  patience,
  leaseMs: 1_500,
});
const worker = startWorker({ db, log, handlers: {}, followers: { webhooks: followForWebhooks } });
process.stdout.write("up\n");

/** The next event of a member, numbered by those that were committed before; answers whether there was one to come. */
function next(memberId: string): Promise<boolean> {
  const who = { tenantId, actor: { type: "system" }, now: new Date() } as const;
  return inTenant(db, who, async (scope) => {
    const [had] = await scope.trx.run<{ n: number }>({
      text: "select count(*) as n from events where tenant_id = $1 and target_id = $2",
      values: [tenantId, memberId],
    });
    const n = had?.n ?? 0;
    if (n >= Number(each)) return false;
    await record(scope, event(who, "member.updated", { type: "member", id: memberId }, { n }));
    return true;
  });
}

async function write(memberId: string): Promise<void> {
  while (await next(memberId)) await delay(randomInt(0, 30));
}

async function nothingWaits(): Promise<boolean> {
  const { rows } = await db.pool.query(`select exists (select from webhook_deliveries where status = 'pending')
    or exists (select from events e join journal_readers r on r.name = 'webhooks' where (e.xid, e.id) > (r.xid, r.id))
    as waits`);
  return !(rows[0] as { waits: boolean }).waits;
}

await Promise.all(members.split(",").map(write));
while (!(await nothingWaits())) await delay(50);
await Promise.all([worker.stop(), sender.stop()]);
await outbound.close();
await db.close();
process.exit(0);
