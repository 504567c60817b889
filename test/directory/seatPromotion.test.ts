import assert from "node:assert/strict";
import { seatPromotion } from "../../src/directory/seats/seatPromotion.ts";
import { updateTenant } from "../../src/directory/tenants/tenants.ts";
import type { Database } from "../../src/storage/types.ts";
import { workUntil } from "../events/working.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";
import { assertCounted, people, person, seatsHeld } from "./people.ts";

/** What one transaction promotes at most. */
const AT_ONCE = 1_000;

describe("a raised limit (rule 5)", () => {
  let db: Database;
  before(async () => {
    db = await testDatabase();
  });

  const jobs = async (tenantId: string): Promise<number> =>
    (await db.pool.query("select from jobs where tenant_id = $1 and kind = 'seats.promote'", [tenantId])).rows.length;
  const raise = (tenantId: string, limit: number | null): Promise<unknown> =>
    updateTenant(db, { tenantId, actor: { type: "operator" }, now: new Date() }, { ownLimit: { limit } });

  /** A tenant with one seat, and so many behind who wait for one, copied from one who does. */
  async function queue(waiting: number): Promise<string> {
    const { id } = await newTenant({ seatLimit: 1 });
    await people(id, 2);
    const { rows } = await db.pool.query(
      `select string_agg(attname, ',' order by attnum) as columns from pg_attribute
       where attrelid = 'members'::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
    );
    const { columns } = rows[0] as { columns: string };
    await db.pool.query(
      `insert into members (${columns})
       select ${columns.replaceAll(/\w+/g, "copy.$&")} from members m, generate_series(1, $2::int) n, jsonb_populate_record(m, jsonb_build_object(
         'id', uuid_v7(m.created_at), 'user_name_key', 'copy' || n,
         'created_at', m.created_at + n * interval '1 millisecond',
         'waiting_since', m.waiting_since + n * interval '1 millisecond')) as copy
       where m.tenant_id = $1 and m.seat = 'waiting'`,
      [id, waiting - 1],
    );
    return id;
  }

  it("promotes a few at once, without a job", async () => {
    const { id } = await newTenant({ seatLimit: 1 });
    await people(id, 3);
    await raise(id, 2);
    assert.deepEqual(await seatsHeld(id), ["held", "held", "waiting"]);
    assert.equal(await jobs(id), 0);
  });

  it("promotes a thousand at once and the rest by jobs, in order, until no seat is left", async () => {
    const id = await queue(2 * AT_ONCE + 30);
    await raise(id, 2 * AT_ONCE + 21);
    assert.equal((await seatsHeld(id)).filter((seat) => seat === "held").length, AT_ONCE + 1);
    await assertCounted(id);
    assert.equal(await jobs(id), 1);
    await workUntil(seatPromotion(db), async () => (await jobs(id)) === 0);
    const seats = await seatsHeld(id);
    assert.deepEqual(seats.slice(0, 2 * AT_ONCE + 21), Array(2 * AT_ONCE + 21).fill("held"));
    assert.deepEqual(seats.slice(2 * AT_ONCE + 21), Array(10).fill("waiting"));
    await assertCounted(id);
  });

  it("promotes nobody too many where the limit was lowered before the job ran", async () => {
    const id = await queue(AT_ONCE + 5);
    await raise(id, AT_ONCE + 6);
    await raise(id, AT_ONCE + 2);
    const held = (await seatsHeld(id)).filter((seat) => seat === "held").length;
    await workUntil(seatPromotion(db), async () => (await jobs(id)) === 0);
    const now = (await seatsHeld(id)).filter((seat) => seat === "held").length;
    assert.ok(now <= AT_ONCE + 2 && now >= held, `${now} of ${AT_ONCE + 2}`);
    await assertCounted(id);
    await person(id);
    await assertCounted(id);
  });
});
