/**
 * Schema and resource type files: one parsed JSON document in, one complete and consistent definition out.
 *
 * A file need only say what differs from the defaults of RFC 7643 §2.2; `/Schemas` shows the whole.
 */
import { Ajv, type ValidateFunction } from "ajv";
import type { Attribute, ResourceTypeDefinition, SchemaDefinition } from "./types.ts";

const text = { type: "string", minLength: 1 };
const texts = { type: "array", items: text, uniqueItems: true };

const attribute = {
  type: "object",
  additionalProperties: false,
  required: ["name"],
  properties: {
    // RFC 7643 §2.1: ATTRNAME = ALPHA *(nameChar); "$ref" is the RFC's own exception.
    name: { type: "string", pattern: "^(?:[A-Za-z][-\\w]*|\\$ref)$" },
    // RFC 7643 §2.2: what holds where a definition is silent.
    type: {
      enum: ["string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"],
      default: "string",
    },
    multiValued: { type: "boolean", default: false },
    description: { type: "string", default: "" },
    required: { type: "boolean", default: false },
    canonicalValues: texts,
    // No default here: RFC 7643 §2.3.6 and §2.3.7 have binary and reference exact, the others not.
    caseExact: { type: "boolean" },
    mutability: { enum: ["readOnly", "readWrite", "immutable", "writeOnly"], default: "readWrite" },
    // No default here: what is writeOnly is never returned (RFC 7643 §7).
    returned: { enum: ["always", "never", "default", "request"] },
    uniqueness: { enum: ["none", "server", "global"], default: "none" },
    referenceTypes: texts,
    subAttributes: { type: "array", items: { $ref: "#/$defs/attribute" }, minItems: 1 },
  },
};

const schemaForm = {
  $defs: { attribute },
  type: "object",
  required: ["id", "name", "attributes"],
  properties: {
    // What ends a word in a filter or a list of attributes cannot be part of a path.
    id: { type: "string", pattern: '^[Uu][Rr][Nn]:[^\\s()\\[\\]",]+$' },
    name: text,
    description: { type: "string", default: "" },
    attributes: { type: "array", items: { $ref: "#/$defs/attribute" }, minItems: 1 },
  },
};

const resourceTypeForm = {
  type: "object",
  required: ["name", "endpoint", "schema"],
  properties: {
    id: text,
    name: { type: "string", pattern: "^[A-Za-z][-\\w]*$" },
    endpoint: { type: "string", pattern: "^/[A-Za-z][-\\w]*$" },
    description: { type: "string", default: "" },
    schema: text,
    schemaExtensions: {
      type: "array",
      default: [],
      items: {
        type: "object",
        required: ["schema"],
        properties: { schema: text, required: { type: "boolean", default: false } },
      },
    },
  },
};

const ajv = new Ajv({ useDefaults: true, allErrors: false });
const checkSchema = ajv.compile<SchemaDefinition>(schemaForm);
const checkResourceType = ajv.compile<ResourceTypeDefinition>(resourceTypeForm);

/**
 * A schema file (RFC 7643 §7) as a complete definition; `source` names the file in the error.
 *
 * @throws Error of one line that names the file and the attribute at fault
 */
export function parseSchema(json: unknown, source: string): SchemaDefinition {
  const { id, name, description, attributes } = checked(checkSchema, json, source);
  return { id, name, description, attributes: complete(attributes, source, "", "default") };
}

/**
 * A resource type file (RFC 7643 §6) as a complete definition; `source` names the file in the error.
 *
 * @throws Error of one line that names the file and the member at fault
 */
export function parseResourceType(json: unknown, source: string): ResourceTypeDefinition {
  const { name, endpoint, description, schema, schemaExtensions } = checked(checkResourceType, json, source);
  const extensions = schemaExtensions.map((extension) => ({ schema: extension.schema, required: extension.required }));
  // draft-zollner-scim-interop-profile: the id of a resource type is its name.
  return { id: name, name, endpoint, description, schema, schemaExtensions: extensions };
}

function checked<T>(check: ValidateFunction<T>, json: unknown, source: string): T {
  const copy: unknown = structuredClone(json);
  if (check(copy)) return copy;
  const fault = check.errors?.[0];
  throw new Error(`${source}: ${placeOf(copy, fault?.instancePath ?? "")} ${fault?.message ?? "is not valid"}`);
}

/** `/attributes/3/type` as `attribute nickName, type`: a reader looks for names, not for indexes. */
function placeOf(json: unknown, pointer: string): string {
  const words: string[] = [];
  let at: unknown = json;
  for (const step of pointer.split("/").slice(1)) {
    at = (at as Record<string, unknown> | undefined)?.[step];
    const name = (at as { name?: unknown } | null)?.name;
    if (/^\d+$/.test(step) && typeof name === "string") words.push(`attribute ${name}`);
    else if (step !== "attributes" && step !== "subAttributes") words.push(step);
  }
  return words.join(", ") || pointer.slice(1) || "the definition";
}

/** What a definition may not say of an attribute, given how the attribute that it is part of is returned. */
const contradictions: readonly [why: string, holds: (it: Attribute, above: Attribute["returned"]) => boolean][] = [
  // RFC 7643 §7: the value of a writeOnly attribute "SHALL NOT be returned".
  ["is writeOnly, so that it is never returned", (it) => it.mutability === "writeOnly" && it.returned !== "never"],
  ["is complex; its uniqueness belongs to a sub-attribute", (it) => it.type === "complex" && it.uniqueness !== "none"],
  [
    "is never returned, so it cannot be unique: a conflict would tell of its value",
    (it, above) => it.uniqueness !== "none" && (it.returned === "never" || above === "never"),
  ],
];

function complete(
  attributes: readonly Attribute[],
  source: string,
  parent: string,
  above: Attribute["returned"],
): Attribute[] {
  const seen = new Set<string>();
  return attributes.map((given) => {
    const path = parent + given.name;
    const fail = (why: string): never => {
      throw new Error(`${source}: attribute ${path} ${why}`);
    };
    if (given.name in {}) fail("has a name that JavaScript objects already use");
    if (seen.has(given.name.toLowerCase())) fail("is defined twice");
    seen.add(given.name.toLowerCase());
    // RFC 7643 §2.3.8: a complex attribute has sub-attributes, and none of them is complex.
    if ((given.type === "complex") !== (given.subAttributes !== undefined)) {
      fail(given.type === "complex" ? "is complex and has no subAttributes" : "has subAttributes and is not complex");
    }
    if (given.type === "complex" && parent !== "") fail("is complex inside a complex attribute");
    const full = withDefaults(given);
    for (const [why, holds] of contradictions) if (holds(full, above)) fail(why);
    if (!full.subAttributes) return full;
    return { ...full, subAttributes: complete(full.subAttributes, source, `${path}.`, full.returned) };
  });
}

/** The defaults that hang on what else the definition says. */
function withDefaults(given: Attribute): Attribute {
  const isExact = given.type === "binary" || given.type === "reference";
  const returned = given.mutability === "writeOnly" ? "never" : "default";
  return { ...given, caseExact: given.caseExact ?? isExact, returned: given.returned ?? returned };
}
