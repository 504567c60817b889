import type { Statement } from "../../storage/types.ts";
import type { Account } from "../accounts/accounts.store.ts";

/** Who has signed up and not proven the mailbox yet, for who reads across tenants; so are all of these. */
export interface Registration extends Account {
  readonly passwordHash: string;
  /** The invite link by which they came: its tenant and the hash of its token; null = none. */
  readonly link: { readonly tenantId: string; readonly hash: Buffer } | null;
}

/** Keeps a registration until a moment, and sweeps a few that have expired. */
export function insertRegistration(registration: Registration, now: Date, expiresAt: Date): Statement {
  const { id, email, emailKey, name, language, passwordHash, link } = registration;
  return {
    name: "registration_insert",
    text: `with swept as (delete from registrations where id in
        (select id from registrations where expires_at < $6 limit 20))
      insert into registrations (id, email, email_key, name, password_hash, expires_at, language, link_tenant, link_hash)
      values ($1,$2,$3,$4,$5,$7,$8,$9,$10)`,
    values: [
      id,
      email,
      emailKey,
      JSON.stringify(name),
      passwordHash,
      now,
      expiresAt,
      language,
      link?.tenantId ?? null,
      link?.hash ?? null,
    ],
  };
}

/** One that has not expired. */
export function registrationById(
  id: string,
  now: Date,
): Statement<Omit<Registration, "link"> & { readonly linkTenant: string | null; readonly linkHash: Buffer | null }> {
  return {
    name: "registration_by_id",
    text: `select id, email, email_key as "emailKey", name, language, password_hash as "passwordHash",
        link_tenant as "linkTenant", link_hash as "linkHash" from registrations
      where id = $1 and expires_at > $2`,
    values: [id, now],
  };
}

/** Ends all registrations of an address. */
export function deleteRegistrations(emailKey: string): Statement {
  return {
    name: "registration_delete",
    text: "delete from registrations where email_key = $1",
    values: [emailKey],
  };
}
