import type { Statement } from "../../storage/types.ts";

/** Whom a request names (RFC 9493 §3.2). */
export type SubjectId =
  | { readonly format: "iss_sub"; readonly iss: string; readonly sub: string }
  | { readonly format: "email"; readonly emailKey: string }
  | { readonly format: "opaque"; readonly id: string };

/** A member whom a connection reaches, and what its identity provider calls them. */
export interface ReachedMember {
  readonly id: string;
  readonly names: readonly string[];
}

/** People of one address; more are no mistake of typing. */
const MOST = 50;

/**
 * The members whom a subject names and whom the connection reaches: who has an identity there, or is of its directory.
 * Never a break-glass member.
 */
export function membersOfSubject(tenantId: string, connectionId: string, subject: SubjectId): Statement<ReachedMember> {
  const { format } = subject;
  const [iss, sub] = format === "iss_sub" ? [subject.iss, subject.sub] : [null, null];
  const named =
    format === "iss_sub"
      ? "exists (select from identities n where n.tenant_id = $1 and n.connection_id = $2 and n.issuer = $3 and n.subject = $4 and n.member_id = m.id)"
      : format === "email"
        ? "m.email_key = $3 and $4::text is null"
        : "m.id = $3::uuid and $4::text is null";
  const value = format === "email" ? subject.emailKey : format === "opaque" ? subject.id : iss;
  return {
    name: `revocation_members_${format}`,
    text: `select m.id, coalesce(array(select i.subject from identities i where i.tenant_id = $1 and i.connection_id = $2
        and i.member_id = m.id), '{}') as names
      from members m join connections c on c.tenant_id = $1 and c.id = $2
      where m.tenant_id = $1 and not m.break_glass and ${named}
        and (m.directory_id = c.directory_id
          or exists (select from identities i where i.tenant_id = $1 and i.connection_id = $2 and i.member_id = m.id))
      order by m.id limit ${MOST}`,
    values: [tenantId, connectionId, value, sub],
  };
}
