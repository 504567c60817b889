import { event } from "../../events/event.ts";
import type { Handlers } from "../../events/jobs.ts";
import { enqueue } from "../../events/jobs.store.ts";
import { record } from "../../events/journal.store.ts";
import type { Follower } from "../../events/journalReader.ts";
import type { JournalEvent } from "../../events/journalReader.store.ts";
import { asTenant } from "../../storage/asTenant.ts";
import type { Database, Scope } from "../../storage/types.ts";
import { mailAdmins } from "../tenants/adminMail.ts";
import { levelOf, seatNews, whenToTell } from "./seatLevels.ts";
import { countSeats } from "./seats.store.ts";
import { watchedSeats, writeNotice, type WatchedSeats } from "./seatWatch.store.ts";

const WAITING = "seats.waiting";

/**
 * Follows the journal and tells a tenant's admins when 80, 90 or 100 percent of the seats come into use, once for each
 * crossing upwards, and when someone begins to wait, once an hour at most. Billing is told when the last seat is taken, and
 * again where those bought since were taken at once.
 */
export function watchSeats(db: Database): Follower {
  return {
    wanted: { types: ["member.*", "tenant.updated", "plan.changed"] },
    follow: async (wide, events) => {
      const news = newsOf(events);
      const seats = news.size === 0 ? [] : await wide.trx.run(watchedSeats([...news.keys()]));
      for (const each of seats) {
        const next = noticeAfter(each, news.get(each.tenantId) ?? NOTHING, wide.now);
        if (next.level === each.level && next.tellAt === null && !next.full) continue;
        await asTenant(db, wide, each.tenantId, (scope) => tell(scope, each, next));
      }
    },
  };
}

interface News {
  readonly waiterBegan: boolean;
  readonly raised: boolean;
}

const NOTHING: News = { waiterBegan: false, raised: false };

/** The tenants whose seats may have moved, and how. */
function newsOf(events: readonly JournalEvent[]): Map<string, News> {
  const all = new Map<string, News>();
  for (const each of events) {
    const news = seatNews(each);
    const { waiterBegan, raised } = all.get(each.tenantId) ?? NOTHING;
    if (news === null) continue;
    all.set(each.tenantId, { waiterBegan: waiterBegan || news === "waiting", raised: raised || news === "raised" });
  }
  return all;
}

interface Notice {
  readonly level: number;
  /** When to tell that someone waits; null = not now. */
  readonly tellAt: Date | null;
  /** Whether the last seat was taken just now. */
  readonly full: boolean;
}

function noticeAfter(before: WatchedSeats, { waiterBegan, raised }: News, now: Date): Notice {
  const level = levelOf(before.used, before.limit);
  return {
    level,
    tellAt: waiterBegan ? whenToTell(before.waitingAt, now) : null,
    full: level === 100 && (raised || before.level < 100),
  };
}

async function tell(scope: Scope, before: WatchedSeats, { level, tellAt, full }: Notice): Promise<void> {
  await scope.trx.run(writeNotice(scope.tenantId, level, tellAt ?? before.waitingAt));
  // The job counts when it runs: whoever has found a seat by then waits no more.
  if (tellAt !== null) await enqueue(scope, { kind: WAITING, runAt: tellAt });
  if (level > before.level) await tellLevel(scope, level, before.used ?? 0, before.limit ?? 0);
  if (full) await tellBilling(scope);
}

async function tellBilling(scope: Scope): Promise<void> {
  const [seats] = await scope.trx.run(countSeats(scope.tenantId));
  if (!seats) return;
  const { limit, used, waiting } = seats;
  const target = { type: "tenant", id: scope.tenantId } as const;
  await record(scope, event(scope, "seat.limit_reached", target, { limit, used, waiting }));
}

async function tellLevel(scope: Scope, level: number, used: number, limit: number): Promise<void> {
  const target = { type: "tenant", id: scope.tenantId } as const;
  await record(scope, event(scope, "seats.threshold_reached", target, { level, used, limit }));
  if (level === 100) await mailAdmins(scope, { message: "seatsFull", values: { used, limit } });
  else await mailAdmins(scope, { message: "seatsReached", values: { level, used, limit } });
}

/** The handler of what `watchSeats` puts off. */
export const seatWaiting: Handlers = {
  [WAITING]: {
    within: async (scope) => {
      const [seats] = await scope.trx.run(countSeats(scope.tenantId));
      if (!seats || seats.waiting === 0) return;
      const { waiting, used, limit } = seats;
      await mailAdmins(scope, { message: "seatsWaiting", values: { waiting, used, limit: limit ?? used } });
    },
  },
};
