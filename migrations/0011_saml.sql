-- SAML made whole: our own keys of a connection, what is asked of requests and of encryption, metadata read on a schedule.

-- Our keys: the oldest signs, all are published and decrypt, so that an identity provider may learn of the next in its own time.
create table connection_keys (
  tenant_id uuid not null,
  connection_id uuid not null,
  id uuid not null,
  certificate text not null, -- PEM, self-signed: published
  private_key bytea not null, -- PKCS #8 as PEM, sealed
  created_at timestamptz not null,
  primary key (tenant_id, connection_id, id),
  foreign key (tenant_id, connection_id) references connections (tenant_id, id) on delete cascade
);
alter table connection_keys enable row level security;
create policy connection_keys_own on connection_keys using (tenant_id = current_tenant());

alter table connections
  add column sign_requests boolean not null default false,
  add column allow_cbc boolean not null default false;

-- Of a connection whose identity provider's metadata has an address.
alter table connections
  add column metadata_refreshed_at timestamptz, -- when it was last read as a whole
  add column metadata_error text, -- why the latest reading failed; null = it did not
  add column metadata_due_at timestamptz; -- null = is not read again
update connections set metadata_refreshed_at = updated_at, metadata_due_at = updated_at
  where settings->>'metadataUrl' is not null;
create index connections_metadata_due on connections (metadata_due_at) where metadata_due_at is not null;

-- When the identity provider's certificates are to be looked at, and what of their end the admins were told.
alter table connections
  add column certificates_due_at timestamptz default now(), -- null = not before the connection changes
  add column certificates_told_end timestamptz,
  add column certificates_told_days smallint;
create index connections_certificates_due on connections (certificates_due_at) where certificates_due_at is not null;
