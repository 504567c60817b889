/** The pieces that `data` of events is described by: for each field what it means, its JSON Schema and an example. */

import type { Target } from "./event.ts";

/** What there is to know of a type of event. */
export interface CatalogueEntry {
  readonly description: string;
  readonly target: Target["type"];
  readonly data: Fields;
}

/** One field of `data`. */
export interface Field {
  readonly description: string;
  /** JSON Schema (2020-12). */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly example: unknown;
  /** Whether it is a pair `[before, after]`. */
  readonly transition?: boolean;
  /** Whether there are events of the type without it. */
  readonly optional?: boolean;
}

/** Fields by their names. */
export type Fields = Readonly<Record<string, Field>>;

/** Ids of examples; they name nothing. */
export const sampleId = "0198c7a4-2f10-7c3e-9d41-5b8f6e2a1c07";
const otherId = "0198c7a4-31b2-7f06-8a5d-c2e94d7f0b18";

export function text(description: string, example: string): Field {
  return { description, schema: { type: "string" }, example };
}

/** One of a few words; the first is the example. */
export function oneOf(description: string, ...words: readonly [string, ...string[]]): Field {
  return { description, schema: { enum: words }, example: words[0] };
}

export function id(description: string): Field {
  return { description, schema: { type: "string", format: "uuid" }, example: otherId };
}

export function ids(description: string): Field {
  return { ...list(description, [otherId]), schema: { type: "array", items: { type: "string", format: "uuid" } } };
}

export function list(description: string, example: readonly string[]): Field {
  return { description, schema: { type: "array", items: { type: "string" } }, example };
}

export function flag(description: string, example: boolean): Field {
  return { description, schema: { type: "boolean" }, example };
}

export function count(description: string, example: number): Field {
  return { description, schema: { type: "integer", minimum: 0 }, example };
}

export function moment(description: string): Field {
  return { description, schema: { type: "string", format: "date-time" }, example: "2026-03-02T09:30:00.000Z" };
}

/** Anything, as it is described elsewhere. */
export function whole(description: string, example: unknown): Field {
  return { description, schema: {}, example };
}

/** The same, or null. */
export function orNull({ schema, ...field }: Field): Field {
  return { ...field, schema: { anyOf: [schema, { type: "null" }] } };
}

/** A pair `[before, after]`. */
export function moved(field: Field, before: unknown): Field {
  const schema = { type: "array", items: field.schema, minItems: 2, maxItems: 2 };
  return { ...field, schema, example: [before, field.example], transition: true };
}

/** Such a pair, which is there only where the two differ. */
export function mayMove(field: Field, before: unknown): Field {
  return { ...moved(field, before), optional: true };
}

// What several types have.
export const name = text("What people call it.", "Main directory");
export const attributes = list(
  "Names of what changed; what they were and are is told where it is nobody's personal matter.",
  ["name"],
);
