import type { Statement } from "../../storage/types.ts";

/** A place in the queue by what it goes by. */
export interface QueuePlace {
  /** ISO 8601, both. */
  readonly since: string;
  readonly created: string;
  readonly id: string;
}

/** Somebody who waits. */
export interface Waiting {
  readonly id: string;
  /** 1 is next. */
  readonly place: number;
  readonly email: string | null;
  /** What they are called, folded names aside. */
  readonly givenName: string | null;
  readonly familyName: string | null;
  /** Roles that come into force with the seat. */
  readonly entitledRoles: readonly string[];
  readonly since: Date;
  readonly createdAt: Date;
}

/** The queue from a place on, in the order in which seats are given (rules 2 and 4). */
export function waitingAfter(tenantId: string, after: QueuePlace | null, most: number): Statement<Waiting> {
  return {
    name: "seats_queue",
    text: `select q.* from (select m.id, row_number() over (order by m.waiting_since, m.created_at, m.id) as place, m.email,
          m.scim#>>'{name,givenName}' as "givenName", m.scim#>>'{name,familyName}' as "familyName",
          m.entitled as "entitledRoles", m.waiting_since as since, m.created_at as "createdAt"
        from members m where m.tenant_id = $1 and m.waiting_since is not null) q
      where $2::timestamptz is null or (q.since, q."createdAt", q.id) > ($2::timestamptz, $3::timestamptz, $4::uuid)
      order by q.since, q."createdAt", q.id limit $5`,
    values: [tenantId, after?.since ?? null, after?.created ?? null, after?.id ?? null, most],
  };
}
