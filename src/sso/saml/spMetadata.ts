/** What an identity provider needs to know of us. */
import type { ConnectionUrls } from "../types.ts";
import { HTTP_POST, HTTP_REDIRECT, METADATA, nameIdFormats, PROTOCOL, XMLDSIG } from "./names.ts";
import { escapeXml } from "./xml.ts";

/** What of a connection its metadata says beside the addresses. */
export interface SpSide {
  /** PEM, the oldest first: it signs, and all decrypt. */
  readonly certificates: readonly string[];
  readonly requestsSigned: boolean;
}

/** The EntityDescriptor of a connection (SAML Metadata §2.4.4), to be served as `application/samlmetadata+xml`. */
export function spMetadata(
  urls: ConnectionUrls,
  { certificates, requestsSigned }: SpSide = { certificates: [], requestsSigned: false },
): string {
  const { persistent, emailAddress, unspecified } = nameIdFormats;
  // The first that the provider has: what is persistent survives a change of address.
  const formats = [persistent, emailAddress, unspecified];
  const keys = [
    ...certificates.map((each) => keyDescriptor("signing", each)),
    // Providers encrypt for the first: the newest, which stays.
    ...certificates.toReversed().map((each) => keyDescriptor("encryption", each)),
  ];
  const location = escapeXml(urls.sloUrl);
  // SAML Metadata §2.4.2: before the NameID formats.
  const logouts = [HTTP_REDIRECT, HTTP_POST].map(
    (binding) => `    <md:SingleLogoutService Binding="${binding}" Location="${location}"/>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="${METADATA}" entityID="${escapeXml(urls.spEntityId)}">
  <md:SPSSODescriptor protocolSupportEnumeration="${PROTOCOL}" AuthnRequestsSigned="${requestsSigned}" WantAssertionsSigned="true">
${[...keys, ...logouts, ...formats.map((format) => `    <md:NameIDFormat>${format}</md:NameIDFormat>`)].join("\n")}
    <md:AssertionConsumerService Binding="${HTTP_POST}" Location="${escapeXml(urls.acsUrl)}" index="0" isDefault="true"/>
  </md:SPSSODescriptor>
</md:EntityDescriptor>
`;
}

/** SAML Metadata §2.4.1.1. */
function keyDescriptor(use: "signing" | "encryption", certificate: string): string {
  const base64 = certificate.replaceAll(/-----[^-]+-----|\s/g, "");
  return (
    `    <md:KeyDescriptor use="${use}"><ds:KeyInfo xmlns:ds="${XMLDSIG}"><ds:X509Data><ds:X509Certificate>${base64}` +
    `</ds:X509Certificate></ds:X509Data></ds:KeyInfo>${use === "encryption" ? encryptionMethods : ""}</md:KeyDescriptor>`
  );
}

/** XML Encryption §5: what `encryption.ts` takes of every connection, the best first. */
const encryptionMethods = [
  "http://www.w3.org/2009/xmlenc11#aes256-gcm",
  "http://www.w3.org/2009/xmlenc11#aes128-gcm",
  "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
]
  .map((algorithm) => `<md:EncryptionMethod Algorithm="${algorithm}"/>`)
  .join("");
