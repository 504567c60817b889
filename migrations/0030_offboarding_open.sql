-- A member has left at most once at a time. By this index the one that waits is found, however many people of a tenant
-- have left: one over its status was chosen as long as the planner knew no figures of the table.
delete from offboardings o using offboardings later
  where later.tenant_id = o.tenant_id and later.member_id = o.member_id and later.id > o.id
    and o.ended_at is null and later.ended_at is null;
drop index offboardings_member;
create unique index offboardings_open on offboardings (tenant_id, member_id) where ended_at is null;
alter table offboardings add check ((status = 'open') = (ended_at is null));
-- As with events: it is written with a change of its tenant's member, and erased with the tenant's other rows.
alter table offboardings drop constraint offboardings_tenant_id_fkey;

-- Suspensions are told by a reader of the journal; those until now were told by whoever suspended.
insert into journal_readers (name, xid, seq)
  select 'offboarding', xid, seq from events order by xid desc, seq desc limit 1;
