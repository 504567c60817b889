import type { Statement } from "../../storage/types.ts";

/** A credential of the admin API, bound to one tenant. Only a hash of it is stored. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly permissions: readonly string[];
  /** `operator`, or the kind and id of who made it. */
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
}

const API_KEY = `id, name, permissions, created_by as "createdBy", created_at as "createdAt", expires_at as "expiresAt"`;

/** The key with this hash. */
export function apiKeyByHash(
  tenantId: string,
  hash: Buffer,
): Statement<Pick<ApiKey, "id" | "permissions" | "expiresAt">> {
  return {
    name: "api_key_by_hash",
    text: `select id, permissions, expires_at as "expiresAt" from api_keys where tenant_id = $1 and hash = $2`,
    values: [tenantId, hash],
  };
}

/** A new key. */
export function insertApiKey(tenantId: string, key: ApiKey, hash: Buffer): Statement {
  return {
    name: "api_key_insert",
    text: `insert into api_keys (tenant_id, id, name, permissions, hash, created_by, created_at, expires_at)
      values ($1,$2,$3,$4,$5,$6,$7,$8)`,
    values: [tenantId, key.id, key.name, key.permissions, hash, key.createdBy, key.createdAt, key.expiresAt],
  };
}

/** Keys after an id. */
export function apiKeysAfter(tenantId: string, after: string, most: number): Statement<ApiKey> {
  return {
    name: "api_key_list",
    text: `select ${API_KEY} from api_keys where tenant_id = $1 and id > $2 order by id limit $3`,
    values: [tenantId, after, most],
  };
}

/** How many there are. */
export function countApiKeys(tenantId: string): Statement<{ count: number }> {
  return { name: "api_key_count", text: "select count(*) from api_keys where tenant_id = $1", values: [tenantId] };
}

/** Deletes a key; answers its name, or no row when there is none. */
export function deleteApiKey(tenantId: string, id: string): Statement<{ name: string }> {
  return {
    name: "api_key_delete",
    text: "delete from api_keys where tenant_id = $1 and id = $2 returning name",
    values: [tenantId, id],
  };
}
