/** Reads what an identity provider says of itself (SAML Metadata §2). The admin who hands it in vouches for it. */
import { Refusal } from "../../base/errors.ts";
import type { SamlSettings, SingleLogoutService } from "../types.ts";
import { HTTP_POST, HTTP_REDIRECT, METADATA, PROTOCOL, XMLDSIG } from "./names.ts";
import { checkSamlSettings, isServiceUrl, type SettingsOptions } from "./settings.ts";
import { attribute, childrenNamed, descendants, isNamed, isXmlText, MalformedXml, parseXml } from "./xml.ts";

/** In characters; an identity provider's own document has 3,000 to 30,000, a federation's millions. */
const MAX_METADATA = 1024 * 1024;
/** Start tags, end tags and comments; Entra ID's, which lists every claim, has 600. */
const MAX_TAGS = 20_000;

/**
 * The settings in a metadata document that describes one identity provider: one EntityDescriptor, or the one in an
 * EntitiesDescriptor that is an identity provider.
 *
 * @throws Refusal invalid_request, with words that say what to change
 */
export function parseIdpMetadata(xml: string, now: Date, options: SettingsOptions = {}): SamlSettings {
  return readIdpMetadata(xml, now, options).settings;
}

/** The same, and when a document that has an address is to be read again. */
export function readIdpMetadata(
  xml: string,
  now: Date,
  options: SettingsOptions = {},
): { readonly settings: SamlSettings; readonly refreshAt: Date } {
  const root = parsed(xml);
  const entity = onlyIdentityProvider(root);
  const [descriptor, ...more] = descriptorsOf(entity);
  if (!descriptor || more.length > 0) throw refused("The metadata describes several roles of one identity provider.");
  for (const element of lineage(descriptor)) refuseExpired(element, now);
  const entityId = attribute(entity, "entityID") ?? "";
  const [ssoUrl, certificates] = [ssoUrlOf(descriptor), certificatesOf(descriptor)];
  const singleLogout = singleLogoutOf(descriptor, options);
  // SAML Metadata §2.4.3: an xs:boolean.
  const wantsSigned = ["true", "1"].includes((attribute(descriptor, "WantAuthnRequestsSigned") ?? "").trim());
  const said = {
    entityId,
    ssoUrl,
    certificates,
    ...(wantsSigned && { wantsSignedRequests: true as const }),
    ...(singleLogout && { singleLogout }),
  };
  return { settings: checkSamlSettings(said, options), refreshAt: refreshAt(lineage(descriptor), now) };
}

