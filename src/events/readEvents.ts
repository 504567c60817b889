import { isUuid } from "../base/ids.ts";
import { onceInTenant } from "../storage/scope.ts";
import type { Database, Who } from "../storage/types.ts";
import {
  countEvents,
  followedEvents,
  latestEvents,
  type CommitPlace,
  type EventFilter,
  type FollowedEvent,
  type StoredEvent,
} from "./readEvents.store.ts";

/** Which events are asked for; all that are given must hold. */
export interface EventQuery {
  readonly type?: string | undefined;
  /** An id, or a kind of actor: `operator` and `system` have no id. */
  readonly actor?: string | undefined;
  /** An id, or a kind of target. */
  readonly target?: string | undefined;
  /** Not before. */
  readonly since?: Date | undefined;
  /** Before. */
  readonly until?: Date | undefined;
}

/** Where a later page of the latest events begins, with the total that the first one counted. */
export interface LatestFrom {
  readonly before: string;
  readonly total: number;
}

/** From the latest on, without a count: for who reads them all. */
export const fromTheLatest: LatestFrom = { before: "ffffffff-ffff-ffff-ffff-ffffffffffff", total: 0 };

/** The latest events first, by their ids, which begin with their time. */
export async function readLatest(
  db: Database,
  who: Pick<Who, "tenantId">,
  query: EventQuery,
  limit: number,
  from: LatestFrom | null,
): Promise<{ items: readonly StoredEvent[]; total: number; next: LatestFrom | null }> {
  const { tenantId } = who;
  const filter = filterOf(query);
  const statement = latestEvents(tenantId, filter, from?.before ?? null, limit + 1);
  const [found, [counted]] = from
    ? [(await onceInTenant(db, who, statement))[0], [from]]
    : await onceInTenant(db, who, statement, countEvents(tenantId, filter));
  const items = found.slice(0, limit);
  const last = found.length > limit ? items.at(-1) : undefined;
  const total = counted?.total ?? 0;
  return { items, total, next: last ? { before: last.id, total } : null };
}

/** Before every event. */
export const beginning: CommitPlace = { xid: 0, seq: 0 };

/**
 * Events in the order of commits, for one who follows the journal: whoever asks again from `next` misses none and sees
 * none twice, however long the transactions around it take.
 */
export async function followEvents(
  db: Database,
  who: Pick<Who, "tenantId">,
  query: EventQuery,
  limit: number,
  after: CommitPlace,
): Promise<{ items: readonly StoredEvent[]; next: CommitPlace }> {
  const [rows] = await onceInTenant(db, who, followedEvents(who.tenantId, filterOf(query), after, limit));
  const items = rows.filter(isEvent);
  const last = items.at(-1);
  if (last && items.length === limit) return { items, next: { xid: last.xid, seq: last.seq } };
  // Nothing more below the horizon passes the filter: the next call need not look there again.
  return { items, next: later(after, { xid: rows[0]?.horizon ?? 0, seq: 0 }) };
}

function isEvent(row: FollowedEvent): row is FollowedEvent & CommitPlace & { readonly id: string } {
  return row.id !== null && row.xid !== null && row.seq !== null;
}

/** A replica that lags, or a restored database, may have a horizon behind the cursor. */
function later(a: CommitPlace, b: CommitPlace): CommitPlace {
  return b.xid > a.xid ? b : a;
}

function filterOf({ type, actor, target, since, until }: EventQuery): EventFilter {
  return {
    type,
    ...(isUuid(actor) ? { actorId: actor } : { actorType: actor }),
    ...(isUuid(target) ? { targetId: target } : { targetType: target }),
    fromId: since && firstId(since),
    beforeId: until && firstId(until),
  };
}

/** The lowest UUIDv7 of an instant (RFC 9562 §5.7: 48 bits of milliseconds first): time becomes a range of the key. */
export function firstId(instant: Date): string {
  const hex = Math.max(0, instant.getTime()).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
