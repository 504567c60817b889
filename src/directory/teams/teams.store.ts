import type { Statement } from "../../storage/types.ts";

/** A team made by hand, for routing, reporting and the like; it gives no role and no seat. */
export interface Team {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  /** Directory groups whose members are in the team for as long as they are in the group. */
  readonly groups: readonly TeamGroup[];
  /** People in it, by hand or by a group, each once. */
  readonly memberCount: number;
  readonly createdAt: Date;
}

/** A mapped group, by the name that it has now. */
interface TeamGroup {
  readonly id: string;
  readonly name: string;
}

/** A team as a member shows it. */
export interface TeamName {
  readonly id: string;
  readonly name: string;
}

/** Who is in a team, whichever way: by hand or by a mapped group. `$1` is the tenant. */
function inTeam(team: string): string {
  return `select by_hand.member_id from team_members by_hand where by_hand.tenant_id = $1 and by_hand.team_id = ${team}
    union select x.member_id from team_groups tg join memberships x on x.tenant_id = tg.tenant_id and x.group_id = tg.group_id
      where tg.tenant_id = $1 and tg.team_id = ${team}`;
}

/** The condition that a member `m` is in a team, which `place` holds by its id or folded name. `$1` is the tenant. */
export function isInTeam(place: string): string {
  return `m.id in (${inTeam(`(select id from teams where tenant_id = $1 and (id::text = ${place} or name_key = ${place})
      order by id::text = ${place} desc limit 1)`)})`;
}

/** The ids of a member's teams, for a `select` over `members m`. */
const TEAMS_OF = `select by_hand.team_id from team_members by_hand
      where by_hand.tenant_id = m.tenant_id and by_hand.member_id = m.id
    union select tg.team_id from memberships x
      join team_groups tg on tg.tenant_id = x.tenant_id and tg.group_id = x.group_id
      where x.tenant_id = m.tenant_id and x.member_id = m.id`;

/** The teams of a member `m`, for a `select` over `members m`. */
export const TEAMS = `(select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'name', t.name) order by t.name_key), '[]')
    from teams t where t.tenant_id = m.tenant_id and t.id in (${TEAMS_OF})) as "teams"`;

/** The same as a JSON list of ids. */
export const TEAM_IDS = `to_jsonb(array(${TEAMS_OF} order by 1))`;

const TEAM = `t.id, t.name, t.description, t.created_at as "createdAt",
  (select coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'name', g.scim->>'displayName') order by g.name_key), '[]')
    from team_groups tg join groups g on g.tenant_id = tg.tenant_id and g.id = tg.group_id
    where tg.tenant_id = t.tenant_id and tg.team_id = t.id) as "groups",
  (select count(*) from (${inTeam("t.id")}) people) as "memberCount"`;

/** Teams after an id. */
export function teamsAfter(tenantId: string, after: string, most: number): Statement<Team> {
  return {
    name: "team_list",
    text: `select ${TEAM} from teams t where t.tenant_id = $1 and t.id > $2 order by t.id limit $3`,
    values: [tenantId, after, most],
  };
}

/** How many there are. */
export function countTeams(tenantId: string): Statement<{ count: number }> {
  return { name: "team_count", text: "select count(*) from teams where tenant_id = $1", values: [tenantId] };
}

/** One team. */
export function teamById(tenantId: string, id: string): Statement<Team> {
  return {
    name: "team_by_id",
    text: `select ${TEAM} from teams t where t.tenant_id = $1 and t.id = $2`,
    values: [tenantId, id],
  };
}

/** Teams by their ids or folded names, each with which one was meant. */
export function teamsNamed(tenantId: string, keys: readonly string[]): Statement<{ id: string; key: string }> {
  return {
    name: "team_named",
    text: `select distinct on (asked.key) t.id, asked.key from unnest($2::text[]) as asked (key)
      join teams t on t.tenant_id = $1 and (t.id::text = asked.key or t.name_key = asked.key)
      order by asked.key, t.id::text = asked.key desc`,
    values: [tenantId, keys],
  };
}

/** A team that nobody else changes until the transaction ends. */
export function lockTeam(tenantId: string, id: string): Statement<Pick<Team, "id" | "name" | "description">> {
  return {
    name: "team_lock",
    text: "select id, name, description from teams where tenant_id = $1 and id = $2 for no key update",
    values: [tenantId, id],
  };
}

/** A new team. A taken name is 23505 on `teams_name`. */
export function insertTeam(
  tenantId: string,
  { id, name, description, createdAt }: Pick<Team, "id" | "name" | "description" | "createdAt">,
  nameKey: string,
): Statement {
  return {
    name: "team_insert",
    text: "insert into teams (tenant_id, id, name, name_key, description, created_at) values ($1,$2,$3,$4,$5,$6)",
    values: [tenantId, id, name, nameKey, description, createdAt],
  };
}

