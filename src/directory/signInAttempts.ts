import { newId } from "../base/ids.ts";
import { hashToken, newSecret } from "../base/secrets.ts";
import { inTenant, onceInTenant } from "../storage/scope.ts";
import type { Database, Who } from "../storage/types.ts";
import {
  attemptByRequest,
  consumeAttempt,
  insertAttempt,
  insertSignIn,
  useAssertion,
  type NewAttempt,
  type SignInRecord,
} from "./signIns.store.ts";
import { SignInStopped, type Browser, type SsoIdentity } from "./ssoSignIn.ts";

/** Remembers an attempt that has been begun. */
export async function rememberAttempt(db: Database, who: Who, attempt: NewAttempt): Promise<void> {
  await onceInTenant(db, who, insertAttempt(who.tenantId, attempt, who.now));
}

/** The attempt that an answer names, still open; undefined for one that is not, or not of this connection. */
export async function openAttempt(
  db: Database,
  who: Who,
  connectionId: string,
  requestId: string,
): Promise<{ id: string; proof: Buffer | null; browserHash: Buffer; returnTo: string } | undefined> {
  const [[attempt]] = await onceInTenant(db, who, attemptByRequest(who.tenantId, connectionId, requestId, who.now));
  return attempt;
}

/** An answer that has been judged: what it may be used for once. */
export interface JudgedAnswer {
  readonly connectionId: string;
  readonly requestId: string;
  readonly identity: SsoIdentity;
  /** Of a SAML assertion; an OIDC code is its provider's to spend once. */
  readonly assertion: { readonly id: string; readonly expiresAt: Date } | null;
}

/**
 * Consumes attempt and assertion together, and keeps the identity under a one-time handle for the browser that began.
 *
 * @returns the handle
 * @throws SignInStopped `replayed` where either was consumed before, or nobody asked for this answer
 */
export async function consumeAnswer(db: Database, who: Who, answer: JudgedAnswer): Promise<string> {
  const handle = newSecret();
  await inTenant(db, who, async ({ trx, tenantId, now }) => {
    const { connectionId, assertion } = answer;
    if (assertion) {
      const [used] = await trx.run(useAssertion(tenantId, connectionId, assertion.id, assertion.expiresAt, now));
      if (!used) throw replayed();
    }
    const [consumed] = await trx.run(consumeAttempt(tenantId, { ...answer, handleHash: hashToken(handle) }, now));
    if (!consumed) throw replayed();
  });
  return handle;
}

function replayed(): SignInStopped {
  return new SignInStopped("replayed", "the answer was used before, came too late, or answers nothing that was asked");
}

/** Writes a sign-in that went nowhere; the id is the reference that the person is shown. */
export async function recordRefusal(
  db: Database,
  who: Who,
  refused: Pick<SignInRecord, "connectionId" | "memberId" | "method" | "reason" | "detail">,
  from: Browser,
): Promise<string> {
  const id = newId(who.now);
  const line: SignInRecord = { ...refused, id, result: "refused", ip: from.ip, device: from.userAgent };
  await onceInTenant(db, who, insertSignIn(who.tenantId, line, who.now));
  return id;
}
