import assert from "node:assert/strict";
import { hashToken } from "../../src/base/secrets.ts";
import { countAttempt } from "../../src/directory/signIn/passwordSignIn.store.ts";
import { sweepAnswers, sweepAttempts } from "../../src/directory/signIn/signInRetention.ts";
import { acrossTenants } from "../../src/storage/scope.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";

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

describe("what identity providers answered", () => {
  it("is swept a day after its sign-in was over, and a test a week after, also where nobody comes any more", async () => {
    const db = await testDatabase();
    const now = new Date();
    const tenant = await newTenant();
    const hours = (count: number): Date => new Date(now.getTime() - count * 3_600_000);
    const rows = async (table: string): Promise<number> =>
      (await db.pool.query(`select from ${table} where tenant_id = $1`, [tenant.id])).rows.length;
    for (const [index, over] of [1000, 25, 24.5, 23, 0].entries()) {
      await db.pool.query(
        `insert into sign_in_attempts (tenant_id, id, connection_id, browser_hash, request_id, return_to, identity,
          created_at, expires_at) values ($1, gen_random_uuid(), $1, '', $2, '/', '{}', $3, $3)`,
        [tenant.id, `_${index}`, hours(over)],
      );
      await db.pool.query(
        `insert into connection_tests (tenant_id, id, connection_id, connection_version, hash, created_at, expires_at)
          values ($1, gen_random_uuid(), $1, 1, $2::bytea, $3, $3)`,
        [tenant.id, hashToken(`${tenant.id} ${index}`), hours(over * 7)],
      );
    }
    assert.ok((await sweepAnswers(db, now, 2)) >= 6);
    assert.deepEqual([await rows("sign_in_attempts"), await rows("connection_tests")], [2, 2]);
  });
});