/** Writes name and description. */
export function updateTeamRow(
  tenantId: string,
  { id, name, description }: Pick<Team, "id" | "name" | "description">,
  nameKey: string,
): Statement {
  return {
    name: "team_update",
    text: "update teams set name = $3, name_key = $4, description = $5 where tenant_id = $1 and id = $2",
    values: [tenantId, id, name, nameKey, description],
  };
}

/** Deletes a team; domains that let people join it name it no more. */
export function deleteTeamRow(tenantId: string, id: string): Statement<{ name: string }> {
  return {
    name: "team_delete",
    text: `with gone as (delete from teams where tenant_id = $1 and id = $2 returning name),
      unnamed as (update domains set auto_join = auto_join - 'team' where tenant_id = $1 and auto_join->>'team' = $2::text)
      select name from gone`,
    values: [tenantId, id],
  };
}

/** The groups that are mapped to a team become these; answers a row where that is different. */
export function writeTeamGroups(tenantId: string, id: string, groupIds: readonly string[]): Statement {
  return {
    name: "team_groups",
    text: `with wanted as (select g.id from groups g where g.tenant_id = $1 and g.id = any ($3::uuid[])
        for key share),
      gone as (delete from team_groups x where x.tenant_id = $1 and x.team_id = $2
        and x.group_id not in (select id from wanted) returning x.group_id),
      come as (insert into team_groups (tenant_id, team_id, group_id) select $1, $2, id from wanted
        on conflict do nothing returning group_id)
      select group_id from gone union all select group_id from come`,
    values: [tenantId, id, groupIds],
  };
}

/** Who is in a team by hand. */
export function membersByHand(tenantId: string, id: string): Statement<{ id: string }> {
  return {
    name: "team_members",
    text: "select member_id as id from team_members where tenant_id = $1 and team_id = $2",
    values: [tenantId, id],
  };
}

/** A member's teams: those by hand, and those by a group, which one may be both. */
export function teamsOf(tenantId: string, memberId: string): Statement<{ id: string; byHand: boolean }> {
  return {
    name: "team_of_member",
    text: `select team_id as id, true as "byHand" from team_members where tenant_id = $1 and member_id = $2
      union all select distinct tg.team_id, false from memberships x
        join team_groups tg on tg.tenant_id = x.tenant_id and tg.group_id = x.group_id
        where x.tenant_id = $1 and x.member_id = $2`,
    values: [tenantId, memberId],
  };
}

/** Which of these ids name no member. */
export function notMembers(tenantId: string, ids: readonly string[]): Statement<{ id: string }> {
  return {
    name: "team_not_members",
    text: `select asked.id from unnest($2::uuid[]) with ordinality as asked (id, place)
      where not exists (select from members m where m.tenant_id = $1 and m.id = asked.id) order by asked.place`,
    values: [tenantId, ids],
  };
}

/** Pairs of a team and a member, by hand: those to add and those to remove. */
export interface TeamMoves {
  readonly teamIds: readonly string[];
  readonly memberIds: readonly string[];
}

/**
 * Puts members into teams and takes them out of others, by hand, and tells it: one event for each member whom it moves.
 * Answers those. Ids that name nothing are passed over.
 *
 * @param add pairs, as two lists of one length
 */
export function moveInTeams(
  scope: {
    readonly tenantId: string;
    readonly now: Date;
    readonly actor: { readonly type: string; readonly id?: string };
  },
  add: TeamMoves,
  remove: TeamMoves,
): Statement<{ id: string }> {
  const { tenantId, now, actor } = scope;
  return {
    name: "team_move",
    text: `with t as (select id from teams where tenant_id = $1 and id = any ($2::uuid[]) for key share),
      come as (insert into team_members (tenant_id, team_id, member_id)
        select $1, t.id, m.id from unnest($2::uuid[], $3::uuid[]) as asked (team_id, member_id)
          join t on t.id = asked.team_id
          join members m on m.tenant_id = $1 and m.id = asked.member_id
        on conflict do nothing returning team_id, member_id),
      gone as (delete from team_members x using unnest($4::uuid[], $5::uuid[]) as asked (team_id, member_id)
        where x.tenant_id = $1 and x.team_id = asked.team_id and x.member_id = asked.member_id
        returning x.team_id, x.member_id),
      moved as (select member_id, coalesce(jsonb_agg(team_id) filter (where is_in), '[]') as added,
          coalesce(jsonb_agg(team_id) filter (where not is_in), '[]') as removed
        from (select team_id, member_id, true as is_in from come union all select team_id, member_id, false from gone) each
        group by member_id)
      insert into events (tenant_id, id, type, actor_type, actor_id, target_type, target_id, at, data)
        select $1, uuid_v7($6), 'member.teams_changed', $7, $8::uuid, 'member', member_id, $6,
          jsonb_build_object('added', added, 'removed', removed) from moved
        returning target_id as id`,
    values: [tenantId, add.teamIds, add.memberIds, remove.teamIds, remove.memberIds, now, actor.type, actor.id ?? null],
  };
}
