import { eventValues, toldBy } from "../../events/journal.store.ts";
import type { Event } from "../../events/event.ts";
import type { Statement } from "../../storage/types.ts";
import { ENTERPRISE, type Member } from "./member.ts";

/** Every column that a write sets, with its type; the keys are those of `Member`. Order is that of the values. */
const WRITTEN = {
  scim: ["scim", "jsonb"],
  userNameKey: ["user_name_key", "text"],
  externalId: ["external_id", "text"],
  email: ["email", "text"],
  emailKey: ["email_key", "text"],
  moreEmailKeys: ["more_email_keys", "text[]"],
  nameKey: ["name_key", "text"],
  managerId: ["manager_id", "uuid"],
  emailVerified: ["email_verified", "boolean"],
  directoryId: ["directory_id", "uuid"],
  entrance: ["entrance", "text"],
  joinedAt: ["joined_at", "timestamptz"],
  directoryActive: ["directory_active", "boolean"],
  hold: ["hold", "boolean"],
  breakGlass: ["break_glass", "boolean"],
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
  invitationLapsed: ["invitation_lapsed", "boolean"],
  reasons: ["reasons", "jsonb"],
  lastSignInAt: ["last_sign_in_at", "timestamptz"],
  mustChangePassword: ["password_change", "boolean"],
  version: ["version", "bigint"],
  updatedAt: ["updated_at", "timestamptz"],
} as const satisfies Partial<Record<keyof Member, readonly [column: string, type: string]>>;

const written = Object.entries(WRITTEN) as [keyof typeof WRITTEN, readonly [string, string]][];

const GROUPS = `(select coalesce(jsonb_agg(jsonb_build_object('value', g.id, 'display', g.scim->>'displayName') order by g.id), '[]')
    from memberships x join groups g on g.tenant_id = x.tenant_id and g.id = x.group_id
    where x.tenant_id = m.tenant_id and x.member_id = m.id) as "groups"`;

/** A member's columns under the names of `Member`, for a `select` over `members m`. */
export const MEMBER = [
  'm.id as "id"',
  'm.status as "status"',
  'm.created_at as "createdAt"',
  // Rule 13: directory-managed members ignore SSO groups.
  `case when m.directory_id is null then (select coalesce(jsonb_agg(jsonb_build_object('connectionId', i.connection_id,
      'value', c.value)), '[]') from identities i cross join jsonb_array_elements_text(i.claims) as c (value)
    where i.tenant_id = m.tenant_id and i.member_id = m.id) else '[]' end as "claims"`,
  GROUPS,
  'm.password_hash is not null as "hasPassword"',
  ...written.map(([key, [column]]) => `m.${column} as "${key}"`),
].join(",");

/** What of a member directories are shown; reads load nothing else. */
export type ShownMember = Pick<
  Member,
  "id" | "scim" | "managerId" | "directoryActive" | "groups" | "version" | "createdAt" | "updatedAt"
>;

/** Its columns, for a `select` over `members m`. */
export const SHOWN = [
  'm.id as "id"',
  'm.created_at as "createdAt"',
  GROUPS,
  ...(["scim", "managerId", "directoryActive", "version", "updatedAt"] as const).map(
    (key) => `m.${WRITTEN[key][0]} as "${key}"`,
  ),
].join(",");

/**
 * How a write meets the tenant's seats; each yields a row, or none when its condition does not hold, and then nothing
 * is written. All demand the version of the rules that the decision was made by.
 *
 * - `pass`: no seat moves
 * - `unlimited`: a seat is taken or freed where none are counted
 * - `take`: takes one if there is one; this is rule 1's one statement
 * - `exceed`: takes one above the limit (rule 6), under the lock
 * - `free`: gives one back, under the lock
 * - `look`: sees that there is one, which `takeSeatFor` takes at the end of the transaction
 */
export type SeatDoor = "pass" | "unlimited" | "take" | "exceed" | "free" | "look";

const TAKE =
  "update tenant_seats set used = used + 1 where tenant_id = $1 and rules_version = $2 and used < seat_limit";

const DOORS: Record<SeatDoor, string> = {
  pass: "select from tenant_seats where tenant_id = $1 and rules_version = $2 for key share",
  unlimited:
    "select from tenant_seats where tenant_id = $1 and rules_version = $2 and seat_limit is null for key share",
  take: `${TAKE} returning used`,
  exceed: "update tenant_seats set used = used + 1 where tenant_id = $1 and rules_version = $2 returning used",
  look: "select from tenant_seats where tenant_id = $1 and rules_version = $2 and used < seat_limit",
  free: "update tenant_seats set used = used - 1 where tenant_id = $1 and rules_version = $2 returning used",
};

/** SQLSTATE of `must()`: what the write was decided by holds no more. */
export const STALE = "US001";

/** What a write of one member needs to know besides the member. */
export interface WriteContext {
  readonly tenantId: string;
  readonly rulesVersion: number;
  readonly seatDoor: SeatDoor;
  readonly told: Event;
  /** argon2id, PHC string; null takes the password away, undefined leaves it as it is. */
  readonly passwordHash?: string | null | undefined;
}

