import assert from "node:assert/strict";
import { Client } from "pg";
import { openDatabase } from "../../src/storage/database.ts";
import { acrossTenants, inTenant, onceInTenant, sqlState } from "../../src/storage/scope.ts";
import type { Database, Scope, Statement, Transaction, Who } from "../../src/storage/types.ts";
import { testDatabase } from "../support/database.ts";
import { asOwner, twoTenants } from "./catalogue.ts";
import { withPostgres } from "./withPostgres.ts";

const whoOf = (tenantId: string): Who => ({ tenantId, actor: { type: "system" }, now: new Date() });
const rename = (tenantId: string, name: string): Statement => ({
  text: "update tenants set name = $2 where id = $1",
  values: [tenantId, name],
});
const nameOf = (tenantId: string): Statement<{ name: string }> => ({
  text: "select name from tenants where id = $1",
  values: [tenantId],
});
const failing: Statement = { text: "select 1 / 0", values: [] };

describe("inTenant", () => {
  let db: Database;
  let tenantId: string;
  before(async () => {
    db = await testDatabase();
    [tenantId] = await twoTenants(db);
  });

  async function name(): Promise<string | undefined> {
    const [[row]] = await onceInTenant(db, whoOf(tenantId), nameOf(tenantId));
    return row?.name;
  }

  it("commits what the work did, and answers what it answers", async () => {
    const answer = await inTenant(db, whoOf(tenantId), async ({ trx }) => {
      await trx.run(rename(tenantId, "committed"));
      return 42;
    });
    assert.deepEqual([answer, await name()], [42, "committed"]);
  });

  it("hands the work tenant, actor and the one time of the use-case", async () => {
    const who: Who = { tenantId, actor: { type: "member", id: "m" }, now: new Date(0) };
    const { trx: _, ...seen } = await inTenant(db, who, (scope: Scope) => Promise.resolve(scope));
    assert.deepEqual(seen, who);
  });

  it("undoes everything when the work throws, and throws the same", async () => {
    const thrown = new Error("the work's own");
    const work = inTenant(db, whoOf(tenantId), async ({ trx }) => {
      await trx.run(rename(tenantId, "undone"));
      throw thrown;
    });
    await assert.rejects(work, (error) => error === thrown);
    assert.notEqual(await name(), "undone");
  });

  it("runs several statements in one round trip, each of which sees what those before it did", async () => {
    const [none, [read]] = await inTenant(db, whoOf(tenantId), ({ trx }) =>
      trx.all(rename(tenantId, "seen at once"), nameOf(tenantId)),
    );
    assert.deepEqual([none, read, await name()], [[], { name: "seen at once" }, "seen at once"]);
  });

  it("undoes all of them when one fails", async () => {
    const work = inTenant(db, whoOf(tenantId), ({ trx }) => trx.all(rename(tenantId, "undone"), failing));
    await assert.rejects(work, (error) => sqlState(error) === "22012");
    assert.notEqual(await name(), "undone");
  });

  it("binds to its tenant what comes first, also where that could not be sent and the work goes on", async () => {
    const all: Statement<{ id: string }> = { text: "select id from tenants", values: [] };
    const clash = [
      { name: "one_name", text: "select 1", values: [] },
      { name: "one_name", text: "select 2", values: [] },
    ];
    const circle: { itself?: unknown } = {};
    circle.itself = circle;
    const seen = await inTenant(db, whoOf(tenantId), async ({ trx }) => {
      await assert.rejects(trx.all(...clash), /two statements are named/);
      await assert.rejects(trx.run({ text: "select $1::jsonb", values: [circle] }), /circular/);
      return [await trx.run(all), ...(await trx.all(all, all))];
    });
    assert.deepEqual(
      seen,
      Array.from({ length: 3 }, () => [{ id: tenantId }]),
    );
    const work = inTenant(db, whoOf(tenantId), async ({ trx }) => {
      await trx.run(failing).catch(() => undefined);
      return trx.run(all);
    });
    await assert.rejects(work, (error) => sqlState(error) === "25P02");
  });

  it("undoes everything when a statement fails", async () => {
    const work = inTenant(db, whoOf(tenantId), async ({ trx }) => {
      await trx.run(rename(tenantId, "undone"));
      await trx.run(failing);
    });
    await assert.rejects(work, (error) => sqlState(error) === "22012");
    assert.notEqual(await name(), "undone");
  });

  it("never says that it committed what PostgreSQL rolled back, though the work went on after a failed statement", async () => {
    const work = inTenant(db, whoOf(tenantId), async ({ trx }) => {
      await trx.run(rename(tenantId, "undone"));
      await trx.run(failing).catch(() => undefined);
      return "fine";
    });
    await assert.rejects(work, /went on after a failed statement/);
    assert.notEqual(await name(), "undone");
  });

  it("undoes everything when the commit fails", async () => {
    await asOwner(
      db,
      `create table if not exists checked_at_commit (tenant_id uuid, id int,
         constraint late unique (tenant_id, id) deferrable initially deferred)`,
    );
    try {
      await asOwner(db, `grant insert on checked_at_commit to ${db.tenantRole}`);
      const work = inTenant(db, whoOf(tenantId), async ({ trx }) => {
        await trx.run(rename(tenantId, "undone"));
        await trx.run({ text: "insert into checked_at_commit values ($1, 1), ($1, 1)", values: [tenantId] });
      });
      await assert.rejects(work, (error) => sqlState(error) === "23505");
      const batch = onceInTenant(db, whoOf(tenantId), rename(tenantId, "undone"), {
        text: "insert into checked_at_commit values ($1, 1), ($1, 1)",
        values: [tenantId],
      });
      await assert.rejects(batch, (error) => sqlState(error) === "23505");
      assert.notEqual(await name(), "undone");
    } finally {
      await asOwner(db, "drop table checked_at_commit");
    }
  });

  it("refuses a query outside its open transaction at once where the only connection is its own", async () => {
    // A server answers it on another connection.
    if (db.kind === "server") return void (await inTenant(db, whoOf(tenantId), () => name()));
    const outside = [
      () => onceInTenant(db, whoOf(tenantId), nameOf(tenantId)),
      () => inTenant(db, whoOf(tenantId), ({ trx }) => trx.run(nameOf(tenantId))),
      () => acrossTenants(db, whoOf(tenantId), ({ trx }) => trx.run(nameOf(tenantId))),
    ];
    for (const query of outside) {
      await inTenant(db, whoOf(tenantId), async () => {
        await assert.rejects(query(), /outside the open transaction/);
      });
      await acrossTenants(db, whoOf(tenantId), async () => {
        await new Promise(setImmediate);
        await assert.rejects(query(), /outside the open transaction/);
      });
    }
  });

  it("lets other use-cases run meanwhile, and its own go on afterwards", async () => {
    await inTenant(db, whoOf(tenantId), ({ trx }) => trx.run(nameOf(tenantId)));
    assert.equal(typeof (await name()), "string");
    await assert.rejects(inTenant(db, whoOf(tenantId), () => Promise.reject(new Error("the work itself fails"))));
    const both = await Promise.all([name(), inTenant(db, whoOf(tenantId), ({ trx }) => trx.run(nameOf(tenantId)))]);
    assert.equal(both[0], both[1][0]?.name);
  });

  it("refuses a statement after its end: the connection is another's then", async () => {
    const kept: Transaction[] = [];
    await inTenant(db, whoOf(tenantId), ({ trx }) => Promise.resolve(kept.push(trx)));
    const failed = inTenant(db, whoOf(tenantId), ({ trx }) => {
      kept.push(trx);
      return Promise.reject(new Error("the work itself fails"));
    });
    await assert.rejects(failed, /^Error: the work itself fails$/);
    for (const trx of kept) {
      await assert.rejects(trx.run(rename(tenantId, "stray")), /after the end of its transaction/);
      await assert.rejects(trx.all(rename(tenantId, "stray")), /after the end of its transaction/);
    }
    assert.equal(kept.length, 2);
  });

  it("keeps its connection whatever words the work's own error has", async () => {
    const count = db.pool.totalCount;
    for (const words of ["no such connection", "socket closed", "terminated"]) {
      await assert.rejects(inTenant(db, whoOf(tenantId), () => Promise.reject(new Error(words))));
    }
    assert.equal(db.pool.totalCount, count);
  });

  it("runs again after a serialization failure or a deadlock, three times at most", async () => {
    for (const code of ["40001", "40P01"]) {
      const raise: Statement = { text: `do $$ begin raise exception using errcode = '${code}'; end $$`, values: [] };
      let runs = 0;
      const answer = await inTenant(db, whoOf(tenantId), async ({ trx }) => {
        runs++;
        await trx.run(rename(tenantId, `run ${runs}`));
        if (runs < 4) await trx.run(raise);
        return runs;
      });
      assert.deepEqual([answer, await name()], [4, "run 4"]);
      runs = 0;
      const never = inTenant(db, whoOf(tenantId), async ({ trx }) => {
        runs++;
        await trx.run(raise);
      });
      await assert.rejects(never, (error) => sqlState(error) === code);
      assert.equal(runs, 4);
    }
  });

  it("does not run again after any other failure", async () => {
    let runs = 0;
    const work = inTenant(db, whoOf(tenantId), ({ trx }) => {
      runs++;
      return trx.run(failing);
    });
    await assert.rejects(work);
    assert.equal(runs, 1);
  });
});

