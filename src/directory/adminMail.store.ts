import type { Statement } from "../storage/types.ts";

/** Who is written to, and how. */
export interface Recipient {
  readonly email: string | null;
  readonly scim: Readonly<Record<string, unknown>>;
  readonly administers: boolean;
  readonly tenant: string;
  /** The tenant's language, where its settings name one. */
  readonly language: string | null;
}

/** The active admins who can be written to, the longest-standing first. */
export function adminsToWrite(tenantId: string, most: number): Statement<{ id: string }> {
  return {
    name: "mail_admins",
    text: `select id from members where tenant_id = $1 and administers and email is not null
      order by created_at, id limit $2`,
    values: [tenantId, most],
  };
}

/** One member as a recipient; none where the member or the tenant is gone. */
export function recipient(tenantId: string, memberId: string): Statement<Recipient> {
  return {
    name: "mail_recipient",
    text: `select m.email, m.scim, m.administers, t.name as tenant, t.settings #>> '{mail,language}' as language
      from members m join tenants t on t.id = m.tenant_id and t.deleted_at is null
      where m.tenant_id = $1 and m.id = $2`,
    values: [tenantId, memberId],
  };
}
