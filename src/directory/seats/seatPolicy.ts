import { isDeepStrictEqual } from "node:util";
import { checkSeatPolicy, seatPolicy, type SeatSettings } from "../../admission/policy.ts";
import { checkMayGrant } from "../../admission/roles.ts";
import type { MemberStatus, RoleCatalogue, SeatPolicy } from "../../admission/types.ts";
import { isRefusal, Refusal } from "../../base/errors.ts";
import type { Scope } from "../../storage/types.ts";
import { redecide } from "../roles/redecide.ts";
import type { TenantRules } from "../roles/rules.ts";
import type { SettingsChange } from "../tenants/tenantSettings.ts";
import type { Locked } from "../members/underLock.ts";

/**
 * Refuses settings that admission cannot work with (rule 7).
 *
 * @throws Refusal `invalid_request`, with JSON Pointers into a tenant
 */
export function checkSettings({ seats }: SettingsChange, roles: RoleCatalogue): void {
  try {
    checkSeatPolicy(seatPolicy(seats), roles);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const errors = error.errors.map(({ path, message }) => ({ path: `/settings/seats${path}`, message }));
    throw new Refusal(error.code, error.message, { errors });
  }
}

/**
 * Rule 16 for the roles that settings name.
 *
 * @param held the permissions of who changes them
 * @throws Refusal `forbidden`
 */
export function checkSettingsGrant(
  { seats = {} }: SettingsChange,
  roles: RoleCatalogue,
  held: readonly string[],
): void {
  const named = [seats.seatedRole, seats.fallbackRole].filter((role) => role !== undefined);
  checkMayGrant(roles, held, named);
}

/**
 * Carries a changed policy out on the members that it can touch, under the lock of the tenant's seats (rule 5): widened,
 * nobody loses a seat and whoever comes to need one takes it; narrowed, seats that nobody needs are freed.
 *
 * @returns the rules with this policy; those given where nothing changes for anybody
 */
export async function applyPolicy(
  scope: Scope,
  { seats, rules }: Locked,
  settings: SeatSettings | undefined,
): Promise<TenantRules> {
  const policy = seatPolicy(settings);
  const before = rules.rules.policy;
  if (isDeepStrictEqual(before, policy)) return rules;
  const after = { ...rules, rules: { ...rules.rules, policy } };
  const statuses = touchedStatuses(before, policy);
  if (statuses?.length !== 0) await redecide(scope, { directoryId: null, statuses }, { seats, rules: after });
  return after;
}

/** The statuses whose members may be decided differently; null = all. */
function touchedStatuses(before: SeatPolicy, after: SeatPolicy): MemberStatus[] | null {
  if (before.fallbackRole !== after.fallbackRole) return null;
  const [was, is] = [before.countedStatuses, after.countedStatuses];
  return [...was.filter((status) => !is.includes(status)), ...is.filter((status) => !was.includes(status))];
}
