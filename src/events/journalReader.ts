import type { WideScope } from "../storage/asTenant.ts";
import { acrossTenants } from "../storage/scope.ts";
import type { Database } from "../storage/types.ts";
import { addReader, eventsBehind, isBehind, movePlace, takePlace, type JournalEvent } from "./journalReader.store.ts";

/**
 * What a reader does with events of all tenants, in the order of their commits. Its writes and its progress are one
 * transaction, so by them no event is lost and none counts twice. It may run again; it reaches nothing but its
 * transaction, which is not bound by row-level security (`asTenant` narrows it).
 */
export type Follow = (scope: WideScope, events: readonly JournalEvent[]) => Promise<void>;

/** Readers by the name under which their progress is kept. */
export type Followers = Readonly<Record<string, Follow>>;

/** A batch is a transaction, and others wait for its locks and its connection. */
const BATCH = 500;

/**
 * Reads on in the journal under a name, one batch. Of several processes one reads at a time; the others find nothing.
 * A name that is new begins with the first event.
 *
 * @returns how many events were handled, and whether there may be more
 */
export async function readJournal(
  db: Database,
  name: string,
  handle: Follow,
  most = BATCH,
): Promise<{ handled: number; more: boolean }> {
  const who = { actor: { type: "system" }, now: new Date() } as const;
  const [reader] = await acrossTenants(db, who, ({ trx }) => trx.run(isBehind(name)));
  if (reader?.behind === false) return { handled: 0, more: false };
  const handled = await acrossTenants(db, who, async (scope) => {
    if (!reader) await scope.trx.run(addReader(name));
    const [place] = await scope.trx.run(takePlace(name));
    if (!place) return 0;
    const events = await scope.trx.run(eventsBehind(place, most));
    const last = events.at(-1);
    if (!last) return 0;
    await handle(scope, events);
    await scope.trx.run(movePlace(name, last));
    return events.length;
  });
  return { handled, more: handled === most };
}
