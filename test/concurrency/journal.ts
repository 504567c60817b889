/** What a tenant's journal tells of its members, to compare with their rows. */
import assert from "node:assert/strict";

/** An event of a member, as the journal keeps it. */
export interface JournalRow {
  readonly type: string;
  readonly target: string;
  readonly data: { readonly seat?: string | readonly [before: string, after: string] };
}

/** What of a member's row the journal tells. */
export interface Told {
  readonly id: string;
  readonly seat: string | undefined;
  readonly version: number;
}

/** Statement for the events of members; their order says nothing, see `toldOf`. */
export const JOURNAL = `select type, target_id as target, data from events
  where tenant_id = $1 and target_type = 'member'`;

/** Statement for what is compared with it. */
export const ROWS = "select id, seat, version::int as version from members where tenant_id = $1 order by id";

/**
 * The members that the journal leaves, by their ids. Transactions get their numbers while they wait for one another, so
 * the journal's order is not that of the commits: what is added up here needs none.
 */
export function toldOf(journal: readonly JournalRow[]): Told[] {
  const byMember = new Map<string, JournalRow[]>();
  for (const row of journal) byMember.set(row.target, [...(byMember.get(row.target) ?? []), row]);
  const members = [...byMember].filter(([, rows]) => !isDeleted(rows)).map(([id, rows]) => memberOf(id, rows));
  return members.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function isDeleted(rows: readonly JournalRow[]): boolean {
  const deletions = rows.filter(({ type }) => type === "member.deleted");
  assert.ok(deletions.length <= 1, "deleted once");
  for (const { target, data } of deletions)
    assert.equal(data.seat, memberOf(target, rows).seat, "the seat of a deletion");
  return deletions.length === 1;
}

/** Whoever came to be in a state once more than they left it is in it. */
function memberOf(id: string, rows: readonly JournalRow[]): Told {
  const moves = new Map<string, number>();
  const count = (seat: string, by: number): unknown => moves.set(seat, (moves.get(seat) ?? 0) + by);
  const changes = rows.filter(({ type }) => type !== "member.deleted");
  const births = changes.filter(({ type }) => type === "member.created");
  assert.equal(births.length, 1, `${id} was created once`);
  for (const { type, data } of changes) {
    if (type === "member.created") count(String(data.seat), 1);
    else if (Array.isArray(data.seat)) {
      count(String(data.seat[0]), -1);
      count(String(data.seat[1]), 1);
    }
  }
  const left = [...moves].filter(([, balance]) => balance !== 0);
  assert.deepEqual(
    left.map(([, balance]) => balance),
    [1],
    `the transitions of ${id} follow one another`,
  );
  return { id, seat: left[0]?.[0], version: changes.length };
}
