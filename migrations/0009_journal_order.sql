-- The order of the journal: what followers go by is right for each thing that events are about, and outlives its cluster.

-- Transaction numbers belong to a cluster. Where a dump is restored into one that has counted less far, the start puts
-- the difference in here (src/storage/journalClock.ts), so that what is new comes behind every place that anybody holds.
create function journal_ahead() returns bigint language sql immutable parallel safe return 0::bigint;

-- The place of an event that is written now: not before its transaction's own number, since followers stop at the oldest
-- open one, and not before whatever has ended: a transaction that got its number first and then waited for a member
-- changes that member after whom it waited for. Volatile and in PL/pgSQL, so its snapshot is of now and not of the
-- beginning of the statement, which may itself have waited.
create function journal_place() returns bigint language plpgsql volatile as $$
begin
  return journal_ahead() + greatest(pg_current_xact_id()::text::bigint,
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1);
end $$;

-- Below it every transaction has ended, so nothing can come to light there any more.
create function journal_horizon() returns bigint language sql stable parallel safe
  return pg_snapshot_xmin(pg_current_snapshot())::text::bigint + journal_ahead();

-- What has one xid is in the order in which it was written: under the locks of what it is about.
alter table events add column seq bigint generated always as identity;
alter table events alter column xid set default journal_place();
drop index events_commit_order;
drop index events_journal;
create index events_commit_order on events (tenant_id, xid, seq);
create index events_journal on events (xid, seq);

alter table webhooks alter column since_xid set default journal_place();

-- A reader in the middle of a transaction reads some of it again rather than less of it.
alter table journal_readers add column seq bigint not null default 0;
update journal_readers r set seq = coalesce(
  (select min(e.seq) - 1 from events e where e.xid = r.xid and e.id > r.id),
  (select max(e.seq) from events e where e.xid = r.xid), 0);
alter table journal_readers drop column id;
