/** Replays a tenant's journal, to see that it tells everything and that the queue was served in its order. */
import assert from "node:assert/strict";

/** An event of a member, as the journal keeps it. */
export interface JournalRow {
  readonly xid: number;
  readonly id: string;
  readonly type: string;
  readonly target: string;
  readonly at: Date;
  readonly data: { readonly seat?: string | readonly [before: string, after: string] };
}

/** What a member's row must be, by the journal. */
export interface Told {
  readonly id: string;
  seat: string;
  version: number;
  readonly createdAt: Date;
  waitingSince: Date;
}

/** Statement for the events of members, in the order of commits as far as they concern the queue. */
export const JOURNAL = `select xid, id, type, target_id as target, at, data from events
  where tenant_id = $1 and target_type = 'member' order by xid, id`;

/** What of each member the tests compare with the journal. */
export const ROWS = "select id, seat, version from members where tenant_id = $1 order by id";

/**
 * The members that the journal leaves. Fails where somebody was promoted out of turn: rule 2 queues by
 * (waitingSince, created, id), and whoever moves in the queue holds the lock of the tenant's seats, under which a
 * transaction gets its number.
 */
export function replayJournal(rows: readonly JournalRow[]): Map<string, Told> {
  const members = new Map<string, Told>();
  for (const transaction of byTransaction(rows)) {
    const promotions = transaction.filter(({ type }) => type === "member.seat_promoted");
    for (const row of transaction) if (!promotions.includes(row)) tell(members, row);
    const queue = [...members.values()].filter(({ seat }) => seat === "waiting").sort(inQueue);
    assert.deepEqual(
      promotions.map(({ target }) => target).toSorted(),
      queue
        .slice(0, promotions.length)
        .map(({ id }) => id)
        .toSorted(),
      "promoted out of turn",
    );
    for (const row of promotions) tell(members, row);
  }
  return members;
}

function byTransaction(rows: readonly JournalRow[]): JournalRow[][] {
  const groups = new Map<number, JournalRow[]>();
  for (const row of rows) groups.set(row.xid, [...(groups.get(row.xid) ?? []), row]);
  return [...groups.values()];
}

function tell(members: Map<string, Told>, { type, target, at, data: { seat } }: JournalRow): void {
  if (type === "member.created") {
    assert.equal(typeof seat, "string");
    members.set(target, { id: target, seat: String(seat), version: 1, createdAt: at, waitingSince: at });
    return;
  }
  const member = members.get(target);
  assert.ok(member, `${type} of ${target}, who was never created`);
  if (type === "member.deleted") {
    assert.equal(seat, member.seat, "the seat that a deletion tells");
    members.delete(target);
    return;
  }
  member.version += 1;
  if (!Array.isArray(seat)) return;
  assert.equal(seat[0], member.seat, `${type}: the seat before`);
  member.seat = String(seat[1]);
  if (member.seat === "waiting") member.waitingSince = at;
}

function inQueue(a: Told, b: Told): number {
  return (
    a.waitingSince.getTime() - b.waitingSince.getTime() ||
    a.createdAt.getTime() - b.createdAt.getTime() ||
    (a.id < b.id ? -1 : 1)
  );
}

/** The rows as the journal has them, to compare with the table's. */
export function rowsOf(members: ReadonlyMap<string, Told>): { id: string; seat: string; version: number }[] {
  return [...members.values()]
    .map(({ id, seat, version }) => ({ id, seat, version }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
