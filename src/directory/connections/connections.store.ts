import type { Statement } from "../../storage/types.ts";
import type { PublishedKey } from "./connectionKeys.store.ts";
import type { MetadataState } from "./metadataRefresh.store.ts";

/** What a SAML identity provider said of itself. */
export interface SamlProvider {
  readonly entityId: string;
  readonly ssoUrl: string;
  /** PEM. */
  readonly certificates: readonly string[];
  /** Its metadata's WantAuthnRequestsSigned; absent = no. */
  readonly wantsSignedRequests?: true;
  /** Where it ends sessions; absent = nowhere. */
  readonly singleLogout?: {
    readonly url: string;
    /** Where answers go that do not go to `url`. */
    readonly responseUrl?: string;
    readonly binding: "redirect" | "post";
  };
  /** Where its metadata was read from; null where it was handed in. */
  readonly metadataUrl: string | null;
}

/** What an OpenID Provider knows us by; the client secret is kept apart, sealed. */
interface OidcProvider {
  readonly issuer: string;
  readonly clientId: string;
  /** Google: the organisation whose accounts may sign in; absent = those of the tenant's verified domains. */
  readonly hostedDomain?: string;
  /** What is asked for; absent = `openid email profile`. */
  readonly scopes?: readonly string[];
  /** Whether signing out here ends the session at the provider as well; absent = no. */
  readonly endSession?: true;
  /** Our own key in place of a client secret, and kept in its place; absent = a secret, or none. */
  readonly clientAuthentication?: "private_key_jwt";
}

/** Our name of a personal value → attribute or claim of this provider. */
type AttributeNames = Readonly<Partial<Record<"email" | "givenName" | "familyName" | "displayName", string>>>;

