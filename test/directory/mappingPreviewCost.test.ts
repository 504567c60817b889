/** What the preview of mappings costs: the same few statements a thousand members, and nobody is held up. */
import assert from "node:assert/strict";
import { lockSeats } from "../../src/directory/seats/seats.store.ts";
import { inTenant } from "../../src/storage/scope.ts";
import { onServer } from "../support/database.ts";
import { seenOf } from "../support/statements.ts";
import { everythingOf, world, type World } from "./mappingWorld.ts";

async function crowd(here: World, id: string, count: number): Promise<void> {
  const { rows } = await here.db.pool.query(
    `select string_agg(quote_ident(attname), ',') as columns from pg_attribute where attrelid = 'members'::regclass
      and attnum > 0 and not attisdropped and attgenerated = '' and attname not in ('id', 'user_name_key')`,
  );
  const { columns } = rows[0] as { columns: string };
  await here.db.pool.query(
    `with born as (insert into members (id, user_name_key, ${columns})
        select uuid_v7(created_at), 'n' || n, ${columns} from members, generate_series(2, $3::int) n
        where tenant_id = $1 and id = $2 returning id)
      insert into memberships (tenant_id, group_id, member_id)
        select $1, group_id, born.id from memberships, born where tenant_id = $1 and member_id = $2`,
    [here.tenantId, id, count],
  );
}

describe("the preview of role mappings of many members", () => {
  it("reads a thousand in a statement, writes none, and takes as many statements whoever changes", async () => {
    const here = await world({ seatLimit: 1_500, settings: { seats: { whenFull: { scim: "waitlist" } } } });
    await here.group("Nobody");
    await here.map({ group: "Nobody", role: "member" });
    const first = await here.person("first");
    await here.group("Everybody", first);
    await crowd(here, first, 2_100);
    const before = await everythingOf(here);
    const all = await seenOf(here.db, async () => {
      const preview = await here.preview({ group: "Everybody", role: "member" });
      assert.deepEqual(
        [preview.members, preview.changed, preview.gains.length, preview.waits.length],
        [2_100, 2_100, 50, 50],
      );
      assert.deepEqual(preview.seats, { limit: 1_500, before: 0, after: 1_500 });
    });
    const none = await seenOf(here.db, () => here.preview({ group: "Nobody", role: "member" }));
    // Three chunks, the rules with their groups and connections, seats, admins, who goes first, and who is shown.
    assert.ok(all.roundTrips <= 11, `${all.roundTrips} round trips`);
    assert.ok(all.roundTrips - none.roundTrips <= 1);
    assert.deepEqual(await everythingOf(here), before);
  }).timeout(120_000);

  if (onServer) {
    it("waits for nobody who holds the tenant's seats, and holds up nobody", async () => {
      const here = await world({ seatLimit: 5 });
      const ana = await here.person("ana");
      await here.group("Sales", ana);
      const who = { tenantId: here.tenantId, actor: { type: "system" }, now: new Date() } as const;
      const [locked, done] = [deferred(), deferred()];
      const holding = inTenant(here.db, who, async ({ trx }) => {
        await trx.run(lockSeats(here.tenantId));
        locked.resolve();
        await done.promise;
      });
      await locked.promise;
      const preview = await here.preview({ group: "Sales", role: "viewer" }).finally(done.resolve);
      await holding;
      assert.equal(preview.changed, 1);
    });
  }
});

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
