/** Ties between a person's account and their memberships: only the holder makes and unmakes them (rule 26). */
import { Refusal } from "../../base/errors.ts";
import { event } from "../../events/event.ts";
import { enqueue } from "../../events/jobs.store.ts";
import { record } from "../../events/journal.store.ts";
import { acrossTenants, inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { attachedOf, tieAccount, untieAccount } from "./accountAttach.store.ts";
import { accountTenants, proveAccount, type ProvenAccount } from "./accountSignIn.ts";
import type { AccountTenant } from "./accountSignIn.store.ts";
import { accountById } from "./accounts.store.ts";
import type { MemberSession } from "../signIn/memberSession.ts";
import type { PasswordCredentials } from "../signIn/passwordSignIn.ts";
import { type ProofParts, proveFactor } from "./secondFactorProof.ts";
import { factorsAsked, isAnyFactor } from "./secondFactors.ts";
import { SignInStopped } from "../signIn/signInStopped.ts";

/** What a member sees of their account. */
export interface OwnAccount {
  readonly attached: boolean;
  /** Null where none is attached, or this session was opened by something else than the account: see `tenants`. */
  readonly email: string | null;
  /**
   * The tenants that it opens. Told to sessions that the account itself opened, and to no other: whoever runs the
   * tenant's directory or sets its passwords could sign in as the member, and this is none of their business.
   */
  readonly tenants: readonly AccountTenant[];
}

/** The account of a session's member. */
export async function ownAccount(db: Database, who: Who, { session }: MemberSession): Promise<OwnAccount> {
  const [[found]] = await onceInTenant(db, who, attachedOf(who.tenantId, session.memberId));
  const { accountId = null, hasOwn = true } = found ?? {};
  if (accountId === null) return { attached: false, email: null, tenants: [] };
  if (session.connectionId !== null || session.accountProvenAt === null || hasOwn)
    return { attached: true, email: null, tenants: [] };
  const system = { actor: { type: "system" }, now: who.now } as const;
  const [account] = await acrossTenants(db, system, ({ trx }) => trx.run(accountById(accountId)));
  return { attached: true, email: account?.email ?? null, tenants: await accountTenants(db, system, accountId) };
}

/** What the holder shows: the account's password, and its second factor where it has one. */
export interface AccountProof extends PasswordCredentials {
  readonly code?: string | undefined;
}

/**
 * Attaches an account to the member who is signed in. Both proofs come in one request of one session, so that neither
 * can be somebody else's: who is signed in is the member, and who knows password and factor is the account's holder. An
 * equal address proves nothing.
 *
 * @throws SignInStopped `password_wrong`, `factor_needed`, `factor_wrong`, `too_many_attempts`; Refusal `conflict`
 */
export async function attachOwn(
  parts: ProofParts,
  who: Who,
  { session }: MemberSession,
  proof: AccountProof,
  ip: string | null,
): Promise<void> {
  const { db } = parts;
  const { memberId } = session;
  const account = await proveHolder(parts, who, { memberId, secret: session.id }, proof, ip);
  await inTenant(db, who, async (scope) => {
    const [tied] = await scope.trx.run(tieAccount(who.tenantId, account.id, memberId, who.now));
    if (!tied) throw taken();
    await record(scope, event(scope, "member.account_attached", { type: "member", id: memberId }));
    await enqueue(scope, { kind: "mail.account", payload: { accountId: account.id, message: "accountAttached" } });
  });
}

/**
 * Whose account it is, by the password and the second factor where there is one.
 *
 * @param of the member that it is shown for, and a secret of where it is shown
 * @throws SignInStopped `password_wrong`, `factor_needed`, `factor_wrong`, `too_many_attempts`
 */
export async function proveHolder(
  parts: ProofParts,
  who: Who,
  { memberId, secret }: { readonly memberId: string; readonly secret: string },
  proof: AccountProof,
  ip: string | null,
): Promise<ProvenAccount> {
  const { db } = parts;
  const account = await proveAccount(db, { actor: { type: "system" }, now: who.now }, proof, ip);
  if (!account) throw new SignInStopped("password_wrong", "the address or the password is wrong", memberId);
  const factors = await factorsAsked(db, [{ kind: "account", id: account.id }]);
  if (!isAnyFactor(factors)) return account;
  if (!proof.code) throw new SignInStopped("factor_needed", "the account asks for a code too", memberId);
  const binding = { purpose: "secondFactor", secret } as const;
  await proveFactor(parts, who, { memberId, factors, ip, binding }, { code: proof.code });
  return account;
}

/**
 * Takes the account away from the member again; what it had opened here ends, but for the session that asks.
 *
 * @throws Refusal `not_found`, `conflict` where the member could not come in any more
 */
export async function detachOwn(db: Database, who: Who, { session, member }: MemberSession): Promise<void> {
  const { memberId } = session;
  await inTenant(db, who, async (scope) => {
    const [found] = await scope.trx.run(attachedOf(who.tenantId, memberId));
    if (!found || found.accountId === null)
      throw new Refusal("not_found", "No account is attached to this membership.");
    // An identity provider lets no break-glass member in (rule 23), whoever they were before.
    if (!found.hasOwn && (!found.hasIdentity || member.breakGlass)) throw onlyWay();
    await scope.trx.run(untieAccount(who.tenantId, memberId, session.id));
    await record(scope, event(scope, "member.account_detached", { type: "member", id: memberId }));
  });
}

function taken(): Refusal {
  return new Refusal(
    "conflict",
    "This membership has an account already, or this account is another member here. Detach it there first.",
  );
}

function onlyWay(): Refusal {
  const way = "Sign in once through your organisation's identity provider, or ask your admin for a password, first.";
  return new Refusal("conflict", `The account is your only way in here. ${way}`);
}
