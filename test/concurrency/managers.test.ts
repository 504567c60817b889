/** A manager who is removed while somebody is put under them: nobody is left with the id of a person who is no more. */
import assert from "node:assert/strict";
import { isRefusal } from "../../src/base/errors.ts";
import { ENTERPRISE, type Member, profileOf } from "../../src/directory/members/member.ts";
import { changeScimMember, createScimMember, type DirectoryWho } from "../../src/directory/directories/scimMembers.ts";
import { onServer, testDatabase } from "../support/database.ts";
import { scimClient, user } from "../support/scim.ts";

const isGone = (error: unknown): boolean => isRefusal(error, "not_found") && /manager/.test(error.message);

/** Without a second connection nothing comes between a check and its write. */
if (onServer) {
  describe("a manager who is removed between the check and the write", () => {
    /** Begins the write while the removal holds the tenant's seats, and ends the removal once the write waits for it. */
    async function race(
      write: (who: DirectoryWho, report: string, manager: string) => Promise<Member>,
      seatLimit?: number,
    ) {
      const db = await testDatabase();
      const client = await scimClient(seatLimit === undefined ? {} : { seatLimit });
      const [manager, report] = [await client.create(user("boss")), await client.create(user("ana"))];
      const { tenantId } = client.who;
      const who = { ...client.who, now: new Date(), directoryId: client.directoryId };
      const removal = await db.pool.connect();
      await removal.query("begin");
      await removal.query("select from tenant_seats where tenant_id = $1 for update", [tenantId]);
      const { rows } = await removal.query("select pg_backend_pid() as pid");
      const { pid } = rows[0] as { pid: number };
      const written = write(who, report, manager);
      const settled = written.then(
        () => "written",
        (error: unknown) => error,
      );
      const waits = "select 1 from pg_stat_activity where $1 = any (pg_blocking_pids(pid))";
      while ((await db.pool.query(waits, [pid])).rows.length === 0) await new Promise(setImmediate);
      await removal.query("delete from members where tenant_id = $1 and id = $2", [tenantId, manager]);
      await removal.query("commit");
      removal.release();
      assert.ok(isGone(await settled), String(await settled));
      const dangling = "select from members where tenant_id = $1 and manager_id = $2";
      assert.equal((await db.pool.query(dangling, [tenantId, manager])).rows.length, 0);
    }

    const under = (userName: string, manager: string) => ({ userName, [ENTERPRISE]: { manager: { value: manager } } });

    it("is not given to a member: not found", () =>
      race(async (who, report, manager) => {
        const make = () => ({ scim: under("ana", manager), active: undefined, password: undefined });
        return changeScimMember(await testDatabase(), who, report, { make, password: undefined });
      }));

    const newcomer = async (who: DirectoryWho, _report: string, manager: string): Promise<Member> => {
      const scim = under("eve", manager);
      assert.equal(profileOf(scim).managerId, manager);
      return createScimMember(await testDatabase(), who, { scim, active: true, password: undefined });
    };

    it("is not given to a newcomer: not found", () => race(newcomer));

    it("is not given to a newcomer who takes a seat at the end: not found", () => race(newcomer, 10));
  });
}
