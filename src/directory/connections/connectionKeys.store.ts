import type { Statement } from "../../storage/types.ts";

/** A key of our own towards an identity provider, as everybody may see it. */
export interface PublishedKey {
  readonly id: string;
  /** PEM, self-signed. */
  readonly certificate: string;
}

/** The same with its sealed half. */
export interface SealedKey extends PublishedKey {
  readonly privateKey: Buffer;
}

/** A connection's keys, the oldest first. */
export function connectionKeys(tenantId: string, connectionId: string): Statement<SealedKey> {
  return {
    name: "connection_keys",
    text: `select id, certificate, private_key as "privateKey" from connection_keys
      where tenant_id = $1 and connection_id = $2 order by id`,
    values: [tenantId, connectionId],
  };
}

/** Adds a key. */
export function insertConnectionKey(tenantId: string, connectionId: string, key: SealedKey, now: Date): Statement {
  return {
    name: "connection_key_insert",
    text: `insert into connection_keys (tenant_id, connection_id, id, certificate, private_key, created_at)
      values ($1,$2,$3,$4,$5,$6)`,
    values: [tenantId, connectionId, key.id, key.certificate, key.privateKey, now],
  };
}

/** Takes a key away; answers a row if it was there. */
export function deleteConnectionKey(tenantId: string, connectionId: string, id: string): Statement<{ id: string }> {
  return {
    name: "connection_key_delete",
    text: "delete from connection_keys where tenant_id = $1 and connection_id = $2 and id = $3 returning id",
    values: [tenantId, connectionId, id],
  };
}
