/** Sets of permissions that are added to a member's role. */
import { roleRoutes } from "./roles.ts";
import type { Resource } from "./route.ts";

export const roleTemplates: Resource = {
  tag: "Role templates",
  description:
    "A template is an additive role: it is given beside a role, in a member's `roles`, and stands in for none. Taken out of " +
    "that list, its permissions are gone and the role stays.",
  schemas: {},
  routes: roleRoutes("template", "/tenants/{t}/role-templates", {
    Many: "RoleTemplates",
    One: "RoleTemplate",
    called: "role template",
    summary: "List the role templates",
  }),
};
