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

/** Copies the template member of a tenant, and the events about them, until there are `size` members. */
export async function seedUsher(sql: Client, tenantId: string, size: number): Promise<void> {
  const members = await writableColumns(sql, "members");
  await sql.query(
    `with template as (select id::text as old_id, to_jsonb(m)::text as row from members m where tenant_id = $1)
      insert into members (${members.join(",")}) select ${ofCopy(members)}
      from template, generate_series(1, $2::int) i, jsonb_populate_record(null::members,
        replace(replace(row, '${TEMPLATE}', 'user' || i), old_id, uuid_v7(now() - i * interval '1 ms')::text)::jsonb) copy`,
    [tenantId, size - 1],
  );
  const events = await writableColumns(sql, "events");
  await sql.query(
    `with template as (select e.id::text as old_id, e.target_id::text as person, to_jsonb(e)::text as row
        from events e join members m on m.tenant_id = e.tenant_id and m.id = e.target_id
        where e.tenant_id = $1 and m.user_name_key like '${TEMPLATE}@%')
      insert into events (${events.join(",")}) select ${ofCopy(events)}
      from template, members m, jsonb_populate_record(null::events,
        replace(replace(row, person, m.id::text), old_id, uuid_v7(now())::text)::jsonb) copy
      where m.tenant_id = $1 and m.id::text <> person`,
    [tenantId],
  );
  const seats = "update tenant_seats set used = used + $2 where tenant_id = $1 and used is not null";
  await sql.query(seats, [tenantId, size - 1]);
  for (const table of ["members", "events", "tenant_seats"]) await sql.query(`vacuum (analyze) ${table}`);
}

function ofCopy(columns: readonly string[]): string {
  return columns.map((column) => `copy.${column}`).join(",");
}

/** Fills a table of the bare server with copies of one resource. */
export async function seedBare(sql: Client, size: number, resource: object): Promise<void> {
  const table = `bare.users_${size}`;
  await sql.query(
    `create table ${table} (id uuid primary key, user_name text collate "C" not null unique, doc jsonb not null)`,
  );
  await sql.query(
    `insert into ${table} select id, 'user' || i || '@example.com',
        jsonb_set(replace($2, '${TEMPLATE}', 'user' || i)::jsonb, '{id}', to_jsonb(id))
      from (select i, gen_random_uuid() as id from generate_series(0, $1::int - 1) i) each`,
    [size, JSON.stringify(resource)],
  );
  await sql.query(`vacuum (analyze) ${table}`);
}

/** Some of a tenant's members. */
export async function someMembers(sql: Client, tenantId: string): Promise<KnownPerson[]> {
  return sample(
    sql,
    `select id, split_part(user_name_key, '@', 1) as name from members where tenant_id = '${tenantId}'`,
  );
}

/** Some of the rows of a table of the bare server. */
export async function someRows(sql: Client, size: number): Promise<KnownPerson[]> {
  return sample(sql, `select id, split_part(user_name, '@', 1) as name from bare.users_${size}`);
}

async function sample(sql: Client, people: string): Promise<KnownPerson[]> {
  const { rows } = await sql.query<KnownPerson>(
    `select id, name from (${people}) people order by md5(id::text) limit ${SAMPLE}`,
  );
  return rows;
}

/** Without those that PostgreSQL computes. */
async function writableColumns(sql: Client, table: string): Promise<string[]> {
  const { rows } = await sql.query<{ name: string }>(
    `select attname as name from pg_attribute
      where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
    [table],
  );
  return rows.map(({ name }) => name);
}
