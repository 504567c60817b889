import type { Preset } from "./preset.ts";

const WS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/";
const GROUPS = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups";

export const entra: Preset = {
  provider: "entra",
  name: "Microsoft Entra ID",
  protocol: "saml",
  defaults: {
    // The NameID may be a user principal name, which looks like an address and need not be one.
    attributes: { email: `${WS}emailaddress`, givenName: `${WS}givenname`, familyName: `${WS}surname` },
    groupsClaim: GROUPS,
  },
  ours: [
    { value: "spEntityId", field: "Identifier (Entity ID)" },
    { value: "acsUrl", field: "Reply URL (Assertion Consumer Service URL)" },
    { value: "sloUrl", field: "Logout Url (Optional)", optional: true },
  ],
  theirs: [{ value: "metadataUrl", field: "SAML Certificates → App Federation Metadata Url" }],
  sends: [
    { name: `${WS}emailaddress`, source: "user.mail" },
    { name: `${WS}givenname`, source: "user.givenname" },
    { name: `${WS}surname`, source: "user.surname" },
    { name: GROUPS, source: "Add a group claim → Groups assigned to the application" },
  ],
  words: {
    en: {
      steps: [
        "In the Entra admin center open Enterprise applications → New application → Create your own application, and choose “Integrate any other application you don't find in the gallery”.",
        "Open Single sign-on → SAML, and under Basic SAML Configuration enter our addresses.",
        "Under Attributes & Claims leave the claims that are there, and add a group claim: “Groups assigned to the application”, source attribute Group ID.",
        "Under Users and groups assign the people or groups who may sign in.",
        "Copy the App Federation Metadata Url and enter it here.",
      ],
      traps: [
        "Groups arrive as object ids and not as names: write the ids into the role mappings.",
        "Above 150 groups Entra ID sends a link in their place. Roles then stay as they are; “Groups assigned to the application” keeps the number low.",
        "People without a mailbox have no user.mail: no address arrives. Map the claim to user.userprincipalname if those are addresses in your domain.",
        "AADSTS50105 means that the person is not assigned; AADSTS700016 that the Identifier is not ours.",
        "Whoever signs out here is signed out of Microsoft 365 in that browser too; switch single logout off if that is not wanted.",
      ],
    },
    de: {
      steps: [
        "Öffnen Sie im Entra Admin Center Enterprise applications → New application → Create your own application und wählen Sie „Integrate any other application you don't find in the gallery“.",
        "Öffnen Sie Single sign-on → SAML und tragen Sie unter Basic SAML Configuration unsere Adressen ein.",
        "Lassen Sie unter Attributes & Claims die vorhandenen Ansprüche stehen und fügen Sie einen Gruppenanspruch hinzu: „Groups assigned to the application“, Source attribute Group ID.",
        "Weisen Sie unter Users and groups die Personen oder Gruppen zu, die sich anmelden dürfen.",
        "Kopieren Sie die App Federation Metadata Url und tragen Sie sie hier ein.",
      ],
      traps: [
        "Gruppen kommen als Objekt-IDs und nicht als Namen: Schreiben Sie die IDs in die Rollenzuordnung.",
        "Über 150 Gruppen sendet Entra ID stattdessen einen Verweis. Dann bleiben die Rollen, wie sie sind; „Groups assigned to the application“ hält die Zahl klein.",
        "Wer kein Postfach hat, hat kein user.mail: Es kommt keine Adresse an. Nehmen Sie user.userprincipalname, wenn das Adressen Ihrer Domain sind.",
        "AADSTS50105 heißt, dass die Person nicht zugewiesen ist; AADSTS700016, dass der Identifier nicht unserer ist.",
        "Wer sich hier abmeldet, wird in diesem Browser auch bei Microsoft 365 abgemeldet; schalten Sie das gemeinsame Abmelden aus, wenn das nicht gewollt ist.",
      ],
    },
  },
};
