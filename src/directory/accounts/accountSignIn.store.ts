/** Sign-ins by an account, before the tenant is chosen: for who reads across tenants, unless a tenant is named. */
import type { Statement } from "../../storage/types.ts";
import type { Account } from "./accounts.store.ts";
import type { PasswordRow } from "../signIn/passwordSignIn.store.ts";

const ACCOUNT = `a.id, a.email, a.email_key as "emailKey", a.name, a.language`;

/** Remembers that a password of an account was right, where it still is, and sweeps a few tickets that are over. */
export function insertTicket(
  hash: Buffer,
  { id, passwordHash }: { readonly id: string; readonly passwordHash: string },
  now: Date,
  expiresAt: Date,
): Statement {
  return {
    name: "account_ticket_insert",
    text: `with swept as (delete from account_tickets where hash in
        (select hash from account_tickets where expires_at < $3 limit 20 for update skip locked))
      insert into account_tickets (hash, account_id, proof, expires_at)
      select $1, id, sha256(convert_to(password_hash, 'UTF8')), $4 from accounts where id = $2 and password_hash = $5`,
    values: [hash, id, now, expiresAt, passwordHash],
  };
}

/** Of a living ticket; void once the password is another one. */
const TICKET = `t.hash = $1 and t.expires_at > $2 and a.id = t.account_id
  and t.proof = sha256(convert_to(a.password_hash, 'UTF8'))`;

/** Whose ticket it is. */
export function accountOfTicket(hash: Buffer, now: Date): Statement<Account> {
  return {
    name: "account_ticket_account",
    text: `select ${ACCOUNT} from account_tickets t, accounts a where ${TICKET}`,
    values: [hash, now],
  };
}

/** Uses a ticket up, once; the password that it stands for, or no row. */
export function spendTicket(hash: Buffer, now: Date): Statement<{ passwordHash: string }> {
  return {
    name: "account_ticket_spend",
    text: `delete from account_tickets t using accounts a where ${TICKET} returning a.password_hash as "passwordHash"`,
    values: [hash, now],
  };
}

/** A tenant in which an account is an active member. */
export interface AccountTenant {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly memberId: string;
  /** The member has a password of their own there, which counts instead (rule 26). */
  readonly hasOwn: boolean;
}

/** More than one person works for. */
const MOST_TENANTS = 200;

/** The tenants of an account, by name. */
export function tenantsOfAccount(accountId: string): Statement<AccountTenant> {
  return {
    name: "account_tenants",
    text: `select t.id, t.slug, t.name, m.id as "memberId", m.password_hash is not null as "hasOwn"
      from account_members x join members m on m.tenant_id = x.tenant_id and m.id = x.member_id and m.status = 'active'
        join tenants t on t.id = x.tenant_id and t.deleted_at is null
      where x.account_id = $1 order by t.name, t.id limit ${MOST_TENANTS}`,
    values: [accountId],
  };
}

/** The member whom an account is in a tenant, as a sign-in needs it. */
export function memberOfAccount(tenantId: string, accountId: string): Statement<PasswordRow> {
  return {
    name: "account_member",
    text: `select m.id, m.status, m.break_glass as "breakGlass", m.email_key as "emailKey",
        m.password_hash as "passwordHash", m.password_change as "mustChange", x.account_id as "accountId"
      from account_members x join members m on m.tenant_id = $1 and m.id = x.member_id
      where x.tenant_id = $1 and x.account_id = $2`,
    values: [tenantId, accountId],
  };
}
