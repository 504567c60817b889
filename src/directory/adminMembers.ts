import { checkRemovable } from "../admission/locks.ts";
import { checkMayGrant, checkRolesExist, permissionsOf } from "../admission/roles.ts";
import { mayGrant } from "../admission/permissions.ts";
import type { Rules } from "../admission/types.ts";
import { fold } from "../base/fold.ts";
import { Refusal } from "../base/errors.ts";
import { newId } from "../base/ids.ts";
import { mailAddress } from "../base/mailAddress.ts";
import { violatedUnique } from "../storage/scope.ts";
import type { Database, Transaction, Who } from "../storage/types.ts";
import { changeMember } from "./changeMember.ts";
import { createMember, type Via } from "./createMember.ts";
import { profileOf, type Member } from "./member.ts";
import { edited, writtenName, type MemberEdit, type PersonName } from "./memberEdits.ts";
import { memberWithAddress, otherBreakGlass } from "./members.store.ts";
import { newMember } from "./newMember.ts";
import { checkPassword, hashPassword } from "./passwords.ts";
import { removeMember } from "./removeMember.ts";
import type { TenantSettings } from "./tenantSettings.ts";

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
}

const CREATES: Via = { door: "admin", act: "person", loss: "act" };
const GRANTS: Via = { door: "admin", act: "grant", loss: "act" };

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
  const profile = profileOf(scimOf(person, checkAddress(person.email)));
  const newcomer = { ...newMember(newId(who.now), profile, "admin", who.now), granted: roles };
  const check = async (scope: { trx: Transaction }, { roles: catalogue }: Rules): Promise<void> => {
    checkGrant(catalogue, who, roles);
    await checkFree((statement) => scope.trx.run(statement), who, newcomer);
  };
  return asTaken(
    createMember(db, who, { ...newcomer, mustChangePassword: passwordHash !== undefined }, CREATES, {
      passwordHash,
      check,
    }),
  );
}

/**
 * Changes a member by hand, in one decision.
 *
 * @throws Refusal `not_found`, `invalid_request`, `managed_by_directory` (rule 14), `email_exists`, `forbidden`
 * (rule 16), `seat_limit_reached`, `last_admin` (rule 17), `conflict` for a sixth break-glass member (rule 28)
 */
export async function editMember(
  db: Database,
  who: AdminWho,
  id: string,
  { password, ...edit }: MemberEdit & { readonly password?: string | undefined },
  settings: Settings,
): Promise<Member> {
  const passwordHash = await hashed(password, settings);
  const address = edit.email === undefined ? {} : { email: checkAddress(edit.email) };
  const wanted = { ...edit, ...address };
  const setsPassword = password !== undefined;
  const make = (member: Member): Member => {
    const after = edited(member, wanted, setsPassword, settings.members.emailEditable);
    return setsPassword ? { ...after, mustChangePassword: true } : after;
  };
  const check = async (read: Transaction["run"], before: Member, after: Member, rules: Rules): Promise<void> => {
    if (edit.roles) checkGrant(rules.roles, who, [...new Set([...edit.roles, ...before.entitled])]);
    const takesOver = passwordHash !== undefined || before.emailKey !== after.emailKey;
    if (takesOver) checkTakeover(rules, who, before);
    if (before.emailKey !== after.emailKey) await checkFree(read, who, after);
    if (after.breakGlass && !before.breakGlass) await checkBreakGlass(read, who, after);
  };
  const alone = edit.email !== undefined || edit.breakGlass !== undefined;
  const via = edit.roles ? GRANTS : CREATES;
  return asTaken(changeMember(db, who, id, { make, check, alone, passwordHash }, via));
}

/**
 * Removes a member by hand; those whom a directory manages are removed there (rule 14).
 *
 * @throws Refusal `not_found`, `managed_by_directory`, `last_admin`
 */
export async function dropMember(db: Database, who: Who, id: string): Promise<void> {
  const check = (member: Member): void => checkRemovable({ managed: member.directoryId !== null });
  await removeMember(db, who, id, CREATES, check);
}

function scimOf({ name, jobTitle }: AddedPerson, email: string): Member["scim"] {
  return {
    userName: email,
    ...writtenName({}, name),
    emails: [{ value: email, type: "work", primary: true }],
    ...(jobTitle === undefined ? {} : { title: jobTitle }),
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
function checkTakeover({ roles }: Rules, { permissions }: AdminWho, member: Member): void {
  if (mayGrant(permissions, permissionsOf(roles, member.entitled))) return;
  const words = "This member has permissions that you do not have: let someone who has them change password or e-mail.";
  throw new Refusal("forbidden", words);
}

/** Rule 21: an address belongs to one member, be it as e-mail or as user name. */
async function checkFree(read: Transaction["run"], { tenantId }: Who, { id, email }: Member): Promise<void> {
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
