import type { ResourceType } from "../scim/registry.ts";
import type { ScimObject } from "../scim/types.ts";
import { etagOf } from "./etag.ts";

/** What every stored resource has. */
interface Stored {
  readonly id: string;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The `meta` of a resource (RFC 7643 §3.1); its location is built on the configured address alone. */
export function metaOf(type: ResourceType, stored: Stored, baseUrl: string): ScimObject {
  return {
    resourceType: type.name,
    created: stored.createdAt.toISOString(),
    lastModified: stored.updatedAt.toISOString(),
    location: `${baseUrl}${type.endpoint}/${stored.id}`,
    version: etagOf(stored.version),
  };
}
