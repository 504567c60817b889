import type { Statement } from "../../storage/types.ts";

/** Whether a member has a password of their own, and the account that is attached. */
export function personOf(
  tenantId: string,
  memberId: string,
): Statement<{ hasPassword: boolean; accountId: string | null }> {
  return {
    name: "factor_person",
    text: `select m.password_hash is not null as "hasPassword", a.account_id as "accountId" from members m
      left join account_members a on a.tenant_id = m.tenant_id and a.member_id = m.id
      where m.tenant_id = $1 and m.id = $2`,
    values: [tenantId, memberId],
  };
}
