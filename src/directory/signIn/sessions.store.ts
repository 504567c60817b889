import type { Statement } from "../../storage/types.ts";

/** What an application asked of the sign-in that opened a session (OIDC Core §3.1.2.1). */
export interface Demands {
  /** Whether somebody who was signed in already had to show again who they are. */
  readonly login: boolean;
  /** Seconds; absent = no limit was asked for. */
  readonly maxAge?: number | undefined;
  readonly acrValues: readonly string[];
}

/** A session as it is opened; of its secrets only hashes. */
export interface NewSession {
  readonly id: string;
  readonly memberId: string;
  readonly hash: Buffer;
  readonly csrfHash: Buffer;
  readonly authMethod: "saml" | "oidc" | "password" | "passkey";
  readonly connectionId: string | null;
  readonly providerSession: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly mustChangePassword: boolean;
  /** Whether the member needs a second factor and has none yet. */
  readonly mustAddFactor: boolean;
  /** What was asked of the identity provider for it; null = nothing. */
  readonly demands: Demands | null;
  /** When its holder showed the identity provider who they are; null where it told no time. */
  readonly authenticatedAt: Date | null;
  readonly expiresAt: Date;
}

/** A session with its member's standing, as a request needs it. */
export interface SessionRow extends Omit<NewSession, "hash"> {
  /** What applications know it by. */
  readonly signOnId: string;
  readonly createdAt: Date;
  readonly seenAt: Date;
  /** When its holder showed again who they are; null = not since the sign-in. */
  readonly provenAt: Date | null;
  /** When they showed that the attached account is theirs: what a tenant vouches for proves no account. */
  readonly accountProvenAt: Date | null;
}

/** Opens a session, and sweeps a few of the tenant's that are over. */
export function insertSession(tenantId: string, session: NewSession, now: Date): Statement {
  return {
    name: "session_insert",
    text: `with swept as (delete from sessions where tenant_id = $1 and id in (select id from sessions
        where tenant_id = $1 and expires_at < $14 limit 20 for update skip locked))
      insert into sessions (tenant_id, id, member_id, hash, csrf_hash, auth_method, connection_id, provider_session,
        ip, user_agent, must_change_password, must_add_factor, expires_at, created_at, seen_at, demands, authenticated_at)
      values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$14,$15,$16)`,
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
      session.mustAddFactor,
      session.expiresAt,
      now,
      session.demands === null ? null : JSON.stringify(session.demands),
      session.authenticatedAt,
    ],
  };
}

/** Of tenant `$1`, at the moment `$3`. */
const LIVING = `from sessions s
  join members m on m.tenant_id = s.tenant_id and m.id = s.member_id and m.status = 'active'
  join tenants t on t.id = s.tenant_id and t.deleted_at is null
  where s.tenant_id = $1 and s.expires_at > $3
    and s.seen_at > $3 - coalesce((t.settings->'signIn'->>'idleMinutes')::int, 480) * interval '1 minute'`;

/**
 * The living session of a cookie, of a member who is active. Its time of last use is written at most once a minute: a
 * write for each request would cost more than the request. The tenant's limit of idleness is read in the statement itself.
 */
export function sessionByHash(tenantId: string, hash: Buffer, now: Date): Statement<SessionRow> {
  return {
    name: "session_by_hash",
    text: living("s.hash = $2"),
    values: [tenantId, hash, now],
  };
}

/** The living session that applications know by this name: their use of it counts as its member's. */
export function sessionBySignOn(
  { tenantId, memberId, signOnId }: { tenantId: string; memberId: string; signOnId: string },
  now: Date,
): Statement<SessionRow> {
  return {
    name: "session_by_sign_on",
    text: living("s.member_id = $2 and coalesce(s.sign_on_id, s.id) = $4 order by s.expires_at desc limit 1"),
    values: [tenantId, memberId, now, signOnId],
  };
}

function living(which: string): string {
  return `with found as (select s.* ${LIVING} and ${which}),
      seen as (update sessions s set seen_at = $3 from found
        where s.tenant_id = $1 and s.id = found.id and found.seen_at < $3 - interval '1 minute')
      select id, member_id as "memberId", csrf_hash as "csrfHash", auth_method as "authMethod",
        connection_id as "connectionId", provider_session as "providerSession", ip, user_agent as "userAgent",
        must_change_password as "mustChangePassword", must_add_factor as "mustAddFactor",
        coalesce(sign_on_id, id) as "signOnId", demands, authenticated_at as "authenticatedAt",
        proven_at as "provenAt", account_proven_at as "accountProvenAt", expires_at as "expiresAt", created_at as "createdAt", seen_at as "seenAt" from found`;
}

/** Ends a session; answers a row if it was there. */
export function endSession(tenantId: string, id: string): Statement<{ id: string }> {
  return {
    name: "session_end",
    text: "delete from sessions where tenant_id = $1 and id = $2 returning id",
    values: [tenantId, id],
  };
}

/** A session as its owner or an admin sees it. */
export type Device = Pick<SessionRow, "id" | "authMethod" | "ip" | "userAgent" | "createdAt" | "seenAt" | "expiresAt">;

/** The living sessions of a member after an id, the oldest first. */
export function devicesAfter(
  tenantId: string,
  memberId: string,
  now: Date,
  after: string,
  most: number,
): Statement<Device> {
  return {
    name: "session_devices",
    text: `select s.id, s.auth_method as "authMethod", s.ip, s.user_agent as "userAgent", s.created_at as "createdAt",
        s.seen_at as "seenAt", s.expires_at as "expiresAt" ${LIVING} and s.member_id = $2 and s.id > $4
      order by s.id limit $5`,
    values: [tenantId, memberId, now, after, most],
  };
}

/** How many living sessions a member has. */
export function countDevices(tenantId: string, memberId: string, now: Date): Statement<{ count: number }> {
  return {
    name: "session_devices_count",
    text: `select count(*) ${LIVING} and s.member_id = $2`,
    values: [tenantId, memberId, now],
  };
}

/** Ends a session of a member; a row or none. */
export function endSessionOf(tenantId: string, memberId: string, id: string): Statement<{ id: string }> {
  return {
    name: "session_end_of",
    text: "delete from sessions where tenant_id = $1 and member_id = $2 and id = $3 returning id",
    values: [tenantId, memberId, id],
  };
}

/** Ends the sessions of a member, but for one that may be kept. */
export function endSessionsOf(tenantId: string, memberId: string, keptId: string | null): Statement<{ id: string }> {
  return {
    name: "session_end_all_of",
    text: `delete from sessions where tenant_id = $1 and member_id = $2 and ($3::uuid is null or id <> $3) returning id`,
    values: [tenantId, memberId, keptId],
  };
}

/** Ends the sessions of everybody in a tenant. */
export function endEverySession(tenantId: string): Statement {
  return { name: "session_end_every", text: "delete from sessions where tenant_id = $1", values: [tenantId] };
}

/**
 * Ends what a password or passkey opened for people who must come through their identity provider now (rule 28).
 *
 * @param domains in all forms that addresses are kept in; null = of everybody
 */
export function endLocalSessions(tenantId: string, domains: readonly string[] | null): Statement<{ id: string }> {
  return {
    name: "session_end_local",
    text: `delete from sessions s using members m where s.tenant_id = $1 and s.connection_id is null
        and m.tenant_id = $1 and m.id = s.member_id and not m.break_glass
        and ($2::text[] is null or split_part(m.email_key, '@', -1) = any ($2))
      returning s.id`,
    values: [tenantId, domains],
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
