import { checkRemovable } from "../../admission/locks.ts";
import { checkMayGrant, checkRolesExist, permissionsOf } from "../../admission/roles.ts";
import { mayGrant } from "../../admission/permissions.ts";
import type { Rules } from "../../admission/types.ts";
import { fold } from "../../base/fold.ts";
import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { mailAddress } from "../../base/mailAddress.ts";
import { enqueue } from "../../events/jobs.store.ts";
import { inTenant, violatedUnique } from "../../storage/scope.ts";
import type { Database, Scope, Transaction, Who } from "../../storage/types.ts";
import { type Change, changeMember, changeUnderLock } from "./changeMember.ts";
import { createMember, type Via } from "./createMember.ts";
import type { Member } from "./member.ts";
import { checkSuccessor } from "../offboarding/leaving.ts";
import { keepEmergency } from "../signIn/enforcement.ts";
import { grantedPermissions } from "../roles/grants.store.ts";
import { edited, type MemberEdit, type PersonName } from "./memberEdits.ts";
import { namingDirectory } from "./managedBy.ts";
import { memberWithAddress, otherBreakGlass } from "./members.store.ts";
import { newMember, profileOfAddress } from "./newMember.ts";
import { checkPassword, hashPassword } from "../accounts/passwords.ts";
import { changePreferences } from "./preferences.ts";
import type { Preferences } from "./profile.store.ts";
import { type RemovalCheck, removeMember } from "./removeMember.ts";
import { currentRules } from "../roles/rules.ts";
import { setTeamsOf } from "../teams/teams.ts";
import type { TenantSettings } from "../tenants/tenantSettings.ts";
import { underLock } from "./underLock.ts";

/** Someone who acts by hand, and what they may do (rule 16). */
export interface AdminWho extends Who {
  readonly permissions: readonly string[];
}

/** What of a tenant's settings concerns writes by hand. */
type Settings = Pick<TenantSettings, "signIn" | "members">;

/** A person whom an admin adds. */
export interface AddedPerson {
  readonly email: string;
  readonly name: PersonName;
  readonly jobTitle?: string | undefined;
  /** Undefined = what the tenant's settings give newcomers (rule 8). */
  readonly roles?: readonly string[] | undefined;
  readonly password?: string | undefined;
  /** Whether they are told by mail where to sign in. */
  readonly sendEmail?: boolean | undefined;
}

/** What an admin may write that is not of the member's row. */
export interface MoreOfMember {
  readonly password?: string | undefined;
  /** Names or ids of all teams that the member is in by hand, and of those by a group. */
  readonly teams?: readonly string[] | undefined;
  readonly preferences?: Partial<Preferences> | undefined;
  /** The member who is to take over, where they are suspended. */
  readonly reassignTo?: string | undefined;
}

export const CREATES: Via = { door: "admin", act: "person", loss: "act" };
export const GRANTS: Via = { door: "admin", act: "grant", loss: "act" };

/** Rule 28: break-glass members are one to five; the first is asked for by whatever demands single sign-on. */
const MOST_BREAK_GLASS = 5;

/**
 * Adds a member by hand: joined at once, through the door `admin`.
 *
 * @throws Refusal `invalid_request`, `email_exists`, `forbidden` (rule 16), `seat_limit_reached`
 */
export async function addMember(db: Database, who: AdminWho, person: AddedPerson, settings: Settings): Promise<Member> {
  const passwordHash = await hashed(person.password, settings);
  const { roles = [] } = person;
  const profile = profileOfAddress(checkAddress(person.email), person);
  const newcomer = { ...newMember(newId(who.now), profile, "admin", who.now), granted: roles };
  const check = async (scope: Scope, { roles: catalogue }: Rules): Promise<void> => {
    checkGrant(catalogue, who, roles);
    await checkFree((statement) => scope.trx.run(statement), who, newcomer);
    // In the same transaction: nobody is told who was not added.
    if (person.sendEmail) await enqueue(scope, { kind: "mail.welcome", payload: { memberId: newcomer.id } });
  };
  return asTaken(
    createMember(db, who, { ...newcomer, mustChangePassword: passwordHash !== undefined }, CREATES, {
      passwordHash,
      check,
    }),
  );
}

/**
 * Changes a member by hand, in one decision; the teams that they are in, and what they prefer.
 *
 * @throws Refusal `not_found`, `invalid_request`, `managed_by_directory` (rule 14), `email_exists`, `forbidden`
 * (rule 16), `seat_limit_reached`, `last_admin` (rule 17), `conflict` for a sixth break-glass member, or the last one
 * while single sign-on is required (rule 28)
 */
export async function editMember(
  db: Database,
  who: AdminWho,
  id: string,
  { password, teams, preferences, reassignTo, ...edit }: MemberEdit & MoreOfMember,
  settings: Settings,
): Promise<Member> {
  const passwordHash = await hashed(password, settings);
  // Rule 16 is asked by the roles as they are: those in memory may not know one that was made a moment ago.
  await currentRules(db, who.tenantId);
  const { change: edits, via } = handEdit(who, id, edit, settings, passwordHash);
  const change = reassignTo === undefined ? edits : handedOver(who, id, edits, reassignTo, edit.hold === true);
  if (!teams && !preferences) return asTaken(changeMember(db, who, id, change, via));
  const work = inTenant(db, who, async (scope) => {
    const member = await changeUnderLock(scope, await underLock(db, scope), id, change, via);
    if (teams) await setTeamsOf(scope, member.id, teams, who.permissions);
    if (preferences) await changePreferences(scope, member.id, preferences);
    return member;
  });
  return asTaken(work);
}

