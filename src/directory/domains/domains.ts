import { isDeepStrictEqual } from "node:util";
import { checkMayGrant, isRole, noSuchRole } from "../../admission/roles.ts";
import { Refusal } from "../../base/errors.ts";
import { newSecret } from "../../base/secrets.ts";
import { event, type EventType } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import type { LookUpTxt, TxtAnswer } from "../../http/dns.ts";
import { acrossTenants, inTenant, onceInTenant, violatedUnique } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { domainName, ownDomain } from "./domainName.ts";
import { askForProof, proofFault, unproven } from "./domainProof.ts";
import {
  type AutoJoin,
  countDomains,
  deleteDomain,
  grantedFeatures,
  type Domain,
  domainByName,
  domainsAfter,
  insertDomain,
  lapseIfDead,
  lockDomain,
  markVerified,
  writeAutoJoin,
} from "./domains.store.ts";
import { endRefusedSessions } from "../signIn/enforcement.ts";
import { currentRules, rulesWithin } from "../roles/rules.ts";
import { teamIds } from "../teams/teams.ts";
import { forgetDomain, isSetup, noteMade } from "../connections/setupReach.ts";
import { askForDomain, domainIsLive, mustWait } from "../connections/setupRequests.ts";

/** A page of domains in the order of their names, with the total of the first page carried along. */
export interface DomainPage {
  readonly items: readonly Domain[];
  readonly total: number;
  /** Null on the last page. */
  readonly next: DomainPlace | null;
}

/** A place in that list. */
export interface DomainPlace {
  readonly after: string;
  readonly total: number;
}

/** The tenant's domains, whatever their status. */
export async function listDomains(
  db: Database,
  who: Who,
  { limit, place }: { limit: number; place: DomainPlace | undefined },
): Promise<DomainPage> {
  const { tenantId } = who;
  const list = domainsAfter(tenantId, place?.after ?? "", limit + 1);
  const [rows, [counted]] = await onceInTenant(db, who, list, countDomains(tenantId));
  const total = place?.total ?? counted?.count ?? 0;
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, total, next: last && rows.length > limit ? { after: last.domain, total } : null };
}

/**
 * Claims a domain. A claim that is pending gives nothing, and takes nothing from others who claim the same (rule 30).
 *
 * @throws Refusal `invalid_request` for what no organisation can own, `conflict` where the tenant has it already
 */
export async function createDomain(db: Database, who: Who, written: string): Promise<Domain> {
  const domain = ownDomain(written);
  const claim = { domain, txtValue: `usher-verification=${newSecret()}`, createdAt: who.now };
  return inTenant(db, who, async (scope) => {
    const [made] = await scope.trx.run(insertDomain(who.tenantId, claim));
    if (!made) throw new Refusal("conflict", `${domain} is among the domains of this tenant already.`);
    await tell(scope, "domain.created", domain);
    await noteMade(scope, "domain", domain);
    return made;
  });
}

/** By what a domain is proven: the operator's word, or the DNS as it answers to this. */
export type ProofBy = "operator" | LookUpTxt;

/**
 * Makes the tenant the owner of a domain that it has claimed. The DNS is asked between two transactions.
 *
 * @returns the domain, verified; still as it was where a setup link must wait for an admin's yes
 * @throws Refusal `not_found`, `domain_not_verified` with what the DNS lacks, `domain_taken` where another tenant has
 * verified it
 */
export async function verifyDomain(db: Database, who: Who, written: string, by: ProofBy): Promise<Domain> {
  const domain = nameOf(written);
  const [[claim]] = await onceInTenant(db, who, domainByName(who.tenantId, domain));
  if (!claim) throw noSuchDomain(domain);
  if (isSetup(who.actor) && claim.status === "verified")
    throw new Refusal("conflict", `${domain} is verified already.`);
  if (claim.status === "verified" && claim.failedDays === 0) return claim;
  const answer = by === "operator" ? by : await askForProof(by, domain);
  return withoutDeadOwner(db, who, domain, () => inTenant(db, who, (scope) => settleProof(scope, domain, answer)));
}

/**
 * Does what may make a tenant the owner of a domain, again where a tenant that was deleted stood in the way: it keeps its
 * rows and owns nothing.
 *
 * @throws Refusal `domain_taken`
 */
export async function withoutDeadOwner<T>(
  db: Database,
  who: Who,
  domain: string,
  settle: () => Promise<T>,
): Promise<T> {
  try {
    return await settle();
  } catch (error) {
    if (!isTaken(error)) throw error;
  }
  await acrossTenants(db, who, ({ trx }) => trx.run(lapseIfDead(domain)));
  try {
    return await settle();
  } catch (error) {
    if (!isTaken(error)) throw error;
    throw new Refusal(
      "domain_taken",
      "Another organisation has verified this domain. It must give the domain up first, or lose its TXT record for a week.",
    );
  }
}

/** Whether a write would have given a domain a second owner. */
export function isTaken(error: unknown): boolean {
  return violatedUnique(error) === "domains_verified";
}

/**
 * Makes the tenant the owner where the answer proves it; by a setup link, where people are in the tenant, once an admin
 * says yes. The claim may be another one by now: one that was given up and made anew wants another value.
 *
 * @throws Refusal `not_found`, `domain_not_verified`; `domains_verified` as PostgreSQL's 23505 where another tenant owns it
 */
