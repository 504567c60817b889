import type { Statement } from "../storage/types.ts";

/** A session as it is opened; of its secrets only hashes. */
export interface NewSession {
  readonly id: string;
  readonly memberId: string;
  readonly hash: Buffer;
  readonly csrfHash: Buffer;
  readonly authMethod: "saml" | "oidc" | "password";
  readonly connectionId: string | null;
  readonly providerSession: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly mustChangePassword: boolean;
  readonly expiresAt: Date;
}

/** A session with its member's standing, as a request needs it. */
export interface SessionRow extends Omit<NewSession, "hash"> {
  readonly createdAt: Date;
  readonly seenAt: Date;
}

/** Opens a session. */
export function insertSession(tenantId: string, session: NewSession, now: Date): Statement {
  return {
    name: "session_insert",
    text: `insert into sessions (tenant_id, id, member_id, hash, csrf_hash, auth_method, connection_id, provider_session,
        ip, user_agent, must_change_password, expires_at, created_at, seen_at)
      values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$13)`,
    values: [
      tenantId,
      session.id,
      session.memberId,
      session.hash,
      session.csrfHash,
      session.authMethod,
      session.connectionId,
      session.providerSession,
      session.ip,
      session.userAgent,
      session.mustChangePassword,
      session.expiresAt,
      now,
    ],
  };
}

/**
 * The living session of a cookie, of a member who is active. Its time of last use is written at most once a minute: a
 * write for each request would cost more than the request. The tenant's limit of idleness is read in the statement itself.
 */
export function sessionByHash(tenantId: string, hash: Buffer, now: Date): Statement<SessionRow> {
  return {
    name: "session_by_hash",
    text: `with found as (select s.* from sessions s
        join members m on m.tenant_id = s.tenant_id and m.id = s.member_id and m.status = 'active'
        join tenants t on t.id = s.tenant_id and t.deleted_at is null
        where s.tenant_id = $1 and s.hash = $2 and s.expires_at > $3
          and s.seen_at > $3 - coalesce((t.settings->'signIn'->>'idleMinutes')::int, 480) * interval '1 minute'),
      seen as (update sessions s set seen_at = $3 from found
        where s.tenant_id = $1 and s.id = found.id and found.seen_at < $3 - interval '1 minute')
      select id, member_id as "memberId", csrf_hash as "csrfHash", auth_method as "authMethod",
        connection_id as "connectionId", provider_session as "providerSession", ip, user_agent as "userAgent",
        must_change_password as "mustChangePassword", expires_at as "expiresAt", created_at as "createdAt",
        seen_at as "seenAt" from found`,
    values: [tenantId, hash, now],
  };
}

/** Ends a session; answers a row if it was there. */
export function endSession(tenantId: string, id: string): Statement<{ id: string }> {
  return {
    name: "session_end",
    text: "delete from sessions where tenant_id = $1 and id = $2 returning id",
    values: [tenantId, id],
  };
}

/** Ends the sessions of a connection that its identity provider names by session, by subject, or by both. */
export function endProviderSessions(
  tenantId: string,
  named: {
    readonly connectionId: string;
    readonly issuer: string;
    readonly subject: string | null;
    readonly providerSession: string | null;
  },
): Statement<{ memberId: string }> {
  return {
    name: "session_end_provider",
    text: `delete from sessions s where s.tenant_id = $1 and s.connection_id = $2
        and ($5::text is not null or $4::text is not null) and ($5::text is null or s.provider_session = $5)
        and ($4::text is null or exists (select from identities i where i.tenant_id = $1 and i.connection_id = $2
          and i.issuer = $3 and i.subject = $4 and i.member_id = s.member_id))
      returning s.member_id as "memberId"`,
    values: [tenantId, named.connectionId, named.issuer, named.subject, named.providerSession],
  };
}
