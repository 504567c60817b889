-- Every member is written through a row of tenant_seats, which is erased before the last look at the members. The key had all
-- who push at the same time lock the one row of their tenant together, which PostgreSQL writes down for each anew.
alter table members drop constraint members_tenant_id_fkey;
