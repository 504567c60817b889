-- By what programs come in without a token that somebody copied: a directory's OAuth client, the tokens that Entra ID
-- signs itself, and the identity provider that has somebody's sessions ended.

-- Of a directory: `client` authenticates at the token endpoint, `entra` pins whose signed tokens are taken.
create table machine_credentials (
  tenant_id uuid not null,
  id uuid not null,
  directory_id uuid not null,
  kind text not null check (kind in ('client', 'entra')),
  name text not null,
  dialect text not null check (dialect in ('tolerant', 'rfc', 'interop')),
  secret_hash bytea, -- SHA-256 of a client's secret, which itself is shown once and stored nowhere
  entra jsonb, -- tenant id, audience, application id, authority: as they were pinned
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  last_used_at timestamptz, -- written at most once a minute
  primary key (tenant_id, id),
  foreign key (tenant_id, directory_id) references directories (tenant_id, id) on delete cascade
);
-- The address that Entra pushes to names the directory, so there is one answer to whose token is good there.
create unique index machine_credentials_entra on machine_credentials (tenant_id, directory_id) where kind = 'entra';
alter table machine_credentials enable row level security;
create policy machine_credentials_own on machine_credentials using (tenant_id = current_tenant());

-- Of a connection: by what its identity provider may have somebody's sessions and tokens ended. Either a secret of ours
-- (`hash`) or an issuer whose signed tokens are taken.
create table revocation_credentials (
  tenant_id uuid not null,
  id uuid not null,
  connection_id uuid not null,
  name text not null,
  hash bytea,
  issuer text,
  created_by text not null,
  created_at timestamptz not null,
  last_used_at timestamptz, -- written at most once a minute
  primary key (tenant_id, id),
  check (num_nonnulls(hash, issuer) < 2),
  foreign key (tenant_id, connection_id) references connections (tenant_id, id) on delete cascade
);
create index revocation_credentials_connection on revocation_credentials (tenant_id, connection_id, id);
alter table revocation_credentials enable row level security;
create policy revocation_credentials_own on revocation_credentials using (tenant_id = current_tenant());
