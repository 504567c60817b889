/** A sign-in by password that meets the removal or suspension of its member. */
import assert from "node:assert/strict";
import { onServer, testDatabase } from "../support/database.ts";
import { Browser, place, pushed } from "./place.ts";

const PASSWORD = "a long enough password";

/** Without a second connection nothing comes between the password and the session. */
if (onServer) {
  describe("a right password whose member goes before the session is there", () => {
    for (const [what, change] of [
      ["is removed", "delete from members where tenant_id = $1 and id = $2"],
      ["is suspended", "update members set hold = true where tenant_id = $1 and id = $2"],
    ] as const) {
      it(`opens none where the member ${what}, and is no fault of the server`, async () => {
        const tenant = await place();
        const userName = `ana@${tenant.domain}`;
        const id = await pushed(tenant, { userName, password: PASSWORD });
        const { pool } = await testDatabase();
        const going = await pool.connect();
        const { rows } = await going.query("select pg_backend_pid() as pid");
        await going.query("begin");
        await going.query(change, [tenant.id, id]);
        const browser = new Browser();
        const answered = browser.post("/sign-in", { tenant: tenant.slug, email: userName, password: PASSWORD });
        const waits = "select 1 from pg_stat_activity where $1 = any (pg_blocking_pids(pid))";
        const { pid } = rows[0] as { pid: number };
        while ((await pool.query(waits, [pid])).rows.length === 0) await new Promise(setImmediate);
        await going.query("commit");
        going.release();
        const { status } = await answered;
        assert.ok(status >= 400 && status < 500, String(status));
        assert.equal((await browser.session()).status, 401);
      });
    }
  });
}
