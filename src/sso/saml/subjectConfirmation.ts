/** Whether the bearer of the assertion may be taken for its subject (SAML Profiles §4.1.4.2 and §4.1.4.3). */
import { type ConnectionUrls, SignInRefused } from "../types.ts";
import { checkWindow } from "./instants.ts";
import { ASSERTION, BEARER } from "./names.ts";
import { attribute, childrenNamed } from "./xml.ts";

export interface Confirmation {
  /** ID of the request that is answered. */
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly notOnOrAfter: number;
}

/**
 * The first bearer confirmation that passes; where none does, the first one's refusal. Confirmations by other methods
 * ask for a proof that a browser does not bring, and count for nothing.
 *
 * @throws SignInRefused saml_subject_confirmation, saml_recipient, saml_in_response_to_missing, and the codes of
 *   `checkWindow`
 */
export function checkSubjectConfirmation(subject: Element, urls: ConnectionUrls, now: Date): Confirmation {
  const bearers = childrenNamed(subject, ASSERTION, "SubjectConfirmation").filter(
    (one) => attribute(one, "Method") === BEARER,
  );
  const outcomes = bearers.map((bearer) => outcomeOf(() => confirm(bearer, urls, now)));
  const good = outcomes.find((outcome) => "requestId" in outcome);
  if (good && "requestId" in good) return good;
  throw (
    outcomes.find((outcome) => outcome instanceof SignInRefused) ??
    unconfirmed("The subject has no bearer confirmation.")
  );
}

function outcomeOf(check: () => Confirmation): Confirmation | SignInRefused {
  try {
    return check();
  } catch (error) {
    if (error instanceof SignInRefused) return error;
    throw error;
  }
}

function confirm(bearer: Element, urls: ConnectionUrls, now: Date): Confirmation {
  const [data, ...more] = childrenNamed(bearer, ASSERTION, "SubjectConfirmationData");
  if (!data || more.length > 0) throw unconfirmed("The bearer confirmation has no data.");
  checkRecipient(data, urls);
  const notOnOrAfter = checkWindow(data, now);
  if (notOnOrAfter === null) throw unconfirmed("The bearer confirmation has no NotOnOrAfter.");
  return { requestId: answeredRequest(data), notOnOrAfter };
}

function checkRecipient(data: Element, urls: ConnectionUrls): void {
  if (attribute(data, "Recipient") === urls.acsUrl) return;
  const detail = `The assertion names another recipient; the ACS URL at the identity provider must be ${urls.acsUrl}.`;
  throw new SignInRefused("saml_recipient", detail);
}

/** Here alone it is always signed: a Response around a signed assertion can name any request. */
function answeredRequest(data: Element): string {
  const requestId = attribute(data, "InResponseTo");
  if (requestId) return requestId;
  throw new SignInRefused("saml_in_response_to_missing", "The signed assertion does not say which request it answers.");
}

function unconfirmed(detail: string): SignInRefused {
  return new SignInRefused("saml_subject_confirmation", detail);
}
