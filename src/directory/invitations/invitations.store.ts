import type { Entrance, SeatState } from "../../admission/types.ts";
import type { Statement } from "../../storage/types.ts";

/**
 * `void`: the person joined by another way; a `pending` one is shown as `expired` from its time on, whether or not the
 * job has come round.
 */
export const invitationStatuses = ["pending", "accepted", "expired", "revoked", "void"] as const;
export type InvitationStatus = (typeof invitationStatuses)[number];

/** Who made an invitation or a link, and may what it gives. */
export interface Creator {
  readonly creatorType: "operator" | "member" | "api_key";
  readonly creatorId: string | null;
}

/** An invitation as it is listed; its id is the invited member's. */
export interface Invitation extends Creator {
  readonly id: string;
  readonly email: string;
  readonly name: { readonly givenName: string | null; readonly familyName: string | null };
  /** Roles and templates that it names; none = what the tenant's settings give newcomers. */
  readonly roles: readonly string[];
  readonly status: InvitationStatus;
  readonly entrance: Entrance;
  readonly seat: SeatState;
  /** Whether the latest token went by mail. */
  readonly mailed: boolean;
  readonly serial: number;
  readonly sentAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
  readonly createdAt: Date;
}

const STATUS = `case when i.state = 'accepted' then 'accepted' when m.joined_at is not null then 'void'
  when i.state = 'pending' and i.expires_at <= $2::timestamptz then 'expired' else i.state end`;
const INVITATION = `m.id, coalesce(m.email, '') as email, jsonb_build_object('givenName', m.scim#>>'{name,givenName}',
    'familyName', m.scim#>>'{name,familyName}') as name, m.granted as roles, ${STATUS} as status, m.entrance, m.seat,
  i.mailed, i.serial, i.sent_at as "sentAt", i.expires_at as "expiresAt", i.ended_at as "endedAt",
  m.created_at as "createdAt", i.creator_type as "creatorType", i.creator_id as "creatorId"`;
const FROM = "invitations i join members m on m.tenant_id = i.tenant_id and m.id = i.member_id";

/** One invitation; for somebody else to wait for until the transaction ends. */
export function lockInvitation(tenantId: string, id: string, now: Date): Statement<Invitation> {
  return {
    name: "invitation_lock",
    text: `select ${INVITATION} from ${FROM} where i.tenant_id = $1 and i.member_id = $3 for no key update of i`,
    values: [tenantId, now, id],
  };
}

/** Invitations of a status, or of any, after an id. */
export function invitationsAfter(
  tenantId: string,
  status: InvitationStatus | null,
  now: Date,
  after: string,
  most: number,
): Statement<Invitation> {
  return {
    name: "invitation_list",
    text: `select ${INVITATION} from ${FROM} where i.tenant_id = $1 and i.member_id > $4
      and ($3::text is null or ${STATUS} = $3) order by i.member_id limit $5`,
    values: [tenantId, now, status, after, most],
  };
}

/** Those of these members. */
export function invitationsById(tenantId: string, ids: readonly string[], now: Date): Statement<Invitation> {
  return {
    name: "invitation_by_id",
    text: `select ${INVITATION} from ${FROM} where i.tenant_id = $1 and i.member_id = any ($3::uuid[])`,
    values: [tenantId, now, ids],
  };
}

/** How many there are. */
export function countInvitations(
  tenantId: string,
  status: InvitationStatus | null,
  now: Date,
): Statement<{ count: number }> {
  return {
    name: "invitation_count",
    text: `select count(*) from ${FROM} where i.tenant_id = $1 and ($3::text is null or ${STATUS} = $3)
      and $2::timestamptz is not null`,
    values: [tenantId, now, status],
  };
}

/** What is written of an invitation that goes out, for the first time or again. */
export interface Sending extends Creator {
  readonly memberId: string;
  readonly hash: Buffer;
  readonly serial: number;
  readonly emailKey: string;
  readonly mailed: boolean;
  readonly expiresAt: Date;
}

/** Writes one that goes out; what opened it before opens nothing any more. */
export function writeInvitation(tenantId: string, sending: Sending, now: Date): Statement {
  const { memberId, serial, hash, emailKey, mailed, creatorType, creatorId, expiresAt } = sending;
  return {
    name: "invitation_write",
    text: `insert into invitations (tenant_id, member_id, serial, hash, email_key, mailed, creator_type, creator_id,
        sent_at, expires_at) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)
      on conflict (tenant_id, member_id) do update set (serial, hash, email_key, mailed, creator_type, creator_id, sent_at,
        expires_at, state, ended_at) = row($3,$4,$5,$6,$7,$8,$9,$10,'pending',null)`,
    values: [tenantId, memberId, serial, hash, emailKey, mailed, creatorType, creatorId, now, expiresAt],
  };
}

/** Ends one: no token opens it any more. */
export function endInvitation(
  tenantId: string,
  id: string,
  state: "accepted" | "expired" | "revoked",
  now: Date,
): Statement {
  return {
    name: "invitation_end",
    text: `update invitations set state = $3, hash = null, ended_at = $4 where tenant_id = $1 and member_id = $2`,
    values: [tenantId, id, state, now],
  };
}

/** Somebody who is here by an address already. */
export interface Known {
  readonly key: string;
  readonly id: string;
  readonly status: "invited" | "active" | "suspended";
  /** Whether they are invited and the invitation no longer opens anything. */
  readonly lapsed: boolean;
  readonly serial: number | null;
}

