/**
 * Responses in the shapes that known identity providers send, and responses that are wrong in one way, with a fixed
 * key and fixed times. `node --import tsx/esm test/support/samlRecordings.ts` writes them to `test/saml/`; the test
 * compares, so that neither changes without the other.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  assertionXml,
  attributeXml,
  minutes,
  requestId,
  responseXml,
  settings,
  sign,
  signAll,
  type SignedElement,
  signedResponse,
  testKey,
  urls,
} from "./hostileSigner.ts";
import { wrapped, wrappings } from "./wrapping.ts";

export interface GoodRecording {
  readonly folder: string;
  readonly xml: string;
  readonly entityId: string;
  readonly groupsClaim: string | null;
}

const P = "urn:oasis:names:tc:SAML:2.0:protocol";
const A = "urn:oasis:names:tc:SAML:2.0:assertion";
const BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
const xsi = 'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
const entityFormat = 'Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity"';
const MS = "http://schemas.microsoft.com/identity/claims/";
const WS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/";
const ENTRA_GROUPS = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups";

interface Style {
  readonly protocol: string;
  /** Prefix of the assertion namespace with its colon; "" for a default namespace. */
  readonly prefix: string;
  readonly entityId: string;
  readonly issuerAttributes?: string;
  readonly nameId: string;
  readonly attribute: (name: string, values: readonly string[]) => string;
  readonly attributes: readonly (readonly [name: string, ...values: string[]])[];
  readonly authn: string;
  readonly signs: readonly SignedElement[];
}

function shaped(style: Style): string {
  const { prefix: a, protocol: p } = style;
  const xmlns = `xmlns${a === "" ? "" : `:${a.slice(0, -1)}`}="${A}"`;
  const issuer = (declared: string) =>
    `<${a}Issuer ${declared}${style.issuerAttributes ?? ""}>${style.entityId}</${a}Issuer>`;
  const data = `<${a}SubjectConfirmationData InResponseTo="${requestId}" NotOnOrAfter="${minutes(5)}" Recipient="${urls.acsUrl}"/>`;
  const audience = `<${a}AudienceRestriction><${a}Audience>${urls.spEntityId}</${a}Audience></${a}AudienceRestriction>`;
  const context = `<${a}AuthnContext><${a}AuthnContextClassRef>${PASSWORD}</${a}AuthnContextClassRef></${a}AuthnContext>`;
  const attributes = style.attributes.map(([name, ...values]) => style.attribute(name, values)).join("");
  const assertion =
    `<${a}Assertion ${xmlns} ID="_assertion-1" IssueInstant="${minutes(0)}" Version="2.0">${issuer("")}` +
    `<${a}Subject>${style.nameId}<${a}SubjectConfirmation Method="${BEARER}">${data}</${a}SubjectConfirmation></${a}Subject>` +
    `<${a}Conditions NotBefore="${minutes(-5)}" NotOnOrAfter="${minutes(5)}">${audience}</${a}Conditions>` +
    `<${a}AuthnStatement ${style.authn}>${context}</${a}AuthnStatement>` +
    `<${a}AttributeStatement>${attributes}</${a}AttributeStatement></${a}Assertion>`;
  const xml =
    `<${p}:Response xmlns:${p}="${P}" Destination="${urls.acsUrl}" ID="_response-1" InResponseTo="${requestId}"` +
    ` IssueInstant="${minutes(0)}" Version="2.0">${issuer(`${xmlns} `)}` +
    `<${p}:Status><${p}:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></${p}:Status>${assertion}</${p}:Response>`;
  return signAll(xml, style.signs);
}

/** `typed`: what stands on each value. */
function attributeStyle(prefix: string, format: string, typed: string) {
  return (name: string, values: readonly string[]) => {
    const all = values.map((value) => `<${prefix}AttributeValue${typed}>${value}</${prefix}AttributeValue>`);
    return `<${prefix}Attribute Name="${name}"${format}>${all.join("")}</${prefix}Attribute>`;
  };
}

const basic = ' NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic"';
const instant = `AuthnInstant="${minutes(0)}"`;

