/** Who is signed in to which application. */
import type { Statement } from "../../storage/types.ts";

/** What applications know of a session: it outlives one that the same member goes on from in the same browser. */
export interface SignOn {
  readonly tenantId: string;
  readonly memberId: string;
  readonly signOnId: string;
}

/** An application that somebody is signed in to. */
export interface ApplicationSession {
  readonly clientId: string;
  readonly memberId: string;
  readonly signOnId: string;
  /** The application's own name for it; null where it asked for none. */
  readonly sid: string | null;
}

/**
 * Remembers that an application gets to know of a session, if that lives, to tell it of the end; and sweeps a few of
 * the tenant's that are over.
 */
export function rememberApplication(
  { tenantId, memberId, signOnId }: SignOn,
  { clientId, sid }: Pick<ApplicationSession, "clientId" | "sid">,
  now: Date,
): Statement {
  return {
    name: "application_session_write",
    text: `with swept as (delete from application_sessions where tenant_id = $1 and (sign_on_id, client_id) in
        (select sign_on_id, client_id from application_sessions where tenant_id = $1 and expires_at < $6 limit 20
          for update skip locked))
      insert into application_sessions (tenant_id, sign_on_id, client_id, member_id, sid, created_at, expires_at)
      select $1, $3, $4, $2, $5, $6, max(s.expires_at) from sessions s
        where s.tenant_id = $1 and s.member_id = $2 and coalesce(s.sign_on_id, s.id) = $3 having count(*) > 0
      on conflict (tenant_id, sign_on_id, client_id) do update set sid = excluded.sid, expires_at = excluded.expires_at`,
    values: [tenantId, memberId, signOnId, clientId, sid, now],
  };
}

/** Takes the applications of sessions that have ended, of these members or (null) of the whole tenant. */
export function takeEnded(tenantId: string, memberIds: readonly string[] | null): Statement<ApplicationSession> {
  return {
    name: "application_session_take_ended",
    text: `delete from application_sessions a where a.tenant_id = $1
        and ($2::uuid[] is null or a.member_id in (select unnest($2::uuid[])))
        and not exists (select from sessions s where s.tenant_id = $1 and s.member_id = a.member_id
          and coalesce(s.sign_on_id, s.id) = a.sign_on_id)
      returning client_id as "clientId", member_id as "memberId", sign_on_id as "signOnId", sid`,
    values: [tenantId, memberIds],
  };
}

/** Ends what a browser is signed in by; the ids of the sessions that were there. */
export function endSignOn({ tenantId, memberId, signOnId }: SignOn): Statement<{ id: string }> {
  return {
    name: "sign_on_end",
    text: `delete from sessions where tenant_id = $1 and member_id = $2 and coalesce(sign_on_id, id) = $3 returning id`,
    values: [tenantId, memberId, signOnId],
  };
}

/** Lets a session go on under the name of the one that it replaces, where both are one member's. */
export function continueSignOn(tenantId: string, memberId: string, id: string, replacedId: string): Statement {
  return {
    name: "sign_on_continue",
    text: `update sessions s set sign_on_id = coalesce(old.sign_on_id, old.id) from sessions old
      where s.tenant_id = $1 and s.id = $3 and s.member_id = $2
        and old.tenant_id = $1 and old.id = $4 and old.member_id = $2`,
    values: [tenantId, memberId, id, replacedId],
  };
}
