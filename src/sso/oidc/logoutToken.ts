/** Logout tokens (OpenID Connect Back-Channel Logout 1.0): the provider says that somebody's session there has ended. */
import { createHash } from "node:crypto";
import { errors, type JWTPayload, jwtVerify } from "jose";
import type { SsoConnection } from "../types.ts";
import { CLOCK_TOLERANCE } from "./client.ts";
import { discovered, type OidcDeps } from "./discovery.ts";
import { byProviderKeys, type Verify } from "./providerKeys.ts";
import { refused } from "./refusal.ts";
import { settingsOf } from "./settings.ts";

/** Whose session has ended, as the provider says. */
export interface Logout {
  readonly issuer: string;
  /** Null where only the session is named. */
  readonly subject: string | null;
  /** `sid`; null = all sessions of the subject. */
  readonly providerSession: string | null;
  /** What may be used once: a hash of `jti`. */
  readonly tokenId: string;
  /** `iat`. */
  readonly issuedAt: Date;
  /** Until when the token could be presented again. */
  readonly expiresAt: Date;
}

/** §2.4: the member of `events` that makes it a logout token. */
const EVENT = "http://schemas.openid.net/event/backchannel-logout";
/** Bytes; a logout token has some hundred. */
const MOST_TOKEN = 16_384;
/** Seconds that a token is good for at most: §2.4 recommends two minutes. */
const MOST_AGE = 600;

/**
 * Judges a logout token as §2.6 says: signature by the provider's keys, issuer, audience, times, event, and no nonce.
 * That it is used once is for the caller to see to.
 *
 * @throws SignInRefused oidc_logout_token, or a code of discovery
 */
export async function judgeLogoutToken(connection: SsoConnection, token: string, deps: OidcDeps): Promise<Logout> {
  const settings = settingsOf(connection);
  // §2.6, 1: encrypted ones, of five parts, would have to be asked for, and are not.
  if (token.length > MOST_TOKEN || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) throw wrong("is no signed JWT");
  const provider = discovered(settings, deps);
  const metadata = await provider.metadata;
  const verify: Verify = (keys) =>
    jwtVerify(token, keys, {
      issuer: metadata.issuer,
      audience: settings.clientId,
      algorithms: metadata.id_token_signing_alg_values_supported ?? [],
      requiredClaims: ["iat", "exp", "jti"],
      clockTolerance: CLOCK_TOLERANCE,
      maxTokenAge: MOST_AGE,
      currentDate: deps.now,
    });
  const { payload, protectedHeader } = await byProviderKeys(verify, provider, metadata.jwks_uri ?? "", deps).catch(
    (error: unknown) => {
      throw verdictOn(error);
    },
  );
  const { typ } = protectedHeader;
  // §2.4: a type of its own is recommended; what says that it is something else is something else.
  if (typ !== undefined && !/^(application\/)?(logout\+)?jwt$/i.test(typ)) throw wrong("is a token of another type");
  return logoutOf(payload, metadata.issuer);
}

/** §2.6, 3 to 6. */
function logoutOf(payload: JWTPayload, issuer: string): Logout {
  const { sub, sid, events, nonce, jti, iat = 0 } = payload;
  if (!isLogout(events)) throw wrong("has no logout event");
  // An ID token must never pass for one.
  if (nonce !== undefined) throw wrong("has a nonce");
  const [subject, providerSession] = [named(sub), named(sid)];
  if (subject === undefined || providerSession === undefined) throw wrong("names somebody by what is no text");
  if (subject === null && providerSession === null) throw wrong("names neither a subject nor a session");
  if (typeof jti !== "string" || jti === "") throw wrong("has no jti");
  const tokenId = `logout:${createHash("sha256").update(jti).digest("base64url")}`;
  const expiresAt = new Date((iat + MOST_AGE + 2 * CLOCK_TOLERANCE) * 1000);
  return { issuer, subject, providerSession, tokenId, issuedAt: new Date(iat * 1000), expiresAt };
}

function isLogout(events: unknown): boolean {
  if (!isObject(events) || !Object.hasOwn(events, EVENT)) return false;
  return isObject(events[EVENT]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Null where it is missing, undefined where it is no text that could be somebody's. */
function named(value: unknown): string | null | undefined {
  if (value === undefined) return null;
  return typeof value === "string" && /^[^\p{Cc}\p{Cs}]{1,255}$/u.test(value) ? value : undefined;
}

function verdictOn(error: unknown): unknown {
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired) {
    return wrong(`does not hold: ${/^\w{1,20}$/.test(error.claim) ? error.claim : "claims"}`);
  }
  return error instanceof errors.JOSEError ? wrong("is not signed by a key of the provider") : error;
}

function wrong(what: string): Error {
  return refused("oidc_logout_token", `The logout token ${what}.`);
}
