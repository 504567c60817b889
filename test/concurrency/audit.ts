/** Checks rule 1 in the database itself: at every commit, and by somebody who looks from outside. */
import assert from "node:assert/strict";
import type { Client } from "pg";

/**
 * From now on a transaction fails at its commit unless `used` equals the rows with a held seat, and fails where it takes
 * a seat above the limit. One statement reads both, so that it sees one state of the database.
 */
export async function auditEveryCommit(admin: Client): Promise<void> {
  await admin.query(`
    create function audit_seats() returns trigger language plpgsql as $$
    declare
      tenant uuid := coalesce(new.tenant_id, old.tenant_id);
      wrong record;
    begin
      select s.used, h.held into wrong from tenant_seats s,
        (select count(*) as held from members where tenant_id = tenant and seat = 'held') h
      where s.tenant_id = tenant and s.used <> h.held;
      if found then raise exception 'audit: % used, % held', wrong.used, wrong.held; end if;
      return null;
    end $$;
    create function audit_limit() returns trigger language plpgsql as $$
    begin
      if new.used > old.used and new.used > new.seat_limit then
        raise exception 'audit: % of % seats', new.used, new.seat_limit;
      end if;
      return null;
    end $$;
    create constraint trigger audit_members after insert or update or delete on members
      deferrable initially deferred for each row execute function audit_seats();
    create constraint trigger audit_tenants after update on tenant_seats
      deferrable initially deferred for each row execute function audit_seats();
    create trigger audit_limits after update on tenant_seats for each row execute function audit_limit();
  `);
}

/** The seats of a tenant at one moment. */
export interface Sample {
  readonly limit: number;
  readonly used: number;
  readonly held: number;
  readonly version: number;
}

/** Statement for a sample: one snapshot, so the state after some commit. */
export const SAMPLE = `select s.seat_limit as "limit", s.used, s.rules_version::int as version,
    (select count(*)::int from members m where m.tenant_id = s.tenant_id and m.seat = 'held') as held
  from tenant_seats s where s.tenant_id = $1`;

/** Looks on and on until told to stop, and answers what it saw. */
export function sampling(read: () => Promise<Sample>): () => Promise<Sample[]> {
  let over = false;
  const seen: Sample[] = [];
  const looking = (async () => {
    do seen.push(await read());
    while (!over);
  })();
  return async () => {
    over = true;
    await looking;
    return seen;
  };
}

/** Rule 1, and rule 5 where the limit changes: above a lowered limit seats are only given back. */
export function checkSamples(samples: readonly Sample[]): void {
  assert.ok(samples.length > 0);
  for (const [i, now] of samples.entries()) {
    assert.equal(now.used, now.held, `sample ${i}`);
    const before = samples[i - 1];
    const mayHave = before?.version === now.version ? Math.max(now.limit, before.used) : Infinity;
    if (before && now.version !== before.version) continue;
    assert.ok(now.used <= (before ? mayHave : now.limit), `sample ${i}: ${now.used} of ${now.limit}`);
  }
}
