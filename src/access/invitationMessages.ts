/** The words of invitations and invite links, in the languages of the pages. */
import type { Messages } from "./messages.ts";

export interface InvitationMessages {
  readonly opening: string;
  readonly openText: string;
  readonly token: string;
  readonly open: string;
  readonly title: (tenant: string) => string;
  readonly text: (email: string) => string;
  readonly linkText: string;
  readonly roles: (names: string) => string;
  readonly givenName: string;
  readonly familyName: string;
  readonly password: string;
  readonly passwordHint: (min: number) => string;
  readonly code: string;
  readonly accept: string;
  readonly orPassword: string;
  readonly ssoOnly: (tenant: string) => string;
  readonly noWay: (tenant: string) => string;
  readonly spentTitle: string;
  readonly spent: string;
  readonly full: (contact: string | null) => string;
  readonly known: string;
  readonly wrongPassword: string;
  readonly needsCode: string;
  readonly notForYou: (domains: string) => string;
  readonly unfit: string;
  readonly doneTitle: (tenant: string) => string;
  readonly done: string;
}

const english: InvitationMessages = {
  opening: "Your invitation",
  openText: "Paste the link that you were given, if the page does not go on by itself.",
  token: "Link",
  open: "Go on",
  title: (tenant) => `Join ${tenant}`,
  text: (email) => `You are invited as ${email}.`,
  linkText: "With your work address. We write to it first, unless you have an account here: then give its password.",
  roles: (names) => `You come in as: ${names}.`,
  givenName: "First name",
  familyName: "Last name",
  password: "Password",
  passwordHint: (min) =>
    `Choose one of at least ${min} characters. If you have an account here with this address, give its password.`,
  code: "Code of your authenticator app, or a recovery code",
  accept: "Accept",
  orPassword: "Or with a password:",
  ssoOnly: (tenant) => `${tenant} signs in through its own identity provider. Accept by signing in there.`,
  noWay: (tenant) =>
    `${tenant} signs in through its own identity provider, which is switched off. Ask its administrators.`,
  spentTitle: "This link opens nothing",
  spent:
    "It was used, sent again, taken back, or has expired. Ask whoever invited you for a new one; if you have accepted already, sign in.",
  full: (contact) =>
    `Every seat is taken. Ask ${contact ?? "your administrator"} for one, then accept again: the invitation stays valid.`,
  known: "You are a member here already. Sign in as that member.",
  wrongPassword: "There is an account with this address, and this is not its password. Try again.",
  needsCode: "Your account has a second factor: give its code too.",
  notForYou: (domains) => `This link is for addresses of ${domains}.`,
  unfit: "Fill in all fields: names, the address as name@example.com, and a password that is long enough.",
  doneTitle: (tenant) => `You have joined ${tenant}`,
  done: "Sign in to go on.",
};

const german: InvitationMessages = {
  opening: "Ihre Einladung",
  openText: "Geht es nicht von selbst weiter, fügen Sie hier den Link ein, den Sie bekommen haben.",
  token: "Link",
  open: "Weiter",
  title: (tenant) => `${tenant} beitreten`,
  text: (email) => `Sie sind eingeladen als ${email}.`,
  linkText:
    "Mit Ihrer dienstlichen Adresse. Wir schreiben zuerst dorthin, außer Sie haben hier ein Konto: Dann geben Sie dessen Passwort ein.",
  roles: (names) => `Sie kommen herein als: ${names}.`,
  givenName: "Vorname",
  familyName: "Nachname",
  password: "Passwort",
  passwordHint: (min) =>
    `Wählen Sie eines mit mindestens ${min} Zeichen. Haben Sie hier mit dieser Adresse schon ein Konto, geben Sie dessen Passwort ein.`,
  code: "Code Ihrer Authenticator-App oder ein Wiederherstellungscode",
  accept: "Annehmen",
  orPassword: "Oder mit einem Passwort:",
  ssoOnly: (tenant) => `${tenant} hat eine eigene Anmeldung. Nehmen Sie an, indem Sie sich dort anmelden.`,
  noWay: (tenant) =>
    `${tenant} hat eine eigene Anmeldung, die abgeschaltet ist. Wenden Sie sich an die Administratoren.`,
  spentTitle: "Dieser Link führt nirgendwohin",
  spent:
    "Er wurde benutzt, neu verschickt, zurückgenommen oder ist abgelaufen. Lassen Sie sich neu einladen; haben Sie schon angenommen, melden Sie sich an.",
  full: (contact) =>
    `Alle Plätze sind belegt. Bitten Sie ${contact ?? "Ihren Administrator"} um einen und nehmen Sie dann noch einmal an: Die Einladung bleibt gültig.`,
  known: "Sie sind hier schon Mitglied. Melden Sie sich als dieses an.",
  wrongPassword: "Zu dieser Adresse gibt es ein Konto, und das ist nicht sein Passwort. Versuchen Sie es noch einmal.",
  needsCode: "Ihr Konto hat einen zweiten Faktor: Geben Sie auch seinen Code ein.",
  notForYou: (domains) => `Dieser Link ist für Adressen von ${domains}.`,
  unfit: "Füllen Sie alle Felder aus: Namen, die Adresse als name@example.com und ein ausreichend langes Passwort.",
  doneTitle: (tenant) => `Sie sind ${tenant} beigetreten`,
  done: "Melden Sie sich an, um weiterzukommen.",
};

/** The words in the language of the page. */
export function invitationMessages({ language }: Messages): InvitationMessages {
  return language === "de" ? german : english;
}
