/** The words of the page of one's own account, in the languages of the pages. */
import type { Messages } from "./messages.ts";

export interface AccountMessages {
  readonly title: string;
  readonly none: string;
  readonly how: string;
  readonly code: string;
  readonly attach: string;
  readonly attached: (email: string | null) => string;
  readonly elsewhere: string;
  readonly goTo: (tenant: string) => string;
  readonly detach: string;
  readonly needsCode: string;
  readonly onlyWay: string;
  readonly taken: string;
}

const english: AccountMessages = {
  title: "Your account",
  none: "Do you have an account of your own here, with which you have signed up? Connect it, and it opens this workspace too.",
  how: "Type the address and password of the account. They need not be those by which you signed in today.",
  code: "Code of your authenticator app, if the account has one",
  attach: "Connect",
  attached: (email) =>
    email === null ? "An account is connected with this membership." : `You are signed in with your account ${email}.`,
  elsewhere: "It opens these workspaces as well. Each asks you to sign in by its own rules.",
  goTo: (tenant) => `Go to ${tenant}`,
  detach: "Disconnect the account from this workspace",
  needsCode: "The account has a second factor: type its code, or a recovery code, too.",
  onlyWay: "The account is your only way in here. Ask your admin for a password first.",
  taken: "This membership has an account already, or this account is another member here.",
};

const german: AccountMessages = {
  title: "Ihr Konto",
  none: "Haben Sie hier ein eigenes Konto, mit dem Sie sich registriert haben? Verbinden Sie es, so öffnet es auch diese Organisation.",
  how: "Geben Sie Adresse und Passwort des Kontos ein. Es müssen nicht die sein, mit denen Sie sich heute angemeldet haben.",
  code: "Code Ihrer Authenticator-App, falls das Konto eine hat",
  attach: "Verbinden",
  attached: (email) =>
    email === null
      ? "Mit dieser Mitgliedschaft ist ein Konto verbunden."
      : `Sie sind mit Ihrem Konto ${email} angemeldet.`,
  elsewhere: "Es öffnet auch diese Organisationen. Jede fragt Sie nach ihren eigenen Regeln.",
  goTo: (tenant) => `Zu ${tenant}`,
  detach: "Konto von dieser Organisation trennen",
  needsCode: "Das Konto hat einen zweiten Faktor: Geben Sie auch seinen Code oder einen Wiederherstellungscode ein.",
  onlyWay: "Das Konto ist hier Ihr einziger Zugang. Bitten Sie zuerst Ihren Admin um ein Passwort.",
  taken: "Diese Mitgliedschaft hat schon ein Konto, oder dieses Konto ist hier ein anderes Mitglied.",
};

/** The words in the language of the page. */
export function accountMessages({ language }: Messages): AccountMessages {
  return language === "de" ? german : english;
}