function okta(): GoodRecording {
  const entityId = "http://www.okta.com/exk0example0000000000";
  const xml = shaped({
    protocol: "saml2p",
    prefix: "saml2:",
    entityId,
    issuerAttributes: entityFormat,
    nameId:
      '<saml2:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified">ana@example.com</saml2:NameID>',
    attribute: attributeStyle(
      "saml2:",
      ' NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified"',
      ` ${xsi} xsi:type="xs:string"`,
    ),
    attributes: [
      ["firstName", "Ana"],
      ["lastName", "Silva"],
      ["email", "ana@example.com"],
      ["groups", "Everyone", "Sales"],
    ],
    authn: `${instant} SessionIndex="_session-1"`,
    signs: ["Assertion", "Response"],
  });
  return { folder: "okta", xml, entityId, groupsClaim: "groups" };
}

function entra(more: Style["attributes"]): Style {
  const tenant = "0f0e0d0c-0000-4000-8000-000000000001";
  return {
    protocol: "samlp",
    prefix: "",
    entityId: `https://sts.windows.net/${tenant}/`,
    nameId: '<NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">ana@example.com</NameID>',
    attribute: attributeStyle("", "", ""),
    attributes: [
      [`${MS}tenantid`, tenant],
      [`${MS}objectidentifier`, "0f0e0d0c-0000-4000-8000-0000000000aa"],
      [`${MS}displayname`, "Ana Silva"],
      ...more,
      [`${MS}identityprovider`, `https://sts.windows.net/${tenant}/`],
      [
        "http://schemas.microsoft.com/claims/authnmethodsreferences",
        "http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password",
      ],
      [`${WS}givenname`, "Ana"],
      [`${WS}surname`, "Silva"],
      [`${WS}emailaddress`, "ana@example.com"],
      [`${WS}name`, "ana@example.com"],
    ],
    authn: `${instant} SessionIndex="_session-1"`,
    signs: ["Assertion"],
  };
}

function entraGroups(): GoodRecording {
  const style = entra([[ENTRA_GROUPS, "0f0e0d0c-0000-4000-8000-0000000000b1", "0f0e0d0c-0000-4000-8000-0000000000b2"]]);
  return { folder: "entra", xml: shaped(style), entityId: style.entityId, groupsClaim: ENTRA_GROUPS };
}

function entraOverage(): GoodRecording {
  const link =
    "https://graph.windows.net/0f0e0d0c-0000-4000-8000-000000000001/users/0f0e0d0c-0000-4000-8000-0000000000aa/getMemberObjects";
  const style = entra([["http://schemas.microsoft.com/claims/groups.link", link]]);
  return { folder: "entra-overage", xml: shaped(style), entityId: style.entityId, groupsClaim: ENTRA_GROUPS };
}

function google(): GoodRecording {
  const entityId = "https://accounts.google.com/o/saml2?idpid=C0example0";
  const xml = shaped({
    protocol: "saml2p",
    prefix: "saml2:",
    entityId,
    nameId:
      '<saml2:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">ana@example.com</saml2:NameID>',
    attribute: attributeStyle("saml2:", "", ` ${xsi} xsi:type="xs:anyType"`),
    attributes: [
      ["firstName", "Ana"],
      ["lastName", "Silva"],
    ],
    authn: `${instant} SessionIndex="_session-1"`,
    signs: ["Response"],
  });
  return { folder: "google", xml, entityId, groupsClaim: null };
}

function onelogin(): GoodRecording {
  const entityId = "https://app.onelogin.com/saml/metadata/0f0e0d0c-0000-4000-8000-000000000002";
  const xml = shaped({
    protocol: "samlp",
    prefix: "saml:",
    entityId,
    nameId:
      '<saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">ana@example.com</saml:NameID>',
    attribute: attributeStyle("saml:", basic, ` ${xsi} xsi:type="xs:string"`),
    attributes: [
      ["User.email", "ana@example.com"],
      ["User.FirstName", "Ana"],
      ["User.LastName", "Silva"],
      ["memberOf", ""],
    ],
    authn: `${instant} SessionNotOnOrAfter="${minutes(24 * 60)}" SessionIndex="_session-1"`,
    signs: ["Assertion"],
  });
  return { folder: "onelogin", xml, entityId, groupsClaim: "memberOf" };
}

