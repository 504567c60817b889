import type { Statement } from "../storage/types.ts";
import { EVENT, type CommitPlace, type StoredEvent } from "./readEvents.store.ts";

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

/** Takes a reader's place until the transaction ends; no row where another process has it. */
export function takePlace(name: string): Statement<CommitPlace> {
  return {
    name: "reader_take",
    text: "select xid, seq from journal_readers where name = $1 for update skip locked",
    values: [name],
  };
}

/** Below the oldest transaction that is still open: nothing can come to light there any more. */
const SETTLED = "e.xid < journal_horizon()";

/** Events of all tenants behind a place, in the order of commits. */
export function eventsBehind({ xid, seq }: CommitPlace, most: number): Statement<JournalEvent> {
  return {
    name: "reader_events",
    text: `select e.tenant_id as "tenantId", e.xid, e.seq, ${EVENT} from events e
      where (e.xid, e.seq) > ($1::bigint, $2::bigint) and ${SETTLED} order by e.xid, e.seq limit $3`,
    values: [xid, seq, most],
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
