import { type Preset, usualNames } from "./preset.ts";

export const google: Preset = {
  provider: "google",
  name: "Google Workspace",
  protocol: "saml",
  // The address is the NameID.
  defaults: { attributes: usualNames, groupsClaim: "groups" },
  ours: [
    { value: "acsUrl", field: "ACS URL" },
    { value: "spEntityId", field: "Entity ID" },
  ],
  theirs: [{ value: "metadataXml", field: "Google Identity Provider details → Download metadata" }],
  sends: [
    { name: "NameID", source: "Basic Information > Primary email, format EMAIL" },
    { name: "firstName", source: "Basic Information > First name" },
    { name: "lastName", source: "Basic Information > Last name" },
    { name: "groups", source: "Group membership (optional)" },
  ],
  words: {
    en: {
      steps: [
        "In the Admin console open Apps → Web and mobile apps → Add app → Add custom SAML app.",
        "Under Google Identity Provider details choose Download metadata, and hand the file in here.",
        "Under Service provider details enter our ACS URL and Entity ID. Name ID format: EMAIL. Name ID: Basic Information > Primary email.",
        "Under Attributes map First name to firstName and Last name to lastName; under Group membership search the groups that matter here, app attribute groups.",
        "Finish, and set User access to ON for everyone or for the units and groups who may sign in.",
      ],
      traps: [
        "A change takes minutes, sometimes up to 24 hours, until it is in force; until then Google answers app_not_configured_for_user or 403.",
        "Google shows no address for its metadata: when its certificate is renewed, hand the new file in here before the old certificate is deleted.",
        "Groups that were not chosen by name are not sent.",
        "Google knows no single logout: who signs out here stays signed in there.",
      ],
    },
    de: {
      steps: [
        "Öffnen Sie in der Admin-Konsole Apps → Web and mobile apps → Add app → Add custom SAML app.",
        "Wählen Sie unter Google Identity Provider details Download metadata und geben Sie die Datei hier ab.",
        "Tragen Sie unter Service provider details unsere ACS URL und Entity ID ein. Name ID format: EMAIL. Name ID: Basic Information > Primary email.",
        "Ordnen Sie unter Attributes First name dem Namen firstName und Last name dem Namen lastName zu; suchen Sie unter Group membership die Gruppen, auf die es hier ankommt, App attribute groups.",
        "Schließen Sie ab und stellen Sie User access auf ON für alle oder für die Einheiten und Gruppen, die sich anmelden dürfen.",
      ],
      traps: [
        "Eine Änderung gilt erst nach Minuten, manchmal nach bis zu 24 Stunden; bis dahin antwortet Google mit app_not_configured_for_user oder 403.",
        "Google hat keine Adresse für seine Metadaten: Wird das Zertifikat erneuert, geben Sie die neue Datei hier ab, bevor das alte gelöscht wird.",
        "Gruppen, die nicht einzeln ausgewählt sind, werden nicht gesendet.",
        "Google kennt kein gemeinsames Abmelden: Wer sich hier abmeldet, bleibt dort angemeldet.",
      ],
    },
  },
};
