/** Users and Groups as lists see them: which rows, and what of a row. */
import { wants } from "../../scim/project.ts";
import type { ResourceType } from "../../scim/registry.ts";
import type { Group } from "./group.ts";
import { GROUP, type GroupMember, MEMBERS } from "./groups.store.ts";
import { SHOWN, type ShownMember } from "../members/members.store.ts";
import { groupColumns, memberColumns } from "./scimFilterColumns.store.ts";
import type { ListSource } from "./scimList.store.ts";

/** Users: all members of the tenant but for break-glass ones (rule 19). */
export function memberSource(type: ResourceType, baseUrl: string): ListSource<ShownMember> {
  return {
    type,
    name: "user",
    table: "members m",
    columns: memberColumns(type, baseUrl),
    seen: ({ tenantId }, bind, filtered) =>
      // Told by ids, which an index alone answers.
      filtered
        ? "not m.break_glass"
        : `m.id not in (select b.id from members b where b.tenant_id = ${bind(tenantId)} and b.break_glass)`,
    shown: () => ({ sql: SHOWN, name: "" }),
  };
}

/**
 * A page of groups shows 250,000 members at most, some 40 MB of JSON; of a group or two all, since less cannot be asked
 * for (with a cursor a page of one reads two).
 */
const FEW_MEMBERS = `(select count(*) from page) <= 2 or (select count(*) from (select from page, memberships x
  where x.tenant_id = $1 and x.group_id = page.id limit 250001) few) <= 250000`;

/** Groups: those of the directory, with their members where these are shown. */
export function groupSource(
  type: ResourceType,
  baseUrl: string,
): ListSource<Group & { readonly members?: readonly GroupMember[] }> {
  return {
    type,
    name: "group",
    table: "groups g",
    columns: groupColumns(type, baseUrl),
    seen: ({ directoryId }, bind) => `g.directory_id = ${bind(directoryId)}`,
    shown: (selected) =>
      wants(selected, "members")
        ? { sql: `${GROUP}, ${MEMBERS}`, name: "members", fits: FEW_MEMBERS }
        : { sql: GROUP, name: "" },
  };
}
