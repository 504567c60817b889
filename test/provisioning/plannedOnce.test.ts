import assert from "node:assert/strict";
import { patchOp, user } from "../support/scim.ts";
import { testDatabase } from "../support/database.ts";
import { groupClient } from "./groupClient.ts";

/** PostgreSQL plans a named statement anew for its first five executions, and then once for all if that is as good. */
const TIMES = 14;
const FIRST = 5;

describe("the named statements of a directory's cycle", () => {
  it("are planned once for a connection, not for each request", async function () {
    this.timeout(20_000);
    const { pool } = await testDatabase();
    const client = await groupClient();
    const group = await client.newGroup("Sales");
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
    const { rows } = await pool.query(
      `select name, generic_plans::int as once, custom_plans::int as anew from pg_prepared_statements
        where name ~ '^(scope|member|scim|group|provisioning|offboarding)' and generic_plans + custom_plans >= $1`,
      [TIMES],
    );
    const statements = rows as { name: string; once: number; anew: number }[];
    assert.ok(statements.length >= 5, `only ${statements.map(({ name }) => name).join(", ")} were seen`);
    const again = statements.filter(({ anew, once }) => once === 0 && anew > FIRST);
    assert.deepEqual(again, []);
  });
});
