-- Work that follows a change and is done after its commit, and who reads the journal. Both are the server's own, across
-- tenants: a tenant's transaction may add jobs of its own and see none.

create table jobs (
  -- From a sequence, not a UUIDv7 of the use-case's time: who waited for a lock enqueues after whom it waited for.
  id bigint generated always as identity primary key,
  tenant_id uuid not null,
  kind text collate "C" not null,
  key text collate "C", -- jobs of one key in one tenant run one after the other, in the order of their ids
  payload jsonb not null,
  state text collate "C" not null default 'pending' check (state in ('pending', 'dead')),
  run_at timestamptz not null, -- not before; of a claimed job the end of its lease
  attempts integer not null default 0,
  last_error text,
  created_at timestamptz not null default now()
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
create index jobs_due on jobs (kind, run_at, id) where state = 'pending';
create index jobs_key on jobs (tenant_id, key, id) where state = 'pending' and key is not null;
create index jobs_dead on jobs (id) where state = 'dead';
alter table jobs enable row level security;
create policy jobs_are_added on jobs for insert with check (tenant_id = current_tenant());

-- How far each reader has come in the order of commits.
create table journal_readers (
  name text primary key,
  xid bigint not null default 0,
  id uuid not null default '00000000-0000-0000-0000-000000000000'
);
alter table journal_readers enable row level security;

-- The order of commits over all tenants; a tenant's own follower has events_commit_order.
-- Costs an event 84 bytes of WAL beside 670; a BRIN index would cost nothing and needs a vacuum, which the embedded
-- database has none of.
create index events_journal on events (xid, id);

-- What a tenant's admins have been told of their seats.
create table seat_notices (
  tenant_id uuid primary key references tenants (id) on delete cascade,
  level smallint not null default 0, -- the highest of 80, 90, 100 percent that was told and still holds
  waiting_at timestamptz -- when they were or will be told last that someone waits
);
alter table seat_notices enable row level security;
create policy seat_notices_own on seat_notices using (tenant_id = current_tenant());
