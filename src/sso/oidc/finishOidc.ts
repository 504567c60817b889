import { authorizationCodeGrant, fetchUserInfo, type IDToken } from "openid-client";
import type { ConnectionUrls, Identity, SsoConnection } from "../types.ts";
import { checkError, checkIssuerParameter, checkParameters, checkRedirectUri, checkState } from "./callback.ts";
import { type Client, clientOf } from "./client.ts";
import type { Claims } from "./claims.ts";
import type { OidcDeps } from "./discovery.ts";
import { checkIdToken } from "./idToken.ts";
import { identityOf, needsUserinfo } from "./identity.ts";
import { libraryRefusal } from "./libraryRefusal.ts";
import { type Proof, readProof } from "./proof.ts";
import { refused } from "./refusal.ts";
import { settingsOf } from "./settings.ts";

/**
 * Judges the answer to what `beginOidc` began and says who has signed in. It speaks with the provider, so it belongs
 * outside of every transaction; that an attempt is used once is for the caller to see to.
 *
 * @param callbackUrl the address at which the answer came, with its query
 * @param proof as `beginOidc` gave it
 * @throws SignInRefused one of `OidcRefusal`
 */
export async function finishOidc(
  connection: SsoConnection,
  urls: ConnectionUrls,
  callbackUrl: URL,
  proof: string,
  deps: OidcDeps,
): Promise<Identity> {
  checkRedirectUri(callbackUrl, urls);
  const begun = readProof(proof, connection);
  checkParameters(callbackUrl);
  checkState(callbackUrl, begun);
  const client = await clientOf(settingsOf(connection), deps);
  checkIssuerParameter(callbackUrl, client.metadata);
  checkError(callbackUrl);
  const { idToken, accessToken } = await redeem(client, callbackUrl, begun);
  checkIdToken(idToken, connection, deps.now);
  const userinfo = needsUserinfo(idToken, connection) ? await askUserinfo(client, accessToken, idToken.sub) : {};
  return identityOf(idToken, userinfo, connection);
}

/** Core §3.1.3: the code for an ID token that is signed, of this issuer, for us, and holds the nonce. */
async function redeem(
  { config, keepKeys }: Client,
  url: URL,
  proof: Proof,
): Promise<{ idToken: IDToken; accessToken: string }> {
  try {
    const tokens = await authorizationCodeGrant(config, url, {
      expectedState: proof.state,
      expectedNonce: proof.nonce,
      pkceCodeVerifier: proof.codeVerifier,
      idTokenExpected: true,
      // Core §3.1.2.1: with max_age "the ID Token returned MUST include an auth_time Claim Value".
      ...(proof.maxAge !== undefined && { maxAge: proof.maxAge }),
    });
    const idToken = tokens.claims();
    if (!idToken) throw refused("oidc_id_token_missing", "The token response holds no ID token.");
    return { idToken, accessToken: tokens.access_token };
  } catch (error) {
    throw libraryRefusal(error, "oidc_token_response");
  } finally {
    keepKeys();
  }
}

/** Core §5.3.2: what it says counts only if it is about the same subject. */
async function askUserinfo({ config, metadata }: Client, accessToken: string, subject: string): Promise<Claims> {
  if (metadata.userinfo_endpoint === undefined) return {};
  try {
    return await fetchUserInfo(config, accessToken, subject);
  } catch (error) {
    const refusal = libraryRefusal(error, "oidc_userinfo");
    // A challenge means the client elsewhere; here it is the access token that is not taken.
    throw refusal.code === "oidc_client"
      ? refused("oidc_userinfo", "UserInfo does not take the access token.")
      : refusal;
  }
}
