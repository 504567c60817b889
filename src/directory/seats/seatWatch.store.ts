import type { Statement } from "../../storage/types.ts";

/** How a tenant's seats stand, and what its admins have been told of them. */
export interface WatchedSeats {
  readonly tenantId: string;
  readonly limit: number | null;
  readonly used: number | null;
  /** The level told last, 0 for none. */
  readonly level: number;
  /** When they were, or will be, told that someone waits. */
  readonly waitingAt: Date | null;
}

/** The seats of several tenants, for who reads across tenants. */
export function watchedSeats(tenantIds: readonly string[]): Statement<WatchedSeats> {
  return {
    name: "seats_watched",
    text: `select s.tenant_id as "tenantId", s.seat_limit as "limit", s.used, coalesce(n.level, 0) as level,
        n.waiting_at as "waitingAt"
      from tenant_seats s join tenants t on t.id = s.tenant_id and t.deleted_at is null
      left join seat_notices n on n.tenant_id = s.tenant_id where s.tenant_id = any($1::uuid[])`,
    values: [tenantIds],
  };
}

/** Keeps what a tenant's admins have been told. */
export function writeNotice(tenantId: string, level: number, waitingAt: Date | null): Statement {
  return {
    name: "seats_notice",
    text: `insert into seat_notices (tenant_id, level, waiting_at) values ($1,$2,$3)
      on conflict (tenant_id) do update set level = excluded.level, waiting_at = excluded.waiting_at`,
    values: [tenantId, level, waitingAt],
  };
}
