-- One person's account in several tenants, their sessions, and required single sign-on.

-- Which tenants an account is in is asked before any of them is known.
create index account_members_account on account_members (account_id);

-- Sessions that are over are swept by those that are opened.
create index sessions_expiry on sessions (tenant_id, expires_at);

-- An account's password was right: for some minutes this browser may choose among its tenants, once. Of no tenant.
create table account_tickets (
  hash bytea primary key, -- SHA-256 of the cookie
  account_id uuid not null references accounts (id) on delete cascade,
  proof bytea not null, -- SHA-256 of the password's hash: another password makes the ticket void
  expires_at timestamptz not null
);
create index account_tickets_expiry on account_tickets (expires_at);
create index account_tickets_account on account_tickets (account_id);
alter table account_tickets enable row level security;

-- The language that somebody signed up in, for the letters to who is no member yet.
alter table registrations add column language text collate "C"; -- null = not said
alter table accounts add column language text collate "C";
