import { fold } from "../../base/fold.ts";
import { acrossTenants, onceInTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { memberOfAccount } from "../accounts/accountSignIn.store.ts";
import { accountByEmail } from "../accounts/accounts.store.ts";
import { holdersFrom } from "../accounts/factorHolder.ts";
import type { KnownBrowser } from "./knownBrowser.ts";
import { checkStanding, openLocal, type PasswordSettings, tellRefused } from "./localSession.ts";
import { passwordsOf, type PasswordRow } from "./passwordSignIn.store.ts";
import { verifyPassword } from "../accounts/passwords.ts";
import { presentHash } from "../accounts/presentHash.ts";
import { factorsAsked, isAnyFactor, mustHaveSecondFactor } from "../accounts/secondFactors.ts";
import { markOf, openStep, type OpenedStep } from "./secondFactorStep.ts";
import type { OpenedSession } from "./sessions.ts";
import { SignInStopped } from "./signInStopped.ts";
import { giveTryBack, type Limit, limitOfAddress, takeTry } from "./signInTries.ts";
import type { Browser } from "./ssoSignIn.ts";

/** Who wants in, as typed. */
export interface PasswordCredentials {
  readonly email: string;
  readonly password: string;
  /** Who has signed in before in the browser that asks. */
  readonly known?: KnownBrowser | undefined;
}

/** What a right password comes to: a session, or a step on which the second factor is asked for. */
export type PasswordSignIn =
  | { readonly session: OpenedSession; readonly step?: never }
  | { readonly step: OpenedStep; readonly session?: never };

/** Tries of one address in one tenant before they are refused unread. */
const MOST_OF_PERSON = 10;

/**
 * Takes the password that an admin or directory gave a member, good in that tenant alone, or that of the account which
 * its holder has attached (rule 26). Whoever has a second factor is asked for it next; who must have one and has none
 * gets a session that permits nothing until there is one.
 *
 * An unknown address costs the same time as a wrong password, and says the same.
 *
 * @throws SignInStopped `too_many_attempts`, `password_wrong`, `sso_required`, `suspended`, `invited`
 */
export async function signInByPassword(
  db: Database,
  who: Who,
  { email, password, known }: PasswordCredentials,
  from: Browser,
  settings: PasswordSettings,
): Promise<PasswordSignIn> {
  const key = fold(email);
  const found = await meantBy(db, who, key);
  const limits = [limitOfPerson(who.tenantId, key, found, known), ...limitOfAddress(from.ip)];
  await takeTry(db, who, limits);
  const hash = await presentHash(db, who, found);
  const right = await verifyPassword(hash, password);
  if (!found || !right) {
    const memberId = found?.id ?? null;
    await tellRefused(db, who, { memberId, method: "password", reason: "password_wrong" }, from);
    throw new SignInStopped("password_wrong", "the address or the password is wrong", memberId);
  }
  await giveTryBack(db, who, limits);
  checkStanding(found, settings);
  return afterPassword(db, who, { ...found, passwordHash: hash, hasOwn: found.passwordHash !== null }, from, settings);
}

/** What a right password comes to, be it the member's or that of their account (`passwordHash` is the one that was right). */
export async function afterPassword(
  db: Database,
  who: Who,
  found: PasswordRow & { readonly hasOwn: boolean },
  from: Browser,
  { hours }: PasswordSettings,
): Promise<PasswordSignIn> {
  const person = { memberId: found.id, accountId: found.accountId, hasOwn: found.hasOwn };
  const { own, all } = holdersFrom(who.tenantId, person);
  const factors = await factorsAsked(db, all);
  if (isAnyFactor(factors)) {
    const mark = { passwordMark: markOf(found.passwordHash) };
    const step = { memberId: found.id, mustChangePassword: found.mustChange, ...mark };
    return { step: await openStep(db, who, step) };
  }
  const mustAddFactor = mustHaveSecondFactor(found);
  const shown = {
    authMethod: "password",
    mustChangePassword: found.mustChange,
    mustAddFactor,
    by: own,
    password: { of: own, hash: found.passwordHash ?? "" },
    hours,
  } as const;
  return { session: await openLocal(db, who, found.id, from, shown) };
}

/** The member of an address, or of an account that has it: they need not be the same. */
async function meantBy(db: Database, who: Who, key: string): Promise<PasswordRow | undefined> {
  const [[found]] = await onceInTenant(db, who, passwordsOf(who.tenantId, key));
  if (found) return found;
  const [account] = await acrossTenants(db, who, ({ trx }) => trx.run(accountByEmail(key)));
  if (!account) return undefined;
  return (await onceInTenant(db, who, memberOfAccount(who.tenantId, account.id)))[0][0];
}

/**
 * Guesses at an address lock its owner out neither of other tenants, nor for ever, nor of the browser that they use: that
 * has tries of its own.
 */
function limitOfPerson(
  tenantId: string,
  emailKey: string,
  found: PasswordRow | undefined,
  known: KnownBrowser | undefined,
): Limit {
  const isOwn = known !== undefined && known.tenantId === tenantId && known.memberId === found?.id;
  return { key: isOwn ? `known:${known.nonce}` : `password:${tenantId}:${emailKey}`, most: MOST_OF_PERSON };
}
