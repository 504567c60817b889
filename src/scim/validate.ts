/** The whole resource against its schema, by a validator that ajv compiles once for each resource type. */
import { Ajv, type ErrorObject, type SchemaObject, type ValidateFunction } from "ajv";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { mostValues, type ResourceType, separatorAfter } from "./registry.ts";
import { type Attribute, type AttributeType, type ScimObject, ScimRefusal } from "./types.ts";

/**
 * Checks a resource that `normaliseResource` or a PATCH made: types and formats (RFC 7643 §2.3), required attributes
 * that clients may set (§7), required extensions (§6), and that it holds nothing else. Canonical values are
 * suggestions (§7) and are not enforced.
 *
 * @throws ScimRefusal invalidValue, naming the attribute; invalidSyntax for an attribute that the schema does not know
 */
export function validate(type: ResourceType, resource: ScimObject): void {
  const check = validatorOf(type);
  if (check(resource)) return;
  throw refusalOf(check.errors?.[0]);
}

/** Compiles the validator of a type; the first `validate` does it too, some 20 ms later than at the start. */
export function validatorOf(type: ResourceType): ValidateFunction {
  let check = validators.get(type);
  if (!check) {
    check = ajv.compile(objectSchema(type.attributes, [...type.requiredExtensions]));
    validators.set(type, check);
  }
  return check;
}

const validators = new WeakMap<ResourceType, ValidateFunction>();

// `ownProperties`: an attribute that only Object.prototype has is not there. Errors stop at the first: a body cannot
// make this server collect a million of them.
const ajv = new Ajv({ allErrors: false, ownProperties: true, strict: true });
ajv.addFormat("iso-date-time", fullFormats["iso-date-time"]);

const simple: Record<Exclude<AttributeType, "complex">, SchemaObject> = {
  string: { type: "string" },
  boolean: { type: "boolean" },
  decimal: { type: "number" },
  integer: { type: "integer" },
  // RFC 7643 §2.3.5: xsd:dateTime with both date and time; its "T" is upper-case, its offset optional.
  dateTime: { type: "string", format: "iso-date-time", pattern: "^[^ t]*T" },
  // RFC 7643 §2.3.6: base64 of RFC 4648 §4, whose padding may be omitted.
  binary: { type: "string", pattern: "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3}={0,2})?$" },
  // RFC 7643 §2.3.7: an absolute or relative URI. IRIs pass: what RFC 3987 §2 forbids everywhere is refused.
  reference: { type: "string", pattern: '^[^\\s<>"\\\\^`{|}]+$' },
};

function objectSchema(attributes: readonly Attribute[], required: string[]): SchemaObject {
  const writable = attributes.filter((attribute) => attribute.required && attribute.mutability !== "readOnly");
  return {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(attributes.map((attribute) => [attribute.name, attributeSchema(attribute)])),
    required: [...required, ...writable.map(({ name }) => name)],
  };
}

function attributeSchema(attribute: Attribute): SchemaObject {
  const one = valueSchema(attribute);
  if (!attribute.multiValued) return one;
  const maxItems = mostValues(attribute);
  return { type: "array", minItems: 1, ...(Number.isFinite(maxItems) && { maxItems }), items: one };
}

function valueSchema(attribute: Attribute): SchemaObject {
  if (attribute.type === "complex") return objectSchema(attribute.subAttributes ?? [], []);
  // A required string that is empty would be required in name only (RFC 7643 §4.1.1: userName is non-empty).
  return attribute.required && attribute.type === "string"
    ? { type: "string", pattern: "\\S" }
    : simple[attribute.type];
}

const faults: Record<string, string> = {
  "iso-date-time": "must be a date with time, such as 2026-01-31T09:00:00Z",
  [String(simple.dateTime["pattern"])]: "must be a date with time, such as 2026-01-31T09:00:00Z",
  [String(simple.binary["pattern"])]: "must be base64",
  [String(simple.reference["pattern"])]: "must be a URI",
  "\\S": "is required and must not be empty",
};

function refusalOf(error: ErrorObject | undefined): ScimRefusal {
  const params: Record<string, unknown> = error?.params ?? {};
  const pointer = error?.instancePath ?? "";
  const inside = (name: unknown): string => pathOf([...stepsOf(pointer), String(name)]);
  switch (error?.keyword) {
    case "required":
      return new ScimRefusal("invalidValue", `${inside(params["missingProperty"])} is required; give it a value`);
    case "maxItems":
      return new ScimRefusal("invalidValue", `${pathOf(stepsOf(pointer))} ${tooManyValues(Number(params["limit"]))}`);
    case "additionalProperties":
      return new ScimRefusal("invalidSyntax", `${inside(params["additionalProperty"])} is not defined by a schema`);
    default: {
      const why = faults[String(params["format"] ?? params["pattern"])] ?? error?.message ?? "is not valid";
      return new ScimRefusal("invalidValue", `${pathOf(stepsOf(pointer))} ${why}`);
    }
  }
}

/** What is wrong with an attribute that has more values than `mostValues` allows. */
export function tooManyValues(most: number): string {
  return `may have at most ${most} values; send fewer`;
}

/** The steps of a JSON Pointer (RFC 6901 §4). */
function stepsOf(pointer: string): string[] {
  const steps = pointer.split("/").slice(1);
  return steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** `emails`, `0`, `value` as the SCIM path `emails[0].value`. */
function pathOf(steps: readonly string[]): string {
  return steps.reduce((path, step, index) => {
    if (/^\d+$/.test(step)) return `${path}[${step}]`;
    return index === 0 ? step : path + separatorAfter(steps[index - 1] ?? "") + step;
  }, "");
}
