/** What resources are sorted by, as SQL: one value of a column or of the document (RFC 7644 §3.4.2.3). */
import type { AttributeReference, ResourceType } from "../../scim/registry.ts";
import { SORTED_CHARACTERS, sortedAttribute } from "../../scim/sort.ts";
import type { Attribute } from "../../scim/types.ts";
import type { Columns, Source } from "./scimFilterColumns.store.ts";
import { foldedPart, trimmed } from "./scimFilterFold.store.ts";
import { type Bind, INSTANT, isFolded } from "./scimFilterTest.store.ts";
import { jsonOf, nameOf, sourceOf } from "./scimFilterValue.store.ts";

/** SQL of what a row is sorted by; null where it has no value. */
export interface SortKey {
  readonly sql: string;
  readonly type: "text" | "uuid" | "boolean" | "numeric" | "timestamp" | "timestamptz";
  readonly nullable: boolean;
}

/** The key of an attribute; of none where the type has no such attribute. */
export function sortKeyOf(type: ResourceType, columns: Columns, target: AttributeReference, bind: Bind): SortKey {
  const source = sourceOf(columns, target);
  return (source && columnKey(columns, source, target)) ?? valueKey(type, columns, target, bind);
}

function columnKey({ alias }: Columns, source: Source, target: AttributeReference): SortKey | undefined {
  switch (source.kind) {
    case "uuid":
    case "boolean":
    case "timestamptz":
      return { sql: `${alias}.${source.column}`, type: source.kind, nullable: false };
    case "key": {
      const sql = `${alias}.${source.column}`;
      if (source.folded !== isFolded(target.attribute)) return undefined;
      // What is required has a value, and its column an index that sorts.
      if (target.attribute.required) return { sql, type: "text", nullable: false };
      return { sql: `nullif(${sql}, '')`, type: "text", nullable: true };
    }
    default:
      return undefined;
  }
}

function valueKey(type: ResourceType, columns: Columns, target: AttributeReference, bind: Bind): SortKey {
  const attribute = sortedAttribute(target);
  const keyType = typeOf(attribute);
  const whole = jsonOf(type, columns, { ...target, subAttribute: undefined });
  const one = target.attribute.multiValued ? chosen(whole) : whole;
  const { subAttribute } = target;
  const part = subAttribute
    ? (ownPart(type, columns, target) ?? `(${one})->${nameOf(target.attribute.subAttributes ?? [], subAttribute)}`)
    : one;
  const value = subAttribute?.multiValued ? chosen(part) : part;
  const sql = `(select ${scalar(attribute, keyType, bind)}
    from (select s.json, jsonb_typeof(s.json) as kind, (s.json #>> '{}') collate "C" as text
      from (select ${value} as json offset 0) s offset 0) v)`;
  return { sql, type: keyType, nullable: true };
}

/** A sub-attribute that has a source of its own, such as `meta.version`. */
function ownPart(type: ResourceType, columns: Columns, target: AttributeReference): string | undefined {
  return sourceOf(columns, target) && jsonOf(type, columns, target);
}

/** RFC 7644 §3.4.2.3: "the value of the primary attribute (see Section 2.4 of RFC 7643), if any, or else the first value". */
function chosen(values: string): string {
  return `(select e.value from (select ${values} as value offset 0) w,
      jsonb_array_elements(case jsonb_typeof(w.value) when 'array' then w.value else jsonb_build_array(w.value) end)
        with ordinality e (value, place)
    order by coalesce(e.value->'primary' = 'true', false) desc, e.place limit 1)`;
}

function typeOf({ type }: Attribute): SortKey["type"] {
  switch (type) {
    case "boolean":
      return "boolean";
    case "integer":
    case "decimal":
      return "numeric";
    case "dateTime":
      return "timestamp";
    default:
      return "text";
  }
}

/** A value of another type than the attribute's is none. */
function scalar(attribute: Attribute, type: SortKey["type"], bind: Bind): string {
  switch (type) {
    case "boolean":
      return "case when v.kind = 'boolean' then v.text::boolean end";
    case "numeric":
      return "case when v.kind = 'number' then v.text::numeric end";
    case "timestamp":
      return `case when v.kind = 'string' then ${INSTANT} end`;
    default: {
      const text = isFolded(attribute) ? trimmed(foldedPart("v.text", undefined, bind)) : "v.text";
      return `case when v.kind = 'string' then nullif(left(${text}, ${SORTED_CHARACTERS}), '') end`;
    }
  }
}