/** Each role in an Attribute element of its own. */
function keycloak(): GoodRecording {
  const entityId = "https://keycloak.example.com/realms/example";
  const xml = shaped({
    protocol: "samlp",
    prefix: "saml:",
    entityId,
    nameId: '<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">G-7f3a-ana</saml:NameID>',
    attribute: attributeStyle("saml:", basic, ` ${xsi} xsi:type="xs:string"`),
    attributes: [
      ["email", "ana@example.com"],
      ["firstName", "Ana"],
      ["lastName", "Silva"],
      ["Role", "offline_access"],
      ["Role", "sales"],
      ["groups", "Sales"],
    ],
    authn: `${instant} SessionIndex="7f3a::0f0e" SessionNotOnOrAfter="${minutes(600)}"`,
    signs: ["Response"],
  });
  return { folder: "keycloak", xml, entityId, groupsClaim: "Role" };
}

function ping(): GoodRecording {
  const entityId = "https://auth.pingone.com/0f0e0d0c-0000-4000-8000-000000000003";
  const persistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
  const xml = shaped({
    protocol: "saml2p",
    prefix: "saml:",
    entityId,
    nameId: `<saml:NameID Format="${persistent}">0f0e0d0c-0000-4000-8000-0000000000cc</saml:NameID>`,
    attribute: attributeStyle("saml:", basic, ` ${xsi} xsi:type="xs:string"`),
    attributes: [
      ["email", "ana@example.com"],
      ["firstName", "Ana"],
      ["lastName", "Silva"],
      ["groups", "Sales", "Staff"],
    ],
    authn: `${instant} SessionIndex="_session-1"`,
    signs: ["Assertion"],
  });
  return { folder: "ping", xml, entityId, groupsClaim: "groups" };
}

function jumpcloud(): GoodRecording {
  const entityId = "https://sso.jumpcloud.example.com/usher";
  const xml = shaped({
    protocol: "samlp",
    prefix: "saml:",
    entityId,
    nameId: '<saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified">ana@example.com</saml:NameID>',
    attribute: attributeStyle("saml:", basic, ` ${xsi} xsi:type="xs:string"`),
    attributes: [
      ["email", "ana@example.com"],
      ["firstName", "Ana"],
      ["lastName", "Silva"],
      ["memberOf", "Sales"],
      ["memberOf", "Staff"],
    ],
    authn: `${instant} SessionIndex="_session-1"`,
    signs: ["Assertion"],
  });
  return { folder: "jumpcloud", xml, entityId, groupsClaim: "memberOf" };
}

/** A default namespace, as Entra ID; claims of the rules that were written for it. */
function adfs(): GoodRecording {
  const entityId = "http://adfs.example.com/adfs/services/trust";
  const group = "http://schemas.xmlsoap.org/claims/Group";
  const xml = shaped({
    protocol: "samlp",
    prefix: "",
    entityId,
    nameId: '<NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">ana@corp.example.com</NameID>',
    attribute: attributeStyle("", "", ""),
    attributes: [
      [`${WS}emailaddress`, "ana@example.com"],
      [`${WS}givenname`, "Ana"],
      [`${WS}surname`, "Silva"],
      [group, "Domain Users", "Sales"],
    ],
    authn: `${instant} SessionIndex="_session-1"`,
    signs: ["Assertion"],
  });
  return { folder: "adfs", xml, entityId, groupsClaim: group };
}

function simplesamlphp(): GoodRecording {
  const entityId = "https://simplesamlphp.example.com/simplesaml/saml2/idp/metadata.php";
  const persistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
  const xml = shaped({
    protocol: "samlp",
    prefix: "saml:",
    entityId,
    nameId: `<saml:NameID Format="${persistent}" NameQualifier="${entityId}" SPNameQualifier="${urls.spEntityId}">5f1c-ana</saml:NameID>`,
    attribute: attributeStyle(
      "saml:",
      ' NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"',
      ` ${xsi} xsi:type="xs:string"`,
    ),
    attributes: [
      ["urn:oid:0.9.2342.19200300.100.1.3", "ana@example.com"],
      ["urn:oid:2.5.4.42", "Ana"],
      ["urn:oid:2.5.4.4", "Silva"],
      ["urn:oid:1.3.6.1.4.1.5923.1.1.1.1", "member", "staff"],
    ],
    authn: `${instant} SessionNotOnOrAfter="${minutes(480)}" SessionIndex="_session-1"`,
    signs: ["Assertion", "Response"],
  });
  return { folder: "simplesamlphp", xml, entityId, groupsClaim: "urn:oid:1.3.6.1.4.1.5923.1.1.1.1" };
}

