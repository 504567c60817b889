-- Resources of the types that the operator adds as files: one table for all of them, for a file makes no table.

create table custom_resources (
  tenant_id uuid not null,
  id uuid not null,
  directory_id uuid not null,
  type text collate "C" not null, -- the name of the resource type
  external_id text collate "C",
  scim jsonb not null, -- the attributes, without what is never returned
  sealed bytea, -- attributes of which something is never returned, encrypted; null where there are none
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, directory_id) references directories (tenant_id, id) on delete cascade
) with (fillfactor = 85);
create index custom_resources_list on custom_resources (tenant_id, directory_id, type, id);
create index custom_resources_external_id on custom_resources (tenant_id, directory_id, type, external_id) where external_id is not null;
alter table custom_resources enable row level security;
create policy custom_resources_own on custom_resources using (tenant_id = current_tenant());

-- One row for each value that no other resource may have: SHA-256 of type, attribute, directory (but for `global`) and the
-- value in its comparison form, so that a value of any length is one short key.
create table custom_resource_keys (
  tenant_id uuid not null,
  digest bytea not null,
  resource_id uuid not null,
  primary key (tenant_id, digest),
  foreign key (tenant_id, resource_id) references custom_resources (tenant_id, id) on delete cascade
);
create index custom_resource_keys_resource on custom_resource_keys (tenant_id, resource_id);
alter table custom_resource_keys enable row level security;
create policy custom_resource_keys_own on custom_resource_keys using (tenant_id = current_tenant());