describe("acrossTenants", () => {
  it("sees all tenants and undoes all when it fails", async () => {
    const db = await testDatabase();
    const tenants = await twoTenants(db);
    const who: Pick<Who, "actor" | "now"> = { actor: { type: "operator" }, now: new Date() };
    const work = acrossTenants(db, who, async ({ trx }) => {
      for (const id of tenants) await trx.run(rename(id, "by the operator"));
      const rows = await trx.run({ text: "select from tenants where name = 'by the operator'", values: [] });
      assert.equal(rows.length, 2);
      throw new Error("the work itself fails");
    });
    await assert.rejects(work, /^Error: the work itself fails$/);
    for (const id of tenants)
      assert.notEqual(
        (await asOwner<{ name: string }>(db, "select name from tenants where id = $1", [id]))[0]?.name,
        "by the operator",
      );
  });
});

withPostgres("on a server, where connections are concurrent", (postgres) => {
  let db: Database;
  let mine: string;
  let theirs: string;
  const faults: Error[] = [];
  before(async () => {
    const onFault = (error: Error): void => void faults.push(error);
    db = await openDatabase({ url: postgres().url, prepare: true, folder: undefined, connections: 4, onFault });
    [mine, theirs] = await twoTenants(db);
  });
  after(() => db.close());

  /** Resolves for all once it was called so often. */
  function meeting(guests: number): () => Promise<void> {
    let open: () => void = () => {};
    const met = new Promise<void>((resolve) => (open = resolve));
    let here = 0;
    return () => {
      if (++here >= guests) open();
      return met;
    };
  }

  it("carries out both of two transactions that deadlock", async () => {
    const lock = (id: number): Statement => ({ text: "select pg_advisory_xact_lock($1)", values: [id] });
    const meet = meeting(2);
    let runs = 0;
    const cross = (first: number, second: number, name: string): Promise<string> =>
      inTenant(db, whoOf(mine), async ({ trx }) => {
        runs++;
        await trx.run(lock(first));
        await meet();
        await trx.run(lock(second));
        await trx.run(rename(mine, name));
        return name;
      });
    assert.deepEqual(await Promise.all([cross(1, 2, "a"), cross(2, 1, "b")]), ["a", "b"]);
    assert.equal(runs, 3);
  });

  it("never shows one tenant's rows to another, however their statements mix on the connections", async () => {
    const seen = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const tenantId = i % 2 === 0 ? mine : theirs;
        const all: Statement<{ id: string }> = { name: "all_tenants", text: "select id from tenants", values: [] };
        if (i % 7 === 0) await assert.rejects(onceInTenant(db, whoOf(tenantId), failing));
        const rows =
          i % 3 === 0
            ? await inTenant(db, whoOf(tenantId), ({ trx }) => trx.run(all))
            : (await onceInTenant(db, whoOf(tenantId), all))[0];
        return rows.length === 1 && rows[0]?.id === tenantId;
      }),
    );
    assert.ok(seen.every(Boolean));
  });

  it("throws a connection away that broke in a transaction or a batch, and goes on with another one", async () => {
    const own: Statement<{ pid: number }> = { text: "select pg_backend_pid() as pid", values: [] };
    const suicide: Statement = { text: "select pg_terminate_backend(pg_backend_pid())", values: [] };
    await assert.rejects(
      inTenant(db, whoOf(mine), async ({ trx }) => {
        await trx.run(rename(mine, "lost"));
        await trx.run(suicide);
      }),
    );
    await assert.rejects(onceInTenant(db, whoOf(mine), rename(mine, "lost"), suicide));
    const all = await Promise.all(Array.from({ length: 20 }, () => onceInTenant(db, whoOf(mine), own, nameOf(mine))));
    for (const [[pid], [row]] of all) {
      assert.ok((pid?.pid ?? 0) > 0);
      assert.notEqual(row?.name, "lost");
    }
  });

  it("replaces connections that broke while idle, and tells it", async () => {
    await onceInTenant(db, whoOf(mine), nameOf(mine));
    const idle = db.pool.idleCount;
    assert.ok(idle > 0);
    const all = meeting(idle + 1);
    db.pool.on("error", () => void all());
    faults.length = 0;
    const other = new Client({ connectionString: postgres().url });
    await other.connect();
    await other.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    await other.end();
    await all();
    assert.equal(faults.length, idle);
    const [[row]] = await onceInTenant(db, whoOf(mine), nameOf(mine));
    assert.ok(row);
  });

  it("ends a statement that takes longer than it may, and no other one after it", async () => {
    const sleep = (seconds: number): Statement => ({ text: "select pg_sleep($1)", values: [seconds] });
    const limit: Statement<{ limit: string }> = {
      text: "select current_setting('statement_timeout') as limit",
      values: [],
    };
    const within = { tenantId: mine, atMostMs: 25 };
    for (let i = 0; i < 3; i++) {
      // Each statement has the time anew, and what stands before the limit has none.
      await assert.rejects(onceInTenant(db, within, limit, sleep(60)), (error) => sqlState(error) === "57014");
      const [[during]] = await onceInTenant(db, within, limit);
      const [[after]] = await onceInTenant(db, { tenantId: mine }, limit);
      assert.deepEqual([during?.limit, after?.limit], ["25ms", "0"]);
    }
  });

  it("leaves no session state behind that a pooler would hand to the next one", async () => {
    await inTenant(db, whoOf(mine), ({ trx }) => trx.run(nameOf(mine)));
    await onceInTenant(db, whoOf(mine), nameOf(mine));
    const rows = await asOwner<{ setting: string; role: boolean; locks: number }>(
      db,
      `select coalesce(current_setting('app.tenant', true), '') as setting, current_user = session_user as role,
         (select count(*) from pg_locks where locktype = 'advisory') as locks`,
    );
    assert.deepEqual(rows, [{ setting: "", role: true, locks: 0 }]);
  });
});
