/** The errors of openid-client, which tell ways to fail apart by code and evidence, as our codes. */
import { ResponseBodyError, WWWAuthenticateChallengeError } from "openid-client";
import { SignInRefused } from "../types.ts";
import { shownError } from "./shownError.ts";
import { type OidcRefusal, refused } from "./refusal.ts";

type Evidence = Readonly<Record<string, unknown>>;
type Verdict = readonly [code: OidcRefusal, detail: string];

const byClaim: Readonly<Record<string, Verdict>> = {
  iss: ["oidc_issuer", "The ID token is of another issuer."],
  aud: ["oidc_audience", "The ID token is for another client."],
  azp: ["oidc_authorized_party", "The ID token was issued to another client."],
  nonce: ["oidc_nonce", "The ID token does not hold the nonce of this sign-in."],
  exp: ["oidc_expired", "The ID token has expired; compare the clocks."],
  nbf: ["oidc_not_yet_valid", "The ID token is not valid yet; compare the clocks."],
  sub: ["oidc_subject", "The ID token has no subject that is a text."],
};

/** RFC 6749 §5.2. */
const byTokenError: Readonly<Record<string, Verdict>> = {
  invalid_client: ["oidc_client", "The provider does not take our client id and secret; compare them."],
  unauthorized_client: ["oidc_client", "The provider does not allow this client the authorization code grant."],
  invalid_grant: ["oidc_code", "The provider does not take the code: used already, expired, or not for this address."],
};

/**
 * What an error that a call of the library threw means. The error itself is dropped: it holds tokens and claims.
 *
 * @param otherwise the code of what nothing tells more of: the step that failed
 */
export function libraryRefusal(error: unknown, otherwise: OidcRefusal): SignInRefused {
  const ours = chain(error).find((each) => each instanceof SignInRefused);
  if (ours) return ours;
  const [code, detail] = verdictOn(error) ?? [otherwise, `The provider's answer cannot be read (${codeOf(error)}).`];
  return refused(code, detail);
}

function verdictOn(error: unknown): Verdict | undefined {
  if (error instanceof ResponseBodyError) return tokenError(error);
  if (error instanceof WWWAuthenticateChallengeError) return byTokenError["invalid_client"];
  const evidence = evidenceOf(error);
  switch (codeOf(error)) {
    case "OAUTH_TIMEOUT":
    case "OAUTH_ABORT":
      return ["oidc_unreachable", "The provider did not answer in time."];
    case "OAUTH_JWT_CLAIM_COMPARISON_FAILED":
    case "OAUTH_JWT_TIMESTAMP_CHECK_FAILED":
      return byClaim[String(evidence["claim"])];
    case "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED":
      return evidence["attribute"] === "sub"
        ? ["oidc_userinfo_subject", "The UserInfo response is about somebody else."]
        : ["oidc_discovery_issuer", "The discovery document is of another issuer; write the issuer as it does."];
    case "OAUTH_KEY_SELECTION_FAILED":
      return ["oidc_key", "No key of the provider, or more than one, fits the ID token's header."];
    case "OAUTH_UNSUPPORTED_OPERATION":
    case "OAUTH_INVALID_RESPONSE":
      return invalidToken(evidence);
    default:
      return deepest(error) instanceof DOMException ? ["oidc_key", "The provider's key cannot be used."] : undefined;
  }
}

function tokenError(error: ResponseBodyError): Verdict {
  const known = Object.hasOwn(byTokenError, error.error) ? byTokenError[error.error] : undefined;
  return known ?? ["oidc_provider_error", `The token endpoint answered ${shownError(error.error)}.`];
}

/** Neither code nor class tells these apart, so what the library puts beside them does. */
function invalidToken(evidence: Evidence): Verdict | undefined {
  if ("signature" in evidence) return ["oidc_signature", "The signature of the ID token is wrong."];
  if ("header" in evidence || "alg" in evidence) {
    return [
      "oidc_algorithm",
      "The ID token is signed by an algorithm, or with header extensions, that are not allowed.",
    ];
  }
  if ("modulusLength" in Object(evidence["algorithm"])) return ["oidc_key", "The provider's key is too short."];
  if ("jwe" in evidence) return ["oidc_encrypted", "The ID token is encrypted; turn its encryption off."];
  if ("claims" in evidence) return claimsVerdict(evidence["claims"]);
  const body = evidence["body"];
  if (isObject(body) && body["id_token"] === undefined && typeof body["access_token"] === "string") {
    return ["oidc_id_token_missing", "The token response holds no ID token."];
  }
  return undefined;
}

/** A claim that is missing, or of the wrong type. */
function claimsVerdict(claims: unknown): Verdict {
  const held = isObject(claims) ? claims : {};
  const missing = ["aud", "exp", "iat", "iss", "sub", "nonce"].find((name) => held[name] === undefined);
  const named = missing === "sub" || missing === "nonce" ? byClaim[missing] : undefined;
  if (named) return named;
  if (missing === undefined && typeof held["sub"] !== "string") return ["oidc_subject", "The subject is not a text."];
  return [
    "oidc_claims",
    `The claim ${missing ?? "aud, exp, iat, iss or nbf"} of the ID token is missing or ill-formed.`,
  ];
}

/** What the library lays beside its own error; a JWE, which is a text, under a name. */
function evidenceOf(error: unknown): Evidence {
  const found = deepest(error);
  if (typeof found === "string") return found.split(".").length === 5 ? { jwe: true } : {};
  if (found instanceof CryptoKey) return { algorithm: found.algorithm };
  return isObject(found) ? found : {};
}

function deepest(error: unknown): unknown {
  const errors = chain(error);
  const last = errors.at(-1);
  return last?.cause ?? last;
}

function chain(error: unknown): Error[] {
  const errors: Error[] = [];
  for (let each = error; each instanceof Error && !errors.includes(each); each = each.cause) errors.push(each);
  return errors;
}

/** Of the library or of Node.js; both are theirs to choose, and hold nothing of an answer. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}

function isObject(value: unknown): value is Evidence {
  return typeof value === "object" && value !== null;
}
