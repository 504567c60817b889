import { isDeepStrictEqual } from "node:util";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import type { Scope } from "../../storage/types.ts";
import { noSuchMember } from "./changeMember.ts";
import { preferencesOf, writePreferences, type Preferences } from "./profile.store.ts";

/** Merges what a member prefers; the same again writes and records nothing. @throws Refusal `not_found` */
export async function changePreferences(
  scope: Scope,
  memberId: string,
  change: { readonly [K in keyof Preferences]?: Preferences[K] | undefined },
): Promise<void> {
  const { trx, tenantId } = scope;
  const [found] = await trx.run(preferencesOf(tenantId, memberId));
  if (!found) throw noSuchMember(memberId);
  const before = found.preferences;
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const notifications = { ...before.notifications, ...change.notifications };
  const after: Preferences = { ...before, ...given, notifications };
  const names = (Object.keys(after) as (keyof Preferences)[]).toSorted();
  const attributes = names.filter((key) => !isDeepStrictEqual(before[key], after[key]));
  if (attributes.length === 0) return;
  await trx.run(writePreferences(tenantId, memberId, after));
  await record(scope, event(scope, "member.preferences_changed", { type: "member", id: memberId }, { attributes }));
}
