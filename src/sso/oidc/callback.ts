/** The answer that the browser carries (OpenID Connect Core §3.1.2.5): judged before anything is sent to the provider. */
import type { ServerMetadata } from "openid-client";
import { sameSecret } from "../../base/secrets.ts";
import type { ConnectionUrls } from "../types.ts";
import type { Proof } from "./proof.ts";
import { refused } from "./refusal.ts";
import { shownError } from "./shownError.ts";

/** RFC 6749 §3.1: not more than once. */
const SINGLE = ["code", "state", "iss", "error", "error_description"];
/** Those of flows that we never begin. */
const FOREIGN = ["response", "id_token", "access_token", "token"];

/** Each connection has its own address, so that answers of two providers cannot be mixed up (RFC 9700 §4.4.2). */
export function checkRedirectUri(url: URL, urls: ConnectionUrls): void {
  if (url.origin + url.pathname !== urls.redirectUri) {
    throw refused("oidc_redirect_uri", "The answer came to an address that is not this connection's.");
  }
}

/** A parameter twice would let two readers see two values. */
export function checkParameters({ searchParams }: URL): void {
  const doubled = SINGLE.find((name) => searchParams.getAll(name).length > 1);
  if (doubled !== undefined) throw refused("oidc_parameter", `The answer has the parameter ${doubled} twice.`);
  const foreign = FOREIGN.find((name) => searchParams.has(name));
  if (foreign !== undefined) throw refused("oidc_parameter", `The answer has ${foreign}, which was not asked for.`);
  if (searchParams.has("code") === searchParams.has("error")) {
    throw refused("oidc_parameter", "The answer must have a code or an error, and not both.");
  }
}

export function checkState({ searchParams }: URL, proof: Proof): void {
  if (!sameSecret(searchParams.get("state") ?? "", proof.state)) {
    throw refused("oidc_state", "The answer does not hold the state of this sign-in.");
  }
}

/** RFC 9207 §2.4, for errors as well as for codes. */
export function checkIssuerParameter({ searchParams }: URL, metadata: ServerMetadata): void {
  const issuer = searchParams.get("iss");
  if (issuer === null && metadata.authorization_response_iss_parameter_supported !== true) return;
  if (issuer !== metadata.issuer) {
    throw refused("oidc_issuer_parameter", "The answer's parameter iss is missing, or names another issuer.");
  }
}

/** RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6. */
export function checkError({ searchParams }: URL): void {
  const error = searchParams.get("error");
  if (error === null) return;
  const shown = shownError(error, searchParams.get("error_description"));
  if (error === "access_denied") {
    throw refused("oidc_denied", `The person or the provider declined: ${shown}. Is the application assigned to them?`);
  }
  throw refused("oidc_provider_error", `The provider answered ${shown}.`);
}
