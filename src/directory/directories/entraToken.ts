/**
 * The tokens with which Entra ID's provisioning service comes where it was given no secret: JWTs (RFC 7519) that Entra
 * signs for itself. All applications of all customers have the same audience, so what tells one customer from another is
 * the tenant id that was pinned, and the address, which names the directory.
 */
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from "jose";
import { Refusal } from "../../base/errors.ts";
import { type EntraTokenKeys, entraTokenKeys, type KeyParts } from "./entraTokenKeys.ts";
import type { EntraTrust } from "./machineCredentials.store.ts";

/** Why a token was not taken: stable, at the end of the answer's detail and of the line in the provisioning log. */
type EntraFault = keyof typeof faults;

const faults = {
  entra_unknown: "Nobody's tokens are taken at this address: pin an Entra tenant to this directory first",
  entra_malformed: "This is no signed JWT",
  entra_algorithm: "The token is not signed with RS256",
  entra_key: "The token names a key that Entra does not publish",
  entra_signature: "The token's signature is not Entra's",
  entra_issuer: "The token is of another issuer",
  entra_audience: "The token is for another audience than the one that was pinned",
  entra_tenant: "The token is of another Entra tenant than the one that was pinned",
  entra_app: "The token is of another application than the one that was pinned",
  entra_person: "The token is a person's; only an application's own is taken",
  entra_expired: "The token has expired; Entra makes a new one with its next cycle",
  entra_not_yet: "The token is not valid yet: compare the clocks",
  entra_claims: "The token lacks a claim, or has it in another form",
} as const;

/** Seconds by which Entra's clock and ours may differ. */
const CLOCK_TOLERANCE = 30;
/** Bytes; Entra's have some two thousand. */
const MOST_TOKEN = 8_192;

/** The refusal of a token, with its stable code. */
export function entraRefusal(code: EntraFault): Refusal {
  return new Refusal("unauthenticated", `${faults[code]} (${code}).`);
}

/**
 * Judges a token: RS256 alone, the keys of the pinned tenant's discovery, issuer, audience, tenant, application, times.
 *
 * @returns when it ends
 * @throws Refusal `unauthenticated`, its detail ending in an `EntraFault`; `unavailable` where the keys cannot be had
 */
export async function judgeEntraToken(trust: EntraTrust, token: string, parts: KeyParts): Promise<Date> {
  checkForm(token);
  const { issuer, keys } = await entraTokenKeys(trust, parts);
  const payload = await verified(token, { issuer, keys }, trust.audience, parts.now);
  checkClaims(trust, payload);
  return new Date(((payload.exp ?? 0) + CLOCK_TOLERANCE) * 1000);
}

/** Asked before any key is fetched: what has not the form costs Entra and us nothing. */
function checkForm(token: string): void {
  if (token.length > MOST_TOKEN || !/^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)) throw entraRefusal("entra_malformed");
  const { alg, typ } = headerOf(token);
  // RFC 8725 §3.1: the algorithm is ours to say, never the token's.
  if (alg !== "RS256") throw entraRefusal("entra_algorithm");
  // RFC 8725 §3.11: a token of a type of its own is none of these.
  if (typ !== undefined && !/^(at\+)?jwt$/i.test(typ)) throw entraRefusal("entra_malformed");
}

function headerOf(token: string): { alg?: unknown; typ?: string } {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw entraRefusal("entra_malformed");
  }
}

async function verified(
  token: string,
  { issuer, keys }: EntraTokenKeys,
  audience: string,
  now: Date,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ["RS256"],
      issuer,
      audience,
      requiredClaims: ["exp", "nbf", "tid"],
      clockTolerance: CLOCK_TOLERANCE,
      currentDate: now,
    });
    return payload;
  } catch (error) {
    throw verdictOn(error);
  }
}

const claimFaults: Readonly<Record<string, EntraFault>> = {
  iss: "entra_issuer",
  aud: "entra_audience",
  nbf: "entra_not_yet",
};

function verdictOn(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return entraRefusal("entra_expired");
  if (error instanceof errors.JWTClaimValidationFailed) {
    return entraRefusal(
      error.reason === "check_failed" ? (claimFaults[error.claim] ?? "entra_claims") : "entra_claims",
    );
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return entraRefusal("entra_key");
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return entraRefusal("entra_signature");
  // RFC 7518 §3.3: a key below 2048 bits "MUST NOT" be used, which the library tells by a TypeError.
  if (error instanceof TypeError) return entraRefusal("entra_key");
  return error instanceof errors.JOSEError ? entraRefusal("entra_malformed") : error;
}

function checkClaims(trust: EntraTrust, { tid, appid, azp, scp, sub }: JWTPayload): void {
  if (tid !== trust.tenantId) throw entraRefusal("entra_tenant");
  // A delegated token, which any user of the customer might have made.
  if (scp !== undefined) throw entraRefusal("entra_person");
  if (typeof sub !== "string" || sub === "") throw entraRefusal("entra_claims");
  if (trust.appId !== null && (appid ?? azp) !== trust.appId) throw entraRefusal("entra_app");
}
