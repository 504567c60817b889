import type { Messages } from "./messages.ts";

/** The words of second factors, passkeys and forgotten passwords. */
export interface SecurityMessages {
  readonly factorTitle: string;
  readonly factorText: string;
  readonly code: string;
  readonly codeHint: string;
  readonly goOn: string;
  readonly usePasskey: string;
  readonly passkeyText: string;
  readonly passkeySignIn: string;
  readonly passkeyFailed: string;
  readonly passkeyUnsupported: string;
  readonly needsScript: string;
  readonly wrongFactor: string;
  readonly wrongPasskey: string;
  readonly stepOver: string;
  readonly forgot: string;
  readonly forgotTitle: string;
  readonly forgotText: string;
  readonly forgotSubmit: string;
  readonly sentTitle: string;
  readonly sentText: (email: string) => string;
  readonly resetTitle: string;
  readonly resetText: string;
  readonly resetDone: string;
  readonly resetSpent: string;
  readonly resetSso: string;
  readonly passwordUnfit: (least: number, most: number) => string;
  readonly passwordSame: string;
  readonly tooManyHour: string;
  readonly title: string;
  readonly needed: string;
  readonly passwordTitle: string;
  readonly passwordNone: string;
  readonly passwordChanged: string;
  readonly appTitle: string;
  readonly appSince: (day: string) => string;
  readonly appNone: string;
  readonly appAdd: string;
  readonly appScan: string;
  readonly appSecret: string;
  readonly appWrong: string;
  readonly remove: string;
  readonly rename: string;
  readonly passkeysTitle: string;
  readonly passkeysNone: string;
  readonly passkeyAdd: string;
  readonly passkeyName: string;
  readonly passkeyUsed: (day: string) => string;
  readonly passkeyUnused: string;
  readonly codesTitle: string;
  readonly codesLeft: (count: number) => string;
  readonly codesNew: string;
  readonly codesText: string;
  readonly codesKept: string;
  readonly proofTitle: string;
  readonly proofText: string;
  readonly proofNothing: string;
}

const english: SecurityMessages = {
  factorTitle: "One more step",
  factorText: "Your password is right. Now show your second factor.",
  code: "Code",
  codeHint: "Six digits of your authenticator app, or one of your recovery codes.",
  goOn: "Continue",
  usePasskey: "Use a passkey",
  passkeyText: "A passkey signs you in without a password: by your fingerprint, face or PIN, or a security key.",
  passkeySignIn: "Sign in with a passkey",
  passkeyFailed: "No passkey was used. Try again, or go back for another way.",
  passkeyUnsupported: "This browser knows no passkeys. Take another way, or a newer browser.",
  needsScript: "Passkeys need JavaScript. The other ways do without.",
  wrongFactor: "The code or passkey is wrong, or was used already. Wait for the next code, then try again.",
  wrongPasskey: "This passkey is not known here. Go back and sign in another way.",
  stepOver: "That took too long, or was done already. Sign in again.",
  forgot: "Forgotten your password?",
  forgotTitle: "Choose a new password",
  forgotText: "Give your address. We send a link to it by which you choose a new password.",
  forgotSubmit: "Send the link",
  sentTitle: "Look into your mailbox",
  sentText: (email) =>
    `If ${email} signs in here with a password, a mail is on its way. Open its link within an hour. If nothing comes, look among the spam, or ask your admin.`,
  resetTitle: "Choose a new password",
  resetText: "Wherever you are signed in now, you will not be any more. A second factor stays as it is.",
  resetDone: "The new password holds. Sign in with it.",
  resetSpent: "This link is not, or no longer, valid. Ask for a new one.",
  resetSso: "Your organisation signs in through its own identity provider; there is no password here to change.",
  passwordUnfit: (least, most) => `Choose a password of at least ${least} and at most ${most} characters.`,
  passwordSame: "Choose another password than the present one.",
  tooManyHour: "Too many tries. Wait an hour, then try again.",
  title: "Your security",
  needed: "You need a second factor. Until there is one, you can do nothing else here.",
  passwordTitle: "Password",
  passwordNone: "You have no password here.",
  passwordChanged: "The new password holds. Wherever else you were signed in, you are no more.",
  appTitle: "Authenticator app",
  appSince: (day) => `In use since ${day}.`,
  appNone: "After the password, an app on your phone gives the code that lets you in.",
  appAdd: "Add an app",
  appScan: "Scan this with the app, then type the code that it shows.",
  appSecret: "If you cannot scan, type this key:",
  appWrong: "The code is wrong, or was used already. Wait for the next one, and look at the phone's clock.",
  remove: "Remove",
  rename: "Rename",
  passkeysTitle: "Passkeys",
  passkeysNone: "Your fingerprint, face or PIN in place of the password, or a security key after it.",
  passkeyAdd: "Add a passkey",
  passkeyName: "What do you call this device or key?",
  passkeyUsed: (day) => `last used ${day}`,
  passkeyUnused: "not used yet",
  codesTitle: "Recovery codes",
  codesLeft: (count) => `${count} left. Each stands in once for the second factor, should the phone be lost.`,
  codesNew: "Make new ones",
  codesText:
    "Each of these codes stands in once for the second factor. Print them or keep them in a safe: they are shown this once.",
  codesKept: "I have kept them",
  proofTitle: "Is it you?",
  proofText: "Before you change how you sign in, show once more who you are.",
  proofNothing:
    "You signed in through your identity provider some time ago. Sign out, and sign in again; then come back.",
};

