/** The words of choosing among the tenants of an account, in the languages of the pages. */
import type { Joinable } from "../directory/domains/autoJoin.ts";
import type { Messages } from "./messages.ts";

export interface ChooserMessages {
  readonly title: string;
  readonly text: string;
  readonly none: string;
  readonly spent: string;
  readonly joinable: string;
  readonly joinableText: string;
  readonly join: Readonly<Record<Joinable["by"], (tenant: string) => string>>;
}

const english: ChooserMessages = {
  title: "Where to?",
  text: "Your account opens several workspaces. Choose one; you can go to another later.",
  none: "Your account opens no workspace yet. Ask a colleague to invite you, or sign in the way your organisation does.",
  spent: "This took too long. Sign in again.",
  joinable: "Workspaces you can join",
  joinableText: "Your address is in a domain of this organisation. You join it only if you want to.",
  join: {
    join: (tenant) => `Join ${tenant}`,
    ask: (tenant) => `Ask to join ${tenant}`,
    connection: (tenant) => `Sign in to ${tenant}`,
  },
};

const german: ChooserMessages = {
  title: "Wohin?",
  text: "Ihr Konto öffnet mehrere Organisationen. Wählen Sie eine; zu einer anderen können Sie später wechseln.",
  none: "Ihr Konto öffnet noch keine Organisation. Lassen Sie sich einladen, oder melden Sie sich so an wie dort üblich.",
  spent: "Das hat zu lange gedauert. Melden Sie sich noch einmal an.",
  joinable: "Organisationen, denen Sie beitreten können",
  joinableText: "Ihre Adresse liegt in einer Domain dieser Organisation. Sie treten nur bei, wenn Sie es wollen.",
  join: {
    join: (tenant) => `${tenant} beitreten`,
    ask: (tenant) => `Aufnahme in ${tenant} beantragen`,
    connection: (tenant) => `Bei ${tenant} anmelden`,
  },
};

/** The words in the language of the page. */
export function chooserMessages({ language }: Messages): ChooserMessages {
  return language === "de" ? german : english;
}
