/** Joining by a link, by whoever has shown that their mailbox is theirs. An address that is only typed joins nothing. */
import { isRole } from "../../admission/roles.ts";
import { isRefusal, Refusal } from "../../base/errors.ts";
import { fold } from "../../base/fold.ts";
import { newId } from "../../base/ids.ts";
import { hashToken } from "../../base/secrets.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope } from "../../storage/types.ts";
import type { Language } from "../../mail/message.ts";
import { proveHolder } from "../accounts/accountAttach.ts";
import { tieAccount } from "../accounts/accountAttach.store.ts";
import type { ProvenAccount } from "../accounts/accountSignIn.ts";
import type { Account } from "../accounts/accounts.store.ts";
import { passwordAllowed } from "../accounts/passwordAllowed.ts";
import type { ProofParts } from "../accounts/secondFactorProof.ts";
import type { Workspace } from "../domains/autoJoin.ts";
import { domainOf } from "../domains/domainName.ts";
import { signUp } from "../domains/registrations.ts";
import { checkAddress } from "../members/adminMembers.ts";
import { createUnderLock, type Via } from "../members/createMember.ts";
import type { PersonName } from "../members/memberEdits.ts";
import { newMember, profileOfAddress } from "../members/newMember.ts";
import { underLockWith, type Locked } from "../members/underLock.ts";
import { passwordSettings } from "../signIn/localSession.ts";
import { SignInStopped } from "../signIn/signInStopped.ts";
import { tenantOfCredential } from "../tenants/credential.ts";
import type { Operator } from "../tenants/plans.ts";
import type { Tenant } from "../tenants/tenant.ts";
import { tenantById } from "../tenants/tenants.store.ts";
import { signInThere } from "./accept.ts";
import { isBacked } from "./inviteBacking.ts";
import { inviteLinkByHash, linkFacts, type InviteLink, useInviteLink } from "./inviteLinks.store.ts";
import { join, notOpen } from "./joining.ts";

/** A link that its token opens. */
interface OpenLink {
  readonly link: InviteLink;
  readonly tenant: Tenant;
}

/** The link of a token; looking uses nothing of it. @throws Refusal `invitation_expired` for any that opens none */
export async function openLink(db: Database, token: string, now: Date): Promise<OpenLink> {
  const tenantId = tenantOfCredential("usj", token);
  if (tenantId === undefined) throw notOpen();
  const wanted = [inviteLinkByHash(tenantId, hashToken(token), now), tenantById(tenantId)] as const;
  const [[link], [tenant]] = await onceInTenant(db, { tenantId }, ...wanted);
  if (!link || !tenant) throw notOpen();
  return { link, tenant };
}

/** What somebody comes with to a link. */
interface LinkAcceptance {
  readonly token: string;
  readonly email: string;
  readonly name: PersonName;
  /** Of the account that the address has, else of the one that it is to have. */
  readonly password: string;
  readonly code?: string | undefined;
  readonly language?: Language | null | undefined;
}

/**
 * Takes somebody who comes to a link: in at once with the account that they have, else by a mail that proves the mailbox
 * first. Who has an account is told by the mail alone.
 *
 * @returns `joined`, or `signIn` for a member that there is already; null where a mail is on its way
 * @throws Refusal `invitation_expired`, `invalid_request`, `forbidden` for an address that the link is not for, or where
 * single sign-on is required (rule 28), `seat_limit_reached`, `rate_limited`; SignInStopped `factor_needed`, `factor_wrong`, `too_many_attempts`
 */
export async function acceptLink(
  parts: ProofParts,
  system: Operator,
  { token, email, password, code, name, language }: LinkAcceptance,
  ip: string | null,
): Promise<{ readonly tenant: Tenant; readonly joined: Workspace["outcome"] | null }> {
  const { db } = parts;
  const { link, tenant } = await openLink(db, token, system.now);
  const address = checkAddress(email);
  if (!isAllowed(link, address)) throw notForYou(link);
  const { enforcement } = await passwordSettings(db, tenant);
  if (!passwordAllowed({ breakGlass: false, emailKey: fold(address) }, enforcement)) throw signInThere(tenant);
  // Whose member it will be is not known yet, and nobody is asked to sign in for it.
  const shown = { memberId: newId(system.now), secret: token };
  const proof = { email: address, password, code };
  const account = await proveHolder(parts, { ...system, tenantId: tenant.id }, shown, proof, ip).catch(unlessUnknown);
  const hash = hashToken(token);
  if (account) {
    const joined = await enter(db, system, { tenantId: tenant.id, hash }, account);
    if (joined === "spent") throw notOpen();
    return { tenant, joined };
  }
  await signUp(db, system, { email: address, password, name, language, link: { tenantId: tenant.id, hash } }, ip);
  return { tenant, joined: null };
}

