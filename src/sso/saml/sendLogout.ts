/** Logout messages of ours (SAML Core §3.7), by the binding that the identity provider offers, and always signed. */
import { SignedXml } from "xml-crypto";
import type { ConnectionUrls, LogoutAsked, NameId, SingleLogoutService, SpKey, SsoConnection } from "../types.ts";
import { newMessageId } from "./beginSaml.ts";
import { MAX_AGE_MS } from "./instants.ts";
import { ASSERTION, PROTOCOL, SUCCESS } from "./names.ts";
import { type MessageName, redirectUrl } from "./redirectBinding.ts";
import { escapeXml } from "./xml.ts";

/** What the browser is to do: go to an address, or post a form. */
export type Outgoing =
  | { readonly binding: "redirect"; readonly url: string }
  | { readonly binding: "post"; readonly url: string; readonly fields: Readonly<Record<string, string>> };

/** A session as the identity provider calls it. */
export interface ProviderSession {
  readonly nameId: NameId;
  readonly sessionIndex: string | null;
}

/** Where the identity provider ends sessions, and the key that it knows us by; null where one of them is missing. */
function wayOut({ saml, keys }: SsoConnection): { readonly service: SingleLogoutService; readonly key: SpKey } | null {
  const [service, key] = [saml?.singleLogout, keys[0]];
  return service === undefined || key === undefined ? null : { service, key };
}

/** Asks the identity provider to end a session (SAML Profiles §4.4.3.1); null where it cannot be asked. */
export function askLogout(
  connection: SsoConnection,
  urls: ConnectionUrls,
  { nameId, sessionIndex }: ProviderSession,
  now: Date,
): { readonly requestId: string; readonly outgoing: Outgoing } | null {
  const way = wayOut(connection);
  if (way === null) return null;
  const { url } = way.service;
  const requestId = newMessageId();
  const until = new Date(now.getTime() + MAX_AGE_MS).toISOString();
  const head = ` NotOnOrAfter="${until}" Reason="urn:oasis:names:tc:SAML:2.0:logout:user"`;
  const index = sessionIndex === null ? "" : `<samlp:SessionIndex>${escapeXml(sessionIndex)}</samlp:SessionIndex>`;
  const content = nameIdXml(nameId) + index;
  const xml = message("LogoutRequest", { id: requestId, url, head, content }, urls, now);
  return { requestId, outgoing: sent({ ...way, url, name: "SAMLRequest", xml, relayState: null }) };
}

/** Tells the identity provider that its request was followed (SAML Profiles §4.4.4.2); null where it has no place for that. */
export function answerLogout(
  connection: SsoConnection,
  urls: ConnectionUrls,
  { id, relayState }: Pick<LogoutAsked, "id" | "relayState">,
  now: Date,
): Outgoing | null {
  const way = wayOut(connection);
  if (way === null) return null;
  // SAML Metadata §2.2.2.
  const url = way.service.responseUrl ?? way.service.url;
  const head = ` InResponseTo="${escapeXml(id)}"`;
  const content = `<samlp:Status><samlp:StatusCode Value="${SUCCESS}"/></samlp:Status>`;
  const xml = message("LogoutResponse", { id: newMessageId(), url, head, content }, urls, now);
  return sent({ ...way, url, name: "SAMLResponse", xml, relayState });
}

interface Message {
  readonly id: string;
  readonly url: string;
  /** More attributes. */
  readonly head: string;
  readonly content: string;
}

function message(element: string, { id, url, head, content }: Message, urls: ConnectionUrls, now: Date): string {
  return (
    `<samlp:${element} xmlns:samlp="${PROTOCOL}" xmlns:saml="${ASSERTION}" ID="${id}" Version="2.0"` +
    ` IssueInstant="${now.toISOString()}" Destination="${escapeXml(url)}"${head}>` +
    `<saml:Issuer>${escapeXml(urls.spEntityId)}</saml:Issuer>${content}</samlp:${element}>`
  );
}

/** SAML Core §3.7.1: the person must be named as in the assertion. */
function nameIdXml({ value, format, nameQualifier, spNameQualifier }: NameId): string {
  const given = { NameQualifier: nameQualifier, SPNameQualifier: spNameQualifier, Format: format };
  const attributes = Object.entries(given)
    .filter(([, each]) => each !== undefined)
    .map(([name, each]) => ` ${name}="${escapeXml(each ?? "")}"`);
  return `<saml:NameID${attributes.join("")}>${escapeXml(value)}</saml:NameID>`;
}

interface Sending {
  readonly service: SingleLogoutService;
  readonly key: SpKey;
  readonly url: string;
  readonly name: MessageName;
  readonly xml: string;
  readonly relayState: string | null;
}

function sent({ service, key, url, name, xml, relayState }: Sending): Outgoing {
  if (service.binding === "redirect") {
    return { binding: "redirect", url: redirectUrl({ target: url, name, xml, relayState }, key) };
  }
  const field = Buffer.from(signed(xml, key)).toString("base64");
  const fields = { [name]: field, ...(relayState !== null && { RelayState: relayState }) };
  return { binding: "post", url, fields };
}

const EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/** SAML Core §5.4: the signature stands after the issuer and covers the whole. */
function signed(xml: string, { privateKey, certificate }: SpKey): string {
  const signer = new SignedXml({
    privateKey,
    publicCert: certificate,
    signatureAlgorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    canonicalizationAlgorithm: EXCLUSIVE,
  });
  signer.addReference({
    xpath: "/*",
    transforms: [ENVELOPED, EXCLUSIVE],
    digestAlgorithm: "http://www.w3.org/2001/04/xmlenc#sha256",
  });
  const location = { reference: "/*/*[local-name()='Issuer']", action: "after" } as const;
  signer.computeSignature(xml, { prefix: "ds", location });
  return signer.getSignedXml();
}
