import type { Statement } from "../../storage/types.ts";
import type { Language } from "../../mail/message.ts";
import type { PersonName } from "../members/memberEdits.ts";

/** A person's own login, for who reads across tenants; so are all of these. */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly emailKey: string;
  readonly name: PersonName;
  /** Of letters; null where the holder has not said. */
  readonly language: Language | null;
}

/** The account with this address. */
export function accountByEmail(emailKey: string): Statement<Account> {
  return {
    name: "account_by_email",
    text: `select id, email, email_key as "emailKey", name, language from accounts where email_key = $1`,
    values: [emailKey],
  };
}

/** An account by its id. */
export function accountById(id: string): Statement<Account> {
  return {
    name: "account_by_id",
    text: `select id, email, email_key as "emailKey", name, language from accounts where id = $1`,
    values: [id],
  };
}

/** The password of an account. */
export function accountPassword(id: string): Statement<{ passwordHash: string }> {
  return {
    name: "account_password",
    text: `select password_hash as "passwordHash" from accounts where id = $1`,
    values: [id],
  };
}

/** Makes the account of a registration, unless its address has one. */
export function insertAccount(registrationId: string, now: Date): Statement {
  return {
    name: "account_insert",
    text: `insert into accounts (id, email, email_key, name, language, password_hash, created_at)
      select id, email, email_key, name, language, password_hash, $2 from registrations where id = $1 on conflict do nothing`,
    values: [registrationId, now],
  };
}

/** Makes the account of somebody whose mailbox an invitation has proven; a row, or none where its address has one. */
export function insertInvitedAccount(
  account: Omit<Account, "language"> & { readonly passwordHash: string },
  now: Date,
): Statement<{ id: string }> {
  const { id, email, emailKey, name, passwordHash } = account;
  return {
    name: "account_insert_invited",
    text: `insert into accounts (id, email, email_key, name, password_hash, created_at) values ($1,$2,$3,$4,$5,$6)
      on conflict do nothing returning id`,
    values: [id, email, emailKey, JSON.stringify(name), passwordHash, now],
  };
}
