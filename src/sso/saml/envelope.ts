/**
 * What the Response element says. Many identity providers sign the assertion alone, so it may be anyone's word: it can
 * only refuse. The identity, the request and the times come from the signed assertion.
 */
import { type ConnectionUrls, type SamlSettings, SignInRefused } from "../types.ts";
import { checkIssueInstant } from "./instants.ts";
import { ASSERTION, nameIdFormats, PROTOCOL, SUCCESS } from "./names.ts";
import { attribute, childrenNamed, descendants, isNamed, plainText } from "./xml.ts";

/**
 * SAML Core §3.2.2.2: anything but Success is the provider's refusal, also beside an assertion.
 *
 * @throws SignInRefused saml_status
 */
export function checkStatus(response: Element): void {
  const [status, ...more] = childrenNamed(response, PROTOCOL, "Status");
  const [code] = status ? childrenNamed(status, PROTOCOL, "StatusCode") : [];
  if (code && more.length === 0 && attribute(code, "Value") === SUCCESS) return;
  const inner = code ? childrenNamed(code, PROTOCOL, "StatusCode") : [];
  const said = [code, ...inner].flatMap((one) => (one ? [shortStatus(one)] : []));
  const words = said.join(", ") || "no status";
  throw new SignInRefused("saml_status", `The identity provider refused the sign-in and said: ${words}.`);
}

/** The last part of a status URN, as `NoPassive`: the only text of a failed answer that is repeated. */
function shortStatus(code: Element): string {
  return (
    /^urn:oasis:names:tc:SAML:2\.0:status:([A-Za-z]{1,40})$/.exec(attribute(code, "Value") ?? "")?.[1] ?? "unknown"
  );
}

/**
 * Refuses what answers no request of ours, before anything is computed: the caller may begin a sign-in instead.
 *
 * @throws SignInRefused saml_unsolicited
 */
export function refuseUnsolicited(response: Element): void {
  const data = Array.from(descendants(response), ([element]) => element).filter((element) =>
    isNamed(element, ASSERTION, "SubjectConfirmationData"),
  );
  if ([response, ...data].some((element) => attribute(element, "InResponseTo") !== null)) return;
  throw new SignInRefused("saml_unsolicited", "The response answers no request; begin the sign-in at this side.");
}

/**
 * @throws SignInRefused saml_version, saml_destination, saml_issuer and the codes of `checkIssueInstant`
 */
export function checkEnvelope(response: Element, settings: SamlSettings, urls: ConnectionUrls, now: Date): void {
  checkVersion(response);
  checkDestination(response, urls.acsUrl, "ACS URL");
  if (childrenNamed(response, ASSERTION, "Issuer").length > 0) checkIssuer(response, settings);
  checkIssueInstant(response, now);
}

/** SAML Core §2.3.3 and §3.2.2. @throws SignInRefused saml_version */
export function checkVersion(element: Element): void {
  if (attribute(element, "Version") === "2.0") return;
  throw new SignInRefused("saml_version", `${element.localName} is not of version 2.0.`);
}

/**
 * SAML Bindings §3.4.5.2 and §3.5.5.2. Compared as text: URL equivalences are room for doubt.
 *
 * @throws SignInRefused saml_destination
 */
export function checkDestination(message: Element, url: string, field: string): void {
  if (attribute(message, "Destination") === url) return;
  const detail = `The message names another destination; the ${field} at the identity provider must be ${url}.`;
  throw new SignInRefused("saml_destination", detail);
}

/** SAML Profiles §4.1.4.2: the entity id of the provider, without a format or in that of entities. @throws SignInRefused saml_issuer */
export function checkIssuer(element: Element, settings: SamlSettings): void {
  const [issuer, ...more] = childrenNamed(element, ASSERTION, "Issuer");
  const format = issuer ? (attribute(issuer, "Format") ?? nameIdFormats.entity) : "";
  const isTheirs = issuer !== undefined && plainText(issuer) === settings.entityId;
  if (isTheirs && more.length === 0 && format === nameIdFormats.entity) return;
  const detail = `The issuer of the ${element.localName} is not ${settings.entityId}; compare the entity ids.`;
  throw new SignInRefused("saml_issuer", detail);
}
