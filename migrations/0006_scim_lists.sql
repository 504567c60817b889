-- Directories find people by any of their addresses: by `members.email_key`, the one of rule 21, and by those beside it.

-- Folded by the writer, each once. Most people have none. No index names the column, so that a change of a seat stays a
-- heap-only one.
alter table members add column more_email_keys text[] collate "C" not null default '{}';

update members m set more_email_keys = k.keys
  from (select a.tenant_id, a.id, array_agg(distinct a.key) as keys
      from (select m.tenant_id, m.id, m.email_key, (btrim(lower(normalize(e.value->>'value', NFKC))) collate "C") as key
        from members m, jsonb_array_elements(case jsonb_typeof(m.scim->'emails') when 'array' then m.scim->'emails' else '[]' end) e
        where jsonb_typeof(e.value->'value') = 'string') a
      where a.key <> '' and a.key is distinct from a.email_key group by a.tenant_id, a.id) k
  where m.tenant_id = k.tenant_id and m.id = k.id;

-- No foreign key: the row's own triggers keep it, and each addition would ask for the member once more.
create table member_emails (
  tenant_id uuid not null,
  email_key text collate "C" not null,
  member_id uuid not null,
  primary key (tenant_id, email_key, member_id)
);
alter table member_emails enable row level security;
create policy member_emails_own on member_emails using (tenant_id = current_tenant());

insert into member_emails (tenant_id, email_key, member_id)
  select m.tenant_id, key, m.id from members m, unnest(m.more_email_keys) as k (key);

create function keep_member_emails() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    delete from member_emails
      where tenant_id = old.tenant_id and email_key = any (old.more_email_keys) and member_id = old.id;
  end if;
  if tg_op <> 'DELETE' then
    insert into member_emails (tenant_id, email_key, member_id)
      select new.tenant_id, key, new.id from unnest(new.more_email_keys) as k (key) on conflict do nothing;
  end if;
  return null;
end $$;
-- Fired only where there is something to do, though every write names the column.
create trigger member_emails_insert after insert on members for each row
  when (new.more_email_keys <> '{}') execute function keep_member_emails();
create trigger member_emails_update after update on members for each row
  when (new.more_email_keys is distinct from old.more_email_keys) execute function keep_member_emails();
create trigger member_emails_delete after delete on members for each row
  when (old.more_email_keys <> '{}') execute function keep_member_emails();
