/** The signed Conditions of an assertion (SAML Core §2.5). */
import { type ConnectionUrls, SignInRefused } from "../types.ts";
import { checkWindow } from "./instants.ts";
import { ASSERTION } from "./names.ts";
import { childElements, childrenNamed, plainText } from "./xml.ts";

/** OneTimeUse asks for what we do with every assertion; ProxyRestriction binds those who issue assertions from it. */
const understood = ["AudienceRestriction", "OneTimeUse", "ProxyRestriction"];

/**
 * Judges the conditions; answers their NotOnOrAfter in milliseconds, null where they have none.
 *
 * @throws SignInRefused saml_conditions, saml_audience and the codes of `checkWindow`
 */
export function checkConditions(assertion: Element, urls: ConnectionUrls, now: Date): number | null {
  const [conditions, ...more] = childrenNamed(assertion, ASSERTION, "Conditions");
  if (!conditions || more.length > 0) throw badConditions("The assertion must hold Conditions, once.");
  const notOnOrAfter = checkWindow(conditions, now);
  refuseUnknownConditions(conditions);
  checkAudience(conditions, urls);
  return notOnOrAfter;
}

/** SAML Core §2.5.1: a condition that is not understood makes the assertion indeterminate. */
function refuseUnknownConditions(conditions: Element): void {
  const isKnown = (one: Element) => one.namespaceURI === ASSERTION && understood.includes(one.localName);
  if (!childElements(conditions).every(isKnown))
    throw badConditions("The assertion has a condition that is not known.");
}

/** SAML Core §2.5.1.4: restrictions are joined by AND, the audiences of one by OR. */
function checkAudience(conditions: Element, urls: ConnectionUrls): void {
  const restrictions = childrenNamed(conditions, ASSERTION, "AudienceRestriction");
  const admitsUs = (restriction: Element) =>
    childrenNamed(restriction, ASSERTION, "Audience").some((one) => plainText(one) === urls.spEntityId);
  if (restrictions.length > 0 && restrictions.every(admitsUs)) return;
  const detail = `The assertion is for another audience; the entity id at the identity provider must be ${urls.spEntityId}.`;
  throw new SignInRefused("saml_audience", detail);
}

function badConditions(detail: string): SignInRefused {
  return new SignInRefused("saml_conditions", detail);
}
