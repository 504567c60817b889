import type { WideScope } from "../storage/asTenant.ts";
import { acrossTenants } from "../storage/scope.ts";
import type { Database } from "../storage/types.ts";
import {
  addReader,
  eventsOf,
  isBehind,
  movePlace,
  takeBatch,
  type JournalEvent,
  type Wanted,
} from "./journalReader.store.ts";

/**
 * What a reader does with events of all tenants, in the order of their commits. Its writes and its progress are one
 * transaction, so by them no event is lost and none counts twice. It may run again; it reaches nothing but its
 * transaction, which is not bound by row-level security (`asTenant` narrows it).
 */
export type Follow = (scope: WideScope, events: readonly JournalEvent[]) => Promise<void>;

/** A reader of the journal: what it does with the events that it wants to hear of. */
export interface Follower {
  readonly follow: Follow;
  readonly wanted: Wanted;
}

/** Readers by the name under which their progress is kept. */
export type Followers = Readonly<Record<string, Follower>>;

/** A batch is a transaction, and others wait for its locks and its connection. */
const BATCH = 500;

/**
 * Reads on in the journal under a name, one batch. Of several processes one reads at a time; the others find nothing.
 * A name that is new begins with the first event.
 *
 * @param most events of the batch, wanted or not; 500 unless given
 * @param wanted all events with all that they tell, unless given
 * @returns how many events were passed, and whether there may be more
 */
export async function readJournal(
  db: Database,
  name: string,
  handle: Follow,
  { most = BATCH, wanted = {} }: { readonly most?: number; readonly wanted?: Wanted } = {},
): Promise<{ handled: number; more: boolean }> {
  const who = { actor: { type: "system" }, now: new Date() } as const;
  const [reader] = await acrossTenants(db, who, ({ trx }) => trx.run(isBehind(name)));
  if (reader?.behind === false) return { handled: 0, more: false };
  const handled = await acrossTenants(db, who, async (scope) => {
    if (!reader) await scope.trx.run(addReader(name));
    const [batch] = await scope.trx.run(takeBatch(name, most));
    if (!batch) return 0;
    const events = await scope.trx.run(eventsOf(batch, wanted));
    if (events.length > 0) await handle(scope, events);
    await scope.trx.run(movePlace(name, batch.end));
    return batch.count;
  });
  return { handled, more: handled === most };
}
