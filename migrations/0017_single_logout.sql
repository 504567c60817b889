-- SAML single logout: what an identity provider calls a session of ours, and the logouts that it was asked for.

-- Whether who signs out here is signed out at the identity provider too, where it has a place for that.
alter table connections add column single_logout boolean not null default true;

-- The names by which the identity provider ends a session, and by which we ask it to. They are personal, as the
-- subject in `identities` is, and go with the session.
create table saml_sessions (
  tenant_id uuid not null,
  session_id uuid not null,
  connection_id uuid not null,
  name_id_hash bytea not null, -- SHA-256 of its value: a NameID may be longer than what an index takes
  name_id jsonb not null, -- {value, format, nameQualifier, spNameQualifier} as they came
  session_index text, -- SAML SessionIndex; null where the assertion named none
  primary key (tenant_id, session_id),
  foreign key (tenant_id, session_id) references sessions (tenant_id, id) on delete cascade
);
create index saml_sessions_name_id on saml_sessions (tenant_id, connection_id, name_id_hash);
alter table saml_sessions enable row level security;
create policy saml_sessions_own on saml_sessions using (tenant_id = current_tenant());

-- A LogoutRequest of ours, until it is answered: the answer is shown to the browser that signed out, and to no other.
create table logout_requests (
  tenant_id uuid not null,
  connection_id uuid not null,
  request_id text collate "C" not null,
  browser_hash bytea not null, -- SHA-256 of the cookie of the browser that signed out
  outcome text collate "C" check (outcome in ('success', 'partial', 'failed')), -- null = not answered yet
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, connection_id, request_id),
  foreign key (tenant_id, connection_id) references connections (tenant_id, id) on delete cascade
);
create index logout_requests_expiry on logout_requests (tenant_id, expires_at);
alter table logout_requests enable row level security;
create policy logout_requests_own on logout_requests using (tenant_id = current_tenant());
