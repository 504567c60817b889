/** The words of setup links, in the languages of the pages. */
import type { SetupIntent } from "../directory/connections/setupLinks.store.ts";
import type { ConnectionTest } from "../directory/connections/connectionTests.ts";
import type { Messages } from "./messages.ts";

interface SetupMessages {
  readonly title: (tenant: string) => string;
  readonly offer: string;
  readonly intents: Readonly<Record<SetupIntent, string>>;
  readonly once: (until: string) => string;
  readonly begin: string;
  readonly goOn: string;
  readonly spentTitle: string;
  readonly spentText: string;
  readonly scope: (until: string) => string;
  readonly done: string;
  readonly doneTitle: string;
  readonly doneText: string;
  readonly open: string;
  readonly back: string;
  readonly name: string;
  readonly provider: string;
  readonly add: string;
  readonly ssoTitle: string;
  readonly ssoText: string;
  readonly statuses: Readonly<Record<"draft" | "tested" | "enabled" | "disabled" | "asked", string>>;
  readonly theirsTitle: string;
  readonly theirsText: (provider: string) => string;
  readonly ourValues: string;
  readonly sends: string;
  readonly traps: string;
  readonly entityId: string;
  readonly oursTitle: string;
  readonly samlText: string;
  readonly metadataAddress: string;
  readonly metadataXml: string;
  readonly byFields: string;
  readonly ssoUrl: string;
  readonly certificate: string;
  readonly foundAt: (field: string) => string;
  readonly oidcText: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly hostedDomain: string;
  readonly known: (what: string) => string;
  readonly save: string;
  readonly testTitle: string;
  readonly testText: string;
  readonly test: string;
  readonly testOpen: string;
  readonly testSee: string;
  readonly testStates: Readonly<Record<ConnectionTest["status"], string>>;
  readonly arrived: string;
  readonly refusals: string;
  readonly liveTitle: string;
  readonly liveText: string;
  readonly live: string;
  readonly scimTitle: string;
  readonly scimText: string;
  readonly baseUrl: string;
  readonly token: string;
  readonly makeToken: string;
  readonly tokenTitle: string;
  readonly tokenText: string;
  readonly tokenWaits: string;
  readonly tokenLive: string;
  readonly domainTitle: string;
  readonly domainText: string;
  readonly domain: string;
  readonly recordText: string;
  readonly recordName: string;
  readonly recordValue: string;
  readonly check: string;
  readonly domainStates: Readonly<Record<"pending" | "verified" | "lapsed", string>>;
  readonly fault: string;
}

