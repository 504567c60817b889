import { isDeepStrictEqual } from "node:util";
import { everything } from "../../admission/permissions.ts";
import { roleCatalogue } from "../../admission/roles.ts";
import { effectiveLimit } from "../../admission/seatLimit.ts";
import { Refusal } from "../../base/errors.ts";
import { isUuid, newId } from "../../base/ids.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { acrossTenants, inTenant, onceInTenant, violatedUnique } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { addDirectory } from "../directories/directories.ts";
import { checkEnforceable, checkNewTenant, demandsMore, endRefusedSessions } from "../signIn/enforcement.ts";
import { cutPage, FIRST_ID, type IdPage, type PageWanted } from "../members/idPage.ts";
import { type Operator, planUnder } from "./plans.ts";
import { addAreas, checkDeclaredIn } from "../roles/permissionAreas.ts";
import { useSeats } from "../roles/redecide.ts";
import { addRole } from "../roles/roles.ts";
import { applyPolicy, checkSettings, checkSettingsGrant } from "../seats/seatPolicy.ts";
import { beginning, type Preset, type PresetName } from "./presets.ts";
import { isSlug, type Tenant } from "./tenant.ts";
import {
  countTenants,
  insertSeats,
  insertTenant,
  tenantById,
  tenantBySlug,
  tenantsAfter,
  updateTenantRow,
} from "./tenants.store.ts";
import { mergeSettings, sectionNames, type SettingsChange } from "./tenantSettings.ts";
import { type Locked, underLock } from "../members/underLock.ts";

/** What a new tenant is to be. */
export interface NewTenant {
  readonly slug: string;
  readonly name: string;
  /** Null = none, which sets no limit. */
  readonly plan: string | null;
  readonly ownLimit: Tenant["ownLimit"];
  /** Over those of the preset. */
  readonly settings: SettingsChange;
  /** What it begins with. */
  readonly preset?: PresetName | null;
}

/** What is to change of a tenant; settings merge, the rest replaces. */
export type TenantChange = Partial<Omit<NewTenant, "preset">>;

/** The refusal of a tenant that is not there, or that the caller does not reach. */
export function noSuchTenant(reference: string): Refusal {
  return new Refusal("not_found", `no tenant ${reference}`);
}

/**
 * A tenant by slug or id, for the operator.
 *
 * @throws Refusal `not_found`
 */
export async function findTenant(db: Database, operator: Operator, reference: string): Promise<Tenant> {
  const tenant = isUuid(reference) ? await byId(db, reference.toLowerCase()) : await bySlug(db, operator, reference);
  if (!tenant) throw noSuchTenant(reference);
  return tenant;
}

async function byId(db: Database, tenantId: string): Promise<Tenant | undefined> {
  const [[tenant]] = await onceInTenant(db, { tenantId }, tenantById(tenantId));
  return tenant;
}

async function bySlug(db: Database, operator: Operator, slug: string): Promise<Tenant | undefined> {
  if (!isSlug(slug)) return undefined;
  return acrossTenants(db, operator, async ({ trx }) => (await trx.run(tenantBySlug(slug)))[0]);
}

/** All tenants, the oldest first. */
export function listTenants(db: Database, operator: Operator, { limit, place }: PageWanted): Promise<IdPage<Tenant>> {
  return acrossTenants(db, operator, async ({ trx }) => {
    const rows = await trx.run(tenantsAfter(place?.after ?? FIRST_ID, limit + 1));
    const total = place?.total ?? (await trx.run(countTenants))[0]?.count ?? 0;
    return cutPage(rows, limit, total);
  });
}

/**
 * Makes a tenant with its seats and its first directory, `default`; by a preset also with roles, whose permissions are
 * declared where they are not yet.
 *
 * @throws Refusal `slug_exists`, `invalid_request` for an unknown plan or a policy of seats that rule 7 refuses,
 * `conflict` where it is to require single sign-on (rule 28)
 */
export async function createTenant(db: Database, { actor, now }: Operator, wanted: NewTenant): Promise<Tenant> {
  const { slug, name, plan, preset = null } = wanted;
  const { seatLimit, settings, roles, permissionAreas } = beginning(preset);
  const ownLimit = wanted.ownLimit ?? (seatLimit === undefined ? null : { limit: seatLimit });
  const made = { slug, name, plan, ownLimit, settings: mergeSettings(settings, wanted.settings) };
  checkSettings(made.settings, roleCatalogue(roles));
  checkNewTenant(made.settings);
  await addAreas(db, { actor, now }, permissionAreas);
  const id = newId(now);
  const work = inTenant(db, { tenantId: id, actor, now }, async (scope) => {
    const limit = await limitOf(scope, made);
    await scope.trx.run(insertTenant({ id, ...made }, now));
    await scope.trx.run(insertSeats(id, limit));
    const told = { slug, name, plan, seatLimit: limit, ...(preset === null ? {} : { preset }) };
    await record(scope, event(scope, "tenant.created", { type: "tenant", id }, told));
    await addRoles(scope, roles);
    await addDirectory(scope, { id: newId(now), name: "default", provider: "other", createdAt: now });
    return tenantUnder(scope);
  });
  return withFreeSlug(work, wanted.slug);
}

