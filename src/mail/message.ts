/**
 * mail/ owns letters: their words in each language, how they look, and the way out: SMTP, or files where there is no
 * server. It knows no table and no job: the handler of `mail.send` brings recipient and values.
 */

/** The languages that there are words in (RFC 5646). */
export const languages = ["en", "de"] as const;
export type Language = (typeof languages)[number];

/** Words with places `{name}`; in two forms where they depend on a number (CLDR's plural categories of our languages). */
export type Words = string | { readonly count: string; readonly one: string; readonly other: string };

/** What one letter says. */
interface Message {
  readonly subject: Words;
  readonly paragraphs: readonly Words[];
  /** Why the recipient gets it; that of all letters unless given. */
  readonly footer?: Words;
}

/** The values that each letter needs, besides the tenant's name; a job brings them. */
export interface MessageValues {
  /** A level of use was reached. */
  seatsReached: { level: number; used: number; limit: number };
  /** Every seat is in use. */
  seatsFull: { used: number; limit: number };
  /** Someone waits for a seat. */
  seatsWaiting: { waiting: number; used: number; limit: number };
  /** An endpoint failed so long that nothing is sent to it any more. */
  webhookDisabled: { url: string };
  /** An endpoint said that it is gone (RFC 9110 §15.5.11). */
  webhookGone: { url: string };
  /** The record that proves a domain is missing. */
  domainFailing: { domain: string; txtName: string; txtValue: string; days: number };
  /** It was missing for a week. */
  domainLapsed: { domain: string; txtName: string; txtValue: string };
  /** It is there again. */
  domainRestored: { domain: string };
  /** People ask to join by a domain. */
  joinRequested: { domain: string; waiting: number };
  /** To whoever asked: an admin said yes. */
  joinApproved: { link: string };
  /** To whoever asked: an admin said no. */
  joinDeclined: Readonly<Record<string, never>>;
  /** To whoever signed up: the proof of the mailbox. */
  registration: { link: string };
  /** To the owner of an address with which somebody signed up once more. */
  accountExists: { link: string };
  /** The identity provider's signing certificate ends soon. */
  certificateExpiring: { connection: string; days: number; date: string };
  /** Somebody made a setup link. */
  setupLinkCreated: { intents: string };
  /** Somebody redeemed one. */
  setupLinkRedeemed: { intents: string };
  /** What was made through one waits for an admin. */
  setupWaiting: { what: string };
  /** It has gone live. */
  setupLive: { what: string };
  /** To a member, of their own sign-in, as all that follow: an authenticator app asks for a code from now on. */
  totpAdded: Readonly<Record<string, never>>;
  /** It does so no more. */
  totpRemoved: Readonly<Record<string, never>>;
  /** A passkey signs in from now on. */
  passkeyAdded: { passkey: string };
  /** It does so no more. */
  passkeyRemoved: { passkey: string };
  /** An admin removed every second factor. */
  factorsCleared: Readonly<Record<string, never>>;
  /** New recovery codes hold, and none of those before. */
  recoveryCodesMade: Readonly<Record<string, never>>;
  /** A recovery code stood in for the second factor. */
  recoveryCodeUsed: { left: number };
  /** Another password holds. */
  passwordChanged: Readonly<Record<string, never>>;
  /** Somebody wants another password: the way to it. */
  passwordReset: { link: string };
  /** The same, where the identity provider knows the password and we do not. */
  passwordResetSso: { link: string };
  /** To the new address of a member: the proof of the mailbox. */
  emailChange: { link: string };
  /** To the address before. */
  emailChanged: Readonly<Record<string, never>>;
  /** Somebody came in by an emergency access. */
  breakGlassUsed: { at: string };
  /** To the holder of an account: it opens one tenant more. */
  accountAttached: Readonly<Record<string, never>>;
  /** To whoever signed up with an address whose organisation signs in through its identity provider. */
  signInThere: { link: string };
  /** To somebody who is invited. */
  invitation: { link: string };
  /** To somebody whom an admin has made a member: where they sign in. */
  welcome: { link: string };
  /** The directory took the last admin away. */
  tenantAdminless: Readonly<Record<string, never>>;
}

export type MessageName = keyof MessageValues;

/** Everything that is said in one language. */
export interface Phrasebook {
  readonly greeting: string;
  readonly greetingUnnamed: string;
  readonly footer: string;
  readonly messages: { readonly [N in MessageName]: Message };
}
