/** Every column that holds something sealed with USHER_SECRET_KEY: what a new key must seal anew. */

/** One of them, with what tells its rows apart and the context in which each was sealed. */
export interface SealedColumn {
  readonly table: string;
  readonly column: string;
  /** The primary key, by column and type. */
  readonly key: readonly (readonly [name: string, type: "uuid" | "text"])[];
  /** Of the values of the key, in its order. */
  readonly context: (...key: string[]) => string;
}

const OF_TENANT = [
  ["tenant_id", "uuid"],
  ["id", "uuid"],
] as const;

/** In the words of the code that seals each; a test opens one of every kind after they were sealed anew. */
export const sealedColumns: readonly SealedColumn[] = [
  { table: "webhooks", column: "secret", key: OF_TENANT, context: (_tenant, id) => `webhooks/${id}` },
  { table: "webhooks", column: "previous_secret", key: OF_TENANT, context: (_tenant, id) => `webhooks/${id}` },
  { table: "connections", column: "secret", key: OF_TENANT, context: (_tenant, id) => `connections ${id}` },
  {
    table: "connection_keys",
    column: "private_key",
    key: [...OF_TENANT.slice(0, 1), ["connection_id", "uuid"], ["id", "uuid"]],
    context: (_tenant, _connection, id) => `connection_keys ${id}`,
  },
  {
    table: "custom_resources",
    column: "sealed",
    key: OF_TENANT,
    context: (tenant, id) => `custom_resources ${tenant} ${id}`,
  },
  { table: "sign_in_attempts", column: "proof", key: OF_TENANT, context: (_tenant, id) => `attempt:${id}` },
  {
    table: "member_factors",
    column: "totp_secret",
    key: [
      ["tenant_id", "uuid"],
      ["member_id", "uuid"],
    ],
    context: (_tenant, member) => `totp:member:${member}`,
  },
  {
    table: "account_factors",
    column: "totp_secret",
    key: [["account_id", "uuid"]],
    context: (account) => `totp:account:${account}`,
  },
  {
    table: "oidc_signing_keys",
    column: "private_key",
    key: [["kid", "text"]],
    context: (kid) => `oidc_signing_key:${kid}`,
  },
];
