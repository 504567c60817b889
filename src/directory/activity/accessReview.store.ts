import type { Entrance, MemberStatus, SeatState } from "../../admission/types.ts";
import type { ScimObject } from "../../scim/types.ts";
import type { Statement } from "../../storage/types.ts";
import { GRANTS } from "../roles/grants.store.ts";

/** The latest change of what somebody may do. */
interface RoleChange {
  readonly eventId: string;
  readonly at: string;
  readonly type: string;
  readonly actorType: string;
  readonly actorId: string | null;
  /** In force, before and after; null where what was given by hand changed. */
  readonly roles: readonly [before: readonly string[], after: readonly string[]] | null;
}

/** A member as a review of accesses needs them. */
export interface ReviewedRow {
  readonly id: string;
  readonly email: string | null;
  readonly scim: ScimObject;
  readonly status: MemberStatus;
  readonly breakGlass: boolean;
  /** In force. */
  readonly roles: readonly string[];
  readonly seat: SeatState;
  /** Permissions given by hand. */
  readonly grants: readonly string[];
  readonly entrance: Entrance;
  readonly directoryName: string | null;
  readonly createdAt: Date;
  readonly lastSignInAt: Date | null;
  readonly inactive: boolean;
  /** Since the day that was asked for; 100 stand for more. */
  readonly changes: number;
  readonly latest: RoleChange | null;
}

/** What a review looks at, and since when. */
export interface ReviewScope {
  readonly only?: "inactive" | "admins" | "changed" | undefined;
  /** Who has not signed in since then is inactive. */
  readonly quietSince: Date;
  readonly changedSince: Date;
  /** The roles that administer. */
  readonly adminRoles: readonly string[];
}

type Condition = (scope: ReviewScope, values: unknown[]) => string;

/** Events that change what a member may do, its first roles too; what else `member.updated` tells is not this review's. */
const changes: Condition = ({ changedSince }, values) => `e.tenant_id = $1 and e.target_id = m.id
  and e.id >= uuid_v7_floor(${put(values, changedSince)}::timestamptz)
  and (e.type = 'member.grants_changed' or e.data ? 'roles' and e.type in ('member.updated', 'member.suspended',
    'member.reactivated', 'member.seat_promoted') or e.type = 'member.created' and e.data->'roles' <> '[]')`;
/** In force before and after: nobody had any before they came. */
const ROLES_CHANGED = `case e.type when 'member.created' then jsonb_build_array('[]'::jsonb, e.data->'roles') else e.data->'roles' end`;
/** Looked at of one member: a directory that moves somebody to and fro makes the page no dearer. */
const MOST_CHANGES = 100;

/** Whoever may still come in and did not; those who never came in count from the day they were added. */
const inactive: Condition = ({ quietSince }, values) =>
  `(m.status <> 'suspended' and coalesce(m.last_sign_in_at, m.created_at) < ${put(values, quietSince)}::timestamptz)`;

/** Who administers is told by roles alone (rule 17). */
const admins: Condition = ({ adminRoles }, values) => `(m.roles && ${put(values, adminRoles)}::text[])`;

const ONLY: { readonly [O in NonNullable<ReviewScope["only"]>]: Condition } = {
  inactive,
  admins,
  changed: (scope, values) => `exists (select from events e where ${changes(scope, values)})`,
};

function where(scope: ReviewScope, values: unknown[]): string {
  return scope.only === undefined ? "m.tenant_id = $1" : `m.tenant_id = $1 and ${ONLY[scope.only](scope, values)}`;
}

/** Members after an id, as a review shows them. */
export function reviewedAfter(
  tenantId: string,
  scope: ReviewScope,
  after: string,
  most: number,
): Statement<ReviewedRow> {
  const values: unknown[] = [tenantId];
  const text = `select m.id, m.email, m.scim, m.status, m.break_glass as "breakGlass", m.roles, m.seat,
        ${GRANTS}, m.entrance, d.name as "directoryName", m.created_at as "createdAt", m.last_sign_in_at as "lastSignInAt", ${inactive(scope, values)} as inactive,
        c.changes, c.latest
      from members m left join directories d on d.tenant_id = m.tenant_id and d.id = m.directory_id
      cross join lateral (select count(*) as changes, (array_agg(jsonb_build_object('eventId', x.id, 'at', x.at,
          'type', x.type, 'actorType', x.actor_type, 'actorId', x.actor_id, 'roles', x.roles) order by x.id desc))[1] as latest
        from (select e.id, e.at, e.type, e.actor_type, e.actor_id, ${ROLES_CHANGED} as roles from events e
          where ${changes(scope, values)} order by e.id desc limit ${MOST_CHANGES}) x) c
      where ${where(scope, values)} and m.id > ${put(values, after)} order by m.id limit ${put(values, most)}`;
  return { name: `access_review_${scope.only ?? "all"}`, text, values };
}

/** How many members there are of each kind; `total` of those that are asked for. */
export function countReviewed(
  tenantId: string,
  scope: ReviewScope,
): Statement<{ total: number; members: number; admins: number; inactive: number }> {
  const values: unknown[] = [tenantId];
  const text = `select count(*) as members, count(*) filter (where ${admins(scope, values)}) as admins,
        count(*) filter (where ${inactive(scope, values)}) as inactive,
        (select count(*) from members m where ${where(scope, values)}) as total
      from members m where m.tenant_id = $1`;
  return { name: `access_review_count_${scope.only ?? "all"}`, text, values };
}

/** Adds a value and answers its place. */
function put(values: unknown[], value: unknown): string {
  return `$${values.push(value)}`;
}
