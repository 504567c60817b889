import type { Statement } from "../../storage/types.ts";

/** Whether the tenant wants who is removed to be forgotten too (`members.removal`), and that to wait for applications. */
export function erasePolicy(tenantId: string): Statement<{ erase: boolean; waits: boolean }> {
  return {
    name: "erase_policy",
    text: `select coalesce(settings #>> '{members,removal}' = 'erase', false) as erase,
        coalesce((settings #>> '{members,offboardingDays}')::integer > 0, false) as waits from tenants where id = $1`,
    values: [tenantId],
  };
}

/** Blanks from where and with what somebody signed in, and what was said of them; that they did, when and how stays. */
export function forgetSignIns(tenantId: string, memberId: string): Statement {
  return {
    name: "erase_sign_ins",
    text: "update sign_ins set ip = null, device = null, detail = null, arrived = null where tenant_id = $1 and member_id = $2",
    values: [tenantId, memberId],
  };
}

/** Deletes what somebody wrote to be let in, until they left. */
export function forgetJoinRequests(
  tenantId: string,
  memberId: string,
  emailKey: string | null,
  leftAt: Date,
): Statement {
  return {
    name: "erase_join_requests",
    text: "delete from join_requests where tenant_id = $1 and (member_id = $2 or email_key = $3) and created_at <= $4",
    values: [tenantId, memberId, emailKey, leftAt],
  };
}
