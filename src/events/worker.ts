import type { Logger } from "../http/logger.ts";
import type { Database } from "../storage/types.ts";
import { readJournal, type Follower, type Followers } from "./journalReader.ts";
import type { Handlers } from "./jobs.ts";
import { jobLoop } from "./jobLoop.ts";
import { poll, type Found } from "./poll.ts";
import type { Retry } from "./retry.ts";

/** What a worker is made of. */
export interface WorkerParts {
  readonly db: Database;
  readonly log: Logger;
  readonly handlers: Handlers;
  readonly followers: Followers;
  readonly retry?: Retry;
  /** Milliseconds after which a job whose process was killed is taken over. */
  readonly leaseMs?: number;
}

/** The background work of a process. */
export interface Worker {
  /** Looks for work now. */
  wake(): void;
  /** Claims nothing more and waits for what runs, 10 s at most; what is cut off then is done again elsewhere. */
  stop(): Promise<void>;
}

/**
 * Starts the worker of this process: it does jobs and reads the journal until it is stopped. Any number of processes may
 * have one on the same database.
 */
export function startWorker(parts: WorkerParts): Worker {
  const readers = Object.entries(parts.followers).map(([name, follower]) => readerLoop(parts, name, follower));
  const loops = [jobLoop(parts), ...readers];
  return {
    wake: () => loops.forEach((loop) => loop.wake()),
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}

function readerLoop({ db, log }: WorkerParts, name: string, { follow, wanted }: Follower): ReturnType<typeof poll> {
  const look = async (): Promise<Found> => {
    const { handled, more } = await readJournal(db, name, follow, { wanted });
    return more ? "more" : handled > 0 ? "some" : "none";
  };
  return poll(look, (err) => log.error({ err, reader: name }, "a reader of the journal failed, and will try again"));
}
