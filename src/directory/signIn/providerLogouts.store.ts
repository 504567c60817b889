/** Logouts that are remembered for as long as a sign-in from before them could be finished. */
import { hashToken } from "../../base/secrets.ts";
import type { Statement } from "../../storage/types.ts";

/** Whom an identity provider has signed out, and from which of its sessions. */
export interface LoggedOut {
  /** SAML NameID or OIDC `sub`; null where only the session is named. */
  readonly name: string | null;
  /** None = all of them. */
  readonly sessions: readonly string[];
  /** By the provider's clock. */
  readonly issuedAt: Date;
}

/** What of a session that has no index or `sid`: any logout of its person ends it. */
const UNNAMED = "-";

/** Remembers a logout, and sweeps those of the connection that are over. */
export function insertLogout(
  tenantId: string,
  connectionId: string,
  { name, sessions, issuedAt }: LoggedOut,
  now: Date,
  expiresAt: Date,
): Statement {
  const ended = sessions.length === 0 ? [""] : [...sessions, ...(name === null ? [] : [UNNAMED])];
  const marks = ended.map((session) => hashToken(`${name ?? ""}\n${session}`));
  return {
    name: "provider_logout_insert",
    text: `with swept as (delete from provider_logouts where tenant_id = $1 and connection_id = $2 and expires_at < $5
        and mark <> all ($3::bytea[]))
      insert into provider_logouts as l (tenant_id, connection_id, mark, issued_at, heard_at, expires_at)
      select distinct $1::uuid, $2::uuid, mark, date_trunc('second', $4::timestamptz), $5::timestamptz, $6::timestamptz
        from unnest($3::bytea[]) mark
      on conflict (tenant_id, connection_id, mark) do update set heard_at = excluded.heard_at,
        issued_at = greatest(l.issued_at, excluded.issued_at), expires_at = excluded.expires_at`,
    values: [tenantId, connectionId, marks, issuedAt, now, expiresAt],
  };
}

/**
 * Whether an attempt `a`, whose identity is there, was answered before its person was logged out. The provider's clock
 * says; within one of its seconds, what we heard first.
 */
export const LOGGED_OUT = `exists (select from provider_logouts l
  cross join (select coalesce(a.identity->'nameId'->>'value', a.identity->>'subject') as name,
    a.identity->>'providerSession' as session) i
  where l.tenant_id = a.tenant_id and l.connection_id = a.connection_id
    and l.mark in (sha256(convert_to(i.name || E'\\n', 'UTF8')), sha256(convert_to(E'\\n' || i.session, 'UTF8')),
      sha256(convert_to(i.name || E'\\n' || coalesce(i.session, '${UNNAMED}'), 'UTF8')))
    and (l.issued_at, l.heard_at) >= (coalesce(date_trunc('second', (a.identity->>'issuedAt')::timestamptz),
      a.consumed_at), a.consumed_at))`;
