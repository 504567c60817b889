/** The roles of a tenant: the built-in ones as data, custom ones that extend others, and what each includes. */
import { Refusal, type FieldFault } from "../base/errors.ts";
import { everything, isPermission, mayGrant } from "./permissions.ts";
import type { Role, RoleCatalogue } from "./types.ts";

/** Needs no seat, ever: the floor under everyone who has none. */
export const builtInFallback = "viewer";

/** The roles that every tenant has. The contact is shown to all members. */
const builtInRoles: readonly Role[] = [
  { slug: "admin", name: "Admin", permissions: [everything], extends: null, seatRequired: true },
  { slug: "member", name: "Member", permissions: ["contact:view"], extends: null, seatRequired: true },
  { slug: builtInFallback, name: "Viewer", permissions: ["contact:view"], extends: null, seatRequired: false },
];

/** The catalogue of a tenant that made no roles of its own. */
export const builtInCatalogue: RoleCatalogue = new Map(builtInRoles.map((role) => [role.slug, role]));

/**
 * All roles of a tenant, each with the permissions and the need of a seat that it inherits. A custom role with a
 * built-in slug takes its place, but admin keeps every permission and viewer never needs a seat.
 *
 * @throws Refusal `invalid_request` for a repeated slug, an unknown parent, inheritance in a circle, or an ill-formed
 *   permission
 */
export function roleCatalogue(custom: readonly Role[]): RoleCatalogue {
  if (custom.length === 0) return builtInCatalogue;
  const written = new Map([...builtInCatalogue, ...custom.map((role) => [role.slug, role] as const)]);
  const faults = custom.flatMap((role, index) => faultsOf(role, index, custom, written));
  if (faults.length > 0) refuse(faults);
  const catalogue = new Map([...written.values()].map((role) => [role.slug, withInherited(role, written)]));
  const broken = builtInFaults(catalogue);
  if (broken.length > 0) refuse(broken);
  return catalogue;
}

/**
 * Refuses role slugs that this tenant does not have.
 *
 * @throws Refusal `invalid_request` naming them, with a JSON Pointer to each below `path`
 */
export function checkRolesExist(roles: RoleCatalogue, slugs: readonly string[], path = "/roles"): void {
  const faults = slugs.flatMap((slug, index) =>
    roles.has(slug) ? [] : [{ path: `${path}/${index}`, message: `There is no role '${slug}' here; create it first.` }],
  );
  if (faults.length > 0) refuse(faults);
}

/**
 * Rule 16 for role slugs: grant, mapping, link, invitation, auto-join, default, inheritance, CSV.
 *
 * @throws Refusal `forbidden` naming the roles that hold more than the caller does
 */
export function checkMayGrant(roles: RoleCatalogue, held: readonly string[], slugs: readonly string[]): void {
  const above = slugs.filter((slug) => !mayGrant(held, roles.get(slug)?.permissions ?? []));
  if (above.length === 0) return;
  const names = above.map((slug) => `'${slug}'`).join(", ");
  throw new Refusal(
    "forbidden",
    `You cannot give ${names}: it has permissions that you do not have. Ask someone who has them to do this.`,
  );
}

/** All permissions of these roles together. */
export function permissionsOf(roles: RoleCatalogue, slugs: readonly string[]): string[] {
  return [...new Set(slugs.flatMap((slug) => roles.get(slug)?.permissions ?? []))];
}

function refuse(errors: readonly FieldFault[]): never {
  throw new Refusal("invalid_request", errors.map((fault) => fault.message).join(" "), { errors });
}

function faultsOf(role: Role, index: number, custom: readonly Role[], all: RoleCatalogue): FieldFault[] {
  const at = `/roles/${index}`;
  const faults: FieldFault[] = [];
  if (custom.findIndex((other) => other.slug === role.slug) !== index) {
    faults.push({ path: `${at}/slug`, message: `There is more than one role '${role.slug}'; give each its own slug.` });
  }
  if (role.extends !== null && !all.has(role.extends)) {
    faults.push({ path: `${at}/extends`, message: `'${role.slug}' extends '${role.extends}', which does not exist.` });
  }
  const circle = lineage(role, all).circle;
  if (circle) {
    const message = `'${role.slug}' extends itself by way of ${circle}; let one of them extend nothing.`;
    faults.push({ path: `${at}/extends`, message });
  }
  const illFormed = role.permissions.filter((permission) => !isPermission(permission));
  if (illFormed.length > 0) {
    const message = `'${role.slug}' has ${illFormed.map((text) => `'${text}'`).join(", ")}; write permissions as area:verb.`;
    faults.push({ path: `${at}/permissions`, message });
  }
  return faults;
}

/** The role and its ancestors, nearest first; `circle` tells the way where they come round to a role again. */
function lineage(role: Role, all: RoleCatalogue): { line: Role[]; circle: string | null } {
  const line: Role[] = [];
  for (let next: Role | undefined = role; next; next = next.extends === null ? undefined : all.get(next.extends)) {
    if (line.some((seen) => seen.slug === next?.slug)) {
      return { line, circle: [...line, next].map(({ slug }) => `'${slug}'`).join(" → ") };
    }
    line.push(next);
  }
  return { line, circle: null };
}

function withInherited(role: Role, all: RoleCatalogue): Role {
  const { line } = lineage(role, all);
  const permissions = [...new Set(line.flatMap((ancestor) => ancestor.permissions))];
  return { ...role, permissions, seatRequired: line.some((ancestor) => ancestor.seatRequired) };
}

function builtInFaults(catalogue: RoleCatalogue): FieldFault[] {
  const faults: FieldFault[] = [];
  if (!catalogue.get("admin")?.permissions.includes(everything)) {
    faults.push({ path: "/roles", message: "admin has every permission; make another role for less." });
  }
  if (catalogue.get(builtInFallback)?.seatRequired) {
    faults.push({ path: "/roles", message: "viewer needs no seat; make another role for one that does." });
  }
  return faults;
}
