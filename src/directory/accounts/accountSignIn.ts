/**
 * Signing in by an account: the password is proven of no tenant, then one is chosen among those to which the holder has
 * attached it, and entered by that tenant's rules (rules 26 and 28).
 */
import { fold } from "../../base/fold.ts";
import { hashToken, newSecret } from "../../base/secrets.ts";
import { acrossTenants, onceInTenant } from "../../storage/scope.ts";
import type { Database, Statement } from "../../storage/types.ts";
import {
  accountOfTicket,
  type AccountTenant,
  insertTicket,
  memberOfAccount,
  spendTicket,
  tenantsOfAccount,
} from "./accountSignIn.store.ts";
import { type Account, accountByEmail, accountPassword } from "./accounts.store.ts";
import { checkStanding, passwordSettings } from "../signIn/localSession.ts";
import { passwordAllowed } from "./passwordAllowed.ts";
import { afterPassword, type PasswordCredentials, type PasswordSignIn } from "../signIn/passwordSignIn.ts";
import { verifyPassword } from "./passwords.ts";
import type { Operator } from "../tenants/plans.ts";
import { SignInStopped } from "../signIn/signInStopped.ts";
import { giveTryBack, type Limit, limitOfAddress, takeTry } from "../signIn/signInTries.ts";
import type { Browser } from "../signIn/ssoSignIn.ts";
import { tenantById } from "../tenants/tenants.store.ts";

/** Time to choose, and to come back from a mistaken choice. */
export const TICKET_SECONDS = 600;

/** Tries of one account before they are refused unread. */
const MOST_OF_ACCOUNT = 10;

/** An account whose password was shown. */
export interface ProvenAccount extends Account {
  readonly passwordHash: string;
}

/**
 * The account that an address and password are of; undefined where there is none. An unknown address costs the same time
 * as a wrong password.
 *
 * @throws SignInStopped `too_many_attempts`
 */
export async function proveAccount(
  db: Database,
  system: Operator,
  { email, password }: PasswordCredentials,
  ip: string | null,
): Promise<ProvenAccount | undefined> {
  const limits = limitsOf(email, ip);
  await takeTry(db, system, limits);
  const [account] = await wide(db, system, accountByEmail(fold(email)));
  const [held] = account ? await wide(db, system, accountPassword(account.id)) : [];
  const right = await verifyPassword(held?.passwordHash ?? null, password);
  if (!account || !held || !right) return undefined;
  await giveTryBack(db, system, limits);
  return { ...account, ...held };
}

/** Takes the try back of whoever turned out to be right by another way than an account. */
export async function forgiveTry(db: Database, system: Operator, email: string, ip: string | null): Promise<void> {
  await giveTryBack(db, system, limitsOf(email, ip));
}

function limitsOf(email: string, ip: string | null): Limit[] {
  return [{ key: `account:${fold(email)}`, most: MOST_OF_ACCOUNT }, ...limitOfAddress(ip)];
}

/** The tenants that an account opens, by name. */
export function accountTenants(db: Database, system: Operator, accountId: string): Promise<AccountTenant[]> {
  return wide(db, system, tenantsOfAccount(accountId));
}

/** Remembers in a browser that the password of an account was right. @returns the cookie */
export async function openTicket(db: Database, system: Operator, account: ProvenAccount): Promise<string> {
  const ticket = newSecret();
  const expiresAt = new Date(system.now.getTime() + TICKET_SECONDS * 1000);
  await wide(db, system, insertTicket(hashToken(ticket), account, system.now, expiresAt));
  return ticket;
}

/** Whose ticket a cookie holds; undefined for one that is spent, too old, or of a password that was changed. */
export async function ticketHolder(db: Database, system: Operator, ticket: string): Promise<Account | undefined> {
  return (await wide(db, system, accountOfTicket(hashToken(ticket), system.now)))[0];
}

/** What choosing a tenant comes to: in, the second factor, or that tenant's own sign-in. */
export type Entered = (PasswordSignIn & { readonly elsewhere?: never }) | { readonly elsewhere: AccountTenant };

/**
 * Enters one of the tenants of a ticket, which that uses up. Where the account's password is not what counts there, the
 * sign-in begins anew by what does: single sign-on (rule 28), or the member's own password (rule 26).
 *
 * @throws SignInStopped `ticket_spent`, `gone`, `suspended`, `invited`, `sso_required`
 */
export async function enterTenant(
  db: Database,
  system: Operator,
  ticket: string,
  tenantId: string,
  from: Browser,
): Promise<Entered> {
  const account = await ticketHolder(db, system, ticket);
  const chosen = account && (await accountTenants(db, system, account.id)).find(({ id }) => id === tenantId);
  if (!account || !chosen) throw spent();
  const who = { ...system, tenantId };
  const [[tenant], [member]] = await onceInTenant(db, who, tenantById(tenantId), memberOfAccount(tenantId, account.id));
  if (!tenant || !member) throw spent();
  const settings = await passwordSettings(db, tenant);
  if (chosen.hasOwn || !passwordAllowed(member, settings.enforcement)) return { elsewhere: chosen };
  checkStanding(member, settings);
  const [used] = await wide(db, system, spendTicket(hashToken(ticket), system.now));
  if (!used) throw spent();
  const { passwordHash } = used;
  return afterPassword(db, who, { ...member, passwordHash, hasOwn: false }, from, settings);
}

function spent(): SignInStopped {
  return new SignInStopped("ticket_spent", "the sign-in was finished already, or took too long");
}

/** One statement across tenants. */
function wide<Row>(db: Database, system: Operator, statement: Statement<Row>): Promise<Row[]> {
  return acrossTenants(db, system, ({ trx }) => trx.run(statement));
}
