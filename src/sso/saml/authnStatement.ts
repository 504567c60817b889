/** What the assertion says of the session at the identity provider (SAML Core §2.7.2). */
import { SignInRefused } from "../types.ts";
import { instant } from "./instants.ts";
import { ASSERTION } from "./names.ts";
import { attribute, childrenNamed } from "./xml.ts";

/** SAML Core §2.7.2 wants a small number, or the assertion's ID; it goes along in the query of a logout. */
const MAX_SESSION_INDEX = 1024;

export interface ProviderSession {
  readonly sessionIndex: string | null;
  readonly sessionEnds: Date | null;
  readonly authenticatedAt: Date | null;
}

/**
 * The provider's session; the earliest end of all statements counts, and the earliest AuthnInstant.
 *
 * @throws SignInRefused saml_authn_statement, saml_session_ended, saml_time
 */
export function readProviderSession(assertion: Element, now: Date): ProviderSession {
  const statements = childrenNamed(assertion, ASSERTION, "AuthnStatement");
  if (statements.length === 0) {
    // SAML Profiles §4.1.4.2: an assertion about attributes alone says nothing of a sign-in.
    throw new SignInRefused("saml_authn_statement", "The assertion does not say that anyone signed in.");
  }
  const ends = statements.flatMap((statement) => instant(statement, "SessionNotOnOrAfter") ?? []);
  // Without a skew: a session of ours that ends in the past would help nobody.
  if (ends.some((end) => now.getTime() >= end)) {
    throw new SignInRefused("saml_session_ended", "The session at the identity provider has ended.");
  }
  const [sessionIndex = null] = statements.flatMap((statement) => attribute(statement, "SessionIndex") ?? []);
  if ((sessionIndex?.length ?? 0) > MAX_SESSION_INDEX) {
    throw new SignInRefused("saml_authn_statement", `The SessionIndex is longer than ${MAX_SESSION_INDEX} characters.`);
  }
  const authenticated = statements.flatMap((statement) => instant(statement, "AuthnInstant") ?? []);
  return { sessionIndex, sessionEnds: earliest(ends), authenticatedAt: earliest(authenticated) };
}

function earliest(times: readonly number[]): Date | null {
  return times.length === 0 ? null : new Date(Math.max(0, Math.min(...times)));
}
