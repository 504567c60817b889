import type { Statement } from "../../storage/types.ts";

/** The seat row of a tenant. */
export interface SeatRow {
  readonly limit: number | null;
  readonly used: number | null;
  readonly rulesVersion: number;
}

/**
 * Locks the tenant's seats, in a statement of its own: what follows reads members with a snapshot that is younger than
 * the lock (rule 1).
 */
export function lockSeats(tenantId: string): Statement<SeatRow> {
  return {
    name: "seats_lock",
    text: `select seat_limit as "limit", used, rules_version as "rulesVersion"
      from tenant_seats where tenant_id = $1 for update`,
    values: [tenantId],
  };
}

/** Keeps rules and limits as they are until the transaction ends, and lets others pass who do the same. */
export function passSeats(tenantId: string): Statement {
  return {
    name: "seats_pass",
    text: "select from tenant_seats where tenant_id = $1 for key share",
    values: [tenantId],
  };
}

/** The numbers of a tenant, the one way in which they are counted; unlimited tenants are counted when asked. */
const COUNTED = `s.seat_limit as "limit",
  coalesce(s.used, (select count(*) from members m where m.tenant_id = s.tenant_id and m.seat = 'held')) as used,
  (select count(*) from members m where m.tenant_id = s.tenant_id and m.waiting_since is not null) as waiting`;

/** Seats in use and people waiting, as `seats` shows them. */
export interface CountedSeats {
  readonly limit: number | null;
  readonly used: number;
  readonly waiting: number;
}

/** The seats of a tenant. */
export function countSeats(tenantId: string): Statement<CountedSeats> {
  return {
    name: "seats_count",
    text: `select ${COUNTED} from tenant_seats s where s.tenant_id = $1`,
    values: [tenantId],
  };
}

/** The seats of every tenant after an id, for who reads across tenants. */
export function seatsOfTenants(
  after: string,
  most: number,
): Statement<CountedSeats & { id: string; slug: string; plan: string | null }> {
  return {
    name: "seats_of_tenants",
    text: `select t.id, t.slug, t.plan, ${COUNTED} from tenants t join tenant_seats s on s.tenant_id = t.id
      where t.id > $1 and t.deleted_at is null order by t.id limit $2`,
    values: [after, most],
  };
}

/** Counts what is held, from the rows: what `used` is set to when a limit comes to an unlimited tenant. */
export function heldSeats(tenantId: string): Statement<{ held: number }> {
  return {
    name: "seats_held",
    text: "select count(*) as held from members where tenant_id = $1 and seat = 'held'",
    values: [tenantId],
  };
}

/** Sets limit, use and the next version of the rules, under the lock. */
export function writeSeats(tenantId: string, limit: number | null, used: number | null): Statement {
  return {
    name: "seats_write",
    text: "update tenant_seats set seat_limit = $2, used = $3, rules_version = rules_version + 1 where tenant_id = $1",
    values: [tenantId, limit, used],
  };
}

/** Gives one seat back, under the lock. */
export function freeSeat(tenantId: string): Statement {
  return {
    name: "seats_free",
    text: "update tenant_seats set used = used - 1 where tenant_id = $1 and used is not null",
    values: [tenantId],
  };
}

/** Takes or gives back many seats at once, under the lock. */
export function moveUsed(tenantId: string, taken: number): Statement {
  return {
    name: "seats_move",
    text: "update tenant_seats set used = used + $2 where tenant_id = $1 and used is not null",
    values: [tenantId, taken],
  };
}

/**
 * Promotes waiting members into free seats, at most `most` of them, by (waitingSince, created, id) (rules 2 and 4), and
 * tells it. Only under the lock. What they are entitled to comes into force. Who is promoted may be an admin, and then
 * `releaseHeldAdmins` must follow.
 *
 * @param adminRoles the roles that administer
 */
export function promoteWaiting(
  tenantId: string,
  most: number,
  now: Date,
  adminRoles: readonly string[],
): Statement<{ administers: boolean }> {
  return {
    name: "seats_promote",
    text: `with free as (select least($2, seat_limit - used) as seats from tenant_seats where tenant_id = $1),
      next as (select id, roles from members where tenant_id = $1 and waiting_since is not null and status <> 'suspended'
        order by waiting_since, created_at, id limit (select greatest(0, coalesce(seats, $2)) from free)),
      moved as (update members m set seat = 'held', roles = m.entitled, waiting_since = null, displaced_at = null,
          reasons = (m.reasons - (jsonb_array_length(m.reasons) - 1)) || '[{"code":"promoted"}]'::jsonb,
          administers = m.status = 'active' and not m.break_glass and m.entitled && $4::text[],
          version = m.version + 1, updated_at = greatest(m.updated_at, $3)
        from next where m.tenant_id = $1 and m.id = next.id returning m.id, m.administers, next.roles as before, m.roles as after),
      counted as (update tenant_seats set used = used + (select count(*) from moved)
        where tenant_id = $1 and used is not null and exists (select from moved)),
      told as (insert into events (tenant_id,id,type,actor_type,target_type,target_id,at,data)
        select $1, uuid_v7($3), 'member.seat_promoted', 'system', 'member', id, $3,
          jsonb_build_object('seat', '["waiting","held"]'::jsonb, 'roles', jsonb_build_array(before, after)) from moved)
      select administers from moved`,
    values: [tenantId, most, now, adminRoles],
  };
}
