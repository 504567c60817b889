/** What one action on many members does to one of them, under the lock of the tenant's seats. */
import { assignment } from "../../admission/seatMoves.ts";
import { checkMayGrant } from "../../admission/roles.ts";
import { isRefusal, type RefusalCode } from "../../base/errors.ts";
import type { Scope } from "../../storage/types.ts";
import { GRANTS, handEdit, handRemoval, CREATES, type AdminWho } from "./adminMembers.ts";
import { type Change, changeUnderLock, noSuchMember } from "./changeMember.ts";
import { standingOf, type Member } from "./member.ts";
import { lockMember } from "./members.store.ts";
import { removeUnderLock } from "./removeMember.ts";
import { full, relocked, type Locked } from "./underLock.ts";

/** An action on members that each decides on their own. */
export type BulkAsked =
  /** The whole list of roles granted by hand, as an edit of one member has it. */
  | { readonly action: "changeRole"; readonly roles: readonly string[] }
  | { readonly action: "addToTeam"; readonly team: string }
  | { readonly action: "hold" | "release" | "assignSeats" | "remove" };

/** What became of one member. */
export type RowOutcome =
  | { readonly status: "changed" | "unchanged" }
  | { readonly status: "refused"; readonly code: RefusalCode; readonly detail: string };

/** Actions that go member by member. */
export type Single = Exclude<BulkAsked, { readonly action: "addToTeam" }>;

/**
 * Carries an action out on members, one after the other; what is refused for one is no matter of the others (rule 2).
 * No action frees seats and takes some, so the order is the one given.
 */
export async function eachRow(
  scope: Scope & AdminWho,
  locked: Locked,
  asked: Single,
  ids: readonly string[],
): Promise<RowOutcome[]> {
  const outcomes: RowOutcome[] = [];
  for (const id of ids) outcomes.push(await outcomeOf(scope, locked, asked, id));
  return outcomes;
}

/** Refusals come before any write, so what was done for others in the transaction stands. */
async function outcomeOf(scope: Scope & AdminWho, locked: Locked, asked: Single, id: string): Promise<RowOutcome> {
  try {
    const isDifferent = await done(scope, await relocked(scope, locked), asked, id);
    return { status: isDifferent ? "changed" : "unchanged" };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { status: "refused", code: error.code, detail: error.message };
  }
}

/** @returns whether anything is different */
async function done(scope: Scope & AdminWho, locked: Locked, asked: Single, id: string): Promise<boolean> {
  switch (asked.action) {
    case "remove":
      await removeUnderLock(scope, locked, id, CREATES, handRemoval(scope));
      return true;
    case "assignSeats":
      return assignSeat(scope, locked, id);
    case "changeRole":
      return edit(scope, locked, id, { roles: asked.roles });
    default:
      return edit(scope, locked, id, { hold: asked.action === "hold" });
  }
}

function edit(
  scope: Scope & AdminWho,
  locked: Locked,
  id: string,
  wanted: { readonly roles: readonly string[] } | { readonly hold: boolean },
): Promise<boolean> {
  const { change, via } = handEdit(scope, id, wanted, { members: { emailEditable: false } });
  return carried(scope, locked, id, change, via);
}

/** "Assign seats" (rule 8): whoever is passed over stays as they are; where no seat is left nobody queues for one. */
async function assignSeat(scope: Scope & AdminWho, locked: Locked, id: string): Promise<boolean> {
  const { seats, rules } = locked;
  const [member] = await scope.trx.run(lockMember(scope.tenantId, id));
  if (!member) throw noSuchMember(id);
  const given = assignment(standingOf(member, scope.now), rules.rules);
  if (given === null) return false;
  const named = given.granted.filter((role) => !member.granted.includes(role));
  // Rule 16, also for roles that come into force by the seat.
  checkMayGrant(rules.rules.roles, scope.permissions, [...named, ...member.entitled]);
  if (seats.limit !== null && (seats.used ?? 0) >= seats.limit) throw await full(scope, seats.limit, seats.used ?? 0);
  const make = (before: Member): Member => ({ ...before, granted: given.granted });
  return carried(scope, locked, id, { make }, GRANTS);
}

async function carried(
  scope: Scope,
  locked: Locked,
  id: string,
  change: Change,
  via: Parameters<typeof changeUnderLock>[4],
): Promise<boolean> {
  let version: number | undefined;
  const make = (before: Member): Member => {
    version = before.version;
    return change.make(before);
  };
  const after = await changeUnderLock(scope, locked, id, { ...change, make }, via);
  return after.version !== version;
}
