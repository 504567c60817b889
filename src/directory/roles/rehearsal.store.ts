import type { Statement } from "../../storage/types.ts";
import type { Decidable } from "../members/member.ts";
import type { TenantRules } from "./rules.ts";

/** What rules read of a member, beside the row itself. */
interface Read {
  /** The groups that mappings name: in which others somebody is decides nothing. */
  readonly groupIds: readonly string[];
  readonly claims: boolean;
  /** What directories asserted. */
  readonly scim: boolean;
}

/** What these rules read. */
export function readBy({ rules }: TenantRules): Read {
  const { mappings } = rules;
  return {
    groupIds: [...new Set(mappings.flatMap((mapping) => ("group" in mapping ? mapping.group.ids : [])))],
    claims: mappings.some((mapping) => "claim" in mapping),
    scim: mappings.some((mapping) => "when" in mapping),
  };
}

const NONE = "'[]'::jsonb";
// Rule 13: directory-managed members ignore SSO groups.
const CLAIMS = `case when m.directory_id is null then (select coalesce(jsonb_agg(jsonb_build_object(
    'connectionId', i.connection_id, 'value', c.value)), '[]') from identities i
    cross join jsonb_array_elements_text(i.claims) as c (value) where i.tenant_id = $1 and i.member_id = m.id)
  else '[]' end`;

function groups(ids: readonly string[], values: unknown[]): string {
  if (ids.length === 0) return NONE;
  return `(select coalesce(jsonb_agg(jsonb_build_object('value', x.group_id)), '[]') from memberships x
    where x.tenant_id = $1 and x.member_id = m.id and x.group_id in (select unnest(${put(values, ids)}::uuid[])))`;
}

function rows({ groupIds, claims, scim }: Read, values: unknown[]): string {
  return `select m.id, m.directory_id as "directoryId",
    ${claims ? CLAIMS : NONE} as claims, ${groups(groupIds, values)} as groups,
    ${scim ? "m.scim" : "'{}'::jsonb"} as scim, m.entrance, m.joined_at as "joinedAt",
    m.directory_active as "directoryActive", m.hold, m.break_glass as "breakGlass", m.status, m.granted, m.mapped,
    m.last_admin_hold as "lastAdminHold", m.entitled, m.roles, m.administers, m.seat, m.waiting_since as "waitingSince",
    m.needs_seat as "needsSeat", m.displaced_at as "displacedAt", m.invitation_lapsed as "invitationLapsed", m.reasons,
    m.created_at as "createdAt" from members m where m.tenant_id = $1`;
}

/** All members after an id, so many. */
export function rehearsedAfter(tenantId: string, read: Read, after: string, most: number): Statement<Decidable> {
  const values: unknown[] = [tenantId];
  const text = `${rows(read, values)} and m.id > ${put(values, after)} order by m.id limit ${put(values, most)}`;
  return { text, values };
}

/** Whoever may change before it is their turn: those who wait, and those who keep a role by rule 17. */
export function rehearsedFirst(tenantId: string, read: Read): Statement<Decidable> {
  const values: unknown[] = [tenantId];
  const early = "(m.waiting_since is not null or m.administers and m.last_admin_hold <> '{}')";
  return { text: `${rows(read, values)} and ${early}`, values };
}

/** Adds a value and answers its place. */
function put(values: unknown[], value: unknown): string {
  return `$${values.push(value)}`;
}
