/**
 * offboarding/ owns what is left behind by those who leave: what their application must reassign, who took over, and
 * the erasure that may wait for that. Access never waits; it ends with the change that makes somebody leave.
 */
import { Refusal } from "../../base/errors.ts";
import type { Statement, Transaction, Who } from "../../storage/types.ts";
import { displayNameOf, type Member } from "../members/member.ts";
import { memberById } from "../members/members.store.ts";
import { tracesOf } from "../members/erase.ts";
import { takeBack, tellLeaving } from "./leaving.store.ts";

/** A member before and after a change. */
type Pair = readonly [before: Member, after: Member];

/**
 * The statements that stand behind changes of members: they tell who was active and is suspended, and take back what
 * was told of who is active again. None for other changes.
 */
export function leavings(who: Who, pairs: readonly Pair[], reassignTo: string | null = null): Statement[] {
  const suspended = pairs.filter(([before, after]) => before.status === "active" && after.status === "suspended");
  const back = pairs.filter(([before, after]) => before.status === "suspended" && after.status === "active");
  const leavers = suspended.map(([{ id, roles }, { version }]) => ({ id, version, roles, reassignTo, person: null }));
  return [
    ...(leavers.length > 0 ? [tellLeaving(who, "suspended", leavers)] : []),
    ...(back.length > 0
      ? [
          takeBack(
            who.tenantId,
            back.map(([{ id }]) => id),
          ),
        ]
      : []),
  ];
}

/** The statement that tells of a removal, to be run before it; none for somebody who never came in. */
export function removalTold(who: Who, member: Member, reassignTo: string | null): Statement[] {
  if (member.joinedAt === null) return [];
  const { id, version, roles, email, scim } = member;
  const person = { ...tracesOf(member), displayName: displayNameOf(scim), email };
  return [tellLeaving(who, "removed", [{ id, version, roles, reassignTo, person }])];
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
