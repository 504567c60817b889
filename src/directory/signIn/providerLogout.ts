import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
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
  readonly tokenId: string;
  readonly expiresAt: Date;
}

/**
 * Ends the sessions that came by a connection and that its identity provider has ended; a message counts once.
 *
 * @returns how many
 * @throws SignInStopped `replayed`
 */
export async function logoutByProvider(db: Database, who: Who, logout: ProviderLogout): Promise<number> {
  const { connectionId, tokenId, expiresAt } = logout;
  return inTenant(db, who, async (scope) => {
    const { trx, tenantId, now } = scope;
    const [used] = await trx.run(useOnce(tenantId, connectionId, { id: tokenId, expiresAt }, now));
    if (!used) throw new SignInStopped("replayed", "the logout was asked for before by the same message");
    const ended = await trx.run(endProviderSessions(tenantId, logout));
    for (const { memberId } of ended) {
      await record(scope, event(scope, "member.signed_out", { type: "member", id: memberId }));
    }
    return ended.length;
  });
}
