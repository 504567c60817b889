import type { Statement } from "../../storage/types.ts";

/** How a member can come in, as far as their account is concerned. */
export interface AttachedRow {
  readonly accountId: string | null;
  /** A password of the member's own, which is good in this tenant alone. */
  readonly hasOwn: boolean;
  readonly hasIdentity: boolean;
}

/** Reads it. */
export function attachedOf(tenantId: string, memberId: string): Statement<AttachedRow> {
  return {
    name: "account_attached",
    text: `select x.account_id as "accountId", m.password_hash is not null as "hasOwn",
        exists (select from identities i where i.tenant_id = $1 and i.member_id = m.id) as "hasIdentity"
      from members m left join account_members x on x.tenant_id = $1 and x.member_id = m.id
      where m.tenant_id = $1 and m.id = $2`,
    values: [tenantId, memberId],
  };
}

/**
 * Ties an account to a member, unless either is tied already; a row or none. What a session of the member proved of
 * another account, which was tied before, proves nothing of this one.
 */
export function tieAccount(
  tenantId: string,
  accountId: string,
  memberId: string,
  now: Date,
): Statement<{ accountId: string }> {
  return {
    name: "account_tie",
    text: `with tied as (insert into account_members (tenant_id, account_id, member_id, attached_at) values ($1,$2,$3,$4)
          on conflict do nothing returning account_id),
        unproven as (update sessions s set account_proven_at = null from tied
          where s.tenant_id = $1 and s.member_id = $3 and s.account_proven_at is not null)
      select account_id as "accountId" from tied`,
    values: [tenantId, accountId, memberId, now],
  };
}

/** Unties them, and ends what a password or passkey opened for the member, but for one session; a row or none. */
export function untieAccount(tenantId: string, memberId: string, keptId: string): Statement<{ accountId: string }> {
  return {
    name: "account_untie",
    text: `with untied as (delete from account_members where tenant_id = $1 and member_id = $2 returning account_id),
        ended as (delete from sessions s using untied where s.tenant_id = $1 and s.member_id = $2 and s.id <> $3
          and s.connection_id is null),
        unproven as (update sessions s set account_proven_at = null from untied where s.tenant_id = $1
          and s.member_id = $2 and (s.id = $3 or s.connection_id is not null) and s.account_proven_at is not null)
      select account_id as "accountId" from untied`,
    values: [tenantId, memberId, keptId],
  };
}
