-- Who leaves, what their application must reassign, and tenants that are deleted and may come back for a while.

-- Somebody was suspended or removed. Without a key to members: it outlives the member.
create table offboardings (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  member_id uuid not null,
  cause text collate "C" not null check (cause in ('suspended', 'removed')),
  -- open: until the application says who took over; overdue: it did not in time
  status text collate "C" not null default 'open' check (status in ('open', 'acknowledged', 'overdue')),
  leaves jsonb not null, -- what there is to reassign, in ids
  reassign_to uuid, -- the member whom the admin named
  reassigned_to uuid[] not null default '{}', -- the members who took over, as the application said
  person jsonb, -- of somebody who is to be erased: by what the logs know them, until that is done; then null
  created_at timestamptz not null,
  due_at timestamptz, -- null: nothing waits
  ended_at timestamptz,
  primary key (tenant_id, id)
);
create index offboardings_member on offboardings (tenant_id, member_id, id);
create index offboardings_status on offboardings (tenant_id, status, id);
alter table offboardings enable row level security;
create policy offboardings_own on offboardings using (tenant_id = current_tenant());

-- From here on a deleted tenant does not come back: its rows are being erased, some at a time.
alter table tenants add column purging_at timestamptz;
-- Those that were deleted before now are erased 30 days after it, too.
insert into jobs (tenant_id, kind, key, payload, run_at)
  select id, 'tenant.purge', 'tenant.purge', '{}', deleted_at + interval '720 hours' from tenants where deleted_at is not null;
create index tenants_deleted on tenants (id) where deleted_at is not null;
