/**
 * offboarding/ owns what is left behind by those who leave: what their application must reassign, who took over, and
 * the erasure that may wait for that. Access never waits; it ends with the change that makes somebody leave.
 */
import { Refusal } from "../../base/errors.ts";
import type { Follower } from "../../events/journalReader.ts";
import type { JournalEvent } from "../../events/journalReader.store.ts";
import { asTenant } from "../../storage/asTenant.ts";
import type { Database, Statement, Transaction, Who } from "../../storage/types.ts";
import { displayNameOf, type Member } from "../members/member.ts";
import { memberById } from "../members/members.store.ts";
import { tracesOf } from "../members/erase.ts";
import { takeBack, tellLeaving, type Leaver } from "./leaving.store.ts";

/**
 * Follows the journal and tells whoever was active and is suspended, with what they leave behind; of who is active again
 * that is taken back. A moment after the change and many at once: what there is to reassign stands in many places, and
 * whoever suspends somebody need not wait until all are asked.
 */
export function followLeavers(db: Database): Follower {
  return {
    wanted: { types: ["member.suspended", "member.reactivated"] },
    follow: async (wide, events) => {
      for (const [tenantId, latest] of latestOf(events)) {
        const left = latest.filter(({ type }) => type === "member.suspended");
        const back = latest.flatMap(({ type, targetId }) =>
          type === "member.reactivated" && targetId ? [targetId] : [],
        );
        await asTenant(db, wide, tenantId, async ({ trx }) => {
          if (back.length > 0) await trx.run(takeBack(tenantId, back));
          if (left.length > 0) await trx.run(tellLeaving({ tenantId, now: wide.now }, "suspended", left.map(leaverOf)));
        });
      }
    },
  };
}

/** Of each tenant's members the last of these events: who has come and gone meanwhile is as they are in the end. */
function latestOf(events: readonly JournalEvent[]): Map<string, JournalEvent[]> {
  const members = new Map(events.map((each) => [`${each.tenantId} ${each.targetId}`, each]));
  const tenants = new Map<string, JournalEvent[]>();
  for (const each of members.values()) {
    const own = tenants.get(each.tenantId);
    if (own) own.push(each);
    else tenants.set(each.tenantId, [each]);
  }
  return tenants;
}

function leaverOf({ targetId, at, actorType, actorId, data }: JournalEvent): Leaver {
  const { reassignTo = null, rolesBefore: roles = [] } = data as { reassignTo?: string; rolesBefore?: string[] };
  return { id: targetId ?? "", at, actorType, actorId, roles, reassignTo, person: null };
}

/**
 * The statement that tells of suspensions with them: where the same transaction goes on to take away what there was to
 * reassign. The reader of the journal finds it told.
 */
export function suspensionsTold(who: Who, pairs: readonly (readonly [before: Member, after: Member])[]): Statement[] {
  const { type: actorType, id: actorId = null } = who.actor;
  const suspended = pairs.filter(([before, after]) => before.status === "active" && after.status === "suspended");
  if (suspended.length === 0) return [];
  const common = { at: who.now, actorType, actorId, reassignTo: null, person: null };
  const leavers = suspended.map(([{ id, roles }]) => Object.assign({ id, roles }, common));
  return [tellLeaving(who, "suspended", leavers)];
}

/** The statement that tells of a removal, to be run before it; none for somebody who never came in. */
export function removalTold(who: Who, member: Member, reassignTo: string | null): Statement[] {
  if (member.joinedAt === null) return [];
  const { id, roles, email, scim } = member;
  const person = { ...tracesOf(member), displayName: displayNameOf(scim), email };
  const { type: actorType, id: actorId = null } = who.actor;
  return [tellLeaving(who, "removed", [{ id, at: who.now, actorType, actorId, roles, reassignTo, person }])];
}

/**
 * Refuses somebody who cannot take over.
 *
 * @throws Refusal `invalid_request` unless this is an active member, and not the one who leaves
 */
export async function checkSuccessor(
  read: Transaction["run"],
  { tenantId }: Pick<Who, "tenantId">,
  leaverId: string,
  reassignTo: string | null,
): Promise<void> {
  if (reassignTo === null) return;
  const [successor] = await read(memberById(tenantId, reassignTo));
  if (successor?.status === "active" && successor.id !== leaverId.toLowerCase()) return;
  const message = "must be the id of an active member, and not of the one who leaves";
  throw new Refusal("invalid_request", `reassignTo ${message}.`, { errors: [{ path: "/reassignTo", message }] });
}
