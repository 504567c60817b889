import type { Statement } from "../../storage/types.ts";

/** A NameID as the identity provider signed it (SAML Core §2.2.3). */
export interface KeptNameId {
  readonly value: string;
  readonly format: string;
  readonly nameQualifier?: string;
  readonly spNameQualifier?: string;
}

/** What a SAML identity provider calls a session of ours. */
export interface SamlSession {
  readonly nameId: KeptNameId;
  readonly sessionIndex: string | null;
}

/** Keeps what a session is called at its identity provider. */
export function insertSamlSession(
  tenantId: string,
  sessionId: string,
  connectionId: string,
  nameIdHash: Buffer,
  { nameId, sessionIndex }: SamlSession,
): Statement {
  return {
    name: "saml_session_insert",
    text: `insert into saml_sessions (tenant_id, session_id, connection_id, name_id_hash, name_id, session_index)
      values ($1,$2,$3,$4,$5,$6)`,
    values: [tenantId, sessionId, connectionId, nameIdHash, JSON.stringify(nameId), sessionIndex],
  };
}

/** What a session is called; a row or none. */
export function samlSessionById(tenantId: string, sessionId: string): Statement<SamlSession> {
  return {
    name: "saml_session_by_id",
    text: `select name_id as "nameId", session_index as "sessionIndex" from saml_sessions
      where tenant_id = $1 and session_id = $2`,
    values: [tenantId, sessionId],
  };
}

/**
 * Ends the sessions of a connection that its identity provider names: of a NameID those with one of the indexes, or all.
 * A session that was given no index ends with any of them: the identity provider means none that it would keep.
 */
export function endSamlSessions(
  tenantId: string,
  connectionId: string,
  nameIdHash: Buffer,
  sessionIndexes: readonly string[],
): Statement<{ memberId: string }> {
  return {
    name: "saml_session_end",
    text: `delete from sessions s using saml_sessions n
      where s.tenant_id = $1 and n.tenant_id = $1 and n.connection_id = $2 and n.name_id_hash = $3
        and n.session_id = s.id
        and (cardinality($4::text[]) = 0 or n.session_index is null or n.session_index = any ($4))
      returning s.member_id as "memberId"`,
    values: [tenantId, connectionId, nameIdHash, sessionIndexes],
  };
}

/** A LogoutRequest of ours. */
export interface NewLogoutRequest {
  readonly connectionId: string;
  readonly requestId: string;
  /** SHA-256 of the cookie of the browser that takes it along. */
  readonly browserHash: Buffer;
  readonly expiresAt: Date;
}

/** Remembers a request, and sweeps a few of the tenant's that are over. */
export function insertLogoutRequest(tenantId: string, request: NewLogoutRequest, now: Date): Statement {
  return {
    name: "logout_request_insert",
    text: `with swept as (delete from logout_requests where tenant_id = $1 and (connection_id, request_id) in
        (select connection_id, request_id from logout_requests where tenant_id = $1 and expires_at < $5 limit 20
          for update skip locked))
      insert into logout_requests (tenant_id, connection_id, request_id, browser_hash, created_at, expires_at)
        values ($1,$2,$3,$4,$5,$6)`,
    values: [tenantId, request.connectionId, request.requestId, request.browserHash, now, request.expiresAt],
  };
}

/** How a logout went at the identity provider. */
export type LogoutOutcome = "success" | "partial" | "failed";

/** Takes the first answer to a request; a row or none. */
export function answerLogoutRequest(
  tenantId: string,
  connectionId: string,
  requestId: string,
  outcome: LogoutOutcome,
  now: Date,
): Statement<{ requestId: string }> {
  return {
    name: "logout_request_answer",
    text: `update logout_requests set outcome = $4 where tenant_id = $1 and connection_id = $2 and request_id = $3
        and outcome is null and expires_at > $5 returning request_id as "requestId"`,
    values: [tenantId, connectionId, requestId, outcome, now],
  };
}

/** How a request was answered, for the browser that took it along; a row or none. */
export function logoutOutcome(
  tenantId: string,
  connectionId: string,
  requestId: string,
  browserHash: Buffer,
  now: Date,
): Statement<{ outcome: LogoutOutcome | null }> {
  return {
    name: "logout_request_outcome",
    text: `select outcome from logout_requests where tenant_id = $1 and connection_id = $2 and request_id = $3
        and browser_hash = $4 and expires_at > $5`,
    values: [tenantId, connectionId, requestId, browserHash, now],
  };
}
