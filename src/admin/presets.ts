/** Presets: what a new tenant may begin with. */
import { presets as all } from "../directory/tenants/presets.ts";
import type { Resource } from "./route.ts";
import { json, record, ref, text } from "./schemas.ts";

export const presets: Resource = {
  tag: "Presets",
  description: "Ways in which products hold their seats, for `POST /tenants`.",
  schemas: {
    Presets: {
      type: "object",
      description: "By name.",
      additionalProperties: record(
        {
          description: text,
          seatLimit: { type: "null", description: "Unlimited, whatever the plan; absent = the plan's." },
          settings: ref("SettingsChange"),
          roles: {
            type: "array",
            items: record({
              slug: text,
              name: text,
              extends: { type: ["string", "null"] },
              permissions: { type: "array", items: text },
              seatRequired: { type: "boolean" },
              template: { type: "boolean", description: "Whether it is added to a member's role." },
            }),
          },
          permissionAreas: { ...ref("PermissionAreas"), description: "Declared for all tenants where missing." },
        },
        ["seatLimit"],
      ),
    },
  },
  routes: [
    {
      scope: "server",
      method: "GET",
      path: "/presets",
      operationId: "getPresets",
      summary: "Read what each preset gives a new tenant",
      permission: "operator",
      responses: { 200: json("All presets.", ref("Presets")) },
      handle: async () => ({ status: 200, body: all }),
    },
  ],
};