const english: SetupMessages = {
  title: (tenant) => `Set up ${tenant}`,
  offer: "With this link you can prepare, without an account:",
  intents: {
    sso: "Single sign-on: your people sign in through your identity provider",
    scim: "SCIM: your directory adds and removes people by itself",
    domain: "Domains: which e-mail addresses are your organisation's own",
  },
  once: (until) => `It works once, in this browser, until ${until}. The administrators hear that you use it.`,
  begin: "Begin",
  goOn: "Go on",
  spentTitle: "This link does not work",
  spentText: "It was used already, has ended, or was revoked. Ask whoever sent it to you for another one.",
  scope: (until) => `You can go on here, in this browser, until ${until}. Nothing that is in use changes by it.`,
  done: "I am done",
  doneTitle: "Thank you",
  doneText: "You are done here. What waits for an administrator goes on without you.",
  open: "Open",
  back: "Back",
  name: "Name",
  provider: "Identity provider",
  add: "Add",
  ssoTitle: "Single sign-on",
  ssoText: "Choose your identity provider. You then get our addresses for it, and give us its own.",
  statuses: {
    draft: "not tested yet",
    tested: "tested, not in use yet",
    enabled: "in use",
    disabled: "switched off",
    asked: "waits for an administrator's yes",
  },
  theirsTitle: "1. At your identity provider",
  theirsText: (provider) => `Add an application at ${provider}:`,
  ourValues: "Enter these values there:",
  sends: "Have it send:",
  traps: "If it does not work",
  entityId: "Entity ID (audience)",
  oursTitle: "2. Here",
  samlText: "Your identity provider has an address or a file for its metadata. Enter one of the two.",
  metadataAddress: "Address of its metadata",
  metadataXml: "Or its metadata as XML",
  byFields: "Or three values, where it has neither",
  ssoUrl: "Sign-on URL (HTTP-Redirect)",
  certificate: "Signing certificate",
  foundAt: (field) => `There: ${field}`,
  oidcText: "Your identity provider shows these where the application was added.",
  issuer: "Issuer",
  clientId: "Client ID",
  clientSecret: "Client secret",
  hostedDomain: "First domain of your Google Workspace",
  known: (what) => `We know: ${what}`,
  save: "Save",
  testTitle: "3. Test",
  testText: "Sign in once as one of your people would. Nobody is signed in or changed by it.",
  test: "Begin a test",
  testOpen: "Sign in for the test (new window)",
  testSee: "See what came of it",
  testStates: {
    pending: "Nobody has come back from your identity provider yet.",
    passed: "It works: this person would be signed in.",
    refused: "Your identity provider's answer was taken, but this person would not be signed in:",
    expired: "This test took too long. Begin another one.",
  },
  arrived: "What your identity provider sent",
  refusals: "What was refused",
  liveTitle: "4. Put it to use",
  liveText: "Where people are here already, an administrator has to agree; they get a mail.",
  live: "Put it to use",
  scimTitle: "Directory (SCIM)",
  scimText: "Enter this address and a token at your directory.",
  baseUrl: "Base URL (tenant URL)",
  token: "Token",
  makeToken: "Make a token",
  tokenTitle: "Your token",
  tokenText: "It is shown this once. Copy it to your directory now.",
  tokenWaits:
    "Nothing can be done with it until an administrator agrees; they have got a mail. Until then your directory gets the answer 401.",
  tokenLive: "It is good from now on.",
  domainTitle: "Domains",
  domainText: "Which e-mail addresses are your organisation's own is proven by a TXT record in the DNS.",
  domain: "Domain",
  recordText: "Add this TXT record where your domain is managed, then have it checked. It may take an hour to be seen.",
  recordName: "Name",
  recordValue: "Value",
  check: "Check now",
  domainStates: { pending: "not proven yet", verified: "proven", lapsed: "no longer proven" },
  fault: "That was not taken:",
};

