import type { Statement, Who } from "../../storage/types.ts";
import type { Traces } from "../members/erase.ts";
import { TEAM_IDS } from "../teams/teams.store.ts";

/** Why somebody leaves: the access of one may come back, the other is no member any more. */
export type Cause = "suspended" | "removed";

/** Somebody who leaves, with what only the caller knows. */
export interface Leaver {
  readonly id: string;
  /** When they left. */
  readonly at: Date;
  /** Who caused it. */
  readonly actorType: string;
  readonly actorId: string | null;
  /** Roles in force until they left. */
  readonly roles: readonly string[];
  /** The member whom an admin named to take over. */
  readonly reassignTo: string | null;
  /** Kept until their erasure, where that waits; null where none is to come. */
  readonly person: (Traces & { readonly displayName: string; readonly email: string | null }) | null;
}

/** A manager of more people than this is told how many they are. */
const MOST_REPORTS = 500;

/** What the application must reassign, in ids: as far as Usher knows. */
const LEAVES = `jsonb_build_object('roles', l.roles, 'teams', ${TEAM_IDS},
  'resources', (select coalesce(jsonb_agg(jsonb_build_object('area', r.area, 'id', r.resource, 'actions', r.actions)
      order by r.area, r.resource), '[]') from member_resources r where r.tenant_id = m.tenant_id and r.member_id = m.id),
  'isContact', coalesce(lower(policy.contact) = m.email_key, false),
  'apiKeys', to_jsonb(array(select k.id from api_keys k
    where k.tenant_id = m.tenant_id and k.created_by = 'member:' || m.id order by k.id)),
  'scimTokens', to_jsonb(array(select k.id from scim_tokens k
    where k.tenant_id = m.tenant_id and k.created_by = 'member:' || m.id order by k.id)))
  || (select jsonb_build_object('reports', coalesce(to_jsonb((array_agg(x.id order by x.id))[:${MOST_REPORTS}]), '[]'),
      'reportCount', count(*)) from members x where x.tenant_id = m.tenant_id and x.manager_id = m.id)`;

/**
 * Writes down and tells that these people leave, with what there is to reassign: of those who are there and, where it is
 * their suspension, who are still suspended and of whom neither that nor their removal is told yet. Where the tenant
 * waits for its application, a job comes at the end of the time. Of who is to be erased is kept what that needs to know,
 * until then or for a minute.
 */
export function tellLeaving(
  { tenantId, now }: Pick<Who, "tenantId" | "now">,
  cause: Cause,
  leavers: readonly Leaver[],
): Statement {
  return {
    name: "offboarding_tell",
    text: `with policy as (select coalesce((settings #>> '{members,offboardingDays}')::integer, 0) as days,
          coalesce(settings #>> '{members,removal}' = 'erase', false) as erases, contact->>'email' as contact
        from tenants where id = $1),
      leaving as materialized (select uuid_v7(l.at) as id, l.at, m.id as member_id, ${LEAVES} as leaves,
          l."reassignTo" as reassign_to, l."actorType" as actor_type, l."actorId" as actor_id,
          case when policy.days > 0 then l.at + policy.days * interval '1 day' end as due_at,
          case when policy.erases then l.person end as person
        from policy, jsonb_to_recordset($2::jsonb) as l (id uuid, at timestamptz, "actorType" text, "actorId" uuid, roles jsonb,
            "reassignTo" uuid, person jsonb)
          join members m on m.tenant_id = $1 and m.id = l.id
        where $4::text = 'removed' or m.status = 'suspended' for share of m),
      written as (insert into offboardings (tenant_id, id, member_id, cause, leaves, reassign_to, person, created_at, due_at)
        select $1, id, member_id, $4::text, leaves, reassign_to, person, at, due_at from leaving
        on conflict (tenant_id, member_id) where ended_at is null do update set id = excluded.id, cause = excluded.cause,
          leaves = excluded.leaves, reassign_to = excluded.reassign_to, person = excluded.person,
          created_at = excluded.created_at, due_at = excluded.due_at
        where $4::text = 'removed' or offboardings.cause <> 'removed' and offboardings.created_at < excluded.created_at
        returning member_id),
      later as (insert into jobs (tenant_id, kind, payload, run_at)
        select $1, case when due_at is null then '${LATE_JOB}' else '${DUE_JOB}' end, jsonb_build_object('id', id),
          coalesce(due_at, $3::timestamptz + interval '1 minute')
        from leaving join written using (member_id) where due_at is not null or person is not null)
      insert into events (tenant_id, id, type, actor_type, actor_id, target_type, target_id, at, data)
      select $1, uuid_v7($3::timestamptz), 'member.offboarding', actor_type, actor_id, 'member', member_id, $3::timestamptz,
        jsonb_build_object('offboarding', id, 'cause', $4::text, 'reassignTo', reassign_to, 'dueAt',
          to_char(due_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) || leaves
      from leaving join written using (member_id)`,
    values: [tenantId, JSON.stringify(leavers), now, cause],
  };
}

/** The job at the end of the time that an application has. */
export const DUE_JOB = "offboarding.due";
/** The job behind an erasure that happened at once: logs that are written in batches had some lines under way. */
export const LATE_JOB = "offboarding.late";

/** Whoever is active again has left nothing: what waited for their application waits no more. A removal stands. */
export function takeBack(tenantId: string, memberIds: readonly string[]): Statement {
  return {
    name: "offboarding_take_back",
    text: `delete from offboardings o
      where o.tenant_id = $1 and o.ended_at is null and o.cause = 'suspended' and o.member_id = any(array(select unnest($2::uuid[])))`,
    values: [tenantId, memberIds],
  };
}
