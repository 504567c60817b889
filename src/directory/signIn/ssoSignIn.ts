import { domainToASCII, domainToUnicode } from "node:url";
import { claimsAfterSignIn, type AssertedGroups } from "../../admission/mappings.ts";
import { effectiveProvisioning, link, type LinkDecision, type Provisioning } from "../../admission/linking.ts";
import { isRefusal, Refusal } from "../../base/errors.ts";
import { fold } from "../../base/fold.ts";
import { newId } from "../../base/ids.ts";
import { mailAddress } from "../../base/mailAddress.ts";
import { hashToken } from "../../base/secrets.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import type { ScimObject } from "../../scim/types.ts";
import { inTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { changeUnderLock } from "../members/changeMember.ts";
import { createUnderLock, type Via } from "../members/createMember.ts";
import { type Arrival, maskedArrival } from "./maskedArrival.ts";
import { profileOf, type Member } from "../members/member.ts";
import { readdressed } from "../members/memberEdits.ts";
import { memberWithAddress } from "../members/members.store.ts";
import { newMember } from "../members/newMember.ts";
import { domainOf } from "../domains/domainName.ts";
import { broughtBy, byLink, joinBySso, type Brought, type HeldLink } from "../invitations/ssoJoining.ts";
import { openSession, type OpenedSession } from "./sessions.ts";
import { SignInStopped } from "./signInStopped.ts";
import * as store from "./signIns.store.ts";
import { keepSamlSession } from "./singleLogout.ts";
import type { SamlSession } from "./singleLogout.store.ts";
import { completeSettings, type TenantSettings } from "../tenants/tenantSettings.ts";
import type { Tenant } from "../tenants/tenant.ts";
import { tenantById } from "../tenants/tenants.store.ts";
import { type Locked, underLockWith } from "../members/underLock.ts";

/** Who an identity provider says has signed in, as it waited under the one-time handle. */
export interface SsoIdentity {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
  readonly name: {
    readonly givenName: string | null;
    readonly familyName: string | null;
    readonly displayName: string | null;
  };
  readonly groups: AssertedGroups;
  readonly match: readonly string[];
  readonly providerSession: string | null;
  /** SAML: what the session is called beside its index. */
  readonly nameId?: SamlSession["nameId"];
  readonly sessionEnds: Date | string | null;
  /** When the provider said so, by its own clock; absent in what was kept before this was. */
  readonly issuedAt?: Date | string;
  /** When they showed it who they are, as it told; absent in what was kept before this was. */
  readonly authenticatedAt?: Date | string | null;
  /** Values by attribute or claim, as they arrived; absent where they were not kept. */
  readonly arrived?: Arrival;
}

/** What the connection says of linking. */
export interface LinkingConnection {
  readonly id: string;
  readonly protocol: "saml" | "oidc";
  readonly enabled: boolean;
  readonly directoryId: string | null;
  readonly matchAttribute: "externalId" | "userName";
}

/** The browser that signs in. */
export interface Browser {
  readonly ip: string | null;
  readonly userAgent: string | null;
}

const VIA: Via = { door: "sso", act: "effect", loss: "effect" };
const ARRIVAL: Via = { door: "sso", act: "person", loss: "effect" };

/**
 * Redeems the one-time handle of a judged answer in the browser that began, and in the same transaction links the
 * identity (rules 22 to 25), decides roles and seat, and opens the session. Nothing half done: a process killed before
 * the end leaves no member, seat or session, and the handle unredeemed.
 *
 * @throws SignInStopped
 */
export async function signInBySso(
  db: Database,
  who: Who,
  redeem: { handle: string; browser: string },
  connectionOf: (scope: Scope, id: string) => Promise<LinkingConnection>,
  from: Browser,
): Promise<{ session: OpenedSession; returnTo: string }> {
  return inTenant(db, who, async (scope) => {
    const { tenantId, now } = scope;
    const hashes = [hashToken(redeem.handle), hashToken(redeem.browser)] as const;
    const wanted = [store.redeemAttempt(tenantId, ...hashes, now), tenantById(tenantId)] as const;
    const { locked, rows } = await underLockWith(db, scope, ...wanted);
    const [[redeemed], [tenant]] = rows;
    if (!redeemed)
      throw new SignInStopped(
        "handle_spent",
        "the sign-in was finished already, took too long, or began in another browser",
      );
    if (redeemed.loggedOut)
      throw new SignInStopped("logged_out", "the identity provider has signed the person out since it answered");
    const connection = await connectionOf(scope, redeemed.connectionId);
    if (!connection.enabled) throw new SignInStopped("connection_disabled", "the connection has been switched off");
    const identity = redeemed.identity as SsoIdentity;
    const settings = settingsIn(tenant);
    const arrived = maskedArrival(identity.arrived ?? {});
    const { member } = await admit(scope, locked, connection, identity, settings, redeemed.invitationHash).catch(
      showing(arrived),
    );
    const { nameId, providerSession: sessionIndex, authenticatedAt = null } = identity;
    const opening = {
      ...from,
      memberId: member.id,
      authMethod: connection.protocol,
      connectionId: connection.id,
      providerSession: sessionIndex,
      mustChangePassword: false,
      hours: settings.signIn.sessionHours,
      endsBy: identity.sessionEnds === null ? null : new Date(identity.sessionEnds),
      demands: redeemed.demands,
      authenticatedAt: authenticatedAt === null ? null : new Date(authenticatedAt),
    };
    const session = await openSession(scope, opening, (id) => [
      ...(nameId ? [keepSamlSession(scope, id, connection.id, { nameId, sessionIndex })] : []),
      store.touchMember(tenantId, member.id, now),
      store.insertSignIn(tenantId, line(scope, connection, member.id, from, arrived), now),
    ]);
    return { session, returnTo: redeemed.returnTo };
  });
}

/** The tenant's settings, all of them. */
export async function settingsOf(scope: Scope): Promise<TenantSettings> {
  const [tenant] = await scope.trx.run(tenantById(scope.tenantId));
  return settingsIn(tenant);
}

function settingsIn(tenant: Tenant | undefined): TenantSettings {
  if (!tenant) throw new Refusal("not_found", "no such tenant");
  return completeSettings(tenant.settings, tenant.planQuota);
}

/**
 * Finds or makes the member, with the roles that the sign-in gives.
 *
 * @throws SignInStopped
 */
export async function admit(
  scope: Scope,
  locked: Locked,
  connection: LinkingConnection,
  identity: SsoIdentity,
  settings: TenantSettings,
  invitationHash: Buffer | null = null,
): Promise<{ member: Member; by: ReachedBy }> {
  const brought = await broughtBy(scope, locked, invitationHash, identity.email);
  const found = await decideLink(scope, connection, identity, settings, brought);
  const { decision, isAddressFree } = found;
  const held = brought.link && invitationHash ? { hash: invitationHash, role: brought.link.role } : null;
  if (decision.do === "refuse") throw new SignInStopped(`link_${decision.reason}`, wordsOf[decision.reason]);
  const { by } = decision;
  if (decision.do === "provision") {
    return { by, member: await provision(scope, locked, connection, identity, held) };
  }
  const { memberId } = decision;
  await keepIdentity(scope, connection, identity, memberId);
  if (decision.do === "link") {
    const told = { connectionId: connection.id, by: decision.by };
    await record(scope, event(scope, "member.identity_linked", { type: "member", id: memberId }, told));
  }
  const address = isAddressFree ? await newAddress(scope, identity, memberId) : null;
  const make = (member: Member): Member => refreshed(member, identity, address);
  if (!found.isInvited) return { by, member: await changeUnderLock(scope, locked, memberId, { make }, VIA) };
  const isOpen = held !== null || effectiveProvisioning(settings.signIn.provisioning, found.scimSeen) === "jit";
  const own = brought.invitation?.id === memberId ? brought.invitation : undefined;
  const arriving = { memberId, brought: own, isOpen, link: held };
  return { by, member: await joinBySso(scope, locked, arriving, make).catch(stopWhereFull) };
}

/** The address that an identity has by now, which no member has as e-mail; null where one has it as user name (rule 21). */
async function newAddress({ tenantId, trx }: Scope, { email }: SsoIdentity, memberId: string): Promise<string | null> {
  if (email === null || mailAddress(email) === null) return null;
  const [taken] = await trx.run(memberWithAddress(tenantId, fold(email), memberId));
  return taken ? null : email;
}

/** How an identity came to its member. */
export type ReachedBy = Exclude<LinkDecision, { do: "refuse" }>["by"];

async function decideLink(
  scope: Scope,
  connection: LinkingConnection,
  identity: SsoIdentity,
  settings: TenantSettings,
  brought: Brought,
): Promise<{
  decision: LinkDecision;
  isAddressFree: boolean;
  /** Whether the member was invited and has not joined. */
  isInvited: boolean;
  scimSeen: boolean;
}> {
  const { tenantId, trx } = scope;
  const { issuer, subject, email, match } = identity;
  const emailKeys = email === null ? [] : addressKeys(email);
  const domain = email === null ? null : domainOf(email);
  const asked = { connectionId: connection.id, issuer, subject, emailKeys, domain };
  const [[known], addressed, [facts]] = await trx.all(
    store.knownCandidate(tenantId, connection.id, issuer, subject),
    store.addressedCandidates(tenantId, connection.id, emailKeys),
    store.linkingFacts(tenantId, asked),
  );
  const matched = await matchedBy(scope, connection, match);
  const invited = addressed.find(({ id }) => id === brought.invitation?.id);
  const { domainVerified = false, removed = false, scimSeen = false } = facts ?? {};
  const wanted: Provisioning = settings.signIn.provisioning;
  // A link lets people in by itself; where only the directory does, it does not.
  const provisioning = brought.link && wanted !== "scim" ? "jit" : wanted;
  const { directoryId } = connection;
  const decision = link({
    known: known ?? null,
    directoryId,
    matched,
    addressed,
    invited,
    domainVerified,
    removed,
    provisioning,
    scimSeen,
  });
  const candidates = [...(known ? [known] : []), ...matched, ...addressed];
  const isInvited = candidates.some(({ id, invited: is }) => is && "memberId" in decision && id === decision.memberId);
  return { decision, isAddressFree: email !== null && addressed.length === 0, isInvited, scimSeen };
}

/** Directories write a domain in either of its forms (RFC 5890 §2.3.2): both are one mailbox. */
function addressKeys(email: string): string[] {
  const at = email.lastIndexOf("@") + 1;
  const [local, domain] = [email.slice(0, at), email.slice(at)];
  const forms = [domain, domainToASCII(domain), domainToUnicode(domain)].filter((form) => form !== "");
  return [...new Set(forms.map((form) => fold(local + form)))];
}

async function matchedBy(
  scope: Scope,
  connection: LinkingConnection,
  match: readonly string[],
): Promise<readonly store.Found[]> {
  if (match.length === 0 || connection.directoryId === null) return [];
  const attribute = connection.matchAttribute;
  const values = attribute === "userName" ? match.map(fold) : match;
  return scope.trx.run(store.matchedCandidates(scope.tenantId, connection.id, attribute, values));
}

/** Rule 13: the group values of this sign-in replace those of the last one, unless the claim was absent or too long. */
async function keepIdentity(
  scope: Scope,
  connection: LinkingConnection,
  identity: SsoIdentity,
  memberId: string,
): Promise<void> {
  const { claims, overage } = claimsAfterSignIn([], connection.id, identity.groups);
  const values = typeof identity.groups === "string" ? null : claims.map(({ value }) => value);
  const key = { connectionId: connection.id, issuer: identity.issuer, subject: identity.subject };
  await scope.trx.run(store.linkIdentity(scope.tenantId, key, memberId, values, scope.now));
  if (!overage) return;
  const told = { connectionId: connection.id };
  await record(scope, event(scope, "member.groups_overage", { type: "member", id: memberId }, told));
}

/** Rule 24: JIT may create any address in its own tenant, marked unverified. */
async function provision(
  scope: Scope,
  locked: Locked,
  connection: LinkingConnection,
  identity: SsoIdentity,
  held: HeldLink | null,
): Promise<Member> {
  const { now } = scope;
  const { claims } = claimsAfterSignIn([], connection.id, identity.groups);
  const id = newId(now);
  const profile = profileOf(scimOf(identity, id));
  const invited = held ? await byLink(scope, held) : {};
  const newcomer = { ...newMember(id, profile, "sso", now), claims, ...invited };
  const via = { ...ARRIVAL, door: newcomer.entrance };
  const member = await createUnderLock(scope, locked, newcomer, via).catch(stopWhereFull);
  await keepIdentity(scope, connection, identity, member.id);
  return member;
}

/** `whenFull.sso` is `refuse`: nobody is made, and the handle may be redeemed again once there is a seat. */
function stopWhereFull(error: unknown): never {
  if (!isRefusal(error, "seat_limit_reached")) throw error;
  throw new SignInStopped("seat_limit_reached", error.message);
}

/** What a sign-in refreshes: the profile, where no directory owns it. A new address is nobody's until proven (rule 24). */
function refreshed(member: Member, identity: SsoIdentity, address: string | null): Member {
  if (member.directoryId !== null) return member;
  const { displayName, ...others } = member.scim;
  const name = nameOf(identity);
  const shown = identity.name.displayName ?? displayName;
  const scim: ScimObject = { ...others, ...(name && { name }), ...(shown !== undefined && { displayName: shown }) };
  const named = { ...member, ...profileOf(scim) };
  return address === null ? named : readdressed(named, address);
}

/** The attributes of a newcomer; who has no address goes by their id, since no user name was asserted. */
function scimOf(identity: SsoIdentity, id: string): ScimObject {
  const { email } = identity;
  const name = nameOf(identity);
  return {
    userName: email ?? id,
    ...(name && { name }),
    ...(identity.name.displayName !== null && { displayName: identity.name.displayName }),
    ...(email !== null && { emails: [{ value: email, type: "work", primary: true }] }),
  };
}

function nameOf({ name: { givenName, familyName } }: SsoIdentity): ScimObject | undefined {
  if (givenName === null && familyName === null) return undefined;
  return { ...(givenName !== null && { givenName }), ...(familyName !== null && { familyName }) };
}

const wordsOf: Record<Extract<LinkDecision, { do: "refuse" }>["reason"], string> = {
  breakGlass: "a break-glass member does not sign in through an identity provider",
  suspended: "the member is suspended",
  linkedToAnother: "the member has another identity of this connection already",
  ambiguous: "more than one member fits this identity",
  addressTaken: "a member has this address, and its domain is not verified by the tenant",
  removed: "the person was removed; a directory, an invitation or an admin can bring them back",
  mustExist: "no such member exists, and sign-in makes none here",
  mustBeManaged: "only people whom the directory has pushed may sign in here",
};

/** Lets the log show what arrived with a sign-in that goes nowhere. */
function showing(arrived: Arrival): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof SignInStopped)) throw error;
    throw new SignInStopped(error.code, error.message, error.memberId, arrived);
  };
}

function line(
  { now }: Scope,
  connection: LinkingConnection,
  memberId: string,
  from: Browser,
  arrived: Arrival,
): store.SignInRecord {
  return {
    id: newId(now),
    memberId,
    connectionId: connection.id,
    method: connection.protocol,
    result: "signed_in",
    reason: null,
    detail: null,
    ip: from.ip,
    device: from.userAgent,
    arrived,
  };
}
