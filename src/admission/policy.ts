/** The seat settings of a tenant: their defaults, how a part changes them, and which of them are refused. */
import { Refusal, type FieldFault } from "../base/errors.ts";
import { isRole } from "./roles.ts";
import { doors, type Door, type RoleCatalogue, type SeatPolicy, type WhenFull } from "./types.ts";

/** The `seats` settings as a tenant writes them: any part of them. */
export interface SeatSettings {
  readonly countedStatuses?: SeatPolicy["countedStatuses"];
  readonly autoAssign?: boolean;
  readonly whenFull?: Readonly<Partial<Record<Door, WhenFull>>>;
  readonly seatedRole?: string;
  readonly fallbackRole?: string;
}

/** Someone at a form can be told no; someone at the sign-in waits as a viewer; a directory must not be refused. */
export const defaultSeatPolicy: SeatPolicy = {
  countedStatuses: ["active"],
  autoAssign: true,
  whenFull: {
    admin: "refuse",
    invitation: "refuse",
    csv: "refuse",
    link: "downgrade",
    domain: "downgrade",
    sso: "downgrade",
    scim: "waitlist",
  },
  seatedRole: "member",
  fallbackRole: "viewer",
};

/** The policy that these settings make of `base`; doors merge one by one. */
export function seatPolicy(settings: SeatSettings = {}, base: SeatPolicy = defaultSeatPolicy): SeatPolicy {
  const whenFull = Object.fromEntries(doors.map((door) => [door, settings.whenFull?.[door] ?? base.whenFull[door]]));
  return {
    countedStatuses: settings.countedStatuses ?? base.countedStatuses,
    autoAssign: settings.autoAssign ?? base.autoAssign,
    whenFull: whenFull as Record<Door, WhenFull>,
    seatedRole: settings.seatedRole ?? base.seatedRole,
    fallbackRole: settings.fallbackRole ?? base.fallbackRole,
  };
}

/**
 * Refuses a policy that names unknown roles, or that lets people in without a seat into a role that needs one
 * (rule 7); asked when settings or roles change.
 *
 * @throws Refusal `invalid_request`, with a JSON Pointer into the `seats` settings for each fault
 */
export function checkSeatPolicy(policy: SeatPolicy, roles: RoleCatalogue): void {
  const errors = [...unknownRoles(policy, roles), ...seatedFallback(policy, roles)];
  if (errors.length === 0) return;
  throw new Refusal("invalid_request", errors.map((fault) => fault.message).join(" "), { errors });
}

function unknownRoles(policy: SeatPolicy, roles: RoleCatalogue): FieldFault[] {
  return (["seatedRole", "fallbackRole"] as const)
    .filter((field) => !isRole(roles, policy[field]))
    .map((field) => ({
      path: `/${field}`,
      message: `${field} is '${policy[field]}', which is no role here; create it first or name one that exists.`,
    }));
}

function seatedFallback(policy: SeatPolicy, roles: RoleCatalogue): FieldFault[] {
  const lenient = doors.filter((door) => policy.whenFull[door] !== "refuse");
  if (lenient.length === 0 || !roles.get(policy.fallbackRole)?.seatRequired) return [];
  const message =
    `fallbackRole is '${policy.fallbackRole}', which needs a seat, but ${lenient.join(", ")} let people in without one: ` +
    `name a role that needs no seat, or set whenFull to 'refuse' everywhere.`;
  return [{ path: "/fallbackRole", message }];
}
