-- Every member is written through a row of tenant_seats, which goes with its tenant and which an erasure locks. The key had
-- all who push at the same time lock the one row of their tenant together, which PostgreSQL writes down for each anew.
alter table members drop constraint members_tenant_id_fkey;
