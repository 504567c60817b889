/** A signer of logout messages of any shape: by default what an honest identity provider sends, else what the test says. */
import { sign as signBytes } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { minutes, settings, testKey, urls } from "./hostileSigner.ts";

const namespaces =
  'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"';
const STATUS = "urn:oasis:names:tc:SAML:2.0:status:";

/** Null leaves the part out. */
interface MessageParts {
  readonly id?: string;
  readonly version?: string;
  readonly issueInstant?: string;
  readonly destination?: string | null;
  readonly issuer?: string;
}

export interface LogoutRequestParts extends MessageParts {
  readonly notOnOrAfter?: string | null;
  readonly nameId?: string;
  readonly nameIdFormat?: string;
  /** What stands where the NameID does. */
  readonly nameIds?: string;
  readonly sessionIndexes?: readonly string[];
}

export interface LogoutResponseParts extends MessageParts {
  readonly inResponseTo?: string | null;
  /** Last parts of the URNs, the second inside the first. */
  readonly status?: readonly string[];
  readonly more?: string;
}

function optional(name: string, value: string | null): string {
  return value === null ? "" : ` ${name}="${value}"`;
}

function message(element: string, parts: MessageParts, head: string, content: string): string {
  const { id = "_logout-1", version = "2.0", issueInstant = minutes(0), destination = urls.sloUrl } = parts;
  return (
    `<samlp:${element} ${namespaces} ID="${id}" Version="${version}" IssueInstant="${issueInstant}"` +
    `${optional("Destination", destination)}${head}><saml:Issuer>${parts.issuer ?? settings.entityId}</saml:Issuer>` +
    `${content}</samlp:${element}>`
  );
}

export function logoutRequestXml(parts: LogoutRequestParts = {}): string {
  const { notOnOrAfter = minutes(5), nameId = "ana-7f3a", sessionIndexes = ["_session-1"] } = parts;
  const { nameIdFormat = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" } = parts;
  const nameIds = parts.nameIds ?? `<saml:NameID Format="${nameIdFormat}">${nameId}</saml:NameID>`;
  const indexes = sessionIndexes.map((each) => `<samlp:SessionIndex>${each}</samlp:SessionIndex>`);
  return message("LogoutRequest", parts, optional("NotOnOrAfter", notOnOrAfter), nameIds + indexes.join(""));
}

export function logoutResponseXml(parts: LogoutResponseParts = {}): string {
  const { inResponseTo = "_request-1", status = ["Success"], more = "" } = parts;
  const codes = status.reduceRight((inner, each) => {
    return `<samlp:StatusCode Value="${STATUS}${each}">${inner}</samlp:StatusCode>`;
  }, "");
  return message(
    "LogoutResponse",
    parts,
    optional("InResponseTo", inResponseTo),
    `<samlp:Status>${codes}</samlp:Status>${more}`,
  );
}

const RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

export interface QuerySigning {
  readonly name?: "SAMLRequest" | "SAMLResponse";
  readonly key?: string;
  readonly relayState?: string;
  readonly algorithm?: string;
  readonly digest?: string;
  readonly encode?: (text: string) => string;
}

/** Parameters of the HTTP-Redirect binding, signed as SAML Bindings §3.4.4.1 says. */
export function signedQuery(xml: string, signing: QuerySigning = {}): string {
  const { encode = encodeURIComponent, algorithm = RSA_SHA256, digest = "sha256", relayState } = signing;
  const name = signing.name ?? (xml.includes("samlp:LogoutResponse") ? "SAMLResponse" : "SAMLRequest");
  const relayed = relayState === undefined ? "" : `&RelayState=${encode(relayState)}`;
  const signed = `${name}=${encode(deflateRawSync(xml).toString("base64"))}${relayed}&SigAlg=${encode(algorithm)}`;
  const signature = signBytes(digest, Buffer.from(signed), signing.key ?? testKey("idp.key"));
  return `${signed}&Signature=${encode(signature.toString("base64"))}`;
}
