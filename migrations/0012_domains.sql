-- Domains are proven by DNS and looked at again each day; people who sign up themselves, and who of them join by a domain.

alter table domains
  add column verified_by text collate "C" check (verified_by in ('dns', 'operator')),
  add column checked_at timestamptz, -- the latest look-up
  add column check_fault text collate "C", -- what it found amiss; null = nothing
  add column failed_days integer not null default 0, -- in a row, on which the record was not there
  add column next_check_at timestamptz; -- null = is not looked up: pending, or on the operator's word
update domains set verified_by = 'operator' where status <> 'pending';
create index domains_due on domains (next_check_at) where next_check_at is not null;

-- A person's own login, which exists once the mailbox was proven (rule 26). Known before any tenant is, and of none.
create table accounts (
  id uuid primary key,
  email text not null,
  email_key text collate "C" not null unique,
  name jsonb not null, -- {givenName, familyName}
  password_hash text not null, -- argon2id, PHC string
  created_at timestamptz not null
);
alter table accounts enable row level security;

-- Who has signed up and not shown yet that the mailbox is theirs; the account gets the id of the registration.
create table registrations (
  id uuid primary key,
  email text not null,
  email_key text collate "C" not null,
  name jsonb not null,
  password_hash text not null,
  expires_at timestamptz not null
);
create index registrations_email on registrations (email_key);
create index registrations_expiry on registrations (expires_at);
alter table registrations enable row level security;

-- Which member an account is in a tenant. No key to accounts: rows of tenants reference none but their own.
create table account_members (
  tenant_id uuid not null,
  account_id uuid not null,
  member_id uuid not null,
  attached_at timestamptz not null,
  primary key (tenant_id, account_id),
  constraint account_members_member unique (tenant_id, member_id),
  foreign key (tenant_id, member_id) references members (tenant_id, id) on delete cascade
);
alter table account_members enable row level security;
create policy account_members_own on account_members using (tenant_id = current_tenant());

-- Who wants in by a domain and needs an admin's yes (rule 30).
create table join_requests (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  account_id uuid not null,
  email text not null,
  email_key text collate "C" not null,
  name jsonb not null,
  domain text collate "C" not null,
  reason text collate "C" not null check (reason in ('approval', 'plusTag', 'roleMailbox')),
  status text collate "C" not null default 'pending' check (status in ('pending', 'approved', 'declined')),
  member_id uuid, -- whom an approval made
  created_at timestamptz not null,
  decided_at timestamptz,
  primary key (tenant_id, id),
  constraint join_requests_account unique (tenant_id, account_id)
);
create index join_requests_status on join_requests (tenant_id, status, id);
alter table join_requests enable row level security;
create policy join_requests_own on join_requests using (tenant_id = current_tenant());
