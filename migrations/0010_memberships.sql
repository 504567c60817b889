-- A membership goes with its group by one statement for all of them. A foreign key asked for each of a thousand members
-- that are pushed at once whether their group is there, a third of what the push cost; who writes memberships makes the
-- group in the same statement or holds its lock, and so does who deletes it. Members are not asked for either: who
-- removes one holds the lock of the tenant's seats, as do those who add members to a mapped group, and takes their
-- memberships along.
alter table memberships drop constraint memberships_tenant_id_group_id_fkey;

create function end_memberships() returns trigger language plpgsql as $$
begin
  delete from memberships x using gone where x.tenant_id = gone.tenant_id and x.group_id = gone.id;
  return null;
end $$;

create trigger groups_end_memberships after delete on groups referencing old table as gone
  for each statement execute function end_memberships();
