-- Test sign-ins: what an identity provider sends and what would come of it, before anybody signs in by it.

create table connection_tests (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  connection_id uuid not null,
  connection_version bigint not null, -- what is tested: another one since then is not
  hash bytea not null, -- SHA-256 of the secret in its address
  ip text, -- of the browser that opened it last
  created_at timestamptz not null,
  expires_at timestamptz not null,
  opened_at timestamptz,
  finished_at timestamptz,
  result jsonb,
  primary key (tenant_id, id),
  constraint connection_tests_hash unique (tenant_id, hash)
);
create index connection_tests_connection on connection_tests (tenant_id, connection_id, expires_at);
alter table connection_tests enable row level security;
create policy connection_tests_own on connection_tests using (tenant_id = current_tenant());

-- An attempt that belongs to a test signs nobody in.
alter table sign_in_attempts drop column purpose, add column test_id uuid;
create index sign_ins_connection on sign_ins (tenant_id, connection_id, id);

-- What arrived with a sign-in, masked; lines are kept as long as the tenant says.
alter table sign_ins add column arrived jsonb;
