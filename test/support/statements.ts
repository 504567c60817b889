/** What a piece of work asks of the database: how often, and by which of our named statements. */
import type pg from "pg";
import type { Database } from "../../src/storage/types.ts";

/** What was seen; filters of rare shapes have statements without a name, which is then empty. */
export interface Seen {
  /** The times that the work waited for the database. */
  readonly roundTrips: number;
  readonly statements: readonly string[];
}

interface Watched {
  readonly connection: { bind: (config: { statement: string }) => unknown; sync: () => unknown };
}

/** Watches all connections of the database while the work runs; nothing else should run meanwhile. */
export async function seenOf(db: Database, work: () => Promise<unknown>): Promise<Seen> {
  const statements: string[] = [];
  let roundTrips = 0;
  const undo: (() => void)[] = [];
  const watch = (client: pg.PoolClient): void => {
    const { connection } = client as unknown as Watched;
    const { bind, sync } = connection;
    connection.bind = (config) => {
      statements.push(config.statement);
      return bind.call(connection, config);
    };
    connection.sync = () => {
      roundTrips += 1;
      return sync.call(connection);
    };
    undo.push(() => Object.assign(connection, { bind, sync }));
  };
  const release = (): void => undo.splice(0).forEach((each) => each());
  db.pool.on("acquire", watch).on("release", release);
  try {
    await work();
  } finally {
    db.pool.off("acquire", watch).off("release", release);
    release();
  }
  return { roundTrips, statements };
}
