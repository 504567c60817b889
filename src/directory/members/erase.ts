import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import type { Scope } from "../../storage/types.ts";
import { erasePolicy, forgetJoinRequests, forgetSignIns } from "./erase.store.ts";
import { forgetImported } from "../imports/imports.store.ts";
import { forgetActivity } from "../activity/activity.store.ts";
import type { Member } from "./member.ts";
import { forgetPerson } from "../provisioningLog/provisioningLog.store.ts";

/** By what the logs know a person. */
export interface Traces {
  readonly id: string;
  /** User name and addresses, folded. */
  readonly keys: readonly string[];
  readonly emailKey: string | null;
  readonly externalIds: readonly string[];
}

/** By what the logs know a member. */
export function tracesOf({ id, userNameKey, emailKey, moreEmailKeys, externalId }: Member): Traces {
  const keys = [userNameKey, ...(emailKey === null ? [] : [emailKey]), ...moreEmailKeys];
  return { id, keys, emailKey, externalIds: externalId === null ? [] : [externalId] };
}

/**
 * Forgets a member who is being removed, where the tenant wants that (`members.removal` is `erase`) and has nobody to
 * wait for (`members.offboardingDays`).
 */
export async function eraseIfWanted(scope: Scope, member: Member): Promise<void> {
  const [policy] = await scope.trx.run(erasePolicy(scope.tenantId));
  const waits = policy?.waits && member.joinedAt !== null;
  if (policy?.erase && !waits) await erase(scope, tracesOf(member), scope.now);
}

/**
 * Forgets a person who is no member any more, and tells that: their row is gone, and here goes what logs know of them.
 * The journal holds ids, types and names of attributes, and no personal value to blank; the tombstone keeps the address,
 * for rule 22 compares with it.
 *
 * @param leftAt what was written later is about somebody else
 */
export async function erase(scope: Scope, person: Traces, leftAt: Date): Promise<void> {
  await forget(scope, person, leftAt);
  await record(scope, event(scope, "member.erased", { type: "member", id: person.id }));
}

/** The same again, for lines that came to a log since. */
export async function forget({ trx, tenantId }: Scope, person: Traces, leftAt: Date): Promise<void> {
  const { id, keys, emailKey, externalIds } = person;
  await trx.run(forgetPerson(tenantId, { keys, externalIds, ids: [id] }, leftAt));
  await trx.run(forgetSignIns(tenantId, id));
  await trx.run(forgetActivity(tenantId, id));
  await trx.run(forgetImported(tenantId, person, leftAt));
  await trx.run(forgetJoinRequests(tenantId, id, emailKey, leftAt));
}