const german: SecurityMessages = {
  factorTitle: "Noch ein Schritt",
  factorText: "Ihr Passwort stimmt. Zeigen Sie nun Ihren zweiten Faktor.",
  code: "Code",
  codeHint: "Sechs Ziffern Ihrer Authenticator-App oder einer Ihrer Wiederherstellungscodes.",
  goOn: "Weiter",
  usePasskey: "Passkey verwenden",
  passkeyText:
    "Ein Passkey meldet Sie ohne Passwort an: mit Fingerabdruck, Gesicht oder PIN oder einem Sicherheitsschlüssel.",
  passkeySignIn: "Mit einem Passkey anmelden",
  passkeyFailed: "Es wurde kein Passkey verwendet. Versuchen Sie es noch einmal oder nehmen Sie einen anderen Weg.",
  passkeyUnsupported: "Dieser Browser kennt keine Passkeys. Nehmen Sie einen anderen Weg oder einen neueren Browser.",
  needsScript: "Passkeys brauchen JavaScript. Die anderen Wege kommen ohne aus.",
  wrongFactor:
    "Code oder Passkey stimmt nicht oder wurde schon benutzt. Warten Sie auf den nächsten Code und versuchen Sie es noch einmal.",
  wrongPasskey: "Dieser Passkey ist hier nicht bekannt. Gehen Sie zurück und melden Sie sich anders an.",
  stepOver: "Das hat zu lange gedauert oder ist schon geschehen. Melden Sie sich noch einmal an.",
  forgot: "Passwort vergessen?",
  forgotTitle: "Neues Passwort wählen",
  forgotText: "Geben Sie Ihre Adresse an. Wir senden einen Link dorthin, mit dem Sie ein neues Passwort wählen.",
  forgotSubmit: "Link senden",
  sentTitle: "Sehen Sie in Ihr Postfach",
  sentText: (email) =>
    `Meldet sich ${email} hier mit einem Passwort an, ist eine E-Mail unterwegs. Öffnen Sie den Link darin binnen einer Stunde. Kommt nichts an, sehen Sie beim Spam nach oder fragen Sie Ihren Admin.`,
  resetTitle: "Neues Passwort wählen",
  resetText: "Wo Sie jetzt angemeldet sind, sind Sie es dann nicht mehr. Ein zweiter Faktor bleibt, wie er ist.",
  resetDone: "Das neue Passwort gilt. Melden Sie sich damit an.",
  resetSpent: "Dieser Link gilt nicht oder nicht mehr. Lassen Sie sich einen neuen senden.",
  resetSso: "Ihre Organisation meldet sich über ihren eigenen Anmeldedienst an; hier gibt es kein Passwort zu ändern.",
  passwordUnfit: (least, most) => `Wählen Sie ein Passwort von mindestens ${least} und höchstens ${most} Zeichen.`,
  passwordSame: "Wählen Sie ein anderes Passwort als das jetzige.",
  tooManyHour: "Zu viele Versuche. Warten Sie eine Stunde und versuchen Sie es dann noch einmal.",
  title: "Ihre Sicherheit",
  needed: "Sie brauchen einen zweiten Faktor. Bis es einen gibt, können Sie hier nichts anderes tun.",
  passwordTitle: "Passwort",
  passwordNone: "Sie haben hier kein Passwort.",
  passwordChanged: "Das neue Passwort gilt. Wo Sie sonst noch angemeldet waren, sind Sie es nicht mehr.",
  appTitle: "Authenticator-App",
  appSince: (day) => `In Gebrauch seit ${day}.`,
  appNone: "Nach dem Passwort gibt eine App auf Ihrem Telefon den Code, der Sie einlässt.",
  appAdd: "App hinzufügen",
  appScan: "Scannen Sie dies mit der App und geben Sie dann den Code ein, den sie zeigt.",
  appSecret: "Können Sie nicht scannen, geben Sie diesen Schlüssel ein:",
  appWrong:
    "Der Code stimmt nicht oder wurde schon benutzt. Warten Sie auf den nächsten und prüfen Sie die Uhr des Telefons.",
  remove: "Entfernen",
  rename: "Umbenennen",
  passkeysTitle: "Passkeys",
  passkeysNone: "Fingerabdruck, Gesicht oder PIN anstelle des Passworts, oder ein Sicherheitsschlüssel danach.",
  passkeyAdd: "Passkey hinzufügen",
  passkeyName: "Wie nennen Sie dieses Gerät oder diesen Schlüssel?",
  passkeyUsed: (day) => `zuletzt benutzt am ${day}`,
  passkeyUnused: "noch nicht benutzt",
  codesTitle: "Wiederherstellungscodes",
  codesLeft: (count) => `Noch ${count}. Jeder ersetzt einmal den zweiten Faktor, falls das Telefon verloren geht.`,
  codesNew: "Neue erzeugen",
  codesText:
    "Jeder dieser Codes ersetzt einmal den zweiten Faktor. Drucken Sie sie aus oder verwahren Sie sie sicher: Sie werden nur dieses eine Mal gezeigt.",
  codesKept: "Ich habe sie verwahrt",
  proofTitle: "Sind Sie es?",
  proofText: "Bevor Sie ändern, wie Sie sich anmelden, zeigen Sie noch einmal, wer Sie sind.",
  proofNothing:
    "Sie haben sich vor einiger Zeit über Ihren Anmeldedienst angemeldet. Melden Sie sich ab und wieder an; kommen Sie dann zurück.",
};

/** The words in the language of the page. */
export function securityMessages({ language }: Messages): SecurityMessages {
  return language === "de" ? german : english;
}
