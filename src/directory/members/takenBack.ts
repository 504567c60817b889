import { inTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";

/** Runs work in a transaction that is rolled back: what would happen, as it would happen. */
export async function takenBack<T>(db: Database, who: Who, work: (scope: Scope) => Promise<T>): Promise<T> {
  const done = { outcome: [] as T[] };
  const back = new Error("taken back");
  try {
    await inTenant(db, who, async (scope) => {
      done.outcome = [await work(scope)];
      throw back;
    });
  } catch (error) {
    const [outcome] = done.outcome;
    if (error === back && outcome !== undefined) return outcome;
    throw error;
  }
  throw new Error("a transaction was not taken back");
}
