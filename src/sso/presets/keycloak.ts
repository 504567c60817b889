import { type Preset, usualNames } from "./preset.ts";

export const keycloak: Preset = {
  provider: "keycloak",
  name: "Keycloak",
  protocol: "saml",
  defaults: { attributes: usualNames, groupsClaim: "groups" },
  ours: [
    { value: "spEntityId", field: "Client ID" },
    { value: "acsUrl", field: "Valid redirect URIs" },
    { value: "acsUrl", field: "Advanced → Assertion Consumer Service POST Binding URL" },
    { value: "sloUrl", field: "Advanced → Logout Service Redirect Binding URL", optional: true },
  ],
  theirs: [{ value: "metadataUrl", field: "Realm settings → Endpoints → SAML 2.0 Identity Provider Metadata" }],
  sends: [
    { name: "email", source: "Mapper User Attribute or User Property: email" },
    { name: "firstName", source: "Mapper User Attribute or User Property: firstName" },
    { name: "lastName", source: "Mapper User Attribute or User Property: lastName" },
    { name: "groups", source: "Mapper Group list: Group attribute name groups, Full group path off" },
  ],
  words: {
    en: {
      steps: [
        "Save the document behind our metadata address as a file. In the realm open Clients → Import client, and choose it: addresses and keys are then filled in.",
        "Under Settings choose Name ID format persistent, switch on Sign assertions, and choose Signature algorithm RSA_SHA256.",
        "Under Client scopes open the scope that ends in -dedicated, and add the mappers of the table.",
        "Enter the address of SAML 2.0 Identity Provider Metadata here.",
      ],
      traps: [
        "Without the import, switch off Client signature required under Keys: our requests are signed only where that is asked for.",
        "“Invalid redirect uri” means that Valid redirect URIs lacks our ACS URL.",
        "Where Encrypt assertions is on, choose AES-GCM as algorithm; AES-CBC is refused unless the connection allows it.",
        "With Full group path on, a group is called /sales and not sales.",
      ],
    },
    de: {
      steps: [
        "Speichern Sie das Dokument hinter unserer Metadaten-Adresse als Datei. Öffnen Sie im Realm Clients → Import client und wählen Sie sie: Adressen und Schlüssel sind dann eingetragen.",
        "Wählen Sie unter Settings als Name ID format persistent, schalten Sie Sign assertions ein und wählen Sie als Signature algorithm RSA_SHA256.",
        "Öffnen Sie unter Client scopes den Bereich, der auf -dedicated endet, und fügen Sie die Mapper der Tabelle hinzu.",
        "Tragen Sie hier die Adresse von SAML 2.0 Identity Provider Metadata ein.",
      ],
      traps: [
        "Ohne den Import schalten Sie unter Keys Client signature required aus: Unsere Anfragen sind nur signiert, wo das verlangt ist.",
        "„Invalid redirect uri“ heißt, dass unter Valid redirect URIs unsere ACS URL fehlt.",
        "Ist Encrypt assertions eingeschaltet, wählen Sie AES-GCM; AES-CBC wird abgelehnt, wenn die Verbindung es nicht erlaubt.",
        "Ist Full group path eingeschaltet, heißt eine Gruppe /sales und nicht sales.",
      ],
    },
  },
};
