/** People of the cases on sign-in by Usher's own means, and tenants that demand more than a password. */
import assert from "node:assert/strict";
import { hashPassword } from "../../src/directory/accounts/passwords.ts";
import { newId } from "../../src/base/ids.ts";
import { testDatabase } from "../support/database.ts";
import { newSlug } from "../support/tenant.ts";
import { api, Browser, place, type Seen } from "./place.ts";

export const PASSWORD = "a long enough password";
export type Place = Awaited<ReturnType<typeof place>>;

/** One hash for everybody: making one for each would be most of what a case costs. */
const hashed = hashPassword(PASSWORD);

/** A member who may have a password that is already their own. */
export async function member(
  tenant: Place,
  local: string,
  {
    roles = ["member"],
    password = true,
    domain = tenant.domain,
  }: { roles?: string[]; password?: boolean; domain?: string } = {},
): Promise<{ id: string; email: string }> {
  const email = `${local}@${domain}`;
  const body = { email, name: { givenName: local, familyName: "Example" }, roles };
  const made = await api("POST", `/tenants/${tenant.slug}/members`, body);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { id } = made.body as { id: string };
  if (!password) return { id, email };
  const { pool } = await testDatabase();
  await pool.query("update members set password_hash = $2 where id = $1", [id, await hashed]);
  return { id, email };
}

/** An account whose holder has proven the mailbox. */
export async function account(email = `ana@${newSlug()}.example`): Promise<{ id: string; email: string }> {
  const { pool } = await testDatabase();
  const id = newId(new Date());
  await pool.query(
    `insert into accounts (id, email, email_key, name, password_hash, created_at) values ($1, $2, $2, $3, $4, now())`,
    [id, email, { givenName: "Ana", familyName: "Berg" }, await hashed],
  );
  return { id, email };
}

/** As its holder has attached it. */
export async function attach(tenant: Place, accountId: string, memberId: string): Promise<void> {
  const { pool } = await testDatabase();
  const text = "insert into account_members (tenant_id, account_id, member_id, attached_at) values ($1, $2, $3, now())";
  await pool.query(text, [tenant.id, accountId, memberId]);
}

/** A connection that is enabled; nobody signs in by it in earnest. */
export async function connection(tenant: Place, status = "enabled"): Promise<string> {
  const { pool } = await testDatabase();
  const { rows } = await pool.query(
    `insert into connections (tenant_id, id, protocol, provider, name, status, settings, created_at, updated_at)
     values ($1, gen_random_uuid(), 'saml', 'other', 'Okta', $2, '{}', now(), now()) returning id`,
    [tenant.id, status],
  );
  return (rows[0] as { id: string }).id;
}

/** As if a member had signed in by a connection some days ago. */
export async function cameBy(tenant: Place, connectionId: string, memberId: string, daysAgo = 0): Promise<void> {
  const { pool } = await testDatabase();
  await pool.query(
    `insert into identities (tenant_id, connection_id, issuer, subject, member_id, created_at, last_used_at)
     values ($1, $2, 'urn:idp', $3::uuid::text, $3::uuid, now(), now() - $4 * interval '1 day')`,
    [tenant.id, connectionId, memberId, daysAgo],
  );
}

/** Everything that required single sign-on asks for. */
export async function ready() {
  const tenant = await place();
  const admin = await member(tenant, "boss", { roles: ["admin"], password: false });
  const connectionId = await connection(tenant);
  await cameBy(tenant, connectionId, admin.id);
  const glass = await member(tenant, "glass", { roles: ["admin"] });
  await patchMember(tenant, glass.id, { breakGlass: true });
  return { tenant, admin, connectionId, glass };
}

export async function patchMember(tenant: Place, id: string, change: object): Promise<void> {
  const { status, body } = await api("PATCH", `/tenants/${tenant.slug}/members/${id}`, change);
  assert.equal(status, 200, JSON.stringify(body));
}

/** Asks the tenant to require single sign-on; answers the status. */
export async function demand(tenant: Place, ssoRequired: string): Promise<number> {
  return (await api("PATCH", `/tenants/${tenant.slug}`, { settings: { signIn: { ssoRequired } } })).status;
}

/** Posts the form of a password. */
export function signIn(browser: Browser, form: { tenant?: string; email: string; password?: string }): Promise<Seen> {
  return browser.post("/sign-in", { password: PASSWORD, return_to: "/", ...form });
}

/** A browser in which somebody has signed in by their password. */
export async function signedIn(tenant: Place, email: string): Promise<Browser> {
  const browser = new Browser();
  const done = await signIn(browser, { tenant: tenant.slug, email });
  assert.deepEqual([done.status, done.location], [303, "/"], done.text);
  return browser;
}

/** Calls the API from a browser, with its token against forgery. */
export async function calls(browser: Browser, method: string, path: string, body?: object): Promise<Seen> {
  const csrf = String((await browser.session()).body["csrfToken"]);
  const headers = { "x-csrf-token": csrf, "content-type": "application/json" };
  return browser.send(method, `/api/v1${path}`, body && JSON.stringify(body), headers);
}

/** Types of the tenant's events about somebody, the oldest first. */
export async function eventsOf(tenant: Place, targetId: string): Promise<string[]> {
  const { pool } = await testDatabase();
  const text = "select type from events where tenant_id = $1 and target_id = $2 order by id";
  return (await pool.query(text, [tenant.id, targetId])).rows.map(({ type }) => String(type));
}

/** Sessions of a tenant that a password or passkey opened. */
export async function localSessions(tenant: Place): Promise<number> {
  const { pool } = await testDatabase();
  const text = "select from sessions where tenant_id = $1 and connection_id is null";
  return (await pool.query(text, [tenant.id])).rows.length;
}
