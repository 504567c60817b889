/**
 * Filters as SQL conditions: what `scim/match.ts` says of a resource in memory (RFC 7644 §3.4.2.2), over a table that
 * holds resources as jsonb. Every value is a parameter. Every condition is true or false: tests of values stand in
 * `exists`, which null never leaves, so that `not` turns each into its opposite.
 */
import type { AttributeReference, ResourceType } from "../scim/registry.ts";
import type { ResolvedFilter } from "../scim/resolve.ts";
import type { Attribute } from "../scim/types.ts";
import type { Where } from "./members.store.ts";
import type { Column, Columns } from "./scimFilterColumns.store.ts";
import { keyComparison, nativeComparison } from "./scimFilterIndex.store.ts";
import { type Bind, nameOf } from "./scimFilterNames.store.ts";
import { PRESENT, testOf } from "./scimFilterTest.store.ts";

/**
 * The condition of a filter, its parameters from `$first` on. Filters of one shape have one text, but that `eq` and `sw`
 * of an empty text may have another.
 *
 * @param columns of the table, which the statement gives the alias that they name
 */
export function whereOf(type: ResourceType, filter: ResolvedFilter, columns: Columns, first: number): Where {
  const values: unknown[] = [];
  const bind: Bind = (value) => `$${first - 1 + values.push(value)}`;
  return { sql: compile(filter, inResource(type, columns, bind)), values };
}

/** Where the attributes of a filter stand: in the resource, or in one value where it is in brackets. */
interface Place {
  readonly bind: Bind;
  /** SQL of the attribute's value: jsonb, or null where it is absent. */
  json(target: AttributeReference): string;
  /** What the table holds of it besides. */
  column(target: AttributeReference): Column | undefined;
}

function inResource(type: ResourceType, { alias, document, attributes }: Columns, bind: Bind): Place {
  return {
    bind,
    json: ({ container, attribute }) => {
      const own = container ? undefined : attributes.get(attribute.name)?.json;
      if (own !== undefined) return `(${own})`;
      const holder = container ? `->${nameOf(type.containers, container)}` : "";
      const known = container ? (container.subAttributes ?? []) : type.attributes;
      return `${alias}.${document}${holder}->${nameOf(known, attribute)}`;
    },
    column: ({ container, attribute, subAttribute }) =>
      container ? undefined : attributes.get([attribute, subAttribute].flatMap((part) => part?.name ?? []).join(".")),
  };
}

/** Within brackets `x.value` is the complex value; that of a simple attribute goes by the name `value`. */
function inValue(known: readonly Attribute[], bind: Bind): Place {
  return { bind, json: ({ attribute }) => `x.value->${nameOf(known, attribute)}`, column: () => undefined };
}

function compile(filter: ResolvedFilter, place: Place): string {
  switch (filter.kind) {
    case "and":
    case "or":
      return `(${filter.terms.map((term) => compile(term, place)).join(` ${filter.kind} `)})`;
    case "not":
      return `(not ${compile(filter.filter, place)})`;
    case "present":
      return anyValue(filter.target, PRESENT, place);
    case "compare":
      return compare(filter, place);
    case "valuePath":
      return anyElement(filter.target, filter.filter, place);
  }
}

function compare({ target, op, value }: ResolvedFilter & { kind: "compare" }, place: Place): string {
  const attribute = target.subAttribute ?? target.attribute;
  const { bind } = place;
  const exact = (): string => anyValue(target, testOf(attribute, op, value, bind), place);
  const { native, key } = place.column(target) ?? {};
  const indexed =
    (native && nativeComparison(native, op, value, bind)) ??
    (key && keyComparison(key, attribute, op, String(value), bind, exact));
  return indexed ?? exact();
}

/** RFC 7644 §3.4.2.2: a multi-valued attribute matches "if any of the values match"; one without values is tested as absent. */
function anyValue(target: AttributeReference, test: string, place: Place): string {
  const { attribute, subAttribute } = target;
  const sub = subAttribute ? `->${nameOf(attribute.subAttributes ?? [], subAttribute)}` : "";
  const json = place.json(target);
  const source = attribute.multiValued
    ? `(select e.value${sub} as json from (select ${json} as value offset 0) w, jsonb_array_elements(case
        when jsonb_typeof(w.value) is distinct from 'array' then jsonb_build_array(w.value)
        when w.value = '[]' then '[null]' else w.value end) e(value) offset 0)`
    : `(select ${json}${sub} as json offset 0)`;
  return `exists (select from (select s.json, jsonb_typeof(s.json) as kind, (s.json #>> '{}') collate "C" as text
    from ${source} s offset 0) v where ${test})`;
}

/** RFC 7644 §3.4.2.2: all terms in the brackets hold of one and the same value. */
function anyElement(target: AttributeReference, filter: ResolvedFilter, place: Place): string {
  const { attribute } = target;
  const simple = { ...attribute, name: "value" };
  const inner = compile(filter, inValue(attribute.subAttributes ?? [simple], place.bind));
  // `offset 0` keeps the planner from computing the value anew wherever it is named.
  return `exists (select from (select case jsonb_typeof(e.value) when 'object' then e.value
      else jsonb_build_object('value', e.value) end as value
    from (select ${place.json(target)} as value offset 0) w, jsonb_array_elements(case
      when jsonb_typeof(w.value) = 'array' then w.value
      when w.value <> 'null' then jsonb_build_array(w.value) else '[]' end) e(value) offset 0) x where ${inner})`;
}
