import { pushed, seenByDirectories } from "../../admission/people.ts";
import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { ScimObject } from "../../scim/types.ts";
import { ScimRefusal } from "../../scim/types.ts";
import { onceInTenant, readOnce, sqlState, violatedUnique } from "../../storage/scope.ts";
import type { Database, Statement, Transaction, Who } from "../../storage/types.ts";
import { changeMember, noSuchMember, type Change } from "../members/changeMember.ts";
import { createMember, type Via } from "../members/createMember.ts";
import { goneDirectory } from "../tenants/credential.ts";
import { factsOf, profileOf, type Member, type Profile } from "../members/member.ts";
import { memberExists, memberThere, shownMember, STALE, type ShownMember } from "../members/members.store.ts";
import { checkKeyLength } from "./keyLength.ts";
import { hashPassword, isShort } from "../accounts/passwords.ts";
import { removeMember } from "../members/removeMember.ts";
import { newMember } from "../members/newMember.ts";
import { completeSettings } from "../tenants/tenantSettings.ts";
import { tenantById } from "../tenants/tenants.store.ts";

/** A person as a directory pushes them: the SCIM attributes, apart from `active` and `password`. */
export interface PushedUser {
  readonly scim: ScimObject;
  /** Undefined = not said (rule 18). */
  readonly active: boolean | undefined;
  readonly password: string | undefined;
}

type Pushed = Pick<PushedUser, "scim" | "active"> & Pick<ScimChange, "password"> & { readonly mustChange: boolean };

/** A directory, acting through one of its tokens. */
export interface DirectoryWho extends Who {
  readonly directoryId: string;
}

const VIA: Via = { door: "scim", act: "person", loss: "directory" };

/**
 * Creates a member that a directory pushes (RFC 7644 §3.3).
 *
 * @throws Refusal `user_name_exists` (rule 19: without any effect), `seat_limit_reached`, `not_found` for a manager who
 * is no member of this tenant
 */
export async function createScimMember(db: Database, who: DirectoryWho, user: PushedUser): Promise<Member> {
  const profile = findable(profileOf(user.scim));
  await checkManager(readOnce(db, who), who, null, profile);
  const { facts } = pushed(null, user.active);
  const newcomer = {
    ...newMember(newId(who.now), profile, "scim", who.now),
    directoryId: who.directoryId,
    directoryActive: facts.directoryActive,
    mustChangePassword: await mustChange(db, who, user.password),
  };
  const passwordHash = user.password === undefined ? undefined : await hashPassword(user.password);
  try {
    return await createMember(db, who, newcomer, VIA, { passwordHash, still: managerStill(who, null, profile) });
  } catch (error) {
    // The manager was removed meanwhile.
    if (sqlState(error) === STALE) await checkManager(readOnce(db, who), who, null, profile);
    throw asTaken(error);
  }
}

/** A change that a directory makes: from the member as it is to the person as they should be. */
export interface ScimChange {
  /** May run several times; what it throws is thrown. */
  readonly make: (member: Member) => PushedUser;
  /** A password that the change sets, hashed before anything is locked; null takes it away, undefined leaves it. */
  readonly password: string | null | undefined;
}

/**
 * Changes a member as a directory wants it, by PUT or PATCH; the first such change adopts them (rule 19).
 *
 * @throws Refusal `not_found`, `user_name_exists`, `seat_limit_reached` for a reactivation where the door refuses
 */
export async function changeScimMember(
  db: Database,
  who: DirectoryWho,
  id: string,
  change: ScimChange,
): Promise<Member> {
  const { password } = change;
  const passwordHash = typeof password === "string" ? await hashPassword(password) : password;
  const must = await mustChange(db, who, password);
  const make = (member: Member): Member =>
    push(who, member, { ...change.make(visible(member)), password, mustChange: must });
  const check: Change["check"] = (read, before, after) => checkManager(read, who, before, after);
  const still: Change["still"] = (before, after) => managerStill(who, before, after);
  try {
    return await changeMember(db, who, id, { make, check, still, passwordHash }, VIA);
  } catch (error) {
    throw asTaken(error);
  }
}

function push(who: DirectoryWho, member: Member, user: Pushed): Member {
  const { facts } = pushed(factsOf(member), user.active);
  const profile = findable(profileOf(user.scim));
  return {
    ...member,
    ...profile,
    // Rule 24: what was proven is the address before; of another one a directory proves nothing.
    emailVerified: member.emailVerified && profile.emailKey === member.emailKey,
    directoryId: member.directoryId ?? who.directoryId,
    directoryActive: facts.directoryActive,
    joinedAt: member.joinedAt ?? who.now,
    invitationLapsed: facts.invitationLapsed,
    hasPassword: user.password === undefined ? member.hasPassword : user.password !== null,
    mustChangePassword: user.password === undefined ? member.mustChangePassword : user.mustChange,
  };
}

/**
 * Whether a pushed password must be changed at the first sign-in: directories make passwords by their own rules, and one
 * that is shorter than the tenant allows is taken for no longer than that.
 */
async function mustChange(db: Database, who: Who, password: string | null | undefined): Promise<boolean> {
  if (typeof password !== "string") return false;
  const [[tenant]] = await onceInTenant(db, who, tenantById(who.tenantId));
  const { passwordMinLength } = completeSettings(tenant?.settings ?? {}, null).signIn;
  return isShort(password, passwordMinLength);
}

/** One member that directories may see. @throws Refusal `not_found` */
export async function readScimMember(db: Database, who: Who, id: string): Promise<ShownMember> {
  const [[member]] = await onceInTenant(db, who, shownMember(who.tenantId, id));
  if (!member) throw noSuchMember(id);
  return member;
}

/**
 * Removes a member as a directory wants it (RFC 7644 §3.6); a seat is never a reason to refuse it (rule 3).
 *
 * @param check asked with the member before it goes
 * @throws Refusal `not_found`
 */
export async function removeScimMember(
  db: Database,
  who: Who,
  id: string,
  check: (member: Member) => void,
): Promise<void> {
  await removeMember(db, who, id, VIA, (member) => check(visible(member)));
}

/** Rule 19: to a directory, break-glass members are not there. */
function visible(member: Member): Member {
  if (!seenByDirectories(member)) throw noSuchMember(member.id);
  return member;
}

/** A manager is a member of the same tenant, or nobody: never data of another one. */
async function checkManager(
  read: Transaction["run"],
  { tenantId }: Who,
  before: Profile | null,
  { managerId }: Profile,
): Promise<void> {
  if (managerId === null || managerId === before?.managerId) return;
  const found = await read(memberExists(tenantId, managerId));
  if (found.length === 0) throw new Refusal("not_found", `manager: no User ${managerId} in this tenant`);
}

/** A manager who is removed between the check and the write is nobody's: the write would name an id that nobody has. */
function managerStill({ tenantId }: Who, before: Profile | null, { managerId }: Profile): readonly Statement[] {
  return managerId === null || managerId === before?.managerId ? [] : [memberThere(tenantId, managerId)];
}

function findable(profile: Profile): Profile {
  const { userNameKey, externalId, emailKey, moreEmailKeys, nameKey } = profile;
  checkKeyLength({ userName: userNameKey, externalId, emails: emailKey, name: nameKey });
  for (const emails of moreEmailKeys) checkKeyLength({ emails });
  return profile;
}

function asTaken(error: unknown): unknown {
  if (violatedUnique(error) !== "members_user_name") return goneDirectory(error) ?? error;
  return new ScimRefusal(
    "uniqueness",
    "userName is taken by another User of this tenant; change that one",
    "user_name_exists",
  );
}
