import { domainOf } from "../domains/domainName.ts";
import type { TenantSettings } from "../tenants/tenantSettings.ts";

/** What rule 28 looks at: who it is, and what their tenant demands. */
export interface Enforcement {
  readonly ssoRequired: TenantSettings["signIn"]["ssoRequired"];
  /** The domains that the tenant has verified; needed for `verifiedDomains` alone. */
  readonly domains: ReadonlySet<string>;
}

/**
 * Whether a member may come in by what is Usher's own: a password, its reset, a passkey (rule 28). Break-glass members
 * always may.
 */
export function passwordAllowed(
  member: { readonly breakGlass: boolean; readonly emailKey: string | null },
  { ssoRequired, domains }: Enforcement,
): boolean {
  if (member.breakGlass || ssoRequired === "no") return true;
  if (ssoRequired === "everyone") return false;
  return member.emailKey === null || !domains.has(domainOf(member.emailKey) ?? "");
}
