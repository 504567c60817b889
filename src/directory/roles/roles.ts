import { isDeepStrictEqual } from "node:util";
import { checkMayGrant, checkRole, builtInCatalogue } from "../../admission/roles.ts";
import type { Role, RoleCatalogue } from "../../admission/types.ts";
import { Refusal } from "../../base/errors.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import type { AdminWho } from "../members/adminMembers.ts";
import { checkDeclaredIn } from "./permissionAreas.ts";
import { insertRole, storedRoles, updateRole, type StoredRole } from "./roles.store.ts";
import { carryOutRoles } from "./rolesEffects.ts";
import { nextRulesVersion } from "./rules.store.ts";
import { currentRules, rulesWithin } from "./rules.ts";
import { checkSettings } from "../seats/seatPolicy.ts";
import { underLock } from "../members/underLock.ts";

/** A role as it is shown: what it has of its own, and what comes of it. */
export interface ShownRole {
  readonly slug: string;
  readonly name: string;
  readonly extends: string | null;
  /** Its own. */
  readonly permissions: readonly string[];
  /** Its own and the inherited ones. */
  readonly allPermissions: readonly string[];
  /** By itself or by what it extends. */
  readonly seatRequired: boolean;
  readonly builtIn: boolean;
}

/** A role, or a template: the two are made, changed and deleted alike. */
export type RoleKind = "role" | "template";

/** What a new role is to be. */
export interface NewRole {
  readonly slug: string;
  readonly name: string;
  readonly extends?: string | null;
  readonly permissions?: readonly string[];
  /** Left out: a role needs a seat unless it extends one that does not; a template needs none. */
  readonly seatRequired?: boolean;
}

/** What is to change of a role; what is left out stays. */
export type RoleChange = Partial<Omit<NewRole, "slug">>;

/** A page of a console, and few enough to be read whole for every version of the rules. */
const MOST_ROLES = 200;

/** The roles of a tenant, the built-in ones first; or its templates. */
export async function listRoles(db: Database, { tenantId }: Who, kind: RoleKind): Promise<ShownRole[]> {
  const { rules } = await currentRules(db, tenantId);
  const [stored] = await onceInTenant(db, { tenantId }, storedRoles(tenantId));
  const own = stored.filter((role) => isLiving(role, kind));
  const builtIn = kind === "role" ? [...builtInCatalogue.values()] : [];
  return [...builtIn, ...own].map((role) => shown(role, rules.roles));
}

/**
 * One role or template.
 *
 * @throws Refusal `not_found`
 */
export async function readRole(db: Database, who: Who, kind: RoleKind, slug: string): Promise<ShownRole> {
  const role = (await listRoles(db, who, kind)).find((each) => each.slug === slug);
  if (!role) throw noSuch(kind, slug);
  return role;
}

/**
 * Makes a role of a tenant's own.
 *
 * @throws Refusal `invalid_request` (a path for each fault), `forbidden` (rule 16), `slug_exists`, `conflict` for too many
 */
export async function createRole(db: Database, who: AdminWho, kind: RoleKind, wanted: NewRole): Promise<ShownRole> {
  return inTenant(db, who, async (scope) => {
    const locked = await underLock(db, scope);
    const stored = await scope.trx.run(storedRoles(scope.tenantId));
    if (stored.some(({ slug }) => slug === wanted.slug)) throw slugExists(wanted.slug);
    if (stored.length >= MOST_ROLES)
      throw new Refusal("conflict", `There are ${MOST_ROLES} roles and templates already.`);
    const role = made(kind, wanted, locked.rules.rules.roles);
    checkRole(role, stored);
    await checkDeclaredIn(scope, role.permissions, "/permissions");
    await addRole(scope, role);
    const catalogue = await advanceRules(scope);
    checkMayGrant(catalogue, who.permissions, [role.slug]);
    checkFreeOfSeat(wanted, catalogue.get(role.slug));
    return shown(role, catalogue);
  });
}

/** Writes a new role, and tells it. */
export async function addRole(scope: Scope, role: Role): Promise<void> {
  await scope.trx.run(insertRole(scope.tenantId, role, scope.now));
  const { slug, template, name, permissions, seatRequired } = role;
  const told = { slug, template, name, extends: role.extends, permissions, seatRequired };
  await record(scope, event(scope, "role.created", { type: "role", id: null }, told));
}

/**
 * Changes a role, and with it those that extend it. Permissions count at the next request of whoever has it; where it
 * comes to need a seat, or needs one no more, that is carried out on its members (rule 5): at once where they are few,
 * else by a job. The same role again writes and records nothing.
 *
 * @throws Refusal `not_found`, `invalid_request`, `forbidden` (rule 16), `conflict` for a built-in one, `last_admin`
 */
