import type { Event } from "../../events/event.ts";
import type { Statement } from "../../storage/types.ts";
import type { Member } from "../members/member.ts";
import { MEMBER } from "../members/members.store.ts";

/** Which members: those of a directory, those with one of some statuses, those with one of some roles; null = whichever. */
export interface MembersOf {
  readonly directoryId: string | null;
  readonly statuses: readonly string[] | null;
  /** In force or entitled. */
  readonly roles?: readonly string[] | null;
  /** Those alone who administer. */
  readonly administering?: boolean;
}

/** Members after an id, to be decided anew; under the lock of the tenant's seats nobody else writes them. */
export function membersAfter(
  tenantId: string,
  { directoryId, statuses, roles = null, administering = false }: MembersOf,
  after: string,
  most: number,
): Statement<Member> {
  return {
    name: "redecide_read",
    text: `select ${MEMBER} from members m where m.tenant_id = $1 and m.id > $2
      and ($3::uuid is null or m.directory_id = $3) and ($4::text[] is null or m.status = any($4))
      and ($6::text[] is null or m.entitled && $6 or m.roles && $6) and (m.administers or not $7)
      order by m.id limit $5`,
    values: [tenantId, after, directoryId, statuses, most, roles, administering],
  };
}

/** These members, in the order of their arrival. */
export function membersWith(tenantId: string, ids: readonly string[]): Statement<Member> {
  return {
    name: "redecide_read_ids",
    text: `select ${MEMBER} from members m where m.tenant_id = $1 and m.id = any ($2::uuid[]) order by m.created_at, m.id`,
    values: [tenantId, ids],
  };
}

/** Those who keep a role because nobody else administers (rule 17). */
export function membersHeld(tenantId: string): Statement<Member> {
  return {
    name: "redecide_read_held",
    text: `select ${MEMBER} from members m where m.tenant_id = $1 and m.administers and m.last_admin_hold <> '{}'`,
    values: [tenantId],
  };
}

/** What a new decision may write of a member, with its column and type. */
const DECIDED = {
  directoryId: ["directory_id", "uuid"],
  directoryActive: ["directory_active", "boolean"],
  hold: ["hold", "boolean"],
  granted: ["granted", "text[]"],
  mapped: ["mapped", "text"],
  lastAdminHold: ["last_admin_hold", "text[]"],
  entitled: ["entitled", "text[]"],
  roles: ["roles", "text[]"],
  administers: ["administers", "boolean"],
  seat: ["seat", "text"],
  waitingSince: ["waiting_since", "timestamptz"],
  needsSeat: ["needs_seat", "boolean"],
  displacedAt: ["displaced_at", "timestamptz"],
  reasons: ["reasons", "jsonb"],
  version: ["version", "bigint"],
  updatedAt: ["updated_at", "timestamptz"],
} as const satisfies Partial<Record<keyof Member, readonly [column: string, type: string]>>;

const decided = Object.entries(DECIDED) as [keyof typeof DECIDED, readonly [string, string]][];
const columns = decided.map(([, [column]]) => column).join(",");
const typed = decided.map(([, [column, type]]) => `${column} ${type}`).join(",");

/** Writes members as they were decided anew, and tells each, in one statement. */
export function writeDecided(tenantId: string, members: readonly Member[], told: readonly Event[]): Statement {
  const rows = members.map((member) => ({
    id: member.id,
    ...Object.fromEntries(decided.map(([key, [column]]) => [column, member[key]])),
  }));
  const events = told.map(({ id, type, actor, target, at, data }) => ({
    id,
    type,
    actor_type: actor.type,
    actor_id: actor.id ?? null,
    target_type: target.type,
    target_id: target.id,
    at,
    data,
  }));
  return {
    name: "redecide_write",
    text: `with next as (select * from jsonb_to_recordset($2::jsonb) as r(id uuid,${typed})),
      changed as (update members m set (${columns}) = row(${decided.map(([, [column]]) => `next.${column}`).join(",")})
        from next where m.tenant_id = $1 and m.id = next.id returning m.id, m.status),
      ended as (delete from sessions s using changed
        where changed.status <> 'active' and s.tenant_id = $1 and s.member_id = changed.id)
      insert into events (tenant_id,id,type,actor_type,actor_id,target_type,target_id,at,data)
      select $1::uuid, e.* from jsonb_to_recordset($3::jsonb) as e(id uuid, type text, actor_type text, actor_id uuid,
        target_type text, target_id uuid, at timestamptz, data jsonb)`,
    values: [tenantId, JSON.stringify(rows), JSON.stringify(events)],
  };
}

/** How many members administer (rule 17). */
export function countAdmins(tenantId: string): Statement<{ count: number }> {
  return {
    name: "redecide_admins",
    text: "select count(*) from members where tenant_id = $1 and administers",
    values: [tenantId],
  };
}
