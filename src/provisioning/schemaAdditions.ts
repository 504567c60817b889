/** What the schema files of an operator add, and what they may not: each fault is one line that names the file. */
import { commonAttributes } from "../scim/commonAttributes.ts";
import { createRegistry } from "../scim/registry.ts";
import type { Attribute, ResourceTypeDefinition, SchemaDefinition } from "../scim/types.ts";
import { hasUnreturned } from "../scim/unreturned.ts";

/** All schemas and resource types of one server. */
export interface Definitions {
  readonly schemas: readonly SchemaDefinition[];
  readonly resourceTypes: readonly ResourceTypeDefinition[];
}

export const NO_SCHEMAS: Definitions = { schemas: [], resourceTypes: [] };

/** A definition, and the file that it is from. */
export interface FromFile<T> {
  readonly file: string;
  readonly definition: T;
}

/**
 * The definitions with those of the files.
 *
 * @throws Error of one line that names the file and what is wrong in it
 */
export function withAdded(
  own: Definitions,
  schemas: readonly FromFile<SchemaDefinition>[],
  resourceTypes: readonly FromFile<ResourceTypeDefinition>[],
): Definitions {
  let all = own;
  const bases = new Set(resourceTypes.map(({ definition }) => definition.schema.toLowerCase()));
  for (const { file, definition } of schemas) {
    all = inFile(file, () => withSchema(all, definition));
    if (bases.has(definition.id.toLowerCase())) inFile(file, () => refuseCommon(definition));
  }
  for (const { file, definition } of resourceTypes) all = inFile(file, () => withResourceType(own, all, definition));
  for (const { file, definition } of schemas) inFile(file, () => checkReferenceTypes(all, definition));
  return all;
}

function inFile<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    throw new Error(`${file}: ${fault}`, { cause: error });
  }
}

/** Schemas of messages and of discovery (RFC 7643 §10.4.2, RFC 7644 §8.2): they are the protocol's, and no resource's. */
const PROTOCOL = /^urn:ietf:params:scim:(?:api:|schemas:core:2\.0:(?:ServiceProviderConfig|ResourceType|Schema)$)/i;

function withSchema({ schemas, resourceTypes }: Definitions, added: SchemaDefinition): Definitions {
  if (PROTOCOL.test(added.id)) throw new Error(`schema ${added.id} is the protocol's own`);
  if (schemas.some(({ id }) => isSame(id, added.id))) {
    throw new Error(
      `schema ${added.id} is defined already; put more attributes into an extension with a URN of its own`,
    );
  }
  return { schemas: [...schemas, added], resourceTypes };
}

function withResourceType(own: Definitions, all: Definitions, added: ResourceTypeDefinition): Definitions {
  const { schemas } = all;
  const isExtended = (type: ResourceTypeDefinition): boolean => isSame(type.name, added.name);
  refuseSharedSchema(all, added);
  const resourceTypes = own.resourceTypes.some(isExtended)
    ? all.resourceTypes.map((type) => (isExtended(type) ? extendedBy(all, type, added) : type))
    : [...all.resourceTypes, added];
  // What is wrong with all of them together came with this one.
  createRegistry(schemas, resourceTypes);
  return { schemas, resourceTypes };
}

/** A resource type of Usher's own with more extensions: it keeps those that it has, required from now on or not. */
function extendedBy(
  all: Definitions,
  type: ResourceTypeDefinition,
  { endpoint, schema, schemaExtensions }: ResourceTypeDefinition,
): ResourceTypeDefinition {
  if (!isSame(endpoint, type.endpoint) || !isSame(schema, type.schema)) {
    throw new Error(`${type.name} is Usher's own: its endpoint is ${type.endpoint}, its schema ${type.schema}`);
  }
  const added = schemaExtensions.filter((one) => !type.schemaExtensions.some((own) => isSame(own.schema, one.schema)));
  for (const extension of added) checkOwnTypesExtension(all, type, extension.schema);
  const kept = type.schemaExtensions.map((own) => {
    const again = schemaExtensions.find((one) => isSame(one.schema, own.schema));
    return { ...own, required: own.required || again?.required === true };
  });
  return { ...type, schemaExtensions: [...kept, ...added] };
}

/**
 * Members and groups are kept in tables of their own, which neither seal what is never returned nor know of more unique
 * values than their names; a schema must not promise it.
 */
function checkOwnTypesExtension(all: Definitions, { name }: ResourceTypeDefinition, urn: string): void {
  for (const attribute of schemaOf(all, urn)?.attributes ?? []) {
    const parts = [attribute, ...(attribute.subAttributes ?? [])];
    const fail = (what: string): never => {
      throw new Error(`${urn} extends ${name}, so its attribute ${attribute.name} cannot be ${what}`);
    };
    if (hasUnreturned(attribute)) fail("writeOnly or never returned");
    if (parts.some(({ uniqueness }) => uniqueness !== "none")) fail("unique");
  }
}

/** One schema, one type: so the `schemas` of a resource tell which it is. */
function refuseSharedSchema({ resourceTypes }: Definitions, { name, schema }: ResourceTypeDefinition): void {
  const other = resourceTypes.find((type) => isSame(type.schema, schema) && !isSame(type.name, name));
  if (other) throw new Error(`schema ${schema} is that of ${other.name}; ${name} needs one of its own`);
}

/** RFC 7643 §3.1: what all resources have belongs to no schema. */
function refuseCommon({ attributes }: SchemaDefinition): void {
  const common = attributes.find(({ name }) => commonAttributes.some((attribute) => isSame(attribute.name, name)));
  if (common) throw new Error(`attribute ${common.name} is one that every resource has; leave it out`);
}

/** RFC 7643 §7: a resource type, "external" or "uri". */
function checkReferenceTypes({ resourceTypes }: Definitions, { attributes }: SchemaDefinition): void {
  const known = new Set(["external", "uri", ...resourceTypes.map(({ name }) => name)]);
  const check = (path: string, { referenceTypes = [], subAttributes = [] }: Attribute): void => {
    const unknown = referenceTypes.find((name) => !known.has(name));
    if (unknown !== undefined) {
      throw new Error(`attribute ${path}, referenceTypes: ${unknown} is no resource type, nor "external" or "uri"`);
    }
    for (const sub of subAttributes) check(`${path}.${sub.name}`, sub);
  };
  for (const attribute of attributes) check(attribute.name, attribute);
}

function schemaOf({ schemas }: Definitions, urn: string): SchemaDefinition | undefined {
  return schemas.find(({ id }) => isSame(id, urn));
}

/** RFC 8141 §3.1 and RFC 7643 §2.1: neither URNs nor names go by case. */
function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
