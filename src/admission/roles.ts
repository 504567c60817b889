/** The roles of a tenant: the built-in ones as data, custom ones that extend others, and what each includes. */
import { Refusal, type FieldFault } from "../base/errors.ts";
import { everything, mayGrant, permits } from "./permissions.ts";
import type { Role, RoleCatalogue } from "./types.ts";

/** Needs no seat, ever: the floor under everyone who has none. */
export const builtInFallback = "viewer";

/** The roles that every tenant has, and nobody changes. The contact is shown to all members. */
const builtInRoles: readonly Role[] = [
  { slug: "admin", name: "Admin", permissions: [everything], extends: null, seatRequired: true, template: false },
  { slug: "member", name: "Member", permissions: ["contact:view"], extends: null, seatRequired: true, template: false },
  {
    slug: builtInFallback,
    name: "Viewer",
    permissions: ["contact:view"],
    extends: null,
    seatRequired: false,
    template: false,
  },
];

/** The catalogue of a tenant that made no roles of its own. */
export const builtInCatalogue: RoleCatalogue = new Map(builtInRoles.map((role) => [role.slug, role]));

/** A role and those above it: more is no organisation that anybody drew, and each is read for every member's decision. */
const MAX_DEPTH = 8;

/** All roles of a tenant, each with the permissions and the need of a seat that it inherits. */
export function roleCatalogue(custom: readonly Role[]): RoleCatalogue {
  if (custom.length === 0) return builtInCatalogue;
  const written = asWritten(custom);
  return new Map([...written.values()].map((role) => [role.slug, withInherited(role, written)]));
}

/**
 * Refuses a role that cannot be: of a built-in slug, one that extends what is not there, of another kind or itself by
 * whatever way, or too long a line. Permissions are asked of `checkDeclared`.
 *
 * @param others the custom roles beside it
 * @throws Refusal `invalid_request`, with a JSON Pointer into the role for each fault
 */
export function checkRole(role: Role, others: readonly Role[]): void {
  const all = asWritten([...others, role]);
  const errors = [...slugFaults(role), ...lineFaults(role, all)];
  if (errors.length > 0) refuse(errors);
}

/** Whether there is such a role, which is no template. */
export function isRole(roles: RoleCatalogue, slug: string): boolean {
  return roles.get(slug)?.template === false;
}

/** Why a slug is not taken where a role is wanted. */
export function noSuchRole(slug: string, roles: RoleCatalogue): string {
  if (!roles.has(slug)) return `There is no role '${slug}' here; create it first.`;
  return `'${slug}' is a role template, which only adds to a role: name a role here, and give the template by hand.`;
}

/** The roles that administer: those with every permission. */
export function adminRoles(roles: RoleCatalogue): string[] {
  return [...roles.values()].filter((role) => permits(role.permissions, everything)).map(({ slug }) => slug);
}

/**
 * Refuses role slugs that this tenant does not have.
 *
 * @throws Refusal `invalid_request` naming them, with a JSON Pointer to each below `path`
 */
export function checkRolesExist(roles: RoleCatalogue, slugs: readonly string[], path = "/roles"): void {
  const faults = slugs.flatMap((slug, index) =>
    roles.has(slug) ? [] : [{ path: `${path}/${index}`, message: noSuchRole(slug, roles) }],
  );
  if (faults.length > 0) refuse(faults);
}

/**
 * Rule 16 for role slugs: grant, mapping, link, invitation, auto-join, default, inheritance, CSV.
 *
 * @throws Refusal `forbidden` naming the roles that hold more than the caller does
 */
export function checkMayGrant(roles: RoleCatalogue, held: readonly string[], slugs: readonly string[]): void {
  const above = slugs.filter((slug) => !mayGrant(held, comesTo(roles, slug)));
  if (above.length === 0) return;
  const names = above.map((slug) => `'${slug}'`).join(", ");
  throw new Refusal(
    "forbidden",
    `You cannot give ${names}: it has permissions that you do not have. Ask someone who has them to do this.`,
  );
}

/** What whoever has a role has or is about to have: one that is deleted becomes another on its members. */
export function comesTo(roles: RoleCatalogue, slug: string): string[] {
  const next = roles.get(slug)?.replacedBy;
  return permissionsOf(roles, typeof next === "string" ? [slug, next] : [slug]);
}

/** All permissions of these roles together. */
export function permissionsOf(roles: RoleCatalogue, slugs: readonly string[]): string[] {
  return [...new Set(slugs.flatMap((slug) => roles.get(slug)?.permissions ?? []))];
}

/** The built-in ones last: nothing takes their place. */
function asWritten(custom: readonly Role[]): RoleCatalogue {
  return new Map([...custom.map((role) => [role.slug, role] as const), ...builtInCatalogue]);
}

function refuse(errors: readonly FieldFault[]): never {
  throw new Refusal("invalid_request", errors.map((fault) => fault.message).join(" "), { errors });
}

function slugFaults({ slug }: Role): FieldFault[] {
  if (!builtInCatalogue.has(slug)) return [];
  return [{ path: "/slug", message: `'${slug}' is built in; make a role of another slug that extends it.` }];
}

function lineFaults(role: Role, all: RoleCatalogue): FieldFault[] {
  const message = extendsFault(role, all) ?? tooLong(all);
  return message === null ? [] : [{ path: "/extends", message }];
}

function extendsFault(role: Role, all: RoleCatalogue): string | null {
  if (role.extends === null) return null;
  const parent = all.get(role.extends);
  // One that is deleted and still has members becomes another, and so would what the heir may do.
  if (!parent || typeof parent.replacedBy === "string") {
    return `'${role.slug}' extends '${role.extends}', which does not exist.`;
  }
  if (parent.template !== role.template) {
    return `'${role.slug}' extends '${role.extends}': roles extend roles, and templates extend templates.`;
  }
  const { circle } = lineage(role, all);
  return circle && `'${role.slug}' extends itself by way of ${circle}; let one of them extend nothing.`;
}

/** Those below the role grow with it. */
function tooLong(all: RoleCatalogue): string | null {
  const long = [...all.values()].find((role) => lineage(role, all).line.length > MAX_DEPTH);
  return long
    ? `'${long.slug}' would extend more than ${MAX_DEPTH - 1} roles in a line; let one extend nothing.`
    : null;
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
