/** Whose rules go beyond OpenID Connect's: Entra ID, where one issuer's tokens name tenants, and Google, where one issuer serves everybody. */
import { isUuid } from "../../base/ids.ts";

/** Of its clouds: public, US government, China. */
const ENTRA_HOSTS = ["login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"];
const GOOGLE_HOST = "accounts.google.com";

/** Whether this provider's tokens are Entra ID's: by its host, or because the admin says so. */
export function isEntra(provider: string, issuer: string): boolean {
  return provider === "entra" || ENTRA_HOSTS.includes(new URL(issuer).hostname);
}

/** Whether this provider's tokens are Google's, likewise. */
export function isGoogle(provider: string, issuer: string): boolean {
  return provider === "google" || new URL(issuer).hostname === GOOGLE_HOST;
}

/**
 * The tenant id that an Entra ID issuer is pinned to, in lower case; null for `common`, `organizations`, `consumers`
 * and names, with which a token of any tenant, or of another one later, would pass.
 */
export function entraTenant(issuer: string): string | null {
  const [, tenant = ""] = new URL(issuer).pathname.split("/");
  return isUuid(tenant) ? tenant.toLowerCase() : null;
}
