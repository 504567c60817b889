import type { MemberStatus } from "../../admission/types.ts";
import type { Statement } from "../../storage/types.ts";

/** What says whether a member may come in by Usher's own means. */
export interface Standing {
  readonly id: string;
  readonly status: MemberStatus;
  readonly breakGlass: boolean;
  readonly emailKey: string | null;
  /** Whether somebody else chose the password. */
  readonly mustChange: boolean;
}

/** A member's standing. */
export function standingOf(tenantId: string, memberId: string): Statement<Standing> {
  return {
    name: "member_standing",
    text: `select id, status, break_glass as "breakGlass", email_key as "emailKey", password_change as "mustChange"
      from members where tenant_id = $1 and id = $2`,
    values: [tenantId, memberId],
  };
}
