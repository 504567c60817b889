/** What an identity provider needs to know of us. */
import type { ConnectionUrls } from "../types.ts";
import { HTTP_POST, METADATA, nameIdFormats, PROTOCOL } from "./names.ts";
import { escapeXml } from "./xml.ts";

/** The EntityDescriptor of a connection (SAML Metadata §2.4.4), to be served as `application/samlmetadata+xml`. */
export function spMetadata(urls: ConnectionUrls): string {
  const { persistent, emailAddress, unspecified } = nameIdFormats;
  // The first that the provider has: what is persistent survives a change of address.
  const formats = [persistent, emailAddress, unspecified];
  return `<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="${METADATA}" entityID="${escapeXml(urls.spEntityId)}">
  <md:SPSSODescriptor protocolSupportEnumeration="${PROTOCOL}" AuthnRequestsSigned="false" WantAssertionsSigned="true">
${formats.map((format) => `    <md:NameIDFormat>${format}</md:NameIDFormat>`).join("\n")}
    <md:AssertionConsumerService Binding="${HTTP_POST}" Location="${escapeXml(urls.acsUrl)}" index="0" isDefault="true"/>
  </md:SPSSODescriptor>
</md:EntityDescriptor>
`;
}
