/** Where a member is signed in: the member's own to see and end, and their admin's. */
import { Refusal } from "../../base/errors.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { type IdPage, type PageWanted, readIdPage } from "../members/idPage.ts";
import { countDevices, type Device, devicesAfter, endSessionOf, endSessionsOf } from "./sessions.store.ts";

/** The living sessions of a member, the oldest first. */
export function listDevices(db: Database, who: Who, memberId: string, page: PageWanted): Promise<IdPage<Device>> {
  const { tenantId, now } = who;
  const list = (after: string, most: number) => devicesAfter(tenantId, memberId, now, after, most);
  return readIdPage(db, who, page, list, countDevices(tenantId, memberId, now));
}

/** Ends one of them, on every process from the next request on. @throws Refusal `not_found` */
export async function endDevice(db: Database, who: Who, memberId: string, id: string): Promise<void> {
  await inTenant(db, who, async (scope) => {
    const [ended] = await scope.trx.run(endSessionOf(who.tenantId, memberId, id));
    if (!ended) throw new Refusal("not_found", "There is no such session. List those there are.");
    await tell(scope, memberId);
  });
}

/** Ends all of them, but for the one that is kept. @returns how many */
export async function endDevices(db: Database, who: Who, memberId: string, keptId: string | null): Promise<number> {
  return inTenant(db, who, async (scope) => {
    const ended = await scope.trx.run(endSessionsOf(who.tenantId, memberId, keptId));
    if (ended.length > 0) await tell(scope, memberId);
    return ended.length;
  });
}

async function tell(scope: Scope, memberId: string): Promise<void> {
  await record(scope, event(scope, "member.signed_out", { type: "member", id: memberId }));
}