/** Members who have one of these addresses (folded), as e-mail or user name. */
export function knownByAddress(tenantId: string, keys: readonly string[], now: Date): Statement<Known> {
  return {
    name: "invitation_known",
    text: `select k.key, m.id, m.status, m.status = 'invited' and (m.invitation_lapsed or i.member_id is null
          or i.state <> 'pending' or i.expires_at <= $3) as lapsed, i.serial
      from unnest($2::text[]) k (key) cross join lateral (
          select e.id, e.status, e.invitation_lapsed, e.joined_at from members e where e.tenant_id = $1 and e.email_key = k.key
          union all select u.id, u.status, u.invitation_lapsed, u.joined_at from members u
            where u.tenant_id = $1 and u.user_name_key = k.key
          order by joined_at nulls last limit 1) m
        left join invitations i on i.tenant_id = $1 and i.member_id = m.id`,
    values: [tenantId, keys, now],
  };
}

/** The invitation of somebody who has not joined, whichever state it is in. */
export interface Standing extends Creator {
  readonly id: string;
  readonly entrance: Entrance;
  readonly email: string;
  readonly emailKey: string;
  readonly mailed: boolean;
  /** Roles and templates that it names. */
  readonly roles: readonly string[];
  readonly hold: boolean;
  readonly open: boolean;
}

const STANDING = `i.member_id as id, m.entrance, coalesce(m.email, '') as email, i.email_key as "emailKey", i.mailed,
  m.granted as roles, m.hold, i.state = 'pending' and i.expires_at > $2 and not m.invitation_lapsed and not m.hold and m.email_key = i.email_key as open,
  i.creator_type as "creatorType", i.creator_id as "creatorId"`;

/** The one that a token opens: pending, in time, of somebody who has neither joined nor another address by now. */
export function invitationByHash(
  tenantId: string,
  hash: Buffer,
  now: Date,
): Statement<Standing & { readonly named: boolean }> {
  return {
    name: "invitation_by_hash",
    text: `select s.* from (select ${STANDING}, m.scim ? 'name' as named from ${FROM}
        where i.tenant_id = $1 and i.hash = $3 and m.joined_at is null) s where s.open`,
    values: [tenantId, now, hash],
  };
}

/** The one of somebody who has not joined. */
export function invitationOf(tenantId: string, memberId: string, now: Date): Statement<Standing> {
  return {
    name: "invitation_of",
    text: `select ${STANDING} from ${FROM} where i.tenant_id = $1 and i.member_id = $3 and m.joined_at is null`,
    values: [tenantId, now, memberId],
  };
}

/**
 * Those whose time is over and that nobody has ended, so many at most, the first to end first. By the database's clock
 * too: it is the one by which their job has begun.
 */
export function dueInvitations(tenantId: string, now: Date, most: number): Statement<{ id: string; joined: boolean }> {
  return {
    name: "invitation_due",
    text: `select i.member_id as id, m.joined_at is not null as joined from ${FROM}
      where i.tenant_id = $1 and i.state = 'pending' and i.expires_at <= greatest($2, now()) order by i.expires_at, i.member_id limit $3`,
    values: [tenantId, now, most],
  };
}

/** What a letter needs: the invitation as it went out, if it is still that one. */
export function invitationToMail(
  tenantId: string,
  id: string,
  serial: number,
  now: Date,
): Statement<{ hash: Buffer; emailKey: string; slug: string }> {
  return {
    name: "invitation_to_mail",
    text: `select i.hash, i.email_key as "emailKey", t.slug from ${FROM} join tenants t on t.id = i.tenant_id
      where i.tenant_id = $1 and i.member_id = $2 and i.serial = $3 and i.mailed and i.state = 'pending'
        and i.expires_at > $4 and m.joined_at is null and m.email_key = i.email_key`,
    values: [tenantId, id, serial, now],
  };
}

/** How many were made: on a day, and ever. */
export function invitationsMade(tenantId: string, day: Date): Statement<{ today: number; ever: number }> {
  return {
    name: "invitation_made",
    text: `select coalesce(sum(count), 0)::bigint as ever, coalesce(sum(count) filter (where day = $2), 0)::bigint as today
      from invitation_counts where tenant_id = $1`,
    values: [tenantId, day],
  };
}

/** Counts some more. */
export function countMade(tenantId: string, day: Date, count: number): Statement {
  return {
    name: "invitation_count_made",
    text: `insert into invitation_counts (tenant_id, day, count) values ($1,$2,$3)
      on conflict (tenant_id, day) do update set count = invitation_counts.count + excluded.count`,
    values: [tenantId, day, count],
  };
}

/** What a member who made an invitation holds now, or a key; no row where there is no such creator any more. */
export function creatorHolds(
  tenantId: string,
  { creatorType, creatorId }: Creator,
  now: Date,
): Statement<{
  roles: readonly string[];
  needsSeat: boolean;
  seat: SeatState;
  grants: readonly string[];
}> {
  return creatorType === "member"
    ? {
        name: "invitation_creator_member",
        text: `select m.roles, m.needs_seat as "needsSeat", m.seat, array(select unnest(p.permissions)
              from member_permissions p where p.tenant_id = $1 and p.member_id = m.id) as grants
          from members m where m.tenant_id = $1 and m.id = $2 and m.status = 'active'`,
        values: [tenantId, creatorId],
      }
    : {
        name: "invitation_creator_key",
        text: `select '{}'::text[] as roles, false as "needsSeat", 'none' as seat, permissions as grants from api_keys
          where tenant_id = $1 and id = $2 and (expires_at is null or expires_at > $3)`,
        values: [tenantId, creatorId, now],
      };
}
