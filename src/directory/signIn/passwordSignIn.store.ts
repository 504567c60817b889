import type { MemberStatus } from "../../admission/types.ts";
import type { Statement } from "../../storage/types.ts";

/** What a password sign-in needs of a member. */
export interface PasswordRow {
  readonly id: string;
  readonly status: MemberStatus;
  readonly breakGlass: boolean;
  readonly emailKey: string | null;
  readonly passwordHash: string | null;
  readonly mustChange: boolean;
  /** Whose password counts where the member has none of their own in this tenant. */
  readonly accountId: string | null;
}

/** The member of an address or user name (folded) who has a password, or an account; none where two would fit. */
export function passwordsOf(tenantId: string, key: string): Statement<PasswordRow> {
  return {
    name: "password_of",
    text: `select * from (select m.id, m.status, m.break_glass as "breakGlass", m.email_key as "emailKey",
          m.password_hash as "passwordHash", m.password_change as "mustChange", a.account_id as "accountId",
          count(*) over () as fits
        from members m left join account_members a on a.tenant_id = m.tenant_id and a.member_id = m.id
        where m.tenant_id = $1 and (m.password_hash is not null or a.account_id is not null)
          and (m.email_key = $2 or m.user_name_key = $2)) found where fits = 1`,
    values: [tenantId, key],
  };
}

/** The password of a member. */
export function passwordOfMember(
  tenantId: string,
  memberId: string,
): Statement<Pick<PasswordRow, "passwordHash" | "accountId">> {
  return {
    name: "password_of_member",
    text: `select m.password_hash as "passwordHash", a.account_id as "accountId" from members m
      left join account_members a on a.tenant_id = m.tenant_id and a.member_id = m.id
      where m.tenant_id = $1 and m.id = $2`,
    values: [tenantId, memberId],
  };
}

/** Counts a try and answers how many there are now; the window of a key begins with its first one. */
export function countAttempt(key: Buffer, now: Date, windowMinutes: number): Statement<{ count: number }> {
  return {
    name: "attempt_count",
    text: `insert into attempt_limits (key, count, resets_at) values ($1, 1, $2::timestamptz + $3 * interval '1 minute')
      on conflict (key) do update set
        count = case when attempt_limits.resets_at <= $2 then 1 else attempt_limits.count + 1 end,
        resets_at = case when attempt_limits.resets_at <= $2 then excluded.resets_at else attempt_limits.resets_at end
      returning count`,
    values: [key, now, windowMinutes],
  };
}

/** Takes a try out of the count again. */
export function uncountAttempt(key: Buffer): Statement {
  return {
    name: "attempt_uncount",
    text: "update attempt_limits set count = count - 1 where key = $1 and count > 0",
    values: [key],
  };
}

/** Deletes counts whose window has ended, so many at most; answers how many. Processes take turns by what is unlocked. */
export function deleteEndedAttempts(now: Date, most: number): Statement<{ count: number }> {
  return {
    name: "attempt_sweep",
    text: `with ended as (select key from attempt_limits where resets_at <= $1 limit $2 for update skip locked),
        gone as (delete from attempt_limits a using ended where a.key = ended.key returning a.key)
      select count(*) from gone`,
    values: [now, most],
  };
}

/** Sets a member's own password in place of the one that was and ends their other sessions; a row or none. */
export function setOwnPassword(
  tenantId: string,
  memberId: string,
  { hash, was, keptSession }: { hash: string; was: string; keptSession: string },
): Statement<{ id: string }> {
  return {
    name: "password_set_own",
    text: `with changed as (update members set password_hash = $3, password_change = false
          where tenant_id = $1 and id = $2 and password_hash = $5 and status = 'active' returning id),
      ended as (delete from sessions s using changed where s.tenant_id = $1 and s.member_id = changed.id and s.id <> $4),
      kept as (update sessions s set must_change_password = false from changed where s.tenant_id = $1 and s.id = $4)
      select id from changed`,
    values: [tenantId, memberId, hash, keptSession, was],
  };
}
