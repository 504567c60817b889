import { isDeepStrictEqual } from "node:util";
import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { event, type Event } from "../../events/event.ts";
import { ScimRefusal, type ScimObject } from "../../scim/types.ts";
import { inTenant, onceInTenant, readOnce, violatedUnique, writeOnce } from "../../storage/scope.ts";
import type { Database, Scope, Transaction } from "../../storage/types.ts";
import { groupProfileOf, isNoChange, type Group, type GroupProfile, type MembershipChange } from "./group.ts";
import {
  deleteGroup,
  groupById,
  insertGroup,
  lockGroup,
  moveMembers,
  unknownMembers,
  updateGroup,
  type GroupMember,
  type MembershipResult,
} from "./groups.store.ts";
import { goneDirectory } from "../tenants/credential.ts";
import { effectsOn } from "../members/effects.ts";
import { changedAt } from "../members/member.ts";
import { changedAttributes } from "../members/memberEvents.ts";
import { rulesOf, type TenantRules } from "../roles/rules.ts";
import { passSeats } from "../seats/seats.store.ts";
import { underLock } from "../members/underLock.ts";
import { checkKeyLength } from "./keyLength.ts";
import type { DirectoryWho } from "./scimMembers.ts";

/** A group as it is shown; members only where they were asked for. */
export type GroupView = Group & { readonly members?: readonly GroupMember[] };

/** Words the refusal of ids that name no member; undefined where those are passed over. */
type RefuseUnknown = ((ids: readonly string[]) => Refusal) | undefined;

/**
 * Creates a group of a directory, with members (RFC 7644 §3.3). No mapping names a group that did not exist (rule 12),
 * so nobody's role changes by it.
 *
 * @throws ScimRefusal `uniqueness` for a name that another group of the directory has (rule 21); Refusal
 *   `unauthenticated` where the directory is gone
 */
export async function createScimGroup(
  db: Database,
  who: DirectoryWho,
  scim: ScimObject,
  members: readonly string[],
  refuseUnknown: RefuseUnknown,
): Promise<{ group: GroupView; result: MembershipResult }> {
  const { tenantId, directoryId, now } = who;
  await checkMembers(readOnce(db, who), tenantId, members, refuseUnknown);
  const profile = checkedProfile(scim);
  const group = { id: newId(now), directoryId, ...profile, version: 1, createdAt: now, updatedAt: now };
  const told = event(who, "group.created", { type: "group", id: group.id }, { added: members });
  const insert = insertGroup(tenantId, group, members, told);
  // A member who is being removed is out of every group first, and this one is not there yet: wait for each other.
  const [, [result]] = await named(writeOnce(db, who, [passSeats(tenantId), insert]));
  if (!result) throw new Error("a group was not created");
  return { group, result };
}

/** One group of the directory. @throws Refusal `not_found` */
export async function readScimGroup(
  db: Database,
  who: DirectoryWho,
  id: string,
  withMembers: boolean,
): Promise<GroupView> {
  const [[group]] = await onceInTenant(db, who, groupById(who.tenantId, who.directoryId, id, withMembers));
  if (!group) throw noSuchGroup(id);
  return group;
}

/** A change of a group: of its attributes, of who is in it, or of both. */
export interface GroupChange {
  /** The attributes as they should be, from those that are; undefined leaves them unread. */
  readonly make: ((group: Group) => ScimObject) | undefined;
  readonly members: MembershipChange;
  /** Asked with the version that is changed; throws a refusal. */
  readonly ifMatch: ((version: number) => void) | undefined;
  readonly refuseUnknown: RefuseUnknown;
}

/**
 * Changes a group as its directory wants it; attributes, members and the effects on their roles in one transaction.
 *
 * Goes in one round trip where only members move and no mapping names the group.
 *
 * @throws Refusal `not_found`; ScimRefusal `uniqueness`
 */
export async function changeScimGroup(
  db: Database,
  who: DirectoryWho,
  id: string,
  change: GroupChange,
): Promise<MembershipResult> {
  const isPlain = change.make === undefined && change.ifMatch === undefined && change.refuseUnknown === undefined;
  const rules = await rulesOf(db, who.tenantId);
  const quick = isPlain && !isMapped(rules, id) ? await moveQuickly(db, who, id, change.members, rules) : undefined;
  return quick ?? named(inTenant(db, who, (scope) => changeCarefully(db, scope, who.directoryId, id, change)));
}

