/** Tenants: the operator makes them and sets what they bought; their own admins change name and settings. */
import { presetNames, type PresetName } from "../directory/tenants/presets.ts";
import { slugForm, type Tenant } from "../directory/tenants/tenant.ts";
import { deleteTenant } from "../directory/tenants/deletedTenants.ts";
import { createTenant, listTenants, type TenantChange, updateTenant } from "../directory/tenants/tenants.ts";
import { completeSettings, type SettingsChange } from "../directory/tenants/tenantSettings.ts";
import { Refusal } from "../base/errors.ts";
import { idPage, idPlace, type PageQuery } from "./paging.ts";
import type { Call, JsonAnswer, Resource, TenantCall } from "./route.ts";
import { arrayOf, id, instant, json, label, nothing, object, pageOf, pageQuery, record, ref, text } from "./schemas.ts";
import { settings, settingsChange } from "./settingsSchemas.ts";

export const slug = { type: "string", ...slugForm, description: "Names the tenant in URLs; may not look like a UUID." };
const plan = { type: ["string", "null"], description: "One of `GET /plans`; null = none." };
const seatLimit = {
  type: ["integer", "null"],
  minimum: 0,
  maximum: 2_147_483_647,
  description: "The tenant's own limit; absent = the plan's, null = unlimited, 0 = nobody.",
};

const preset = {
  type: "string",
  enum: presetNames,
  description: "What it begins with, below `settings` and `seatLimit`; `GET /presets` has what each holds.",
};

export const tenants: Resource = {
  tag: "Tenants",
  description: "Customer organisations.",
  schemas: {
    Tenant: record(
      {
        id,
        slug: text,
        name: text,
        plan,
        features: { ...arrayOf(text), description: "What the plan grants, as the operator has it in `PUT /plans`." },
        seatLimit,
        settings: ref("Settings"),
        createdAt: instant,
        updatedAt: instant,
      },
      ["seatLimit"],
    ),
    Settings: settings,
    SettingsChange: settingsChange,
  },
  routes: [
    {
      scope: "server",
      method: "POST",
      path: "/tenants",
      operationId: "createTenant",
      summary: "Make a tenant, with a directory called `default`",
      permission: "operator",
      body: object({ slug, name: label, plan, preset, seatLimit, settings: ref("SettingsChange") }, ["slug", "name"]),
      responses: { 201: json("The tenant.", ref("Tenant")) },
      handle: post,
    },
    {
      scope: "server",
      method: "GET",
      path: "/tenants",
      operationId: "listTenants",
      summary: "List the tenants, the oldest first",
      permission: "operator",
      query: pageQuery,
      responses: { 200: json("A page of tenants.", pageOf(ref("Tenant"))) },
      handle: list,
    },
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}",
      operationId: "getTenant",
      summary: "Read a tenant, its settings in full",
      permission: "settings:view",
      responses: { 200: json("The tenant.", ref("Tenant")) },
      handle: async ({ tenant }) => ({ status: 200, body: shownTenant(tenant) }),
    },
    {
      scope: "tenant",
      method: "PATCH",
      path: "/tenants/{t}",
      operationId: "updateTenant",
      summary: "Change a tenant; settings merge; slug, plan, seatLimit and the invitation quota are the operator's",
      permission: "settings:edit",
      body: object({
        slug,
        name: label,
        plan,
        seatLimit: {
          ...seatLimit,
          type: ["integer", "string", "null"],
          pattern: "^plan$",
          description: "`plan` = the plan's again, null = unlimited, 0 = nobody.",
        },
        settings: ref("SettingsChange"),
      }),
      responses: { 200: json("The tenant.", ref("Tenant")) },
      handle: patch,
    },
    {
      scope: "tenant",
      method: "DELETE",
      path: "/tenants/{t}",
      operationId: "deleteTenant",
      summary: "Delete a tenant: nobody gets in from now on, its slug is free; it can be restored for 30 days",
      permission: "operator",
      responses: { 204: nothing },
      handle: remove,
    },
  ],
};

interface NewTenantBody {
  readonly slug: string;
  readonly name: string;
  readonly plan?: string | null;
  readonly preset?: PresetName;
  readonly seatLimit?: number | null;
  readonly settings?: SettingsChange;
}

async function post({ db, actor, now, body }: Call<unknown, NewTenantBody>): Promise<JsonAnswer> {
  const { plan: bought = null, seatLimit: limit, settings: set = {}, ...named } = body;
  const ownLimit = limit === undefined ? null : { limit };
  const made = { ...named, plan: bought, ownLimit, settings: set };
  return { status: 201, body: shownTenant(await createTenant(db, { actor, now }, made)) };
}

async function list({ db, actor, now, query }: Call<PageQuery>): Promise<JsonAnswer> {
  const page = await listTenants(db, { actor, now }, { limit: query.limit, place: idPlace(query) });
  return { status: 200, body: idPage(page, shownTenant) };
}

interface TenantBody {
  readonly slug?: string;
  readonly name?: string;
  readonly plan?: string | null;
  readonly seatLimit?: number | "plan" | null;
  readonly settings?: SettingsChange;
}

async function patch({ db, who, permissions, body }: TenantCall<unknown, TenantBody>): Promise<JsonAnswer> {
  if (who.actor.type !== "operator") checkOwnToChange(body);
  const { seatLimit: limit, ...others } = body;
  const change: TenantChange = {
    ...others,
    ...(limit === undefined ? {} : { ownLimit: limit === "plan" ? null : { limit } }),
  };
  return { status: 200, body: shownTenant(await updateTenant(db, who, change, permissions)) };
}

/** What a tenant bought, and the name by which others know it, are not its own to change. */
function checkOwnToChange(body: TenantBody): void {
  const sold = (["slug", "plan", "seatLimit"] as const).filter((field) => body[field] !== undefined);
  const fields = [...sold, ...(body.settings?.invitations?.quota === undefined ? [] : ["settings.invitations.quota"])];
  if (fields.length === 0) return;
  throw new Refusal("forbidden", `Only the operator changes ${fields.join(", ")}. Leave it out, or ask the vendor.`);
}

async function remove({ db, who }: TenantCall): Promise<JsonAnswer> {
  await deleteTenant(db, who);
  return { status: 204 };
}

/** A tenant as it is answered: its settings in full. */
export function shownTenant({ ownLimit, planQuota, settings: stored, ...tenant }: Tenant): Record<string, unknown> {
  const own = ownLimit === null ? {} : { seatLimit: ownLimit.limit };
  return { ...tenant, ...own, settings: completeSettings(stored, planQuota) };
}
