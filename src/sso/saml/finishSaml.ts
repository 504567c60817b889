/**
 * The end of a SAML sign-in: from the posted form to an identity.
 *
 * The order is: cheap refusals of text and shape; the envelope, which can only refuse; the signature, by the library,
 * and the decryption; our policy over the bytes that were signed. One check is one function with one code. Nothing here keeps anything:
 * whether request and assertion were used before is for the caller to find out, in its transaction.
 */
import {
  type ConnectionUrls,
  type SamlAnswer,
  type SamlSettings,
  SignInRefused,
  type SsoConnection,
} from "../types.ts";
import { refuseForeignAlgorithms } from "./algorithms.ts";
import { readAttributes } from "./attributes.ts";
import { readProviderSession } from "./authnStatement.ts";
import { checkConditions } from "./conditions.ts";
import { checkEnvelope, checkIssuer, checkStatus, checkVersion, refuseUnsolicited } from "./envelope.ts";
import { identityOf } from "./identity.ts";
import { checkIssueInstant, CLOCK_SKEW_MS, MAX_AGE_MS } from "./instants.ts";
import { decryptedAssertion } from "./encrypted.ts";
import { decodeMessage } from "./message.ts";
import { readNameId } from "./nameId.ts";
import { ASSERTION } from "./names.ts";
import { parseResponse, shapeOf } from "./shape.ts";
import { signedAssertion } from "./signature.ts";
import { checkSubjectConfirmation } from "./subjectConfirmation.ts";
import { attribute, childrenNamed, isNamed } from "./xml.ts";

/**
 * Judges a posted SAML response (SAML Profiles §4.1.4.3).
 *
 * @param message the form of the POST; RelayState is not read
 * @throws SignInRefused with the one code of the check that failed
 */
export async function finishSaml(
  connection: SsoConnection,
  urls: ConnectionUrls,
  message: { readonly samlResponse: string },
  now: Date,
): Promise<SamlAnswer> {
  const settings = settingsOf(connection);
  const text = decodeMessage(message.samlResponse);
  const response = parseResponse(text);
  checkStatus(response);
  refuseUnsolicited(response);
  const shape = shapeOf(response);
  refuseForeignAlgorithms(response);
  checkEnvelope(response, settings, urls, now);
  const assertion = shape.isEncrypted
    ? decryptedAssertion(text, shape, settings, connection)
    : await signedAssertion(text, settings, shape);
  const answer = judge(assertion, connection, settings, urls, now);
  refuseOtherRequest(response, answer.requestId);
  return answer;
}

function settingsOf(connection: SsoConnection): SamlSettings {
  if (connection.saml !== null && connection.saml.certificates.length > 0) return connection.saml;
  throw new SignInRefused("saml_not_configured", "The connection has no identity provider yet; enter its metadata.");
}

/** Reads the signed assertion and nothing else. */
function judge(
  assertion: Element,
  connection: SsoConnection,
  settings: SamlSettings,
  urls: ConnectionUrls,
  now: Date,
): SamlAnswer {
  if (!isNamed(assertion, ASSERTION, "Assertion")) throw badAssertion("What is signed is no SAML 2.0 assertion.");
  checkVersion(assertion);
  checkIssuer(assertion, settings);
  const issued = checkIssueInstant(assertion, now);
  const conditionsEnd = checkConditions(assertion, urls, now);
  const subject = onlySubject(assertion);
  const { requestId, notOnOrAfter } = checkSubjectConfirmation(subject, urls, now);
  const nameId = readNameId(subject, settings, urls);
  const session = readProviderSession(assertion, now);
  const attributes = readAttributes(assertion);
  const lastMoment = Math.min(notOnOrAfter, conditionsEnd ?? notOnOrAfter, issued + MAX_AGE_MS);
  return {
    identity: identityOf(connection, {
      issuer: settings.entityId,
      issuedAt: new Date(issued),
      nameId,
      attributes,
      session,
    }),
    requestId,
    assertionId: idOf(assertion),
    // Twice the skew: the clocks of our own processes differ too.
    expiresAt: new Date(lastMoment + 2 * CLOCK_SKEW_MS),
  };
}

function onlySubject(assertion: Element): Element {
  const [subject, ...more] = childrenNamed(assertion, ASSERTION, "Subject");
  if (subject && more.length === 0) return subject;
  throw badAssertion("The assertion must have a Subject, once.");
}

function idOf(assertion: Element): string {
  const id = attribute(assertion, "ID") ?? "";
  if (id.length > 0 && id.length <= 256) return id;
  throw badAssertion("The assertion has no ID of at most 256 characters.");
}

/** SAML Core §3.2.2: the Response answers the same request; another one, or none, means that the parts do not belong together. */
function refuseOtherRequest(response: Element, requestId: string): void {
  const named = attribute(response, "InResponseTo");
  if (named === requestId) return;
  const code = named === null ? "saml_in_response_to_missing" : "saml_in_response_to";
  throw new SignInRefused(code, "Response and signed assertion do not answer the same request.");
}

function badAssertion(detail: string): SignInRefused {
  return new SignInRefused("saml_assertion", detail);
}
