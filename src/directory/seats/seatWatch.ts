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
 * crossing upwards, and when someone begins to wait, once an hour at most.
 */
export function watchSeats(db: Database): Follower {
  return {
    wanted: { types: ["member.*", "tenant.updated", "plan.changed"] },
    follow: async (wide, events) => {
      const began = waitersBegan(events);
      const seats = began.size === 0 ? [] : await wide.trx.run(watchedSeats([...began.keys()]));
      for (const each of seats) {
        const next = noticeAfter(each, began.get(each.tenantId) ?? false, wide.now);
        if (next.level === each.level && next.tellAt === null) continue;
        await asTenant(db, wide, each.tenantId, (scope) => tell(scope, each, next));
      }
    },
  };
}

/** The tenants whose seats may have moved, and whether someone began to wait there. */
function waitersBegan(events: readonly JournalEvent[]): Map<string, boolean> {
  const began = new Map<string, boolean>();
  for (const each of events) {
    const news = seatNews(each);
    if (news !== null) began.set(each.tenantId, began.get(each.tenantId) === true || news === "waiting");
  }
  return began;
}

interface Notice {
  readonly level: number;
  /** When to tell that someone waits; null = not now. */
  readonly tellAt: Date | null;
}

function noticeAfter({ used, limit, waitingAt }: WatchedSeats, waiterBegan: boolean, now: Date): Notice {
  return { level: levelOf(used, limit), tellAt: waiterBegan ? whenToTell(waitingAt, now) : null };
}

async function tell(scope: Scope, before: WatchedSeats, { level, tellAt }: Notice): Promise<void> {
  await scope.trx.run(writeNotice(scope.tenantId, level, tellAt ?? before.waitingAt));
  // The job counts when it runs: whoever has found a seat by then waits no more.
  if (tellAt !== null) await enqueue(scope, { kind: WAITING, runAt: tellAt });
  if (level > before.level) await tellLevel(scope, level, before.used ?? 0, before.limit ?? 0);
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
