import type { GroupMember, MembershipResult } from "../directory/directories/groups.store.ts";
import {
  changeScimGroup,
  createScimGroup,
  readScimGroup,
  removeScimGroup,
  type GroupChange,
  type GroupView,
} from "../directory/directories/scimGroups.ts";
import { groupSource } from "../directory/directories/scimSources.store.ts";
import { withKnownExtensions } from "../scim/known.ts";
import { applyPatch } from "../scim/patch.ts";
import type { PatchOperation } from "../scim/patchOperation.ts";
import { wants } from "../scim/project.ts";
import { schemasOf, type ResourceType } from "../scim/registry.ts";
import { replaceResource } from "../scim/replace.ts";
import type { ScimObject } from "../scim/types.ts";
import { validate } from "../scim/validate.ts";
import type { ResourceHandlers, View } from "./endpoint.ts";
import { checkIfMatch } from "./etag.ts";
import { memberIds, membersChange, unknownMember } from "./membersChange.ts";
import { directoryOf, type ScimRequest } from "./request.ts";
import { metaOf } from "./resourceMeta.ts";
import type { Listing } from "./search.ts";

/** `/Groups`: the groups of the token's directory; nobody reads its members to change one. */
export function groupHandlers(type: ResourceType): ResourceHandlers {
  const show = (request: ScimRequest, group: GroupView): ScimObject => toGroup(type, group, request.baseUrl);

  const listing: Listing<GroupView> = { source: (baseUrl) => groupSource(type, baseUrl), show };

  const read = async (request: ScimRequest, id: string, view: View): Promise<ScimObject> => {
    const withMembers = wants(view.shown, "members");
    return show(request, await readScimGroup(request.db, directoryOf(request), id, withMembers));
  };

  return {
    type,
    read,
    create: async (request, resource, view) => {
      const { scim, members } = fromGroup(resource, request);
      const { group, result } = await createScimGroup(request.db, directoryOf(request), scim, members, strict(request));
      note(request, result);
      return members.length > 0 ? read(request, group.id, view) : show(request, group);
    },
    listing,
    replace: async (request, id, resource, view) => {
      const { scim, members } = fromGroup(resource, request);
      const result = await changeScimGroup(request.db, directoryOf(request), id, {
        make: (group) => fromGroup(replaceResource(type, show(request, group), { ...resource, ...scim }), request).scim,
        // RFC 7644 §3.5.1: what is not there is gone, members too.
        members: { replace: true, add: members, remove: [] },
        ...asked(request),
      });
      note(request, result);
      return read(request, id, view);
    },
    patch: async (request, id, operations, view) => {
      request.record.status = view.asked ? 200 : 204;
      await change(type, request, id, operations);
      // RFC 7644 §3.5.2 lets us answer without a body, which for a large group is most of the work.
      return view.asked ? read(request, id, view) : undefined;
    },
    remove: (request, id) =>
      removeScimGroup(request.db, directoryOf(request), id, (version) => checkIfMatch(request.ifMatch, version)),
  };
}

async function change(
  type: ResourceType,
  request: ScimRequest,
  id: string,
  operations: readonly PatchOperation[],
): Promise<void> {
  const isMembers = ({ target }: PatchOperation): boolean => target.attribute.name === "members";
  const members = membersChange(operations.filter(isMembers), request.leniency);
  const others = operations.filter((operation) => !isMembers(operation));
  const make = (group: GroupView): ScimObject => {
    const patched = applyPatch(type, toGroup(type, group, request.baseUrl), others, request.leniency);
    validate(type, patched);
    return fromGroup(patched, request).scim;
  };
  const wanted: GroupChange = { make: others.length > 0 ? make : undefined, members, ...asked(request) };
  note(request, await changeScimGroup(request.db, directoryOf(request), id, wanted));
}

function asked(request: ScimRequest): Pick<GroupChange, "ifMatch" | "refuseUnknown"> {
  const check = (version: number): void => checkIfMatch(request.ifMatch, version);
  return { ifMatch: request.ifMatch === undefined ? undefined : check, refuseUnknown: strict(request) };
}

/** Where it is not forgiven that a member is nobody here, the whole request is refused before anything is written. */
function strict({ leniency }: ScimRequest): typeof unknownMember | undefined {
  return leniency.forgives("unknownMember") ? undefined : unknownMember;
}

function note({ leniency, record }: ScimRequest, { unknown }: MembershipResult): void {
  if (unknown.length === 0) return;
  leniency.allows("unknownMember");
  record.note = `Passed over: ${unknownMember(unknown).message}`;
}

function toGroup(type: ResourceType, group: GroupView, baseUrl: string): ScimObject {
  const members = group.members?.map((member) => toMember(member, baseUrl));
  const scim = withKnownExtensions(type, group.scim);
  return {
    schemas: schemasOf(type, scim),
    id: group.id,
    ...scim,
    ...(members && members.length > 0 && { members }),
    meta: metaOf(type, group, baseUrl),
  };
}

function toMember({ value, display, type }: GroupMember, baseUrl: string): ScimObject {
  return { value, $ref: `${baseUrl}/Users/${value}`, type, ...(display !== null && { display }) };
}

function fromGroup(resource: ScimObject, { leniency }: ScimRequest): { scim: ScimObject; members: string[] } {
  const { schemas: _schemas, id: _id, meta: _meta, members, ...scim } = resource;
  return { scim, members: memberIds(members, leniency) };
}
