import type { Statement } from "../../storage/types.ts";

/** Whether the tenant wants who is removed to be forgotten too (`members.removal`). */
export function isErasing(tenantId: string): Statement<{ erase: boolean }> {
  return {
    name: "erase_policy",
    text: `select coalesce(settings #>> '{members,removal}' = 'erase', false) as erase from tenants where id = $1`,
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

/** Deletes what somebody wrote to be let in. */
export function forgetJoinRequests(tenantId: string, memberId: string, emailKey: string | null): Statement {
  return {
    name: "erase_join_requests",
    text: "delete from join_requests where tenant_id = $1 and (member_id = $2 or email_key = $3)",
    values: [tenantId, memberId, emailKey],
  };
}
