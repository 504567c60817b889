/** The reader of the journal that tells who left, for one tenant of a database that many share. */
import { followLeavers } from "../../src/directory/offboarding/leaving.ts";
import { eventsOf } from "../../src/events/journalReader.store.ts";
import { acrossTenants } from "../../src/storage/scope.ts";
import type { Database } from "../../src/storage/types.ts";

interface CommitPlace {
  readonly xid: number;
  readonly seq: number;
}

const BEGINNING: CommitPlace = { xid: 0, seq: 0 };
const END: CommitPlace = { xid: Number.MAX_SAFE_INTEGER, seq: 0 };
const places = new Map<string, CommitPlace>();

/** Tells what the tenant's changes since the last time have left behind, as the worker of a server does. */
export async function tellLeavers(db: Database, tenantId: string): Promise<void> {
  const { follow, wanted } = followLeavers(db);
  await acrossTenants(db, { actor: { type: "system" }, now: new Date() }, async (wide) => {
    const batch = { after: places.get(tenantId) ?? BEGINNING, end: END, count: 0 };
    const events = (await wide.trx.run(eventsOf(batch, wanted))).filter((each) => each.tenantId === tenantId);
    const last = events.at(-1);
    if (!last) return;
    await follow(wide, events);
    places.set(tenantId, { xid: last.xid, seq: last.seq });
  });
}
