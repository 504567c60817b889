/** Times of SAML messages, judged at a given `now`. */
import { SignInRefused } from "../types.ts";
import { attribute } from "./xml.ts";

/** How far the identity provider's clock may be off ours, either way. */
export const CLOCK_SKEW_MS = 60_000;
/** A response is posted seconds after it was made; the rest is a person at a slow proxy. */
export const MAX_AGE_MS = 5 * 60_000;

/** SAML Core §1.3.3: xs:dateTime in UTC; an offset is taken, since some send "+00:00". */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * The time in an attribute, in milliseconds since the epoch; null where the attribute is absent.
 *
 * @throws SignInRefused saml_time
 */
export function instant(element: Element, name: string): number | null {
  const text = attribute(element, name);
  if (text === null) return null;
  const time = DATE_TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw new SignInRefused("saml_time", `${element.localName}/@${name} is not a time in UTC.`);
  return time;
}

/**
 * Judges NotBefore and NotOnOrAfter of an element; answers the latter.
 *
 * @throws SignInRefused saml_not_yet_valid, saml_expired, saml_time
 */
export function checkWindow(element: Element, now: Date): number | null {
  const notBefore = instant(element, "NotBefore");
  const notOnOrAfter = instant(element, "NotOnOrAfter");
  const place = element.localName;
  if (notBefore !== null && now.getTime() + CLOCK_SKEW_MS < notBefore) {
    throw new SignInRefused("saml_not_yet_valid", `${place} is not valid yet; compare the clocks of both servers.`);
  }
  if (notOnOrAfter !== null && now.getTime() - CLOCK_SKEW_MS >= notOnOrAfter) {
    throw new SignInRefused("saml_expired", `${place} has expired; compare the clocks of both servers.`);
  }
  return notOnOrAfter;
}

/**
 * Judges the IssueInstant of a Response or Assertion and answers it.
 *
 * @throws SignInRefused saml_issued_in_future, saml_too_old, saml_time
 */
export function checkIssueInstant(element: Element, now: Date): number {
  const issued = instant(element, "IssueInstant");
  const place = element.localName;
  if (issued === null) throw new SignInRefused("saml_time", `${place} has no IssueInstant.`);
  if (issued > now.getTime() + CLOCK_SKEW_MS) {
    throw new SignInRefused("saml_issued_in_future", `${place} was issued in the future; compare the clocks.`);
  }
  if (issued < now.getTime() - MAX_AGE_MS - CLOCK_SKEW_MS) {
    throw new SignInRefused("saml_too_old", `${place} was issued more than ${MAX_AGE_MS / 60_000} minutes ago.`);
  }
  return issued;
}
