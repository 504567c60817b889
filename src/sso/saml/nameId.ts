/** The NameID of a subject, by which a person is known for years. */
import { type ConnectionUrls, type NameId, type SamlSettings, SignInRefused } from "../types.ts";
import { ASSERTION, nameIdFormats } from "./names.ts";
import { attribute, childrenNamed, plainText } from "./xml.ts";

/** Bytes of UTF-8, for it is a key. SAML Core §8.3.7 (256) is stricter; some providers send distinguished names. */
const MAX_LENGTH = 1024;

/**
 * The only NameID, exactly as signed: nothing is trimmed or folded, so that no two subjects become one.
 *
 * @throws SignInRefused saml_name_id
 */
export function readNameId(subject: Element, settings: SamlSettings, urls: ConnectionUrls): NameId {
  const [element, ...more] = childrenNamed(subject, ASSERTION, "NameID");
  if (!element || more.length > 0) throw badNameId(`The ${subject.localName} must have a NameID, once.`);
  return nameIdOf(element, settings, urls);
}

/** The same of the element itself. @throws SignInRefused saml_name_id */
export function nameIdOf(element: Element, settings: SamlSettings, urls: ConnectionUrls): NameId {
  const value = plainText(element);
  if (value === null || !isKey(value)) {
    throw badNameId(`The NameID is empty, longer than ${MAX_LENGTH} bytes, padded, or not plain text.`);
  }
  const format = attribute(element, "Format") ?? nameIdFormats.unspecified;
  const qualifiers = [format, attribute(element, "NameQualifier"), attribute(element, "SPNameQualifier")];
  if (qualifiers.some((each) => (each?.length ?? 0) > MAX_LENGTH))
    throw badNameId("The NameID's qualifiers are too long.");
  if (format === nameIdFormats.persistent) checkQualifiers(element, settings, urls);
  const [nameQualifier, spNameQualifier] = [attribute(element, "NameQualifier"), attribute(element, "SPNameQualifier")];
  return {
    value,
    format,
    ...(nameQualifier !== null && { nameQualifier }),
    ...(spNameQualifier !== null && { spNameQualifier }),
  };
}

function isKey(value: string): boolean {
  return value.length > 0 && Buffer.byteLength(value) <= MAX_LENGTH && value === value.trim() && !/\p{Cc}/u.test(value);
}

/** SAML Core §8.3.7: another qualifier makes another person of the same value. */
function checkQualifiers(element: Element, settings: SamlSettings, urls: ConnectionUrls): void {
  const isOurs = (name: string, expected: string) => (attribute(element, name) ?? expected) === expected;
  if (isOurs("NameQualifier", settings.entityId) && isOurs("SPNameQualifier", urls.spEntityId)) return;
  throw badNameId("The persistent NameID is qualified for another provider.");
}

function badNameId(detail: string): SignInRefused {
  return new SignInRefused("saml_name_id", detail);
}
