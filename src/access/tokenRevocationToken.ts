/** The signed tokens with which an identity provider asks for a global token revocation, as Okta's Universal Logout does. */
import { createHash } from "node:crypto";
import { decodeJwt, errors, jwtVerify } from "jose";
import type { SignInConnection } from "../directory/connections/connectionsForSignIn.ts";
import { CLOCK_TOLERANCE } from "../sso/oidc/client.ts";
import { discovered, type OidcDeps } from "../sso/oidc/discovery.ts";
import { byProviderKeys } from "../sso/oidc/providerKeys.ts";

/** As Okta names it; an ID token or logout token of the same issuer is none. */
const TYPE = "global-token-revocation+jwt";
/** Bytes; such a token has some hundred. */
const MOST_TOKEN = 8_192;
/** Seconds: Okta's are good for five minutes before and after. */
const MOST_AGE = 600;

/** A token that holds: what may be used once. */
export interface RevocationToken {
  readonly id: string;
  readonly expiresAt: Date;
}

/** Who a token says that it is of, before anything is proven; null of what is no JWT. */
export function issuerOf(token: string): string | null {
  if (token.length > MOST_TOKEN || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return null;
  try {
    const { iss } = decodeJwt(token);
    return typeof iss === "string" && iss !== "" && iss.length <= 1024 && URL.canParse(iss) ? iss : null;
  } catch {
    return null;
  }
}

/**
 * Judges a token of an issuer that is trusted: its keys by discovery, type, audience, times, and a name of its own.
 *
 * @param audience our address, exactly
 * @returns undefined where it does not hold
 * @throws SignInRefused where the issuer cannot be asked for its keys
 */
export async function judgeRevocationToken(
  { connection, issuer, audience }: { connection: SignInConnection; issuer: string; audience: string },
  token: string,
  deps: OidcDeps,
): Promise<RevocationToken | undefined> {
  // The client id takes no part: it is whose discovery is remembered, and what signs in by this issuer shares it.
  const provider = discovered({ issuer, clientId: connection.oidc?.clientId ?? "usher", clientSecret: null }, deps);
  const metadata = await provider.metadata;
  const verify = (keys: Parameters<Parameters<typeof byProviderKeys>[0]>[0]) =>
    jwtVerify(token, keys, {
      issuer: metadata.issuer,
      audience,
      typ: TYPE,
      algorithms: metadata.id_token_signing_alg_values_supported ?? [],
      requiredClaims: ["iat", "exp", "jti"],
      clockTolerance: CLOCK_TOLERANCE,
      maxTokenAge: MOST_AGE,
      currentDate: deps.now,
    });
  try {
    const { payload } = await byProviderKeys(verify, provider, metadata.jwks_uri ?? "", deps);
    const { jti, exp = 0 } = payload;
    if (typeof jti !== "string" || jti === "") return undefined;
    const id = `revocation:${createHash("sha256").update(jti).digest("base64url")}`;
    return { id, expiresAt: new Date((exp + 2 * CLOCK_TOLERANCE) * 1000) };
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
