import type { DialectName } from "../../scim/dialects.ts";
import type { Statement } from "../../storage/types.ts";

/** A bearer token with which one directory pushes. Only a hash of it is stored. */
export interface ScimToken {
  readonly id: string;
  readonly directoryId: string;
  readonly name: string;
  readonly dialect: DialectName;
  /** `operator`, or the kind and id of who made it. */
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  /** Made through a setup link: nothing can be done with it until an admin says yes. */
  readonly awaitsApproval: boolean;
}

/** Whom a SCIM request speaks for. */
export interface ScimCaller {
  readonly tenantId: string;
  /** What kind of credential it came with. */
  readonly actor: "scim_token" | "machine_credential";
  /** Of that credential. */
  readonly tokenId: string;
  readonly tokenName: string;
  readonly directoryId: string;
  readonly dialect: DialectName;
}

const SCIM_TOKEN = `id, directory_id as "directoryId", name, dialect, created_by as "createdBy",
  created_at as "createdAt", expires_at as "expiresAt", awaits_approval as "awaitsApproval"`;

/** Whom a token with this hash speaks for, in a tenant that is not deleted. */
export function scimTokenByHash(
  tenantId: string,
  hash: Buffer,
): Statement<ScimCaller & { readonly expiresAt: Date | null }> {
  return {
    name: "scim_token_by_hash",
    text: `select s.tenant_id as "tenantId", 'scim_token' as actor, s.id as "tokenId", s.name as "tokenName",
        s.directory_id as "directoryId", s.dialect,
        s.expires_at as "expiresAt"
      from scim_tokens s join tenants t on t.id = s.tenant_id
      where s.tenant_id = $1 and s.hash = $2 and t.deleted_at is null and not s.awaits_approval`,
    values: [tenantId, hash],
  };
}

/** A new token. */
export function insertScimToken(tenantId: string, token: ScimToken, hash: Buffer): Statement {
  const { id, directoryId, name, dialect, createdBy, createdAt, expiresAt, awaitsApproval } = token;
  return {
    name: "scim_token_insert",
    text: `insert into scim_tokens (tenant_id, id, directory_id, name, dialect, hash, created_by, created_at, expires_at,
        awaits_approval)
      values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`,
    values: [tenantId, id, directoryId, name, dialect, hash, createdBy, createdAt, expiresAt, awaitsApproval],
  };
}

/** Tokens after an id. */
export function scimTokensAfter(tenantId: string, after: string, most: number): Statement<ScimToken> {
  return {
    name: "scim_token_list",
    text: `select ${SCIM_TOKEN} from scim_tokens where tenant_id = $1 and id > $2 order by id limit $3`,
    values: [tenantId, after, most],
  };
}

/** How many there are. */
export function countScimTokens(tenantId: string): Statement<{ count: number }> {
  return {
    name: "scim_token_count",
    text: "select count(*) from scim_tokens where tenant_id = $1",
    values: [tenantId],
  };
}

/** A token is good from now on; answers a row, or none where it is gone. */
export function approveToken(tenantId: string, id: string): Statement<{ name: string }> {
  return {
    name: "scim_token_approve",
    text: `update scim_tokens set awaits_approval = false where tenant_id = $1 and id = $2 and awaits_approval
      returning name`,
    values: [tenantId, id],
  };
}

/** Deletes a token; answers what it was, or no row when there is none. */
export function deleteScimToken(tenantId: string, id: string): Statement<{ name: string; directoryId: string }> {
  return {
    name: "scim_token_delete",
    text: `delete from scim_tokens where tenant_id = $1 and id = $2 returning name, directory_id as "directoryId"`,
    values: [tenantId, id],
  };
}
