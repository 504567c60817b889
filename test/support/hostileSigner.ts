/** A signer of SAML responses of any shape: by default what an honest identity provider sends, else what the test says. */
import { readFileSync } from "node:fs";
import { SignedXml } from "xml-crypto";
import type { ConnectionUrls, SamlSettings, SsoConnection } from "../../src/sso/types.ts";

export const NOW = new Date("2026-11-01T12:00:00Z");

/** A key and certificate made for these tests alone. */
export function testKey(name: string): string {
  return readFileSync(new URL(`../saml/keys/${name}`, import.meta.url), "utf8");
}

export const urls: ConnectionUrls = urlsOf("0193a000-0000-7000-8000-000000000001");

export function urlsOf(connectionId: string): ConnectionUrls {
  const base = `https://usher.example.com/sso/saml/${connectionId}`;
  return {
    acsUrl: `${base}/acs`,
    spEntityId: `${base}/metadata`,
    metadataUrl: `${base}/metadata`,
    sloUrl: `${base}/slo`,
    redirectUri: "",
  };
}

export const settings: SamlSettings = {
  entityId: "https://idp.example.com/saml",
  ssoUrl: "https://idp.example.com/sso",
  certificates: [testKey("idp.crt")],
};

export function connectionWith(changes: Partial<SsoConnection> = {}): SsoConnection {
  return {
    id: "0193a000-0000-7000-8000-000000000001",
    tenantId: "0193a000-0000-7000-8000-00000000000a",
    protocol: "saml",
    provider: "custom",
    status: "enabled",
    saml: settings,
    oidc: null,
    keys: [],
    signRequests: false,
    allowCbc: false,
    attributes: {},
    groupsClaim: null,
    matchClaim: null,
    ownDomains: [],
    ...changes,
  };
}

/** Null leaves the part out. */
export interface AssertionParts {
  readonly id?: string | null;
  readonly version?: string;
  readonly namespace?: string;
  readonly issueInstant?: string | null;
  readonly issuer?: string | null;
  readonly issuerFormat?: string;
  /** Content of Subject before its confirmations. */
  readonly nameIds?: string;
  readonly nameId?: string;
  readonly nameIdFormat?: string;
  readonly confirmations?: string;
  readonly method?: string;
  readonly recipient?: string | null;
  readonly inResponseTo?: string | null;
  readonly confirmedFrom?: string | null;
  readonly confirmedUntil?: string | null;
  /** Whole Conditions element. */
  readonly conditions?: string;
  readonly notBefore?: string | null;
  readonly notOnOrAfter?: string | null;
  readonly audiences?: readonly string[];
  readonly moreConditions?: string;
  readonly authnStatement?: string;
  /** Content of AttributeStatement. */
  readonly attributes?: string;
}

export interface ResponseParts {
  readonly id?: string;
  readonly version?: string;
  readonly issueInstant?: string;
  readonly destination?: string | null;
  readonly inResponseTo?: string | null;
  readonly issuer?: string | null;
  /** Whole Status element. */
  readonly status?: string;
  /** What stands where the assertion does. */
  readonly content?: string;
}

const bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
export const requestId = "_request-1";
export const assertionId = "_assertion-1";
const assertionNamespace = "urn:oasis:names:tc:SAML:2.0:assertion";

/** Minutes from `NOW`, as text. */
export function minutes(count: number): string {
  return new Date(NOW.getTime() + count * 60_000).toISOString();
}

function optional(name: string, value: string | null | undefined, standard: string | null): string {
  const text = value === undefined ? standard : value;
  return text === null ? "" : ` ${name}="${text}"`;
}

export function confirmation(parts: AssertionParts = {}): string {
  return (
    `<saml:SubjectConfirmation Method="${parts.method ?? bearer}"><saml:SubjectConfirmationData` +
    optional("InResponseTo", parts.inResponseTo, requestId) +
    optional("NotBefore", parts.confirmedFrom, null) +
    optional("NotOnOrAfter", parts.confirmedUntil, minutes(5)) +
    `${optional("Recipient", parts.recipient, urls.acsUrl)}/></saml:SubjectConfirmation>`
  );
}

export function audienceRestriction(...audiences: readonly string[]): string {
  const all = audiences.map((one) => `<saml:Audience>${one}</saml:Audience>`).join("");
  return `<saml:AudienceRestriction>${all}</saml:AudienceRestriction>`;
}