function parsed(xml: string): Element {
  if (xml.length > MAX_METADATA) throw refused(`The metadata is larger than ${MAX_METADATA} characters.`);
  // As in responses: entities and default attributes are no part of SAML.
  if (/<!(?!--|\[CDATA\[)/.test(xml)) throw refused("The metadata holds a document type declaration; remove it.");
  if (xml.split("<", MAX_TAGS + 2).length > MAX_TAGS + 1) {
    throw refused(`The metadata holds more than ${MAX_TAGS} tags; give that of this one identity provider.`);
  }
  if (!isXmlText(xml)) throw refused("The metadata holds characters that XML does not have.");
  try {
    return parseXml(xml.replace(/^\uFEFF/, "").trim());
  } catch (error) {
    if (!(error instanceof MalformedXml)) throw error;
    throw refused("The metadata is not well-formed XML; give the document itself and not the page that shows it.");
  }
}

function onlyIdentityProvider(root: Element): Element {
  const entities = Array.from(descendants(root), ([element]) => element)
    .filter((element) => isNamed(element, METADATA, "EntityDescriptor"))
    .filter((entity) => descriptorsOf(entity).length > 0);
  const [entity, ...more] = entities;
  if (!entity) throw refused("The metadata describes no SAML 2.0 identity provider.");
  if (more.length > 0)
    throw refused("The metadata describes several identity providers; give the one of this customer.");
  return entity;
}

/** SAML Metadata §2.4.1: a role counts for the protocols that it names. */
function descriptorsOf(entity: Element): Element[] {
  return childrenNamed(entity, METADATA, "IDPSSODescriptor").filter((role) =>
    (attribute(role, "protocolSupportEnumeration") ?? "").split(/\s+/).includes(PROTOCOL),
  );
}

/** The element and what it stands in: each may bear a validUntil. */
function lineage(element: Element): Element[] {
  const parent = element.parentNode;
  return parent?.nodeType === element.ELEMENT_NODE ? [element, ...lineage(parent as Element)] : [element];
}

function refuseExpired(element: Element, now: Date): void {
  const validUntil = attribute(element, "validUntil");
  if (validUntil === null) return;
  const until = Date.parse(validUntil);
  if (!(until > now.getTime())) throw refused("The metadata's validUntil has passed; get the document anew.");
}

const HOUR_MS = 3_600_000;
/** A document that is read more often burdens its server; one that is read more seldom misses a change of keys. */
const [SOONEST_MS, LATEST_MS] = [HOUR_MS, 24 * HOUR_MS];

/** The earliest end of what was read (SAML Metadata §4.3.1), within these bounds; the sooner one where it says nothing. */
function refreshAt(elements: readonly Element[], now: Date): Date {
  const ends = elements.flatMap((element) => [
    ...(attribute(element, "cacheDuration") === null ? [] : [durationMs(attribute(element, "cacheDuration") ?? "")]),
    ...(attribute(element, "validUntil") === null
      ? []
      : [Date.parse(attribute(element, "validUntil") ?? "") - now.getTime()]),
  ]);
  const soon = Math.min(...(ends.length === 0 ? [SOONEST_MS] : ends));
  return new Date(now.getTime() + Math.min(Math.max(soon, SOONEST_MS), LATEST_MS));
}

/** An xs:duration (XML Schema Part 2, §3.2.6) up to days; what is longer, or none at all, is longer than we wait anyway. */
function durationMs(text: string): number {
  const parts = /^P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.\d+)?S)?)?$/.exec(text.trim());
  if (!parts) return LATEST_MS;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

function ssoUrlOf(descriptor: Element): string {
  const services = childrenNamed(descriptor, METADATA, "SingleSignOnService");
  const redirect = services.find((service) => attribute(service, "Binding") === HTTP_REDIRECT);
  if (redirect) return attribute(redirect, "Location") ?? "";
  throw refused("The metadata names no sign-on service with the HTTP-Redirect binding.");
}

/** SAML Metadata §2.4.2. An address that cannot be used is left out: people sign in without it. */
function singleLogoutOf(descriptor: Element, options: SettingsOptions): SingleLogoutService | null {
  const services = childrenNamed(descriptor, METADATA, "SingleLogoutService");
  for (const [binding, uri] of [["redirect", HTTP_REDIRECT] as const, ["post", HTTP_POST] as const]) {
    const service = services.find((each) => attribute(each, "Binding") === uri);
    const [url = "", responseUrl] = service
      ? [attribute(service, "Location"), attribute(service, "ResponseLocation")]
      : [];
    if (!isServiceUrl(url ?? "", options)) continue;
    const isApart = typeof responseUrl === "string" && responseUrl !== url && isServiceUrl(responseUrl, options);
    return { url: url ?? "", binding, ...(isApart && { responseUrl }) };
  }
  return null;
}

/** SAML Metadata §2.4.1.1: a key without `use` serves for both. */
function certificatesOf(descriptor: Element): string[] {
  return childrenNamed(descriptor, METADATA, "KeyDescriptor")
    .filter((key) => (attribute(key, "use") ?? "signing") === "signing")
    .flatMap((key) => Array.from(descendants(key), ([element]) => element))
    .filter((element) => isNamed(element, XMLDSIG, "X509Certificate"))
    .map((element) => element.textContent ?? "");
}

function refused(detail: string): Refusal {
  return new Refusal("invalid_request", detail);
}
