/** The pieces that schemas of requests and answers are made of. */
import type { Reply, Schema } from "./route.ts";

/** An object with these fields and no others: whatever else a body brings is refused, never assigned. */
export function object(properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema {
  return { type: "object", additionalProperties: false, properties, ...(required.length > 0 ? { required } : {}) };
}

/** An answer's object: every field is there, but for those named. */
export function record(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  return object(
    properties,
    Object.keys(properties).filter((name) => !optional.includes(name)),
  );
}

/** A schema by its name in the document. */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

/** The same, or null. */
export function nullable(schema: Schema): Schema {
  const { type } = schema;
  return typeof type === "string" && schema["enum"] === undefined
    ? { ...schema, type: [type, "null"] }
    : { anyOf: [schema, { type: "null" }] };
}

export function arrayOf(items: Schema, more: Schema = {}): Schema {
  return { type: "array", items, ...more };
}

/** An answer of JSON. */
export function json(description: string, schema: Schema): Reply {
  return { description, schema };
}

/** 204: done, and nothing to say. */
export const nothing: Reply = { description: "Done." };

export const id: Schema = { type: "string", format: "uuid" };
export const instant: Schema = { type: "string", format: "date-time" };
export const boolean: Schema = { type: "boolean" };
export const text: Schema = { type: "string" };

/** What people call a thing: at least one character that is not a space. 200 is what a list can show. */
export const label: Schema = { type: "string", minLength: 1, maxLength: 200, pattern: "\\S" };

/** RFC 9457, with the members that `code` may bring. */
export const problem: Schema = {
  type: "object",
  description: "RFC 9457. `code` is stable; `detail` says what to do.",
  required: ["type", "title", "status", "detail", "code"],
  properties: {
    type: { type: "string", format: "uri-reference" },
    title: text,
    status: { type: "integer" },
    detail: text,
    code: text,
    errors: arrayOf(record({ path: { type: "string", description: "JSON Pointer (RFC 6901)" }, message: text })),
  },
};

/** Pages of lists: 200 keeps an answer below a second and a megabyte. */
const MOST_ITEMS = 200;
const USUAL_ITEMS = 50;

/** The query parameters of every list. */
export const pageQuery: Readonly<Record<string, Schema>> = {
  limit: {
    type: "integer",
    minimum: 1,
    maximum: MOST_ITEMS,
    default: USUAL_ITEMS,
    description: "Items of a page, at most.",
  },
  cursor: {
    type: "string",
    minLength: 1,
    maxLength: 2000,
    description: "`nextCursor` of the page before; opaque.",
  },
};

/** One page of a list. */
export function pageOf(items: Schema): Schema {
  return record({
    items: arrayOf(items),
    total: { type: "integer", minimum: 0, description: "Counted when the first page was read." },
    nextCursor: { type: ["string", "null"], description: "Null on the last page." },
  });
}
