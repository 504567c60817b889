/** The words of the page of a new address, in the languages of the pages. */
import type { Messages } from "./messages.ts";

export interface EmailChangeMessages {
  readonly title: string;
  readonly text: string;
  readonly confirm: string;
  readonly notMe: string;
  readonly doneTitle: string;
  readonly doneText: string;
  readonly goOn: string;
  readonly spent: string;
  readonly taken: string;
  readonly locked: string;
}

const english: EmailChangeMessages = {
  title: "Confirm your new address",
  text: "From then on you are reached by it, and sign in with it where you sign in with your address.",
  confirm: "Confirm",
  notMe: "You asked for no new address? Close this page; nothing changes.",
  doneTitle: "Your address was changed",
  doneText: "The address before was told, too.",
  goOn: "Continue",
  spent: "This link is not, or no longer, valid. Change the address in your profile once more.",
  taken: "Somebody else in your organisation has this address by now. Choose another one in your profile.",
  locked: "Your organisation does not let this address be changed here. Ask an admin.",
};

const german: EmailChangeMessages = {
  title: "Neue Adresse bestätigen",
  text: "Danach werden Sie unter ihr erreicht und melden sich mit ihr an, wo Sie sich mit Ihrer Adresse anmelden.",
  confirm: "Bestätigen",
  notMe: "Sie haben keine neue Adresse angegeben? Schließen Sie diese Seite; es ändert sich nichts.",
  doneTitle: "Ihre Adresse wurde geändert",
  doneText: "Auch die bisherige Adresse wurde benachrichtigt.",
  goOn: "Weiter",
  spent: "Dieser Link gilt nicht oder nicht mehr. Ändern Sie die Adresse in Ihrem Profil noch einmal.",
  taken: "Inzwischen hat jemand anderes in Ihrer Organisation diese Adresse. Wählen Sie im Profil eine andere.",
  locked: "In Ihrer Organisation wird diese Adresse nicht hier geändert. Fragen Sie einen Administrator.",
};

/** The words in the language of the page. */
export function emailChangeMessages({ language }: Messages): EmailChangeMessages {
  return language === "de" ? german : english;
}
