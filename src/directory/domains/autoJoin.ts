import { joinByDomain, type JoinDecision } from "../../admission/domainJoin.ts";
import { isRefusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { acrossTenants, inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope } from "../../storage/types.ts";
import type { Account } from "../accounts/accounts.store.ts";
import { mailAdmins } from "../tenants/adminMail.ts";
import { attachAccount, joinFacts, type JoinFacts } from "./autoJoin.store.ts";
import { joinByLink } from "../invitations/linkJoining.ts";
import { createUnderLock, type Via } from "../members/createMember.ts";
import { type AutoJoin, ownerOf } from "./domains.store.ts";
import { insertJoinRequest, pendingRequests } from "./joinRequests.store.ts";
import type { Member } from "../members/member.ts";
import { newMember, profileOfAddress } from "../members/newMember.ts";
import type { Operator } from "../tenants/plans.ts";
import { confirmRegistration, endRegistration } from "./registrations.ts";
import { domainOf } from "./domainName.ts";
import { addToTeam } from "../teams/teams.ts";
import { underLock, type Locked } from "../members/underLock.ts";

/** Where somebody goes on to sign in; null where there is nothing but to wait. */
export function workspaceUrl(publicUrl: string, { tenant, outcome }: Workspace, { email }: Account): string | null {
  if (outcome === "requested" || outcome === "full" || outcome === "spent") return null;
  return `${publicUrl}/sso/start?${new URLSearchParams({ tenant: tenant.slug, email })}`;
}

/** A tenant that somebody joins by the domain of their address, or can join. */
export interface Workspace {
  readonly tenant: { readonly id: string; readonly slug: string; readonly name: string };
  /**
   * `joined`: is a member now; `requested`: an admin is asked; `connection`: joins by signing in through the tenant's
   * identity provider; `signIn`: has a member of this address, and signs in as that one; `full`: there is no seat, and
   * the tenant lets nobody in without; `spent`: the link by which they came lets them in no more.
   */
  readonly outcome: "joined" | "requested" | "connection" | "signIn" | "full" | "spent";
}

/**
 * Proves the mailbox of a sign-up, and joins by its domain. Whoever is cut off half-way comes again with the same token.
 *
 * @throws as `confirmRegistration`
 */
export async function confirmAndJoin(
  db: Database,
  system: Operator,
  given: Parameters<typeof confirmRegistration>[2],
  secretKeys: readonly Buffer[],
): Promise<{ account: Account; workspaces: Workspace[] }> {
  const { account, link } = await confirmRegistration(db, system, given, secretKeys);
  const linked = link ? [await joinByLink(db, system, link, account)] : [];
  const joined = await joinByAccount(db, system, account);
  const workspaces = [...linked, ...joined.filter(({ tenant }) => tenant.id !== link?.tenantId)];
  await endRegistration(db, system, account);
  return { account, workspaces };
}

const VIA: Via = { door: "domain", act: "person", loss: "act" };
const HOUR_MS = 3_600_000;

/** A tenant that the holder of an account can join, and how: at once, by an admin's yes, or by its identity provider. */
export interface Joinable extends Pick<Workspace, "tenant"> {
  readonly by: "join" | "ask" | "connection";
}

/**
 * Where somebody can join by the domain of their account's address. Accounts that were there before are moved nowhere: their
 * holders are shown this, and choose. None where they are a member, have asked, or were removed.
 */
export async function joinableBy(db: Database, system: Operator, account: Account): Promise<Joinable | undefined> {
  const domain = domainOf(account.email);
  if (domain === null) return undefined;
  const [owner] = await acrossTenants(db, system, ({ trx }) => trx.run(ownerOf([domain])));
  if (!owner) return undefined;
  const { tenantId } = owner;
  const asked = joinFacts(tenantId, { domain, emailKey: account.emailKey, accountId: account.id });
  const [[facts]] = await onceInTenant(db, { tenantId }, asked);
  if (!facts?.autoJoin || facts.memberId !== null || facts.taken || facts.asked) return undefined;
  const decision = joinByDomain({ ...facts, autoJoin: facts.autoJoin, local: localOf(account) });
  if (decision.do === "signIn" || decision.do === "nothing") return undefined;
  return { tenant: { id: tenantId, slug: facts.slug, name: facts.name }, by: decision.do };
}

/**
 * Lets the holder of a proven mailbox into the tenant that has verified its exact domain, as rule 30 says. Done twice it
 * changes nothing more.
 *
 * @returns the tenants that there are for this address, none or one: a verified domain has one owner
 */
export async function joinByAccount(db: Database, system: Operator, account: Account): Promise<Workspace[]> {
  const domain = domainOf(account.email);
  if (domain === null) return [];
  const [owner] = await acrossTenants(db, system, ({ trx }) => trx.run(ownerOf([domain])));
  if (!owner) return [];
  const who = { ...system, tenantId: owner.tenantId };
  try {
    return await inTenant(db, who, (scope) => joinUnderLock(db, scope, account, domain));
  } catch (error) {
    if (!isRefusal(error, "seat_limit_reached")) throw error;
    // `whenFull.domain` is `refuse`: nobody was made.
    return inTenant(db, who, async (scope) => shown(await factsOf(scope, account, domain), scope, "full"));
  }
}

function factsOf({ trx, tenantId }: Scope, { id, emailKey }: Account, domain: string): Promise<JoinFacts | undefined> {
  return trx.run(joinFacts(tenantId, { domain, emailKey, accountId: id })).then(([facts]) => facts);
}

async function joinUnderLock(db: Database, scope: Scope, account: Account, domain: string): Promise<Workspace[]> {
  // First the lock: of two who come at once with one address the second finds the first one's member.
  const locked = await underLock(db, scope);
  const facts = await factsOf(scope, account, domain);
  if (facts?.memberId) return shown(facts, scope, "joined");
  if (!facts?.autoJoin) return [];
  const decision = joinByDomain({ ...facts, autoJoin: facts.autoJoin, local: localOf(account) });
  return shown(facts, scope, await carryOut(scope, locked, account, { domain, autoJoin: facts.autoJoin, decision }));
}

interface Joining {
  readonly domain: string;
  readonly autoJoin: AutoJoin;
  readonly decision: JoinDecision;
}

async function carryOut(
  scope: Scope,
  locked: Locked,
  account: Account,
  { domain, autoJoin, decision }: Joining,
): Promise<Workspace["outcome"] | null> {
  if (decision.do === "join") {
    await makeMember(scope, locked, account, autoJoin);
    return "joined";
  }
  if (decision.do === "ask") {
    await ask(scope, account, domain, decision.reason);
    return "requested";
  }
  return decision.do === "nothing" ? null : decision.do;
}

/** The member that an account becomes, the tie between the two, and the team that the domain gives. @throws Refusal `seat_limit_reached` */
export async function makeMember(
  scope: Scope,
  locked: Locked,
  { id: accountId, email, name }: Pick<Account, "id" | "email" | "name">,
  { role, team }: Pick<AutoJoin, "role" | "team">,
): Promise<Member> {
  const { tenantId, trx, now } = scope;
  const profile = profileOfAddress(email, { name });
  const newcomer = { ...newMember(newId(now), profile, "domain", now), emailVerified: true };
  const granted = role === null ? [] : [role];
  const member = await createUnderLock(scope, locked, { ...newcomer, granted }, VIA);
  await trx.run(attachAccount(tenantId, accountId, member.id, now));
  if (team !== null) await addToTeam(scope, team, [member.id]);
  return member;
}

async function ask(
  scope: Scope,
  { id: accountId, email, emailKey, name }: Account,
  domain: string,
  reason: Extract<JoinDecision, { do: "ask" }>["reason"],
): Promise<void> {
  const { tenantId, trx, now } = scope;
  const request = { id: newId(now), accountId, email, name, domain, reason, createdAt: now };
  const [asked] = await trx.run(insertJoinRequest(tenantId, request, emailKey));
  if (!asked) return;
  await record(scope, event(scope, "join_request.created", { type: "join_request", id: asked.id }, { domain, reason }));
  const [pending] = await trx.run(pendingRequests(tenantId, asked.id, new Date(now.getTime() - HOUR_MS)));
  // A mail an hour at most: whoever makes up addresses of a domain does not flood its admins.
  if (!pending || pending.others) return;
  await mailAdmins(scope, { message: "joinRequested", values: { domain, waiting: pending.waiting } });
}

function localOf({ email }: Account): string {
  return email.slice(0, email.lastIndexOf("@"));
}

function shown(facts: JoinFacts | undefined, { tenantId }: Scope, outcome: Workspace["outcome"] | null): Workspace[] {
  if (!facts || outcome === null) return [];
  return [{ tenant: { id: tenantId, slug: facts.slug, name: facts.name }, outcome }];
}
