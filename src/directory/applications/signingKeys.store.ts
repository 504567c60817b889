import type { Statement } from "../../storage/types.ts";

/** A key that signs tokens; its private part is sealed. */
export interface SigningKeyRow {
  readonly kid: string;
  /** JWK, sealed. */
  readonly privateKey: Buffer;
  readonly createdAt: Date;
  /** Until then it is only published. */
  readonly signsFrom: Date;
}

const KEY = `kid, private_key as "privateKey", created_at as "createdAt", signs_from as "signsFrom"`;

/** All keys, those that sign latest first. */
export const allSigningKeys: Statement<SigningKeyRow> = {
  name: "signing_key_list",
  text: `select ${KEY} from oidc_signing_keys order by signs_from desc, kid`,
  values: [],
};

/** Nobody else makes or deletes keys until the transaction ends; they may be read. */
export const lockSigningKeys: Statement = {
  name: "signing_key_lock",
  text: "lock table oidc_signing_keys in share row exclusive mode",
  values: [],
};

/** A new key. */
export function insertSigningKey({ kid, privateKey, createdAt, signsFrom }: SigningKeyRow): Statement {
  return {
    name: "signing_key_insert",
    text: "insert into oidc_signing_keys (kid, private_key, created_at, signs_from) values ($1,$2,$3,$4)",
    values: [kid, privateKey, createdAt, signsFrom],
  };
}

/** Deletes a key: what it signed is believed no more. */
export function deleteSigningKey(kid: string): Statement {
  return { name: "signing_key_delete", text: "delete from oidc_signing_keys where kid = $1", values: [kid] };
}