export function attributeXml(name: string, ...values: readonly string[]): string {
  const all = values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`).join("");
  return `<saml:Attribute Name="${name}">${all}</saml:Attribute>`;
}

const authnContext =
  "<saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext>";

export function authnStatement(more = ` SessionIndex="_session-1"`): string {
  return `<saml:AuthnStatement AuthnInstant="${minutes(0)}"${more}>${authnContext}</saml:AuthnStatement>`;
}

function conditionsXml(parts: AssertionParts): string {
  const times =
    optional("NotBefore", parts.notBefore, minutes(-5)) + optional("NotOnOrAfter", parts.notOnOrAfter, minutes(5));
  const audiences = audienceRestriction(...(parts.audiences ?? [urls.spEntityId]));
  return parts.conditions ?? `<saml:Conditions${times}>${audiences}${parts.moreConditions ?? ""}</saml:Conditions>`;
}

function subjectXml(parts: AssertionParts): string {
  const format = optional("Format", parts.nameIdFormat, "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent");
  const nameIds = parts.nameIds ?? `<saml:NameID${format}>${parts.nameId ?? "ana-7f3a"}</saml:NameID>`;
  return `<saml:Subject>${nameIds}${parts.confirmations ?? confirmation(parts)}</saml:Subject>`;
}

function issuerXml(issuer: string | null | undefined, attributes = ""): string {
  return issuer === null ? "" : `<saml:Issuer${attributes}>${issuer ?? settings.entityId}</saml:Issuer>`;
}

export function assertionXml(parts: AssertionParts = {}): string {
  const attributes = parts.attributes ?? attributeXml("email", "ana@example.com");
  const statement = attributes === "" ? "" : `<saml:AttributeStatement>${attributes}</saml:AttributeStatement>`;
  return (
    `<saml:Assertion xmlns:saml="${parts.namespace ?? assertionNamespace}"${optional("ID", parts.id, assertionId)}` +
    ` Version="${parts.version ?? "2.0"}"${optional("IssueInstant", parts.issueInstant, minutes(0))}>` +
    issuerXml(parts.issuer, optional("Format", parts.issuerFormat, null)) +
    subjectXml(parts) +
    conditionsXml(parts) +
    (parts.authnStatement ?? authnStatement()) +
    `${statement}</saml:Assertion>`
  );
}

const success = '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>';

export function responseXml(parts: ResponseParts = {}): string {
  return (
    `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="${parts.id ?? "_response-1"}"` +
    ` Version="${parts.version ?? "2.0"}" IssueInstant="${parts.issueInstant ?? minutes(0)}"` +
    optional("Destination", parts.destination, urls.acsUrl) +
    `${optional("InResponseTo", parts.inResponseTo, requestId)}>` +
    issuerXml(parts.issuer, ` xmlns:saml="${assertionNamespace}"`) +
    `${parts.status ?? success}${parts.content ?? assertionXml()}</samlp:Response>`
  );
}

export type SignedElement = "Response" | "Assertion" | "LogoutRequest" | "LogoutResponse";

export interface Signing {
  readonly key?: string;
  /** Certificate in KeyInfo. */
  readonly certificate?: string;
  readonly signatureAlgorithm?: string;
  readonly digestAlgorithm?: string;
  readonly canonicalization?: string;
  /** After the enveloped-signature transform. */
  readonly transform?: string;
  /** Where the signature goes; after the element's Issuer by default. */
  readonly location?: { readonly reference: string; readonly action: "append" | "prepend" | "before" | "after" };
}

const EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";

/** Signs one element, which is found by its local name. */
export function sign(xml: string, element: SignedElement, signing: Signing = {}): string {
  const signer = new SignedXml({
    privateKey: signing.key ?? testKey("idp.key"),
    publicCert: signing.certificate ?? testKey("idp.crt"),
    signatureAlgorithm: signing.signatureAlgorithm ?? "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    canonicalizationAlgorithm: signing.canonicalization ?? EXCLUSIVE,
  });
  if (signing.signatureAlgorithm?.includes("hmac")) signer.enableHMAC();
  signer.addReference({
    xpath: `//*[local-name()='${element}']`,
    transforms: ["http://www.w3.org/2000/09/xmldsig#enveloped-signature", signing.transform ?? EXCLUSIVE],
    digestAlgorithm: signing.digestAlgorithm ?? "http://www.w3.org/2001/04/xmlenc#sha256",
  });
  const reference = `//*[local-name()='${element}']/*[local-name()='Issuer']`;
  signer.computeSignature(xml, { prefix: "ds", location: signing.location ?? { reference, action: "after" } });
  return signer.getSignedXml();
}

/** Signs the assertion first, since the signature over the response covers it. */
export function signAll(xml: string, elements: readonly SignedElement[], signing: Signing = {}): string {
  const inner = elements.includes("Assertion") ? sign(xml, "Assertion", signing) : xml;
  return elements.includes("Response") ? sign(inner, "Response", signing) : inner;
}

/** An honest response in all but the parts given, its assertion signed. */
export function signedResponse(
  assertion: AssertionParts = {},
  response: ResponseParts = {},
  signing: Signing = {},
): string {
  return sign(responseXml({ content: assertionXml(assertion), ...response }), "Assertion", signing);
}

/** The form of the POST. */
export function post(xml: string): { readonly samlResponse: string } {
  return { samlResponse: Buffer.from(xml, "utf8").toString("base64") };
}
