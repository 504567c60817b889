import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { handEdit, type AdminWho } from "./adminMembers.ts";
import { changeUnderLock } from "./changeMember.ts";
import type { MemberEdit } from "./memberEdits.ts";
import type { ListedMember } from "./memberList.store.ts";
import { askForEmail } from "./profileEmail.ts";
import { changePreferences } from "./preferences.ts";
import { pendingEmail, type Preferences } from "./profile.store.ts";
import type { TenantSettings } from "../tenants/tenantSettings.ts";
import { underLock } from "./underLock.ts";

/** What a member may write of themselves; what is left out stays. */
export type ProfileChange = Pick<MemberEdit, "name" | "jobTitle" | "avatarUrl"> & {
  readonly email?: string | undefined;
} & Partial<Preferences>;

type Settings = Pick<TenantSettings, "members" | "signIn">;

/** A field that the member cannot write, and why. */
export interface LockedField {
  readonly field: "name" | "jobTitle" | "avatarUrl" | "email";
  readonly code: "managed_by_directory" | "forbidden";
  readonly reason: string;
}

/** Which fields are not the member's to write (rule 14, `members.emailEditable`). */
export function lockedFields(
  member: Pick<ListedMember, "directoryId" | "directoryName">,
  settings: Settings,
): LockedField[] {
  if (member.directoryId !== null) {
    const reason = `The directory ${member.directoryName ?? ""} manages this: change it there, and it arrives here.`;
    const fields = ["name", "jobTitle", "avatarUrl", "email"] as const;
    return fields.map((field) => ({ field, code: "managed_by_directory", reason }));
  }
  if (settings.members.emailEditable) return [];
  return [{ field: "email", code: "forbidden", reason: "This organisation does not let e-mail addresses be changed." }];
}

/** The address that a member wants and has yet to prove; null where none. */
export async function unprovenEmail(db: Database, who: Who, memberId: string): Promise<string | null> {
  const [[pending]] = await onceInTenant(db, who, pendingEmail(who.tenantId, memberId, who.now));
  return pending?.email ?? null;
}

/**
 * Changes the profile of whoever asks. Another address holds only once it is proven by mail.
 *
 * @throws Refusal `managed_by_directory` (rule 14), `forbidden` where addresses are not edited, `email_exists`,
 *   `invalid_request`, `rate_limited` after three mails in an hour
 */
export async function editOwnProfile(
  db: Database,
  who: AdminWho,
  memberId: string,
  { email, name, jobTitle, avatarUrl, ...preferences }: ProfileChange,
  settings: Settings,
): Promise<void> {
  const { change, via } = handEdit(who, memberId, { name, jobTitle, avatarUrl }, settings);
  const isOwn = [name, jobTitle, avatarUrl, email].every((value) => value === undefined);
  await inTenant(db, who, async (scope) => {
    if (!isOwn) {
      const member = await changeUnderLock(scope, await underLock(db, scope), memberId, change, via);
      if (email !== undefined) await askForEmail(scope, member, email, settings);
    }
    await changePreferences(scope, memberId, preferences);
  });
}
