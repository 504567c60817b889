import type { Statement } from "../../storage/types.ts";
import type { Holder } from "./factorHolder.ts";
import { holderValues } from "./secondFactors.store.ts";

/** A passkey as it is kept: nothing of it is secret. */
export interface Passkey {
  readonly id: string;
  /** base64url */
  readonly credentialId: string;
  /** COSE (RFC 9052 §7). */
  readonly publicKey: Buffer;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly name: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

/** Where the rows of each kind of holder are; `$1` is the tenant (null for an account), `$2` the holder. */
const PLACES = {
  member: { table: "member_passkeys", is: "k.tenant_id = $1 and k.member_id = $2" },
  account: { table: "account_passkeys", is: "$1::uuid is null and k.account_id = $2" },
} as const;

const COLUMNS = `k.id, k.credential_id as "credentialId", k.public_key as "publicKey", k.counter, k.transports, k.name,
  k.created_at as "createdAt", k.last_used_at as "lastUsedAt"`;

/** A holder's passkeys, the oldest first. */
export function passkeysOf(holder: Holder): Statement<Passkey> {
  const { table, is } = PLACES[holder.kind];
  return {
    name: `passkeys_${holder.kind}`,
    text: `select ${COLUMNS} from ${table} k where ${is} order by k.id`,
    values: holderValues(holder),
  };
}

/** Keeps a new one. */
export function insertPasskey(holder: Holder, passkey: Omit<Passkey, "lastUsedAt">): Statement {
  const [table, key, row] =
    holder.kind === "member"
      ? ["member_passkeys", "tenant_id, member_id", "$1::uuid, $2::uuid"]
      : ["account_passkeys", "account_id", "$2::uuid"];
  return {
    name: `passkey_insert_${holder.kind}`,
    text: `insert into ${table} (${key}, id, credential_id, public_key, counter, transports, name, created_at)
      select ${row}, $3::uuid, $4::text, $5::bytea, $6::bigint, $7::text[], $8::text, $9::timestamptz
      where $1::uuid is ${holder.kind === "member" ? "not null" : "null"}`,
    values: [
      ...holderValues(holder),
      passkey.id,
      passkey.credentialId,
      passkey.publicKey,
      passkey.counter,
      passkey.transports,
      passkey.name,
      passkey.createdAt,
    ],
  };
}

/**
 * Keeps the counter of a signature; no row where a later one is known, or the passkey is gone. Authenticators that count
 * nothing always say 0 (WebAuthn §6.1.1).
 */
export function countPasskey(holder: Holder, id: string, counter: number, now: Date): Statement<{ counted: boolean }> {
  const { table, is } = PLACES[holder.kind];
  return {
    name: `passkey_count_${holder.kind}`,
    text: `update ${table} k set counter = $4, last_used_at = $5
      where ${is} and k.id = $3 and (k.counter < $4 or (k.counter = 0 and $4 = 0)) returning true as counted`,
    values: [...holderValues(holder), id, counter, now],
  };
}

/** Renames one; a row if it is there. */
export function renamePasskey(holder: Holder, id: string, name: string): Statement<{ id: string }> {
  const { table, is } = PLACES[holder.kind];
  return {
    name: `passkey_rename_${holder.kind}`,
    text: `update ${table} k set name = $4 where ${is} and k.id = $3 returning k.id`,
    values: [...holderValues(holder), id, name],
  };
}

/** Deletes one; its name if it was there. */
export function deletePasskey(holder: Holder, id: string): Statement<{ name: string }> {
  const { table, is } = PLACES[holder.kind];
  return {
    name: `passkey_delete_${holder.kind}`,
    text: `delete from ${table} k where ${is} and k.id = $3 returning k.name`,
    values: [...holderValues(holder), id],
  };
}

/** Deletes all of a member's own. */
export function deletePasskeys(member: Extract<Holder, { kind: "member" }>): Statement<{ id: string }> {
  return {
    name: "passkey_delete_all",
    text: "delete from member_passkeys where tenant_id = $1 and member_id = $2 returning id",
    values: holderValues(member),
  };
}
