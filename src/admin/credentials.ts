/** Who calls, and which tenant they mean. */
import type { IncomingMessage } from "node:http";
import { everything, permits } from "../admission/permissions.ts";
import { Refusal } from "../base/errors.ts";
import { sameSecret } from "../base/secrets.ts";
import { authenticateApiKey } from "../directory/tenants/apiKeys.ts";
import type { SetupIntent } from "../directory/connections/setupLinks.store.ts";
import { type SetupSession, setupSessionOf } from "../directory/connections/setupLinks.ts";
import { noSetup } from "../directory/connections/setupReach.ts";
import type { Tenant } from "../directory/tenants/tenant.ts";
import { findTenant, noSuchTenant } from "../directory/tenants/tenants.ts";
import { memberSessionOf, type MemberSession } from "../directory/signIn/memberSession.ts";
import { bearerToken } from "../http/bearer.ts";
import { cookiesFor, readCookie } from "../http/cookies.ts";
import type { Actor, Database } from "../storage/types.ts";
import type { Route } from "./route.ts";

/** Who calls. */
export interface Caller {
  readonly actor: Actor;
  readonly permissions: readonly string[];
  /** The only tenant that an API key or a session reaches; null for the operator, who reaches all. */
  readonly home: Tenant | null;
  readonly session: MemberSession | null;
  readonly setup: SetupSession | null;
}

/** By what neither a member nor a setup link calls. */
const NO_COOKIE = { session: null, setup: null } as const;

/**
 * Who sent a request: the operator, an API key, a member by the cookie of their session, or whoever redeemed a setup
 * link by theirs.
 *
 * @throws Refusal `unauthenticated`; `forbidden` for a cookie's request that another site may have made
 */
export async function callerOf(
  req: IncomingMessage,
  { db, operatorKeys, publicUrl }: { db: Database; operatorKeys: readonly string[]; publicUrl: string },
  now: Date,
): Promise<Caller> {
  if (req.headers.authorization === undefined) {
    const cookies = cookiesFor(publicUrl);
    const cookie = readCookie(req, cookies.session);
    if (cookie !== undefined) return sessionCaller(req, db, cookie, now);
    const setup = readCookie(req, cookies.setup);
    if (setup !== undefined) return setupCaller(req, db, setup, now);
  }
  const token = bearerToken(req);
  if (isOperator(token, operatorKeys))
    return { actor: { type: "operator" }, permissions: [everything], home: null, ...NO_COOKIE };
  const { keyId, permissions, tenant } = await authenticateApiKey(db, token, now);
  return { actor: { type: "api_key", id: keyId }, permissions, home: tenant, ...NO_COOKIE };
}

async function sessionCaller(req: IncomingMessage, db: Database, cookie: string, now: Date): Promise<Caller> {
  const session = await memberSessionOf(db, cookie, now);
  if (!session) throw new Refusal("unauthenticated", "The session has ended. Sign in again.");
  checkForgery(req, session.session.csrfToken);
  const { member, permissions, tenant } = session;
  return { actor: { type: "member", id: member.id }, permissions, home: tenant, session, setup: null };
}

/** Without any permission: a route is open to it that says so, and no other. */
async function setupCaller(req: IncomingMessage, db: Database, cookie: string, now: Date): Promise<Caller> {
  const setup = await setupSessionOf(db, cookie, now);
  if (!setup) throw noSetup();
  checkForgery(req, setup.csrfToken);
  const { link, tenant } = setup;
  return { actor: { type: "setup_link", id: link.id }, permissions: [], home: tenant, session: null, setup };
}

/** A cookie comes along whoever makes the request; the token of `GET /session` is known to our own pages alone. */
function checkForgery(req: IncomingMessage, token: string): void {
  if (req.method === "GET" || req.method === "HEAD") return;
  const given = req.headers["x-csrf-token"];
  if (typeof given === "string" && sameSecret(given, token)) return;
  throw new Refusal(
    "forbidden",
    "Send the header X-CSRF-Token with the csrfToken of GET /api/v1/session (or /setup-session).",
  );
}

/** Compares with every key, so that time does not tell which one came close. */
function isOperator(token: string, keys: readonly string[]): boolean {
  return keys.filter((key) => sameSecret(key, token)).length > 0;
}

/**
 * The tenant of a path, by slug or id.
 *
 * @throws Refusal `not_found`, the same for a tenant that is not there and for one that this caller does not reach
 */
export async function tenantOf(caller: Caller, reference: string, db: Database, now: Date): Promise<Tenant> {
  const { actor, home } = caller;
  if (home === null) return findTenant(db, { actor, now }, reference);
  if (reference === home.slug || reference.toLowerCase() === home.id) return home;
  throw noSuchTenant(reference);
}

/**
 * Refuses a caller who may not use this route.
 *
 * @throws Refusal `forbidden`
 */
export function checkPermission(
  caller: Caller,
  route: Pick<Route, "permission"> & { setup?: SetupIntent; members?: true },
): void {
  const { permission } = route;
  if (permission === "public") return;
  if (caller.setup !== null) return checkSetup(caller.setup, route);
  if (permission === "setup") throw new Refusal("forbidden", "This is for whoever has redeemed a setup link.");
  if (caller.actor.type === "operator" && permission !== "session") return;
  if (permission === "session") {
    if (caller.session === null) throw new Refusal("forbidden", "This is for members who have signed in.");
    return;
  }
  if (permission === "operator") throw new Refusal("forbidden", "This is for the operator key alone.");
  if (permits(caller.permissions, permission) || (route.members && isFree(caller))) return;
  const detail = `This needs the permission ${permission}. Use a credential that has it.`;
  throw new Refusal("forbidden", detail, { extra: { permission } });
}

/** Whether somebody has signed in, and is held up by no password or second factor that is missing. */
function isFree({ session }: Caller): boolean {
  return session !== null && !session.session.mustChangePassword && !session.session.mustAddFactor;
}

/** Closed unless the route names an intent of the link: a new route is nothing that setup links reach. */
function checkSetup({ link }: SetupSession, { permission, setup }: Parameters<typeof checkPermission>[1]): void {
  if (setup === undefined ? permission === "setup" : link.intents.includes(setup)) return;
  throw new Refusal("forbidden", "This setup link does not permit this. Ask an admin of the organisation.");
}
