-- Setup links: with one, a customer's IT admin sets single sign-on, SCIM or a domain up without being a member.

create table setup_links (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  hash bytea not null, -- SHA-256 of the link's secret
  intents text[] not null,
  -- whose permission the link lives by, asked for at each request
  creator_type text collate "C" not null,
  creator_id uuid,
  created_at timestamptz not null,
  expires_at timestamptz not null, -- of the link and of the session that it was redeemed for
  redeemed_at timestamptz,
  session_hash bytea, -- SHA-256 of the cookie's secret
  ip text, -- of the browser that redeemed it
  user_agent text,
  primary key (tenant_id, id),
  constraint setup_links_hash unique (tenant_id, hash),
  constraint setup_links_session unique (tenant_id, session_hash)
);
alter table setup_links enable row level security;
create policy setup_links_own on setup_links using (tenant_id = current_tenant());

-- What was made through a link. `request_id` is there while it waits for an admin's yes, and another one each time that
-- it is asked for, so that nobody approves what was changed since; `done_at` ends what links may do with it.
create table setup_items (
  tenant_id uuid not null,
  id uuid not null,
  link_id uuid not null,
  kind text collate "C" not null check (kind in ('connection', 'scim_token', 'domain')),
  thing text collate "C" not null, -- its id; of a domain the name
  created_at timestamptz not null,
  request_id uuid,
  requested_at timestamptz,
  done_at timestamptz,
  primary key (tenant_id, id),
  constraint setup_items_thing unique (tenant_id, kind, thing, link_id),
  foreign key (tenant_id, link_id) references setup_links (tenant_id, id) on delete cascade
);
create index setup_items_link on setup_items (tenant_id, link_id);
create index setup_items_request on setup_items (tenant_id, request_id) where request_id is not null;
alter table setup_items enable row level security;
create policy setup_items_own on setup_items using (tenant_id = current_tenant());

-- A token that nothing can be done with until an admin says yes.
alter table scim_tokens add column awaits_approval boolean not null default false;
