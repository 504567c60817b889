import type { Preset } from "./preset.ts";

const WS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/";
const GROUP = "http://schemas.xmlsoap.org/claims/Group";

export const adfs: Preset = {
  provider: "adfs",
  name: "Microsoft AD FS",
  protocol: "saml",
  defaults: {
    attributes: { email: `${WS}emailaddress`, givenName: `${WS}givenname`, familyName: `${WS}surname` },
    groupsClaim: GROUP,
  },
  ours: [
    { value: "metadataUrl", field: "Federation metadata address (host name or URL)" },
    { value: "spEntityId", field: "Relying party trust identifier" },
    { value: "acsUrl", field: "Endpoints → SAML Assertion Consumer" },
    { value: "sloUrl", field: "Endpoints → SAML Logout", optional: true },
  ],
  theirs: [{ value: "metadataUrl", field: "https://<AD FS>/FederationMetadata/2007-06/FederationMetadata.xml" }],
  sends: [
    { name: "Name ID", source: "Transform an Incoming Claim: UPN or objectGUID → Name ID, Persistent Identifier" },
    { name: `${WS}emailaddress`, source: "E-Mail-Addresses → E-Mail Address" },
    { name: `${WS}givenname`, source: "Given-Name → Given Name" },
    { name: `${WS}surname`, source: "Surname → Surname" },
    { name: GROUP, source: "Token-Groups - Unqualified Names → Group" },
  ],
  words: {
    en: {
      steps: [
        "In AD FS Management choose Add Relying Party Trust → Claims aware → “Import data about the relying party published online”, and enter our metadata address; or save that document and import the file. The two other addresses are filled in by it.",
        "Choose an access control policy for those who may sign in.",
        "Under Edit Claim Issuance Policy add the rule “Send LDAP Attributes as Claims” with the attributes of the table, and the rule “Transform an Incoming Claim” for the Name ID.",
        "On the tab Encryption remove our certificate, or run Set-AdfsRelyingPartyTrust -TargetName <name> -EncryptClaims $false: AD FS encrypts with AES-CBC, which is refused by default.",
        "Enter the address of your federation metadata here; hand in the file where it cannot be reached from outside.",
      ],
      traps: [
        "Without a rule for the Name ID every sign-in is refused: AD FS sends none by itself.",
        "Event 364 with “revocation check”: our certificate is signed by itself. Run Set-AdfsRelyingPartyTrust -TargetName <name> -SigningCertificateRevocationCheck None -EncryptionCertificateRevocationCheck None.",
        "On the tab Advanced the secure hash algorithm must be SHA-256.",
        "AD FS renews its signing certificate each year: with an address for the metadata it is found, with a file it must be handed in anew.",
      ],
    },
    de: {
      steps: [
        "Wählen Sie in der AD FS-Verwaltung Add Relying Party Trust → Claims aware → „Import data about the relying party published online“ und tragen Sie unsere Metadaten-Adresse ein; oder speichern Sie das Dokument und importieren Sie die Datei. Die beiden anderen Adressen sind damit eingetragen.",
        "Wählen Sie eine Zugriffsrichtlinie für die, die sich anmelden dürfen.",
        "Fügen Sie unter Edit Claim Issuance Policy die Regel „Send LDAP Attributes as Claims“ mit den Attributen der Tabelle hinzu und die Regel „Transform an Incoming Claim“ für die Name ID.",
        "Entfernen Sie unter Encryption unser Zertifikat, oder führen Sie Set-AdfsRelyingPartyTrust -TargetName <Name> -EncryptClaims $false aus: AD FS verschlüsselt mit AES-CBC, was hier in der Regel abgelehnt wird.",
        "Tragen Sie hier die Adresse Ihrer Föderationsmetadaten ein; ist sie von außen nicht erreichbar, geben Sie die Datei ab.",
      ],
      traps: [
        "Ohne Regel für die Name ID wird jede Anmeldung abgelehnt: Von selbst sendet AD FS keine.",
        "Ereignis 364 mit „revocation check“: Unser Zertifikat ist selbst signiert. Führen Sie Set-AdfsRelyingPartyTrust -TargetName <Name> -SigningCertificateRevocationCheck None -EncryptionCertificateRevocationCheck None aus.",
        "Unter Advanced muss der Hashalgorithmus SHA-256 sein.",
        "AD FS erneuert sein Signaturzertifikat jedes Jahr: Mit einer Adresse der Metadaten wird es gefunden, eine Datei muss neu abgegeben werden.",
      ],
    },
  },
};