async function addRoles(scope: Scope, roles: Preset["roles"]): Promise<void> {
  for (const role of roles) {
    await checkDeclaredIn(scope, role.permissions, "/preset");
    await addRole(scope, role);
  }
}

/**
 * Changes a tenant. What decides about seats goes under their lock: a new limit or plan (rules 5 and 6), and a new
 * policy, by which each member is decided anew. Where single sign-on is required of more people from now on, what they
 * had opened by password ends (rule 28). What changes nothing writes and records nothing.
 *
 * @param held the permissions of who changes it (rule 16)
 * @throws Refusal `not_found`, `slug_exists`, `invalid_request`, `forbidden`, `conflict` where that would shut everybody
 * out
 */
export async function updateTenant(
  db: Database,
  who: Who,
  change: TenantChange,
  held: readonly string[] = [everything],
): Promise<Tenant> {
  const work = inTenant(db, who, async (scope) => {
    const locked = await underLock(db, scope);
    const before = await tenantUnder(scope);
    const after = { ...before, ...change, settings: mergeSettings(before.settings, change.settings ?? {}) };
    const told = transitions(before, after);
    if (told.attributes.length === 0) return before;
    const { roles } = locked.rules.rules;
    checkSettingsGrant(change.settings ?? {}, roles, held);
    checkSettings(after.settings, roles);
    const isStricter = demandsMore(before.settings, after.settings);
    if (isStricter) await checkEnforceable(scope);
    const limit = await newLimit(scope, before, after, locked);
    await scope.trx.run(updateTenantRow(after, who.now));
    if (isStricter) await endRefusedSessions(scope);
    await reseat(scope, locked, after.settings, limit);
    const data = { ...told, ...(limit === locked.seats.limit ? {} : { seatLimit: [locked.seats.limit, limit] }) };
    await record(scope, event(who, "tenant.updated", { type: "tenant", id: who.tenantId }, data));
    return tenantUnder(scope);
  });
  return withFreeSlug(work, change.slug ?? "");
}

/** Policy first: those who come to need a seat by it are counted before free ones are given away. */
async function reseat(scope: Scope, locked: Locked, settings: SettingsChange, limit: number | null): Promise<void> {
  const rules = await applyPolicy(scope, locked, settings.seats);
  if (rules === locked.rules && limit === locked.seats.limit) return;
  await useSeats(scope, limit, rules);
}

/** The limit of a tenant whose plan or own limit changes; else the one that holds. */
async function newLimit(
  scope: Scope,
  before: Tenant,
  after: Pick<Tenant, "plan" | "ownLimit">,
  { seats }: Locked,
): Promise<number | null> {
  const same = before.plan === after.plan && isDeepStrictEqual(before.ownLimit, after.ownLimit);
  return same ? seats.limit : limitOf(scope, after);
}

/** Rule 6; the plan must exist even where the tenant's own limit holds. */
async function limitOf(scope: Scope, { plan, ownLimit }: Pick<Tenant, "plan" | "ownLimit">): Promise<number | null> {
  const held = plan === null ? undefined : await planUnder(scope, plan);
  return effectiveLimit(ownLimit?.limit, held?.seatLimit);
}

/** What of a change is told: names of what differs, values where they are the vendor's and nobody's secret. */
function transitions(before: Tenant, after: Tenant): { attributes: string[] } & Record<string, unknown> {
  const own = (["slug", "name", "plan", "ownLimit"] as const).filter(
    (key) => !isDeepStrictEqual(before[key], after[key]),
  );
  const sections = sectionNames.filter((key) => !isDeepStrictEqual(before.settings[key], after.settings[key]));
  return {
    attributes: [...own, ...sections.map((key) => `settings.${key}`)],
    ...Object.fromEntries(own.map((key) => [key, [before[key], after[key]]])),
    ...Object.fromEntries(sections.map((key) => [key, [before.settings[key] ?? {}, after.settings[key] ?? {}]])),
  };
}

/** The tenant of a transaction. @throws Refusal `not_found` */
export async function tenantUnder({ trx, tenantId }: Scope): Promise<Tenant> {
  const [tenant] = await trx.run(tenantById(tenantId));
  if (!tenant) throw noSuchTenant(tenantId);
  return tenant;
}

/** The same, with the refusal of a slug that another tenant has. @throws Refusal `slug_exists` */
export async function withFreeSlug<T>(work: Promise<T>, slug: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (violatedUnique(error) !== "tenants_slug") throw error;
    throw new Refusal("slug_exists", `There is a tenant '${slug}' already. Choose another slug.`);
  }
}
