/** The words of the pages, in the languages that they speak. */

export interface Messages {
  readonly language: string;
  readonly signIn: string;
  readonly signInAt: (tenant: string) => string;
  readonly email: string;
  readonly password: string;
  readonly next: string;
  readonly usePassword: string;
  readonly back: string;
  readonly chooseTitle: string;
  readonly chooseText: string;
  readonly continueWith: (name: string) => string;
  readonly emailHint: string;
  readonly wrong: string;
  readonly tooMany: string;
  readonly ssoRequired: string;
  readonly inactive: string;
  readonly failedTitle: string;
  readonly failedText: string;
  readonly failedRetry: string;
  readonly failedReference: (reference: string) => string;
  readonly failedAsk: string;
  readonly busyText: string;
  readonly testTitle: string;
  readonly testPassed: string;
  readonly testRefused: string;
  readonly testBack: string;
  /** @param contact whom the tenant named; null = nobody */
  readonly seatsFull: (contact: string | null) => string;
  readonly changeTitle: string;
  readonly changeText: string;
  readonly currentPassword: string;
  readonly newPassword: string;
  readonly save: string;
  readonly homeTitle: string;
  readonly homeText: (name: string, tenant: string) => string;
  readonly roles: string;
  readonly seat: string;
  readonly seatHeld: string;
  readonly seatWaiting: string;
  readonly seatNone: string;
  readonly signOut: string;
  readonly signedOut: string;
}

const english: Messages = {
  language: "en",
  signIn: "Sign in",
  signInAt: (tenant) => `Sign in to ${tenant}`,
  email: "E-mail",
  password: "Password",
  next: "Continue",
  usePassword: "Use a password instead",
  back: "Back",
  chooseTitle: "How do you sign in?",
  chooseText: "Your organisation has several ways. Ask your IT department if you do not know yours.",
  continueWith: (name) => `Continue with ${name}`,
  emailHint: "Your work address. We send you to your organisation's own sign-in if it has one.",
  wrong: "The address or the password is wrong. Try again, or ask your admin for a new password.",
  tooMany: "Too many tries. Wait a quarter of an hour, then try again.",
  ssoRequired: "Your organisation signs in through its own identity provider. Go back and enter your address.",
  inactive: "This membership is not active. Ask your admin.",
  failedTitle: "That did not work",
  failedText: "You are not signed in.",
  failedRetry: "Try again",
  failedReference: (reference) => `Reference: ${reference}`,
  failedAsk: "If it fails again, give this reference to your IT department: they can read what happened.",
  busyText: "Too many people are at the door, or a part of it is being repaired. Wait some seconds, then try again.",
  testTitle: "The test is done",
  testPassed: "This sign-in would work. Nobody was signed in, and nobody was changed.",
  testRefused: "The identity provider's answer was taken, but this person would not be signed in:",
  testBack: "Where the test was begun you can read what arrived and what it means. You may close this window.",
  seatsFull: (contact) =>
    `Every seat that your organisation has is taken. Ask ${contact ?? "your admin"} for one, then sign in again.`,
  changeTitle: "Choose your own password",
  changeText: "Somebody else chose the present one. Nobody but you should know it.",
  currentPassword: "Present password",
  newPassword: "New password",
  save: "Save",
  homeTitle: "You are signed in",
  homeText: (name, tenant) => `${name}, at ${tenant}.`,
  roles: "Roles",
  seat: "Seat",
  seatHeld: "yes",
  seatWaiting: "in the queue: you get the next one that becomes free",
  seatNone: "none",
  signOut: "Sign out",
  signedOut: "You are signed out.",
};

const german: Messages = {
  language: "de",
  signIn: "Anmelden",
  signInAt: (tenant) => `Bei ${tenant} anmelden`,
  email: "E-Mail",
  password: "Passwort",
  next: "Weiter",
  usePassword: "Stattdessen ein Passwort verwenden",
  back: "Zurück",
  chooseTitle: "Wie melden Sie sich an?",
  chooseText: "Ihre Organisation hat mehrere Wege. Fragen Sie Ihre IT-Abteilung, wenn Sie Ihren nicht kennen.",
  continueWith: (name) => `Weiter mit ${name}`,
  emailHint: "Ihre dienstliche Adresse. Hat Ihre Organisation eine eigene Anmeldung, bringen wir Sie dorthin.",
  wrong: "Adresse oder Passwort stimmt nicht. Versuchen Sie es noch einmal oder bitten Sie um ein neues Passwort.",
  tooMany: "Zu viele Versuche. Warten Sie eine Viertelstunde und versuchen Sie es dann noch einmal.",
  ssoRequired:
    "Ihre Organisation meldet sich über ihren eigenen Anmeldedienst an. Gehen Sie zurück und geben Sie Ihre Adresse ein.",
  inactive: "Diese Mitgliedschaft ist nicht aktiv. Wenden Sie sich an Ihren Admin.",
  failedTitle: "Das hat nicht geklappt",
  failedText: "Sie sind nicht angemeldet.",
  failedRetry: "Noch einmal versuchen",
  failedReference: (reference) => `Kennung: ${reference}`,
  failedAsk: "Klappt es wieder nicht, geben Sie diese Kennung Ihrer IT-Abteilung: sie kann nachlesen, was geschah.",
  busyText:
    "Es sind zu viele auf einmal an der Tür, oder etwas wird gerade repariert. Warten Sie einige Sekunden und versuchen Sie es dann noch einmal.",
  testTitle: "Der Test ist fertig",
  testPassed: "Diese Anmeldung würde gelingen. Niemand wurde angemeldet und niemand geändert.",
  testRefused: "Die Antwort des Anmeldedienstes wurde angenommen, aber diese Person würde nicht angemeldet:",
  testBack: "Wo der Test begonnen wurde, steht, was ankam und was es bedeutet. Sie können dieses Fenster schließen.",
  seatsFull: (contact) =>
    `Alle Plätze Ihrer Organisation sind belegt. Bitten Sie ${contact ?? "Ihren Admin"} um einen und melden Sie sich dann noch einmal an.`,
  changeTitle: "Wählen Sie Ihr eigenes Passwort",
  changeText: "Das jetzige hat jemand anderes gewählt. Nur Sie sollten es kennen.",
  currentPassword: "Jetziges Passwort",
  newPassword: "Neues Passwort",
  save: "Speichern",
  homeTitle: "Sie sind angemeldet",
  homeText: (name, tenant) => `${name}, bei ${tenant}.`,
  roles: "Rollen",
  seat: "Platz",
  seatHeld: "ja",
  seatWaiting: "in der Warteliste: Sie bekommen den nächsten, der frei wird",
  seatNone: "keiner",
  signOut: "Abmelden",
  signedOut: "Sie sind abgemeldet.",
};

const languages: Readonly<Record<string, Messages>> = { en: english, de: german };

/** The words for a browser, by its Accept-Language (RFC 9110 §12.5.4); English where it wants none that we speak. */
export function messagesFor(acceptLanguage: string | undefined): Messages {
  const wanted = (acceptLanguage ?? "")
    .split(",")
    .map((part) => {
      const [range = "", ...parameters] = part.trim().toLowerCase().split(";");
      const weight = parameters.map((each) => /^\s*q=([\d.]+)/.exec(each)?.[1]).find((each) => each !== undefined);
      return { language: range.slice(0, 2), weight: weight === undefined ? 1 : Number(weight) };
    })
    .sort((a, b) => b.weight - a.weight);
  for (const { language } of wanted) if (languages[language]) return languages[language];
  return english;
}