export async function settleProof(scope: Scope, domain: string, answer: "operator" | TxtAnswer): Promise<Domain> {
  const before = await locked(scope, domain);
  const by = answer === "operator" ? answer : "dns";
  if (before.status === "verified" && before.failedDays === 0) return before;
  const fault = answer === "operator" ? null : proofFault(answer, before);
  if (fault !== null) throw unproven(fault, before);
  if (await mustWait(scope)) {
    await askForDomain(scope, domain);
    return before;
  }
  const [after = before] = await scope.trx.run(markVerified(scope.tenantId, domain, by, scope.now));
  const isBack = before.status === "verified" && by === "dns";
  await (isBack ? tell(scope, "domain.restored", domain) : tell(scope, "domain.verified", domain, { by }));
  if (isBack) return after;
  await domainIsLive(scope, domain);
  // Rule 28: who has an address in it may be one of those who must come through their identity provider now.
  await endRefusedSessions(scope);
  return after;
}

/**
 * Changes who may join by a domain.
 *
 * @param held the permissions of who writes it (rule 16)
 * @throws Refusal `not_found`, also for a team that there is not, `invalid_request` for a role that there is not, `forbidden` for one above the caller's
 *   and where the plan does not include it, `domain_not_verified` where auto-join is switched on for a domain that is not the tenant's
 */
export async function updateDomain(
  db: Database,
  who: Who,
  written: string,
  change: Partial<AutoJoin>,
  held: readonly string[],
): Promise<Domain> {
  await checkRole(db, who, change.role ?? null, held);
  return inTenant(db, who, async (scope) => {
    const before = await locked(scope, written);
    const [team = null] = change.team ? await teamIds(scope, [change.team]) : [];
    const autoJoin = { ...before.autoJoin, ...change, ...(change.team && { team }) };
    if (isDeepStrictEqual(autoJoin, before.autoJoin)) return before;
    if (change.enabled === true && before.status !== "verified") throw notVerified(before.domain);
    if (opens(before.autoJoin, autoJoin)) await checkGiven(scope, autoJoin.role, held);
    if (autoJoin.enabled && !before.autoJoin.enabled) await checkFeature(scope);
    const [after = before] = await scope.trx.run(writeAutoJoin(who.tenantId, before.domain, autoJoin));
    await tell(scope, "domain.updated", before.domain, { autoJoin: [before.autoJoin, autoJoin] });
    return after;
  });
}

async function checkRole(db: Database, who: Who, role: string | null, held: readonly string[]): Promise<void> {
  if (role === null) return;
  const { rules } = await currentRules(db, who.tenantId);
  if (!isRole(rules.roles, role)) {
    const message = noSuchRole(role, rules.roles);
    throw new Refusal("invalid_request", message, { errors: [{ path: "/autoJoin/role", message }] });
  }
  checkMayGrant(rules.roles, held, [role]);
}

/** Whether people come in who did not before, or without being asked about. */
function opens(before: AutoJoin, after: AutoJoin): boolean {
  return after.enabled && (!before.enabled || (before.approval && !after.approval));
}

/** Rule 16: whoever opens the door gives the role behind it, though somebody else has named it. */
async function checkGiven(scope: Scope, role: string | null, held: readonly string[]): Promise<void> {
  if (role === null) return;
  const { rules } = await rulesWithin(scope);
  checkMayGrant(rules.roles, held, [role]);
}

/** The operator, who grants the feature by plan, may switch it on without. */
async function checkFeature({ trx, tenantId, actor }: Scope): Promise<void> {
  if (actor.type === "operator") return;
  const [plan] = await trx.run(grantedFeatures(tenantId));
  if (!plan || plan.features.includes("domainAutoJoin")) return;
  throw new Refusal(
    "forbidden",
    "The plan does not include joining by domain. Ask the provider of the application for it.",
  );
}

function notVerified(domain: string): Refusal {
  return new Refusal("domain_not_verified", `Nobody can join by ${domain} until it is verified. Verify it first.`);
}

/**
 * Gives a domain up, or a claim to it. Members who have addresses in it stay (rule 30); nobody joins or is linked by it
 * from now on.
 *
 * @throws Refusal `not_found`
 */
export async function removeDomain(db: Database, who: Who, written: string): Promise<void> {
  const domain = nameOf(written);
  await inTenant(db, who, async (scope) => {
    const [gone] = await scope.trx.run(deleteDomain(who.tenantId, domain));
    if (!gone) throw noSuchDomain(domain);
    await forgetDomain(scope, domain);
    await tell(scope, "domain.deleted", domain, { status: gone.status });
  });
}

async function locked({ trx, tenantId }: Scope, written: string): Promise<Domain> {
  const domain = nameOf(written);
  const [found] = await trx.run(lockDomain(tenantId, domain));
  if (!found) throw noSuchDomain(domain);
  return found;
}

/** What is no domain name is nobody's domain; it never reaches SQL. */
function nameOf(written: string): string {
  const domain = domainName(written);
  if (domain === undefined) throw noSuchDomain(written.slice(0, 253));
  return domain;
}

function noSuchDomain(domain: string): Refusal {
  return new Refusal("not_found", `no domain ${domain}`);
}

/** Tells of a domain, which has no id. */
export async function tell(
  scope: Scope,
  type: EventType,
  domain: string,
  more: Record<string, unknown> = {},
): Promise<void> {
  await record(scope, event(scope, type, { type: "domain", id: null }, { domain, ...more }));
}
