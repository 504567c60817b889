-- Logouts that identity providers told of: a sign-in that was answered before one, and not finished yet, is over too.
create table provider_logouts (
  tenant_id uuid not null,
  connection_id uuid not null,
  mark bytea not null, -- SHA-256 of whom it names, a line end, and of which session; either may be empty
  issued_at timestamptz not null, -- by the identity provider's clock, in whole seconds
  heard_at timestamptz not null,
  expires_at timestamptz not null, -- no sign-in that it could concern is open any more
  primary key (tenant_id, connection_id, mark),
  foreign key (tenant_id, connection_id) references connections (tenant_id, id) on delete cascade
);
alter table provider_logouts enable row level security;
create policy provider_logouts_own on provider_logouts using (tenant_id = current_tenant());
