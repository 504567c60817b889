import { explainPermission, permissionReasons, type PermissionReason } from "../../admission/effectivePermissions.ts";
import { explain, explainStatus, statusReason } from "../../admission/explain.ts";
import type { MemberStatus, SeatState } from "../../admission/types.ts";
import type { Database, Who } from "../../storage/types.ts";
import { factsOf } from "./member.ts";
import { readMember } from "./memberList.ts";
import { currentRules } from "../roles/rules.ts";

/** Why a member is what they are: the reason of the status, those of the roles, and last that of the seat. */
export interface Explanation {
  readonly status: MemberStatus;
  /** In force. */
  readonly roles: readonly string[];
  readonly seat: SeatState;
  /** Each with its facts beside the words. */
  readonly reasons: readonly { readonly code: string; readonly text: string }[];
  /** Each with the roles and grants that it comes of, those that wait for a seat among them. */
  readonly permissions: readonly (PermissionReason & { readonly text: string })[];
}

/**
 * Explains a member by the reasons that were kept when it was decided.
 *
 * @throws Refusal `not_found`
 */
export async function explainMember(db: Database, who: Pick<Who, "tenantId">, id: string): Promise<Explanation> {
  const { rules } = await currentRules(db, who.tenantId);
  const member = await readMember(db, who, id);
  const status = statusReason(factsOf(member));
  return {
    status: member.status,
    roles: member.roles,
    seat: member.seat,
    reasons: [
      { ...status, text: explainStatus(status) },
      ...member.reasons.map((reason) => ({ ...reason, text: explain(reason, rules.roles) })),
    ],
    permissions: permissionReasons(rules.roles, member).map((reason) => ({
      ...reason,
      text: explainPermission(reason, rules.roles),
    })),
  };
}
