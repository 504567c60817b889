import { newId } from "../../base/ids.ts";
import { hashToken, newSecret } from "../../base/secrets.ts";
import { onceInTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import {
  attemptByRequest,
  claimAttempt,
  consumeAttempt,
  insertAttempt,
  insertSignIn,
  keepIdentity,
  type ConsumedAnswer,
  type NewAttempt,
  type OpenAttempt,
  type SignInRecord,
} from "./signIns.store.ts";
import { SignInStopped } from "./signInStopped.ts";
import type { Browser, SsoIdentity } from "./ssoSignIn.ts";

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
): Promise<OpenAttempt | undefined> {
  const [[attempt]] = await onceInTenant(db, who, attemptByRequest(who.tenantId, connectionId, requestId, who.now));
  return attempt;
}

/**
 * Consumes attempt and assertion together, and keeps the identity under a one-time handle for the browser that began.
 *
 * @returns the handle, and the test that it belongs to
 * @throws SignInStopped `replayed` where either was consumed before, or nobody asked for this answer
 */
export async function consumeAnswer(
  db: Database,
  who: Who,
  answer: Omit<ConsumedAnswer, "handleHash">,
): Promise<{ handle: string; testId: string | null }> {
  const handle = newSecret();
  const consume = consumeAttempt(who.tenantId, { ...answer, handleHash: hashToken(handle) }, who.now);
  const [[consumed]] = await onceInTenant(db, who, consume);
  if (!consumed) throw replayed();
  return { handle, testId: consumed.testId };
}

/**
 * Takes an attempt for this copy of its answer, before the code in it is redeemed: a provider that sees a code twice
 * revokes what it gave for it (RFC 6749 §4.1.2), so that of two copies neither would sign anybody in.
 *
 * @throws SignInStopped `replayed`
 */
export async function claimAnswer(db: Database, who: Who, attemptId: string): Promise<void> {
  const [[claimed]] = await onceInTenant(db, who, claimAttempt(who.tenantId, attemptId, who.now));
  if (!claimed) throw replayed();
}

/** Keeps the identity of a claimed answer under a one-time handle. @returns the handle */
export async function keepClaimed(db: Database, who: Who, attemptId: string, identity: SsoIdentity): Promise<string> {
  const handle = newSecret();
  await onceInTenant(db, who, keepIdentity(who.tenantId, attemptId, hashToken(handle), identity));
  return handle;
}

function replayed(): SignInStopped {
  return new SignInStopped("replayed", "the answer was used before, came too late, or answers nothing that was asked");
}

/** Writes a sign-in that went nowhere; the id is the reference that the person is shown. */
export async function recordRefusal(
  db: Database,
  who: Who,
  refused: Pick<SignInRecord, "connectionId" | "memberId" | "method" | "reason" | "detail" | "arrived">,
  from: Browser,
): Promise<string> {
  const id = newId(who.now);
  const line: SignInRecord = { ...refused, id, result: "refused", ip: from.ip, device: from.userAgent };
  await onceInTenant(db, who, insertSignIn(who.tenantId, line, who.now));
  return id;
}
