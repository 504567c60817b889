import type { Statement } from "../../storage/types.ts";

/** One thing that a member did, or that was done to them: an event of the journal, or what an application told. */
export interface StoredActivity {
  readonly id: string;
  readonly type: string;
  readonly at: Date;
  readonly actorType: string;
  readonly actorId: string | null;
  readonly targetType: string;
  readonly targetId: string | null;
  /** In the application's words; null of the journal. */
  readonly summary: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Which of it; all that are given must hold. */
export interface ActivityFilter {
  readonly type?: string | undefined;
  /** Not before. */
  readonly since?: Date | undefined;
  /** Before. */
  readonly until?: Date | undefined;
}

/** The type of the event that tells of an entry: the list has the entry itself. */
const TOLD = "member.activity_reported";

const EVENT = "id, type, at, actor_type, actor_id, target_type, target_id, null::text as summary, data";

/**
 * The three sources of a member's list, each by its own index and each thing in one of them only: done to them, done by
 * them to something else, told by an application.
 */
const SOURCES = [
  `select ${EVENT} from events where tenant_id = $1 and target_id = $2 and type <> '${TOLD}'`,
  `select ${EVENT} from events where tenant_id = $1 and actor_type = 'member' and actor_id = $2
    and target_id is distinct from $2`,
  `select id, type, at, actor_type, actor_id, 'member', member_id, summary, data from activities
    where tenant_id = $1 and member_id = $2`,
];

/** A member's activity below an id (null = all), the latest first: each source gives no more than the page holds. */
export function activityBelow(
  tenantId: string,
  memberId: string,
  filter: ActivityFilter,
  below: string | null,
  most: number,
): Statement<StoredActivity> {
  const values: unknown[] = [tenantId, memberId];
  const where = conditions(filter, values) + (below === null ? "" : ` and id < ${put(values, below)}::uuid`);
  const limit = put(values, most);
  const parts = SOURCES.map((source) => `(${source}${where} order by id desc limit ${limit})`);
  const text = `select id, type, at, actor_type as "actorType", actor_id as "actorId", target_type as "targetType",
      target_id as "targetId", summary, data
    from (${parts.join(" union all ")}) as found order by id desc limit ${limit}`;
  return { text, values };
}

/** How much there is. */
export function countActivity(
  tenantId: string,
  memberId: string,
  filter: ActivityFilter,
): Statement<{ count: number }> {
  const values: unknown[] = [tenantId, memberId];
  const where = conditions(filter, values);
  const parts = SOURCES.map((source) => `(select count(*) from (${source}${where}) as found)`);
  return { text: `select ${parts.join(" + ")} as count`, values };
}

function conditions({ type, since, until }: ActivityFilter, values: unknown[]): string {
  return [
    ...(type === undefined ? [] : [` and type = ${put(values, type)}`]),
    // Ids begin with the moment (RFC 9562 §5.7), and the list goes by them.
    ...(since ? [` and id >= uuid_v7_floor(${put(values, since)}::timestamptz)`] : []),
    ...(until ? [` and id < uuid_v7_floor(${put(values, until)}::timestamptz)`] : []),
  ].join("");
}

/** Adds a value and answers its place. */
function put(values: unknown[], value: unknown): string {
  return `$${values.push(value)}`;
}

/** Whether somebody is or was a member: what a removed one did stays to be read. */
export function wasMember(tenantId: string, memberId: string): Statement {
  return {
    name: "activity_was_member",
    text: `select from members where tenant_id = $1 and id = $2
      union all select from tombstones where tenant_id = $1 and member_id = $2 limit 1`,
    values: [tenantId, memberId],
  };
}

/** An entry as it is written. */
export interface NewActivity {
  readonly id: string;
  readonly memberId: string;
  readonly type: string;
  readonly at: Date;
  readonly key: string | null;
  readonly summary: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * Adds entries about members that there are, and answers the ids of those that were added; one whose key is known adds
 * nothing. It holds the members, so that nothing is written of somebody who is being erased.
 */
export function insertActivity(
  tenantId: string,
  entries: readonly NewActivity[],
  actor: { readonly type: string; readonly id?: string },
): Statement<{ id: string }> {
  return {
    name: "activity_insert",
    text: `with given as (select * from jsonb_to_recordset($2::jsonb) as e (id uuid, "memberId" uuid, type text,
          at timestamptz, key text, summary text, data jsonb)),
        held as (select id from members where tenant_id = $1 and id in (select "memberId" from given)
          order by id for key share)
      insert into activities (tenant_id, id, member_id, type, at, key, summary, data, actor_type, actor_id)
        select $1, g.id, g."memberId", g.type, g.at, g.key, g.summary, g.data, $3, $4
        from given g join held on held.id = g."memberId"
      on conflict (tenant_id, key) where key is not null do nothing returning id`,
    values: [tenantId, JSON.stringify(entries), actor.type, actor.id ?? null],
  };
}

/** Which of these are members. */
export function membersAmong(tenantId: string, ids: readonly string[]): Statement<{ id: string }> {
  return {
    name: "activity_members_among",
    text: "select id from members where tenant_id = $1 and id in (select unnest($2::uuid[]))",
    values: [tenantId, ids],
  };
}

/** Blanks what applications told of somebody; that there was something, of what type and when, stays. */
export function forgetActivity(tenantId: string, memberId: string): Statement {
  return {
    name: "activity_forget",
    text: "update activities set key = null, summary = null, data = '{}' where tenant_id = $1 and member_id = $2",
    values: [tenantId, memberId],
  };
}

/**
 * Deletes the oldest entries that are older than their tenant keeps them, so many of each tenant and in all; answers how
 * many. For the server's own transaction.
 */
export function deleteOldActivity(now: Date, defaultDays: number, most: number): Statement<{ count: number }> {
  return {
    name: "activity_sweep",
    text: `with old as (select t.id as tenant_id, o.id from tenants t cross join lateral (
          select a.id from activities a where a.tenant_id = t.id and a.id < uuid_v7_floor($1::timestamptz
            - coalesce((t.settings->'activity'->>'retentionDays')::integer, $2) * interval '1 day')
          order by a.id limit $3 for update skip locked) o limit $3),
        gone as (delete from activities a using old where a.tenant_id = old.tenant_id and a.id = old.id returning a.id)
      select count(*) from gone`,
    values: [now, defaultDays, most],
  };
}
