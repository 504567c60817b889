import type { ScimObject } from "../../scim/types.ts";
import type { Statement } from "../../storage/types.ts";

/** What people are called who are shown in a preview. */
export function peopleShown(
  tenantId: string,
  ids: readonly string[],
): Statement<{ id: string; email: string | null; scim: ScimObject }> {
  return {
    name: "preview_people",
    text: "select id, email, scim from members where tenant_id = $1 and id in (select unnest($2::uuid[]))",
    values: [tenantId, ids],
  };
}
