/**
 * Fills a directory in set-based SQL from one person who came in by the API: their rows are copied as text with ids and
 * names exchanged. So a seeded row is what a real one is, whatever columns there are.
 */
import type { Client } from "pg";

/** The person who is copied; person i is called `user<i>`. */
export const TEMPLATE = "user0";

/** How many ids a run needs to know, spread over the directory. */
const SAMPLE = 500;

/** A person in the database. */
export interface KnownPerson {
  readonly id: string;
  readonly name: string;
}

/** Copies the template member of a tenant, and the events about them: persons `from` to `to - 1`. */
export async function seedUsher(sql: Client, tenantId: string, from: number, to: number): Promise<void> {
  const members = await writableColumns(sql, "members");
  await sql.query(
    `with template as (select id::text as old_id, to_jsonb(m)::text as row from members m
        where tenant_id = $1 and user_name_key like '${TEMPLATE}@%')
      insert into members (${members.join(",")}) select ${ofCopy(members)}
      from template, generate_series($2::int, $3::int) i, jsonb_populate_record(null::members,
        replace(replace(row, '${TEMPLATE}', 'user' || i), old_id, uuid_v7(now() - i * interval '1 ms')::text)::jsonb) copy`,
    [tenantId, from, to - 1],
  );
  await sql.query(
    `insert into member_emails (tenant_id, email_key, member_id)
      select tenant_id, unnest(more_email_keys), id from members where tenant_id = $1 and user_name_key = any ($2)`,
    [tenantId, addresses(from, to)],
  );
  const events = await writableColumns(sql, "events");
  await sql.query(
    `with template as (select e.id::text as old_id, e.target_id::text as person, to_jsonb(e)::text as row
        from events e join members m on m.tenant_id = e.tenant_id and m.id = e.target_id
        where e.tenant_id = $1 and m.user_name_key like '${TEMPLATE}@%')
      insert into events (${events.join(",")}) select ${ofCopy(events)}
      from template, members m, jsonb_populate_record(null::events,
        replace(replace(row, person, m.id::text), old_id, uuid_v7(now())::text)::jsonb) copy
      where m.tenant_id = $1 and m.user_name_key = any ($2)`,
    [tenantId, addresses(from, to)],
  );
  const seats = "update tenant_seats set used = used + $2 where tenant_id = $1 and used is not null";
  await sql.query(seats, [tenantId, to - from]);
  for (const table of ["members", "member_emails", "events", "tenant_seats"])
    await sql.query(`vacuum (analyze) ${table}`);
}

function ofCopy(columns: readonly string[]): string {
  return columns.map((column) => `copy.${column}`).join(",");
}

/** Makes the tables of a directory of the bare server. */
export async function makeBare(sql: Client, directory: number): Promise<void> {
  await sql.query(
    `drop table if exists bare.users_${directory}, bare.groups_${directory}, bare.memberships_${directory};
      create table bare.users_${directory} (id uuid primary key, user_name text collate "C" not null unique, doc jsonb not null);
      create table bare.groups_${directory} (id uuid primary key, name text collate "C" not null unique, doc jsonb not null,
        version bigint not null default 1);
      create table bare.memberships_${directory} (group_id uuid, member_id uuid, primary key (group_id, member_id))`,
  );
}

/** Fills a directory of the bare server with copies of one resource: persons `from` to `to - 1`. */
export async function seedBare(
  sql: Client,
  directory: number,
  resource: object,
  from: number,
  to: number,
): Promise<void> {
  await sql.query(
    `insert into bare.users_${directory} select id, 'user' || i || '@example.com',
        jsonb_set(replace($3, '${TEMPLATE}', 'user' || i)::jsonb, '{id}', to_jsonb(id))
      from (select i, gen_random_uuid() as id from generate_series($1::int, $2::int) i) each`,
    [from, to - 1, JSON.stringify(resource)],
  );
  await sql.query(`vacuum (analyze) bare.users_${directory}`);
}

/** A query of the ids and names of a tenant's members. */
export function membersOf(tenantId: string): string {
  return `select id, user_name_key as address from members where tenant_id = '${tenantId}'`;
}

/** The same of a directory of the bare server. */
export function rowsOf(directory: number): string {
  return `select id, user_name as address from bare.users_${directory}`;
}

/** Some of the people of a query, spread over it. */
export async function sample(sql: Client, people: string): Promise<KnownPerson[]> {
  const { rows } = await sql.query<KnownPerson>(
    `select id, split_part(address, '@', 1) as name from (${people}) people order by md5(id::text) limit ${SAMPLE}`,
  );
  return rows;
}

/** The ids of the people of a query who are persons `from` to `to - 1`, in that order. */
export async function idsOf(sql: Client, people: string, from: number, to: number): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    `select id from (${people}) people join unnest($1::text[]) with ordinality as asked (address, place)
      using (address) order by place`,
    [addresses(from, to)],
  );
  return rows.map(({ id }) => id);
}

function addresses(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `user${from + i}@example.com`);
}

/** Without those that PostgreSQL computes. */
async function writableColumns(sql: Client, table: string): Promise<string[]> {
  const { rows } = await sql.query<{ name: string }>(
    `select attname as name from pg_attribute
      where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = '' order by attnum`,
    [table],
  );
  return rows.map(({ name }) => name);
}
