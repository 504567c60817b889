/**
 * A customer of a product, as its help page has them go through it: a tenant by a preset, its admin and its people, each
 * with a browser of their own, over HTTP alone. The steps of a walk stand on those before.
 */
import assert from "node:assert/strict";
import { accountMail } from "../../src/directory/accounts/accountMail.ts";
import { importJobs } from "../../src/directory/imports/imports.ts";
import { invitationMail } from "../../src/directory/invitations/invitationMail.ts";
import type { Letter } from "../../src/mail/letter.ts";
import type { PresetName } from "../../src/directory/tenants/presets.ts";
import { api, Browser, server } from "../access/place.ts";
import { workUntil } from "../events/working.ts";
import { OPERATOR_KEY, ways } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { tellLeavers } from "../support/leavers.ts";
import { newSlug } from "../support/tenant.ts";

/** An answer; what a walk reads of it, it asserts. */
export interface Reply {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

/** Calls a path below the tenant. */
type Call = (method: string, path: string, body?: object) => Promise<Reply>;

/** Somebody who has signed in. */
export interface Visitor {
  readonly browser: Browser;
  readonly call: Call;
  /** `GET /session` and what lies below it. */
  readonly own: Call;
  /** Any path of the API. */
  readonly any: Call;
}

/** A tenant, and the ways into it. */
export interface Walk {
  readonly slug: string;
  /** Calls any path of the API with the operator's key. */
  readonly vendor: Call;
  /** The same below the tenant. */
  readonly operator: Call;
  /** Tries to sign in by password; answers the status, and who signed in. */
  readonly tryIn: (
    email: string,
    password: string,
  ) => Promise<{ status: number; visitor: Visitor; body: Reply["body"] }>;
  /** Signs in with the password that somebody else chose, and chooses one. */
  readonly firstSignIn: (email: string, given: string, own?: string) => Promise<Visitor>;
  readonly signIn: (email: string, password?: string) => Promise<Visitor>;
  /** Limit, use and rest of the seats. */
  readonly seats: () => Promise<string>;
}

export const TEMPORARY = "handed over in person 1";
export const PASSWORD = "a password of one's own";

/** Makes a tenant by a preset, with its first admin, who has signed in. */
export async function walk(preset: PresetName, more: object = {}): Promise<Walk & { admin: Visitor; domain: string }> {
  walks += 1;
  const slug = newSlug();
  const domain = `${slug}.com`;
  const vendor: Call = async (method, path, body) => api(method, path, body);
  const made = await vendor("POST", "/tenants", { slug, name: "Acme", preset, ...more });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const here = waysInto(slug, vendor);
  const boss = { email: `boss@${domain}`, name: { givenName: "Berta", familyName: "Boss" }, password: TEMPORARY };
  done(await here.operator("POST", "/members", { ...boss, roles: ["admin"] }), 201);
  return { ...here, domain, admin: await here.firstSignIn(boss.email, TEMPORARY) };
}

function waysInto(slug: string, vendor: Call): Walk {
  const operator: Call = (method, path, body) => vendor(method, `/tenants/${slug}${path}`, body);
  const tryIn: Walk["tryIn"] = async (email, password) => {
    const browser = new Browser();
    const visitor = visiting(browser, slug);
    const { status, body } = await visitor.own("POST", "", { tenant: slug, email, password });
    return { status, visitor, body };
  };
  const signIn: Walk["signIn"] = async (email, password = PASSWORD) => {
    const { status, visitor, body } = await tryIn(email, password);
    assert.equal(status, 201, JSON.stringify(body));
    return visitor;
  };
  return {
    slug,
    vendor,
    operator,
    tryIn,
    signIn,
    firstSignIn: async (email, given, own = PASSWORD) => {
      const visitor = await signIn(email, given);
      assert.equal((await visitor.own("GET", "")).body.mustChangePassword, true);
      done(await visitor.own("POST", "/password", { current: given, next: own }), 204);
      return signIn(email, own);
    },
    seats: async () => {
      const { limit, used, remaining } = done(await operator("GET", "/seats"));
      return `${used} used of ${limit}, ${remaining} left`;
    },
  };
}

let walks = 0;

/** Where the browsers of a walk are: elsewhere than those of other cases, of whom each address may send so much a minute. */
const address = (): string => `10.8.${walks >> 8}.${walks & 255}`;

/** A browser, whose calls bear its token against forgery once there is a session. */
export function visiting(browser: Browser, slug: string): Visitor {
  const at = async (method: string, path: string, body?: object): Promise<Reply> => {
    const token = method === "GET" ? undefined : (await browser.session()).body["csrfToken"];
    const from = { "content-type": "application/json", "x-forwarded-for": address() };
    const headers = typeof token === "string" ? { ...from, "x-csrf-token": token } : from;
    const { status, text } = await browser.send(method, `/api/v1${path}`, body && JSON.stringify(body), headers);
    return { status, body: /^[{[]/.test(text) ? JSON.parse(text) : text };
  };
  return {
    browser,
    call: (method, path, body) => at(method, `/tenants/${slug}${path}`, body),
    own: (method, path, body) => at(method, `/session${path}`, body),
    any: at,
  };
}

/** The body of an answer that has this status; 200 unless said. */
export function done({ status, body }: Reply, expected = 200): Reply["body"] {
  assert.equal(status, expected, JSON.stringify(body));
  return body;
}

/** The words of a refusal with this code. */
export function refusal({ status, body }: Reply, expected: number, code: string): string {
  assert.deepEqual([status, body.code], [expected, code], JSON.stringify(body));
  return String(body.detail);
}

/** Text that is no JSON, with the operator's key, as a file that is offered or sent. */
export async function file(
  method: string,
  path: string,
  sent?: { readonly type: string; readonly text: string },
): Promise<{ status: number; text: string }> {
  const headers = { authorization: `Bearer ${OPERATOR_KEY}`, ...(sent ? { "content-type": sent.type } : {}) };
  const response = await fetch(`${await server()}/api/v1${path}`, {
    method,
    headers,
    ...(sent ? { body: sent.text } : {}),
  });
  return { status: response.status, text: await response.text() };
}

/** A directory pushes a person by SCIM. */
export async function scim(token: string, user: object): Promise<{ status: number; text: string }> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/scim+json" };
  const response = await fetch(`${await server()}/scim/v2/Users`, {
    method: "POST",
    headers,
    body: JSON.stringify(user),
  });
  return { status: response.status, text: await response.text() };
}

const sent: Letter[] = [];

/** Has mail and imports done, as a worker does, and answers the link that was mailed to somebody last; null where none was. */
export async function mailedLink(to: string): Promise<string | null> {
  const db = await testDatabase();
  const send = (letter: Letter): Promise<void> => Promise.resolve(void sent.push(letter));
  const { secretKeys } = ways;
  const parts = { db, send, secretKeys, publicUrl: await server() };
  const handlers = { ...invitationMail(parts), ...accountMail(parts), ...importJobs({ db, secretKeys }) };
  const due = "select from jobs where kind = any($1) and state = 'pending' and run_at <= now()";
  await workUntil(handlers, async () => (await db.pool.query(due, [Object.keys(handlers)])).rows.length === 0);
  const letter = sent.findLast((each) => each.to === to);
  return /https?:\S+/.exec(letter?.text ?? "")?.[0] ?? null;
}

/** Has told who left, as a worker does. */
export async function toldWhoLeft(slug: string): Promise<void> {
  const db = await testDatabase();
  const { rows } = await db.pool.query("select id from tenants where slug = $1", [slug]);
  await tellLeavers(db, (rows as { id: string }[])[0]?.id ?? "");
}

/** The token that the fragment or query of a link holds. */
export function tokenIn(link: string | null): string {
  assert.ok(link, "no link");
  const { hash, searchParams } = new URL(link);
  return searchParams.get("token") ?? new URLSearchParams(hash.slice(1)).get("token") ?? hash.slice(1);
}

/** Somebody who has not signed in. */
export const stranger = (): Visitor => visiting(new Browser(), "");

/** Follows an invitation or invite link. */
export function accept(link: string | null, body: object = {}): Promise<Reply> {
  return stranger().any("POST", "/invitations/accept", { token: tokenIn(link), password: PASSWORD, ...body });
}
