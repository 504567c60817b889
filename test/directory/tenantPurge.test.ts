/** A deleted tenant after its 30 days: nothing of it is left, and nothing of another is touched. */
import assert from "node:assert/strict";
import { newId } from "../../src/base/ids.ts";
import { createMember, createUnderLock } from "../../src/directory/members/createMember.ts";
import { profileOf } from "../../src/directory/members/member.ts";
import { newMember } from "../../src/directory/members/newMember.ts";
import { underLock } from "../../src/directory/members/underLock.ts";
import { purge, tenantPurge } from "../../src/directory/tenants/purge.ts";
import { ownedTables } from "../../src/directory/tenants/purge.store.ts";
import { deleteTenant, restoreTenant } from "../../src/directory/tenants/deletedTenants.ts";
import { OPERATOR_PLACE } from "../../src/events/webhook.ts";
import { inTenant } from "../../src/storage/scope.ts";
import type { Database, Who } from "../../src/storage/types.ts";
import { until, work } from "../events/working.ts";
import { logLines } from "../http/logLines.ts";
import { allTables, asOwner, sharedTables, tenantColumn, tenantTables, twoTenants } from "../storage/catalogue.ts";
import { onServer, testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";
import { person } from "./people.ts";

const DAY_MS = 86_400_000;
const steps = { rows: 100, most: 1000 };

let db: Database;
before(async () => {
  db = await testDatabase();
});

function who(tenantId: string, daysLater = 0): Who {
  return { tenantId, actor: { type: "system" }, now: new Date(Date.now() + daysLater * DAY_MS) };
}

/** How many rows of a tenant each of these tables has, as the database sees them without any policy. */
async function rowsOf(tenantId: string, tables: readonly string[]): Promise<[string, number][]> {
  const counts: [string, number][] = [];
  for (const table of tables) {
    const [row] = await asOwner<{ count: number }>(
      db,
      `select count(*) from ${table} where ${tenantColumn(table)} = $1`,
      [tenantId],
    );
    counts.push([table, row?.count ?? -1]);
  }
  return counts;
}

/** Every table that says whose its rows are, jobs too. */
async function ownTables(): Promise<string[]> {
  return (await allTables(db)).filter(({ owned }) => owned).map(({ name }) => name);
}

describe("the purge of a tenant", () => {
  it("empties every table that the catalogue knows as the tenants', and touches no row of another", async () => {
    const [mine, theirs] = await twoTenants(db);
    const tables = await ownTables();
    const filled = await tenantTables(db);
    assert.ok(filled.length > 40);
    const before = await rowsOf(theirs, tables);
    assert.deepEqual(
      (await rowsOf(mine, filled)).filter(([, count]) => count === 0),
      [],
    );
    await asOwner(db, "update tenants set deleted_at = now() where id = $1", [mine]);
    assert.equal(await purge(db, who(mine, 31), steps), "erased");
    assert.deepEqual(
      (await rowsOf(mine, tables)).filter(([, count]) => count > 0),
      [],
    );
    assert.deepEqual(await rowsOf(theirs, tables), before);
  });

  it("goes by each table that has a tenant_id, of which tenants may delete by policy all but the server's own", async () => {
    const found = await asOwner<{ name: string; isTenants: boolean }>(db, ownedTables.text);
    const expected = (await ownTables()).filter((name) => name !== "tenants" && name !== "jobs");
    assert.deepEqual(found.map(({ name }) => name).toSorted(), expected.toSorted());
    const servers = found.filter(({ isTenants }) => !isTenants).map(({ name }) => name);
    assert.deepEqual(
      servers.filter((name) => !sharedTables.includes(name)),
      [],
    );
  });

  it("does nothing to a tenant that is there, was restored, or was deleted less than 30 days ago", async () => {
    const { id } = await newTenant();
    assert.equal(await purge(db, who(id, 40), steps), "kept");
    await deleteTenant(db, who(id));
    assert.equal(await purge(db, who(id, 29.9), steps), "kept");
    await restoreTenant(db, who(id), id, undefined);
    assert.equal(await purge(db, who(id, 40), steps), "kept");
    const [row] = await asOwner<{ alive: boolean }>(
      db,
      "select deleted_at is null and purging_at is null as alive from tenants where id = $1",
      [id],
    );
    assert.deepEqual(row, { alive: true });
  });

  it("goes in bounded steps: each transaction deletes so many rows, each job so many full ones", async () => {
    const { id } = await newTenant();
    for (let i = 0; i < 7; i++) await person(id);
    await deleteTenant(db, who(id));
    let rows = await everything(id);
    let jobs = 1;
    for (; (await purge(db, who(id, 31), { rows: 3, most: 1 })) === "more"; jobs++) {
      const left = await everything(id);
      assert.ok(left < rows);
      rows = left;
    }
    // Seven members, and as many events at least: four full transactions, each the last of its job.
    assert.ok(jobs > 4, String(jobs));
    assert.equal(await everything(id), 0);
  });

  async function everything(tenantId: string): Promise<number> {
    const counts = await rowsOf(
      tenantId,
      (await ownTables()).filter((name) => name !== "tenants" && name !== "jobs"),
    );
    return counts.reduce((sum, [, count]) => sum + count, 0);
  }

  it("stops when it is told to, and goes on the next time", async () => {
    const { id } = await newTenant();
    await deleteTenant(db, who(id));
    assert.equal(await purge(db, who(id, 31), steps, AbortSignal.abort()), "more");
    assert.equal(await purge(db, who(id, 31), steps), "erased");
    assert.equal(await purge(db, who(id, 31), steps), "kept");
  });

  it("once begun lets nobody restore", async () => {
    const { id } = await newTenant();
    await deleteTenant(db, who(id));
    await purge(db, who(id, 31), steps, AbortSignal.abort());
    await assert.rejects(restoreTenant(db, who(id), id, undefined), { code: "not_found" });
  });

  if (onServer) {
    it("leaves no member of a write that was under way, and lets none be written after it", async () => {
      const { id } = await newTenant();
      await deleteTenant(db, who(id));
      const gate = { begun: () => {}, open: () => {} };
      const begun = new Promise<void>((resolve) => (gate.begun = resolve));
      const opened = new Promise<void>((resolve) => (gate.open = resolve));
      const via = { door: "admin", act: "person", loss: "act" } as const;
      const newcomer = (userName: string) => newMember(newId(new Date()), profileOf({ userName }), "admin", new Date());
      const writing = inTenant(db, who(id), async (scope) => {
        await createUnderLock(scope, await underLock(db, scope), newcomer("late@example.com"), via);
        gate.begun();
        await opened;
      });
      await begun;
      const purging = purge(db, who(id, 31), steps);
      // Until it has emptied the members and waits for the row of the seats.
      await new Promise((resolve) => setTimeout(resolve, 300));
      gate.open();
      await writing;
      assert.equal(await purging, "erased");
      await assert.rejects(createMember(db, who(id), newcomer("later@example.com"), via));
      assert.deepEqual(await rowsOf(id, ["members", "member_emails", "tenant_seats"]), [
        ["members", 0],
        ["member_emails", 0],
        ["tenant_seats", 0],
      ]);
    });
  }

  it("frees its domains, and is told in the operator's journal and log alone", async () => {
    const { id } = await newTenant();
    const domain = `${id}.example`;
    const verified =
      "insert into domains (tenant_id, domain, status, txt_value, created_at) values ($1, $2, 'verified', 'x', now())";
    await asOwner(db, verified, [id, domain]);
    await deleteTenant(db, who(id));
    await asOwner(db, "update tenants set deleted_at = now() - interval '31 days' where id = $1", [id]);
    await asOwner(db, "update jobs set run_at = now() where tenant_id = $1 and kind = 'tenant.purge'", [id]);
    const { log, lines } = logLines("warn");
    const { worker } = await work(tenantPurge(db, log));
    const gone = async (): Promise<boolean> =>
      (await rowsOf(id, ["tenants", "jobs"])).every(([, count]) => count === 0);
    await until(gone);
    await worker.stop();
    const other = await newTenant();
    await asOwner(db, verified, [other.id, domain]);
    const told = await asOwner<{ type: string }>(
      db,
      "select type from events where tenant_id = $1 and target_id = $2",
      [OPERATOR_PLACE, id],
    );
    assert.deepEqual(told, [{ type: "tenant.purged" }]);
    assert.ok(
      lines.some(({ tenant, msg }) => tenant === id && msg === "a deleted tenant was erased after its 30 days"),
    );
  });
});