const german: SetupMessages = {
  title: (tenant) => `${tenant} einrichten`,
  offer: "Mit diesem Link können Sie vorbereiten, ohne ein Konto zu haben:",
  intents: {
    sso: "Single Sign-on: Ihre Leute melden sich über Ihren Identity-Provider an",
    scim: "SCIM: Ihr Verzeichnis fügt Personen selbst hinzu und entfernt sie",
    domain: "Domains: welche E-Mail-Adressen Ihrer Organisation gehören",
  },
  once: (until) => `Er gilt einmal, in diesem Browser, bis ${until}. Die Administratoren erfahren davon.`,
  begin: "Beginnen",
  goOn: "Weiter",
  spentTitle: "Dieser Link gilt nicht",
  spentText: "Er wurde schon verwendet, ist abgelaufen oder wurde widerrufen. Lassen Sie sich einen neuen geben.",
  scope: (until) =>
    `Hier können Sie in diesem Browser bis ${until} weitermachen. Was in Gebrauch ist, ändert sich nicht.`,
  done: "Ich bin fertig",
  doneTitle: "Danke",
  doneText: "Sie sind hier fertig. Was auf einen Administrator wartet, geht ohne Sie weiter.",
  open: "Öffnen",
  back: "Zurück",
  name: "Name",
  provider: "Identity-Provider",
  add: "Hinzufügen",
  ssoTitle: "Single Sign-on",
  ssoText: "Wählen Sie Ihren Identity-Provider. Sie bekommen dann unsere Adressen für ihn und geben uns seine.",
  statuses: {
    draft: "noch nicht getestet",
    tested: "getestet, noch nicht in Gebrauch",
    enabled: "in Gebrauch",
    disabled: "abgeschaltet",
    asked: "wartet auf das Ja eines Administrators",
  },
  theirsTitle: "1. Bei Ihrem Identity-Provider",
  theirsText: (provider) => `Fügen Sie bei ${provider} eine Anwendung hinzu:`,
  ourValues: "Tragen Sie dort diese Werte ein:",
  sends: "Lassen Sie dies senden:",
  traps: "Wenn es nicht klappt",
  entityId: "Entity-ID (Audience)",
  oursTitle: "2. Hier",
  samlText:
    "Ihr Identity-Provider hat für seine Metadaten eine Adresse oder eine Datei. Tragen Sie eines von beiden ein.",
  metadataAddress: "Adresse seiner Metadaten",
  metadataXml: "Oder seine Metadaten als XML",
  byFields: "Oder drei Werte, wenn es beides nicht gibt",
  ssoUrl: "Anmeldeadresse (HTTP-Redirect)",
  certificate: "Signaturzertifikat",
  foundAt: (field) => `Dort: ${field}`,
  oidcText: "Ihr Identity-Provider zeigt dies, wo die Anwendung hinzugefügt wurde.",
  issuer: "Aussteller (Issuer)",
  clientId: "Client-ID",
  clientSecret: "Client-Secret",
  hostedDomain: "Erste Domain Ihres Google Workspace",
  known: (what) => `Bekannt ist: ${what}`,
  save: "Speichern",
  testTitle: "3. Testen",
  testText: "Melden Sie sich einmal an wie Ihre Leute. Niemand wird dadurch angemeldet oder geändert.",
  test: "Test beginnen",
  testOpen: "Für den Test anmelden (neues Fenster)",
  testSee: "Sehen, was herauskam",
  testStates: {
    pending: "Noch ist niemand von Ihrem Identity-Provider zurückgekommen.",
    passed: "Es klappt: Diese Person würde angemeldet.",
    refused: "Die Antwort Ihres Identity-Providers wurde angenommen, aber diese Person würde nicht angemeldet:",
    expired: "Dieser Test hat zu lange gedauert. Beginnen Sie einen neuen.",
  },
  arrived: "Was Ihr Identity-Provider gesendet hat",
  refusals: "Was abgewiesen wurde",
  liveTitle: "4. In Gebrauch nehmen",
  liveText: "Sind schon Personen hier, muss ein Administrator zustimmen; er bekommt eine E-Mail.",
  live: "In Gebrauch nehmen",
  scimTitle: "Verzeichnis (SCIM)",
  scimText: "Tragen Sie diese Adresse und ein Token in Ihrem Verzeichnis ein.",
  baseUrl: "Basis-URL (Mandanten-URL)",
  token: "Token",
  makeToken: "Token erstellen",
  tokenTitle: "Ihr Token",
  tokenText: "Es wird nur dieses eine Mal gezeigt. Kopieren Sie es jetzt in Ihr Verzeichnis.",
  tokenWaits:
    "Bis ein Administrator zustimmt, bewirkt es nichts; er hat eine E-Mail bekommen. Bis dahin erhält Ihr Verzeichnis die Antwort 401.",
  tokenLive: "Es gilt ab jetzt.",
  domainTitle: "Domains",
  domainText: "Welche E-Mail-Adressen Ihrer Organisation gehören, belegt ein TXT-Eintrag im DNS.",
  domain: "Domain",
  recordText:
    "Setzen Sie diesen TXT-Eintrag, wo Ihre Domain verwaltet wird, und lassen Sie ihn dann prüfen. Bis er zu sehen ist, kann eine Stunde vergehen.",
  recordName: "Name",
  recordValue: "Wert",
  check: "Jetzt prüfen",
  domainStates: { pending: "noch nicht belegt", verified: "belegt", lapsed: "nicht mehr belegt" },
  fault: "Das wurde nicht angenommen:",
};

/** The words in the language of the page. */
export function setupMessages({ language }: Messages): SetupMessages {
  return language === "de" ? german : english;
}
