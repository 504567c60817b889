/** The words of single logout, in the languages of the pages. */
import type { LogoutOutcome } from "../directory/signIn/singleLogout.store.ts";
import type { Messages } from "./messages.ts";

interface SingleLogoutMessages {
  readonly title: string;
  /** `here`: nobody else was asked, or has answered yet. */
  readonly outcomes: Readonly<Record<LogoutOutcome | "here", string>>;
  readonly closeBrowser: string;
  readonly signInAgain: string;
  readonly onTitle: string;
  readonly onText: string;
  readonly refusedTitle: string;
  readonly refusedText: string;
}

const english: SingleLogoutMessages = {
  title: "You are signed out",
  outcomes: {
    success: "Here, and at your organisation's sign-in.",
    partial:
      "Here, and at your organisation's sign-in. Some of its other applications could not be reached: you may still be signed in there.",
    failed: "Here. Your organisation's sign-in did not take part: you may still be signed in there.",
    here: "Here. At your organisation's sign-in you may still be signed in.",
  },
  closeBrowser: "On a device that others use, close the browser now.",
  signInAgain: "Sign in again",
  onTitle: "Signing out",
  onText: "One step more: your organisation's sign-in is told.",
  refusedTitle: "Nothing was changed",
  refusedText:
    "A message about signing out, from your organisation's sign-in, could not be taken. The start page shows whether you are signed in here, and signs you out.",
};

const german: SingleLogoutMessages = {
  title: "Sie sind abgemeldet",
  outcomes: {
    success: "Hier und am Anmeldedienst Ihrer Organisation.",
    partial:
      "Hier und am Anmeldedienst Ihrer Organisation. Einige seiner anderen Anwendungen waren nicht zu erreichen: Dort sind Sie vielleicht noch angemeldet.",
    failed:
      "Hier. Der Anmeldedienst Ihrer Organisation hat nicht mitgemacht: Dort sind Sie vielleicht noch angemeldet.",
    here: "Hier. Am Anmeldedienst Ihrer Organisation sind Sie vielleicht noch angemeldet.",
  },
  closeBrowser: "Schließen Sie jetzt den Browser, wenn auch andere das Gerät benutzen.",
  signInAgain: "Wieder anmelden",
  onTitle: "Abmelden",
  onText: "Noch ein Schritt: Der Anmeldedienst Ihrer Organisation erfährt davon.",
  refusedTitle: "Nichts wurde geändert",
  refusedText:
    "Eine Nachricht vom Anmeldedienst Ihrer Organisation über eine Abmeldung konnte nicht angenommen werden. Die Startseite zeigt, ob Sie hier angemeldet sind, und meldet Sie ab.",
};

/** The words in the language of the page. */
export function singleLogoutMessages({ language }: Messages): SingleLogoutMessages {
  return language === "de" ? german : english;
}
