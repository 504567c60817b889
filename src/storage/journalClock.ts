import type { ClientBase } from "pg";
import { underLock } from "./migrate.ts";

/** More transactions than happen between a backup and its restore: places that the lost time gave out are passed too. */
const LEAP = 2 ** 32;

interface Clock {
  /** Whether the journal names transactions that this cluster has not come to. */
  readonly foreign: boolean;
  readonly last: number;
  readonly oldest: number;
}

const READ = `select c.last >= c.next as "foreign", c.last, c.oldest from (select
    (select max(xid) from events) as last,
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint + journal_ahead() as next,
    pg_snapshot_xmin(pg_current_snapshot())::text::bigint as oldest) c`;

/**
 * The journal is followed by transaction numbers, which a cluster counts for itself. Where a dump was restored into a
 * cluster that has counted less far, what happens from now on gets places behind all that there are: every stored cursor,
 * those that others hold included, goes on where it was, and misses and repeats nothing.
 *
 * @returns whether it was so
 */
export function advanceJournal(client: ClientBase): Promise<boolean> {
  return underLock(client, async () => {
    const { rows } = await client.query(READ);
    const [clock] = rows as Clock[];
    if (!clock?.foreign) return false;
    const ahead = clock.last + LEAP - clock.oldest;
    await client.query(
      `create or replace function journal_ahead() returns bigint language sql immutable parallel safe
        return ${ahead}::bigint`,
    );
    return true;
  });
}
