/** The words of choosing among the tenants of an account, in the languages of the pages. */
import type { Messages } from "./messages.ts";

export interface ChooserMessages {
  readonly title: string;
  readonly text: string;
  readonly none: string;
  readonly spent: string;
}

const english: ChooserMessages = {
  title: "Where to?",
  text: "Your account opens several workspaces. Choose one; you can go to another later.",
  none: "Your account opens no workspace yet. Ask a colleague to invite you, or sign in the way your organisation does.",
  spent: "This took too long. Sign in again.",
};

const german: ChooserMessages = {
  title: "Wohin?",
  text: "Ihr Konto öffnet mehrere Organisationen. Wählen Sie eine; zu einer anderen können Sie später wechseln.",
  none: "Ihr Konto öffnet noch keine Organisation. Lassen Sie sich einladen, oder melden Sie sich so an wie dort üblich.",
  spent: "Das hat zu lange gedauert. Melden Sie sich noch einmal an.",
};

/** The words in the language of the page. */
export function chooserMessages({ language }: Messages): ChooserMessages {
  return language === "de" ? german : english;
}
