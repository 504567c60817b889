import { findPostgres, startPostgres, type Postgres } from "../support/postgres.ts";

/**
 * Cases that need a PostgreSQL server, and rights over it that no server of somebody else grants: they run on a cluster
 * of their own where the programs are found (`npm test` says it loudly where they are not).
 */
export function withPostgres(name: string, cases: (postgres: () => Postgres) => void): void {
  if (findPostgres() === undefined) return;
  describe(name, () => {
    let postgres: Postgres;
    before(async () => {
      postgres = await startPostgres();
    });
    cases(() => postgres);
    // Last, for hooks run in their order: what the cases opened is closed before.
    after(() => postgres.stop());
  });
}
