/**
 * Uniqueness (RFC 7643 §2.2 and §7) by what the schema says of each attribute: `server` within the directory, which is the
 * endpoint that a token sees, `global` within the tenant. Never beyond: a conflict would tell one customer of another.
 */
import { hash } from "node:crypto";
import { fold } from "../../base/fold.ts";
import { parseInstant } from "../../scim/instant.ts";
import { elementsOf } from "../../scim/match.ts";
import { isContainer, type ResourceType, separatorAfter } from "../../scim/registry.ts";
import type { Attribute, ScimObject, ScimValue } from "../../scim/types.ts";
import { isFolded } from "./scimFilterTest.store.ts";

/** A value that no other resource of the type may have. */
export interface UniqueKey {
  /** Of the attribute, as refusals name it. */
  readonly path: string;
  readonly within: "directory" | "tenant";
  /** SHA-256 of what makes it unique. */
  readonly digest: Buffer;
}

/** The keys of a resource of a directory, each once and in the order of their digests: two writers never wait crosswise. */
export function uniqueKeys(type: ResourceType, directoryId: string, scim: ScimObject): UniqueKey[] {
  const keys = uniqueAttributes(type).flatMap((unique) =>
    valuesOf(unique, scim).map((value) => keyOf(type, directoryId, unique, value)),
  );
  const distinct = new Map(keys.map((key) => [key.digest.toString("hex"), key]));
  return [...distinct].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => key);
}

interface UniqueAttribute {
  readonly path: string;
  /** The names that lead to its values. */
  readonly steps: readonly string[];
  readonly attribute: Attribute;
}

const known = new WeakMap<ResourceType, readonly UniqueAttribute[]>();

function uniqueAttributes(type: ResourceType): readonly UniqueAttribute[] {
  let found = known.get(type);
  if (!found) {
    found = [...among(type.attributes, [], "")];
    known.set(type, found);
  }
  return found;
}

function* among(
  attributes: readonly Attribute[],
  above: readonly string[],
  prefix: string,
): Generator<UniqueAttribute> {
  for (const attribute of attributes) {
    const steps = [...above, attribute.name];
    const path = prefix + attribute.name;
    if (attribute.uniqueness !== "none" && !isContainer(attribute)) yield { path, steps, attribute };
    yield* among(attribute.subAttributes ?? [], steps, path + separatorAfter(attribute.name));
  }
}

function valuesOf({ steps }: UniqueAttribute, scim: ScimObject): ScimValue[] {
  return steps.reduce<ScimValue[]>(
    (values, step) => values.flatMap((value) => elementsOf((value as ScimObject)[step])),
    [scim],
  );
}

function keyOf(
  { name }: ResourceType,
  directoryId: string,
  { path, attribute }: UniqueAttribute,
  value: ScimValue,
): UniqueKey {
  const within = attribute.uniqueness === "global" ? "tenant" : "directory";
  const parts = [name, path, within === "directory" ? directoryId : null, comparable(attribute, value)];
  return { path, within, digest: hash("sha256", JSON.stringify(parts), "buffer") };
}

/** Two values are equal as a filter's `eq` has them equal: by `caseExact`, and moments whatever their time zone. */
function comparable(attribute: Attribute, value: ScimValue): ScimValue {
  if (typeof value !== "string") return value;
  if (attribute.type === "dateTime") return parseInstant(value) ?? value;
  return isFolded(attribute) ? fold(value) : value;
}
