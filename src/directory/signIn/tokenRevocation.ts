import { isUuid } from "../../base/ids.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { underLock } from "../members/underLock.ts";
import { rememberLoggedOut } from "./providerLogout.ts";
import { endStepsOf } from "./secondFactorStep.store.ts";
import { endSessionsOf } from "./sessions.store.ts";
import { SignInStopped } from "./signInStopped.ts";
import { useOnce } from "./signIns.store.ts";
import { membersOfSubject, type ReachedMember, type SubjectId } from "./tokenRevocation.store.ts";

/** What an identity provider asks for. */
export interface TokenRevocation {
  readonly connectionId: string;
  readonly subject: SubjectId;
  /** The signed token that asks for it, which counts once; null of a secret. */
  readonly once: { readonly id: string; readonly expiresAt: Date } | null;
}

/**
 * Ends everything that the members of a subject have: sessions in all browsers, whichever way they were opened, with the
 * refresh tokens that live by them, and the sign-ins that are on their way to be one (rule 29).
 *
 * @returns how many members there are
 * @throws SignInStopped `replayed`
 */
export async function revokeTokensOf(db: Database, who: Who, asked: TokenRevocation): Promise<number> {
  const { connectionId, subject, once } = asked;
  return inTenant(db, who, async (scope) => {
    const { trx, tenantId, now } = scope;
    await underLock(db, scope);
    const used = once === null || (await trx.run(useOnce(tenantId, connectionId, once, now))).length > 0;
    if (!used) throw new SignInStopped("replayed", "the revocation was asked for before by the same token");
    // What is no UUID is nobody's id; it never reaches SQL.
    const isNobody = subject.format === "opaque" && !isUuid(subject.id);
    const members = isNobody ? [] : await trx.run(membersOfSubject(tenantId, connectionId, subject));
    for (const member of members) await endAllOf(scope, connectionId, member);
    return members.length;
  });
}

async function endAllOf(scope: Scope, connectionId: string, { id, names }: ReachedMember): Promise<void> {
  const { trx, tenantId, now } = scope;
  for (const name of names) await rememberLoggedOut(scope, connectionId, { name, sessions: [], issuedAt: now });
  await trx.run(endStepsOf(tenantId, id));
  const ended = await trx.run(endSessionsOf(tenantId, id, null));
  const data = { connectionId, sessions: ended.length };
  await record(scope, event(scope, "member.tokens_revoked", { type: "member", id }, data));
}
