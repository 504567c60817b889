/** The words of signing up, in the languages of the pages. */
import type { Workspace } from "../directory/domains/autoJoin.ts";
import type { Messages } from "./messages.ts";

export interface SignUpMessages {
  readonly title: string;
  readonly text: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly submit: string;
  readonly sentTitle: string;
  readonly sentText: (email: string) => string;
  readonly confirmTitle: string;
  readonly confirmText: string;
  readonly notMe: string;
  readonly confirm: string;
  readonly wrongPassword: string;
  readonly unfit: string;
  readonly tooMany: string;
  readonly spent: string;
  readonly known: string;
  readonly signInThere: string;
  readonly doneTitle: string;
  readonly noWorkspace: string;
  readonly outcomes: Readonly<Record<Workspace["outcome"], (tenant: string) => string>>;
  readonly goOn: (tenant: string) => string;
}

const english: SignUpMessages = {
  title: "Sign up",
  text: "With your work address: if your organisation is here already, you join it.",
  givenName: "Given name",
  familyName: "Family name",
  submit: "Sign up",
  sentTitle: "Look into your mailbox",
  sentText: (email) =>
    `We have sent a mail to ${email}. Open the link in it within a day. If nothing comes, look among the spam.`,
  confirmTitle: "Confirm your address",
  confirmText: "Type the password once more that you chose when you signed up.",
  notMe: "You did not sign up? Then close this page: without you there will be no account.",
  confirm: "Confirm",
  wrongPassword: "This is not the password that was chosen when signing up.",
  unfit: "Fill in every field: your address as name@example.com, and a password of at least 12 characters.",
  tooMany: "Too many tries. Wait an hour, then try again.",
  spent: "This link is not, or no longer, valid. Sign up again, or sign in if you have done so already.",
  known: "There is an account with this address already. Sign in to it.",
  signInThere:
    "Your organisation signs in through its own identity provider: there is nothing to confirm. Sign in there.",
  doneTitle: "Your address is confirmed",
  noWorkspace: "There is no workspace yet that you can join by your address. Ask a colleague to invite you.",
  outcomes: {
    joined: (tenant) => `You are a member of ${tenant} now.`,
    requested: (tenant) =>
      `We have asked the administrators of ${tenant} to let you in, and write to you when they have answered.`,
    connection: (tenant) => `You can join ${tenant}: sign in through its own identity provider.`,
    signIn: (tenant) => `You are a member of ${tenant} already: sign in as you do there.`,
    full: (tenant) => `You can join ${tenant}, but all its seats are taken. Ask its administrators for one.`,
    spent: (tenant) => `The link to ${tenant} lets nobody in any more. Ask whoever gave it to you for a new one.`,
  },
  goOn: (tenant) => `Go on to ${tenant}`,
};

const german: SignUpMessages = {
  title: "Registrieren",
  text: "Mit Ihrer dienstlichen Adresse: Ist Ihre Organisation schon hier, treten Sie ihr bei.",
  givenName: "Vorname",
  familyName: "Nachname",
  submit: "Registrieren",
  sentTitle: "Sehen Sie in Ihr Postfach",
  sentText: (email) =>
    `Wir haben eine E-Mail an ${email} gesendet. Öffnen Sie den Link darin binnen eines Tages. Kommt nichts an, sehen Sie beim Spam nach.`,
  confirmTitle: "Bestätigen Sie Ihre Adresse",
  confirmText: "Geben Sie noch einmal das Passwort ein, das Sie beim Registrieren gewählt haben.",
  notMe: "Sie haben sich nicht registriert? Dann schließen Sie diese Seite: Ohne Sie entsteht kein Konto.",
  confirm: "Bestätigen",
  wrongPassword: "Das ist nicht das Passwort, das beim Registrieren gewählt wurde.",
  unfit: "Füllen Sie alle Felder aus: die Adresse als name@example.com und ein Passwort von mindestens 12 Zeichen.",
  tooMany: "Zu viele Versuche. Warten Sie eine Stunde und versuchen Sie es dann noch einmal.",
  spent:
    "Dieser Link gilt nicht oder nicht mehr. Registrieren Sie sich noch einmal, oder melden Sie sich an, wenn Sie es schon getan haben.",
  known: "Zu dieser Adresse gibt es schon ein Konto. Melden Sie sich daran an.",
  signInThere:
    "Ihre Organisation meldet sich über ihren eigenen Anmeldedienst an: Es gibt nichts zu bestätigen. Melden Sie sich dort an.",
  doneTitle: "Ihre Adresse ist bestätigt",
  noWorkspace: "Noch gibt es keine Organisation, der Sie mit Ihrer Adresse beitreten können. Lassen Sie sich einladen.",
  outcomes: {
    joined: (tenant) => `Sie sind jetzt Mitglied von ${tenant}.`,
    requested: (tenant) =>
      `Wir haben die Administratoren von ${tenant} gebeten, Sie aufzunehmen, und schreiben Ihnen, sobald sie geantwortet haben.`,
    connection: (tenant) =>
      `Sie können ${tenant} beitreten: Melden Sie sich über den Anmeldedienst der Organisation an.`,
    signIn: (tenant) => `Sie sind schon Mitglied von ${tenant}: Melden Sie sich an wie dort üblich.`,
    full: (tenant) =>
      `Sie können ${tenant} beitreten, aber alle Plätze sind belegt. Bitten Sie die Administratoren um einen.`,
    spent: (tenant) => `Der Link zu ${tenant} gilt nicht mehr. Lassen Sie sich einen neuen geben.`,
  },
  goOn: (tenant) => `Weiter zu ${tenant}`,
};

/** The words in the language of the page. */
export function signUpMessages({ language }: Messages): SignUpMessages {
  return language === "de" ? german : english;
}