/** The same change with a successor, who is asked about first. */
function handedOver(who: AdminWho, id: string, change: Change, reassignTo: string, suspends: boolean): Change {
  const message = "goes with hold: true, by which a member leaves something behind; leave it out";
  const errors = [{ path: "/reassignTo", message }];
  if (!suspends) throw new Refusal("invalid_request", `reassignTo ${message}.`, { errors });
  const check: Change["check"] = async (read, before, after, rules) => {
    await checkSuccessor(read, who, id, reassignTo);
    await change.check?.(read, before, after, rules);
  };
  return { ...change, check, reassignTo };
}

/** An edit by hand as a change: what it makes of the member, what it asks first, and by which way it goes. */
export function handEdit(
  who: AdminWho,
  id: string,
  edit: MemberEdit,
  { members: { emailEditable } }: { readonly members: Pick<TenantSettings["members"], "emailEditable"> },
  passwordHash?: string,
): { readonly change: Change; readonly via: Via } {
  const address = edit.email === undefined ? {} : { email: checkAddress(edit.email) };
  const wanted = { ...edit, ...address };
  const setsPassword = passwordHash !== undefined;
  const make = (member: Member): Member => {
    const after = edited(member, wanted, setsPassword, emailEditable);
    return setsPassword ? { ...after, mustChangePassword: true } : after;
  };
  const check = async (read: Transaction["run"], before: Member, after: Member, rules: Rules): Promise<void> => {
    if (edit.roles) checkGrant(rules.roles, who, [...new Set([...edit.roles, ...before.entitled])]);
    const takesOver = setsPassword || before.emailKey !== after.emailKey;
    if (takesOver) await checkTakeover(read, rules, who, before);
    if (before.emailKey !== after.emailKey) await checkFree(read, who, after);
    if (after.breakGlass && !before.breakGlass) await checkBreakGlass(read, who, after);
    if (before.breakGlass && (!after.breakGlass || after.hold)) await keepEmergency(read, who.tenantId, id);
  };
  const alone = edit.email !== undefined || edit.breakGlass !== undefined || edit.hold === true;
  return { change: { make, check, alone, passwordHash }, via: edit.roles ? GRANTS : CREATES };
}

/**
 * Removes a member by hand; those whom a directory manages are removed there (rule 14).
 *
 * @param reassignTo the member who is to take over what they leave behind
 * @throws Refusal `not_found`, `invalid_request` for a successor who is none, `managed_by_directory`, `last_admin`, `conflict` for the last break-glass member while
 * single sign-on is required (rule 28)
 */
export async function dropMember(db: Database, who: Who, id: string, reassignTo: string | null = null): Promise<void> {
  const check: RemovalCheck = async (member, read) => {
    await handRemoval(who)(member, read);
    await checkSuccessor(read, who, id, reassignTo);
  };
  await removeMember(db, who, id, CREATES, check, reassignTo);
}

/** What a removal by hand asks first. */
export function handRemoval({ tenantId }: Pick<Who, "tenantId">): RemovalCheck {
  return async (member, read) => {
    await namingDirectory(read, tenantId, member, () => checkRemovable({ managed: member.directoryId !== null }));
    if (member.breakGlass) await keepEmergency(read, tenantId, member.id);
  };
}

/** An address in the form that it is kept in. @throws Refusal `invalid_request` */
export function checkAddress(written: string): string {
  const address = mailAddress(written);
  if (address !== null) return address;
  const message = "This is no e-mail address. Write it as name@example.com, without spaces, quotes or brackets.";
  throw new Refusal("invalid_request", message, { errors: [{ path: "/email", message }] });
}

async function hashed(password: string | undefined, settings: Settings): Promise<string | undefined> {
  if (password === undefined) return undefined;
  checkPassword(password, settings.signIn.passwordMinLength);
  return hashPassword(password);
}

/** Rule 16: whoever names a role, or takes one away, has what it has. */
function checkGrant(catalogue: Rules["roles"], { permissions }: AdminWho, named: readonly string[]): void {
  checkRolesExist(catalogue, named);
  checkMayGrant(catalogue, permissions, named);
}

/** Rule 16, by the back door: with a password or address of one's own choice one becomes that member. */
export async function checkTakeover(
  read: Transaction["run"],
  { roles }: Rules,
  { permissions, tenantId }: AdminWho,
  member: Member,
): Promise<void> {
  const [given] = await read(grantedPermissions(tenantId, member.id));
  if (mayGrant(permissions, [...permissionsOf(roles, member.entitled), ...(given?.grants ?? [])])) return;
  const words = "This member has permissions that you do not have: let someone who has them change password or e-mail.";
  throw new Refusal("forbidden", words);
}

/** Rule 21: an address belongs to one member, be it as e-mail or as user name. */
export async function checkFree(read: Transaction["run"], { tenantId }: Who, { id, email }: Member): Promise<void> {
  if (email === null) return;
  const [taken] = await read(memberWithAddress(tenantId, fold(email), id));
  if (taken) throw emailExists();
}

async function checkBreakGlass(read: Transaction["run"], { tenantId }: Who, { id }: Member): Promise<void> {
  const [others] = await read(otherBreakGlass(tenantId, id));
  if ((others?.count ?? 0) < MOST_BREAK_GLASS) return;
  const words = `There are ${MOST_BREAK_GLASS} break-glass members already; end another one's emergency access first.`;
  throw new Refusal("conflict", words);
}

async function asTaken(write: Promise<Member>): Promise<Member> {
  try {
    return await write;
  } catch (error) {
    throw violatedUnique(error) === "members_user_name" ? emailExists() : error;
  }
}

function emailExists(): Refusal {
  return new Refusal(
    "email_exists",
    "A member with this e-mail address exists already. Edit that member, or use another address.",
  );
}
