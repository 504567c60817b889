/** Plans: what the vendor sells, and with how many seats. */
import { listPlans, putPlans } from "../directory/tenants/plans.ts";
import type { Plan } from "../directory/tenants/plans.store.ts";
import type { Call, JsonAnswer, Resource } from "./route.ts";
import { arrayOf, json, record, ref } from "./schemas.ts";
import { quota } from "./settingsSchemas.ts";

const plan = record({
  seatLimit: { type: ["integer", "null"], minimum: 0, maximum: 2_147_483_647, description: "Null = unlimited." },
  invitationQuota: quota,
  features: arrayOf({ type: "string", pattern: "^[a-z][A-Za-z0-9]{0,62}$" }, { maxItems: 100, uniqueItems: true }),
});

export const plans: Resource = {
  tag: "Plans",
  description: "What is sold, by name.",
  schemas: {
    Plan: plan,
    Plans: {
      type: "object",
      propertyNames: { pattern: "^[a-z0-9][a-z0-9-]{0,62}$" },
      additionalProperties: ref("Plan"),
      maxProperties: 200,
    },
  },
  routes: [
    {
      scope: "server",
      method: "GET",
      path: "/plans",
      operationId: "getPlans",
      summary: "Read all plans",
      permission: "operator",
      responses: { 200: json("All plans.", ref("Plans")) },
      handle: async ({ db, actor, now }) => ({ status: 200, body: await listPlans(db, { actor, now }) }),
    },
    {
      scope: "server",
      method: "PUT",
      path: "/plans",
      operationId: "putPlans",
      summary: "Write the named plans and keep the others; a new limit reaches each tenant without one of its own",
      permission: "operator",
      body: ref("Plans"),
      responses: { 200: json("All plans.", ref("Plans")) },
      handle: put,
    },
  ],
};

async function put({ db, actor, now, body }: Call<unknown, Readonly<Record<string, Plan>>>): Promise<JsonAnswer> {
  return { status: 200, body: await putPlans(db, { actor, now }, body) };
}
