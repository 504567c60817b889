/** What the catalogue says of our tables, and a row for any of them, made from it. */
import { newId } from "../../src/base/ids.ts";
import { acrossTenants } from "../../src/storage/scope.ts";
import type { Database, Statement } from "../../src/storage/types.ts";

/** Tables of the server itself, of which a tenant's transaction sees and writes nothing. */
export const closedTables = [
  "account_factors",
  "account_passkeys",
  "account_tickets",
  "accounts",
  "applications",
  "attempt_limits",
  "journal_readers",
  "migrations",
  "oidc_payloads",
  "oidc_signing_keys",
  "passkey_challenges",
  "registrations",
];
/** Tables of the server itself of which tenants may do something; each has a test of its own. */
export const sharedTables = ["jobs", "permission_areas", "plans"];

/** The column that says whose a row is. */
export function tenantColumn(table: string): string {
  return table === "tenants" ? "id" : "tenant_id";
}

/** Runs one statement as the owner of the tables, whom row-level security does not bind. */
export async function asOwner<Row>(db: Database, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const statement: Statement<Row> = { text, values };
  return acrossTenants(db, { actor: { type: "system" }, now: new Date() }, ({ trx }) => trx.run(statement));
}

/** Every table of ours, and whether it says whose its rows are. */
export function allTables(db: Database): Promise<{ name: string; owned: boolean }[]> {
  return asOwner(
    db,
    `select relname as name, relname = 'tenants' or exists (select from pg_attribute
       where attrelid = c.oid and attname = 'tenant_id' and not attisdropped) as owned
     from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by relname`,
  );
}

/** Tables that hold rows of tenants, each after those that it references. */
export async function tenantTables(db: Database): Promise<string[]> {
  const owned = (await allTables(db)).filter((table) => table.owned).map(({ name }) => name);
  const wanted = owned.filter((table) => !sharedTables.includes(table));
  const keys = await asOwner<{ child: string; parent: string }>(
    db,
    `select conrelid::regclass::text as child, confrelid::regclass::text as parent from pg_constraint
     where contype = 'f' and connamespace = 'public'::regnamespace and conrelid <> confrelid`,
  );
  const sorted: string[] = [];
  while (sorted.length < wanted.length) {
    const next = wanted.find(
      (table) =>
        !sorted.includes(table) &&
        keys.every(({ child, parent }) => child !== table || !wanted.includes(parent) || sorted.includes(parent)),
    );
    if (next === undefined) throw new Error("tables that reference each other");
    sorted.push(next);
  }
  return sorted;
}

interface Column {
  readonly name: string;
  readonly type: string;
  /** The first text that a check of this column allows. */
  readonly allowed: string | null;
}

/** Columns that a row cannot do without. */
function demandedColumns(db: Database, table: string): Promise<Column[]> {
  return asOwner<Column>(
    db,
    `select attname as name, format_type(atttypid, null) as type,
       (select substring(pg_get_constraintdef(oid) from '''([^'']*)''::text') from pg_constraint
        where conrelid = attrelid and contype = 'c' and conkey = array[attnum] limit 1) as allowed
     from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped
       and attnotnull and not atthasdef and attidentity = ''`,
    [table],
  );
}

interface Reference {
  readonly column: string;
  readonly parent: string;
  readonly key: string;
}

function references(db: Database, table: string): Promise<Reference[]> {
  return asOwner<Reference>(
    db,
    `select a.attname as "column", f.confrelid::regclass::text as parent, p.attname as key
     from pg_constraint f, unnest(f.conkey, f.confkey) as k (child, parent)
       join pg_attribute a on true join pg_attribute p on true
     where f.contype = 'f' and f.conrelid = $1::regclass and a.attrelid = f.conrelid and a.attnum = k.child
       and p.attrelid = f.confrelid and p.attnum = k.parent`,
    [table],
  );
}

function sample({ name, type, allowed }: Column): unknown {
  const samples: Record<string, unknown> = {
    uuid: newId(new Date()),
    text: allowed ?? `${name}-${newId(new Date())}`,
    "text[]": ["one"],
    bytea: Buffer.from(newId(new Date())),
    jsonb: "{}",
    boolean: false,
    integer: 1,
    bigint: 1,
    "timestamp with time zone": new Date(),
  };
  if (type in samples) return samples[type];
  throw new Error(`no sample of type ${type} for column ${name}`);
}

/** A row of this table for a tenant that has one in every table that it references: column → value. */
export async function sampleRow(db: Database, table: string, tenantId: string): Promise<Map<string, unknown>> {
  const row = await someRow(db, table);
  for (const { column, parent, key } of await references(db, table)) {
    if (!row.has(column)) continue;
    const [found] = await asOwner<{ value: unknown }>(
      db,
      `select ${key} as value from ${parent} where ${tenantColumn(parent)} = $1 limit 1`,
      [tenantId],
    );
    row.set(column, found?.value);
  }
  return row.set(tenantColumn(table), tenantId);
}

/** A row of any table, with what it cannot do without. */
async function someRow(db: Database, table: string): Promise<Map<string, unknown>> {
  return new Map((await demandedColumns(db, table)).map((column) => [column.name, sample(column)]));
}

/** The same of a table of the server itself, with a row of each that it references. */
export async function serverRow(db: Database, table: string): Promise<Map<string, unknown>> {
  const row = await someRow(db, table);
  for (const { column, parent, key } of await references(db, table)) {
    const above = await serverRow(db, parent);
    const { text, values } = insertRow(parent, above);
    await asOwner(db, text, values);
    row.set(column, above.get(key));
  }
  return row;
}

/** The statement that writes such a row. */
export function insertRow(table: string, row: ReadonlyMap<string, unknown>): Statement {
  const places = [...row.keys()].map((_, i) => `$${i + 1}`);
  return {
    text: `insert into ${table} (${[...row.keys()].join(",")}) values (${places.join(",")})`,
    values: [...row.values()],
  };
}

/** Two tenants with a row in every table. */
export async function twoTenants(db: Database): Promise<[mine: string, theirs: string]> {
  const ids: [string, string] = [newId(new Date()), newId(new Date())];
  for (const table of await tenantTables(db)) {
    for (const id of ids) {
      const { text, values } = insertRow(table, await sampleRow(db, table, id));
      await asOwner(db, text, values);
    }
  }
  return ids;
}
