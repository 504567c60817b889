/** A tenant of its own for each case, made by the use-case. */
import { createTenant } from "../../src/directory/tenants/tenants.ts";
import type { Tenant } from "../../src/directory/tenants/tenant.ts";
import type { SettingsChange } from "../../src/directory/tenants/tenantSettings.ts";
import { testDatabase } from "./database.ts";

let made = 0;

/** A slug that no other case has, nor another process on the same server. */
export function newSlug(): string {
  made += 1;
  return `case-${process.pid}-${Date.now().toString(36)}-${made}`;
}

/** Makes a tenant; without a plan or limit its seats are unlimited. */
export async function newTenant(
  wanted: {
    readonly plan?: string;
    readonly seatLimit?: number | null;
    readonly settings?: SettingsChange;
    readonly now?: Date;
  } = {},
): Promise<Tenant> {
  const { plan = null, seatLimit, settings = {}, now = new Date() } = wanted;
  const ownLimit = seatLimit === undefined ? null : { limit: seatLimit };
  const slug = newSlug();
  const tenant = { slug, name: `Tenant ${slug}`, plan, ownLimit, settings };
  return createTenant(await testDatabase(), { actor: { type: "operator" }, now }, tenant);
}
