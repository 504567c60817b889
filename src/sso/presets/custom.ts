import type { Preset } from "./preset.ts";

export const customSaml: Preset = {
  provider: "custom-saml",
  name: "SAML 2.0",
  protocol: "saml",
  // No name is agreed upon: those that known products use are all read.
  defaults: { attributes: {}, groupsClaim: "groups" },
  ours: [
    { value: "acsUrl", field: "Assertion Consumer Service URL (HTTP-POST)" },
    { value: "spEntityId", field: "Service provider entity id, Audience" },
    { value: "metadataUrl", field: "Service provider metadata, where it is read", optional: true },
    { value: "sloUrl", field: "Single Logout Service", optional: true },
  ],
  theirs: [
    { value: "metadataUrl", field: "Identity provider metadata, by its address" },
    { value: "metadataXml", field: "Identity provider metadata, as a file" },
  ],
  sends: [
    { name: "NameID", source: "persistent, the same for ever; never transient" },
    { name: "email", source: "mail" },
    { name: "firstName", source: "given name" },
    { name: "lastName", source: "surname" },
    { name: "groups", source: "names of the person's groups" },
  ],
  words: {
    en: {
      steps: [
        "Make a SAML 2.0 application at the identity provider, by our metadata or with our ACS URL and entity id.",
        "Let it sign the assertion or the response with RSA and SHA-256, and send a persistent NameID and the attributes of the table.",
        "Enter the address of its metadata here, or hand in the document; without either, its entity id, sign-on URL (HTTP-Redirect) and certificate.",
      ],
      traps: [
        "SHA-1, RSA 1.5 and Triple DES are refused; AES-CBC is, unless the connection allows it.",
        "A clock that is more than a minute off makes responses expired or not yet valid.",
        "Attributes of other names are read once the connection names them.",
      ],
    },
    de: {
      steps: [
        "Legen Sie beim Anmeldedienst eine SAML-2.0-Anwendung an, mit unseren Metadaten oder mit unserer ACS URL und Entity ID.",
        "Lassen Sie ihn die Assertion oder die Response mit RSA und SHA-256 signieren und eine persistente NameID und die Attribute der Tabelle senden.",
        "Tragen Sie hier die Adresse seiner Metadaten ein oder geben Sie das Dokument ab; ohne beides seine Entity ID, Anmeldeadresse (HTTP-Redirect) und sein Zertifikat.",
      ],
      traps: [
        "SHA-1, RSA 1.5 und Triple DES werden abgelehnt; AES-CBC auch, wenn die Verbindung es nicht erlaubt.",
        "Geht eine Uhr mehr als eine Minute falsch, sind Antworten abgelaufen oder noch nicht gültig.",
        "Attribute mit anderen Namen werden gelesen, sobald die Verbindung sie nennt.",
      ],
    },
  },
};

export const customOidc: Preset = {
  provider: "custom-oidc",
  name: "OpenID Connect",
  protocol: "oidc",
  defaults: { attributes: {}, groupsClaim: "groups" },
  ours: [
    { value: "redirectUri", field: "Redirect URI, Callback URL" },
    { value: "backchannelLogoutUri", field: "Back-channel logout URI", optional: true },
  ],
  theirs: [
    { value: "issuer", field: "Issuer" },
    { value: "clientId", field: "Client ID" },
    { value: "clientSecret", field: "Client secret" },
  ],
  sends: [
    { name: "sub", source: "the same for ever" },
    { name: "email", source: "scope email" },
    { name: "given_name, family_name", source: "scope profile" },
    { name: "groups", source: "a groups claim in the ID token or UserInfo" },
  ],
  words: {
    en: {
      steps: [
        "Make a confidential web application (client) at the provider: authorization code flow with PKCE.",
        "Enter our redirect URI there, letter by letter.",
        "Allow the scopes openid, email and profile, and a groups claim where roles depend on groups.",
        "Enter issuer, client id and client secret here. The issuer is the address before /.well-known/openid-configuration.",
      ],
      traps: [
        "The issuer must be exactly what its discovery document says, a slash at its end included.",
        "ID tokens must be signed with RS256, PS256, ES256 or EdDSA.",
        "An address counts as verified only in a domain that you have proven here.",
      ],
    },
    de: {
      steps: [
        "Legen Sie beim Anbieter eine vertrauliche Webanwendung (Client) an: Authorization Code Flow mit PKCE.",
        "Tragen Sie dort unsere Redirect URI ein, Buchstabe für Buchstabe.",
        "Erlauben Sie die Scopes openid, email und profile und einen Gruppen-Claim, wenn Rollen von Gruppen abhängen.",
        "Tragen Sie hier Issuer, Client ID und Client Secret ein. Der Issuer ist die Adresse vor /.well-known/openid-configuration.",
      ],
      traps: [
        "Der Issuer muss genau der sein, den sein Discovery-Dokument nennt, auch mit einem Schrägstrich am Ende.",
        "ID-Tokens müssen mit RS256, PS256, ES256 oder EdDSA signiert sein.",
        "Eine Adresse gilt nur in einer Domain als bestätigt, die Sie hier nachgewiesen haben.",
      ],
    },
  },
};
