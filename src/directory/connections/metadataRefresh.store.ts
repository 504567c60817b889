import type { Statement } from "../../storage/types.ts";

/**
 * Takes connections of all tenants whose identity provider's metadata is to be read again, and puts the next time off by
 * an hour; a tenant that was deleted may come back.
 */
export function takeDueMetadata(
  now: Date,
  most: number,
): Statement<{ tenantId: string; connectionId: string; isAlive: boolean }> {
  return {
    name: "metadata_take_due",
    text: `with due as (select tenant_id, id from connections where metadata_due_at <= $1
        order by metadata_due_at limit $2 for no key update skip locked)
      update connections c set metadata_due_at = $1::timestamptz + interval '1 hour'
      from due, tenants t where c.tenant_id = due.tenant_id and c.id = due.id and t.id = c.tenant_id
      returning c.tenant_id as "tenantId", c.id as "connectionId", t.deleted_at is null as "isAlive"`,
    values: [now, most],
  };
}

/** What is known of an identity provider's metadata; all null where its side comes from no address. */
export interface MetadataState {
  /** When it was last read as a whole. */
  readonly metadataRefreshedAt: Date | null;
  /** Why the latest reading failed; null where it did not. */
  readonly metadataError: string | null;
  readonly metadataDueAt: Date | null;
}

/** Writes what a reading found. */
export function writeMetadataState(tenantId: string, connectionId: string, state: MetadataState): Statement {
  return {
    name: "metadata_write_state",
    text: `update connections set metadata_refreshed_at = $3, metadata_error = $4, metadata_due_at = $5
      where tenant_id = $1 and id = $2`,
    values: [tenantId, connectionId, state.metadataRefreshedAt, state.metadataError, state.metadataDueAt],
  };
}
