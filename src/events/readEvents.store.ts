import type { Statement } from "../storage/types.ts";

/** An event as it is read. */
export interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly at: Date;
  readonly actorType: string;
  readonly actorId: string | null;
  readonly targetType: string;
  readonly targetId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Which events; all that are given must hold. */
export interface EventFilter {
  readonly type?: string | undefined;
  readonly actorType?: string | undefined;
  readonly actorId?: string | undefined;
  readonly targetType?: string | undefined;
  readonly targetId?: string | undefined;
  /** Not before this id. */
  readonly fromId?: string | undefined;
  /** Before this id. */
  readonly beforeId?: string | undefined;
}

/**
 * Where a follower stands in the order of commits: behind this event. `seq` orders what has one `xid`, and what happened
 * to one thing is in the order in which it happened (docs/decisions/0006).
 */
export interface CommitPlace {
  readonly xid: number;
  readonly seq: number;
}

const CONDITIONS: { readonly [F in keyof EventFilter]-?: string } = {
  type: "e.type =",
  actorType: "e.actor_type =",
  actorId: "e.actor_id =",
  targetType: "e.target_type =",
  targetId: "e.target_id =",
  fromId: "e.id >=",
  beforeId: "e.id <",
};

/** The columns of an event under the names of `StoredEvent`, for a `select` over `events e`. */
export const EVENT_ALONE = `e.id, e.type, e.at, e.actor_type as "actorType", e.actor_id as "actorId",
  e.target_type as "targetType", e.target_id as "targetId"`;
export const EVENT = `${EVENT_ALONE}, e.data`;

/** The latest events, before `before` where it is given. */
export function latestEvents(
  tenantId: string,
  filter: EventFilter,
  before: string | null,
  limit: number,
): Statement<StoredEvent> {
  const values: unknown[] = [tenantId];
  const where = conditions(filter, values);
  const end = before === null ? "" : `and e.id < ${put(values, before)}`;
  return {
    text: `select ${EVENT} from events e where ${where} ${end} order by e.id desc limit ${put(values, limit)}`,
    values,
  };
}

/** How many events a filter lets through. */
export function countEvents(tenantId: string, filter: EventFilter): Statement<{ total: number }> {
  const values: unknown[] = [tenantId];
  return { text: `select count(*) as total from events e where ${conditions(filter, values)}`, values };
}

/** A row of `followedEvents`: the horizon, and an event or nothing at all. */
export interface FollowedEvent extends Omit<StoredEvent, "id"> {
  /** Below it every transaction has ended, so nothing can come to light there any more. */
  readonly horizon: number;
  readonly xid: number | null;
  readonly seq: number | null;
  readonly id: string | null;
}

/**
 * Events behind `after` in the order of commits, as far as the horizon: transactions that are still open, and those
 * with a later number, are left for the next call. One row without an event where there is none.
 */
export function followedEvents(
  tenantId: string,
  filter: EventFilter,
  after: CommitPlace,
  limit: number,
): Statement<FollowedEvent> {
  const values: unknown[] = [tenantId];
  const where = conditions(filter, values);
  const place = `(${put(values, after.xid)}::bigint, ${put(values, after.seq)}::bigint)`;
  return {
    text: `select h.horizon, e.* from (select journal_horizon() as horizon) h
      left join lateral (select e.xid, e.seq, ${EVENT} from events e
        where ${where} and (e.xid, e.seq) > ${place} and e.xid < h.horizon
        order by e.xid, e.seq limit ${put(values, limit)}) e on true
      order by e.xid, e.seq`,
    values,
  };
}

/** The tenant, which is `$1`, and the filter; equality and ranges alone, which row-level security lets use an index. */
function conditions(filter: EventFilter, values: unknown[]): string {
  const parts = (Object.keys(CONDITIONS) as (keyof EventFilter)[])
    .filter((name) => filter[name] !== undefined)
    .map((name) => `${CONDITIONS[name]} ${put(values, filter[name])}`);
  return ["e.tenant_id = $1", ...parts].join(" and ");
}

function put(values: unknown[], value: unknown): string {
  return `$${values.push(value)}`;
}
