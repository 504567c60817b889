import type { DialectName } from "../../scim/dialects.ts";
import type { Statement } from "../../storage/types.ts";

/** Whose signed tokens a directory takes. */
export interface EntraTrust {
  /** Of Entra ID: claim `tid`. */
  readonly tenantId: string;
  /** Claim `aud`. */
  readonly audience: string;
  /** Claim `appid`; null = whichever application of that tenant has tokens for the audience. */
  readonly appId: string | null;
  /** Where its tenant's discovery document is, without a slash at its end. */
  readonly authority: string;
}

/** By what a directory authenticates without a SCIM token: an OAuth client of ours, or Entra ID's own tokens. */
export interface MachineCredential {
  readonly id: string;
  readonly directoryId: string;
  readonly kind: "client" | "entra";
  readonly name: string;
  readonly dialect: DialectName;
  /** Null for a client. */
  readonly entra: EntraTrust | null;
  /** `operator`, or the kind and id of who made it. */
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  /** To the minute; null = never. */
  readonly lastUsedAt: Date | null;
}

const CREDENTIAL = `m.id, m.directory_id as "directoryId", m.kind, m.name, m.dialect, m.entra, m.created_by as "createdBy",
  m.created_at as "createdAt", m.expires_at as "expiresAt", m.last_used_at as "lastUsedAt"`;
/** Of a tenant that is not deleted. */
const LIVING = `from machine_credentials m join tenants t on t.id = m.tenant_id and t.deleted_at is null
  where m.tenant_id = $1`;

/** Whose tokens are taken at the address of a directory; a row or none. */
export function entraCredential(tenantId: string, directoryId: string): Statement<MachineCredential> {
  return {
    name: "machine_credential_entra",
    text: `select ${CREDENTIAL} ${LIVING} and m.directory_id = $2 and m.kind = 'entra'`,
    values: [tenantId, directoryId],
  };
}

/** A client with the hash of its secret; a row or none. */
export function clientCredential(
  tenantId: string,
  id: string,
): Statement<MachineCredential & { readonly secretHash: Buffer }> {
  return {
    name: "machine_credential_client",
    text: `select ${CREDENTIAL}, m.secret_hash as "secretHash" ${LIVING} and m.id = $2 and m.kind = 'client'`,
    values: [tenantId, id],
  };
}

/** Writes the last use down, at most once a minute; a row, or none where the credential is gone. */
export function touchMachineCredential(tenantId: string, id: string, now: Date): Statement<{ id: string }> {
  return {
    name: "machine_credential_touch",
    text: `with used as (update machine_credentials set last_used_at = $3 where tenant_id = $1 and id = $2
        and (last_used_at is null or last_used_at < $3::timestamptz - interval '1 minute'))
      select id from machine_credentials where tenant_id = $1 and id = $2`,
    values: [tenantId, id, now],
  };
}

/** A new credential. */
export function insertMachineCredential(
  tenantId: string,
  made: MachineCredential,
  secretHash: Buffer | null,
): Statement {
  const { id, directoryId, kind, name, dialect, entra, createdBy, createdAt, expiresAt } = made;
  const pinned = entra && JSON.stringify(entra);
  return {
    name: "machine_credential_insert",
    text: `insert into machine_credentials (tenant_id, id, directory_id, kind, name, dialect, secret_hash, entra,
        created_by, created_at, expires_at)
      values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)`,
    values: [tenantId, id, directoryId, kind, name, dialect, secretHash, pinned, createdBy, createdAt, expiresAt],
  };
}

/** Credentials after an id. */
export function machineCredentialsAfter(tenantId: string, after: string, most: number): Statement<MachineCredential> {
  return {
    name: "machine_credential_list",
    text: `select ${CREDENTIAL} from machine_credentials m where m.tenant_id = $1 and m.id > $2 order by m.id limit $3`,
    values: [tenantId, after, most],
  };
}

/** How many there are. */
export function countMachineCredentials(tenantId: string): Statement<{ count: number }> {
  return {
    name: "machine_credential_count",
    text: "select count(*) from machine_credentials where tenant_id = $1",
    values: [tenantId],
  };
}

/** Deletes a credential; answers what it was, or no row where there is none. */
export function deleteMachineCredential(
  tenantId: string,
  id: string,
): Statement<Pick<MachineCredential, "name" | "directoryId" | "kind">> {
  return {
    name: "machine_credential_delete",
    text: `delete from machine_credentials where tenant_id = $1 and id = $2
      returning name, directory_id as "directoryId", kind`,
    values: [tenantId, id],
  };
}
