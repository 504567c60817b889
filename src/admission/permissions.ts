/**
 * Permissions are strings `<area>:<verb>`, and `<area>:<verb>@<resource>` for one resource of the area. Applications bring
 * areas of their own, which the operator declares.
 */
import { Refusal, type FieldFault } from "../base/errors.ts";

/** Everything. */
export const everything = "*";

/** Usher's own areas and verbs, for forms and documents. */
export const areas = [
  "members",
  "roles",
  "resources",
  "teams",
  "invitations",
  "seats",
  "directories",
  "scimTokens",
  "apiKeys",
  "connections",
  "domains",
  "setupLinks",
  "mappings",
  "webhooks",
  "events",
  "settings",
  "contact",
] as const;
export const verbs = ["view", "create", "edit", "delete", "manage", "export"] as const;

/** More than a form can show, and less than a hostile body can cause. */
const MOST_FAULTS = 20;

const WELL_FORMED = /^(?:\*|[a-z][A-Za-z0-9]{0,63}:[a-z][A-Za-z0-9]{0,63})$/;

/** Whether this is a permission in form, of whichever application: `*` or `<area>:<verb>`. */
export function isPermission(text: string): boolean {
  return WELL_FORMED.test(text);
}

/**
 * Whether who holds these may do what needs that: the same, `manage` of its area, or `*`. What is held without a resource
 * is held on all of them.
 */
export function permits(held: readonly string[], needed: string): boolean {
  if (held.includes(everything) || held.includes(needed)) return true;
  const [permission = "", resource] = needed.split("@", 2);
  const colon = permission.indexOf(":");
  if (colon <= 0) return false;
  const all = `${permission.slice(0, colon)}:manage`;
  if (held.includes(all)) return true;
  return resource !== undefined && (held.includes(permission) || held.includes(onResource(all, resource)));
}

/** A permission on one resource of its area: a scope (rule 16). */
export function onResource(permission: string, resource: string): string {
  return `${permission}@${resource}`;
}

/** What an application lets people do, as the operator declares it. */
export interface PermissionArea {
  readonly name: string;
  readonly actions: readonly string[];
  /** Whether its actions may be given on single resources, as one agent or one project. */
  readonly scoped: boolean;
}

/** Areas by the word before the colon. */
export type PermissionAreas = ReadonlyMap<string, PermissionArea>;

/** Usher's own areas, each with every verb. */
export const ownAreas: PermissionAreas = new Map(
  areas.map((area) => [area, { name: area, actions: verbs, scoped: false }] as const),
);

/** The application's areas that these permissions name. */
export function foreignAreas(permissions: readonly string[]): string[] {
  const named = permissions.filter((permission) => permission !== everything).map(areaOf);
  return [...new Set(named)].filter((area) => !ownAreas.has(area));
}

/**
 * Refuses permissions that nobody declared: neither Usher's own nor an application's.
 *
 * @param path JSON Pointer of the list
 * @throws Refusal `invalid_request` with a path for each
 */
export function checkDeclared(permissions: readonly string[], declared: PermissionAreas, path: string): void {
  const faults = permissions.flatMap((permission, index): FieldFault[] => {
    const message = undeclared(permission, declared);
    return message === null ? [] : [{ path: `${path}/${index}`, message }];
  });
  const errors = faults.slice(0, MOST_FAULTS);
  if (errors.length === 0) return;
  throw new Refusal("invalid_request", errors.map(({ message }) => message).join(" "), { errors });
}

function undeclared(permission: string, declared: PermissionAreas): string | null {
  if (permission === everything) return null;
  if (!isPermission(permission)) return `'${permission}' is no permission; write it as area:verb.`;
  const area = ownAreas.get(areaOf(permission)) ?? declared.get(areaOf(permission));
  if (!area) return `No application has the area of '${permission}'; the operator declares areas at /permission-areas.`;
  const action = permission.slice(permission.indexOf(":") + 1);
  if (area.actions.includes(action)) return null;
  return `'${permission}' is not declared; '${areaOf(permission)}' has ${area.actions.join(", ")}.`;
}

function areaOf(permission: string): string {
  return permission.slice(0, Math.max(0, permission.indexOf(":")));
}

/**
 * Rule 16: who names or edits a role, by whichever write, must have all that the role has. Ask with the permissions of
 * the catalogue's roles, which include the inherited ones.
 */
export function mayGrant(held: readonly string[], granted: readonly string[]): boolean {
  return granted.every((permission) => permits(held, permission));
}

const ADMIN_EQUIVALENT: readonly string[] = [
  "connections",
  "scimTokens",
  "domains",
  "setupLinks",
  "mappings",
  "apiKeys",
];

/** Rule 16: who may change how people come in can make anyone an admin; only looking and listing are less. */
export function isAdminEquivalent(permission: string): boolean {
  if (permission === everything) return true;
  const [area = "", verb = ""] = permission.split(":");
  return ADMIN_EQUIVALENT.includes(area) && verb !== "view" && verb !== "export";
}
