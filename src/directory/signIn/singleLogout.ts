/**
 * SAML single logout (SAML Profiles §4.4): sessions that an identity provider ends, and what must be remembered so that
 * it can be asked to end one.
 */
import { hashToken } from "../../base/secrets.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Statement, Who } from "../../storage/types.ts";
import { underLock } from "../members/underLock.ts";
import { rememberLoggedOut } from "./providerLogout.ts";
import { useOnce } from "./signIns.store.ts";
import { SignInStopped } from "./signInStopped.ts";
import * as store from "./singleLogout.store.ts";

/** Keeps what the identity provider calls a session; a statement for the transaction that opens it. */
export function keepSamlSession(
  { tenantId }: Pick<Who, "tenantId">,
  sessionId: string,
  connectionId: string,
  known: store.SamlSession,
): Statement {
  return store.insertSamlSession(tenantId, sessionId, connectionId, hashToken(known.nameId.value), known);
}

/** What the identity provider calls a session; undefined where it did not come by SAML. */
export async function samlSession(db: Database, who: Who, sessionId: string): Promise<store.SamlSession | undefined> {
  const [[known]] = await onceInTenant(db, who, store.samlSessionById(who.tenantId, sessionId));
  return known;
}

/** Whose sessions a SAML identity provider ends, and the request that says so. */
export interface SamlLogout {
  readonly connectionId: string;
  /** ID of the LogoutRequest. */
  readonly id: string;
  readonly nameId: store.KeptNameId;
  /** None = all sessions of the NameID. */
  readonly sessionIndexes: readonly string[];
  /** By the identity provider's clock. */
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/**
 * Ends the sessions that came by a connection and that its identity provider names, and the sign-ins that are on their
 * way to be one; a request counts once. The connection
 * alone vouches for whom it names, so the value of the NameID decides: formats are often left out of a logout.
 *
 * @returns how many
 * @throws SignInStopped `replayed`
 */
export async function logoutBySaml(db: Database, who: Who, logout: SamlLogout): Promise<number> {
  const { connectionId, id, nameId, sessionIndexes, issuedAt, expiresAt } = logout;
  return inTenant(db, who, async (scope) => {
    const { trx, tenantId, now } = scope;
    await underLock(db, scope);
    const [used] = await trx.run(useOnce(tenantId, connectionId, { id: `logout:${id}`, expiresAt }, now));
    if (!used) throw new SignInStopped("replayed", "the logout was asked for before by the same message");
    await rememberLoggedOut(scope, connectionId, { name: nameId.value, sessions: sessionIndexes, issuedAt });
    const ended = await trx.run(store.endSamlSessions(tenantId, connectionId, hashToken(nameId.value), sessionIndexes));
    for (const { memberId } of ended) {
      await record(scope, event(scope, "member.signed_out", { type: "member", id: memberId }));
    }
    return ended.length;
  });
}

/** Remembers that an identity provider was asked to end a session. */
export async function rememberLogout(db: Database, who: Who, request: store.NewLogoutRequest): Promise<void> {
  await onceInTenant(db, who, store.insertLogoutRequest(who.tenantId, request, who.now));
}

/**
 * Takes the answer to such a request, once.
 *
 * @throws SignInStopped `replayed` where it was answered before, too late, or nobody asked
 */
export async function takeLogoutAnswer(
  db: Database,
  who: Who,
  connectionId: string,
  requestId: string,
  outcome: store.LogoutOutcome,
): Promise<void> {
  const answer = store.answerLogoutRequest(who.tenantId, connectionId, requestId, outcome, who.now);
  const [[taken]] = await onceInTenant(db, who, answer);
  if (taken) return;
  throw new SignInStopped("replayed", "the answer was used before, came too late, or answers nothing that was asked");
}

/** How a request was answered, for the browser that signed out; null where it was not, or for another browser. */
export async function logoutOutcome(
  db: Database,
  who: Who,
  connectionId: string,
  requestId: string,
  browser: string,
): Promise<store.LogoutOutcome | null> {
  const asked = store.logoutOutcome(who.tenantId, connectionId, requestId, hashToken(browser), who.now);
  const [[found]] = await onceInTenant(db, who, asked);
  return found?.outcome ?? null;
}
