/** The attributes of a signed assertion (SAML Core §2.7.3). */
import { SignInRefused } from "../types.ts";
import { ASSERTION } from "./names.ts";
import { attribute, childrenNamed, plainText } from "./xml.ts";

/**
 * Values by attribute name. A Map: no name is special, also not `__proto__`. An attribute that comes in several
 * elements (Keycloak sends each group so) has the values of all.
 */
export type Attributes = ReadonlyMap<string, readonly string[]>;

/**
 * @throws SignInRefused saml_attribute
 */
export function readAttributes(assertion: Element): Attributes {
  const statements = childrenNamed(assertion, ASSERTION, "AttributeStatement");
  const all = new Map<string, string[]>();
  for (const element of statements.flatMap((one) => childrenNamed(one, ASSERTION, "Attribute"))) {
    const name = attribute(element, "Name");
    if (!name) throw new SignInRefused("saml_attribute", "An attribute has no name.");
    const values = all.get(name) ?? [];
    all.set(name, values);
    values.push(...childrenNamed(element, ASSERTION, "AttributeValue").flatMap(valueOf));
  }
  return all;
}

/** Structured values have no text of their own and are passed over; so are nil and empty ones (SAML Core §2.7.3.1.1). */
function valueOf(element: Element): string[] {
  const text = plainText(element)?.trim() ?? "";
  return text === "" ? [] : [text];
}

/**
 * The value of an attribute by which something is decided; null where it has none.
 *
 * @throws SignInRefused saml_attribute_duplicate where several are given: first and last would be two people
 */
export function onlyValue(attributes: Attributes, name: string): string | null {
  const [value = null, ...more] = attributes.get(name) ?? [];
  if (more.length === 0) return value;
  throw new SignInRefused("saml_attribute_duplicate", `The attribute ${shown(name)} has several values; send one.`);
}

/** Names are the provider's text and may be long. */
function shown(name: string): string {
  return JSON.stringify(name.slice(0, 120));
}
