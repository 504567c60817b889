import type { Statement } from "../../storage/types.ts";

/**
 * Takes enabled connections of all tenants whose certificates are to be looked at, and puts the next time off by an hour;
 * a tenant that was deleted may come back.
 */
export function takeDueCertificates(
  now: Date,
  most: number,
): Statement<{ tenantId: string; connectionId: string; isAlive: boolean }> {
  return {
    name: "certificates_take_due",
    text: `with due as (select tenant_id, id from connections where certificates_due_at <= $1
        order by certificates_due_at limit $2 for no key update skip locked)
      update connections c set certificates_due_at = $1::timestamptz + interval '1 hour'
      from due, tenants t where c.tenant_id = due.tenant_id and c.id = due.id and t.id = c.tenant_id
      returning c.tenant_id as "tenantId", c.id as "connectionId", t.deleted_at is null as "isAlive"`,
    values: [now, most],
  };
}

/** What the admins were told last of a connection's certificates. */
export interface Told {
  /** The end that they were told of; null = nothing yet. */
  readonly end: Date | null;
  readonly days: number | null;
}

/** What they were told. */
export function toldOfCertificates(tenantId: string, connectionId: string): Statement<Told> {
  return {
    name: "certificates_told",
    text: `select certificates_told_end as "end", certificates_told_days as days from connections
      where tenant_id = $1 and id = $2`,
    values: [tenantId, connectionId],
  };
}

/** Keeps what they were told, and when to look again; null = not before the connection changes. */
export function writeCertificatesTold(tenantId: string, connectionId: string, told: Told, due: Date | null): Statement {
  return {
    name: "certificates_write_told",
    text: `update connections set certificates_told_end = $3, certificates_told_days = $4, certificates_due_at = $5
      where tenant_id = $1 and id = $2`,
    values: [tenantId, connectionId, told.end, told.days, due],
  };
}
