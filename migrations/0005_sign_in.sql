-- How employees sign in: domains, SSO connections, attempts, identities, sessions.

-- A domain belongs to one tenant at most, once verified; a pending claim blocks nobody (rule 30).
create table domains (
  tenant_id uuid not null references tenants (id) on delete cascade,
  domain text collate "C" not null check (domain = lower(domain)),
  status text collate "C" not null check (status in ('pending', 'verified', 'lapsed')),
  txt_value text not null,
  auto_join jsonb not null default '{"enabled":false,"role":null,"approval":false}',
  verified_at timestamptz,
  created_at timestamptz not null,
  primary key (tenant_id, domain)
);
create unique index domains_verified on domains (domain) where status = 'verified';
alter table domains enable row level security;
create policy domains_own on domains using (tenant_id = current_tenant());

create table connections (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  protocol text collate "C" not null check (protocol in ('saml', 'oidc')),
  provider text not null,
  name text not null,
  status text collate "C" not null check (status in ('draft', 'tested', 'enabled', 'disabled')),
  -- what the identity provider said of itself: {entityId, ssoUrl, certificates} or {issuer, clientId}; no secrets
  settings jsonb not null default '{}',
  secret bytea, -- OIDC client secret, sealed
  directory_id uuid, -- read through a join: one that was deleted is none
  match jsonb,
  attributes jsonb not null default '{}',
  groups_claim text,
  unsolicited text collate "C" not null default 'restart' check (unsolicited in ('restart', 'refuse')),
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id)
);
alter table connections enable row level security;
create policy connections_own on connections using (tenant_id = current_tenant());

-- The tenant of a connection is asked before any tenant is known: its URLs carry its id alone.
create table connection_tenants (
  connection_id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade
);
alter table connection_tenants enable row level security;
create policy connection_tenants_own on connection_tenants using (tenant_id = current_tenant());

-- One try to sign in: bound to the browser that began it, consumed by the answer of the identity provider, redeemed
-- once by the same browser. Expired rows are swept.
create table sign_in_attempts (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  connection_id uuid not null,
  browser_hash bytea not null, -- SHA-256 of the cookie of the browser that began
  request_id text collate "C" not null, -- SAML AuthnRequest ID or OIDC state
  proof bytea, -- OIDC nonce and PKCE verifier, sealed
  return_to text not null,
  purpose text collate "C" not null default 'sign_in' check (purpose in ('sign_in', 'test')),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  consumed_at timestamptz,
  handle_hash bytea, -- SHA-256 of the one-time handle under which the identity waits
  identity jsonb,
  redeemed_at timestamptz,
  primary key (tenant_id, id),
  constraint sign_in_attempts_request unique (tenant_id, connection_id, request_id)
);
create unique index sign_in_attempts_handle on sign_in_attempts (tenant_id, handle_hash) where handle_hash is not null;
create index sign_in_attempts_expiry on sign_in_attempts (tenant_id, expires_at);
alter table sign_in_attempts enable row level security;
create policy sign_in_attempts_own on sign_in_attempts using (tenant_id = current_tenant());

-- Assertion ids that were taken: the second one with the same id is a replay.
create table used_assertions (
  tenant_id uuid not null references tenants (id) on delete cascade,
  connection_id uuid not null,
  assertion_id text collate "C" not null,
  expires_at timestamptz not null,
  primary key (tenant_id, connection_id, assertion_id)
);
alter table used_assertions enable row level security;
create policy used_assertions_own on used_assertions using (tenant_id = current_tenant());

-- Who a person is at an identity provider (rule 23): never an address.
create table identities (
  tenant_id uuid not null,
  connection_id uuid not null,
  issuer text collate "C" not null,
  subject text collate "C" not null,
  member_id uuid not null,
  claims jsonb not null default '[]', -- group values of the latest sign-in
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  primary key (tenant_id, connection_id, issuer, subject),
  foreign key (tenant_id, member_id) references members (tenant_id, id) on delete cascade
);
create index identities_member on identities (tenant_id, member_id, connection_id);
alter table identities enable row level security;
create policy identities_own on identities using (tenant_id = current_tenant());

-- Subjects of removed people (rule 22).
create table removed_subjects (
  tenant_id uuid not null references tenants (id) on delete cascade,
  connection_id uuid not null,
  issuer text collate "C" not null,
  subject text collate "C" not null,
  removed_at timestamptz not null,
  primary key (tenant_id, connection_id, issuer, subject)
);
alter table removed_subjects enable row level security;
create policy removed_subjects_own on removed_subjects using (tenant_id = current_tenant());

-- One session is one member of one tenant (rule 29). The cookie carries tenant and secret; only its hash is here.
create table sessions (
  tenant_id uuid not null,
  id uuid not null,
  member_id uuid not null,
  hash bytea not null,
  csrf_hash bytea not null,
  auth_method text collate "C" not null check (auth_method in ('saml', 'oidc', 'password')),
  connection_id uuid,
  provider_session text, -- SAML SessionIndex or OIDC sid
  ip text,
  user_agent text,
  must_change_password boolean not null default false,
  created_at timestamptz not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, id),
  constraint sessions_hash unique (tenant_id, hash),
  foreign key (tenant_id, member_id) references members (tenant_id, id) on delete cascade
);
create index sessions_member on sessions (tenant_id, member_id);
alter table sessions enable row level security;
create policy sessions_own on sessions using (tenant_id = current_tenant());

-- Every try, with one code for each way to fail; people see a short page with the reference (id).
create table sign_ins (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  member_id uuid,
  connection_id uuid,
  method text collate "C" not null,
  result text collate "C" not null check (result in ('signed_in', 'refused')),
  reason text collate "C", -- stable code
  detail text, -- words for the admin, personal data masked
  ip text,
  device text,
  at timestamptz not null,
  primary key (tenant_id, id)
);
create index sign_ins_member on sign_ins (tenant_id, member_id, id) where member_id is not null;
alter table sign_ins enable row level security;
create policy sign_ins_own on sign_ins using (tenant_id = current_tenant());

-- Limits that must hold over all processes: tries of a password by account and by address.
create table attempt_limits (
  key bytea primary key, -- SHA-256 of what is limited
  count integer not null,
  resets_at timestamptz not null
);
alter table attempt_limits enable row level security;

alter table members add column password_change boolean not null default false;
