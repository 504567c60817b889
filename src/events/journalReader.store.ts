import type { Statement } from "../storage/types.ts";
import { EVENT, EVENT_ALONE, type CommitPlace, type StoredEvent } from "./readEvents.store.ts";

/** An event of whichever tenant, with its place in the order of commits. */
export interface JournalEvent extends StoredEvent, CommitPlace {
  readonly tenantId: string;
}

/** Makes a reader that stands before the first event, unless there is one of this name. */
export function addReader(name: string): Statement {
  return {
    name: "reader_add",
    text: "insert into journal_readers (name) values ($1) on conflict do nothing",
    values: [name],
  };
}

/**
 * Whether there may be something to read; takes no lock and writes nothing, so it may be asked all day. It looks at the
 * one event behind the reader: asked whether there is any, PostgreSQL expects one soon and reads the table from its
 * beginning, which is the whole journal for a reader that has come to its end.
 */
export function isBehind(name: string): Statement<{ behind: boolean }> {
  return {
    name: "reader_is_behind",
    text: `select coalesce((select ${SETTLED} from events e where (e.xid, e.seq) > (r.xid, r.seq)
        order by e.xid, e.seq limit 1), false) as behind
      from journal_readers r where r.name = $1`,
    values: [name],
  };
}

/** Below the oldest transaction that is still open: nothing can come to light there any more. */
const SETTLED = "e.xid < journal_horizon()";

/** A batch of events: those behind `after` and up to `end`. */
export interface JournalBatch {
  readonly after: CommitPlace;
  readonly end: CommitPlace;
  readonly count: number;
}

/**
 * Takes a reader's place until the transaction ends, with the batch behind it; no row where another process has the
 * place, or nothing is behind it. Of the events this reads the index alone.
 */
export function takeBatch(name: string, most: number): Statement<JournalBatch> {
  return {
    name: "reader_take",
    text: `with place as materialized (select xid, seq from journal_readers where name = $1 for update skip locked)
      select jsonb_build_object('xid', place.xid, 'seq', place.seq) as after,
        jsonb_build_object('xid', last.xid, 'seq', last.seq) as end, last.count
      from place cross join lateral (select xid, seq, count from (
          select e.xid, e.seq, row_number() over (order by e.xid, e.seq)::integer as count from events e
          where (e.xid, e.seq) > (place.xid, place.seq) and ${SETTLED} order by e.xid, e.seq limit $2) batch
        order by count desc limit 1) last`,
    values: [name, most],
  };
}

/** Of which events a reader hears; what it has no use for is not loaded, and some tell of thousands of members. */
export interface Wanted {
  /** Types, or `area.*`; all unless given. */
  readonly types?: readonly string[];
  /** Whether it reads `data`, which is empty otherwise; it does unless given. */
  readonly data?: boolean;
}

/** The wanted events of a batch, of all tenants, in the order of commits. */
export function eventsOf({ after, end }: JournalBatch, wanted: Wanted): Statement<JournalEvent> {
  const { types = null, data = true } = wanted;
  return {
    name: data ? "reader_events" : "reader_events_alone",
    text: `select e.tenant_id as "tenantId", e.xid, e.seq, ${data ? EVENT : `${EVENT_ALONE}, '{}'::jsonb as "data"`} from events e
      where (e.xid, e.seq) > ($1::bigint, $2::bigint) and (e.xid, e.seq) <= ($3::bigint, $4::bigint)
        and ($5::text[] is null or array[e.type, split_part(e.type, '.', 1) || '.*'] && $5::text[])
      order by e.xid, e.seq`,
    values: [after.xid, after.seq, end.xid, end.seq, types],
  };
}

/** Moves a reader on. */
export function movePlace(name: string, { xid, seq }: CommitPlace): Statement {
  return {
    name: "reader_move",
    text: "update journal_readers set xid = $2, seq = $3 where name = $1",
    values: [name, xid, seq],
  };
}
