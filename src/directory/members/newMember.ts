import type { Entrance } from "../../admission/types.ts";
import { profileOf, type Member, type Profile } from "./member.ts";
import { writtenName, type PersonName } from "./memberEdits.ts";

/** What somebody is called, where no directory says so. */
export interface Called {
  readonly name?: PersonName | undefined;
  readonly jobTitle?: string | undefined;
}

/** The profile of somebody who came by an address: it is their user name, too. */
export function profileOfAddress(email: string, { name, jobTitle }: Called): Profile {
  return profileOf({
    userName: email,
    ...(name && writtenName({}, name)),
    emails: [{ value: email, type: "work", primary: true }],
    ...(jobTitle !== undefined && { title: jobTitle }),
  });
}

/** A newcomer who has joined, before admission decides; every entrance starts from this. */
export function newMember(id: string, profile: Profile, entrance: Entrance, now: Date): Member {
  return {
    id,
    entrance,
    emailVerified: false,
    directoryId: null,
    groups: [],
    claims: [],
    joinedAt: now,
    directoryActive: true,
    hold: false,
    breakGlass: false,
    status: "active",
    granted: [],
    mapped: null,
    lastAdminHold: [],
    entitled: [],
    roles: [],
    administers: false,
    seat: "none",
    waitingSince: null,
    needsSeat: false,
    displacedAt: null,
    invitationLapsed: false,
    reasons: [],
    lastSignInAt: null,
    hasPassword: false,
    mustChangePassword: false,
    version: 1,
    createdAt: now,
    updatedAt: now,
    // Last: in front of so many names a spread costs fifty times as much.
    ...profile,
  };
}
