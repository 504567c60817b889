import { escapeIdentifier, type ClientBase } from "pg";
import { Refusal } from "../base/errors.ts";
import { underLock } from "./migrate.ts";
import { sqlState } from "./scope.ts";

const INSUFFICIENT_PRIVILEGE = "42501";

/**
 * Makes sure of the role under which tenants' statements run: it logs in nowhere, owns nothing, and row-level security
 * binds it. Roles belong to the whole cluster, so it is named after the database.
 *
 * @returns its name
 * @throws Refusal `unavailable` when this login may not create it (the words hold the statements for the DBA), or when
 * it would pass row-level security
 */
export async function ensureTenantRole(client: ClientBase): Promise<string> {
  const { rows } = await client.query("select current_database() as database, current_user as login");
  const { database, login } = rows[0] as { database: string; login: string };
  const role = `${database}_tenant`;
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(role)) {
    throw new Refusal("unavailable", `database name "${database}": use lower-case letters, digits and _ (at most 56)`);
  }
  await underLock(client, async () => {
    if (!(await maySwitchTo(client, role))) await create(client, role, login);
    await client.query(`grant usage on schema public to ${role}`);
    await client.query(`grant select, insert, update, delete on all tables in schema public to ${role}`);
  });
  await refuseBypass(client, role);
  return role;
}

async function maySwitchTo(client: ClientBase, role: string): Promise<boolean> {
  const { rows } = await client.query(
    "select pg_has_role(current_user, oid, 'member') as may from pg_roles where rolname = $1",
    [role],
  );
  return (rows[0] as { may: boolean } | undefined)?.may === true;
}

async function create(client: ClientBase, role: string, login: string): Promise<void> {
  const statements = [`create role ${role} nologin`, `grant ${role} to ${escapeIdentifier(login)}`];
  try {
    const { rows } = await client.query("select from pg_roles where rolname = $1", [role]);
    if (rows.length === 0) await client.query(statements[0] ?? "");
    await client.query(statements[1] ?? "");
  } catch (error) {
    if (sqlState(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    throw new Refusal(
      "unavailable",
      `DATABASE_URL: login "${login}" may not create the role for tenants; let the DBA run: ${statements.join("; ")};`,
    );
  }
}

async function refuseBypass(client: ClientBase, role: string): Promise<void> {
  const { rows } = await client.query(
    `select rolsuper or rolbypassrls or exists (select from pg_class c
         where c.relnamespace = 'public'::regnamespace and pg_has_role(r.oid, c.relowner, 'usage')) as bypass
       from pg_roles r where rolname = $1`,
    [role],
  );
  if ((rows[0] as { bypass: boolean } | undefined)?.bypass !== false) {
    throw new Refusal(
      "unavailable",
      `role ${role} would pass row-level security: it must be neither superuser nor owner, without BYPASSRLS`,
    );
  }
}
