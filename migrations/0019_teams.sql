-- Teams: made by hand, kept apart from directory groups, and fed by those that are mapped to them.

create table teams (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  name text not null,
  name_key text collate "C" not null,
  description text,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  constraint teams_name unique (tenant_id, name_key)
);
alter table teams enable row level security;
create policy teams_own on teams using (tenant_id = current_tenant());

-- Who is in a team by hand. Who is in it by a group is not written: what the directory pushes is so at once, and costs
-- the push nothing.
create table team_members (
  tenant_id uuid not null,
  team_id uuid not null,
  member_id uuid not null,
  primary key (tenant_id, team_id, member_id),
  foreign key (tenant_id, team_id) references teams (tenant_id, id) on delete cascade,
  foreign key (tenant_id, member_id) references members (tenant_id, id) on delete cascade
);
create index team_members_member on team_members (tenant_id, member_id, team_id);
alter table team_members enable row level security;
create policy team_members_own on team_members using (tenant_id = current_tenant());

-- The directory groups whose members are in a team.
create table team_groups (
  tenant_id uuid not null,
  team_id uuid not null,
  group_id uuid not null,
  primary key (tenant_id, team_id, group_id),
  foreign key (tenant_id, team_id) references teams (tenant_id, id) on delete cascade,
  foreign key (tenant_id, group_id) references groups (tenant_id, id) on delete cascade
);
create index team_groups_group on team_groups (tenant_id, group_id, team_id);
alter table team_groups enable row level security;
create policy team_groups_own on team_groups using (tenant_id = current_tenant());

-- Whom members turn to (the internal coordinator): name, email, phone, notes.
alter table tenants add column contact jsonb;

-- Search over names and addresses: any part, without regard to accents. The extensions are trusted ones, which the
-- database's owner may create; PostgreSQL's contrib modules have them, and so does the embedded engine.
create extension if not exists pg_trgm;
create extension if not exists btree_gin;

-- Letters without their accents. What is ASCII, as most is, is told by its length and left as it is.
create function unaccented(text) returns text language sql immutable parallel safe
  return case when octet_length($1) = char_length($1) then $1
    else translate(replace(replace(replace(regexp_replace(normalize($1, nfkd), '[\u0300-\u036f]', '', 'g'),
      'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'øłđðħıþ', 'olddhit') end;

-- What a member is searched in.
create function member_text(name_key text, email_key text) returns text language sql immutable parallel safe
  return unaccented(name_key || E'\n' || coalesce(email_key, ''));

-- Of what a change of a seat or status writes it names nothing, so such a change stays a heap-only one.
create index members_search on members using gin (tenant_id, member_text(name_key, email_key) gin_trgm_ops);

-- Members of the transaction's tenant whose text has this part (folded), at most so many. Row security lets no index on
-- `like` be used, for the operator may tell of rows that it is tried on; so this runs as its owner, and names the tenant.
-- Executed as text, so that it is planned for the part that is searched for.
create function find_members(part text, most integer) returns setof uuid language plpgsql stable security definer
    set search_path = public, pg_temp rows 100 as $$
begin
  return query execute
    'select id from members where tenant_id = $1 and member_text(name_key, email_key) like $2 limit $3'
    using current_tenant(), '%' || regexp_replace(unaccented(part), '([\\%_])', '\\\1', 'g') || '%', most;
end $$;

-- One action on many members, as a job: whom it is for, in their order, and what became of each.
create table bulk_runs (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  asked jsonb not null, -- the action with its roles or team
  permissions text[] not null, -- of who asked (rule 16)
  actor_type text not null,
  actor_id uuid,
  total integer not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (tenant_id, id)
);
alter table bulk_runs enable row level security;
create policy bulk_runs_own on bulk_runs using (tenant_id = current_tenant());

create table bulk_rows (
  tenant_id uuid not null,
  run_id uuid not null,
  place integer not null,
  member_id uuid not null,
  outcome jsonb, -- null until it is done
  primary key (tenant_id, run_id, place),
  foreign key (tenant_id, run_id) references bulk_runs (tenant_id, id) on delete cascade
);
alter table bulk_rows enable row level security;
create policy bulk_rows_own on bulk_rows using (tenant_id = current_tenant());

-- What members prefer. Apart from their rows, for directories write those and never this.
create table member_preferences (
  tenant_id uuid not null,
  member_id uuid not null,
  preferences jsonb not null,
  primary key (tenant_id, member_id),
  foreign key (tenant_id, member_id) references members (tenant_id, id) on delete cascade
);
alter table member_preferences enable row level security;
create policy member_preferences_own on member_preferences using (tenant_id = current_tenant());

-- Addresses that members want: nobody's until they are proven by mail. The latest of a member is the one that counts.
create table email_changes (
  tenant_id uuid not null,
  id uuid not null,
  member_id uuid not null,
  email text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  confirmed_at timestamptz,
  previous text, -- the address before, which is told of it
  primary key (tenant_id, id),
  foreign key (tenant_id, member_id) references members (tenant_id, id) on delete cascade
);
create index email_changes_member on email_changes (tenant_id, member_id, id);
alter table email_changes enable row level security;
create policy email_changes_own on email_changes using (tenant_id = current_tenant());
