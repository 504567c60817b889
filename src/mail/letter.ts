import type { Rendered } from "./render.ts";

/** A letter on its way. */
export interface Letter extends Rendered {
  /** Letters, digits and dots; the same for each attempt, so that a mail that arrives twice can be told (RFC 5322 §3.6.4). */
  readonly id: string;
  /** An address in the form of `mailAddress`. */
  readonly to: string;
}

/** Sends a letter, or gives it up when the signal says so. Throws `LetterRefused` where trying again cannot help. */
export type Mailer = (letter: Letter, signal: AbortSignal) => Promise<void>;

/** A server said no to this letter for good (RFC 5321 §4.2.1, 5yz). */
export class LetterRefused extends Error {
  constructor(reason: string, cause: unknown) {
    super(reason, { cause });
    this.name = "LetterRefused";
  }
}
