import { eventValues, toldBy } from "../events/journal.store.ts";
import type { Event } from "../events/event.ts";
import type { Statement } from "../storage/types.ts";
import type { Group, MembershipChange } from "./group.ts";
import type { Where } from "./members.store.ts";

const GROUP = `g.id as "id", g.directory_id as "directoryId", g.name_key as "nameKey", g.external_id as "externalId",
  g.scim as "scim", g.version as "version", g.created_at as "createdAt", g.updated_at as "updatedAt"`;

/** A member as a group shows them (RFC 7643 §4.2). */
export interface GroupMember {
  readonly value: string;
  readonly display: string | null;
  readonly type: "User";
}

/** The members as one JSON value that PostgreSQL builds: reading a large group costs one row. Rule 19: but for break-glass ones. */
const MEMBERS = `(select coalesce(jsonb_agg(jsonb_build_object('value', m.id, 'type', 'User', 'display',
    coalesce(m.scim->>'displayName', m.scim->>'userName')) order by m.id), '[]'::jsonb)
  from memberships x join members m on m.tenant_id = $1 and m.id = x.member_id and not m.break_glass
  where x.tenant_id = $1 and x.group_id = g.id) as "members"`;

/** A group of a directory; with its members if they are wanted. */
export function groupById(
  tenantId: string,
  directoryId: string,
  id: string,
  withMembers: boolean,
): Statement<Group & { members?: GroupMember[] }> {
  return {
    name: withMembers ? "group_with_members" : "group_by_id",
    text: `select ${GROUP}${withMembers ? `, ${MEMBERS}` : ""} from groups g
      where g.tenant_id = $1 and g.id = $2 and g.directory_id = $3`,
    values: [tenantId, id, directoryId],
  };
}

/** What a write of members did. */
export interface MembershipResult {
  /** Null when nothing was different; the group's version otherwise. */
  readonly version: number | null;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Ids to add that name no member of the tenant; they were passed over. */
  readonly unknown: readonly string[];
}

/** Who comes and goes; `$3` replace, `$4` add, `$5` remove, over the row of `target`. */
const MOVES = `
  known as (select id from members where tenant_id = $1 and id = any ($4::uuid[]) and not break_glass for key share),
  gone as (delete from memberships x using target where x.tenant_id = $1 and x.group_id = target.id
      and (x.member_id = any ($5::uuid[]) or $3) and x.member_id <> all ($4::uuid[]) returning x.member_id),
  come as (insert into memberships (tenant_id, group_id, member_id) select $1, target.id, known.id from known, target
      on conflict do nothing returning member_id)`;

const RESULT = `(select coalesce(array_agg(member_id::text), '{}') from come) as "added",
  (select coalesce(array_agg(member_id::text), '{}') from gone) as "removed",
  (select coalesce(array_agg(id::text), '{}') from unnest($4::uuid[]) as asked (id)
    where id not in (select id from known)) as "unknown"`;

/** Creates a group with its members and tells it. A taken name is 23505 on `groups_name`. */
export function insertGroup(
  tenantId: string,
  group: Group,
  members: readonly string[],
  told: Event,
): Statement<MembershipResult> {
  return {
    name: "group_insert",
    text: `with target as (insert into groups (tenant_id, id, directory_id, name_key, external_id, scim, created_at, updated_at)
        values ($1, $2, $6, $7, $8, $9, $10, $10) returning id, version),
      ${MOVES},
      told as (${toldBy("target", 11)})
      select target.version, ${RESULT} from target`,
    values: [tenantId, group.id, false, members, [], ...profileValues(group), group.createdAt, ...eventValues(told)],
  };
}

/**
 * Locks a group, in a statement of its own: what follows sees whom the writer before it added. The version tells
 * whether an If-Match holds; no row when there is no such group.
 */
export function lockGroup(tenantId: string, directoryId: string, id: string): Statement<{ version: number }> {
  return {
    name: "group_lock",
    text: "select version from groups where tenant_id = $1 and id = $2 and directory_id = $3 for no key update",
    values: [tenantId, id, directoryId],
  };
}

/**
 * Changes who is in a group, under its lock, and tells it where somebody came or went; no row when there is no such
 * group, or the rules are others than those by which it has no effects.
 */
