import type { Statement } from "../../storage/types.ts";
import type { ProofFault } from "./domainProof.ts";

/** Whether a verified address of a domain lets its holder in, and as what (rule 30). */
export interface AutoJoin {
  readonly enabled: boolean;
  /** Null = what the tenant's policy gives a newcomer (rule 8). */
  readonly role: string | null;
  /** Whether an admin says yes to each. */
  readonly approval: boolean;
  /** Id of the team that they are put into. */
  readonly team: string | null;
}

/** A domain that a tenant claims, and owns once it is verified. */
export interface Domain {
  readonly domain: string;
  readonly status: "pending" | "verified" | "lapsed";
  /** What the TXT record that proves it must hold. */
  readonly txtValue: string;
  readonly autoJoin: AutoJoin;
  readonly verifiedAt: Date | null;
  /** On whose word; null while it is pending. */
  readonly verifiedBy: "dns" | "operator" | null;
  readonly createdAt: Date;
  /** When the record was looked up last; what is on the operator's word is not looked up. */
  readonly checkedAt: Date | null;
  /** What was amiss then; `taken`: nothing but that another tenant has verified the domain meanwhile. */
  readonly checkFault: ProofFault | "taken" | null;
  /** Days in a row on which the record was not there. */
  readonly failedDays: number;
}

/** Rows of before there were teams name none. */
export const AUTO_JOIN = `'{"team":null}'::jsonb || auto_join as "autoJoin"`;

const DOMAIN = `domain, status, txt_value as "txtValue", ${AUTO_JOIN}, verified_at as "verifiedAt",
  verified_by as "verifiedBy", created_at as "createdAt", checked_at as "checkedAt", check_fault as "checkFault",
  failed_days as "failedDays"`;

/** One claim. */
export function domainByName(tenantId: string, domain: string): Statement<Domain> {
  return {
    name: "domain_by_name",
    text: `select ${DOMAIN} from domains where tenant_id = $1 and domain = $2`,
    values: [tenantId, domain],
  };
}

/** One claim, which nobody else changes until the transaction ends. */
export function lockDomain(tenantId: string, domain: string): Statement<Domain> {
  return {
    name: "domain_lock",
    text: `select ${DOMAIN} from domains where tenant_id = $1 and domain = $2 for no key update`,
    values: [tenantId, domain],
  };
}

/** Claims after a name. */
export function domainsAfter(tenantId: string, after: string, most: number): Statement<Domain> {
  return {
    name: "domain_list",
    text: `select ${DOMAIN} from domains where tenant_id = $1 and domain > $2 order by domain limit $3`,
    values: [tenantId, after, most],
  };
}

/** How many there are. */
export function countDomains(tenantId: string): Statement<{ count: number }> {
  return { name: "domain_count", text: "select count(*) from domains where tenant_id = $1", values: [tenantId] };
}

/** A new claim; answers a row, or none where the tenant has it already. */
export function insertDomain(
  tenantId: string,
  { domain, txtValue, createdAt }: Pick<Domain, "domain" | "txtValue" | "createdAt">,
): Statement<Domain> {
  return {
    name: "domain_insert",
    text: `insert into domains (tenant_id, domain, status, txt_value, created_at) values ($1,$2,'pending',$3,$4)
      on conflict (tenant_id, domain) do nothing returning ${DOMAIN}`,
    values: [tenantId, domain, txtValue, createdAt],
  };
}

/** Makes a claim the owner; `domains_verified` lets one tenant be it. What the DNS proved is looked up each day. */
export function markVerified(tenantId: string, domain: string, by: "dns" | "operator", now: Date): Statement<Domain> {
  return {
    name: "domain_verify",
    text: `update domains set status = 'verified', verified_by = $3, verified_at = $4, check_fault = null, failed_days = 0,
        checked_at = case when $3 = 'dns' then $4::timestamptz end,
        next_check_at = case when $3 = 'dns' then $4::timestamptz + interval '1 day' end
      where tenant_id = $1 and domain = $2 returning ${DOMAIN}`,
    values: [tenantId, domain, by, now],
  };
}

/** Takes a domain from a tenant that was deleted, for who writes across tenants. */
export function lapseIfDead(domain: string): Statement {
  return {
    name: "domain_lapse_dead",
    text: `update domains d set status = 'lapsed' from tenants t
      where d.domain = $1 and d.status = 'verified' and t.id = d.tenant_id and t.deleted_at is not null`,
    values: [domain],
  };
}

/** Writes who may join by a domain. */
export function writeAutoJoin(tenantId: string, domain: string, autoJoin: AutoJoin): Statement<Domain> {
  return {
    name: "domain_auto_join",
    text: `update domains set auto_join = $3 where tenant_id = $1 and domain = $2 returning ${DOMAIN}`,
    values: [tenantId, domain, JSON.stringify(autoJoin)],
  };
}

/** Gives a claim up; answers a row, or none where there is none. */
export function deleteDomain(tenantId: string, domain: string): Statement<Pick<Domain, "status">> {
  return {
    name: "domain_delete",
    text: "delete from domains where tenant_id = $1 and domain = $2 returning status",
    values: [tenantId, domain],
  };
}

/** Which tenant owns the most specific of these domains, for who reads across tenants. */
export function ownerOf(domains: readonly string[]): Statement<{ tenantId: string; domain: string }> {
  return {
    name: "domain_owner",
    text: `select d.tenant_id as "tenantId", d.domain from domains d
      join tenants t on t.id = d.tenant_id and t.deleted_at is null
      where d.status = 'verified' and d.domain = any ($1::text[]) order by length(d.domain) desc limit 1`,
    values: [domains],
  };
}

/** What the plan of a tenant grants; no row where it is on none, which withholds nothing. */
export function grantedFeatures(tenantId: string): Statement<{ features: readonly string[] }> {
  return {
    name: "domain_features",
    text: "select p.features from tenants t join plans p on p.slug = t.plan where t.id = $1",
    values: [tenantId],
  };
}