export async function editRole(
  db: Database,
  who: AdminWho,
  kind: RoleKind,
  slug: string,
  change: RoleChange,
): Promise<ShownRole> {
  return inTenant(db, who, async (scope) => {
    const locked = await underLock(db, scope);
    const stored = await scope.trx.run(storedRoles(scope.tenantId));
    const before = ownRole(stored, kind, slug);
    const after = { ...before, ...change };
    if (isDeepStrictEqual(before, after)) return shown(before, locked.rules.rules.roles);
    checkMayGrant(locked.rules.rules.roles, who.permissions, [slug]);
    checkRole(
      after,
      stored.filter((role) => role.slug !== slug),
    );
    if (change.permissions) await checkDeclaredIn(scope, change.permissions, "/permissions");
    await scope.trx.run(updateRole(scope.tenantId, after, scope.now));
    const catalogue = await advanceRules(scope);
    checkMayGrant(catalogue, who.permissions, [slug]);
    checkFreeOfSeat(change, catalogue.get(slug));
    await record(scope, event(scope, "role.updated", { type: "role", id: null }, transitions(before, after)));
    await carryOutRoles(scope, locked);
    return shown(after, catalogue);
  });
}

/**
 * A role that this tenant made, of those stored.
 *
 * @throws Refusal `not_found`, `conflict` for a built-in one
 */
export function ownRole(stored: readonly StoredRole[], kind: RoleKind, slug: string): StoredRole {
  const found = stored.find((role) => role.slug === slug && isLiving(role, kind));
  if (found) return found;
  if (kind === "template" || !builtInCatalogue.has(slug)) throw noSuch(kind, slug);
  throw new Refusal("conflict", `'${slug}' is built in and stays as it is; make a role of your own that extends it.`);
}

/**
 * Moves the rules on to what was written, and refuses what settings cannot work with (rule 7).
 *
 * @returns the roles as they are now
 */
export async function advanceRules(scope: Scope): Promise<RoleCatalogue> {
  await scope.trx.run(nextRulesVersion(scope.tenantId));
  const { rules } = await rulesWithin(scope);
  checkSettings({ seats: rules.policy }, rules.roles);
  return rules.roles;
}

function isLiving({ template, replacedBy }: StoredRole, kind: RoleKind): boolean {
  return replacedBy === null && template === (kind === "template");
}

function made(kind: RoleKind, wanted: NewRole, roles: RoleCatalogue): StoredRole {
  const { slug, name, permissions = [] } = wanted;
  const parent = wanted.extends ?? null;
  const usual = kind === "role" && (parent === null || roles.get(parent)?.seatRequired === true);
  const seatRequired = wanted.seatRequired ?? usual;
  return { slug, name, permissions, extends: parent, seatRequired, template: kind === "template", replacedBy: null };
}

/** What it extends decides, and a `false` that means nothing is not taken. */
function checkFreeOfSeat(wanted: Pick<NewRole, "seatRequired">, role: Role | undefined): void {
  if (wanted.seatRequired !== false || !role?.seatRequired) return;
  const message = `'${role.slug}' extends '${role.extends}', which needs a seat: extend a role that needs none.`;
  throw new Refusal("invalid_request", message, { errors: [{ path: "/seatRequired", message }] });
}

function shown(role: Role, catalogue: RoleCatalogue): ShownRole {
  const { slug, name, permissions } = role;
  const inherited = catalogue.get(slug) ?? role;
  return {
    slug,
    name,
    extends: role.extends,
    permissions,
    allPermissions: inherited.permissions,
    seatRequired: inherited.seatRequired,
    builtIn: builtInCatalogue.has(slug),
  };
}

const TOLD = ["name", "extends", "permissions", "seatRequired"] as const;

function transitions(before: Role, after: Role): Record<string, unknown> {
  const moved = TOLD.filter((key) => !isDeepStrictEqual(before[key], after[key]));
  const { slug, template } = after;
  return { slug, template, ...Object.fromEntries(moved.map((key) => [key, [before[key], after[key]]])) };
}

function noSuch(kind: RoleKind, slug: string): Refusal {
  return new Refusal("not_found", `There is no ${kind === "role" ? "role" : "role template"} '${slug}' here.`);
}

function slugExists(slug: string): Refusal {
  return new Refusal("slug_exists", `There is a role or template '${slug}' here already. Choose another slug.`);
}
