-- Roles of a tenant's own, what the vendor's applications let people do, and what members were given by hand.

-- The areas of permissions that the vendor's applications bring, over all tenants. Usher's own are in the code.
create table permission_areas (
  area text collate "C" primary key,
  name text not null,
  actions text[] not null check (cardinality(actions) > 0),
  -- whether its actions may be given on single resources
  scoped boolean not null
);
alter table permission_areas enable row level security;
create policy permission_areas_are_read on permission_areas for select using (true);
-- A tenant's transaction may lock a row (for share needs an update policy), and write none.
create policy permission_areas_are_held on permission_areas for update using (true) with check (false);

-- Roles that a tenant made; a template is a role that is added to another. The built-in ones are in the code. Members,
-- mappings and settings name a role by its slug, so one that is in use goes only by being replaced.
create table roles (
  tenant_id uuid not null references tenants (id) on delete cascade,
  slug text collate "C" not null,
  template boolean not null,
  name text not null,
  extends text collate "C",
  permissions text[] not null, -- its own, without those that it inherits
  seat_required boolean not null, -- by itself; what it extends may need one besides
  replaced_by text collate "C", -- deleted: members who still have it are given this one, by a job
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint roles_pkey primary key (tenant_id, slug)
);
alter table roles enable row level security;
create policy roles_own on roles using (tenant_id = current_tenant());

-- Permissions that a member was given by hand, beside those of the roles. Not columns of members: no push by a
-- directory reads or writes them.
create table member_permissions (
  tenant_id uuid not null,
  member_id uuid not null,
  permissions text[] not null,
  updated_at timestamptz not null,
  primary key (tenant_id, member_id),
  foreign key (tenant_id, member_id) references members (tenant_id, id) on delete cascade
);
alter table member_permissions enable row level security;
create policy member_permissions_own on member_permissions using (tenant_id = current_tenant());

-- What of the vendor's applications is given one by one: an agent, a project. The application tells which there are.
create table app_resources (
  tenant_id uuid not null references tenants (id) on delete cascade,
  area text collate "C" not null,
  resource text collate "C" not null, -- the application's own id
  name text not null,
  company text collate "C" not null default '', -- what it is grouped by; '' = nothing
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, area, resource)
);
create index app_resources_company on app_resources (tenant_id, area, company, resource);
alter table app_resources enable row level security;
create policy app_resources_own on app_resources using (tenant_id = current_tenant());

-- What a member may do with one of them.
create table member_resources (
  tenant_id uuid not null,
  member_id uuid not null,
  area text collate "C" not null,
  resource text collate "C" not null,
  actions text[] not null check (cardinality(actions) > 0),
  primary key (tenant_id, member_id, area, resource),
  foreign key (tenant_id, member_id) references members (tenant_id, id) on delete cascade,
  foreign key (tenant_id, area, resource) references app_resources (tenant_id, area, resource) on delete cascade
);
create index member_resources_resource on member_resources (tenant_id, area, resource, member_id);
alter table member_resources enable row level security;
create policy member_resources_own on member_resources using (tenant_id = current_tenant());
