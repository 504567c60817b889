-- What directories asked for by SCIM, and what was answered. The line of a write is in its transaction; those of reads
-- and refusals come in batches within a second, by the server itself and over all tenants.

-- No foreign keys: a line outlives token, person and events, and a key to tenants would have every line lock the one row.
create table provisioning_log (
  tenant_id uuid not null,
  id uuid not null, -- UUIDv7 of the arrival: the order of the log
  at timestamptz not null,
  token_id uuid, -- null where no token of ours was shown
  token_name text,
  method text collate "C" not null,
  path text not null, -- below the base, without what may be somebody's name
  query text, -- values of filters masked
  status integer not null,
  scim_type text collate "C",
  detail text, -- values masked
  resource_id uuid, -- of the path, or of what was created
  -- Who was asked for or pushed, folded: what the log is searched by, and what erasing a person blanks.
  user_name_key text collate "C",
  email_key text collate "C",
  external_id text collate "C",
  found integer, -- how many resources a query found
  tolerated text[] not null default '{}',
  events uuid[] not null default '{}', -- what it changed: the first of its events in the journal
  duration_ms real not null default 0,
  user_agent text,
  times integer not null default 1, -- how many requests the line stands for: floods are counted
  primary key (tenant_id, id)
);
create index provisioning_log_user_name on provisioning_log (tenant_id, user_name_key, id) where user_name_key is not null;
create index provisioning_log_email on provisioning_log (tenant_id, email_key, id) where email_key is not null;
create index provisioning_log_external_id on provisioning_log (tenant_id, external_id, id) where external_id is not null;
create index provisioning_log_resource on provisioning_log (tenant_id, resource_id, id) where resource_id is not null;
alter table provisioning_log enable row level security;
create policy provisioning_log_own on provisioning_log using (tenant_id = current_tenant());

-- The lowest UUIDv7 of a moment: where a log that goes by id begins.
create function uuid_v7_floor(at timestamptz) returns uuid language sql stable parallel safe
  return (lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid;
