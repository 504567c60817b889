import type { SsoConnection } from "../types.ts";
import { discovered, mayBePlain, type OidcDeps } from "./discovery.ts";
import { settingsOf } from "./settings.ts";

/**
 * Where a browser that has signed out here ends its session at the provider too (OpenID Connect RP-Initiated Logout 1.0
 * §2); null where the connection does not want that, or the provider has no such place. ID tokens are not kept for the
 * hint, so the provider may ask the person.
 *
 * @param returnTo absolute URL, which the provider must know as `post_logout_redirect_uris`
 * @throws SignInRefused of discovery
 */
export async function endSessionUrl(connection: SsoConnection, returnTo: string, deps: OidcDeps): Promise<URL | null> {
  const settings = settingsOf(connection);
  if (settings.endSession !== true) return null;
  const { end_session_endpoint: endpoint } = await discovered(settings, deps).metadata;
  if (endpoint === undefined || !URL.canParse(endpoint)) return null;
  const url = new URL(endpoint);
  const isSecure = url.protocol === "https:" || (url.protocol === "http:" && mayBePlain(settings.issuer, deps));
  if (!isSecure) return null;
  url.searchParams.set("client_id", settings.clientId);
  url.searchParams.set("post_logout_redirect_uri", returnTo);
  return url;
}
