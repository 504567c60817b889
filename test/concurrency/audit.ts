/** Watches rules 1, 2 and 4 from inside the database, at every commit, and from outside. */
import assert from "node:assert/strict";

/**
 * From now on a transaction fails at its commit unless `used` equals the rows with a held seat (one statement reads both,
 * and so sees one state of the database), fails where it takes a seat above the limit, and every move of a seat is
 * noted in its order, which the lock of the tenant's seats makes the order of the commits.
 */
export const auditing = `
  create table audit_moves (seq bigserial primary key, xid bigint not null default (pg_current_xact_id()::text::bigint),
    tenant_id uuid, member uuid, "from" text, "to" text, waiting_since timestamptz, created_at timestamptz);
  create function audit_move() returns trigger language plpgsql security definer as $$
  begin
    insert into audit_moves (tenant_id, member, "from", "to", waiting_since, created_at)
      values (coalesce(new.tenant_id, old.tenant_id), coalesce(new.id, old.id), old.seat, new.seat,
        new.waiting_since, new.created_at);
    return null;
  end $$;
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
    raise exception 'audit: % of % seats', new.used, new.seat_limit;
  end $$;
  create trigger audit_moves after insert or update or delete on members for each row execute function audit_move();
  create constraint trigger audit_members after insert or update or delete on members
    deferrable initially deferred for each row execute function audit_seats();
  create constraint trigger audit_counters after update on tenant_seats
    deferrable initially deferred for each row execute function audit_seats();
  create trigger audit_limits after update on tenant_seats for each row
    when (new.used > old.used and new.used > new.seat_limit) execute function audit_limit();
`;

/** Ends all this. */
export const auditOver = `
  drop trigger audit_moves on members;
  drop trigger audit_members on members;
  drop trigger audit_counters on tenant_seats;
  drop trigger audit_limits on tenant_seats;
  drop function audit_move, audit_seats, audit_limit;
  drop table audit_moves;
`;

/** A move of a member's seat; null before creation and after deletion. */
export interface Move {
  readonly xid: number;
  readonly member: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly waitingSince: Date | null;
  readonly createdAt: Date | null;
}

/** Statement for the moves of a tenant, in their order. */
export const MOVES = `select xid::int as xid, member, "from", "to", waiting_since as "waitingSince",
  created_at as "createdAt" from audit_moves where tenant_id = $1 order by seq`;

/** Rules 2 and 4: each promotion was of whom (waitingSince, created, id) put first. Answers how many there were. */
export function checkQueue(moves: readonly Move[]): number {
  const queue = new Map<string, Move>();
  let promoted = 0;
  for (const transaction of byTransaction(moves)) {
    // A transaction frees first and promotes then; who is promoted in one statement comes in no order.
    const promotions = transaction.filter(({ from, to }) => from === "waiting" && to === "held");
    for (const move of transaction) if (!promotions.includes(move)) follow(queue, move);
    const first = [...queue.values()].sort(inQueue).slice(0, promotions.length);
    const names = (some: readonly Move[]): string[] => some.map(({ member }) => member).toSorted();
    assert.deepEqual(names(promotions), names(first), "promoted out of turn");
    for (const move of promotions) follow(queue, move);
    promoted += promotions.length;
  }
  return promoted;
}

function byTransaction(moves: readonly Move[]): Move[][] {
  const groups = new Map<number, Move[]>();
  for (const move of moves) groups.set(move.xid, [...(groups.get(move.xid) ?? []), move]);
  return [...groups.values()];
}

function follow(queue: Map<string, Move>, move: Move): void {
  if (move.to === "waiting") queue.set(move.member, move);
  else queue.delete(move.member);
}

function inQueue(a: Move, b: Move): number {
  const time = (date: Date | null): number => date?.getTime() ?? NaN;
  return (
    time(a.waitingSince) - time(b.waitingSince) ||
    time(a.createdAt) - time(b.createdAt) ||
    (a.member < b.member ? -1 : 1)
  );
}

/** The seats of a tenant at one moment. */
export interface Sample {
  readonly limit: number | null;
  readonly used: number | null;
  readonly held: number;
  readonly version: number;
}

/** Statement for a sample: one snapshot, so the state after some commit. */
export const SAMPLE = `select s.seat_limit as "limit", s.used, s.rules_version::int as version,
    (select count(*)::int from members m where m.tenant_id = s.tenant_id and m.seat = 'held') as held
  from tenant_seats s where s.tenant_id = $1`;

/** Looks on and on until told to stop, and answers what it saw. */
export function sampling(read: () => Promise<Sample>): () => Promise<Sample[]> {
  const state = { over: false };
  const seen: Sample[] = [];
  const looking = (async () => {
    do seen.push(await read());
    while (!state.over);
  })();
  return async () => {
    state.over = true;
    await looking;
    return seen;
  };
}

/** Rule 1, and rule 5 where the limit changes: seats above a lowered limit are only given back. */
export function checkSamples(samples: readonly Sample[]): void {
  assert.ok(samples.length > 0);
  for (const [i, now] of samples.entries()) {
    if (now.used === null || now.limit === null) continue;
    assert.equal(now.used, now.held, `sample ${i}`);
    const before = samples[i - 1];
    if (before && before.version !== now.version) continue;
    assert.ok(now.used <= Math.max(now.limit, before?.used ?? 0), `sample ${i}: ${now.used} of ${now.limit}`);
  }
}
