import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { hashToken, newSecret } from "../../base/secrets.ts";
import { event } from "../../events/event.ts";
import { insertEvent, record } from "../../events/journal.store.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import { continueSignOn } from "../applications/signOn.store.ts";
import type { Database, Scope, Statement, Who } from "../../storage/types.ts";
import { checkLocalSignIn, tellBreakGlass } from "./localSignIn.ts";
import { endSession, insertSession, sessionByHash, type NewSession, type SessionRow } from "./sessions.store.ts";

/** A session as its browser gets it: the secrets are nowhere else. */
export interface OpenedSession {
  readonly id: string;
  readonly tenantId: string;
  readonly memberId: string;
  /** The cookie's value: tenant and secret. */
  readonly cookie: string;
  readonly expiresAt: Date;
}

/** How a session came about. */
export type Opening = Pick<
  NewSession,
  "memberId" | "authMethod" | "connectionId" | "providerSession" | "ip" | "userAgent" | "mustChangePassword"
> & {
  /** No unless given. */
  readonly mustAddFactor?: boolean;
  /** None unless given. */
  readonly demands?: NewSession["demands"];
  /** As the identity provider told; not known unless given. */
  readonly authenticatedAt?: Date | null;
  /** Hours of the tenant's setting `signIn.sessionHours`. */
  readonly hours: number;
  /** The identity provider's own end of its session, if that is earlier. */
  readonly endsBy: Date | null;
};

/**
 * Opens a session in the transaction of the sign-in, and tells it. Here every way in ends, so that none goes around
 * required single sign-on (rule 28).
 *
 * @param beside what else is written of it, in the same round trip
 * @throws SignInStopped `sso_required`
 */
export async function openSession(
  scope: Scope,
  opening: Opening,
  beside: (sessionId: string) => readonly Statement[] = () => [],
): Promise<OpenedSession> {
  const { tenantId, now } = scope;
  const { hours, endsBy, mustAddFactor = false, demands = null, authenticatedAt = null, ...kept } = opening;
  const isLocal = opening.connectionId === null;
  const { breakGlass } = isLocal ? await checkLocalSignIn(scope, opening.memberId) : { breakGlass: false };
  const secret = newSecret();
  const limit = new Date(now.getTime() + hours * 3_600_000);
  const expiresAt = endsBy !== null && endsBy < limit ? endsBy : limit;
  const id = newId(now);
  const hashes = { hash: hashToken(secret), csrfHash: hashToken(csrfToken(secret)) };
  // By a clock that is ahead of ours it is now.
  const proven = authenticatedAt !== null && authenticatedAt > now ? now : authenticatedAt;
  const session = { ...kept, ...hashes, id, mustAddFactor, demands, authenticatedAt: proven, expiresAt };
  const data = { method: opening.authMethod, connectionId: opening.connectionId };
  const told = event(scope, "member.signed_in", { type: "member", id: opening.memberId }, data);
  await scope.trx.all(insertSession(tenantId, session, now), insertEvent(tenantId, told), ...beside(id));
  if (breakGlass) await tellBreakGlass(scope, opening.memberId);
  return { id, tenantId, memberId: opening.memberId, cookie: `${tenantId}.${secret}`, expiresAt };
}

/** A living session, found by its cookie. */
export interface Session extends SessionRow {
  readonly tenantId: string;
  readonly csrfToken: string;
}

/**
 * The session of a cookie; undefined for one that is malformed, ended, idle too long, or whose member is not active.
 */
export async function sessionOf(db: Database, cookie: string, now: Date): Promise<Session | undefined> {
  const parsed = COOKIE.exec(cookie);
  const [, tenantId = "", secret = ""] = parsed ?? [];
  if (!parsed) return undefined;
  const [[row]] = await onceInTenant(db, { tenantId }, sessionByHash(tenantId, hashToken(secret), now));
  return row && { ...row, tenantId, csrfToken: csrfToken(secret) };
}

const COOKIE = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([A-Za-z0-9_-]{43})$/;

/** A token that only who has the cookie's secret can work out, for requests that a form or script makes. */
function csrfToken(secret: string): string {
  return hashToken(`csrf:${secret}`).toString("base64url");
}

/** Ends a session, as its member or their admin wants it. @throws Refusal `not_found` */
export async function closeSession(db: Database, who: Who, id: string, memberId: string): Promise<void> {
  await inTenant(db, who, async (scope) => {
    const [ended] = await scope.trx.run(endSession(who.tenantId, id));
    if (!ended) throw new Refusal("not_found", "no such session");
    await record(scope, event(scope, "member.signed_out", { type: "member", id: memberId }));
  });
}

/**
 * Ends the session that a browser had until it signed in anew, of whichever tenant; a cookie that opens nothing is
 * passed. Applications of the same member are signed in as before.
 */
export async function endReplaced(
  db: Database,
  cookie: string,
  opened: Pick<OpenedSession, "id" | "memberId">,
  now: Date,
): Promise<void> {
  const session = await sessionOf(db, cookie, now);
  if (!session) return;
  const { tenantId, memberId, id } = session;
  await inTenant(db, { tenantId, actor: { type: "member", id: memberId }, now }, async (scope) => {
    if (memberId === opened.memberId) await scope.trx.run(continueSignOn(tenantId, memberId, opened.id, id));
    const [ended] = await scope.trx.run(endSession(tenantId, id));
    if (ended) await record(scope, event(scope, "member.signed_out", { type: "member", id: memberId }));
  });
}