/** No account's password: whether there is one at all is nobody's business. */
function unlessUnknown(error: unknown): ProvenAccount | undefined {
  if (error instanceof SignInStopped && error.code === "password_wrong") return undefined;
  throw error;
}

/** Which link, as it is kept with who signs up by it. */
interface LinkRef {
  readonly tenantId: string;
  readonly hash: Buffer;
}

const VIA: Via = { door: "link", act: "person", loss: "act" };

/**
 * Lets the holder of an account into the tenant of a link, with the role that it gives. What was made anew or switched off
 * meanwhile lets nobody in. Done twice it changes nothing more.
 */
export async function joinByLink(
  db: Database,
  system: Operator,
  { tenantId, hash }: LinkRef,
  account: Account,
): Promise<Workspace> {
  const [[tenant]] = await onceInTenant(db, { tenantId }, tenantById(tenantId));
  if (!tenant) return { tenant: { id: tenantId, slug: "", name: "" }, outcome: "spent" };
  const { enforcement } = await passwordSettings(db, tenant);
  if (!passwordAllowed({ ...account, breakGlass: false }, enforcement)) return workspace(tenant, "connection");
  try {
    return workspace(tenant, await enter(db, system, { tenantId, hash }, account));
  } catch (error) {
    if (!isRefusal(error, "seat_limit_reached")) throw error;
    // `whenFull.link` is `refuse`: nobody was made.
    return workspace(tenant, "full");
  }
}

function workspace({ id, slug, name }: Tenant, outcome: Workspace["outcome"]): Workspace {
  return { tenant: { id, slug, name }, outcome };
}

/** @throws Refusal `seat_limit_reached` */
function enter(
  db: Database,
  system: Operator,
  { tenantId, hash }: LinkRef,
  account: Account,
): Promise<Workspace["outcome"]> {
  return inTenant(db, { ...system, tenantId }, async (scope) => {
    const wanted = [
      inviteLinkByHash(tenantId, hash, scope.now),
      linkFacts(tenantId, { emailKey: account.emailKey, accountId: account.id }),
    ] as const;
    const { locked, rows } = await underLockWith(db, scope, ...wanted);
    const [[link], [facts]] = rows;
    if (facts?.memberId) return "signIn";
    // Rule 22: a link brings nobody back who was removed.
    if (!link || !facts || facts.removed || !isAllowed(link, account.email)) return "spent";
    if (!(await lives(scope, locked, link))) return "spent";
    if (facts.taken && !facts.taken.invited) return "signIn";
    await makeMember(scope, locked, account, link, facts.taken?.id);
    await scope.trx.run(useInviteLink(tenantId, hash));
    return "joined";
  });
}

/** Whether the role is there, and whoever made the link may still give it (rule 16). */
export async function lives(scope: Scope, { rules }: Locked, link: InviteLink): Promise<boolean> {
  const { roles } = rules.rules;
  return isRole(roles, link.role) && isBacked(scope, roles, link, [link.role]);
}

/** A new member, or the one who was invited and comes by the link instead: with what the link gives. */
async function makeMember(
  scope: Scope,
  locked: Locked,
  { id: accountId, email, name }: Account,
  { role }: InviteLink,
  invitedId: string | undefined,
): Promise<void> {
  const { tenantId, trx, now } = scope;
  const byLink = { entrance: "link", granted: [role] } as const;
  if (invitedId !== undefined) {
    const joining = { by: "account", isProven: true, accountId, name } as const;
    await join(scope, locked, { id: invitedId, door: "link" }, joining, (member) => ({ ...member, ...byLink }));
    return;
  }
  const newcomer = { ...newMember(newId(now), profileOfAddress(email, { name }), "link", now), emailVerified: true };
  const member = await createUnderLock(scope, locked, { ...newcomer, ...byLink }, VIA);
  await trx.run(tieAccount(tenantId, accountId, member.id, now));
}

/** Whether a link is for an address: the exact domain, in either of its forms (RFC 5890 §2.3.2). */
export function isAllowed({ allowedDomains }: InviteLink, email: string): boolean {
  if (allowedDomains.length === 0) return true;
  const domain = domainOf(email);
  return domain !== null && allowedDomains.includes(domain);
}

function notForYou({ allowedDomains }: InviteLink): Refusal {
  const words = `This link is for addresses of ${allowedDomains.join(", ")}. Use such an address, or ask to be invited.`;
  return new Refusal("forbidden", words, { extra: { allowedDomains } });
}
