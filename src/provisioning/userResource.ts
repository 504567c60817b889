import { ENTERPRISE, type MemberGroup } from "../directory/members/member.ts";
import type { ShownMember } from "../directory/members/members.store.ts";
import type { PushedUser } from "../directory/directories/scimMembers.ts";
import { withKnownExtensions } from "../scim/known.ts";
import type { ResourceType } from "../scim/registry.ts";
import { schemasOf } from "../scim/registry.ts";
import type { ScimObject } from "../scim/types.ts";
import { metaOf } from "./resourceMeta.ts";

/** A member as a SCIM User: what the directory wrote, and what has a column of its own. */
export function toUser(type: ResourceType, member: ShownMember, baseUrl: string): ScimObject {
  const { groups } = member;
  const scim = withKnownExtensions(type, member.scim);
  return {
    schemas: schemasOf(type, scim),
    id: member.id,
    ...scim,
    ...(member.managerId !== null && {
      [ENTERPRISE]: withManager(scim[ENTERPRISE], `${baseUrl}/Users/${member.managerId}`),
    }),
    // Rule 18: what the directory wishes, and nothing else.
    active: member.directoryActive,
    ...(groups.length > 0 && { groups: groups.map((group) => toGroupOf(group, baseUrl)) }),
    meta: metaOf(type, member, baseUrl),
  };
}

/** The manager's `$ref` is worked out, since what a client once wrote goes stale with the next value. */
function withManager(extension: ScimObject[string], $ref: string): ScimObject {
  const { manager, ...others } = extension as ScimObject;
  return { ...others, manager: { ...(manager as ScimObject), $ref } };
}

/** RFC 7643 §4.1.2: groups do not nest here, so every membership is a direct one. */
function toGroupOf({ value, display }: MemberGroup, baseUrl: string): ScimObject {
  return { value, $ref: `${baseUrl}/Groups/${value}`, display, type: "direct" };
}

/** A SCIM User as a use-case takes it: the attributes that are kept as they are, apart from those with a meaning here. */
export function fromUser(resource: ScimObject): PushedUser {
  const { schemas: _schemas, id: _id, meta: _meta, groups: _groups, active, password, ...scim } = resource;
  return {
    scim: withoutManagerRef(scim),
    active: typeof active === "boolean" ? active : undefined,
    password: typeof password === "string" ? password : undefined,
  };
}

/** `$ref` is not kept: `toUser` works it out. */
function withoutManagerRef(scim: ScimObject): ScimObject {
  const extension = scim[ENTERPRISE] as ScimObject | undefined;
  const manager = extension?.["manager"] as ScimObject | undefined;
  if (manager?.["$ref"] === undefined) return scim;
  const { $ref: _, ...kept } = manager;
  return { ...scim, [ENTERPRISE]: { ...extension, manager: kept } };
}
