/**
 * Accepting an invitation by Usher's own means: with the account that the address has, with a new one where the mail has
 * proven the mailbox, or with a password that is good in this tenant alone (rules 26 and 27).
 */
import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { hashToken } from "../../base/secrets.ts";
import { asTenant } from "../../storage/asTenant.ts";
import { acrossTenants, inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import { proveHolder } from "../accounts/accountAttach.ts";
import type { ProvenAccount } from "../accounts/accountSignIn.ts";
import { accountByEmail, insertInvitedAccount } from "../accounts/accounts.store.ts";
import { keptAccountPassword } from "../accounts/passwordReset.store.ts";
import { passwordAllowed } from "../accounts/passwordAllowed.ts";
import { checkPassword, hashPassword } from "../accounts/passwords.ts";
import type { ProofParts } from "../accounts/secondFactorProof.ts";
import { domainOf } from "../domains/domainName.ts";
import type { PersonName } from "../members/memberEdits.ts";
import { nameOf, text, type Member } from "../members/member.ts";
import { demandingTenant } from "../signIn/enforcement.store.ts";
import { passwordSettings } from "../signIn/localSession.ts";
import { SignInStopped } from "../signIn/signInStopped.ts";
import { tenantOfCredential } from "../tenants/credential.ts";
import type { Operator } from "../tenants/plans.ts";
import type { Tenant } from "../tenants/tenant.ts";
import { completeSettings, defaultSettings } from "../tenants/tenantSettings.ts";
import { tenantById } from "../tenants/tenants.store.ts";
import { invitationByHash, type Standing } from "./invitations.store.ts";
import { joinInvited, notOpen } from "./joining.ts";

/** What somebody accepts with. */
export interface Acceptance {
  readonly token: string;
  /** What they are called, where the inviter left that open. */
  readonly name?: PersonName | undefined;
  readonly password?: string | undefined;
  /** Of the second factor, where the account has one. */
  readonly code?: string | undefined;
}

/** An invitation that a token opens. */
export interface OpenInvitation extends Standing {
  readonly tenant: Tenant;
  /** Whether it is known what they are called. */
  readonly named: boolean;
  /** Whether a password may be used here; else the tenant's identity provider (rule 28). */
  readonly byPassword: boolean;
}

/** The invitation of a token; looking changes nothing. @throws Refusal `invitation_expired` for any that opens none */
export async function openInvitation(db: Database, token: string, now: Date): Promise<OpenInvitation> {
  const tenantId = tenantOfCredential("usi", token);
  if (tenantId === undefined) throw notOpen();
  const [[found], [tenant]] = await onceInTenant(
    db,
    { tenantId },
    invitationByHash(tenantId, hashToken(token), now),
    tenantById(tenantId),
  );
  if (!found || !tenant) throw notOpen();
  const { enforcement } = await passwordSettings(db, tenant);
  return { ...found, tenant, byPassword: passwordAllowed({ ...found, breakGlass: false }, enforcement) };
}

/** Who has joined, and where. */
export interface Accepted {
  readonly tenant: Tenant;
  readonly member: Member;
}

/**
 * Accepts an invitation, once: of two at the same time one is told that it is over. Where there is no seat for them the
 * invitation stays as it is (rule 9).
 *
 * @throws Refusal `invitation_expired`, `invalid_request`, `forbidden` where single sign-on is required (rule 28),
 * `seat_limit_reached`, `conflict` where the account is another member here; SignInStopped `password_wrong`,
 * `factor_needed`, `factor_wrong`, `too_many_attempts` for the account that the address has
 */
export async function acceptInvitation(
  parts: ProofParts,
  system: Operator,
  acceptance: Acceptance,
  ip: string | null,
): Promise<Accepted> {
  const { db } = parts;
  const open = await openInvitation(db, acceptance.token, system.now);
  const { tenant } = open;
  if (!open.byPassword) throw signInThere(tenant);
  const [account] = await acrossTenants(db, system, ({ trx }) => trx.run(accountByEmail(open.emailKey)));
  const hash = hashToken(acceptance.token);
  const join = { hash, memberId: open.id, name: acceptance.name };
  if (account) {
    const { token, password, code } = acceptance;
    if (password === undefined) throw noPassword();
    const who = { ...system, tenantId: tenant.id };
    const shown = { memberId: open.id, secret: token };
    const proven = await proveHolder(parts, who, shown, { email: open.email, password, code }, ip);
    return { tenant, member: await withAccount(db, system, tenant.id, proven, join) };
  }
  if (open.mailed && !(await isDemanded(db, system, open.email))) {
    const passwordHash = await newPassword(acceptance, accountMinimum(tenant));
    return { tenant, member: await withNewAccount(db, system, open, { ...join, passwordHash }) };
  }
  const passwordHash = await newPassword(acceptance, minimum(tenant));
  const who = { ...system, tenantId: tenant.id };
  const own = { ...join, passwordHash, by: "password", isProven: open.mailed } as const;
  return { tenant, member: await inTenant(db, who, (scope) => joinInvited(db, scope, own)) };
}

interface Join {
  readonly hash: Buffer;
  readonly memberId: string;
  readonly name: PersonName | undefined;
}

/** Its holder has shown that it is theirs, and attaches this membership by accepting (rule 26). */
function withAccount(
  db: Database,
  system: Operator,
  tenantId: string,
  { id: accountId, passwordHash }: ProvenAccount,
  join: Join,
): Promise<Member> {
  return acrossTenants(db, system, async (wide) => {
    // Held beside it, so that no change of the password goes past what it has proven.
    const [held] = await wide.trx.run(keptAccountPassword(accountId));
    if (held?.passwordHash !== passwordHash) {
      throw new SignInStopped("password_wrong", "the password was changed meanwhile", join.memberId);
    }
    const tied = { ...join, by: "account", isProven: true, accountId } as const;
    return asTenant(db, wide, tenantId, (scope) => joinInvited(db, scope, tied));
  });
}

/** An account exists once its holder has proven the mailbox, which the mail did (rules 26 and 27). */
function withNewAccount(
  db: Database,
  system: Operator,
  { email, emailKey, tenant }: OpenInvitation,
  { passwordHash, ...join }: Join & { readonly passwordHash: string },
): Promise<Member> {
  return acrossTenants(db, system, async (wide) => {
    const accountId = newId(system.now);
    const tied = { ...join, by: "account", isProven: true, accountId } as const;
    const member = await asTenant(db, wide, tenant.id, (scope) => joinInvited(db, scope, tied));
    const account = { id: accountId, email, emailKey, name: calledOf(member), passwordHash };
    const [made] = await wide.trx.run(insertInvitedAccount(account, system.now));
    if (made) return member;
    throw new Refusal("conflict", "An account with this address was made just now. Accept with its password.");
  });
}

function calledOf({ scim }: Member): PersonName {
  const { givenName, familyName } = nameOf(scim);
  const [given, family] = [text(givenName), text(familyName)];
  return { ...(given !== null && { givenName: given }), ...(family !== null && { familyName: family }) };
}

/** Whether another organisation signs people of this address in, and would not want a password of theirs here. */
async function isDemanded(db: Database, system: Operator, email: string): Promise<boolean> {
  const domain = domainOf(email);
  if (domain === null) return false;
  return (await acrossTenants(db, system, ({ trx }) => trx.run(demandingTenant(domain)))).length > 0;
}

async function newPassword({ password }: Acceptance, minLength: number): Promise<string> {
  if (password === undefined) throw noPassword();
  checkPassword(password, minLength);
  return hashPassword(password);
}

/** The shortest password of a member of the tenant. */
export function minimum({ settings, planQuota }: Tenant): number {
  return completeSettings(settings, planQuota).signIn.passwordMinLength;
}

/** The same of an account, which is never shorter than the server's own. */
function accountMinimum(tenant: Tenant): number {
  return Math.max(minimum(tenant), defaultSettings.signIn.passwordMinLength);
}

/** The refusal where a password is missing. */
function noPassword(): Refusal {
  const message = "is missing: choose one, or give that of the account which has this address";
  return new Refusal("invalid_request", `The password ${message}.`, { errors: [{ path: "/password", message }] });
}

/** The refusal where single sign-on is required: the way there. */
export function signInThere({ name, slug }: Tenant): Refusal {
  const words = `${name} signs in through its identity provider: open the link in a browser, and accept by signing in.`;
  return new Refusal("forbidden", words, { extra: { tenant: slug, ssoRequired: true } });
}
