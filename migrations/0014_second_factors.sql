-- Second factors: of a member, beside the password that is good in their tenant alone, or of an account, beside its own
-- (rule 26); passkeys, which also sign in alone; the way between a right password and the session.

-- One row a holder, with the secret of their authenticator app and what is left of their recovery codes.
create table member_factors (
  tenant_id uuid not null,
  member_id uuid not null,
  totp_secret bytea, -- sealed; null = none
  totp_confirmed_at timestamptz, -- null = shown, and no code of it was given yet
  totp_step bigint not null default 0, -- the last time step of which a code was taken (RFC 6238 §5.2)
  recovery_codes bytea[] not null default '{}', -- SHA-256 of those that are left
  primary key (tenant_id, member_id),
  foreign key (tenant_id, member_id) references members (tenant_id, id) on delete cascade
);
alter table member_factors enable row level security;
create policy member_factors_own on member_factors using (tenant_id = current_tenant());

create table account_factors (
  account_id uuid primary key references accounts (id) on delete cascade,
  totp_secret bytea,
  totp_confirmed_at timestamptz,
  totp_step bigint not null default 0,
  recovery_codes bytea[] not null default '{}'
);
alter table account_factors enable row level security;

create table member_passkeys (
  tenant_id uuid not null,
  id uuid not null,
  member_id uuid not null,
  credential_id text collate "C" not null, -- base64url
  public_key bytea not null, -- COSE (RFC 9052)
  counter bigint not null,
  transports text[] not null,
  name text not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  primary key (tenant_id, id),
  constraint member_passkeys_credential unique (tenant_id, credential_id),
  foreign key (tenant_id, member_id) references members (tenant_id, id) on delete cascade
);
create index member_passkeys_member on member_passkeys (tenant_id, member_id);
alter table member_passkeys enable row level security;
create policy member_passkeys_own on member_passkeys using (tenant_id = current_tenant());

create table account_passkeys (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  credential_id text collate "C" not null constraint account_passkeys_credential unique,
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null,
  name text not null,
  created_at timestamptz not null,
  last_used_at timestamptz
);
create index account_passkeys_account on account_passkeys (account_id);
alter table account_passkeys enable row level security;

-- What a passkey is to sign: taken once, by whom it was made for. Before a sign-in no tenant is known.
create table passkey_challenges (
  hash bytea primary key, -- SHA-256 of the challenge
  bound_to bytea not null, -- SHA-256 of the purpose and of the browser's or session's secret
  expires_at timestamptz not null
);
create index passkey_challenges_expiry on passkey_challenges (expires_at);
alter table passkey_challenges enable row level security;

-- The password was right, the second factor is asked for: no session yet. Only the cookie's hash is here.
create table sign_in_steps (
  tenant_id uuid not null,
  id uuid not null,
  member_id uuid not null,
  hash bytea not null,
  must_change_password boolean not null,
  password_mark bytea not null, -- SHA-256 of the password's hash: with another password the step is over
  expires_at timestamptz not null,
  primary key (tenant_id, id),
  constraint sign_in_steps_hash unique (tenant_id, hash),
  foreign key (tenant_id, member_id) references members (tenant_id, id) on delete cascade
);
create index sign_in_steps_member on sign_in_steps (tenant_id, member_id);
alter table sign_in_steps enable row level security;
create policy sign_in_steps_own on sign_in_steps using (tenant_id = current_tenant());

alter table sessions
  add column must_add_factor boolean not null default false, -- permits nothing until there is one
  add column proven_at timestamptz, -- when its holder showed again who they are; null = not since the sign-in
  add column account_proven_at timestamptz, -- when they showed that the attached account is theirs; null = not at all
  drop constraint sessions_auth_method_check,
  add constraint sessions_auth_method_check check (auth_method in ('saml', 'oidc', 'password', 'passkey'));
