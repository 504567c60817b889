-- OpenID Provider towards the vendor's applications: the applications, what they know of who is signed in, and keys.

-- What applications know a session by. A new sign-in of the same member in the same browser goes on under it, so that
-- who shows again who they are (prompt=login, max_age) is signed out of nothing.
alter table sessions add column sign_on_id uuid; -- null = the session's own id

-- Applications of the vendor, for people of all tenants.
create table applications (
  client_id text collate "C" primary key,
  name text not null,
  type text collate "C" not null check (type in ('web', 'spa', 'native')),
  redirect_uris text[] not null,
  post_logout_redirect_uris text[] not null default '{}',
  backchannel_logout_uri text,
  initiate_login_uri text,
  resources text[] not null default '{}', -- RFC 8707: for which APIs it may ask for access tokens
  secret_hash bytea, -- SHA-256; null of what cannot keep a secret
  old_secret_hash bytea, -- the one before, which is good until:
  old_secret_until timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
alter table applications enable row level security;

-- The provider's own records: codes, tokens, grants, interactions and browser sessions, by the hash of what opens them.
create table oidc_payloads (
  kind text collate "C" not null,
  id bytea not null, -- SHA-256
  payload jsonb not null,
  grant_id text collate "C",
  uid text collate "C", -- of browser sessions: their second name
  consumed_at timestamptz,
  expires_at timestamptz not null,
  primary key (kind, id)
);
create index oidc_payloads_grant on oidc_payloads (grant_id) where grant_id is not null;
-- Not unique: of two requests of one browser each gives its session a new id.
create index oidc_payloads_uid on oidc_payloads (uid) where uid is not null;
create index oidc_payloads_expiry on oidc_payloads (expires_at);
alter table oidc_payloads enable row level security;

-- Keys that sign tokens: published from the start, used from `signs_from` on until the next one is, kept for a while.
create table oidc_signing_keys (
  kid text collate "C" primary key,
  private_key bytea not null, -- JWK, sealed
  created_at timestamptz not null,
  signs_from timestamptz not null
);
alter table oidc_signing_keys enable row level security;

-- Which applications somebody is signed in to by which session. It outlives the session until they have been told.
create table application_sessions (
  tenant_id uuid not null references tenants (id) on delete cascade,
  sign_on_id uuid not null,
  client_id text collate "C" not null,
  member_id uuid not null,
  sid text collate "C", -- as the application knows it (OIDC Back-Channel Logout §2.1)
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, sign_on_id, client_id)
);
create index application_sessions_member on application_sessions (tenant_id, member_id);
create index application_sessions_expiry on application_sessions (tenant_id, expires_at);
alter table application_sessions enable row level security;
create policy application_sessions_own on application_sessions using (tenant_id = current_tenant());
