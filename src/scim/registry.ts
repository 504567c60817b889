/** The registry: which resource types there are, and which attribute a name means (RFC 7643 §6 and §7, RFC 7644 §3.10). */
import { commonAttributes } from "./commonAttributes.ts";
import type { Attribute, ResourceTypeDefinition, SchemaDefinition } from "./types.ts";

/** What a name or path means: an attribute, one of its sub-attributes, or the container of an extension. */
export interface AttributeReference {
  /** The extension's container that holds the attribute; undefined where it stands at the resource's top. */
  readonly container: Attribute | undefined;
  readonly attribute: Attribute;
  readonly subAttribute: Attribute | undefined;
}

/** A resource type, compiled: what endpoints, filters, PATCH and projection ask of a schema. */
export interface ResourceType {
  readonly definition: ResourceTypeDefinition;
  readonly name: string;
  /** Relative to the base URL, as `/Users`. */
  readonly endpoint: string;
  /** URN of the base schema. */
  readonly schema: string;
  /** All that may stand at the top of a resource: common attributes, those of the base schema, extension containers. */
  readonly attributes: readonly Attribute[];
  /** Each extension as a complex attribute whose name is the URN. */
  readonly containers: readonly Attribute[];
  /** The URNs that `schemas` may hold, in lower case. */
  readonly schemas: ReadonlySet<string>;
  /** URNs of extensions without which a resource is refused. */
  readonly requiredExtensions: readonly string[];
  /** Every spelling of RFC 7644 §3.10, in lower case: `name.givenname`, `urn:…:user:name.givenname`, `urn:…:user`. */
  readonly paths: ReadonlyMap<string, AttributeReference>;
  /** Extension attributes by their bare name in lower case, where it means one thing only. */
  readonly unqualifiedPaths: ReadonlyMap<string, AttributeReference>;
}

/** All schemas and resource types of one server. */
export interface Registry {
  readonly schemas: readonly SchemaDefinition[];
  readonly resourceTypes: readonly ResourceType[];
  /** By URN, whatever its case (RFC 8141 §3.1). */
  schema(id: string): SchemaDefinition | undefined;
  /** By name (`User`) or endpoint (`/Users`). */
  resourceType(nameOrEndpoint: string): ResourceType | undefined;
}

// RFC 7644 §3.2: the endpoints that are the protocol's own.
const protocolEndpoints = ["/bulk", "/me", "/resourcetypes", "/schemas", "/serviceproviderconfig"];

/**
 * Compiles definitions into a registry.
 *
 * @throws Error of one line that names the definition at fault
 */
export function createRegistry(
  schemas: readonly SchemaDefinition[],
  resourceTypes: readonly ResourceTypeDefinition[],
): Registry {
  const schemaOf = new Map<string, SchemaDefinition>();
  for (const schema of schemas) register(schemaOf, schema.id, schema, "schema");
  const typeOf = new Map<string, ResourceType>();
  const types = resourceTypes.map((definition) => compileType(definition, schemaOf));
  for (const type of types) {
    register(typeOf, type.name, type, "resource type");
    register(typeOf, type.endpoint, type, "endpoint");
  }
  return {
    schemas,
    resourceTypes: types,
    schema: (id) => schemaOf.get(id.toLowerCase()),
    resourceType: (name) => typeOf.get(name.toLowerCase()),
  };
}

/** The attribute that a name or dotted or URN-qualified path means, whatever its case (RFC 7643 §2.1); undefined if none. */
export function findAttribute(type: ResourceType, path: string): AttributeReference | undefined {
  return type.paths.get(path.toLowerCase());
}

/** The sub-attribute of that name, whatever its case. */
export function findSubAttribute(attribute: Attribute, name: string): Attribute | undefined {
  let subs = subAttributeMaps.get(attribute);
  if (!subs) {
    subs = new Map((attribute.subAttributes ?? []).map((sub) => [sub.name.toLowerCase(), sub]));
    subAttributeMaps.set(attribute, subs);
  }
  return subs.get(name) ?? subs.get(name.toLowerCase());
}

const subAttributeMaps = new WeakMap<Attribute, Map<string, Attribute>>();

/** Whether a value is one for ever, as a group's member is: its `value` is immutable, and so it is its identity. */
export function hasFixedValue(attribute: Attribute): boolean {
  return findSubAttribute(attribute, "value")?.mutability === "immutable";
}

/**
 * Most values of one attribute: PATCH goes through all of them for each operation, and every answer shows them. No
 * person has so many of anything.
 */
