import type { Member } from "../directory/members/member.ts";
import type { ShownMember } from "../directory/members/members.store.ts";
import {
  changeScimMember,
  createScimMember,
  readScimMember,
  removeScimMember,
} from "../directory/directories/scimMembers.ts";
import { memberSource } from "../directory/directories/scimSources.store.ts";
import { applyPatch } from "../scim/patch.ts";
import type { PatchOperation } from "../scim/patchOperation.ts";
import type { ResourceType } from "../scim/registry.ts";
import { replaceResource } from "../scim/replace.ts";
import type { ScimObject } from "../scim/types.ts";
import { validate } from "../scim/validate.ts";
import type { ResourceHandlers } from "./endpoint.ts";
import { checkIfMatch } from "./etag.ts";
import { directoryOf, type ScimRequest } from "./request.ts";
import type { Listing } from "./search.ts";
import { fromUser, toUser } from "./userResource.ts";

/** `/Users`: the members of a tenant, as its directories see them. */
export function userHandlers(type: ResourceType): ResourceHandlers {
  const show = (request: ScimRequest, member: ShownMember): ScimObject => toUser(type, member, request.baseUrl);

  const listing: Listing<ShownMember> = { source: (baseUrl) => memberSource(type, baseUrl), show };

  const change = async (
    request: ScimRequest,
    id: string,
    password: string | null | undefined,
    transform: (user: ScimObject) => ScimObject,
  ): Promise<ScimObject> => {
    const make = (member: Member) => {
      checkIfMatch(request.ifMatch, member.version);
      return fromUser(transform(show(request, member)));
    };
    return show(request, await changeScimMember(request.db, directoryOf(request), id, { make, password }));
  };

  return {
    type,
    create: async (request, resource) =>
      show(request, await createScimMember(request.db, directoryOf(request), fromUser(resource))),
    read: async (request, id) => show(request, await readScimMember(request.db, request.who, id)),
    listing,
    replace: (request, id, resource) =>
      change(request, id, fromUser(resource).password, (current) => replaceResource(type, current, resource)),
    patch: (request, id, operations) =>
      change(request, id, passwordOf(operations), (current) => {
        const patched = applyPatch(type, current, operations, request.leniency);
        validate(type, patched);
        return patched;
      }),
    remove: (request, id) =>
      removeScimMember(request.db, request.who, id, (member) => checkIfMatch(request.ifMatch, member.version)),
  };
}

/**
 * The password that a PATCH sets: it is hashed before the member is read, so that nothing waits for it. Null takes it
 * away, for what is removed "SHALL be considered unassigned" (RFC 7644 §3.5.2.2); undefined leaves it.
 */
function passwordOf(operations: readonly PatchOperation[]): string | null | undefined {
  const last = operations.findLast(({ target }) => !target.container && target.attribute.name === "password");
  return last && (typeof last.value === "string" ? last.value : null);
}
