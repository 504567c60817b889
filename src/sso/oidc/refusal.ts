import { SignInRefused } from "../types.ts";

/** The ways in which a sign-in by OpenID Connect fails, in the order in which they are met. */
export type OidcRefusal =
  /** The connection has no issuer and client id yet. */
  | "oidc_settings"
  /** Our own guard stopped a request: the address is not public, or not https. */
  | "oidc_address"
  | "oidc_unreachable"
  | "oidc_too_large"
  /** There is no discovery document, or it lacks what sign-in needs. */
  | "oidc_discovery"
  | "oidc_discovery_issuer"
  /** The answer came to another address than this connection's. */
  | "oidc_redirect_uri"
  /** The attempt was begun with another connection, issuer or client. */
  | "oidc_connection"
  /** A parameter of the answer is missing, doubled, or beside one that excludes it. */
  | "oidc_parameter"
  | "oidc_state"
  /** RFC 9207: the parameter `iss` is missing or names another issuer. */
  | "oidc_issuer_parameter"
  | "oidc_denied"
  | "oidc_provider_error"
  /** The provider does not take our client id and secret. */
  | "oidc_client"
  /** The provider does not take the code, its PKCE verifier or our redirect URI. */
  | "oidc_code"
  | "oidc_token_response"
  | "oidc_id_token_missing"
  | "oidc_encrypted"
  | "oidc_algorithm"
  /** No key of the provider fits the signature, or it is too weak. */
  | "oidc_key"
  | "oidc_signature"
  | "oidc_issuer"
  | "oidc_audience"
  | "oidc_authorized_party"
  | "oidc_nonce"
  | "oidc_expired"
  | "oidc_not_yet_valid"
  | "oidc_claims"
  | "oidc_subject"
  | "oidc_tenant"
  | "oidc_hosted_domain"
  | "oidc_userinfo"
  | "oidc_userinfo_subject"
  | "oidc_groups"
  | "oidc_logout_token";

/** A refusal without a cause: those of the library hold tokens and claims, which no log may see. */
export function refused(code: OidcRefusal, detail: string): SignInRefused {
  return new SignInRefused(code, detail);
}
