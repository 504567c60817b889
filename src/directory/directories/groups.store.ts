import { eventValues, toldBy } from "../../events/journal.store.ts";
import type { Event } from "../../events/event.ts";
import type { Statement } from "../../storage/types.ts";
import type { Group, MembershipChange } from "./group.ts";

/** A group's columns under the names of `Group`, for a `select` over `groups g`. */
export const GROUP = `g.id as "id", g.directory_id as "directoryId", g.name_key as "nameKey", g.external_id as "externalId",
  g.scim as "scim", g.version as "version", g.created_at as "createdAt", g.updated_at as "updatedAt"`;

/** A member as a group shows them (RFC 7643 §4.2). */
export interface GroupMember {
  readonly value: string;
  readonly display: string | null;
  readonly type: "User";
}

/**
 * The members as one JSON value that PostgreSQL builds: reading a large group costs one row. Rule 19: but for break-glass
 * ones. `$1` is the tenant.
 */
export const MEMBERS = `(select coalesce(jsonb_agg(jsonb_build_object('value', m.id, 'type', 'User', 'display',
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
  /** Ids to add that name no member of the tenant; they were passed over. */
  readonly unknown: readonly string[];
}

/**
 * The ids of a parameter, for `= any`. Read by a query of their own, since PostgreSQL plans anew for each call where it
 * sees how many there are, which takes longer than to add one.
 */
const idsIn = (place: string): string => `array(select unnest(${place}::uuid[]))`;

/**
 * Who of those asked for, `$3`, is a member whom directories see. They need no lock of their own: whoever removes a
 * member holds the lock of the tenant's seats, which every writer of memberships has passed or holds before.
 */
const KNOWN = `known as (select id from members where tenant_id = $1 and id = any (${idsIn("$3")}) and not break_glass)`;

/**
 * Each is asked for by itself whether it is there already, unless nobody is: a join might read all of the group. Nobody
 * else comes meanwhile, for the group is locked, and an insert that has not to expect it writes a quarter less.
 */
const COME = `insert into memberships (tenant_id, group_id, member_id) select $1, target.id, known.id from known, target
        where (select true from memberships x where x.tenant_id = $1 and x.group_id = $2 order by x.member_id limit 1) is null
          or (select true from memberships x where x.tenant_id = $1 and x.group_id = target.id and x.member_id = known.id) is null
        returning member_id`;

const UNKNOWN = `(select coalesce(array_agg(id::text), '{}') from unnest($3::uuid[]) as asked (id)
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
        values ($1, $2, $4, $5, $6, $7, $8, $8) returning id, version),
      ${KNOWN},
      come as (${COME}),
      told as (${toldBy("target", 9)})
      select target.version, ${UNKNOWN} from target`,
    values: [tenantId, group.id, members, ...profileValues(group), group.createdAt, ...eventValues(told)],
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

/** Who goes: `$4` are those who stay, where the members are replaced, and those to remove otherwise. */
const GOES = {
  replace: "not exists (select from unnest($4::uuid[]) as stays (id) where stays.id = x.member_id)",
  move: `x.member_id = any (${idsIn("$4")})`,
} as const;

/** Whom a change of members is by, and what it is to answer. */
export interface MoveOptions {
  /** The rules by which it was found what the change has for effects. */
  readonly rulesVersion: number;
  /** Whether those who came and went are wanted: the answer then names them. */
  readonly named: boolean;
}

/**
 * Changes who is in a group, under its lock, and tells it where somebody came or went; no row when there is no such
 * group, or the rules are others than those by which it has no effects.
 */
export function moveMembers(
  tenantId: string,
  directoryId: string,
  id: string,
  { replace, add, remove }: MembershipChange,
  { rulesVersion, named }: MoveOptions,
  told: Event,
): Statement<MembershipResult & { moved: string[] | null }> {
  const kind = replace ? "replace" : "move";
  return {
    name: `group_${kind}_members`,
    text: `with target as (select id from groups where tenant_id = $1 and id = $2 and directory_id = $5
        and exists (select from tenant_seats where tenant_id = $1 and rules_version = $6)),
      ${KNOWN},
      gone as (delete from memberships x where x.tenant_id = $1 and x.group_id = $2 and exists (select from target)
          and ${GOES[kind]} returning x.member_id),
      come as (${COME}),
      changed as (update groups g set version = g.version + 1, updated_at = greatest(g.updated_at, $8) from target
        where g.tenant_id = $1 and g.id = target.id and (exists (select from come) or exists (select from gone))
        returning g.version),
      told as (insert into events (tenant_id,id,type,actor_type,actor_id,target_type,target_id,at,data)
        select $1, $9::uuid, $10::text, $11::text, $12::uuid, $13::text, $14::uuid, $15::timestamptz, $16::jsonb ||
          jsonb_build_object('added', (select coalesce(jsonb_agg(member_id), '[]') from come),
            'removed', (select coalesce(jsonb_agg(member_id), '[]') from gone)) from changed)
      select (select version from changed) as version, ${UNKNOWN}, case when $7 then
        (select jsonb_agg(member_id) from (select member_id from come union all select member_id from gone) m) end as "moved"
      from target`,
    values: [
      tenantId,
      id,
      add,
      replace ? add : remove,
      directoryId,
      rulesVersion,
      named,
      told.at,
      ...eventValues(told),
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

function profileValues({ directoryId, nameKey, externalId, scim }: Group): unknown[] {
  return [directoryId, nameKey, externalId, JSON.stringify(scim)];
}
