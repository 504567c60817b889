import { Refusal } from "./errors.ts";

/** What waits goes on in the order in which it came. */
export interface Turns {
  /**
   * Runs the work when it is its turn among those of its key.
   *
   * @throws Refusal `unavailable` where too many wait, or it takes too long
   */
  readonly take: <T>(key: string, work: () => Promise<T>) => Promise<T>;
}

/** How it is with one key. */
export interface TurnsOptions {
  /** How many run at once. */
  readonly atOnce: number;
  /** For how many milliseconds another one waits; null = for ever. */
  readonly waitMs: number | null;
  /** How many others may wait; any number unless given. */
  readonly mostWaiting?: number;
}

interface Queue {
  running: number;
  readonly waiting: Set<() => void>;
}

/** Lets at most so many of each key run at once in this process. */
export function createTurns({ atOnce, waitMs, mostWaiting = Infinity }: TurnsOptions): Turns {
  const queues = new Map<string, Queue>();
  const take = async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const queue = queues.get(key) ?? { running: 0, waiting: new Set() };
    queues.set(key, queue);
    if (queue.running < atOnce) queue.running++;
    else if (queue.waiting.size < mostWaiting) await turnIn(queue, waitMs);
    else throw busy();
    try {
      return await work();
    } finally {
      const [next] = queue.waiting;
      // The place is handed over and never free in between, so that who comes later does not slip in.
      if (next) next();
      else if (--queue.running === 0) queues.delete(key);
    }
  };
  return { take };
}

function turnIn({ waiting }: Queue, waitMs: number | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const begin = (): void => {
      clearTimeout(timer);
      waiting.delete(begin);
      resolve();
    };
    const timer = waitMs === null ? undefined : setTimeout(() => giveUp(begin), waitMs);
    const giveUp = (waiter: () => void): void => {
      waiting.delete(waiter);
      reject(busy());
    };
    waiting.add(begin);
  });
}

function busy(): Refusal {
  const detail = "Too much is being done here at once. Nothing was changed; try again in some seconds.";
  return new Refusal("unavailable", detail, { extra: { retryAfterSeconds: 5 } });
}
