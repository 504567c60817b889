import assert from "node:assert/strict";
import type { Database } from "../../src/storage/types.ts";
import { patchOp, user } from "../support/scim.ts";
import { testDatabase } from "../support/database.ts";
import { groupClient } from "./groupClient.ts";

/** PostgreSQL plans a named statement anew for its first five executions, and then once for all if that is as good. */
const TIMES = 14;
const FIRST = 5;

/** Of a connection's statements, how often each was planned. */
async function planned(pool: Database["pool"]): Promise<Map<string, { once: number; anew: number }>> {
  const { rows } = await pool.query(
    `select name, generic_plans::int as once, custom_plans::int as anew from pg_prepared_statements
      where name ~ '^(scope|member|scim|group|provisioning|offboarding)'`,
  );
  const statements = rows as { name: string; once: number; anew: number }[];
  return new Map(statements.map(({ name, ...counts }) => [name, counts]));
}

describe("the named statements of a directory's cycle", () => {
  it("are planned once for a connection, not for each request", async function () {
    this.timeout(20_000);
    const { pool } = await testDatabase();
    const client = await groupClient();
    const group = await client.newGroup("Sales");
    const before = await planned(pool);
    for (let i = 0; i < TIMES; i++) {
      const userName = `planned${i}@example.com`;
      const id = await client.create(user(userName, { externalId: `x${i}` }));
      await client.get(`/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}`);
      await client.get(`/Users/${id}`);
      await client.patch(`/Users/${id}`, patchOp({ op: "replace", path: "active", value: false }));
      await client.change(group, { op: "add", path: "members", value: [{ value: id }] });
      await client.change(group, { op: "remove", path: `members[value eq "${id}"]` });
    }
    // One after the other, the requests share a connection, and the pool gives that one out again.
    const statements = [...(await planned(pool))].map(([name, { once, anew }]) => {
      const earlier = before.get(name);
      return { name, once: once - (earlier?.once ?? 0), anew: anew - (earlier?.anew ?? 0) };
    });
    const often = statements.filter(({ once, anew }) => once + anew >= TIMES);
    assert.ok(often.length >= 5, `only ${often.map(({ name }) => name).join(", ")} were seen`);
    const again = often.filter(({ anew, once }) => once === 0 && anew > FIRST);
    assert.deepEqual(again, []);
  });
});