/** @returns undefined when the rules in memory were old, or there is no such group: the careful way tells which */
async function moveQuickly(
  db: Database,
  who: DirectoryWho,
  id: string,
  members: MembershipChange,
  { version }: TenantRules,
): Promise<MembershipResult | undefined> {
  const { tenantId, directoryId } = who;
  if (isNoChange(members)) return undefined;
  const options = { rulesVersion: version, named: false };
  const move = moveMembers(tenantId, directoryId, id, members, options, membersChanged(who, id));
  const [, , [result]] = await writeOnce(db, who, [passSeats(tenantId), lockGroup(tenantId, directoryId, id), move]);
  return result;
}

async function changeCarefully(
  db: Database,
  scope: Scope,
  directoryId: string,
  id: string,
  change: GroupChange,
): Promise<MembershipResult> {
  const { tenantId, trx } = scope;
  // The seats before the group, as everywhere: two orders would wait for each other.
  const locked = await underLock(db, scope);
  const [found] = await trx.run(lockGroup(tenantId, directoryId, id));
  if (!found) throw noSuchGroup(id);
  change.ifMatch?.(found.version);
  await checkMembers(trx.run, tenantId, change.members.add, change.refuseUnknown);
  if (change.make) await writeAttributes(scope, directoryId, id, change.make);
  if (isNoChange(change.members)) return NOTHING_MOVED;
  const options = { rulesVersion: locked.rules.version, named: isMapped(locked.rules, id) };
  const move = moveMembers(tenantId, directoryId, id, change.members, options, membersChanged(scope, id));
  const [result] = await trx.run(move);
  if (options.named) await effectsOn(scope, locked, result?.moved ?? []);
  return result ?? NOTHING_MOVED;
}

async function writeAttributes(
  scope: Scope,
  directoryId: string,
  id: string,
  make: (group: Group) => ScimObject,
): Promise<void> {
  const [before] = await scope.trx.run(groupById(scope.tenantId, directoryId, id, false));
  if (!before) throw noSuchGroup(id);
  const profile = checkedProfile(make(before));
  if (isDeepStrictEqual(profile.scim, before.scim)) return;
  const after = changedAt(before, { ...before, ...profile }, scope.now);
  const attributes = changedAttributes(before.scim, profile.scim);
  await scope.trx.run(
    updateGroup(scope.tenantId, after, event(scope, "group.updated", { type: "group", id }, { attributes })),
  );
}

/**
 * Deletes a group as its directory wants it (RFC 7644 §3.6), with the effects on those who were in it.
 *
 * @throws Refusal `not_found`
 */
export async function removeScimGroup(
  db: Database,
  who: DirectoryWho,
  id: string,
  ifMatch: (version: number) => void,
): Promise<void> {
  const { tenantId, directoryId } = who;
  await inTenant(db, who, async (scope) => {
    const locked = await underLock(db, scope);
    const [found] = await scope.trx.run(lockGroup(tenantId, directoryId, id));
    if (!found) throw noSuchGroup(id);
    ifMatch(found.version);
    const told = event(scope, "group.deleted", { type: "group", id });
    const [gone] = await scope.trx.run(deleteGroup(tenantId, directoryId, id, told));
    if (isMapped(locked.rules, id)) await effectsOn(scope, locked, gone?.removed ?? []);
  });
}

/** Whether a mapping names this group: only then does being in it change anybody's role. */
function isMapped({ rules }: TenantRules, id: string): boolean {
  return rules.mappings.some((mapping) => "group" in mapping && mapping.group.ids.includes(id));
}

function membersChanged(who: Pick<DirectoryWho, "actor" | "now" | "beside">, id: string): Event {
  return event(who, "group.members_changed", { type: "group", id });
}

const NOTHING_MOVED: MembershipResult = { version: null, unknown: [] };

async function checkMembers(
  read: Transaction["run"],
  tenantId: string,
  ids: readonly string[],
  refuse: RefuseUnknown,
): Promise<void> {
  if (!refuse || ids.length === 0) return;
  const unknown = await read(unknownMembers(tenantId, ids));
  if (unknown.length > 0) throw refuse(unknown.map(({ id }) => id));
}

/** @throws ScimRefusal `invalidValue` for a name or external id too long to be found by */
function checkedProfile(scim: ScimObject): GroupProfile {
  const profile = groupProfileOf(scim);
  checkKeyLength({ displayName: profile.nameKey, externalId: profile.externalId });
  return profile;
}

function noSuchGroup(id: string): Refusal {
  return new Refusal("not_found", `no group ${id}`);
}

async function named<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (violatedUnique(error) !== "groups_name") throw goneDirectory(error) ?? error;
    throw new ScimRefusal(
      "uniqueness",
      "displayName is taken by another Group of this directory; change that one",
      "name_exists",
    );
  }
}
