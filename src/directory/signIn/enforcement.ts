/** Required single sign-on (rule 28): when it may be switched on, and what ends when it is. */
import { domainToUnicode } from "node:url";
import { Refusal } from "../../base/errors.ts";
import { fold } from "../../base/fold.ts";
import { onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope, Transaction } from "../../storage/types.ts";
import { emergencyWithout, lockEnforcement, readiness } from "./enforcement.store.ts";
import { type Enforcement, passwordAllowed } from "../accounts/passwordAllowed.ts";
import { endLocalSessions } from "./sessions.store.ts";
import { verifiedDomains } from "./signInTenant.store.ts";
import type { Tenant } from "../tenants/tenant.ts";
import { defaultSettings, type SettingsChange, type TenantSettings } from "../tenants/tenantSettings.ts";

type Required = TenantSettings["signIn"]["ssoRequired"];

/** From what asks less of people to what asks more. */
const DEGREES: readonly Required[] = ["no", "verifiedDomains", "everyone"];

/** A sign-in of an admin that is older proves nothing of how the connection works today. */
const PROOF_DAYS = 7;

function requiredBy({ signIn }: SettingsChange): Required {
  return signIn?.ssoRequired ?? defaultSettings.signIn.ssoRequired;
}

/** Whether settings ask more people than before to come through their identity provider. */
export function demandsMore(before: SettingsChange, after: SettingsChange): boolean {
  return DEGREES.indexOf(requiredBy(after)) > DEGREES.indexOf(requiredBy(before));
}

/**
 * Asks under the lock, before single sign-on is demanded of more people, whether that would shut everybody out.
 *
 * @throws Refusal `conflict`
 */
export async function checkEnforceable({ trx, tenantId, now }: Scope): Promise<void> {
  const since = new Date(now.getTime() - PROOF_DAYS * 86_400_000);
  const [found] = await trx.run(readiness(tenantId, since));
  if (!found?.adminSignedIn) {
    const way = `Let an admin sign in through an enabled connection first; within ${PROOF_DAYS} days of it this can be switched on.`;
    throw new Refusal("conflict", `Single sign-on cannot be required before it is known to work. ${way}`);
  }
  if (found.emergency) return;
  const way =
    "Give an active member with a password `breakGlass`, for the day when the identity provider is out of reach.";
  throw new Refusal("conflict", `Single sign-on cannot be required while nobody could come in without it. ${way}`);
}

/** The refusal for a tenant that demands single sign-on from its first moment: nobody could ever come in. */
export function checkNewTenant(settings: SettingsChange): void {
  if (requiredBy(settings) === "no") return;
  const way = "Make the tenant, let an admin sign in through a connection, then require it.";
  throw new Refusal("conflict", `Single sign-on cannot be required of a tenant that has no connection yet. ${way}`);
}

/** Ends what a password or passkey had opened for whoever may not come in by it now, in the transaction of the change. */
export async function endRefusedSessions({ trx, tenantId }: Pick<Scope, "trx" | "tenantId">): Promise<void> {
  const [tenant] = await trx.run(lockEnforcement(tenantId));
  if (!tenant || tenant.ssoRequired === "no") return;
  const owned = tenant.ssoRequired === "everyone" ? null : await trx.run(verifiedDomains(tenantId));
  // RFC 5890 §2.3.2: directories write a domain in either of its forms.
  const forms = owned && owned.flatMap(({ domain }) => [domain, fold(domainToUnicode(domain))]);
  await trx.run(endLocalSessions(tenantId, forms));
}

/**
 * Refuses what would take away the last member who can come in without the identity provider.
 *
 * @throws Refusal `conflict`
 */
export async function keepEmergency(read: Transaction["run"], tenantId: string, memberId: string): Promise<void> {
  const [found] = await read(emergencyWithout(tenantId, memberId));
  if (!found?.required || found.others) return;
  const way = "Give another active member with a password `breakGlass` first, or set signIn.ssoRequired to no.";
  throw new Refusal("conflict", `Single sign-on is required, and nobody else could come in without it. ${way}`);
}

/** What a tenant demands of sign-ins now. */
async function enforcementOf(db: Database, { id, settings }: Pick<Tenant, "id" | "settings">): Promise<Enforcement> {
  const ssoRequired = requiredBy(settings);
  if (ssoRequired !== "verifiedDomains") return { ssoRequired, domains: new Set() };
  const [owned] = await onceInTenant(db, { tenantId: id }, verifiedDomains(id));
  return { ssoRequired, domains: new Set(owned.map(({ domain }) => domain)) };
}

/** Whether a session that was opened so still counts for its member. */
export async function sessionAllowed(
  db: Database,
  tenant: Tenant,
  session: { readonly connectionId: string | null },
  member: Parameters<typeof passwordAllowed>[0],
): Promise<boolean> {
  if (session.connectionId !== null || requiredBy(tenant.settings) === "no") return true;
  return passwordAllowed(member, await enforcementOf(db, tenant));
}
