import assert from "node:assert/strict";
import { hashToken } from "../../src/base/secrets.ts";
import { countAttempt } from "../../src/directory/signIn/passwordSignIn.store.ts";
import { sweepAttempts } from "../../src/directory/signIn/signInRetention.ts";
import { acrossTenants } from "../../src/storage/scope.ts";
import { testDatabase } from "../support/database.ts";

describe("counts of tries", () => {
  it("are swept when their window has ended, and not before", async () => {
    const db = await testDatabase();
    const now = new Date();
    const minutes = (count: number): Date => new Date(now.getTime() + count * 60_000);
    const keys = Array.from({ length: 5 }, (_, index) => hashToken(`retention ${index} ${now.toISOString()}`));
    // Three whose window of 15 minutes ended, one that ends now, one that goes on.
    const begun = [-120, -60, -16, -15, -14].map(minutes);
    await acrossTenants(db, { actor: { type: "system" }, now }, async ({ trx }) => {
      for (const [index, key] of keys.entries()) await trx.run(countAttempt(key, begun[index] ?? now, 15));
    });
    assert.ok((await sweepAttempts(db, now, 2)) >= 4);
    const { rows } = await db.pool.query("select key from attempt_limits where key = any ($1)", [keys]);
    assert.deepEqual(
      rows.map(({ key }) => key as Buffer),
      keys.slice(4),
    );
    assert.equal(await sweepAttempts(db, now, 2), 0);
  });
});
