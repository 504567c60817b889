/** The words of the pages between an application and the sign-in. */
import type { Messages } from "../messages.ts";

interface ProviderMessages {
  readonly signOutTitle: string;
  readonly signOutText: string;
  readonly failedTitle: string;
  readonly failedText: string;
  readonly expiredText: string;
}

const english: ProviderMessages = {
  signOutTitle: "Sign out?",
  signOutText: "You will be signed out of all applications that you have opened in this browser.",
  failedTitle: "This did not work",
  failedText: "The application sent a request that cannot be answered. Tell those who run it this code:",
  expiredText: "This sign-in has ended, or was begun in another browser. Go back to the application and begin again.",
};

const german: ProviderMessages = {
  signOutTitle: "Abmelden?",
  signOutText: "Sie werden von allen Anwendungen abgemeldet, die Sie in diesem Browser geöffnet haben.",
  failedTitle: "Das hat nicht geklappt",
  failedText: "Die Anwendung hat eine Anfrage geschickt, die sich nicht beantworten lässt. Nennen Sie ihrem Betreiber:",
  expiredText:
    "Diese Anmeldung ist vorbei oder wurde in einem anderen Browser begonnen. Gehen Sie zurück zur Anwendung und beginnen Sie von vorn.",
};

/** The words in the language of the page. */
export function providerMessages({ language }: Messages): ProviderMessages {
  return language === "de" ? german : english;
}
