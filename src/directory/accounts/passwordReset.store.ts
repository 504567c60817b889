import type { Statement } from "../../storage/types.ts";
import type { Holder } from "./factorHolder.ts";

/** What the token of a reset is about: whose it is, and what it is void without. */
export interface ResetRow {
  readonly passwordHash: string | null;
  readonly email: string | null;
  readonly emailKey: string | null;
}

/** The password that a reset would replace; of a member who is active. */
export function resetOf(holder: Holder): Statement<ResetRow> {
  const columns = `password_hash as "passwordHash", email, email_key as "emailKey"`;
  return holder.kind === "member"
    ? {
        name: "reset_member",
        text: `select ${columns} from members where tenant_id = $1 and id = $2 and status = 'active'`,
        values: [holder.tenantId, holder.id],
      }
    : { name: "reset_account", text: `select ${columns} from accounts where id = $1`, values: [holder.id] };
}

/**
 * Holds a password until the transaction ends, in a statement of its own: the sessions of sign-ins that had it in hand
 * are there for the next one to see, and those that wait for this find another password.
 */
export function holdPassword(holder: Holder): Statement {
  return holder.kind === "member"
    ? {
        name: "password_hold_member",
        text: "select from members where tenant_id = $1 and id = $2 for no key update",
        values: [holder.tenantId, holder.id],
      }
    : {
        name: "password_hold_account",
        text: "select from accounts where id = $1 for no key update",
        values: [holder.id],
      };
}

/** The password of an account, which nobody changes until the transaction ends. */
export function keptAccountPassword(accountId: string): Statement<{ passwordHash: string }> {
  return {
    name: "password_keep_account",
    text: `select password_hash as "passwordHash" from accounts where id = $1 for share`,
    values: [accountId],
  };
}

/** Sets a member's password in place of the one that the token was made for, and ends all their sessions; a row or none. */
export function resetMemberPassword(
  tenantId: string,
  memberId: string,
  { hash, was }: { hash: string; was: string },
): Statement<{ id: string }> {
  return {
    name: "password_reset_member",
    text: `with changed as (update members set password_hash = $3, password_change = false
          where tenant_id = $1 and id = $2 and password_hash = $4 and status = 'active' returning id),
      ended as (delete from sessions s using changed where s.tenant_id = $1 and s.member_id = changed.id)
      select id from changed`,
    values: [tenantId, memberId, hash, was],
  };
}

/**
 * Sets an account's password, where it is still the one that was, and ends the sessions of the members that it
 * is attached to, but for one; answers these members. For who writes across tenants.
 */
export function setAccountPassword(
  accountId: string,
  { hash, was, keptSession }: { hash: string; was: string; keptSession: string | null },
): Statement<{ id: string; tenantId: string; memberId: string | null }> {
  return {
    name: "password_set_account",
    text: `with changed as (update accounts set password_hash = $2
          where id = $1 and password_hash = $3 returning id),
      attached as (select a.tenant_id, a.member_id from account_members a join changed on changed.id = a.account_id),
      ended as (delete from sessions s using attached a
          where s.tenant_id = a.tenant_id and s.member_id = a.member_id and s.id is distinct from $4::uuid)
      select changed.id, a.tenant_id as "tenantId", a.member_id as "memberId"
        from changed left join attached a on true`,
    values: [accountId, hash, was, keptSession],
  };
}
