import type { Quota, SettingsChange } from "./tenantSettings.ts";

/** One customer organisation, as stored. */
export interface Tenant {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly plan: string | null;
  /** The tenant's own seat limit in place of its plan's (rule 6); null where it has none of its own. */
  readonly ownLimit: { readonly limit: number | null } | null;
  /** What was set; `completeSettings` adds the defaults. */
  readonly settings: SettingsChange;
  /** The plan's invitation quota, which holds where the settings name none. */
  readonly planQuota: Quota | null;
  /** What its plan grants; none without a plan. */
  readonly features: readonly string[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const LIKE_UUID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/;

/** The forms of a slug, for schemas: what it must match, and what it must not. */
export const slugForm = { pattern: SLUG.source, not: { pattern: LIKE_UUID.source } };

/** Whether this can be a tenant's slug: a name in URLs that nobody takes for an id. */
export function isSlug(text: string): boolean {
  return SLUG.test(text) && !LIKE_UUID.test(text);
}
