import { everything, permits } from "../../admission/permissions.ts";
import { effectivePermissions } from "../../admission/effectivePermissions.ts";
import { permissionsOf } from "../../admission/roles.ts";
import type { RoleCatalogue } from "../../admission/types.ts";
import type { ScimObject } from "../../scim/types.ts";
import { displayNameOf, nameOf, text } from "./member.ts";
import type { ListedMember } from "./memberList.store.ts";

/** A member as people and applications see them; roles and permissions are those in force. */
export function memberView(member: ListedMember, roles: RoleCatalogue): Record<string, unknown> {
  const { directoryId, directoryName, ...rest } = member;
  return {
    id: rest.id,
    ...profileView(member),
    status: rest.status,
    hold: rest.hold,
    breakGlass: rest.breakGlass,
    directory: directoryId === null ? null : { id: directoryId, name: directoryName },
    roles: rest.roles,
    entitledRoles: rest.entitled,
    permissions: effectivePermissions(roles, rest),
    teams: rest.teams,
    seat: rest.seat,
    entrance: rest.entrance,
    lastSignInAt: rest.lastSignInAt,
    createdAt: rest.createdAt,
  };
}

/** What of a member is a person's own, rather than what the tenant makes of them. */
export function profileView({ scim, email, emailVerified, preferences }: ListedMember): Record<string, unknown> {
  return {
    email,
    emailVerified,
    name: personName(scim),
    displayName: displayNameOf(scim),
    jobTitle: text(scim["title"]),
    avatarUrl: avatarOf(scim),
    preferences,
  };
}

/** A line of `members.csv`, in the order of its columns. */
export function memberRow(member: ListedMember, roles: RoleCatalogue): string[] {
  const { givenName, familyName } = personName(member.scim);
  const isAdmin = permits(permissionsOf(roles, member.roles), everything);
  return [
    member.id,
    member.email ?? "",
    givenName ?? "",
    familyName ?? "",
    isAdmin ? "yes" : "no",
    member.seat === "held" ? "yes" : "no",
  ];
}

function personName(scim: ScimObject): { givenName: string | null; familyName: string | null } {
  const { givenName, familyName } = nameOf(scim);
  return { givenName: text(givenName), familyName: text(familyName) };
}

/** The primary photo, else the first (RFC 7643 §4.1.2). */
function avatarOf({ photos }: ScimObject): string | null {
  if (!Array.isArray(photos)) return null;
  const all = photos.filter((photo): photo is ScimObject => typeof photo === "object" && photo !== null);
  const chosen = all.find((photo) => photo["primary"] === true) ?? all[0];
  return text(chosen?.["value"]);
}
