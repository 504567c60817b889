import type { ScimObject, ScimValue } from "../../scim/types.ts";

/**
 * What a directory asserted of a person, as conditions of mappings read it: the values of each attribute by its path
 * (`title`, `name.familyName`, `emails.value`, `urn:…:User:department`), as text. A multi-valued attribute goes by its
 * own name too, for its `value`s (RFC 7643 §2.4).
 */
export function assertedOf(scim: ScimObject): Record<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const [name, value] of Object.entries(scim)) collect(values, name, value);
  return Object.fromEntries(values);
}

function collect(values: Map<string, string[]>, path: string, value: ScimValue | undefined): void {
  if (Array.isArray(value)) {
    for (const element of value) collect(values, path, element);
  } else if (typeof value === "object" && value !== null) {
    const separator = path.includes(":") && !path.includes(".", path.lastIndexOf(":")) ? ":" : ".";
    for (const [name, inner] of Object.entries(value)) {
      collect(values, `${path}${separator}${name}`, inner);
      if (name === "value") collect(values, path, inner);
    }
  } else if (value !== undefined && value !== null) {
    values.set(path, [...(values.get(path) ?? []), String(value)]);
  }
}
