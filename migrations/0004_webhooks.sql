-- Where the journal is sent to, and what became of it. Endpoints and deliveries of the operator, which hear of all
-- tenants, belong to the nil UUID: no tenant has it, and `inTenant` refuses it.

create table webhooks (
  tenant_id uuid not null,
  id uuid not null,
  url text not null,
  events text[] not null check (cardinality(events) > 0), -- types, `noun.*` or `*`
  description text not null,
  enabled boolean not null,
  since_xid bigint not null default (pg_current_xact_id()::text::bigint), -- hears what happens from when it was enabled
  disabled_reason text, -- why Usher disabled it; null where a person did
  failing_since timestamptz, -- the first failure after the last success
  secret bytea not null, -- sealed
  previous_secret bytea, -- sealed; signs too until previous_until
  previous_until timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  check ((previous_secret is null) = (previous_until is null))
) with (fillfactor = 85);
alter table webhooks enable row level security;
create policy webhooks_own on webhooks using (tenant_id = current_tenant());

-- One row for each event and endpoint: what is to be sent, then the log of it. The body is made of the journal when it
-- is sent, so what is blanked there is sent to nobody.
create table webhook_deliveries (
  tenant_id uuid not null, -- of the endpoint
  id uuid not null,
  webhook_id uuid not null,
  event_tenant_id uuid not null,
  event_id uuid not null,
  type text collate "C" not null,
  -- Deliveries of one endpoint and key go one after the other in the order of seq, which is the order of commits.
  key uuid not null,
  seq bigint generated always as identity,
  status text collate "C" not null default 'pending' check (status in ('pending', 'delivered', 'parked')),
  attempts integer not null default 0,
  due_at timestamptz not null default now(),
  leased_until timestamptz, -- while a process sends it
  attempted_at timestamptz,
  response_status smallint,
  duration_ms integer,
  error text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, webhook_id) references webhooks (tenant_id, id) on delete cascade
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
create index webhook_deliveries_log on webhook_deliveries (tenant_id, webhook_id, id);
create index webhook_deliveries_due on webhook_deliveries (tenant_id, webhook_id, due_at, seq) where status = 'pending';
create index webhook_deliveries_key on webhook_deliveries (tenant_id, webhook_id, key, seq) where status = 'pending';
alter table webhook_deliveries enable row level security;
create policy webhook_deliveries_own on webhook_deliveries using (tenant_id = current_tenant());
