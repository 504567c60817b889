-- Many people invited by one file: what each row said, and what became of it.

-- Who may have begun it is asked again as it goes (rule 16).
create table imports (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  send_email boolean not null,
  creator_type text collate "C" not null,
  creator_id uuid,
  total integer not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (tenant_id, id)
);
-- One at a time: a file that is sent twice is not imported twice.
create unique index imports_running on imports (tenant_id) where ended_at is null;
alter table imports enable row level security;
create policy imports_own on imports using (tenant_id = current_tenant());

create table import_rows (
  tenant_id uuid not null,
  import_id uuid not null,
  place integer not null, -- the row in the file; its header is row 1
  cells jsonb not null, -- as they were written
  email_key text collate "C", -- folded, and the member invited, to forget people by; null where there is none
  member_id uuid,
  roles text[] not null, -- none = what the tenant's settings give newcomers
  team_id uuid,
  outcome jsonb, -- null until it is done
  primary key (tenant_id, import_id, place),
  foreign key (tenant_id, import_id) references imports (tenant_id, id) on delete cascade
);
create index import_rows_pending on import_rows (tenant_id, import_id, place) where outcome is null;
create index import_rows_email on import_rows (tenant_id, email_key);
create index import_rows_member on import_rows (tenant_id, member_id) where member_id is not null;
alter table import_rows enable row level security;
create policy import_rows_own on import_rows using (tenant_id = current_tenant());
