import type { Statement } from "../../storage/types.ts";
import type { TenantSettings } from "../tenants/tenantSettings.ts";

/** Holds what a tenant demands of sign-ins until the transaction ends: nobody demands more meanwhile. */
export function holdEnforcement(tenantId: string): Statement {
  return {
    name: "enforcement_hold",
    text: "select from tenants where id = $1 for share",
    values: [tenantId],
  };
}

/** Waits for the sign-ins that are under way by what was demanded until now; those that come wait for this. */
export function lockEnforcement(tenantId: string): Statement<{ ssoRequired: TenantSettings["signIn"]["ssoRequired"] }> {
  return {
    name: "enforcement_lock",
    text: `select coalesce(settings->'signIn'->>'ssoRequired', 'no') as "ssoRequired" from tenants where id = $1
      for no key update`,
    values: [tenantId],
  };
}

/** What rule 28 asks of a member who signs in by what is Usher's own. */
export interface LocalStanding {
  readonly ssoRequired: TenantSettings["signIn"]["ssoRequired"];
  readonly breakGlass: boolean;
  readonly emailKey: string | null;
  /** Those that the tenant has verified. */
  readonly domains: readonly string[];
}

/** Reads it of a member who is active, whom nobody removes or suspends until the transaction ends. */
export function localStanding(tenantId: string, memberId: string): Statement<LocalStanding> {
  return {
    name: "enforcement_standing",
    text: `select coalesce(t.settings->'signIn'->>'ssoRequired', 'no') as "ssoRequired", m.break_glass as "breakGlass",
        m.email_key as "emailKey", array(select d.domain from domains d where d.tenant_id = $1 and d.status = 'verified')
          as domains
      from tenants t join members m on m.tenant_id = t.id and m.id = $2 and m.status = 'active'
      where t.id = $1 for no key update of m`,
    values: [tenantId, memberId],
  };
}

/** The tenant that has verified a domain and demands single sign-on, for who reads across tenants. */
export function demandingTenant(domain: string): Statement<{ slug: string }> {
  return {
    name: "enforcement_of_domain",
    text: `select t.slug from domains d join tenants t on t.id = d.tenant_id and t.deleted_at is null
      where d.domain = $1 and d.status = 'verified' and coalesce(t.settings->'signIn'->>'ssoRequired', 'no') <> 'no'`,
    values: [domain],
  };
}

/** What must be there before single sign-on is demanded. */
export interface Readiness {
  /** An admin has signed in by a connection that is enabled, since a moment. */
  readonly adminSignedIn: boolean;
  /** A break-glass member is active and can prove who they are. */
  readonly emergency: boolean;
}

/** Who can come in when the identity provider cannot be reached. */
const EMERGENCY = `m.break_glass and m.status = 'active' and (m.password_hash is not null
  or exists (select from account_members a where a.tenant_id = m.tenant_id and a.member_id = m.id))`;

/** Reads it under the lock. */
export function readiness(tenantId: string, since: Date): Statement<Readiness> {
  return {
    name: "enforcement_readiness",
    text: `select
        exists (select from identities i join connections c on c.tenant_id = $1 and c.id = i.connection_id
            and c.status = 'enabled'
          join members m on m.tenant_id = $1 and m.id = i.member_id and m.administers
          where i.tenant_id = $1 and i.last_used_at > $2) as "adminSignedIn",
        exists (select from members m where m.tenant_id = $1 and ${EMERGENCY}) as emergency`,
    values: [tenantId, since],
  };
}

/** Whether single sign-on is demanded, and whether another member than this one could come in without. */
export function emergencyWithout(
  tenantId: string,
  memberId: string,
): Statement<{ required: boolean; others: boolean }> {
  return {
    name: "enforcement_emergency",
    text: `select coalesce(t.settings->'signIn'->>'ssoRequired', 'no') <> 'no' as required,
        exists (select from members m where m.tenant_id = $1 and m.id <> $2 and ${EMERGENCY}) as others
      from tenants t where t.id = $1`,
    values: [tenantId, memberId],
  };
}
