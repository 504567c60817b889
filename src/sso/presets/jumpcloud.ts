import { type Preset, usualNames } from "./preset.ts";

export const jumpcloud: Preset = {
  provider: "jumpcloud",
  name: "JumpCloud",
  protocol: "saml",
  defaults: { attributes: usualNames, groupsClaim: "memberOf" },
  ours: [
    { value: "spEntityId", field: "SP Entity ID" },
    { value: "acsUrl", field: "ACS URLs → Default URL" },
  ],
  theirs: [{ value: "metadataUrl", field: "SSO → JumpCloud Metadata → Copy Metadata URL" }],
  sends: [
    { name: "email", source: "email" },
    { name: "firstName", source: "firstname" },
    { name: "lastName", source: "lastname" },
    { name: "memberOf", source: "Group Attributes → include group attribute" },
  ],
  words: {
    en: {
      steps: [
        "In the Admin Portal open Access → SSO Applications → Add New Application → Custom Application, and choose Manage Single Sign-On with SAML.",
        "On the tab SSO enter our addresses, and an IdP Entity ID of your choice that no other application has. SAMLSubject NameID: email. Signature Algorithm: RSA-SHA256. Check Sign Assertion.",
        "Under Attributes add the user attributes of the table, and check “include group attribute” with the name memberOf.",
        "On the tab User Groups choose who may sign in.",
        "Save, open the application again, choose Copy Metadata URL and enter it here.",
      ],
      traps: [
        "The metadata is complete only after the application was saved and opened again.",
        "Who is in none of the chosen user groups does not see the application, and is turned away at JumpCloud.",
        "Where SAMLSubject NameID is email, a person whose address changes is somebody new here; the directory's match or a verified domain brings them back.",
      ],
    },
    de: {
      steps: [
        "Öffnen Sie im Admin Portal Access → SSO Applications → Add New Application → Custom Application und wählen Sie Manage Single Sign-On mit SAML.",
        "Tragen Sie unter SSO unsere Adressen ein und eine IdP Entity ID Ihrer Wahl, die keine andere Anwendung hat. SAMLSubject NameID: email. Signature Algorithm: RSA-SHA256. Haken Sie Sign Assertion an.",
        "Legen Sie unter Attributes die Attribute der Tabelle an und haken Sie „include group attribute“ mit dem Namen memberOf an.",
        "Wählen Sie unter User Groups, wer sich anmelden darf.",
        "Speichern Sie, öffnen Sie die Anwendung wieder, wählen Sie Copy Metadata URL und tragen Sie sie hier ein.",
      ],
      traps: [
        "Die Metadaten sind erst vollständig, wenn die Anwendung gespeichert und wieder geöffnet wurde.",
        "Wer in keiner der gewählten Gruppen ist, sieht die Anwendung nicht und wird bei JumpCloud abgewiesen.",
        "Ist SAMLSubject NameID die E-Mail, ist jemand mit geänderter Adresse hier jemand Neues; der Abgleich mit dem Verzeichnis oder eine bestätigte Domain führt wieder zusammen.",
      ],
    },
  },
};