export function goodRecordings(): readonly GoodRecording[] {
  const microsoft = [entraGroups(), entraOverage(), adfs()];
  return [okta(), ...microsoft, google(), onelogin(), ping(), jumpcloud(), keycloak(), simplesamlphp()];
}

/** Folder → XML and code. */
export function badRecordings(): Readonly<Record<string, readonly [xml: string, code: string]>> {
  const elsewhere = "https://elsewhere.example.com/acs";
  const sha1 = "http://www.w3.org/2000/09/xmldsig#";
  const xsw = (name: string) => wrapped(signedResponse(), wrappings[name] ?? ((response) => response));
  return {
    "another-audience": [signedResponse({ audiences: [elsewhere] }), "saml_audience"],
    "another-destination": [signedResponse({}, { destination: elsewhere }), "saml_destination"],
    "another-issuer": [signedResponse({ issuer: "https://evil.example/saml" }), "saml_issuer"],
    "another-key": [
      signedResponse({}, {}, { key: testKey("attacker.key"), certificate: testKey("attacker.crt") }),
      "saml_signature",
    ],
    "another-recipient": [signedResponse({ recipient: elsewhere }), "saml_recipient"],
    "another-subject": [signedResponse().replace("ana-7f3a", "mallory"), "saml_signature"],
    "document-type": [`<!DOCTYPE x>${signedResponse()}`, "saml_doctype"],
    expired: [signedResponse({ notOnOrAfter: minutes(-2) }), "saml_expired"],
    "holder-of-key": [
      signedResponse({ method: "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key" }),
      "saml_subject_confirmation",
    ],
    "no-conditions": [signedResponse({ conditions: "" }), "saml_conditions"],
    "no-signature": [responseXml(), "saml_unsigned"],
    "request-named-outside-only": [signedResponse({ inResponseTo: null }), "saml_in_response_to_missing"],
    "sha-1": [
      signedResponse({}, {}, { signatureAlgorithm: `${sha1}rsa-sha1`, digestAlgorithm: `${sha1}sha1` }),
      "saml_algorithm",
    ],
    "status-responder": [signedResponse({}, { status: failed }), "saml_status"],
    "transient-name-id": [
      signedResponse({ nameIdFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:transient" }),
      "saml_name_id_transient",
    ],
    "two-addresses": [
      signedResponse({ attributes: attributeXml("email", "ana@example.com", "bob@example.com") }),
      "saml_attribute_duplicate",
    ],
    "two-assertions": [
      sign(responseXml({ content: assertionXml() + assertionXml({ id: "_b" }) }), "Response"),
      "saml_assertion_count",
    ],
    unsolicited: [signedResponse({ inResponseTo: null }, { inResponseTo: null }), "saml_unsolicited"],
    "wrapped-xsw3": [xsw("XSW3"), "saml_assertion_count"],
    "wrapped-xsw8": [xsw("XSW8"), "saml_assertion_count"],
  };
}

const failed = '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"/></samlp:Status>';

/** The settings with which a good recording is read. */
export function recordedSettings(recording: GoodRecording) {
  return { ...settings, entityId: recording.entityId };
}

export const recordingsFolder = new URL("../saml/", import.meta.url);

function write(folder: string, xml: string): void {
  mkdirSync(new URL(`${folder}/`, recordingsFolder), { recursive: true });
  writeFileSync(new URL(`${folder}/response.xml`, recordingsFolder), `${xml}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { folder, xml } of goodRecordings()) write(`good/${folder}`, xml);
  for (const [folder, [xml]] of Object.entries(badRecordings())) write(`bad/${folder}`, xml);
}
