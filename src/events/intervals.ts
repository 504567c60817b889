import type { Logger } from "../http/logger.ts";

/** Work that comes round again. */
export interface Intervals {
  /** Begins no more; resolves when what is being done has ended. */
  stop(): Promise<void>;
}

/**
 * Does something now and at every interval (milliseconds), one time after the other; a fault is logged in these words,
 * and the next time comes all the same.
 */
export function atIntervals(ms: number, work: () => Promise<void>, log: Logger, onFault: string): Intervals {
  const once = (): Promise<void> => work().catch((err: unknown) => log.error({ err }, onFault));
  let running = once();
  const timer = setInterval(() => {
    running = running.then(once);
  }, ms);
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
      return running;
    },
  };
}

/** Takes batches of at most so many until one is not full; answers how many there were in all. */
export async function inBatches(atOnce: number, batch: () => Promise<number>): Promise<number> {
  for (let all = 0; ;) {
    const count = await batch();
    all += count;
    if (count < atOnce) return all;
  }
}
