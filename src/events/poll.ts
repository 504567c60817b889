import { setTimeout as delay } from "node:timers/promises";

/** Milliseconds between two looks: the shortest after work was found, doubling to the longest while there is none. */
const SHORTEST = 100;
const LONGEST = 1_000;
/** A database that does not answer is asked less and less often. */
const LONGEST_AFTER_FAULT = 30_000;

/** What a look found: `more`: there may be more right now, `some`: there was some, `none`: there was nothing. */
export type Found = "more" | "some" | "none";

/** A loop that looks for work. */
export interface Poll {
  /** Looks again now, for there may be work. */
  wake(): void;
  /** Looks no more; resolves when the last look has ended. */
  stop(): Promise<void>;
}

/**
 * Looks for work again and again: at once while there is more, else after a pause. Polling and no LISTEN, which the
 * pooled connections of pgbouncer do not carry.
 *
 * @param onFault told what `look` throws; the loop goes on
 */
export function poll(look: () => Promise<Found>, onFault: (fault: unknown) => void): Poll {
  let nap = new AbortController();
  const end = new AbortController();
  /** A call that comes during a look counts after it. */
  let woken = false;
  let pause = SHORTEST;

  async function turn(): Promise<void> {
    woken = false;
    try {
      pause = pauseAfter(await look(), pause);
    } catch (fault) {
      onFault(fault);
      pause = between(LONGEST, pause * 2, LONGEST_AFTER_FAULT);
    }
  }

  async function run(): Promise<void> {
    while (!end.signal.aborted) {
      await turn();
      nap = new AbortController();
      if (woken || end.signal.aborted) continue;
      // A pause of none still gives timers and sockets their turn.
      await delay(pause, undefined, { signal: nap.signal }).catch(() => {});
    }
  }

  function wake(): void {
    woken = true;
    nap.abort();
  }

  const ended = run();
  const stop = (): Promise<void> => {
    end.abort();
    nap.abort();
    return ended;
  };
  return { wake, stop };
}

function pauseAfter(found: Found, last: number): number {
  if (found === "more") return 0;
  return found === "some" ? SHORTEST : between(SHORTEST, last * 2, LONGEST);
}

function between(least: number, value: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}
