/** What an admin's edit makes of a member, field by field (rule 14). */
import { isDeepStrictEqual } from "node:util";
import { checkEditable, grantsOf } from "../../admission/locks.ts";
import { Refusal } from "../../base/errors.ts";
import { fold } from "../../base/fold.ts";
import type { ScimObject } from "../../scim/types.ts";
import { nameOf, profileOf, text, type Member } from "./member.ts";

/** A person's name; a part that is left out stays as it is. */
export interface PersonName {
  readonly givenName?: string | undefined;
  readonly familyName?: string | undefined;
}

/** What an admin may write of a member; null takes a value away, what is left out stays. */
export interface MemberEdit {
  readonly name?: PersonName | undefined;
  readonly jobTitle?: string | null | undefined;
  readonly email?: string | undefined;
  readonly avatarUrl?: string | null | undefined;
  /** The whole list of roles granted by hand, with the mapped one. */
  readonly roles?: readonly string[] | undefined;
  readonly hold?: boolean | undefined;
  readonly breakGlass?: boolean | undefined;
}

type Field = keyof MemberEdit;
type Value<F extends Field> = Exclude<MemberEdit[F], undefined>;

const edits: { readonly [F in Field]-?: (member: Member, value: Value<F>) => Member } = {
  name: (member, name) => renamed(member, name),
  jobTitle: (member, title) => withScim(member, withAttribute(member.scim, "title", title)),
  email: (member, email) => readdressed(member, email),
  avatarUrl: (member, url) =>
    withScim(member, withAttribute(member.scim, "photos", url === null ? null : [{ value: url, type: "photo" }])),
  roles: (member, roles) => ({ ...member, granted: grantsOf(member, roles) }),
  hold: (member, hold) => ({ ...member, hold }),
  breakGlass: (member, breakGlass) => ({ ...member, breakGlass }),
};

/**
 * The member as an admin wants it.
 *
 * @param setsPassword whether the same edit sets a password
 * @param emailEditable `members.emailEditable` of the tenant
 * @throws Refusal `managed_by_directory`, `forbidden` where addresses are not edited here
 */
export function edited(member: Member, edit: MemberEdit, setsPassword: boolean, emailEditable: boolean): Member {
  const fields = fieldsOf(edit).filter((field) => !isDeepStrictEqual(apply(member, edit, field), member));
  checkEditable({ managed: member.directoryId !== null }, setsPassword ? [...fields, "password"] : fields);
  if (fields.includes("breakGlass")) checkLocal(member);
  if (fields.includes("email") && !emailEditable) throw notEditable();
  return fields.reduce((made, field) => apply(made, edit, field), member);
}

/** The SCIM attributes of a name: what someone is called follows from its parts. */
export function writtenName(scim: ScimObject, part: PersonName): ScimObject {
  const { formatted: _, ...before } = nameOf(scim);
  const name: ScimObject = { ...before, ...part };
  const displayName = [text(name["givenName"]), text(name["familyName"])].filter(Boolean).join(" ");
  return { name, displayName };
}

function renamed(member: Member, part: PersonName): Member {
  const before = nameOf(member.scim);
  const same = Object.entries(part).every(([key, value]) => value === undefined || before[key] === value);
  return same ? member : withScim(member, { ...member.scim, ...writtenName(member.scim, part) });
}

function fieldsOf(edit: MemberEdit): Field[] {
  return (Object.keys(edits) as Field[]).filter((field) => edit[field] !== undefined);
}

function apply(member: Member, edit: MemberEdit, field: Field): Member {
  const make = edits[field] as (member: Member, value: MemberEdit[Field]) => Member;
  return make(member, edit[field]);
}

function withScim(member: Member, scim: ScimObject): Member {
  return { ...member, ...profileOf(scim) };
}

function withAttribute(scim: ScimObject, name: string, value: ScimObject[string] | null): ScimObject {
  const { [name]: _, ...rest } = scim;
  return value === null ? rest : { ...rest, [name]: value };
}

/** A new address is nobody's until proven (rule 24); a user name that was the old address follows it. */
export function readdressed(member: Member, email: string): Member {
  if (email === member.email) return member;
  const { scim } = member;
  const follows = member.emailKey !== null && member.emailKey === member.userNameKey;
  const emails = withAddress(scim["emails"], member.email, email);
  const moved = withScim(member, { ...scim, ...(follows ? { userName: email } : {}), emails });
  return { ...moved, emailVerified: member.emailVerified && fold(email) === member.emailKey };
}

/** Puts an address where the one in use stands, else before all others. */
function withAddress(emails: ScimObject[string], old: string | null, value: string): ScimObject[] {
  const before = Array.isArray(emails) ? emails.filter((one): one is ScimObject => isObject(one)) : [];
  const at = before.findIndex((one) => old !== null && one["value"] === old);
  if (at >= 0) return before.with(at, { ...before[at], value, primary: true });
  return [{ value, type: "work", primary: true }, ...before];
}

function isObject(value: unknown): value is ScimObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Rule 28: break-glass members are local, or the directory that is down would keep them out. */
function checkLocal(member: Member): void {
  if (member.directoryId === null) return;
  throw new Refusal(
    "managed_by_directory",
    "A directory manages this member, and break-glass members are local: add a separate member for emergencies.",
  );
}

function notEditable(): Refusal {
  return new Refusal("forbidden", "E-mail addresses are not edited here: the setting members.emailEditable is off.");
}
