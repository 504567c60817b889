/** Second factors of members who have lost theirs. */
import { clearFactors } from "../directory/accounts/clearFactors.ts";
import type { Resource } from "./route.ts";
import { nothing } from "./schemas.ts";

export const memberFactors: Resource = {
  tag: "Members",
  description: "The people of a tenant; a member's id is its SCIM id.",
  schemas: {},
  routes: [
    {
      scope: "tenant",
      method: "DELETE",
      path: "/tenants/{t}/members/{id}/second-factors",
      operationId: "clearSecondFactors",
      summary: "Remove the second factors of a member who has lost them; those of an account are its holder's alone",
      permission: "members:edit",
      responses: { 204: nothing },
      handle: async ({ db, who, permissions, params }) => {
        await clearFactors(db, { ...who, permissions }, params["id"] ?? "");
        return { status: 204 };
      },
    },
  ],
};
