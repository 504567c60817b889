/** People with passwords of their own, and what they add to them. */
import assert from "node:assert/strict";
import { Secret, TOTP } from "otpauth";
import type { Tenant } from "../../src/directory/tenants/tenant.ts";
import { authenticator, type Authenticator } from "../support/authenticator.ts";
import { testDatabase } from "../support/database.ts";
import { api, Browser, place, server, type Seen } from "./place.ts";

export const PASSWORD = "another long password";
const GIVEN = "a long enough password";

export interface Person {
  readonly tenant: Tenant & { domain: string };
  readonly email: string;
  readonly id: string;
  readonly browser: Browser;
  readonly csrf: string;
}

/** A member who has chosen a password and is signed in. */
export async function person(
  settings: object = {},
  tenant?: Person["tenant"],
  roles: readonly string[] = ["member"],
): Promise<Person> {
  const at = tenant ?? (await place({ settings }));
  const email = `ana-${Math.random().toString(36).slice(2)}@${at.domain}`;
  const name = { givenName: "Ana", familyName: "Example" };
  const added = await api("POST", `/tenants/${at.slug}/members`, { email, name, roles, password: GIVEN });
  assert.equal(added.status, 201, JSON.stringify(added.body));
  const browser = new Browser();
  assert.equal((await signIn(browser, at.slug, email, GIVEN)).status, 303);
  const csrf = await csrfOf(browser);
  const changed = await browser.post("/sign-in/password", { csrf, current: GIVEN, next: PASSWORD });
  assert.equal(changed.status, 303, changed.text);
  return { tenant: at, email, id: (added.body as { id: string }).id, browser, csrf };
}

export async function csrfOf(browser: Browser): Promise<string> {
  return String((await browser.session()).body["csrfToken"]);
}

/** Sends the form of address and password. */
export function signIn(browser: Browser, tenant: string, email: string, password = PASSWORD): Promise<Seen> {
  return browser.post("/sign-in", { tenant, email, password, return_to: "/" });
}

/** A call of the API by a browser's cookie. */
export async function call(
  { browser, csrf }: Pick<Person, "browser" | "csrf">,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { "content-type": "application/json", "x-csrf-token": csrf };
  const text = body === undefined ? undefined : JSON.stringify(body);
  const answer = await browser.send(method, `/api/v1${path}`, text, headers);
  return {
    status: answer.status,
    body: answer.text === "" ? {} : (JSON.parse(answer.text) as Record<string, unknown>),
  };
}

/** The code of an app; `ahead` steps from now, of which each is good once. */
export function codeOf(secret: string, ahead = 0): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + ahead * 30_000 });
}

/** Adds an authenticator app; answers its secret and the recovery codes. */
export async function addApp(who: Person): Promise<{ secret: string; codes: string[] }> {
  const begun = await call(who, "POST", "/session/totp");
  assert.equal(begun.status, 201, JSON.stringify(begun.body));
  const secret = String(begun.body["secret"]);
  const confirmed = await call(who, "POST", "/session/totp/confirm", { code: codeOf(secret) });
  assert.equal(confirmed.status, 200, JSON.stringify(confirmed.body));
  return { secret, codes: confirmed.body["recoveryCodes"] as string[] };
}

/** Adds a passkey. */
export async function addPasskey(who: Person, options: { counting?: boolean } = {}): Promise<Authenticator> {
  const key = authenticator(await server(), options);
  const question = await call(who, "POST", "/session/passkeys/options");
  assert.equal(question.status, 200, JSON.stringify(question.body));
  const credential = key.created(question.body as never);
  const added = await call(who, "POST", "/session/passkeys", { name: "Phone", credential });
  assert.equal(added.status, 201, JSON.stringify(added.body));
  return key;
}

/** What a page asks a passkey. */
export function asked({ text }: Seen): { challenge: string } {
  const [, written = ""] = /data-options="([^"]*)"/.exec(text) ?? [];
  return JSON.parse(written.replaceAll("&quot;", '"')) as { challenge: string };
}

/** Sends the second factor of a sign-in. */
export function factor(browser: Browser, proof: { code: string } | { credential: unknown }): Promise<Seen> {
  const shown = "code" in proof ? proof : { credential: JSON.stringify(proof.credential) };
  return browser.post("/sign-in/factor", { return_to: "/", ...shown });
}

/** As if the sign-in and the latest proof were an hour ago. */
export async function goStale({ id }: Person): Promise<void> {
  await sql(
    "update sessions set created_at = created_at - interval '1 hour', proven_at = null, account_proven_at = null where member_id = $1",
    id,
  );
}

export async function sql(text: string, ...values: readonly unknown[]): Promise<Record<string, unknown>[]> {
  const { pool } = await testDatabase();
  return (await pool.query(text, [...values])).rows as Record<string, unknown>[];
}

/** The statuses of answers, in their order by number. */
export function statusesOf(answers: readonly { readonly status: number }[]): number[] {
  return answers.map(({ status }) => status).toSorted((a, b) => a - b);
}
