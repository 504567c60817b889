/** What the OpenID Provider's library keeps: codes, tokens, grants, interactions, browser sessions. Of no tenant. */
import type { Statement } from "../../storage/types.ts";

/** A record by the hash of what opens it. */
interface OidcPayload {
  readonly kind: string;
  readonly id: Buffer;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly grantId: string | null;
  readonly uid: string | null;
  readonly expiresAt: Date;
}

/** A record as it is found; `consumedAt` is null of one that was not used. */
export interface FoundPayload {
  readonly payload: Readonly<Record<string, unknown>>;
  readonly consumedAt: Date | null;
}

/** Writes a record; one that was consumed stays so. */
export function writePayload({ kind, id, payload, grantId, uid, expiresAt }: OidcPayload): Statement {
  return {
    name: "oidc_payload_write",
    text: `insert into oidc_payloads (kind, id, payload, grant_id, uid, expires_at) values ($1,$2,$3,$4,$5,$6)
      on conflict (kind, id) do update set payload = excluded.payload, grant_id = excluded.grant_id,
        uid = excluded.uid, expires_at = excluded.expires_at`,
    values: [kind, id, JSON.stringify(payload), grantId, uid, expiresAt],
  };
}

/** A record; expired ones too, whose expiry is in the payload. */
export function payloadById(kind: string, id: Buffer): Statement<FoundPayload> {
  return {
    name: "oidc_payload_read",
    text: `select payload, consumed_at as "consumedAt" from oidc_payloads where kind = $1 and id = $2`,
    values: [kind, id],
  };
}

/** A browser session by its second name; the latest, where requests of one browser crossed. */
export function payloadByUid(kind: string, uid: string): Statement<FoundPayload> {
  return {
    name: "oidc_payload_by_uid",
    text: `select payload, consumed_at as "consumedAt" from oidc_payloads where uid = $2 and kind = $1
      order by expires_at desc limit 1`,
    values: [kind, uid],
  };
}

/** Ends a browser session by its second name. */
export function deleteByUid(kind: string, uid: string): Statement {
  return {
    name: "oidc_payload_delete_by_uid",
    text: "delete from oidc_payloads where uid = $2 and kind = $1",
    values: [kind, uid],
  };
}

/** Consumes a record once, whoever comes at the same time; a row, or none where it was consumed or is not there. */
export function consumePayload(kind: string, id: Buffer, now: Date): Statement<{ kind: string }> {
  return {
    name: "oidc_payload_consume",
    text: `update oidc_payloads set consumed_at = $3 where kind = $1 and id = $2 and consumed_at is null returning kind`,
    values: [kind, id, now],
  };
}

/** What was given by the grant of a record, the grant itself too: all of it opens nothing any more. */
export function revokeGrantOf(kind: string, id: Buffer): Statement {
  return {
    name: "oidc_payload_revoke_replayed",
    text: `delete from oidc_payloads p using oidc_payloads used where used.kind = $1 and used.id = $2
      and (p.grant_id = used.grant_id or (p.kind = 'Grant' and p.id = sha256(convert_to(used.grant_id, 'UTF8'))))`,
    values: [kind, id],
  };
}

/** Deletes a record. */
export function deletePayload(kind: string, id: Buffer): Statement {
  return {
    name: "oidc_payload_delete",
    text: "delete from oidc_payloads where kind = $1 and id = $2",
    values: [kind, id],
  };
}

/** Deletes the records of a kind that came of a grant. */
export function deleteByGrant(kind: string, grantId: string): Statement {
  return {
    name: "oidc_payload_delete_by_grant",
    text: "delete from oidc_payloads where grant_id = $2 and kind = $1",
    values: [kind, grantId],
  };
}

/** Deletes records that are over, a bounded number at once; answers how many. */
export function deleteExpiredPayloads(now: Date, most: number): Statement<{ count: number }> {
  return {
    name: "oidc_payload_sweep",
    text: `with old as (select kind, id from oidc_payloads where expires_at < $1 limit $2 for update skip locked),
        gone as (delete from oidc_payloads p using old where p.kind = old.kind and p.id = old.id returning 1)
      select count(*)::int as count from gone`,
    values: [now, most],
  };
}
