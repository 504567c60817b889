import type { Statement } from "../../storage/types.ts";

/** Who is written to, and how. */
export interface Recipient {
  readonly email: string | null;
  readonly scim: Readonly<Record<string, unknown>>;
  /** The language that the member chose. */
  readonly locale: string | null;
  readonly administers: boolean;
  /** Whether nobody administers the tenant, and this member could be reached about it. */
  readonly mayTakeOver: boolean;
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

/**
 * Who is meant to administer and does not: those entitled to one of these roles who are not suspended, as the invited,
 * those without a seat, and break-glass members; the longest-standing first.
 */
export function standInsToWrite(
  tenantId: string,
  adminRoles: readonly string[],
  most: number,
): Statement<{ id: string }> {
  return {
    name: "mail_stand_ins",
    text: `select id from members where tenant_id = $1 and not administers and entitled && $2::text[]
        and status <> 'suspended' and not invitation_lapsed and email is not null
      order by created_at, id limit $3`,
    values: [tenantId, adminRoles, most],
  };
}

/** One member as a recipient; none where the member or the tenant is gone. */
export function recipient(tenantId: string, memberId: string): Statement<Recipient> {
  return {
    name: "mail_recipient",
    text: `select m.email, m.scim, m.administers, t.name as tenant, (select p.preferences->>'locale'
          from member_preferences p where p.tenant_id = $1 and p.member_id = $2) as locale, t.settings #>> '{mail,language}' as language,
        m.status <> 'suspended' and not exists (select from members a where a.tenant_id = $1 and a.administers)
          as "mayTakeOver"
      from members m join tenants t on t.id = m.tenant_id and t.deleted_at is null
      where m.tenant_id = $1 and m.id = $2`,
    values: [tenantId, memberId],
  };
}
