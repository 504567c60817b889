import type { Member } from "../directory/member.ts";
import type { PushedUser } from "../directory/scimMembers.ts";
import type { ResourceType } from "../scim/registry.ts";
import { schemasOf } from "../scim/registry.ts";
import type { ScimObject } from "../scim/types.ts";
import { etagOf } from "./etag.ts";

/** A member as a SCIM User: what the directory wrote, and what has a column of its own. */
export function toUser(type: ResourceType, member: Member, baseUrl: string): ScimObject {
  return {
    schemas: schemasOf(type, member.scim),
    id: member.id,
    ...member.scim,
    // Rule 18: what the directory wishes, and nothing else.
    active: member.directoryActive,
    meta: {
      resourceType: type.name,
      created: member.createdAt.toISOString(),
      lastModified: member.updatedAt.toISOString(),
      location: `${baseUrl}${type.endpoint}/${member.id}`,
      version: etagOf(member.version),
    },
  };
}

/** A SCIM User as a use-case takes it: the attributes that are kept as they are, apart from those with a meaning here. */
export function fromUser(resource: ScimObject): PushedUser {
  const { schemas: _schemas, id: _id, meta: _meta, groups: _groups, active, password, ...scim } = resource;
  return {
    scim,
    active: typeof active === "boolean" ? active : undefined,
    password: typeof password === "string" ? password : undefined,
  };
}
