/** Names and values on their way into a filter's SQL. */
import type { Attribute } from "../scim/types.ts";

/** Makes a value a parameter and answers its place, such as `$3`. */
export type Bind = (value: unknown) => string;

/** A text as SQL literal, whatever it holds and whatever `standard_conforming_strings` is. */
export function literal(text: string): string {
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
