import { isDeepStrictEqual } from "node:util";
import { Refusal } from "../../base/errors.ts";
import { event, type EventType } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import type { Handlers } from "../../events/jobs.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { erase, forget } from "../members/erase.ts";
import { type IdPage, type PageWanted, readIdPage } from "../members/idPage.ts";
import { DUE_JOB, LATE_JOB } from "./leaving.store.ts";
import {
  countOffboardings,
  endOffboarding,
  forgetLeaver,
  lockOffboarding,
  membersThere,
  offboardingById,
  offboardingsAfter,
  type Offboarding,
  type OffboardingStatus,
} from "./offboarding.store.ts";

/** Who left, the earliest first, of one status where it is given. */
export function listOffboardings(
  db: Database,
  who: Who,
  status: OffboardingStatus | null,
  page: PageWanted,
): Promise<IdPage<Offboarding>> {
  const { tenantId } = who;
  const list = (after: string, most: number) => offboardingsAfter(tenantId, status, after, most);
  return readIdPage(db, who, page, list, countOffboardings(tenantId, status));
}

/** One of them. @throws Refusal `not_found` */
export async function readOffboarding(db: Database, who: Who, id: string): Promise<Offboarding> {
  const [[found]] = await onceInTenant(db, who, offboardingById(who.tenantId, id));
  return found ?? missing(id);
}

/**
 * Writes down that the application has reassigned what somebody left behind, and to whom; an erasure that waited for it
 * happens in the same transaction. The same again changes nothing; after the time has passed it is still written down.
 *
 * @throws Refusal `not_found`, `invalid_request` for a successor who is no member here or who is the one who left,
 * `conflict` where others were named before
 */
export function acknowledge(db: Database, who: Who, id: string, named: readonly string[]): Promise<Offboarding> {
  const reassignedTo = [...new Set(named.map((each) => each.toLowerCase()))].toSorted();
  return inTenant(db, who, async (scope) => {
    const [before] = await scope.trx.run(lockOffboarding(who.tenantId, id));
    if (!before) return missing(id);
    if (before.status === "acknowledged") return sameAgain(before, reassignedTo);
    await checkSuccessors(scope, before, reassignedTo);
    return end(scope, before, "acknowledged", reassignedTo);
  });
}

/**
 * The handlers: when an application's time has passed it is told, and what waited happens; a minute after an erasure at
 * once it is done again, for what logs had under way.
 */
export const offboardingJobs: Handlers = {
  [DUE_JOB]: {
    within: async (scope, { payload }) => {
      const [before] = await scope.trx.run(lockOffboarding(scope.tenantId, String(payload["id"])));
      if (before?.status === "open") await end(scope, before, "overdue", []);
    },
  },
  [LATE_JOB]: {
    within: async (scope, { payload }) => {
      const [left] = await scope.trx.run(lockOffboarding(scope.tenantId, String(payload["id"])));
      if (!left?.person) return;
      await forget(scope, left.person, left.createdAt);
      await scope.trx.run(forgetLeaver(scope.tenantId, left.id));
    },
  },
};

const ENDS = {
  acknowledged: "member.offboarding_acknowledged",
  overdue: "member.offboarding_overdue",
} as const satisfies Record<string, EventType>;

async function end(
  scope: Scope,
  before: Offboarding,
  status: keyof typeof ENDS,
  reassignedTo: readonly string[],
): Promise<Offboarding> {
  const { id, memberId, person } = before;
  const [after] = await scope.trx.run(endOffboarding(scope.tenantId, { id, status, reassignedTo }, scope.now));
  if (!after) throw new Error(`offboarding ${id} is locked and not there`);
  const data = { offboarding: id, ...(status === "acknowledged" ? { reassignedTo } : {}) };
  await record(scope, event(scope, ENDS[status], { type: "member", id: memberId }, data));
  // What came after the removal is about somebody else of that name.
  if (person && before.dueAt) await erase(scope, person, before.createdAt);
  return after;
}

function sameAgain(before: Offboarding, reassignedTo: readonly string[]): Offboarding {
  if (isDeepStrictEqual(before.reassignedTo, reassignedTo)) return before;
  throw new Refusal("conflict", "This was acknowledged already, with others who took over. Read it to see with whom.");
}

async function checkSuccessors({ trx, tenantId }: Scope, left: Offboarding, ids: readonly string[]): Promise<void> {
  const known = ids.length === 0 ? [] : await trx.run(membersThere(tenantId, ids));
  const there = new Set(known.map(({ id }) => id));
  const message = "names nobody who could take over: give ids of members, without the one who left";
  if (ids.every((id) => there.has(id) && id !== left.memberId)) return;
  throw new Refusal("invalid_request", `reassignedTo ${message}.`, { errors: [{ path: "/reassignedTo", message }] });
}

function missing(id: string): never {
  throw new Refusal("not_found", `no offboarding ${id}`);
}
