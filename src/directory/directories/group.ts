import { fold } from "../../base/fold.ts";
import type { ScimObject } from "../../scim/types.ts";
import { text } from "../members/member.ts";

/** A directory group, as stored; its members are rows of their own and are not loaded with it. */
export interface Group extends GroupProfile {
  readonly id: string;
  readonly directoryId: string;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The SCIM attributes of a group without `members`, and what is found and compared by. */
export interface GroupProfile {
  readonly scim: ScimObject;
  readonly nameKey: string;
  readonly externalId: string | null;
}

/** Derives the columns of a group from its SCIM attributes. */
export function groupProfileOf(scim: ScimObject): GroupProfile {
  return { scim, nameKey: fold(text(scim["displayName"]) ?? ""), externalId: text(scim["externalId"]) };
}

/** A change of who is in a group: to nobody first where `replace`, else without `remove`, then `add`; nobody is in both. */
export interface MembershipChange {
  readonly replace: boolean;
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** Whether a change says nothing. */
export function isNoChange({ replace, add, remove }: MembershipChange): boolean {
  return !replace && add.length === 0 && remove.length === 0;
}
