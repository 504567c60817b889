import { isDeepStrictEqual } from "node:util";
import { event, type Event, type EventType } from "../../events/event.ts";
import type { Who } from "../../storage/types.ts";
import type { ScimObject } from "../../scim/types.ts";
import type { Member } from "./member.ts";

/** What is told as a transition `[before, after]`; personal values are told by the attribute's name alone. */
const TRANSITIONS = ["status", "roles", "entitled", "seat", "hold", "directoryActive", "directoryId"] as const;

/** The event of a creation. */
export function created(who: Who, member: Member): Event {
  const { entrance, directoryId, status, roles, entitled, seat } = member;
  const data = { entrance, directoryId, status, roles, entitled, seat };
  return event(who, "member.created", { type: "member", id: member.id }, data);
}

/** What is told of a change beside the member before and after it. */
interface Beside {
  readonly passwordChanged?: boolean;
  /** The member who is to take over, where this makes somebody leave. */
  readonly reassignTo?: string | undefined;
}

/** The event of a change: named after the change of status where there is one. */
export function changed(
  who: Who,
  before: Member,
  after: Member,
  { passwordChanged = false, reassignTo }: Beside = {},
): Event {
  const type = typeOf(before, after);
  const transitions = TRANSITIONS.filter((key) => !isDeepStrictEqual(before[key], after[key]));
  const data = {
    attributes: [...changedAttributes(before.scim, after.scim), ...(passwordChanged ? ["password"] : [])],
    ...Object.fromEntries(transitions.map((key) => [key, [before[key], after[key]]])),
    ...(type === "member.suspended" && { rolesBefore: before.roles, ...(reassignTo && { reassignTo }) }),
  };
  return event(who, type, { type: "member", id: after.id }, data);
}

/** The event of a removal. */
export function deleted(who: Who, member: Member): Event {
  const { status, roles, seat, directoryId } = member;
  return event(who, "member.deleted", { type: "member", id: member.id }, { status, roles, seat, directoryId });
}

/** Whether nothing of what a caller may write is different: such a write changes and records nothing. */
export function unchanged(before: Member, after: Member): boolean {
  return isDeepStrictEqual({ ...before, version: 0, updatedAt: 0 }, { ...after, version: 0, updatedAt: 0 });
}

/** The names of the attributes in which two versions of a resource differ. */
export function changedAttributes(before: ScimObject, after: ScimObject): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !isDeepStrictEqual(before[name], after[name])).sort();
}

function typeOf(before: Member, after: Member): EventType {
  if (before.status === after.status) return "member.updated";
  if (after.status === "suspended") return "member.suspended";
  return before.status === "suspended" ? "member.reactivated" : "member.updated";
}
