import type { JournalEvent } from "../../events/journalReader.store.ts";

/** Percent of the seats at which the admins are told, the highest first. */
const LEVELS = [100, 90, 80] as const;

/** The highest level that is reached, 0 for none; where nothing was bought or nothing is counted there is none. */
export function levelOf(used: number | null, limit: number | null): number {
  if (used === null || limit === null || limit === 0) return 0;
  return LEVELS.find((level) => used * 100 >= level * limit) ?? 0;
}

const HOUR_MS = 3_600_000;
/** A directory pushes its people one by one: who waits is counted when those that come together have come. */
const GATHERING_MS = 60_000;

/**
 * When to tell that someone began to wait: in a minute, and not within an hour of the last time; null where that is to
 * come anyway.
 *
 * @param last when the admins were, or will be, told last
 */
export function whenToTell(last: Date | null, now: Date): Date | null {
  if (last !== null && last > now) return null;
  return new Date(Math.max(now.getTime() + GATHERING_MS, last === null ? 0 : last.getTime() + HOUR_MS));
}

/** What an event says of the seats of its tenant: perhaps moved, more were bought, someone began to wait, or nothing. */
export function seatNews({ type, data }: JournalEvent): "moved" | "raised" | "waiting" | null {
  if (type === "tenant.updated" || type === "plan.changed") return limitNews(data["seatLimit"]);
  if (!type.startsWith("member.")) return null;
  const { seat } = data;
  // A creation and a removal tell a state, a change tells `[before, after]`.
  const now: unknown = Array.isArray(seat) ? seat[1] : seat;
  if (now === "waiting" && type !== "member.deleted") return "waiting";
  return Array.isArray(seat) || seat === "held" ? "moved" : null;
}

/** Of `[before, after]`, where null is unlimited. */
function limitNews(limit: unknown): "moved" | "raised" | null {
  if (!Array.isArray(limit)) return null;
  const [before, after] = limit as unknown[];
  return typeof before === "number" && typeof after === "number" && after > before ? "raised" : "moved";
}
