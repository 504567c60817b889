import { Hopeless } from "./jobs.ts";

/** How often a job is tried, and how long after each failure it waits. */
export interface Retry {
  readonly most: number;
  /** @returns milliseconds until the attempt after the `attempts`-th */
  readonly delay: (attempts: number) => number;
}

const FIRST_DELAY = 2_000;
const LONGEST_DELAY = 3_600_000;

/**
 * Twenty attempts in some ten hours: 2 s, doubling to an hour. Each wait is cut by up to a half, by chance, lest what
 * failed together comes back together.
 */
export const defaultRetry: Retry = {
  most: 20,
  delay: (attempts) => {
    const full = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (attempts - 1));
    return Math.round(full * (1 - Math.random() / 2));
  },
};

/** What becomes of a job after a failed attempt: milliseconds until the next one, or `park`. */
export function afterFailure(fault: unknown, attempts: number, { most, delay }: Retry): number | "park" {
  return fault instanceof Hopeless || attempts >= most ? "park" : delay(attempts);
}

const LONGEST_REASON = 500;

/** A fault in the words that stay with the job: what it is and says, without a stack, and no longer than a line. */
export function reasonOf(fault: unknown): string {
  if (!(fault instanceof Error)) return `threw ${typeof fault}`;
  const code: unknown = Reflect.get(fault, "code");
  const text = `${typeof code === "string" ? code : fault.name}: ${fault.message}`;
  // PostgreSQL stores neither NUL nor lone surrogates.
  return text.slice(0, LONGEST_REASON).replaceAll(/\p{C}/gu, " ");
}
