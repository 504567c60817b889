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
}

export type MessageName = keyof MessageValues;

/** Everything that is said in one language. */
export interface Phrasebook {
  readonly greeting: string;
  readonly greetingUnnamed: string;
  readonly footer: string;
  readonly messages: { readonly [N in MessageName]: Message };
}
