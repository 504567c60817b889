-- Directory groups (SCIM Group) and who is in them, one row a membership: adding one member reads no other.

create table groups (
  tenant_id uuid not null,
  id uuid not null,
  directory_id uuid not null,
  name_key text collate "C" not null, -- folded displayName
  external_id text collate "C",
  scim jsonb not null, -- the attributes as the directory wrote them, without members
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint groups_name unique (tenant_id, directory_id, name_key),
  foreign key (tenant_id, directory_id) references directories (tenant_id, id) on delete cascade
) with (fillfactor = 85);
create index groups_external_id on groups (tenant_id, external_id) where external_id is not null;
alter table groups enable row level security;
create policy groups_own on groups using (tenant_id = current_tenant());

-- No foreign key to members: a push of a thousand would ask a thousand times. Writers lock the members that they add
-- (`for key share`) in the same statement, and who removes a member removes the memberships.
create table memberships (
  tenant_id uuid not null,
  group_id uuid not null,
  member_id uuid not null,
  primary key (tenant_id, group_id, member_id),
  foreign key (tenant_id, group_id) references groups (tenant_id, id) on delete cascade
);
create index memberships_member on memberships (tenant_id, member_id, group_id);
alter table memberships enable row level security;
create policy memberships_own on memberships using (tenant_id = current_tenant());

-- The ordered list of role mappings (rule 11), as admission reads it, each with how it was written.
alter table tenants add column role_mappings jsonb not null default '[]';
