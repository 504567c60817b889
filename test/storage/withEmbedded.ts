import type { Suite } from "mocha";

/**
 * Cases of server processes that have an embedded database of their own: they run where the suite's own database is an
 * embedded one too, and not beside a PostgreSQL a second time, for each such server takes seconds of a core to open
 * (`npm test` says it where they do not run).
 */
export function withEmbedded(name: string, cases: (this: Suite) => void): void {
  if (process.env["TEST_DATABASE_URL"] === undefined) describe(name, cases);
}
