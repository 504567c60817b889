import type { SsoConnection } from "../types.ts";
import { settingsOf } from "./settings.ts";
import { refused } from "./refusal.ts";

/** What must be remembered from the start of a sign-in to judge its answer. */
export interface Proof {
  readonly connectionId: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly state: string;
  readonly nonce: string;
  /** RFC 7636 §4.1. */
  readonly codeVerifier: string;
  /** `max_age` as it was asked for, in seconds. */
  readonly maxAge?: number | undefined;
}

/** The proof as a text, which is to be sealed: whoever has it and the code could finish the sign-in elsewhere. */
export function written(proof: Proof): string {
  return JSON.stringify(proof);
}

/**
 * Reads what `written` made, and holds it against the connection that the answer came to (RFC 9700 §4.4: mix-up).
 *
 * @throws SignInRefused oidc_connection
 */
export function readProof(text: string, connection: SsoConnection): Proof {
  const proof = JSON.parse(text) as Proof;
  const { issuer, clientId } = settingsOf(connection);
  if (proof.connectionId !== connection.id || proof.issuer !== issuer || proof.clientId !== clientId) {
    throw refused(
      "oidc_connection",
      "The sign-in was begun with another connection, or its settings have changed since.",
    );
  }
  return proof;
}