export function moveMembers(
  tenantId: string,
  directoryId: string,
  id: string,
  rulesVersion: number,
  change: MembershipChange,
  told: Event,
): Statement<MembershipResult> {
  return {
    name: "group_move_members",
    text: `with target as (select id from groups where tenant_id = $1 and id = $2 and directory_id = $6
        and exists (select from tenant_seats where tenant_id = $1 and rules_version = $16)),
      ${MOVES},
      changed as (update groups g set version = g.version + 1, updated_at = greatest(g.updated_at, $7) from target
        where g.tenant_id = $1 and g.id = target.id and (exists (select from come) or exists (select from gone))
        returning g.version),
      told as (insert into events (tenant_id,id,type,actor_type,actor_id,target_type,target_id,at,data)
        select $1, $8::uuid, $9::text, $10::text, $11::uuid, $12::text, $13::uuid, $14::timestamptz, $15::jsonb ||
          jsonb_build_object('added', (select coalesce(jsonb_agg(member_id), '[]') from come),
            'removed', (select coalesce(jsonb_agg(member_id), '[]') from gone)) from changed)
      select (select version from changed) as version, ${RESULT} from target`,
    values: [
      tenantId,
      id,
      change.replace,
      change.add,
      change.remove,
      directoryId,
      told.at,
      ...eventValues(told),
      rulesVersion,
    ],
  };
}

/** Writes the attributes of a group that still has the version it was read with, and tells it; a row or none. */
export function updateGroup(tenantId: string, group: Group, told: Event): Statement<{ version: number }> {
  return {
    name: "group_update",
    text: `with changed as (update groups set name_key = $4, external_id = $5, scim = $6, version = version + 1, updated_at = $7
        where tenant_id = $1 and id = $2 and directory_id = $3 and version = $8 returning version),
      told as (${toldBy("changed", 9)})
      select version from changed`,
    values: [tenantId, group.id, ...profileValues(group), group.updatedAt, group.version - 1, ...eventValues(told)],
  };
}

/** Deletes a group with its memberships and tells it; answers who was in it, or no row. */
export function deleteGroup(
  tenantId: string,
  directoryId: string,
  id: string,
  told: Event,
): Statement<{ removed: string[] }> {
  return {
    name: "group_delete",
    text: `with members as (select member_id from memberships where tenant_id = $1 and group_id = $2),
      gone as (delete from groups where tenant_id = $1 and id = $2 and directory_id = $3 returning id),
      told as (${toldBy("gone", 4)})
      select (select coalesce(array_agg(member_id::text), '{}') from members) as removed from gone`,
    values: [tenantId, id, directoryId, ...eventValues(told)],
  };
}

/** Removes somebody from all groups: with the member. */
export function leaveGroups(tenantId: string, memberId: string, now: Date): Statement {
  return {
    name: "group_leave_all",
    text: `with gone as (delete from memberships where tenant_id = $1 and member_id = $2 returning group_id)
      update groups g set version = g.version + 1, updated_at = greatest(g.updated_at, $3) from gone where g.tenant_id = $1 and g.id = gone.group_id`,
    values: [tenantId, memberId, now],
  };
}

/** Which of these ids name no member that a directory may see. */
export function unknownMembers(tenantId: string, ids: readonly string[]): Statement<{ id: string }> {
  return {
    name: "group_unknown_members",
    text: `select asked.id from unnest($2::uuid[]) with ordinality as asked (id, place) where not exists
        (select from members m where m.tenant_id = $1 and m.id = asked.id and not m.break_glass)
      order by asked.place`,
    values: [tenantId, ids],
  };
}

/** Where the values of a filter begin in the lists below. */
export const FIRST_GROUP_FILTER_VALUE = 5;

/** A page of a directory's groups, in the order of their ids, without the first `offset`. */
export function pageOfGroups(
  tenantId: string,
  directoryId: string,
  where: Where | null,
  page: { offset: number; count: number; withMembers: boolean },
): Statement<Group & { members?: GroupMember[] }> {
  const prefix = page.withMembers ? "group_page_members" : "group_page";
  return {
    ...(where === null ? { name: prefix } : where.name !== undefined && { name: `${prefix}_${where.name}` }),
    text: `select ${GROUP}${page.withMembers ? `, ${MEMBERS}` : ""} from groups g
      where g.tenant_id = $1 and g.directory_id = $2 ${where ? `and ${where.sql}` : ""} order by g.id offset $3 limit $4`,
    values: [tenantId, directoryId, page.offset, page.count, ...(where?.values ?? [])],
  };
}

/** How many groups a directory has. */
export function countOfGroups(
  tenantId: string,
  directoryId: string,
  where: Where | null,
): Statement<{ total: number }> {
  return {
    ...(where === null && { name: "group_count" }),
    text: `select count(*) as total from groups g where g.tenant_id = $1 and g.directory_id = $2
      ${where ? `and ${where.sql} and $3::int = $4::int` : ""}`,
    values: where ? [tenantId, directoryId, 0, 0, ...where.values] : [tenantId, directoryId],
  };
}

function profileValues({ directoryId, nameKey, externalId, scim }: Group): unknown[] {
  return [directoryId, nameKey, externalId, JSON.stringify(scim)];
}
