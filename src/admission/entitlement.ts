/** Which roles a person is entitled to, and from what: mappings, grants, the default, or the fallback (rules 8 to 17). */
import { firstMatch } from "./mappings.ts";
import { builtInFallback, isRole } from "./roles.ts";
import type { Person, RoleReason, Rules, Standing } from "./types.ts";

export interface Entitlement {
  readonly mapped: string | null;
  readonly entitled: readonly string[];
  readonly reasons: readonly RoleReason[];
}

/** The roles this person is entitled to after the change; never none, and only roles that exist. */
export function entitle(before: Standing | null, person: Person, rules: Rules): Entitlement {
  const match = firstMatch(rules, person);
  const named: RoleReason[] = [
    ...(match ? [match] : []),
    ...person.granted.map((role) => ({ code: "granted", role }) as const),
    ...person.lastAdminHold.map((role) => ({ code: "lastAdminHold", role }) as const),
  ].filter(({ role }) => rules.roles.has(role));
  const base = named.filter(({ role }) => isRole(rules.roles, role));
  const templates = named.filter(({ role }) => !isRole(rules.roles, role));
  // Rule 15: nobody ever has no role. Rule 11: manual grants are added, so the fallback stands in only for nothing; a
  // template is added to a role and is none.
  const reasons = [...(base.length > 0 ? base : [standIn(before, person, rules)]), ...templates];
  const entitled = [...new Set(reasons.map(({ role }) => role))];
  return { mapped: match?.role ?? null, entitled, reasons };
}

/** The role in force without a seat: the policy's, or the built-in viewer where that one would need a seat. */
export function fallbackRole({ policy, roles }: Rules): string {
  const chosen = roles.get(policy.fallbackRole);
  return chosen && !chosen.seatRequired ? chosen.slug : builtInFallback;
}

function standIn(before: Standing | null, person: Person, rules: Rules): RoleReason {
  const role = fallbackRole(rules);
  if (before?.mapped) return { code: "leftMapping", role, lost: before.mapped };
  if (rules.mappings.length > 0) return unmatched(before, role);
  return (
    (before === null ? arrivalDefault(person, rules) : keptDefault(before, person, rules)) ?? {
      code: "nothingGranted",
      role,
    }
  );
}

/** Rule 11; whoever left a mapping keeps that explanation for as long as nothing else matches. */
function unmatched(before: Standing | null, role: string): RoleReason {
  const left = before?.reasons.find((reason) => reason.code === "leftMapping");
  return left ? { ...left, role } : { code: "noMappingMatched", role };
}

/** Rule 8: what was asked, else `seatedRole`; with autoAssign off that is for those whom an admin created. */
function arrivalDefault(person: Person, { policy, roles }: Rules): RoleReason | null {
  const seated = policy.autoAssign || person.entrance === "admin";
  return seated && roles.has(policy.seatedRole) ? { code: "defaultRole", role: policy.seatedRole } : null;
}

/**
 * The default was given on arrival: a later change of the setting, or of a profile, does not give another. Whoever has
 * not arrived, and is invited anew with no role in place of those before, is a newcomer still.
 */
function keptDefault(before: Standing, person: Person, rules: Rules): RoleReason | null {
  const { roles } = rules;
  const role = before.entitled.find((entitled) => isRole(roles, entitled));
  const gone = [...before.granted, ...before.lastAdminHold].some((given) => isRole(roles, given));
  if (gone && !before.joined) return arrivalDefault(person, rules);
  if (gone || role === undefined) return null;
  const known = before.reasons.find((reason): reason is RoleReason => "role" in reason && reason.role === role);
  return known ?? { code: "defaultRole", role };
}
