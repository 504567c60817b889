-- What members do: the journal by who acted, and what the vendor's applications tell of their work. Goings-through of all
-- members, with how far they are; directories that are being switched off.

-- What an application told that a member did. No foreign keys: it outlives the member, for audit, until the tenant keeps
-- it no more; erasing a person blanks what it says of them.
create table activities (
  tenant_id uuid not null,
  id uuid not null, -- UUIDv7 of the moment: the order of the list
  member_id uuid not null,
  type text collate "C" not null, -- begins with app. and so is no type of the journal's
  at timestamptz not null,
  key text collate "C", -- the application's own name of it: told again, it adds nothing
  summary text,
  data jsonb not null,
  actor_type text collate "C" not null,
  actor_id uuid,
  primary key (tenant_id, id)
);
create index activities_member on activities (tenant_id, member_id, id);
create unique index activities_key on activities (tenant_id, key) where key is not null;
alter table activities enable row level security;
create policy activities_own on activities using (tenant_id = current_tenant());

-- What a member did. Of other actors nobody asks by their id, and what directories push pays nothing for it.
create index events_actor on events (tenant_id, actor_id, id) where actor_type = 'member';

-- A going-through of many members: roles and seats are decided anew, chunk after chunk, by a job.
create table reconciliations (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  cause text collate "C" not null check (cause in ('asked', 'mappings', 'directory')),
  directory_id uuid, -- of the directory that is switched off
  fate text collate "C" check (fate in ('keep', 'suspend')), -- of its members
  actor_type text collate "C" not null,
  actor_id uuid,
  after_id uuid not null default '00000000-0000-0000-0000-000000000000', -- the last member who was looked at
  total integer not null,
  done integer not null default 0,
  changed integer not null default 0,
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (tenant_id, id)
);
alter table reconciliations enable row level security;
create policy reconciliations_own on reconciliations using (tenant_id = current_tenant());

-- Switched off: its tokens are dead, its members leave it chunk by chunk, and then it is deleted.
alter table directories add column closing_at timestamptz;
