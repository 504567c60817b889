import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  clockSkew,
  clockTolerance,
  Configuration,
  customFetch,
  enableNonRepudiationChecks,
  getJwksCache,
  None,
  setJwksCache,
  type ClientAuth,
  type ServerMetadata,
} from "openid-client";
import type { OidcSettings } from "../types.ts";
import { clientKeyAuthentication } from "./clientKey.ts";
import { discovered, type Discovered, type OidcDeps } from "./discovery.ts";

/** How far the provider's clock may be from ours, in seconds; as for SAML. */
export const CLOCK_TOLERANCE = 60;

/** Us as a client of one provider, for one request. */
export interface Client {
  readonly config: Configuration;
  readonly metadata: ServerMetadata;
  /** Keeps the keys that the library fetched meanwhile for the next one. */
  readonly keepKeys: () => void;
}

/**
 * Us as a client of this provider: the signature of ID tokens is always checked, though OpenID Connect Core §3.1.3.7
 * would let the TLS of the token endpoint vouch for them.
 *
 * @throws SignInRefused of discovery
 */
export async function clientOf(settings: OidcSettings, deps: OidcDeps): Promise<Client> {
  const provider = discovered(settings, deps);
  const metadata = await provider.metadata;
  const skew = skewOf(deps.now);
  const config = new Configuration(
    metadata,
    settings.clientId,
    { [clockSkew]: skew, [clockTolerance]: CLOCK_TOLERANCE },
    await authenticationOf(settings, metadata),
  );
  config[customFetch] = deps.fetch;
  enableNonRepudiationChecks(config);
  if (deps.allowHttp) allowInsecureRequests(config);
  lendKeys(config, provider, skew);
  return { config, metadata, keepKeys: () => keepKeys(config, provider, skew) };
}

/** The library reads the machine's clock, we the one that we are given; in whole seconds, as its own. */
function skewOf(now: Date): number {
  return Math.round((now.getTime() - Date.now()) / 1000);
}

/** Discovery §3: `client_secret_basic` where nothing is listed; encoding makes it the one that providers get wrong. */
async function authenticationOf(
  { clientSecret, clientKey = null }: OidcSettings,
  metadata: ServerMetadata,
): Promise<ClientAuth> {
  if (clientKey !== null) return clientKeyAuthentication(clientKey);
  if (clientSecret === null) return None();
  const listed = metadata.token_endpoint_auth_methods_supported ?? [];
  return listed.includes("client_secret_post") ? ClientSecretPost(clientSecret) : ClientSecretBasic(clientSecret);
}

/** The library drops them after five minutes, and for a key that it does not find after one. */
function lendKeys(config: Configuration, { keys }: Discovered, skew: number): void {
  if (keys) setJwksCache(config, { jwks: { keys: [...keys.jwks.keys] as never }, uat: keys.at - skew });
}

function keepKeys(config: Configuration, provider: Discovered, skew: number): void {
  const fetched = getJwksCache(config);
  provider.keys = fetched ? { jwks: fetched.jwks, at: fetched.uat + skew } : null;
}
