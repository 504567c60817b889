import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { underLock } from "../members/underLock.ts";
import { insertLogout, type LoggedOut } from "./providerLogouts.store.ts";
import { endProviderSessions } from "./sessions.store.ts";
import { useOnce } from "./signIns.store.ts";
import { SignInStopped } from "./signInStopped.ts";

/** Whose sessions an identity provider has ended, and the message that said so. */
export interface ProviderLogout {
  readonly connectionId: string;
  readonly issuer: string;
  /** Null where only the session is named. */
  readonly subject: string | null;
  /** Null = all sessions of the subject. */
  readonly providerSession: string | null;
  /** By the provider's clock. */
  readonly issuedAt: Date;
  readonly tokenId: string;
  readonly expiresAt: Date;
}

/** Twice as long as a sign-in may take, for clocks of a provider that are a minute off and of our own processes. */
const REMEMBERED_MS = 1_800_000;

/**
 * Remembers a logout for the sign-ins that are under way. To be called under the lock of the tenant's seats, which the
 * end of each sign-in takes too: it either sees this, or is seen by what ends sessions after it.
 */
export async function rememberLoggedOut(
  { trx, tenantId, now }: Scope,
  connectionId: string,
  loggedOut: LoggedOut,
): Promise<void> {
  const expiresAt = new Date(now.getTime() + REMEMBERED_MS);
  await trx.run(insertLogout(tenantId, connectionId, loggedOut, now, expiresAt));
}

/**
 * Ends the sessions that came by a connection and that its identity provider has ended, and the sign-ins that are on
 * their way to be one; a message counts once.
 *
 * @returns how many
 * @throws SignInStopped `replayed`
 */
export async function logoutByProvider(db: Database, who: Who, logout: ProviderLogout): Promise<number> {
  const { connectionId, subject: name, providerSession, issuedAt, tokenId, expiresAt } = logout;
  return inTenant(db, who, async (scope) => {
    const { trx, tenantId, now } = scope;
    await underLock(db, scope);
    const [used] = await trx.run(useOnce(tenantId, connectionId, { id: tokenId, expiresAt }, now));
    if (!used) throw new SignInStopped("replayed", "the logout was asked for before by the same message");
    const sessions = providerSession === null ? [] : [providerSession];
    await rememberLoggedOut(scope, connectionId, { name, sessions, issuedAt });
    const ended = await trx.run(endProviderSessions(tenantId, logout));
    for (const { memberId } of ended) {
      await record(scope, event(scope, "member.signed_out", { type: "member", id: memberId }));
    }
    return ended.length;
  });
}
