/**
 * Filters as SQL conditions: what `scim/match.ts` says of a resource in memory (RFC 7644 §3.4.2.2), over a table that
 * holds resources as jsonb. Every value is a parameter. Every condition is true or false: tests of values stand in
 * `exists`, which null never leaves, so that `not` turns each into its opposite.
 */
import type { AttributeReference, ResourceType } from "../../scim/registry.ts";
import type { ResolvedFilter } from "../../scim/resolve.ts";
import type { Columns } from "./scimFilterColumns.store.ts";
import { jsonOf, nameOf } from "./scimFilterValue.store.ts";
import { indexed, narrowed } from "./scimFilterIndex.store.ts";
import { type Bind, PRESENT, testOf } from "./scimFilterTest.store.ts";

/**
 * The condition of a filter. Filters of one shape have one text, but that `eq` and `sw` of an empty text may have another.
 *
 * @param columns of the table, which the statement gives the alias that they name
 */
export function compileFilter(type: ResourceType, filter: ResolvedFilter, columns: Columns, bind: Bind): string {
  return compile(filter, inResource(type, columns, bind));
}

type Compare = ResolvedFilter & { readonly kind: "compare" };

/** Where the attributes of a filter stand: in the resource, or in one value where it is in brackets. */
interface Place {
  readonly bind: Bind;
  /** The value of an attribute or, given one, of its sub-attribute: jsonb, or null where it is absent. */
  json(target: AttributeReference): string;
  /** A comparison that an index may serve, where there is one. */
  indexed(filter: Compare, exact: () => string): string | undefined;
  /** What an index tells of the values that a filter in brackets lets through, where it tells something. */
  narrowed(target: AttributeReference, filter: ResolvedFilter): string | undefined;
}

function inResource(type: ResourceType, columns: Columns, bind: Bind): Place {
  return {
    bind,
    json: (target) => jsonOf(type, columns, target),
    indexed: (filter, exact) => indexed(columns, filter, bind, exact),
    narrowed: (target, filter) => narrowed(columns, target, filter, bind),
  };
}

/** Within brackets `x.value` is the complex value; that of a simple attribute goes by the name `value`. */
function inValue({ attribute }: AttributeReference, bind: Bind): Place {
  const known = attribute.subAttributes ?? [{ ...attribute, name: "value" }];
  return {
    bind,
    json: (target) => `x.value->${nameOf(known, target.attribute)}`,
    indexed: () => undefined,
    narrowed: () => undefined,
  };
}

function compile(filter: ResolvedFilter, place: Place): string {
  switch (filter.kind) {
    case "and":
    case "or":
      // Of no terms all hold, and none does.
      if (filter.terms.length === 0) return String(filter.kind === "and");
      return `(${filter.terms.map((term) => compile(term, place)).join(` ${filter.kind} `)})`;
    case "not":
      return `(not ${compile(filter.filter, place)})`;
    case "present":
      return anyValue(filter.target, PRESENT, place);
    case "compare":
      return compare(filter, place);
    case "valuePath":
      return valuePath(filter, place);
  }
}

function compare(filter: Compare, place: Place): string {
  const { target, op, value } = filter;
  const attribute = target.subAttribute ?? target.attribute;
  const exact = (): string => anyValue(target, testOf(attribute, op, value, place.bind), place);
  return place.indexed(filter, exact) ?? exact();
}

function valuePath({ target, filter }: ResolvedFilter & { readonly kind: "valuePath" }, place: Place): string {
  const exact = anyElement(target, filter, place);
  const narrow = place.narrowed(target, filter);
  return narrow === undefined ? exact : `(${narrow} and ${exact})`;
}

/**
 * RFC 7644 §3.4.2.2: a multi-valued attribute matches "if any of the values match"; one without values is tested as
 * absent. `offset 0` keeps the planner from computing a value anew wherever it is named.
 */
function anyValue(target: AttributeReference, test: string, place: Place): string {
  const source = target.attribute.multiValued
    ? elements(target, place)
    : `(select ${place.json(target)} as json offset 0)`;
  return `exists (select from (select s.json, jsonb_typeof(s.json) as kind, (s.json #>> '{}') collate "C" as text
    from ${source} s offset 0) v where ${test})`;
}

function elements({ subAttribute, ...target }: AttributeReference, place: Place): string {
  const sub = subAttribute ? `->${nameOf(target.attribute.subAttributes ?? [], subAttribute)}` : "";
  const whole = place.json({ ...target, subAttribute: undefined });
  return `(select e.value${sub} as json from (select jsonb_array_elements(case
        when jsonb_typeof(w.value) is distinct from 'array' then jsonb_build_array(w.value)
        when w.value = '[]' then '[null]' else w.value end) as value
      from (select ${whole} as value offset 0) w offset 0) e offset 0)`;
}

/** RFC 7644 §3.4.2.2: all terms in the brackets hold of one and the same value. */
function anyElement(target: AttributeReference, filter: ResolvedFilter, place: Place): string {
  return `exists (select from (select case jsonb_typeof(e.value) when 'object' then e.value
      else jsonb_build_object('value', e.value) end as value
    from (select jsonb_array_elements(case
        when jsonb_typeof(w.value) = 'array' then w.value
        when w.value <> 'null' then jsonb_build_array(w.value) else '[]' end) as value
      from (select ${place.json(target)} as value offset 0) w offset 0) e offset 0) x
    where ${compile(filter, inValue(target, place.bind))})`;
}
