-- Every member is written through a row of tenant_seats, which goes with its tenant: the key said nothing more, and had all
-- who push at the same time lock the one row of their tenant together, which PostgreSQL writes down for each of them anew.
alter table members drop constraint members_tenant_id_fkey;
