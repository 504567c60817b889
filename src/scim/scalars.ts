/** One simple value (RFC 7643 §2.3.1 to §2.3.7): its JSON type, and the departures that are known of it. */
import type { Leniency } from "./dialects.ts";
import { type Attribute, ScimRefusal, type ScimValue } from "./types.ts";

/**
 * The value of a simple attribute as its type has it; formats are `validate`'s.
 *
 * @throws ScimRefusal invalidValue, naming the path
 */
export function normaliseScalar(attribute: Attribute, value: ScimValue, leniency: Leniency, path: string): ScimValue {
  switch (attribute.type) {
    case "boolean":
      return normaliseBoolean(attribute, value, leniency, path);
    case "integer":
      // RFC 7643 §2.3.4: no fraction; safe, so that what is stored is what was sent.
      if (Number.isSafeInteger(value)) return value;
      break;
    case "decimal":
      if (Number.isFinite(value)) return value;
      break;
    default:
      if (typeof value === "string") return storable(value, path);
  }
  throw wrongType(attribute, path);
}

function normaliseBoolean(attribute: Attribute, value: ScimValue, leniency: Leniency, path: string): boolean {
  if (typeof value === "boolean") return value;
  const word = typeof value === "string" ? value.toLowerCase() : "";
  if ((word === "true" || word === "false") && leniency.allows("stringBoolean")) return word === "true";
  throw wrongType(attribute, path);
}

/** PostgreSQL stores neither NUL nor a surrogate without its partner; RFC 8259 §8.2 calls the latter unpredictable. */
function storable(text: string, path: string): string {
  if (text.isWellFormed() && !text.includes("\0")) return text;
  throw new ScimRefusal("invalidValue", `${path} holds a NUL character or a lone surrogate, which cannot be stored`);
}

const typeWords: Record<Attribute["type"], string> = {
  string: "a string",
  boolean: "true or false",
  decimal: "a number",
  integer: "a number without a fraction",
  dateTime: "a string with date and time, such as 2026-01-31T09:00:00Z",
  binary: "a base64 string",
  reference: "a string that is a URI",
  complex: "an object",
};

/** The refusal of a value that has another type than its attribute. */
export function wrongType(attribute: Attribute, path: string, wanted = typeWords[attribute.type]): ScimRefusal {
  return new ScimRefusal("invalidValue", `${path} must be ${wanted}`);
}

/** What a client sent is quoted in a refusal in full only where it is short. */
export function quote(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
