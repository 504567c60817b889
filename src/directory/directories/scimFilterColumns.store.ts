/** What the tables of resources hold outside their jsonb document, as data for filters. */
import type { ResourceType } from "../../scim/registry.ts";

/** Where a table holds an attribute's value, or what it holds besides the document to find it by. */
export type Source =
  /** A column with the value itself. */
  | { readonly kind: "uuid" | "boolean" | "timestamptz"; readonly column: string }
  /** A column in COLLATE "C" with the document's text or its folded form (`fold`); null or empty where there is none. */
  | { readonly kind: "key"; readonly column: string; readonly folded: boolean }
  /** The version number, shown as a weak entity tag. */
  | { readonly kind: "version"; readonly column: string }
  /** The id behind the address of the type's endpoint. */
  | { readonly kind: "location"; readonly endpoint: string }
  /** What the type and the document tell (RFC 7643 §3 and §3.1). */
  | { readonly kind: "schemas" | "resourceType" }
  /** The rows of `memberships` of a group, and the address of their Users. */
  | { readonly kind: "members"; readonly endpoint: string }
  /** The same of a User, and the address of their Groups. */
  | { readonly kind: "groups"; readonly endpoint: string }
  /** A column in COLLATE "C" that begins with the folded text and then, if it goes on, a line feed. */
  | { readonly kind: "head"; readonly column: string }
  /** The folded `value` of each of a User's addresses: the column `email_key`, and the rows of `member_emails`. */
  | { readonly kind: "addresses" };

/** A table of resources with `tenant_id` and `id`. */
export interface Columns {
  /** The name that the statement gives the table; `b`, `d`, `e`, `p`, `r`, `s`, `v`, `w` and `x` are taken. */
  readonly alias: string;
  /** The jsonb column with the resource's attributes. */
  readonly document: string;
  /** By path in the schema's spelling, such as `userName` or `meta.created`. */
  readonly sources: ReadonlyMap<string, Source>;
}

/** The table `members m`, whose rows are Users. */
export function memberColumns(type: ResourceType, baseUrl: string): Columns {
  return columnsOf("m", [
    ...common(type, baseUrl),
    // Rule 18: `active` is the directory's own bit.
    ["active", { kind: "boolean", column: "directory_active" }],
    ["userName", { kind: "key", column: "user_name_key", folded: true }],
    ["displayName", { kind: "head", column: "name_key" }],
    ["emails", { kind: "addresses" }],
    ["groups", { kind: "groups", endpoint: `${baseUrl}/Groups` }],
  ]);
}

/** The table `groups g`, whose rows are Groups. */
export function groupColumns(type: ResourceType, baseUrl: string): Columns {
  return columnsOf("g", [
    ...common(type, baseUrl),
    ["displayName", { kind: "key", column: "name_key", folded: true }],
    ["members", { kind: "members", endpoint: `${baseUrl}/Users` }],
  ]);
}

/**
 * The columns of a table whose rows have the common attributes of RFC 7643 §3.1 beside their document: `id`,
 * `external_id`, `version`, `created_at` and `updated_at`.
 */
export function resourceColumns(type: ResourceType, baseUrl: string, alias: string, document: string): Columns {
  return { alias, document, sources: new Map(common(type, baseUrl)) };
}

type Sources = readonly (readonly [path: string, source: Source])[];

function columnsOf(alias: string, sources: Sources): Columns {
  return { alias, document: "scim", sources: new Map(sources) };
}

/** RFC 7643 §3.1 */
function common(type: ResourceType, baseUrl: string): Sources {
  return [
    ["schemas", { kind: "schemas" }],
    ["id", { kind: "uuid", column: "id" }],
    ["externalId", { kind: "key", column: "external_id", folded: false }],
    ["meta.resourceType", { kind: "resourceType" }],
    ["meta.created", { kind: "timestamptz", column: "created_at" }],
    ["meta.lastModified", { kind: "timestamptz", column: "updated_at" }],
    ["meta.location", { kind: "location", endpoint: `${baseUrl}${type.endpoint}` }],
    ["meta.version", { kind: "version", column: "version" }],
  ];
}
