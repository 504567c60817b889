-- Tenants, what they bought, who may come in, and the journal.
--
-- tenant_id leads every key of a tenant's table, and row-level security stands below every statement: the policies
-- compare with app.tenant, which is set for one transaction alone (nullif: after it the setting is '' and not null).

create function current_tenant() returns uuid language sql stable parallel safe
  return nullif(current_setting('app.tenant', true), '')::uuid;

-- UUIDv7 (RFC 9562 section 5.7) for rows that a set-based statement writes.
create function uuid_v7(at timestamptz) returns uuid language sql volatile parallel safe
  return encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    placing substring(int8send(floor(extract(epoch from at) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid;

-- Ends a statement whose parts did not all happen, and so undoes them: a seat taken for a member that has changed since
-- it was read. SQLSTATE US001 tells the caller to read again.
create function must(happened boolean) returns boolean language plpgsql as $$
begin
  if not happened then raise exception 'changed since it was read' using errcode = 'US001'; end if;
  return true;
end $$;

create table plans (
  slug text primary key check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  seat_limit integer check (seat_limit >= 0), -- null = unlimited
  invitation_quota jsonb not null default '{"kind":"none"}',
  features text[] not null default '{}'
);
alter table plans enable row level security;
create policy plans_are_read on plans for select using (true);
-- A tenant's transaction may lock its plan's row (for share needs an update policy), and write none.
create policy plans_are_held on plans for update using (true) with check (false);

insert into plans (slug, seat_limit, invitation_quota, features) values
  ('trial', 2, '{"kind":"total","max":20}', '{}'),
  ('pro', 10, '{"kind":"daily","max":50}', '{}'),
  ('advanced', 50, '{"kind":"daily","max":100}', '{}'),
  ('business', 100, '{"kind":"daily","max":200}', '{}'),
  ('pilot', null, '{"kind":"none"}', '{domainAutoJoin}'),
  ('enterprise', null, '{"kind":"none"}', '{domainAutoJoin}');

create table tenants (
  id uuid primary key,
  slug text not null,
  name text not null,
  plan text references plans (slug),
  -- the tenant's own limit instead of its plan's: has_seat_limit tells "null = unlimited" from "none of its own"
  has_seat_limit boolean not null default false,
  seat_limit integer check (seat_limit >= 0),
  settings jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz
);
-- a deleted tenant keeps its rows and not its name; credentials carry ids, so a successor inherits nothing
create unique index tenants_slug on tenants (slug) where deleted_at is null;
alter table tenants enable row level security;
create policy tenants_own on tenants using (id = current_tenant());

-- The seats of a tenant in one narrow row, for every seat-taking write updates it. `used` is kept where a limit is,
-- and equals the rows of members with seat = 'held' at every commit; unlimited tenants count nothing (both null).
-- rules_version changes with whatever admission decides by, so that a decision made on cached rules can be refused.
create table tenant_seats (
  tenant_id uuid primary key references tenants (id) on delete cascade,
  seat_limit integer,
  used integer check (used >= 0),
  rules_version bigint not null default 1,
  check ((seat_limit is null) = (used is null))
) with (fillfactor = 50);
alter table tenant_seats enable row level security;
create policy tenant_seats_own on tenant_seats using (tenant_id = current_tenant());

create table directories (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  name text not null,
  name_key text collate "C" not null,
  provider text not null,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  constraint directories_name unique (tenant_id, name_key)
);
alter table directories enable row level security;
create policy directories_own on directories using (tenant_id = current_tenant());

create table scim_tokens (
  tenant_id uuid not null,
  id uuid not null,
  directory_id uuid not null,
  name text not null,
  dialect text not null check (dialect in ('tolerant', 'rfc', 'interop')),
  hash bytea not null, -- SHA-256 of the token, which itself is shown once and stored nowhere
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  primary key (tenant_id, id),
  constraint scim_tokens_hash unique (tenant_id, hash),
  foreign key (tenant_id, directory_id) references directories (tenant_id, id) on delete cascade
);
alter table scim_tokens enable row level security;
create policy scim_tokens_own on scim_tokens using (tenant_id = current_tenant());

create table api_keys (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  name text not null,
  permissions text[] not null,
  hash bytea not null,
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  primary key (tenant_id, id),
  constraint api_keys_hash unique (tenant_id, hash)
);
alter table api_keys enable row level security;
create policy api_keys_own on api_keys using (tenant_id = current_tenant());

-- One person in one tenant. What is searched, sorted and joined is a column (the *_key ones folded, in COLLATE "C");
-- `scim` holds the SCIM attributes as the directory wrote them, without those that have a column of their own meaning
-- (active, groups, password).
create table members (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  user_name_key text collate "C" not null,
  external_id text collate "C",
  email text, -- the primary, else work, else first (rule 21)
  email_key text collate "C",
  email_verified boolean not null default false,
  name_key text collate "C" not null,
  manager_id uuid, -- of the enterprise extension, where it names a member
  scim jsonb not null,
  directory_id uuid,
  entrance text not null check (entrance in ('scim', 'sso', 'invitation', 'link', 'domain', 'csv', 'admin')),
  joined_at timestamptz,
  directory_active boolean not null default true, -- what the directory wishes
  hold boolean not null default false, -- what an admin decided
  break_glass boolean not null default false,
  status text collate "C" not null generated always as (
    case when joined_at is null then 'invited' when hold or not directory_active then 'suspended' else 'active' end) stored,
  granted text[] not null, -- roles asked for or granted by hand
  mapped text, -- the role that a mapping granted
  last_admin_hold text[] not null default '{}', -- roles that stay because nobody else administers (rule 17)
  entitled text[] not null, -- roles that grants, mappings and defaults add up to
  roles text[] not null check (cardinality(roles) > 0), -- roles in force
  administers boolean not null, -- active, every permission in force, not break-glass (rule 17)
  seat text collate "C" not null check (seat in ('held', 'waiting', 'none')),
  waiting_since timestamptz check ((waiting_since is null) = (seat <> 'waiting')),
  needs_seat boolean not null,
  displaced_at timestamptz, -- when a group move freed the held seat (rule 4)
  invitation_lapsed boolean not null default false,
  reasons jsonb not null,
  password_hash text, -- argon2id, PHC string
  last_sign_in_at timestamptz,
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint members_user_name unique (tenant_id, user_name_key),
  foreign key (tenant_id, directory_id) references directories (tenant_id, id)
) with (fillfactor = 85);
create index members_email on members (tenant_id, email_key, id);
create index members_name on members (tenant_id, name_key, id);
create index members_external_id on members (tenant_id, external_id) where external_id is not null;
create index members_directory on members (tenant_id, directory_id) where directory_id is not null;
create index members_manager on members (tenant_id, manager_id) where manager_id is not null;
create index members_last_sign_in on members (tenant_id, last_sign_in_at, id) where last_sign_in_at is not null;
-- Not `where seat = 'waiting'`: a column that an index names makes each change of it touch every index of the row.
create index members_waiting on members (tenant_id, waiting_since, created_at, id) where waiting_since is not null;
create index members_administers on members (tenant_id) where administers;
create index members_break_glass on members (tenant_id) where break_glass;
alter table members enable row level security;
create policy members_own on members using (tenant_id = current_tenant());

-- Who was removed (rule 22): sign-in, domain and link do not bring them back; SCIM, invitation and admin do.
create table tombstones (
  tenant_id uuid not null references tenants (id) on delete cascade,
  member_id uuid not null,
  email_key text collate "C" not null,
  removed_at timestamptz not null,
  primary key (tenant_id, member_id)
);
create index tombstones_email on tombstones (tenant_id, email_key);
alter table tombstones enable row level security;
create policy tombstones_own on tombstones using (tenant_id = current_tenant());

-- The journal: append-only, written in the transaction of what it tells. Neither serial numbers nor UUIDv7 are in the
-- order of commits; a reader that follows it goes by (xid, id) and stops below the oldest transaction still open.
create table events (
  tenant_id uuid not null,
  id uuid not null,
  xid bigint not null default (pg_current_xact_id()::text::bigint),
  type text collate "C" not null,
  actor_type text collate "C" not null,
  actor_id uuid,
  target_type text collate "C" not null,
  target_id uuid,
  at timestamptz not null,
  data jsonb not null,
  primary key (tenant_id, id)
);
create index events_commit_order on events (tenant_id, xid, id);
create index events_target on events (tenant_id, target_id, id) where target_id is not null;
alter table events enable row level security;
create policy events_own on events using (tenant_id = current_tenant());
