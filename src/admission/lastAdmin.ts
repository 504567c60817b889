/** Rule 17: a tenant keeps an administrator, except where keeping one would keep a leaver in. */
import { Refusal } from "../base/errors.ts";
import { entitle } from "./entitlement.ts";
import { everything, permits } from "./permissions.ts";
import { statusOf } from "./people.ts";
import { permissionsOf } from "./roles.ts";
import type { Facts, Outcome, Person, RoleCatalogue, Rules, Standing } from "./types.ts";

/** Who is active, has every permission in force, and is not break-glass. */
export function administers(facts: Facts, rolesInForce: readonly string[], roles: RoleCatalogue): boolean {
  if (facts.breakGlass || statusOf(facts) !== "active") return false;
  return permits(permissionsOf(roles, rolesInForce), everything);
}

/**
 * Whose doing the loss is: `act` a person's or API's; `effect` of a group or mapping; `directory` SCIM deactivation or
 * deletion.
 */
export type LossCause = "act" | "effect" | "directory";

/**
 * What follows when a member stops administering.
 *
 * `allow`: others remain, or none is lost. `hold`: decide again with `heldRoles`. `adminless`: it succeeds, sessions
 * die, the role stays on record, and `tenant.adminless` alerts the operator.
 *
 * @param otherAdmins how many other members administer, read after the tenant's seat row was locked
 * @throws Refusal `last_admin` for a person's act
 */
export function lastAdmin(
  loss: { readonly before: boolean; readonly after: boolean; readonly otherAdmins: number },
  cause: LossCause,
): "allow" | "hold" | "adminless" {
  if (!loss.before || loss.after || loss.otherAdmins > 0) return "allow";
  if (cause === "effect") return "hold";
  if (cause === "directory") return "adminless";
  throw new Refusal(
    "last_admin",
    "This is the last active admin of the organisation. Make another member an admin first, then try again.",
  );
}

/** The roles to put in `lastAdminHold`: those in force before that carry every permission. */
export function heldRoles(before: Standing, roles: RoleCatalogue): string[] {
  return before.roles.filter((role) => permits(permissionsOf(roles, [role]), everything));
}

/** Whether a person as they are after the change, with this outcome, administers. */
export function administersAfter(person: Person, outcome: Outcome, rules: Rules): boolean {
  return administers(person, outcome.roles, rules.roles);
}

/** Whether the hold can end: another member administers, or the role is theirs again without it. */
export function holdEnds(before: Standing, person: Person, otherAdmins: number, rules: Rules): boolean {
  if (before.lastAdminHold.length === 0) return false;
  const { entitled } = entitle(before, { ...person, lastAdminHold: [] }, rules);
  return otherAdmins > 0 || before.lastAdminHold.every((role) => entitled.includes(role));
}
