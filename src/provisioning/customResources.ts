import type { CustomResource } from "../directory/directories/customResource.ts";
import {
  changeCustomResource,
  createCustomResource,
  readCustomResource,
  removeCustomResource,
} from "../directory/directories/customResources.ts";
import { customResourceList } from "../directory/directories/customResources.store.ts";
import { known } from "../scim/known.ts";
import { applyPatch } from "../scim/patch.ts";
import { schemasOf, type ResourceType } from "../scim/registry.ts";
import { replaceResource } from "../scim/replace.ts";
import type { ScimObject } from "../scim/types.ts";
import { validate } from "../scim/validate.ts";
import type { ResourceHandlers } from "./endpoint.ts";
import { checkIfMatch } from "./etag.ts";
import { directoryOf, type ScimRequest } from "./request.ts";
import { metaOf } from "./resourceMeta.ts";
import type { Listing } from "./search.ts";

/** The endpoint of a resource type that the operator added: all that is particular to it is in its schema. */
export function customResourceHandlers(type: ResourceType): ResourceHandlers {
  const show = (request: ScimRequest, resource: CustomResource): ScimObject => toResource(type, resource, request);

  const listing: Listing<CustomResource> = { source: (baseUrl) => customResourceList(type, baseUrl), show };

  const change = async (
    request: ScimRequest,
    id: string,
    transform: (current: ScimObject) => ScimObject,
  ): Promise<ScimObject> => {
    const { db, secretKeys, ifMatch } = request;
    const changed = await changeCustomResource(db, directoryOf(request), { type, secretKeys }, id, {
      make: (resource) => attributesOf(transform(show(request, resource))),
      ifMatch: (version) => checkIfMatch(ifMatch, version),
    });
    return show(request, changed);
  };

  return {
    type,
    listing,
    create: async (request, resource) => {
      const { db, secretKeys } = request;
      const attributes = attributesOf(resource);
      return show(request, await createCustomResource(db, directoryOf(request), { type, secretKeys }, attributes));
    },
    read: async (request, id) => show(request, await readCustomResource(request.db, directoryOf(request), type, id)),
    replace: (request, id, resource) => change(request, id, (current) => replaceResource(type, current, resource)),
    patch: (request, id, operations) =>
      change(request, id, (current) => {
        const patched = applyPatch(type, current, operations, request.leniency);
        validate(type, patched);
        return patched;
      }),
    remove: (request, id) =>
      removeCustomResource(request.db, directoryOf(request), type, id, (version) =>
        checkIfMatch(request.ifMatch, version),
      ),
  };
}

function toResource(type: ResourceType, resource: CustomResource, { baseUrl }: ScimRequest): ScimObject {
  // The operator may have taken attributes out of the schema since.
  const attributes = known(type, resource.scim);
  return {
    schemas: schemasOf(type, attributes),
    id: resource.id,
    ...attributes,
    meta: metaOf(type, resource, baseUrl),
  };
}

function attributesOf({ schemas: _schemas, id: _id, meta: _meta, ...attributes }: ScimObject): ScimObject {
  return attributes;
}
