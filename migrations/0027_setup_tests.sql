-- Tests that a setup link began: they are about the connection, and tell nothing of anybody.
alter table connection_tests add column of_setup boolean not null default false;
