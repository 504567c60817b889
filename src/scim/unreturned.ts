/**
 * What of a resource is never returned (RFC 7643 §2.2 and §7), apart from the rest of it: so it can be kept where no
 * answer is read from. An attribute with such a part is kept there whole, for its values belong together.
 */
import { project, type Selection } from "./project.ts";
import { isContainer, type ResourceType } from "./registry.ts";
import type { Attribute, ScimObject } from "./types.ts";

/** The resource without what is never returned. */
export function withoutUnreturned(type: ResourceType, resource: ScimObject): ScimObject {
  let selection = selections.get(type);
  if (!selection) {
    selection = leaveOut(type.attributes);
    selections.set(type, selection);
  }
  return project(selection, resource);
}

/** The attributes of which something is never returned, each whole; undefined where the resource has none. */
export function unreturnedOf(type: ResourceType, resource: ScimObject): ScimObject | undefined {
  return pick(type.attributes, resource);
}

/** The resource with what `unreturnedOf` took. */
export function withUnreturned(type: ResourceType, resource: ScimObject, unreturned: ScimObject): ScimObject {
  const whole = { ...resource, ...unreturned };
  for (const { name } of type.containers) {
    if (Object.hasOwn(resource, name) && Object.hasOwn(unreturned, name)) {
      whole[name] = { ...(resource[name] as ScimObject), ...(unreturned[name] as ScimObject) };
    }
  }
  return whole;
}

/** Whether something of an attribute is never returned. */
export function hasUnreturned({ returned, subAttributes = [] }: Attribute): boolean {
  return returned === "never" || subAttributes.some(hasUnreturned);
}

const selections = new WeakMap<ResourceType, Selection>();

function leaveOut(attributes: readonly Attribute[]): Selection {
  const parts = attributes.filter((attribute) => attribute.returned !== "never" && hasUnreturned(attribute));
  return {
    whole: new Set(attributes.filter(({ returned }) => returned === "never").map(({ name }) => name)),
    inside: new Map(parts.map(({ name, subAttributes = [] }) => [name, leaveOut(subAttributes)])),
  };
}

function pick(attributes: readonly Attribute[], values: ScimObject): ScimObject | undefined {
  const picked: ScimObject = {};
  for (const attribute of attributes) {
    const { name, subAttributes = [] } = attribute;
    if (!Object.hasOwn(values, name) || !hasUnreturned(attribute)) continue;
    const part = isContainer(attribute) ? pick(subAttributes, values[name] as ScimObject) : values[name];
    if (part !== undefined) picked[name] = part;
  }
  return Object.keys(picked).length === 0 ? undefined : picked;
}
