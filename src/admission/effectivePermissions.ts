/**
 * What a member may do, in one place: a role's permissions, a template's that is added to it, and what was given by hand,
 * on everything or on single resources (rule 16: a toggle is a permission, a scope is a permission on a named resource).
 */
import { permissionsOf } from "./roles.ts";
import type { RoleCatalogue, SeatState } from "./types.ts";

/** What of a member decides about permissions. */
export interface Holder {
  /** In force. */
  readonly roles: readonly string[];
  readonly needsSeat: boolean;
  readonly seat: SeatState;
  /** Permissions that were given by hand. */
  readonly grants: readonly string[];
}

/** Where a permission comes from. */
export interface PermissionReason {
  readonly permission: string;
  /** Slugs of the roles and templates in force that have it. */
  readonly roles: readonly string[];
  readonly granted: boolean;
  readonly inForce: boolean;
}

/** The permissions in force. */
export function effectivePermissions(roles: RoleCatalogue, holder: Holder): string[] {
  const given = grantsInForce(holder) ? holder.grants : [];
  return [...new Set([...permissionsOf(roles, holder.roles), ...given])];
}

/**
 * Whoever lacks the seat that their roles need has the fallback role, and with it nothing that was given beside those
 * roles: else a list of toggles would do what the seat is sold for.
 */
function grantsInForce({ needsSeat, seat }: Holder): boolean {
  return !needsSeat || seat === "held";
}

/** Each permission with what gives it, those that wait for a seat among them. */
export function permissionReasons(roles: RoleCatalogue, holder: Holder): PermissionReason[] {
  const all = new Set([...permissionsOf(roles, holder.roles), ...holder.grants]);
  return [...all].map((permission) => {
    const from = holder.roles.filter((slug) => roles.get(slug)?.permissions.includes(permission));
    const granted = holder.grants.includes(permission);
    return { permission, roles: from, granted, inForce: from.length > 0 || grantsInForce(holder) };
  });
}

/** The same in words. */
export function explainPermission({ roles: from, granted, inForce }: PermissionReason, roles: RoleCatalogue): string {
  const names = from.map((slug) => {
    const role = roles.get(slug);
    return `the ${role?.template === true ? "template" : "role"} ${role?.name ?? slug}`;
  });
  const sources = [...names, ...(granted ? ["a grant by hand"] : [])].join(" and ");
  return inForce ? `By ${sources}.` : `By ${sources}, once the member holds a seat.`;
}
