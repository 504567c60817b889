import { type Preset, usualNames } from "./preset.ts";

export const okta: Preset = {
  provider: "okta",
  name: "Okta",
  protocol: "saml",
  defaults: { attributes: usualNames, groupsClaim: "groups" },
  ours: [
    { value: "acsUrl", field: "Single sign-on URL" },
    { value: "spEntityId", field: "Audience URI (SP Entity ID)" },
    { value: "sloUrl", field: "Single Logout URL", optional: true },
  ],
  theirs: [{ value: "metadataUrl", field: "Sign On → SAML 2.0 → Metadata URL" }],
  sends: [
    { name: "email", source: "user.email" },
    { name: "firstName", source: "user.firstName" },
    { name: "lastName", source: "user.lastName" },
    { name: "groups", source: "Group Attribute Statements: Matches regex .*" },
  ],
  words: {
    en: {
      steps: [
        "In the Admin Console open Applications → Applications → Create App Integration, and choose SAML 2.0.",
        "Under Configure SAML enter our two addresses, and leave “Use this for Recipient URL and Destination URL” checked. Name ID format: Persistent or EmailAddress. Application username: Okta username or Email.",
        "Under Attribute Statements add email, firstName and lastName; under Group Attribute Statements add groups with a filter for the groups that matter here.",
        "Finish, open the tab Assignments and assign the people or groups who may sign in.",
        "Copy the Metadata URL of the tab Sign On and enter it here.",
      ],
      traps: [
        "Who is not assigned to the app sees “User is not assigned to the client application” at Okta, and nothing arrives here.",
        "A group filter that matches nothing sends no groups, and roles stay as they are.",
        "Single logout needs “Enable Single Logout” with our signing certificate, which our metadata holds.",
      ],
    },
    de: {
      steps: [
        "Öffnen Sie in der Admin Console Applications → Applications → Create App Integration und wählen Sie SAML 2.0.",
        "Tragen Sie unter Configure SAML unsere beiden Adressen ein und lassen Sie „Use this for Recipient URL and Destination URL“ angehakt. Name ID format: Persistent oder EmailAddress. Application username: Okta username oder Email.",
        "Legen Sie unter Attribute Statements email, firstName und lastName an, unter Group Attribute Statements groups mit einem Filter für die Gruppen, auf die es hier ankommt.",
        "Schließen Sie ab und weisen Sie unter Assignments die Personen oder Gruppen zu, die sich anmelden dürfen.",
        "Kopieren Sie unter Sign On die Metadata URL und tragen Sie sie hier ein.",
      ],
      traps: [
        "Wer der App nicht zugewiesen ist, sieht bei Okta „User is not assigned to the client application“, und hier kommt nichts an.",
        "Ein Gruppenfilter, auf den nichts passt, sendet keine Gruppen, und die Rollen bleiben, wie sie sind.",
        "Gemeinsames Abmelden braucht „Enable Single Logout“ mit unserem Signaturzertifikat, das in unseren Metadaten steht.",
      ],
    },
  },
};
