/** What a tenant's journal tells of its members, to compare with their rows. */
import assert from "node:assert/strict";

/** What of a member each change of it tells as `[before, after]`; a creation and a deletion tell the state. */
const TOLD = ["seat", "status", "roles", "entitled"] as const;

type Facts = { readonly [F in (typeof TOLD)[number]]?: unknown };

/** An event of a member, as the journal keeps it. */
export interface JournalRow {
  readonly type: string;
  readonly target: string;
  readonly data: Facts;
}

/** What of a member's row the journal tells. */
export interface Told extends Facts {
  readonly id: string;
  readonly version: number;
}

/** Of the types that tell what a member's row has become; others stand beside it, as what somebody leaves behind. */
const OF_THE_ROW = ["created", "updated", "suspended", "reactivated", "seat_promoted", "deleted"];

/** Statement for the events of members' rows, in the order in which followers get them. */
export const JOURNAL = `select type, target_id as target, data from events
  where tenant_id = $1 and target_type = 'member' and type in (${OF_THE_ROW.map((type) => `'member.${type}'`).join()})
  order by xid, seq`;

/** Statement for what is compared with it. */
export const ROWS = `select id, ${TOLD.join()}, version::int as version from members where tenant_id = $1 order by id`;

/** The members that the journal leaves, by their ids: of each the events follow one another. */
export function toldOf(journal: readonly JournalRow[]): Told[] {
  const byMember = new Map<string, JournalRow[]>();
  for (const row of journal) byMember.set(row.target, [...(byMember.get(row.target) ?? []), row]);
  const members = [...byMember].filter(([, rows]) => !isDeleted(rows)).map(([id, rows]) => memberOf(id, rows));
  return members.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function isDeleted(rows: readonly JournalRow[]): boolean {
  const at = rows.findIndex(({ type }) => type === "member.deleted");
  if (at === -1) return false;
  assert.equal(at, rows.length - 1, "a deletion is the last that is told");
  const [{ target, data }] = rows.slice(-1) as [JournalRow];
  const last: Facts = memberOf(target, rows.slice(0, -1));
  for (const fact of ["seat", "status", "roles"] as const)
    assert.deepEqual(data[fact], last[fact], `${fact} of a deletion`);
  return true;
}

/** Goes through the events of one member: a creation, then changes of which each begins where the last one ended. */
function memberOf(id: string, [birth, ...changes]: readonly JournalRow[]): Told {
  assert.equal(birth?.type, "member.created", `${id} is created first`);
  const facts: Record<string, unknown> = Object.fromEntries(TOLD.map((fact) => [fact, birth.data[fact]]));
  for (const { type, data } of changes) {
    assert.notEqual(type, "member.created", `${id} is created once`);
    for (const fact of TOLD.filter((name) => name in data)) {
      const [before, after] = data[fact] as [unknown, unknown];
      assert.deepEqual(before, facts[fact], `the changes of ${id} follow one another in ${fact}`);
      facts[fact] = after;
    }
  }
  return { id, ...facts, version: changes.length + 1 };
}
