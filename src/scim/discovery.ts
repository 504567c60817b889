/** Discovery (RFC 7644 §4): what this server can do, which resource types and which schemas it has. */
import { Refusal } from "../base/errors.ts";
import { listResponse } from "./list.ts";
import type { Registry, ResourceType } from "./registry.ts";
import type { SchemaDefinition, ScimObject } from "./types.ts";

/** What really works. Clients switch their behaviour on it: Ping, Keycloak and authentik choose PUT or PATCH by it. */
export interface Capabilities {
  readonly documentationUri?: string;
  readonly patch: boolean;
  /** Operations, and bytes of one request; absent where there is no Bulk. */
  readonly bulk?: { readonly maxOperations: number; readonly maxPayloadSize: number };
  /** Resources in one answer; absent where there are no filters. */
  readonly filter?: { readonly maxResults: number };
  readonly changePassword: boolean;
  readonly sort: boolean;
  readonly etag: boolean;
  readonly authenticationSchemes: readonly AuthenticationScheme[];
  /** RFC 9865 §4; page sizes in resources, the time of a cursor in seconds. */
  readonly pagination: {
    readonly defaultPageSize: number;
    readonly maxPageSize: number;
    readonly cursorTimeout: number;
  };
}

/** RFC 7643 §5, with the `primary` of erratum 8011. */
interface AuthenticationScheme {
  readonly type: "oauth" | "oauth2" | "oauthbearertoken" | "httpbasic" | "httpdigest";
  readonly name: string;
  readonly description: string;
  readonly specUri?: string;
  readonly documentationUri?: string;
  readonly primary?: boolean;
}

const core = "urn:ietf:params:scim:schemas:core:2.0";

/** `/ServiceProviderConfig` (RFC 7643 §5); `baseUrl` has no slash at its end. */
export function serviceProviderConfig(capabilities: Capabilities, baseUrl: string): ScimObject {
  const { documentationUri, patch, bulk, filter, changePassword, sort, etag, pagination } = capabilities;
  return {
    schemas: [`${core}:ServiceProviderConfig`],
    ...(documentationUri !== undefined && { documentationUri }),
    patch: { supported: patch },
    // RFC 7643 §5 requires the numbers even where there is none.
    bulk: { supported: bulk !== undefined, maxOperations: 0, maxPayloadSize: 0, ...bulk },
    filter: { supported: filter !== undefined, maxResults: 0, ...filter },
    changePassword: { supported: changePassword },
    sort: { supported: sort },
    etag: { supported: etag },
    authenticationSchemes: capabilities.authenticationSchemes.map((scheme) => ({ ...scheme })),
    // RFC 9865 §4: a server of both that began with the index keeps it as its default.
    pagination: { cursor: true, index: true, defaultPaginationMethod: "index", ...pagination },
    meta: { resourceType: "ServiceProviderConfig", location: `${baseUrl}/ServiceProviderConfig` },
  };
}

/** `/ResourceTypes` (RFC 7644 §4); paging and sorting parameters do not apply. */
export function resourceTypeList(registry: Registry, baseUrl: string): ScimObject {
  const resources = registry.resourceTypes.map((type) => showResourceType(type, baseUrl));
  return listResponse(resources, resources.length, { startIndex: 1 });
}

/**
 * `/ResourceTypes/{name}`.
 *
 * @throws Refusal not_found
 */
export function resourceTypeByName(registry: Registry, name: string, baseUrl: string): ScimObject {
  const type = registry.resourceTypes.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
  if (!type) throw new Refusal("not_found", "there is no such resource type; see /ResourceTypes");
  return showResourceType(type, baseUrl);
}

/**
 * `/Schemas` (RFC 7644 §4): those of resources. The schemas of messages and of discovery itself are not listed:
 * directories offer what they find here as targets of a mapping.
 */
export function schemaList(registry: Registry, baseUrl: string): ScimObject {
  const resources = registry.schemas.map((schema) => showSchema(schema, baseUrl));
  return listResponse(resources, resources.length, { startIndex: 1 });
}

/**
 * `/Schemas/{urn}`.
 *
 * @throws Refusal not_found
 */
export function schemaById(registry: Registry, id: string, baseUrl: string): ScimObject {
  const schema = registry.schema(id);
  if (!schema) throw new Refusal("not_found", "there is no such schema; see /Schemas");
  return showSchema(schema, baseUrl);
}

function showResourceType({ definition }: ResourceType, baseUrl: string): ScimObject {
  return {
    schemas: [`${core}:ResourceType`],
    ...definition,
    schemaExtensions: definition.schemaExtensions.map((extension) => ({ ...extension })),
    meta: { resourceType: "ResourceType", location: `${baseUrl}/ResourceTypes/${definition.name}` },
  };
}

function showSchema(schema: SchemaDefinition, baseUrl: string): ScimObject {
  return {
    schemas: [`${core}:Schema`],
    id: schema.id,
    name: schema.name,
    description: schema.description,
    // An attribute definition is the JSON that RFC 7643 §7 has it be.
    attributes: schema.attributes as unknown as ScimObject[],
    meta: { resourceType: "Schema", location: `${baseUrl}/Schemas/${schema.id}` },
  };
}
