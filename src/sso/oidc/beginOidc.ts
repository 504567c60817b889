import {
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  type ServerMetadata,
} from "openid-client";
import type { Begun, ConnectionUrls, Requirements, SsoConnection } from "../types.ts";
import { clientOf } from "./client.ts";
import type { OidcDeps } from "./discovery.ts";
import { written } from "./proof.ts";
import { settingsOf } from "./settings.ts";

/**
 * Begins a sign-in by the authorization code flow (OpenID Connect Core §3.1), with state, nonce and PKCE S256
 * always, whatever the provider says that it supports (RFC 9700 §2.1.1).
 *
 * @param loginHint whom the provider shall offer to sign in as (Core §3.1.2.1); it proves nothing
 * @throws SignInRefused oidc_settings, or a code of discovery
 */
export async function beginOidc(
  connection: SsoConnection,
  urls: ConnectionUrls,
  deps: OidcDeps,
  loginHint?: string,
  required?: Requirements,
): Promise<Begun> {
  const settings = settingsOf(connection);
  const { issuer, clientId, hostedDomain } = settings;
  const { config, metadata } = await clientOf(settings, deps);
  const [state, nonce, codeVerifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()];
  const url = buildAuthorizationUrl(config, {
    redirect_uri: urls.redirectUri,
    scope: scopesOf(connection, metadata).join(" "),
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: "S256",
    // Google shows the accounts of this domain alone; what comes back is checked all the same.
    ...(hostedDomain === undefined ? {} : { hd: hostedDomain }),
    ...(loginHint === undefined ? {} : { login_hint: loginHint }),
    ...passedOn(required),
  });
  const maxAge = required?.maxAge;
  const proof = written({ connectionId: connection.id, issuer, clientId, state, nonce, codeVerifier, maxAge });
  return { redirectUrl: url.href, requestId: state, proof };
}

/** OIDC Core §3.1.2.1: what the application behind us asks of the sign-in. */
function passedOn(required: Requirements | undefined): Record<string, string> {
  if (!required) return {};
  const { login, maxAge, acrValues } = required;
  return {
    ...(login && { prompt: "login" }),
    ...(maxAge !== undefined && { max_age: String(maxAge) }),
    ...(acrValues.length > 0 && { acr_values: acrValues.join(" ") }),
  };
}

/** Okta and others give groups for a scope of this name; those that do not list it might refuse it. */
function scopesOf({ groupsClaim, oidc }: SsoConnection, metadata: ServerMetadata): readonly string[] {
  if (oidc?.scopes !== undefined) return oidc.scopes;
  const forGroups = groupsClaim !== null && metadata.scopes_supported?.includes("groups") === true ? ["groups"] : [];
  return ["openid", "email", "profile", ...forGroups];
}
