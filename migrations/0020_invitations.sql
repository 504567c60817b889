-- Invitations and invite links: who may come in by an address that somebody wrote down, and who by a link that goes round.

-- Somebody who is invited is a member who has not joined: the same row, before and after (rule 20), and one invitation
-- each. So who joins by another way makes the invitation void without a word to this table.
create table invitations (
  tenant_id uuid not null,
  member_id uuid not null, -- whom it makes a member; an invitation has no other id
  serial integer not null default 1, -- one more each time that it is sent: the job of an earlier one mails nothing
  hash bytea, -- SHA-256 of the token; null = none opens it any more
  email_key text collate "C" not null, -- the address that the token is bound to, folded
  mailed boolean not null, -- the token went by mail alone, and so proves the mailbox (rule 27)
  state text collate "C" not null default 'pending' check (state in ('pending', 'accepted', 'expired', 'revoked')),
  creator_type text collate "C" not null, -- by whose permissions it lives (rule 16)
  creator_id uuid,
  sent_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz, -- accepted, expired or revoked
  primary key (tenant_id, member_id),
  constraint invitations_hash unique (tenant_id, hash),
  foreign key (tenant_id, member_id) references members (tenant_id, id) on delete cascade
);
create index invitations_due on invitations (tenant_id, expires_at) where state = 'pending';
alter table invitations enable row level security;
create policy invitations_own on invitations using (tenant_id = current_tenant());

-- How many were made on each day (UTC), for quotas: whoever removes the invited gets none back.
create table invitation_counts (
  tenant_id uuid not null references tenants (id) on delete cascade,
  day timestamptz not null, -- its beginning
  count integer not null,
  primary key (tenant_id, day)
);
alter table invitation_counts enable row level security;
create policy invitation_counts_own on invitation_counts using (tenant_id = current_tenant());

-- One link a role, which whoever holds it may join by.
create table invite_links (
  tenant_id uuid not null references tenants (id) on delete cascade,
  role text collate "C" not null,
  id uuid not null, -- another one when it is made anew
  hash bytea not null, -- SHA-256 of the token
  expires_at timestamptz,
  max_uses integer check (max_uses > 0), -- null = as many as like
  uses integer not null default 0,
  allowed_domains text[] not null default '{}', -- none = any
  creator_type text collate "C" not null,
  creator_id uuid,
  created_at timestamptz not null,
  primary key (tenant_id, role),
  constraint invite_links_hash unique (tenant_id, hash)
);
alter table invite_links enable row level security;
create policy invite_links_own on invite_links using (tenant_id = current_tenant());

-- The invitation or link with which somebody goes to the identity provider (SHA-256 of its token).
alter table sign_in_attempts add column invitation_hash bytea;

-- The link by which somebody signs up: which tenant it is of, and SHA-256 of its token.
alter table registrations
  add column link_tenant uuid,
  add column link_hash bytea,
  add constraint registrations_link check ((link_tenant is null) = (link_hash is null));
