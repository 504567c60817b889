/** The values of a resource as SQL: out of its document, or out of what stands beside it. */
import type { AttributeReference, ResourceType } from "../../scim/registry.ts";
import type { Attribute } from "../../scim/types.ts";
import type { Columns, Source } from "./scimFilterColumns.store.ts";

/** A text as SQL literal, whatever it holds and whatever `standard_conforming_strings` is. */
function literal(text: string): string {
  const quoted = text.replaceAll("'", "''");
  return quoted.includes("\\") ? ` E'${quoted.replaceAll("\\", "\\\\")}'` : `'${quoted}'`;
}

/**
 * The name of an attribute as SQL literal: the one part of a filter that stands in the SQL's text, so only names that
 * the registry has pass.
 */
export function nameOf(known: readonly Attribute[], { name }: Attribute): string {
  if (!known.some((attribute) => attribute.name === name)) throw new Error(`filter: no schema has ${name} here`);
  return literal(name);
}

/** What the table holds of an attribute besides the document; of those of extensions it is nothing. */
export function sourceOf({ sources }: Columns, target: AttributeReference): Source | undefined {
  const { container, attribute, subAttribute } = target;
  if (container) return undefined;
  return sources.get(subAttribute ? `${attribute.name}.${subAttribute.name}` : attribute.name);
}

/** The value of an attribute, or of its sub-attribute, as jsonb; null where it is absent. */
export function jsonOf(
  type: ResourceType,
  columns: Columns,
  { container, attribute, subAttribute }: AttributeReference,
): string {
  const name = nameOf(container?.subAttributes ?? type.attributes, attribute);
  const sub = subAttribute ? `->${nameOf(attribute.subAttributes ?? [], subAttribute)}` : "";
  const document = `${columns.alias}.${columns.document}`;
  if (container) return `${document}->${nameOf(type.containers, container)}->${name}${sub}`;
  const own = subAttribute && ownValue(type, columns, `${attribute.name}.${subAttribute.name}`);
  if (own !== undefined) return own;
  return (
    (ownValue(type, columns, attribute.name) ?? assembled(type, columns, attribute) ?? `${document}->${name}`) + sub
  );
}

/** A complex value whose sub-attributes have sources of their own, as `meta` has. */
function assembled(type: ResourceType, columns: Columns, attribute: Attribute): string | undefined {
  const parts = (attribute.subAttributes ?? []).flatMap((sub) => {
    const value = ownValue(type, columns, `${attribute.name}.${sub.name}`);
    return value === undefined ? [] : [`${nameOf(attribute.subAttributes ?? [], sub)}, ${value}`];
  });
  return parts.length === 0 ? undefined : `jsonb_build_object(${parts.join(", ")})`;
}

function ownValue(type: ResourceType, columns: Columns, path: string): string | undefined {
  const source = columns.sources.get(path);
  const { alias } = columns;
  switch (source?.kind) {
    case "uuid":
    case "boolean":
      return `to_jsonb(${alias}.${source.column})`;
    case "timestamptz":
      // RFC 7643 §2.3.5, as resources show it: UTC, with milliseconds.
      return `to_jsonb(to_char(${alias}.${source.column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`;
    case "version":
      // RFC 7644 §3.14
      return `to_jsonb('W/"' || ${alias}.${source.column} || '"')`;
    case "location":
      return `to_jsonb(${literal(`${source.endpoint}/`)} || ${alias}.id::text)`;
    case "resourceType":
      return `to_jsonb(${literal(type.name)}::text)`;
    case "schemas":
      return schemasOf(type, `${alias}.${columns.document}`);
    case "members":
      return membersOf(alias, source.endpoint);
    case "groups":
      return groupsOf(alias, source.endpoint);
    default:
      return undefined;
  }
}

/** RFC 7643 §3: the base schema, and each extension that the resource holds values of. */
function schemasOf(type: ResourceType, document: string): string {
  const held = type.containers.map(({ name }) => {
    const urn = literal(name);
    return `, case when ${document}->${urn} is not null then ${urn} end`;
  });
  return `to_jsonb(array_remove(array[${literal(type.schema)}${held.join("")}]::text[], null))`;
}

/** RFC 7643 §4.1.2 `groups`; null where somebody is in none. */
function groupsOf(alias: string, endpoint: string): string {
  return `(select jsonb_agg(jsonb_build_object('value', p.id, '$ref', ${literal(`${endpoint}/`)} || p.id::text, 'type', 'direct',
      'display', p.scim->>'displayName') order by p.id)
    from memberships b join groups p on p.tenant_id = b.tenant_id and p.id = b.group_id
    where b.tenant_id = ${alias}.tenant_id and b.member_id = ${alias}.id)`;
}

/** RFC 7643 §4.2; null where nobody whom directories see is in the group (rule 19). */
function membersOf(alias: string, endpoint: string): string {
  return `(select jsonb_agg(jsonb_build_object('value', p.id, '$ref', ${literal(`${endpoint}/`)} || p.id::text, 'type', 'User',
      'display', coalesce(p.scim->>'displayName', p.scim->>'userName')) order by p.id)
    from memberships b join members p on p.tenant_id = b.tenant_id and p.id = b.member_id and not p.break_glass
    where b.tenant_id = ${alias}.tenant_id and b.group_id = ${alias}.id)`;
}
