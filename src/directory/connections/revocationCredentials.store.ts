import type { Statement } from "../../storage/types.ts";

/** By what the identity provider of a connection may have sessions and tokens ended. */
export interface RevocationCredential {
  readonly id: string;
  readonly name: string;
  /** Whose signed tokens are taken; null of a secret of ours. */
  readonly issuer: string | null;
  /** `operator`, or the kind and id of who made it. */
  readonly createdBy: string;
  readonly createdAt: Date;
  /** To the minute; null = never. */
  readonly lastUsedAt: Date | null;
}

const CREDENTIAL = `id, name, issuer, created_by as "createdBy", created_at as "createdAt", last_used_at as "lastUsedAt"`;

/** The credentials of a connection after an id. */
export function revocationCredentialsAfter(
  tenantId: string,
  connectionId: string,
  after: string,
  most: number,
): Statement<RevocationCredential> {
  return {
    name: "revocation_credential_list",
    text: `select ${CREDENTIAL} from revocation_credentials where tenant_id = $1 and connection_id = $2 and id > $3
      order by id limit $4`,
    values: [tenantId, connectionId, after, most],
  };
}

/** How many a connection has. */
export function countRevocationCredentials(tenantId: string, connectionId: string): Statement<{ count: number }> {
  return {
    name: "revocation_credential_count",
    text: "select count(*) from revocation_credentials where tenant_id = $1 and connection_id = $2",
    values: [tenantId, connectionId],
  };
}

/** A new credential; of its secret only a hash. */
export function insertRevocationCredential(
  tenantId: string,
  connectionId: string,
  made: RevocationCredential,
  hash: Buffer | null,
): Statement {
  const { id, name, issuer, createdBy, createdAt } = made;
  return {
    name: "revocation_credential_insert",
    text: `insert into revocation_credentials (tenant_id, connection_id, id, name, hash, issuer, created_by, created_at)
      values ($1,$2,$3,$4,$5,$6,$7,$8)`,
    values: [tenantId, connectionId, id, name, hash, issuer, createdBy, createdAt],
  };
}

/** Deletes a credential; answers what it was, or no row. */
export function deleteRevocationCredential(
  tenantId: string,
  connectionId: string,
  id: string,
): Statement<{ issuer: string | null }> {
  return {
    name: "revocation_credential_delete",
    text: "delete from revocation_credentials where tenant_id = $1 and connection_id = $2 and id = $3 returning issuer",
    values: [tenantId, connectionId, id],
  };
}

/**
 * Finds a credential of a connection by the hash of its secret, or by its issuer, and writes the use down once a minute.
 *
 * @param usedAt null = nothing is proven yet, and nothing is written
 */
export function useRevocationCredential(
  tenantId: string,
  connectionId: string,
  by: { readonly hash: Buffer } | { readonly issuer: string },
  usedAt: Date | null,
): Statement<{ id: string }> {
  const [hash, issuer] = "hash" in by ? [by.hash, null] : [null, by.issuer];
  return {
    name: "revocation_credential_use",
    text: `with found as (select id, last_used_at from revocation_credentials where tenant_id = $1 and connection_id = $2
        and (hash = $3 or issuer = $4) order by id limit 1),
      used as (update revocation_credentials r set last_used_at = $5 from found where r.tenant_id = $1 and r.id = found.id
        and $5::timestamptz is not null
        and (found.last_used_at is null or found.last_used_at < $5::timestamptz - interval '1 minute'))
      select id from found`,
    values: [tenantId, connectionId, hash, issuer, usedAt],
  };
}