export const MOST_VALUES = 1000;

/** The same for a whole resource: the members of a group, which are rows of their own, are not bounded by this. */
export function mostValues(attribute: Attribute): number {
  return hasFixedValue(attribute) ? Infinity : MOST_VALUES;
}

/** Whether this is the container of an extension: only those are named by a URN. */
export function isContainer(attribute: Attribute): boolean {
  return attribute.name.includes(":");
}

/** What stands between an attribute and a part of it in a path: a colon after a URN, else a dot (RFC 7644 §3.10). */
export function separatorAfter(name: string): ":" | "." {
  return name.includes(":") ? ":" : ".";
}

/** The `schemas` of a resource (RFC 7643 §3): the base schema, and each extension that it holds values of. */
export function schemasOf(type: ResourceType, resource: object): string[] {
  return [type.schema, ...type.containers.filter(({ name }) => Object.hasOwn(resource, name)).map(({ name }) => name)];
}

function register<T>(map: Map<string, T>, name: string, value: T, kind: string): void {
  const key = name.toLowerCase();
  if (map.has(key)) throw new Error(`${kind} ${name} is defined twice`);
  map.set(key, value);
}

function compileType(definition: ResourceTypeDefinition, schemas: ReadonlyMap<string, SchemaDefinition>): ResourceType {
  const find = (id: string): SchemaDefinition => {
    const schema = schemas.get(id.toLowerCase());
    if (!schema) throw new Error(`resource type ${definition.name} names schema ${id}, which is not defined`);
    return schema;
  };
  if (protocolEndpoints.includes(definition.endpoint.toLowerCase())) {
    throw new Error(`resource type ${definition.name} claims ${definition.endpoint}, an endpoint of the protocol`);
  }
  const base = find(definition.schema);
  const containers = definition.schemaExtensions.map(({ schema }) => containerOf(find(schema)));
  const required = definition.schemaExtensions.filter((extension) => extension.required);
  const own = [...commonAttributes, ...base.attributes];
  return {
    definition,
    name: definition.name,
    endpoint: definition.endpoint,
    schema: base.id,
    attributes: [...own, ...containers],
    containers,
    schemas: new Set([base.id, ...containers.map(({ name }) => name)].map((urn) => urn.toLowerCase())),
    requiredExtensions: required.map(({ schema }) => find(schema).id),
    ...compilePaths(definition.name, base.id, own, containers),
  };
}

function containerOf(schema: SchemaDefinition): Attribute {
  return {
    name: schema.id,
    type: "complex",
    multiValued: false,
    description: schema.description,
    required: false,
    caseExact: false,
    mutability: "readWrite",
    returned: "default",
    uniqueness: "none",
    subAttributes: schema.attributes,
  };
}

function compilePaths(
  name: string,
  schema: string,
  own: readonly Attribute[],
  containers: readonly Attribute[],
): Pick<ResourceType, "paths" | "unqualifiedPaths"> {
  const paths = new Map<string, AttributeReference>();
  const add = (path: string, reference: AttributeReference): void =>
    register(paths, path, reference, `attribute of resource type ${name}:`);
  // RFC 7644 §3.10: attributes of the base schema may be qualified by its URN, those of extensions must be.
  for (const [path, reference] of pathsOf(own, undefined)) {
    add(path, reference);
    add(`${schema}:${path}`, reference);
  }
  const bare = new Map<string, AttributeReference[]>();
  for (const container of containers) {
    add(container.name, { container: undefined, attribute: container, subAttribute: undefined });
    for (const [path, reference] of pathsOf(container.subAttributes ?? [], container)) {
      add(`${container.name}:${path}`, reference);
      const key = path.toLowerCase();
      bare.set(key, [...(bare.get(key) ?? []), reference]);
    }
  }
  const unqualified = [...bare].flatMap(([path, [reference, ...others]]) =>
    reference && others.length === 0 && !paths.has(path) ? [[path, reference] as const] : [],
  );
  return { paths, unqualifiedPaths: new Map(unqualified) };
}

function* pathsOf(
  attributes: readonly Attribute[],
  container: Attribute | undefined,
): Generator<readonly [string, AttributeReference]> {
  for (const attribute of attributes) {
    yield [attribute.name, { container, attribute, subAttribute: undefined }];
    for (const subAttribute of attribute.subAttributes ?? []) {
      yield [`${attribute.name}.${subAttribute.name}`, { container, attribute, subAttribute }];
    }
  }
}