const columns = written.map(([, [column]]) => column).join(",");
const FIRST_WRITTEN = 5;
const places = written.map(([, [, type]], i) => `$${FIRST_WRITTEN + i}::${type}`).join(",");
const FIRST_EVENT = FIRST_WRITTEN + written.length;
const versionAt = written.findIndex(([key]) => key === "version");
const moreEmailsAt = written.findIndex(([key]) => key === "moreEmailKeys");

/** The texts of a write through each door: made once, for they are long and the same for everybody. */
function throughEach(text: (door: string) => string): Record<SeatDoor, string> {
  const texts = Object.entries(DOORS).map(([name, door]) => [name, text(door)] as const);
  return Object.fromEntries(texts) as Record<SeatDoor, string>;
}

/** The rows of the addresses beside the first; a trigger keeps them later, and would cost a creation more than all its indexes. */
const MORE_EMAILS = `more as (insert into member_emails (tenant_id, email_key, member_id)
      select $1, key, $3::uuid from born, unnest($${FIRST_WRITTEN + moreEmailsAt}::text[]) as k (key)),`;

function insertThroughEach(more: string): Record<SeatDoor, string> {
  return throughEach(
    (door) => `with door as (${door}),
    born as (insert into members (tenant_id,id,password_hash,created_at,${columns})
      select $1,$3::uuid,$4::text,$${FIRST_EVENT + 8}::timestamptz,${places} from door returning version),
    ${more}
    told as (${toldBy("born", FIRST_EVENT)})
    select version from born`,
  );
}

const INSERT = insertThroughEach("");
const INSERT_WITH_EMAILS = insertThroughEach(MORE_EMAILS);

/**
 * Rule 29: who is not active any more has no session. Nor has who is so again: a sign-in that ends while this statement
 * waits for it opens one that the statement does not see, and that would live again then. With a password that is taken
 * away (an empty text) go the sessions that a password has opened.
 */
const UPDATE = throughEach(
  (door) => `with door as (${door}),
      changed as (update members m set (password_hash,${columns}) = row(nullif(coalesce($4::text, m.password_hash), ''),${places})
        from door where m.tenant_id = $1 and m.id = $3::uuid and m.version = $${FIRST_WRITTEN + versionAt}::bigint - 1
        returning m.version, m.status),
      ended as (delete from sessions s using changed where s.tenant_id = $1 and s.member_id = $3::uuid
        and (changed.status <> 'active' or ($4::text = '' and s.auth_method = 'password') or (select was.status from members was where was.tenant_id = $1
          and was.id = $3::uuid) <> 'active')),
      told as (${toldBy("changed", FIRST_EVENT)})
      select (select version from changed) as version,
        must(exists (select from changed) or not exists (select from door))`,
);

/** Creates a member through a seat door and tells it; answers one row, or none when the door was shut. */
export function insertMember(context: WriteContext, member: Member): Statement<{ version: number }> {
  const { seatDoor } = context;
  const given = [...values(context, member), member.createdAt];
  return member.moreEmailKeys.length === 0
    ? { name: `member_insert_${seatDoor}`, text: INSERT[seatDoor], values: given }
    : { name: `member_insert_${seatDoor}_emails`, text: INSERT_WITH_EMAILS[seatDoor], values: given };
}

/**
 * Waits until it is this transaction's turn to take one of a tenant's seats, in front of `takeSeatFor`: whoever waits here
 * sleeps once and then finds the row as it is, where one who waits for the row is woken twice and asks everything again.
 */
export function awaitSeat({ tenantId }: WriteContext): Statement {
  return {
    name: "member_await_seat",
    text: "select pg_advisory_xact_lock(hashtextextended('seats ' || $1::text, 0))",
    values: [tenantId],
  };
}

/**
 * Takes the seat of a member whom this transaction has created, if it has: its last statement, for all who take one of
 * a tenant's seats wait for each other from here to the commit.
 *
 * @throws SQLSTATE US001 when others took the last one meanwhile, or the rules have changed
 */
export function takeSeatFor({ tenantId, rulesVersion }: WriteContext, memberId: string): Statement {
  return {
    name: "member_take_seat",
    text: `with born as materialized (select from members where tenant_id = $1 and id = $3::uuid),
        door as (${TAKE} and exists (select from born) returning used)
      select must(exists (select from door) or not exists (select from born))`,
    values: [tenantId, rulesVersion, memberId],
  };
}

/**
 * Changes a member that still has the version it was read with (`member.version - 1`), through a seat door, and tells
 * it; whoever is no longer active has no session from then on (rule 29); answers the version, or null when the door was shut.
 *
 * @throws SQLSTATE US001 when somebody else was faster: read again
 */
export function updateMember(context: WriteContext, member: Member): Statement<{ version: number | null }> {
  return {
    name: `member_update_${context.seatDoor}`,
    text: UPDATE[context.seatDoor],
    values: values(context, member),
  };
}

function values(context: WriteContext, member: Member): unknown[] {
  const own = written.map(([key]) => toWire(key, member[key]));
  const { tenantId, rulesVersion, passwordHash, told } = context;
  const hash = passwordHash === null ? "" : (passwordHash ?? null);
  return [tenantId, rulesVersion, member.id, hash, ...own, ...eventValues(told)];
}

