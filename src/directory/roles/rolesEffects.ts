/** What changed roles make of the members who have them: who administers, and who needs a seat. */
import { lastAdmin } from "../../admission/lastAdmin.ts";
import type { RoleCatalogue } from "../../admission/types.ts";
import { enqueue } from "../../events/jobs.store.ts";
import type { Handler } from "../../events/jobs.ts";
import type { Database, Scope } from "../../storage/types.ts";
import { MOST_AT_ONCE, releaseHeldAdmins } from "../members/effects.ts";
import { FIRST_ID } from "../members/idPage.ts";
import { countUsed, redecide, redecideChunk, useSeats } from "./redecide.ts";
import { membersOfRoles, writeAdministers } from "./roles.store.ts";
import { rulesWithin, type TenantRules } from "./rules.ts";
import { underLock, type Locked } from "../members/underLock.ts";

const RESEAT = "roles.reseat";

/**
 * Carries out what has become of roles since the lock was taken, on the rules as they are written now.
 *
 * @param before the rules that held until then, and the seats
 * @throws Refusal `last_admin` where nobody would administer (rule 17: a person's act)
 */
export async function carryOutRoles(scope: Scope, before: Locked): Promise<void> {
  const rules = await rulesWithin(scope);
  await reappoint(scope, before.rules, rules);
  const moved = movedSeats(before.rules.rules.roles, rules.rules.roles);
  if (moved.length === 0) return;
  const few = await scope.trx.run(membersOfRoles(scope.tenantId, moved, MOST_AT_ONCE + 1));
  if (few.length === 0) return;
  if (few.length > MOST_AT_ONCE) return enqueue(scope, { kind: RESEAT, key: RESEAT, payload: { roles: moved } });
  await redecide(scope, ofRoles(moved), { seats: before.seats, rules });
  await useSeats(scope, before.seats.limit, rules);
}

/** Who administers follows at once and whole, however many they are: the last one is counted by it. */
async function reappoint(scope: Scope, before: TenantRules, after: TenantRules): Promise<void> {
  const same = before.adminRoles.length === after.adminRoles.length;
  if (same && before.adminRoles.every((role) => after.adminRoles.includes(role))) return;
  const [admins] = await scope.trx.run(writeAdministers(scope.tenantId, after.adminRoles));
  if (admins && admins.before > 0) lastAdmin({ before: true, after: false, otherAdmins: admins.after }, "act");
  await releaseHeldAdmins(scope, { rules: after });
}

/** The roles that came to need a seat, or need one no more. */
function movedSeats(before: RoleCatalogue, after: RoleCatalogue): string[] {
  return [...after.values()]
    .filter(({ slug, seatRequired }) => before.has(slug) && before.get(slug)?.seatRequired !== seatRequired)
    .map(({ slug }) => slug);
}

function ofRoles(roles: readonly string[]): Parameters<typeof redecide>[1] {
  return { directoryId: null, statuses: null, roles };
}

/**
 * The handler of what is too much for one transaction, chunk after chunk. Seats that become free are given to those who
 * wait at the end, when all who need one by the change have theirs (rule 5).
 */
export function roleSeats(db: Database): Record<typeof RESEAT, Handler> {
  return {
    [RESEAT]: {
      within: async (scope, { payload }) => {
        const { seats, rules } = await underLock(db, scope);
        const { roles, after = FIRST_ID } = payload as { readonly roles: readonly string[]; readonly after?: string };
        const room = { free: seats.limit === null ? Infinity : seats.limit - (seats.used ?? 0) };
        const { last } = await redecideChunk(scope, { which: ofRoles(roles), after, rules, room });
        if (last === undefined) return useSeats(scope, seats.limit, rules);
        await countUsed(scope, seats.limit);
        await enqueue(scope, { kind: RESEAT, key: RESEAT, payload: { roles, after: last } });
      },
    },
  };
}
