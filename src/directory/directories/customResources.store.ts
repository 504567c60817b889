import { eventValues, toldBy } from "../../events/journal.store.ts";
import type { Event } from "../../events/event.ts";
import type { ResourceType } from "../../scim/registry.ts";
import type { Statement } from "../../storage/types.ts";
import type { CustomResource } from "./customResource.ts";
import { resourceColumns } from "./scimFilterColumns.store.ts";
import type { ListSource } from "./scimList.store.ts";

const SHOWN = `c.id as "id", c.scim as "scim", c.version as "version", c.created_at as "createdAt", c.updated_at as "updatedAt"`;

/** Of which type and directory: a token reaches no other. */
export interface CustomPlace {
  readonly tenantId: string;
  readonly directoryId: string;
  /** Name of the resource type. */
  readonly type: string;
}

/** What of a resource is written. */
export interface CustomRow extends CustomResource {
  readonly externalId: string | null;
  readonly sealed: Buffer | null;
  /** Digests of the values that no other may have. */
  readonly keys: readonly Buffer[];
}

/** One resource, without what is never returned. */
export function customResourceById(place: CustomPlace, id: string): Statement<CustomResource> {
  return {
    name: "custom_resource_by_id",
    text: `select ${SHOWN} from custom_resources c where c.tenant_id = $1 and c.id = $2 and c.directory_id = $3 and c.type = $4`,
    values: [place.tenantId, id, place.directoryId, place.type],
  };
}

/** Locks a resource, and answers all that is kept of it. */
export function lockCustomResource(
  place: CustomPlace,
  id: string,
): Statement<CustomResource & { readonly sealed: Buffer | null }> {
  return {
    name: "custom_resource_lock",
    text: `select ${SHOWN}, c.sealed as "sealed" from custom_resources c
      where c.tenant_id = $1 and c.id = $2 and c.directory_id = $3 and c.type = $4 for no key update`,
    values: [place.tenantId, id, place.directoryId, place.type],
  };
}

/** Creates a resource and tells it. A value that another has is 23505 on `custom_resource_keys_pkey`. */
export function insertCustomResource(place: CustomPlace, row: CustomRow, told: Event): Statement {
  return {
    name: "custom_resource_insert",
    text: `with made as (insert into custom_resources (tenant_id, id, directory_id, type, external_id, scim, sealed, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $8) returning id),
      keys as (insert into custom_resource_keys (tenant_id, digest, resource_id)
        select $1, wanted.digest, made.id from made, unnest($9::bytea[]) as wanted (digest)),
      told as (${toldBy("made", 10)})
      select id from made`,
    values: [
      place.tenantId,
      row.id,
      place.directoryId,
      place.type,
      row.externalId,
      JSON.stringify(row.scim),
      row.sealed,
      row.createdAt,
      row.keys,
      ...eventValues(told),
    ],
  };
}

/** Writes a resource that this transaction has locked, and tells it. A value that another has is 23505 as above. */
export function updateCustomResource(place: CustomPlace, row: CustomRow, told: Event): Statement {
  return {
    name: "custom_resource_update",
    text: `with changed as (update custom_resources set external_id = $3, scim = $4, sealed = $5, version = $6, updated_at = $7
        where tenant_id = $1 and id = $2 returning id),
      gone as (delete from custom_resource_keys where tenant_id = $1 and resource_id = $2 and digest <> all ($8::bytea[])),
      come as (insert into custom_resource_keys (tenant_id, digest, resource_id)
        select $1, wanted.digest, changed.id from changed, unnest($8::bytea[]) as wanted (digest)
        where wanted.digest not in (select digest from custom_resource_keys where tenant_id = $1 and resource_id = $2)),
      told as (${toldBy("changed", 9)})
      select id from changed`,
    values: [
      place.tenantId,
      row.id,
      row.externalId,
      JSON.stringify(row.scim),
      row.sealed,
      row.version,
      row.updatedAt,
      row.keys,
      ...eventValues(told),
    ],
  };
}

/** Deletes a resource that this transaction has locked, with its keys, and tells it. */
export function deleteCustomResource(tenantId: string, id: string, told: Event): Statement {
  return {
    name: "custom_resource_delete",
    text: `with gone as (delete from custom_resources where tenant_id = $1 and id = $2 returning id), told as (${toldBy("gone", 3)})
      select id from gone`,
    values: [tenantId, id, ...eventValues(told)],
  };
}

/** Which of these keys another resource has. */
export function takenKeys(tenantId: string, id: string, keys: readonly Buffer[]): Statement<{ digest: Buffer }> {
  return {
    text: `select digest from custom_resource_keys where tenant_id = $1 and resource_id <> $2 and digest = any ($3::bytea[])`,
    values: [tenantId, id, keys],
  };
}

/** The resources of a type, for lists. */
export function customResourceList(type: ResourceType, baseUrl: string): ListSource<CustomResource> {
  return {
    type,
    // The statements that are prepared name no attribute of a type, so that all types share them.
    name: "custom",
    table: "custom_resources c",
    columns: resourceColumns(type, baseUrl, "c", "scim"),
    seen: ({ directoryId }, bind) => `c.directory_id = ${bind(directoryId)} and c.type = ${bind(type.name)}`,
    shown: () => ({ sql: SHOWN, name: "" }),
  };
}
