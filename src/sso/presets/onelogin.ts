import type { Preset } from "./preset.ts";

export const onelogin: Preset = {
  provider: "onelogin",
  name: "OneLogin",
  protocol: "saml",
  defaults: { attributes: { givenName: "User.FirstName", familyName: "User.LastName" }, groupsClaim: "memberOf" },
  ours: [
    { value: "spEntityId", field: "Audience (EntityID)" },
    { value: "acsUrl", field: "Recipient" },
    { value: "acsUrl", field: "ACS (Consumer) URL Validator" },
    { value: "acsUrl", field: "ACS (Consumer) URL" },
    { value: "sloUrl", field: "Single Logout URL", optional: true },
  ],
  theirs: [{ value: "metadataUrl", field: "SSO → Issuer URL" }],
  sends: [
    { name: "User.email", source: "Email" },
    { name: "User.FirstName", source: "First Name" },
    { name: "User.LastName", source: "Last Name" },
    { name: "memberOf", source: "MemberOf, or User Roles" },
  ],
  words: {
    en: {
      steps: [
        "In the administration open Applications → Add App, and choose “SAML Custom Connector (Advanced)”.",
        "Under Configuration enter our addresses. The Validator is a regular expression: write ^ before the ACS URL, $ after it, and a backslash before each point and slash. SAML initiator: Service Provider. SAML nameID format: Email or Persistent.",
        "Under Parameters add the fields of the table, and check “Include in SAML assertion” of each.",
        "Under SSO choose SHA-256 as SAML Signature Algorithm.",
        "Under Access or Users give people the app; then enter the Issuer URL here, as address of the metadata.",
      ],
      traps: [
        "The signature algorithm is SHA-1 until it is changed: every sign-in is refused then.",
        "A parameter without “Include in SAML assertion” is not sent.",
        "A Validator that does not fit ends in an error page at OneLogin, and nothing arrives here.",
      ],
    },
    de: {
      steps: [
        "Öffnen Sie in der Verwaltung Applications → Add App und wählen Sie „SAML Custom Connector (Advanced)“.",
        "Tragen Sie unter Configuration unsere Adressen ein. Der Validator ist ein regulärer Ausdruck: ^ vor der ACS URL, $ dahinter und ein Backslash vor jedem Punkt und Schrägstrich. SAML initiator: Service Provider. SAML nameID format: Email oder Persistent.",
        "Legen Sie unter Parameters die Felder der Tabelle an und haken Sie bei jedem „Include in SAML assertion“ an.",
        "Wählen Sie unter SSO als SAML Signature Algorithm SHA-256.",
        "Geben Sie unter Access oder Users den Personen die App; tragen Sie dann hier die Issuer URL als Adresse der Metadaten ein.",
      ],
      traps: [
        "Der Signaturalgorithmus ist SHA-1, bis Sie ihn ändern: Jede Anmeldung wird dann abgelehnt.",
        "Ein Parameter ohne „Include in SAML assertion“ wird nicht gesendet.",
        "Passt der Validator nicht, zeigt OneLogin eine Fehlerseite, und hier kommt nichts an.",
      ],
    },
  },
};
