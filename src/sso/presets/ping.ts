import { type Preset, usualNames } from "./preset.ts";

export const ping: Preset = {
  provider: "ping",
  name: "PingOne",
  protocol: "saml",
  defaults: { attributes: usualNames, groupsClaim: "groups" },
  ours: [
    { value: "acsUrl", field: "ACS URLs" },
    { value: "spEntityId", field: "Entity ID" },
    { value: "sloUrl", field: "SLO Endpoint", optional: true },
  ],
  theirs: [{ value: "metadataUrl", field: "Overview → IDP Metadata URL" }],
  sends: [
    { name: "saml_subject", source: "User ID" },
    { name: "email", source: "Email Address" },
    { name: "firstName", source: "Given Name" },
    { name: "lastName", source: "Family Name" },
    { name: "groups", source: "Group Names" },
  ],
  words: {
    en: {
      steps: [
        "Open Applications → Applications → +, choose SAML Application, and Manually Enter.",
        "Enter our ACS URL and Entity ID.",
        "Under Configuration sign the assertion, or response and assertion, with RSA_SHA256; Subject NameID Format: persistent, or emailAddress if saml_subject is the address.",
        "Under Attribute Mappings add the attributes of the table.",
        "Switch the application on, and give people access under Access. Then enter the IDP Metadata URL here.",
      ],
      traps: [
        "An application that is not switched on answers that it is disabled.",
        "saml_subject is what a person is known by from then on: choose User ID, which never changes.",
      ],
    },
    de: {
      steps: [
        "Öffnen Sie Applications → Applications → +, wählen Sie SAML Application und Manually Enter.",
        "Tragen Sie unsere ACS URL und Entity ID ein.",
        "Signieren Sie unter Configuration die Assertion, oder Response und Assertion, mit RSA_SHA256; Subject NameID Format: persistent, oder emailAddress, wenn saml_subject die Adresse ist.",
        "Legen Sie unter Attribute Mappings die Attribute der Tabelle an.",
        "Schalten Sie die Anwendung ein und geben Sie unter Access den Personen Zugang. Tragen Sie dann hier die IDP Metadata URL ein.",
      ],
      traps: [
        "Eine Anwendung, die nicht eingeschaltet ist, antwortet, sie sei deaktiviert.",
        "An saml_subject wird die Person fortan erkannt: Nehmen Sie User ID, die sich nie ändert.",
      ],
    },
  },
};