/** pg writes arrays as SQL arrays; those in a jsonb column are JSON. */
function toWire(key: keyof typeof WRITTEN, value: unknown): unknown {
  return WRITTEN[key][1] === "jsonb" ? JSON.stringify(value) : value;
}

const SHOWN_BY_ID = `select ${SHOWN} from members m where m.tenant_id = $1 and m.id = $2 and not m.break_glass`;

/** One member by id, as directories see them (rule 19). */
export function shownMember(tenantId: string, id: string): Statement<ShownMember> {
  return {
    name: "member_shown",
    text: SHOWN_BY_ID,
    values: [tenantId, id],
  };
}

const BY_ID = `select ${MEMBER} from members m where m.tenant_id = $1 and m.id = $2`;

/** One member by id; break-glass members included. */
export function memberById(tenantId: string, id: string): Statement<Member> {
  return {
    name: "member_by_id",
    text: BY_ID,
    values: [tenantId, id],
  };
}

/** The same, locked until the transaction ends. */
export function lockMember(tenantId: string, id: string): Statement<Member> {
  return {
    name: "member_lock",
    text: `select ${MEMBER} from members m where m.tenant_id = $1 and m.id = $2 for no key update`,
    values: [tenantId, id],
  };
}

/** Deletes a member that still has this version, and leaves the tombstone of rule 22; answers one row or none. */
export function deleteMember(tenantId: string, member: Member, now: Date): Statement<{ id: string }> {
  return {
    name: "member_delete",
    text: `with gone as (delete from members where tenant_id = $1 and id = $2 and version = $3 returning id, email_key),
      buried as (insert into tombstones (tenant_id, member_id, email_key, removed_at)
        select $1, id, coalesce(email_key, ''), $4::timestamptz from gone)
      select id from gone`,
    values: [tenantId, member.id, member.version, now],
  };
}

/** Whether a member has this id. */
export function memberExists(tenantId: string, id: string): Statement {
  return {
    name: "member_exists",
    text: "select from members where tenant_id = $1 and id = $2",
    values: [tenantId, id],
  };
}

/**
 * Demands that a member with this id is there. Behind a write, which has passed the tenant's seats, it sees whoever was
 * removed before; who is removed later sees the write.
 *
 * @throws SQLSTATE US001 where there is none
 */
export function memberThere(tenantId: string, id: string): Statement {
  return {
    name: "member_there",
    text: "select must(exists (select from members where tenant_id = $1 and id = $2))",
    values: [tenantId, id],
  };
}

/**
 * Clears a manager who is no more from those they managed, and the extension that holds nothing else: a reference to
 * nobody would be refused when the directory writes it back.
 */
export function clearManager(tenantId: string, managerId: string, now: Date): Statement {
  return {
    name: "member_clear_manager",
    text: `with changed as (update members set manager_id = null, version = version + 1, updated_at = greatest(updated_at, $3),
          scim = case when (scim->$4::text) - 'manager' = '{}'::jsonb then scim - $4::text
            else scim #- array[$4::text, 'manager'] end
        where tenant_id = $1 and manager_id = $2 returning id)
      insert into events (tenant_id, id, type, actor_type, target_type, target_id, at, data)
      select $1, uuid_v7($3), 'member.updated', 'system', 'member', id, $3,
        jsonb_build_object('attributes', jsonb_build_array($4::text)) from changed`,
    values: [tenantId, managerId, now, ENTERPRISE],
  };
}

/** A member who has this e-mail address or user name (folded), but for one. */
export function memberWithAddress(
  tenantId: string,
  emailKey: string,
  exceptId: string | null,
): Statement<{ id: string }> {
  return {
    name: "member_with_address",
    text: `select id from members where tenant_id = $1 and (email_key = $2 or user_name_key = $2)
      and id is distinct from $3::uuid limit 1`,
    values: [tenantId, emailKey, exceptId],
  };
}

/** How many members are there for emergencies (rule 28), but for one. */
export function otherBreakGlass(tenantId: string, memberId: string): Statement<{ count: number }> {
  return {
    name: "member_other_break_glass",
    text: "select count(*) from members where tenant_id = $1 and break_glass and id <> $2",
    values: [tenantId, memberId],
  };
}

/**
 * Whether nobody administers by a hold (rule 17) while another administers too.
 *
 * @throws SQLSTATE US001 where somebody does
 */
export function noHoldLeft(tenantId: string): Statement {
  return {
    name: "member_no_hold_left",
    text: `select must(count(*) < 2 or not bool_or(last_admin_hold <> '{}'))
      from members where tenant_id = $1 and administers`,
    values: [tenantId],
  };
}

/** How many members administer (rule 17), but for one. */
export function otherAdmins(tenantId: string, memberId: string): Statement<{ count: number }> {
  return {
    name: "member_other_admins",
    text: `select count(*) from members where tenant_id = $1 and administers and id <> $2`,
    values: [tenantId, memberId],
  };
}
