import type { Statement } from "../../storage/types.ts";

/** The tenants in which an account is a member, and which one; the oldest first. For who reads across tenants. */
export function membershipsOf(accountId: string): Statement<{ tenantId: string; memberId: string }> {
  return {
    name: "passkey_memberships",
    text: `select a.tenant_id as "tenantId", a.member_id as "memberId" from account_members a
      join tenants t on t.id = a.tenant_id and t.deleted_at is null where a.account_id = $1 order by a.attached_at limit 200`,
    values: [accountId],
  };
}
