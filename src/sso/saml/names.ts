/** URIs of SAML 2.0 and XML Signature, under the names that the standards give them. */

export const ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion";
export const PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol";
export const METADATA = "urn:oasis:names:tc:SAML:2.0:metadata";
export const XMLDSIG = "http://www.w3.org/2000/09/xmldsig#";

/** XML Encryption 1.0 and 1.1. */
export const XMLENC = "http://www.w3.org/2001/04/xmlenc#";
export const XMLENC11 = "http://www.w3.org/2009/xmlenc11#";

export const HTTP_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
export const HTTP_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";

/** SAML Core §3.2.2.2. */
export const SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success";
/** As a second code, of a logout. */
export const PARTIAL_LOGOUT = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout";
/** SAML Profiles §3.3. */
export const BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/** SAML Core §8.3. */
export const nameIdFormats = {
  persistent: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
  transient: "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
  entity: "urn:oasis:names:tc:SAML:2.0:nameid-format:entity",
  emailAddress: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
  unspecified: "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
} as const;
