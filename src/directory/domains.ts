import { isDeepStrictEqual } from "node:util";
import { checkMayGrant } from "../admission/roles.ts";
import { Refusal } from "../base/errors.ts";
import { newSecret } from "../base/secrets.ts";
import { event, type EventType } from "../events/event.ts";
import { record } from "../events/journal.store.ts";
import { acrossTenants, inTenant, onceInTenant, violatedUnique } from "../storage/scope.ts";
import type { Database, Scope, Who } from "../storage/types.ts";
import { domainName, ownDomain } from "./domainName.ts";
import {
  type AutoJoin,
  countDomains,
  deleteDomain,
  type Domain,
  domainsAfter,
  insertDomain,
  lapseIfDead,
  lockDomain,
  markVerified,
  writeAutoJoin,
} from "./domains.store.ts";
import { rulesOf } from "./rules.ts";

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
    return made;
  });
}

/**
 * Makes the tenant the owner of a domain that it has claimed.
 *
 * @param force on the word of who runs this server, which is the only proof that is taken
 * @throws Refusal `not_found`, `domain_not_verified` without proof, `domain_taken` where another tenant has verified it
 */
export async function verifyDomain(db: Database, who: Who, written: string, force: boolean): Promise<Domain> {
  try {
    return await verifyOnce(db, who, written, force);
  } catch (error) {
    if (!isTaken(error)) throw error;
  }
  // A tenant that was deleted keeps its rows and owns nothing.
  await acrossTenants(db, who, ({ trx }) => trx.run(lapseIfDead(nameOf(written))));
  try {
    return await verifyOnce(db, who, written, force);
  } catch (error) {
    if (!isTaken(error)) throw error;
    throw new Refusal(
      "domain_taken",
      "Another organisation has verified this domain. It must give the domain up first.",
    );
  }
}

function isTaken(error: unknown): boolean {
  return violatedUnique(error) === "domains_verified";
}

function verifyOnce(db: Database, who: Who, written: string, force: boolean): Promise<Domain> {
  return inTenant(db, who, async (scope) => {
    const before = await locked(scope, written);
    if (before.status === "verified") return before;
    if (!force) throw unproven();
    const [after = before] = await scope.trx.run(markVerified(who.tenantId, before.domain, who.now));
    await tell(scope, "domain.verified", before.domain, { by: "operator" });
    return after;
  });
}

function unproven(): Refusal {
  const way = "Ask the operator of this server to verify the domain with `force: true`.";
  return new Refusal("domain_not_verified", `The TXT record is not looked up by this version of Usher. ${way}`);
}

/**
 * Changes who may join by a domain.
 *
 * @param held the permissions of who writes it (rule 16)
 * @throws Refusal `not_found`, `invalid_request` for a role that there is not, `forbidden` for one above the caller's,
 *   `domain_not_verified` where auto-join is switched on for a domain that is not the tenant's
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
    const autoJoin = { ...before.autoJoin, ...change };
    if (isDeepStrictEqual(autoJoin, before.autoJoin)) return before;
    if (change.enabled === true && before.status !== "verified") throw notVerified(before.domain);
    const [after = before] = await scope.trx.run(writeAutoJoin(who.tenantId, before.domain, autoJoin));
    await tell(scope, "domain.updated", before.domain, { autoJoin: [before.autoJoin, autoJoin] });
    return after;
  });
}

async function checkRole(db: Database, who: Who, role: string | null, held: readonly string[]): Promise<void> {
  if (role === null) return;
  const { rules } = await rulesOf(db, who.tenantId);
  if (!rules.roles.has(role)) {
    const message = `There is no role '${role}' here; create it first.`;
    throw new Refusal("invalid_request", message, { errors: [{ path: "/autoJoin/role", message }] });
  }
  checkMayGrant(rules.roles, held, [role]);
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

async function tell(scope: Scope, type: EventType, domain: string, more: Record<string, unknown> = {}): Promise<void> {
  await record(scope, event(scope, type, { type: "domain", id: null }, { domain, ...more }));
}