/** One SSO set-up of a tenant, without its secret. */
export interface Connection extends MetadataState {
  readonly id: string;
  readonly protocol: "saml" | "oidc";
  /** Which product it is, as `entra`. */
  readonly provider: string;
  readonly name: string;
  readonly status: "draft" | "tested" | "enabled" | "disabled";
  /** Null for OIDC, and until the identity provider's data is there. */
  readonly saml: SamlProvider | null;
  /** Null for SAML, and until the identity provider's data is there. */
  readonly oidc: OidcProvider | null;
  readonly hasSecret: boolean;
  /** Whose members a match may name (rule 23). */
  readonly directoryId: string | null;
  readonly match: { readonly claim: string; readonly attribute: "externalId" | "userName" } | null;
  readonly attributes: AttributeNames;
  readonly groupsClaim: string | null;
  /** What becomes of a response that nobody asked for. */
  readonly unsolicited: "restart" | "refuse";
  /** Whether SAML requests are signed also where the identity provider does not ask for it. */
  readonly signRequests: boolean;
  /** Whether assertions may be encrypted with AES-CBC, in a signed response. */
  readonly allowCbc: boolean;
  /** Whether who signs out here is signed out at a SAML identity provider too, where it has a place for that. */
  readonly singleLogout: boolean;
  /** Our own, the oldest first; none for OIDC, and for the moment until the first is made. */
  readonly keys: readonly PublishedKey[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The columns of `connections c left join directories d`: a directory that was deleted is none, and matches nobody. */
const CONNECTION = `c.id, c.protocol, c.provider, c.name, c.status,
  case when c.protocol = 'saml' and c.settings <> '{}' then c.settings end as saml,
  case when c.protocol = 'oidc' and c.settings <> '{}' then c.settings end as oidc,
  c.secret is not null as "hasSecret", d.id as "directoryId", case when d.id is not null then c.match end as match,
  c.attributes, c.groups_claim as "groupsClaim", c.unsolicited, c.sign_requests as "signRequests",
  c.allow_cbc as "allowCbc", c.single_logout as "singleLogout", coalesce((select jsonb_agg(jsonb_build_object('id', k.id, 'certificate', k.certificate)
    order by k.id) from connection_keys k where k.tenant_id = c.tenant_id and k.connection_id = c.id), '[]') as keys,
  c.metadata_refreshed_at as "metadataRefreshedAt", c.metadata_error as "metadataError",
  c.metadata_due_at as "metadataDueAt", c.created_at as "createdAt", c.updated_at as "updatedAt"`;
const FROM = `connections c left join directories d on d.tenant_id = c.tenant_id and d.id = c.directory_id`;

/** One connection with its sealed secret. */
export function connectionRow(tenantId: string, id: string): Statement<Connection & { secret: Buffer | null }> {
  return {
    name: "connection_by_id",
    text: `select ${CONNECTION}, c.secret from ${FROM} where c.tenant_id = $1 and c.id = $2`,
    values: [tenantId, id],
  };
}

/** One connection, which nobody else changes until the transaction ends. */
export function lockConnection(tenantId: string, id: string): Statement<Connection> {
  return {
    name: "connection_lock",
    text: `select ${CONNECTION} from ${FROM} where c.tenant_id = $1 and c.id = $2 for no key update of c`,
    values: [tenantId, id],
  };
}

/** Connections after an id. */
export function connectionsAfter(tenantId: string, after: string, most: number): Statement<Connection> {
  return {
    name: "connection_list",
    text: `select ${CONNECTION} from ${FROM} where c.tenant_id = $1 and c.id > $2 order by c.id limit $3`,
    values: [tenantId, after, most],
  };
}

/** How many there are. */
export function countConnections(tenantId: string): Statement<{ count: number }> {
  return {
    name: "connection_count",
    text: "select count(*) from connections where tenant_id = $1",
    values: [tenantId],
  };
}

/** What a person at the sign-in page may know of a connection. */
export type SignInChoice = Pick<Connection, "id" | "name" | "protocol" | "provider"> & {
  /** Of an OpenID Provider, for a sign-in that it begins (OpenID Connect Core §4). */
  readonly issuer: string | null;
};

/** The connections by which one can sign in, the oldest first. */
export function enabledConnections(tenantId: string): Statement<SignInChoice> {
  return {
    name: "connection_enabled",
    text: `select id, name, protocol, provider, settings->>'issuer' as issuer from connections where tenant_id = $1 and status = 'enabled' order by id`,
    values: [tenantId],
  };
}

/** A new connection, which its id alone leads to from now on. */
export function insertConnection(tenantId: string, connection: Connection, secret: Buffer | null): Statement {
  return {
    name: "connection_insert",
    text: `with placed as (insert into connection_tenants (connection_id, tenant_id) values ($2, $1))
      insert into connections (tenant_id, id, provider, name, status, settings, directory_id, match, attributes,
        groups_claim, unsolicited, updated_at, sign_requests, allow_cbc, single_logout, secret, protocol, created_at)
      values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$12)`,
    values: [tenantId, ...stored(connection), secret, connection.protocol],
  };
}

/** Writes a connection anew; its secret where one is given (null takes it away). */
export function updateConnectionRow(
  tenantId: string,
  connection: Connection,
  secret: Buffer | null | undefined,
): Statement {
  return {
    name: "connection_update",
    text: `update connections set provider = $3, name = $4, status = $5, settings = $6, directory_id = $7, match = $8,
        attributes = $9, groups_claim = $10, unsolicited = $11, updated_at = $12,
        sign_requests = $13, allow_cbc = $14, single_logout = $15, secret = case when $17 then $16 else secret end,
        certificates_due_at = case when settings is distinct from $6::jsonb or status is distinct from $5 then $12
          else certificates_due_at end, version = version + 1
      where tenant_id = $1 and id = $2`,
    values: [tenantId, ...stored(connection), secret ?? null, secret !== undefined],
  };
}

function stored(connection: Connection): unknown[] {
  const { id, provider, name, status, saml, oidc, directoryId, match, attributes } = connection;
  const settings = JSON.stringify(saml ?? oidc ?? {});
  const matching = match && JSON.stringify(match);
  const { groupsClaim, unsolicited, updatedAt, signRequests, allowCbc, singleLogout } = connection;
  const read = [directoryId, matching, JSON.stringify(attributes), groupsClaim, unsolicited, updatedAt];
  return [id, provider, name, status, settings, ...read, signRequests, allowCbc, singleLogout];
}

/** What rule 28 asks before a connection is taken away. */
export function enforcement(tenantId: string, id: string): Statement<{ required: boolean; others: boolean }> {
  return {
    name: "connection_enforcement",
    text: `select coalesce(t.settings->'signIn'->>'ssoRequired', 'no') <> 'no' as required,
        exists (select from connections where tenant_id = $1 and id <> $2 and status = 'enabled') as others
      from tenants t where t.id = $1`,
    values: [tenantId, id],
  };
}

/** What went with a connection. */
export interface Removed {
  /** Members who had an identity there. */
  readonly memberIds: readonly string[];
  readonly sessions: number;
}

/** Deletes a connection with all that came by it: identities, sessions, attempts, used assertions. */
export function deleteConnection(tenantId: string, id: string): Statement<Removed> {
  const mine = "where tenant_id = $1 and connection_id = $2";
  return {
    name: "connection_delete",
    text: `with
        gone as (delete from connections where tenant_id = $1 and id = $2),
        placed as (delete from connection_tenants ${mine}),
        attempts as (delete from sign_in_attempts ${mine}),
        tests as (delete from connection_tests ${mine}),
        used as (delete from used_assertions ${mine}),
        buried as (delete from removed_subjects ${mine}),
        linked as (delete from identities ${mine} returning member_id),
        ended as (delete from sessions ${mine} returning id)
      select coalesce((select array_agg(distinct member_id) from linked), '{}')::text[] as "memberIds",
        (select count(*) from ended)::int as sessions`,
    values: [tenantId, id],
  };
}

/** The tenant of a connection, for who reads across tenants. */
export function tenantOfConnection(id: string): Statement<{ tenantId: string }> {
  return {
    name: "connection_tenant",
    text: `select c.tenant_id as "tenantId" from connection_tenants c
      join tenants t on t.id = c.tenant_id and t.deleted_at is null where c.connection_id = $1`,
    values: [id],
  };
}
