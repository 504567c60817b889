/** What the tables of resources hold outside their jsonb document, as filters need to know it. */
import type { ResourceType } from "../scim/registry.ts";
import { literal } from "./scimFilterNames.store.ts";

/** Where a table keeps an attribute, or what it keeps besides, to find it by. All SQL here is code, never input. */
export interface Column {
  /** The attribute's value as jsonb, where the document does not hold it. */
  readonly json?: string;
  /** The column that holds the value itself, for comparisons without the way through jsonb. */
  readonly native?: { readonly sql: string; readonly type: "uuid" | "boolean" | "timestamptz" };
  /** A column in COLLATE "C" with the text, or its folded form (`fold`); null or empty where there is none. */
  readonly key?: { readonly sql: string; readonly folded: boolean };
}

/** A table of resources. */
export interface Columns {
  /** The name that the statement gives the table; `s`, `v`, `w` and `x` are taken. */
  readonly alias: string;
  /** The jsonb column with the resource's attributes. */
  readonly document: string;
  /** By path in the schema's spelling, such as `userName` or `meta.created`. */
  readonly attributes: ReadonlyMap<string, Column>;
}

/**
 * The common attributes (RFC 7643 §3.1) of any table with `id`, `version`, `created_at` and `updated_at`.
 *
 * @param document SQL of the jsonb column, with its alias
 */
export function commonColumns(
  type: ResourceType,
  baseUrl: string,
  alias: string,
  document: string,
): [path: string, column: Column][] {
  const location = `${literal(`${baseUrl}${type.endpoint}/`)} || ${alias}.id::text`;
  const meta = `jsonb_build_object('resourceType', ${literal(type.name)}, 'created', ${isoOf(`${alias}.created_at`)},
    'lastModified', ${isoOf(`${alias}.updated_at`)}, 'location', ${location}, 'version', 'W/"' || ${alias}.version || '"')`;
  return [
    ["schemas", { json: schemasOf(type, document) }],
    ["id", { json: `to_jsonb(${alias}.id)`, native: { sql: `${alias}.id`, type: "uuid" } }],
    ["meta", { json: meta }],
    ["meta.created", { native: { sql: `${alias}.created_at`, type: "timestamptz" } }],
    ["meta.lastModified", { native: { sql: `${alias}.updated_at`, type: "timestamptz" } }],
  ];
}

const GROUPS_OF_MEMBER = `(select jsonb_agg(jsonb_build_object('value', g.id, 'display', g.scim->>'displayName',
    'type', 'direct')) from memberships y join groups g on g.tenant_id = y.tenant_id and g.id = y.group_id
  where y.tenant_id = m.tenant_id and y.member_id = m.id)`;

/** `members m` as SCIM Users. */
export function memberColumns(type: ResourceType, baseUrl: string): Columns {
  return {
    alias: "m",
    document: "scim",
    attributes: new Map([
      ...commonColumns(type, baseUrl, "m", "m.scim"),
      // Rule 18: `active` is the directory's own bit.
      ["active", { json: "to_jsonb(m.directory_active)", native: { sql: "m.directory_active", type: "boolean" } }],
      ["userName", { key: { sql: "m.user_name_key", folded: true } }],
      ["externalId", { key: { sql: "m.external_id", folded: false } }],
      ["groups", { json: GROUPS_OF_MEMBER }],
    ]),
  };
}

/** `groups g` as SCIM Groups. */
export function groupColumns(type: ResourceType, baseUrl: string): Columns {
  return {
    alias: "g",
    document: "scim",
    attributes: new Map([
      ...commonColumns(type, baseUrl, "g", "g.scim"),
      ["displayName", { key: { sql: "g.name_key", folded: true } }],
      ["externalId", { key: { sql: "g.external_id", folded: false } }],
      ["members", { json: MEMBERS_OF_GROUP }],
    ]),
  };
}

const MEMBERS_OF_GROUP = `(select jsonb_agg(jsonb_build_object('value', y.member_id, 'type', 'User'))
  from memberships y where y.tenant_id = g.tenant_id and y.group_id = g.id)`;

/** RFC 7643 §3: the base schema, and each extension that the resource holds values of. */
function schemasOf(type: ResourceType, document: string): string {
  const held = type.containers.map(({ name }) => {
    const urn = literal(name);
    return `, case when ${document}->${urn} is not null then ${urn} end`;
  });
  return `to_jsonb(array_remove(array[${literal(type.schema)}${held.join("")}], null))`;
}

/** The dateTime of RFC 7643 §2.3.5 as resources show it: UTC, with milliseconds. */
function isoOf(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
