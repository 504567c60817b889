import assert from "node:assert/strict";
import { newId } from "../../src/base/ids.ts";
import { inTenant, onceInTenant, sqlState, violatedUnique } from "../../src/storage/scope.ts";
import type { Database, Statement, Who } from "../../src/storage/types.ts";
import { testDatabase } from "../support/database.ts";
import { asOwner, twoTenants } from "./catalogue.ts";

describe("onceInTenant", () => {
  let db: Database;
  let tenantId: string;
  before(async () => {
    db = await testDatabase();
    [tenantId] = await twoTenants(db);
  });

  const who = (): Who => ({ tenantId, actor: { type: "system" }, now: new Date() });
  /** Names of statements are the connection's: each case has its own. */
  let names = 0;
  const fresh = (): string => `batch_test_${++names}`;

  function write(name: string, hash = newId(new Date())): Statement {
    return {
      text: `insert into api_keys (tenant_id, id, name, permissions, hash, created_by, created_at)
        values ($1, $2, $3, '{}', $4, 'test', now())`,
      values: [tenantId, newId(new Date()), name, Buffer.from(hash)],
    };
  }
  function count(name: string): Statement<{ count: number }> {
    return { text: "select count(*) from api_keys where name = $1", values: [name] };
  }
  const notSql: Statement = { text: "selec 1", values: [] };
  const noTable: Statement = { text: "select * from nowhere", values: [] };
  const division: Statement = { text: "select 1 / $1::int as one", values: [0] };

  async function stored(name: string): Promise<number> {
    const [[row]] = await onceInTenant(db, who(), count(name));
    return row?.count ?? NaN;
  }

  it("answers the rows of each statement, in their order", async () => {
    const rows = await onceInTenant(
      db,
      who(),
      { text: "select 1 as a, 'x' as b", values: [] },
      { text: "select 2 as a where false", values: [] },
      { text: "select generate_series(1, 3) as n", values: [] },
    );
    assert.deepEqual(rows, [[{ a: 1, b: "x" }], [], [{ n: 1 }, { n: 2 }, { n: 3 }]]);
  });

  it("answers nothing for no statements, and one empty answer for an empty one", async () => {
    assert.deepEqual(await onceInTenant(db, who()), []);
    assert.deepEqual(await onceInTenant(db, who(), { text: "", values: [] }), [[]]);
  });

  it("lets each statement see what those before it did", async () => {
    const name = newId(new Date());
    const [before, , between, , after] = await onceInTenant(
      db,
      who(),
      count(name),
      write(name),
      count(name),
      write(name),
      count(name),
    );
    assert.deepEqual([before, between, after], [[{ count: 0 }], [{ count: 1 }], [{ count: 2 }]]);
  });

  it("does nothing at all when one statement fails, whichever", async () => {
    for (const bad of [notSql, noTable, division]) {
      for (const position of [0, 1, 2, 3]) {
        const name = newId(new Date());
        const statements = [write(name), write(name), write(name)].toSpliced(position, 0, bad);
        await assert.rejects(onceInTenant(db, who(), ...statements));
        assert.equal(await stored(name), 0);
      }
    }
  });

  it("fails with the code, constraint and table that PostgreSQL names", async () => {
    const twice = newId(new Date());
    await assert.rejects(onceInTenant(db, who(), write("a", twice), write("b", twice)), (error) => {
      assert.equal(sqlState(error), "23505");
      assert.equal(violatedUnique(error), "api_keys_hash");
      const { table, schema, severity } = error as Record<string, unknown>;
      assert.deepEqual([table, schema, severity], ["api_keys", "public", "ERROR"]);
      return true;
    });
    for (const [statement, code] of [
      [notSql, "42601"],
      [noTable, "42P01"],
      [division, "22012"],
      [{ text: "select $1::jsonb", values: ["{"] }, "22P02"],
      [{ text: "select $1::text", values: ["a\0b"] }, "22021"],
      [{ text: "select must(false)", values: [] }, "US001"],
    ] as const) {
      await assert.rejects(onceInTenant(db, who(), statement), (error) => sqlState(error) === code, code);
    }
  });

  it("knows a violated unique constraint from every other failure", async () => {
    const orphan = {
      text: "insert into directories (tenant_id, id) values ($1, $2)",
      values: [tenantId, newId(new Date())],
    };
    await assert.rejects(onceInTenant(db, who(), orphan), (error) => violatedUnique(error) === undefined);
    assert.equal(violatedUnique(new Error("23505")), undefined);
    assert.equal(violatedUnique(undefined), undefined);
    assert.equal(sqlState(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })), undefined);
  });

  it("leaves a failed statement's connection in good order", async () => {
    const before = db.pool.totalCount;
    for (let i = 0; i < 20; i++) await assert.rejects(onceInTenant(db, who(), division));
    assert.equal(db.pool.totalCount, before);
    assert.equal(db.pool.idleCount, before);
  });

  describe("with named statements", () => {
    const named = (name: string, { text, values }: Statement): Statement => ({ name, text, values });
    const one = (name: string, value = 1): Statement => ({ name, text: "select $1::int as one", values: [value] });

    /** Runs it often enough that every connection that the pool has opened so far meets it. */
    async function everywhere(run: (i: number) => Promise<unknown>): Promise<void> {
      for (let i = 0; i < 3; i++) await Promise.all(Array.from({ length: 32 }, (_, n) => run(n)));
    }

    it("parses each once and binds it anew every time", async () => {
      const name = fresh();
      await everywhere(async (i) => assert.deepEqual(await onceInTenant(db, who(), one(name, i)), [[{ one: i }]]));
    });

    it("takes the same one twice in a batch", async () => {
      const name = fresh();
      for (let i = 0; i < 3; i++) {
        const rows = await onceInTenant(db, who(), one(name, 1), one(name, 2), one(name, 3));
        assert.deepEqual(rows, [[{ one: 1 }], [{ one: 2 }], [{ one: 3 }]]);
      }
    });

    it("uses them again after a failure in any position, through either door", async () => {
      for (const bad of [notSql, noTable, division]) {
        for (const position of [0, 1, 2, 3]) {
          const known = [fresh(), fresh(), fresh()];
          const faulty = named(fresh(), bad);
          const statements = known.map((name) => one(name)).toSpliced(position, 0, faulty);
          await assert.rejects(onceInTenant(db, who(), ...statements));
          await assert.rejects(onceInTenant(db, who(), ...statements));
          for (const name of known) {
            const inside = await inTenant(db, who(), ({ trx }) => trx.run(one(name)));
            assert.deepEqual(inside, [{ one: 1 }], `${bad.text} at ${position}`);
          }
          const [rows] = await onceInTenant(db, who(), ...known.map((name) => one(name)));
          assert.deepEqual(rows, [{ one: 1 }]);
          await assert.rejects(inTenant(db, who(), ({ trx }) => trx.run(faulty)));
        }
      }
    });

    it("uses them again after a unique violation at their first use", async () => {
      const [first, second] = [fresh(), fresh()];
      const hash = newId(new Date());
      await onceInTenant(db, who(), write("there", hash));
      const statements = (value: string): Statement[] => [named(first, write("here", value)), one(second)];
      await assert.rejects(
        onceInTenant(db, who(), ...statements(hash)),
        (error) => violatedUnique(error) !== undefined,
      );
      await assert.rejects(
        inTenant(db, who(), ({ trx }) => trx.run(named(first, write("here", hash)))),
        (error) => violatedUnique(error) === "api_keys_hash",
      );
      const [, rows] = await onceInTenant(db, who(), ...statements(newId(new Date())));
      assert.deepEqual(rows, [{ one: 1 }]);
    });

    it("refuses one name for two texts, in a batch or after it, and sends nothing", async () => {
      const name = fresh();
      const other: Statement = { name, text: "select 'other'", values: [] };
      const key = newId(new Date());
      const twice = onceInTenant(db, who(), write(key), one(name), other);
      await assert.rejects(twice, new RegExp(`two statements are named ${name}`));
      await everywhere(() => onceInTenant(db, who(), one(name)));
      await assert.rejects(onceInTenant(db, who(), write(key), other), new RegExp(`two statements are named ${name}`));
      assert.equal(await stored(key), 0);
      await everywhere(() => onceInTenant(db, who(), one(name)));
    });

    it("refuses a value that cannot be written, and sends nothing", async () => {
      const circle: Record<string, unknown> = {};
      circle["self"] = circle;
      const key = newId(new Date());
      const bad: Statement = { name: fresh(), text: "select $1::jsonb", values: [circle] };
      await assert.rejects(onceInTenant(db, who(), write(key), bad), /circular/);
      await assert.rejects(
        inTenant(db, who(), async ({ trx }) => {
          await trx.run(write(key));
          await trx.run(bad);
        }),
        /circular/,
      );
      assert.equal(await stored(key), 0);
      assert.deepEqual(await onceInTenant(db, who(), { ...bad, values: ["{}"] }), [[{ jsonb: {} }]]);
    });

    it("prepares nothing where DATABASE_PREPARE is false", async () => {
      const plain: Database = { ...db, prepare: false };
      const name = fresh();
      await everywhere((i) => onceInTenant(plain, who(), one(name, i)));
      await everywhere((i) => inTenant(plain, who(), ({ trx }) => trx.run(one(name, i))));
      const clients = await Promise.all(Array.from({ length: db.pool.totalCount }, () => db.pool.connect()));
      for (const client of clients) {
        const { rows } = await client.query("select from pg_prepared_statements where name = $1", [name]);
        assert.deepEqual(rows, []);
        client.release();
      }
      const [rows] = await onceInTenant(plain, who(), one(name), { name, text: "select 'other' as other", values: [] });
      assert.deepEqual(rows, [{ one: 1 }]);
    });
  });

  describe("maps types", () => {
    async function roundTrip(type: string, value: unknown): Promise<unknown> {
      const statement: Statement<{ value: unknown }> = { text: `select $1::${type} as value`, values: [value] };
      const [[once]] = await onceInTenant(db, who(), statement);
      const [inside] = await inTenant(db, who(), ({ trx }) => trx.run(statement));
      assert.deepEqual(once, inside);
      return once?.value;
    }

    it("bigint is a number, up to 2^53", async () => {
      assert.equal(await roundTrip("bigint", 42), 42);
      assert.equal(await roundTrip("bigint", Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
      assert.equal(await roundTrip("integer", -1), -1);
    });

    it("jsonb and json are values", async () => {
      const value = { a: [1, "zwei", null, { ñ: "\u{1F469}\u200D\u{1F4BB}" }], b: { c: true } };
      assert.deepEqual(await roundTrip("jsonb", JSON.stringify(value)), value);
      assert.deepEqual(await roundTrip("json", value), value);
      assert.equal(await roundTrip("jsonb", '"text"'), "text");
      assert.deepEqual(await roundTrip("jsonb", "[]"), []);
    });

    it("timestamptz is a Date, to the millisecond", async () => {
      const now = new Date("2026-03-29T01:30:00.123Z");
      assert.deepEqual(await roundTrip("timestamptz", now), now);
      assert.deepEqual(await roundTrip("timestamptz", new Date(0)), new Date(0));
    });

    it("bytea is a Buffer", async () => {
      const bytes = Buffer.from([0, 1, 255, 92, 39]);
      assert.deepEqual(await roundTrip("bytea", bytes), bytes);
    });

    it("text[] is an array of strings, whatever they hold", async () => {
      const values = ["plain", 'quo"te', "back\\slash", "co,mma", "{brace}", "", "NULL", "Zürich"];
      assert.deepEqual(await roundTrip("text[]", values), values);
      assert.deepEqual(await roundTrip("text[]", []), []);
    });

    it("boolean and null are themselves, undefined is null", async () => {
      assert.equal(await roundTrip("boolean", true), true);
      for (const type of ["text", "jsonb", "timestamptz", "bigint", "bytea", "text[]"]) {
        assert.equal(await roundTrip(type, null), null);
        assert.equal(await roundTrip(type, undefined), null);
      }
    });

    it("counts as a number and a text of a megabyte as it is", async () => {
      const [row] = await asOwner<{ count: number }>(db, "select count(*) from tenants");
      assert.equal(typeof row?.count, "number");
      const long = "ä".repeat(500_000);
      assert.equal(await roundTrip("text", long), long);
    });
  });
});
