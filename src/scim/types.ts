/**
 * The vocabulary of RFC 7643 as data: what a schema says of an attribute decides validation, PATCH, filters,
 * projection and discovery alike. Nothing in this room names an attribute of its own.
 */
import { Refusal, type RefusalCode } from "../base/errors.ts";

/** A JSON value as SCIM messages hold it. */
export type ScimValue = string | number | boolean | null | ScimObject | ScimValue[];
/** A SCIM resource or complex value; after normalisation its keys have the schema's own spelling. */
export interface ScimObject {
  [name: string]: ScimValue | undefined;
}

/** RFC 7643 §2.3 */
export type AttributeType =
  | "string"
  | "boolean"
  | "decimal"
  | "integer"
  | "dateTime"
  | "binary"
  | "reference"
  | "complex";
/** RFC 7643 §7 */
type Mutability = "readOnly" | "readWrite" | "immutable" | "writeOnly";
type Returned = "always" | "never" | "default" | "request";
type Uniqueness = "none" | "server" | "global";

/** One attribute definition, in the form of RFC 7643 §7; the same object is what `/Schemas` shows. */
export interface Attribute {
  readonly name: string;
  readonly type: AttributeType;
  readonly multiValued: boolean;
  readonly description: string;
  readonly required: boolean;
  readonly canonicalValues?: readonly string[];
  readonly caseExact: boolean;
  readonly mutability: Mutability;
  readonly returned: Returned;
  readonly uniqueness: Uniqueness;
  readonly referenceTypes?: readonly string[];
  readonly subAttributes?: readonly Attribute[];
}

/** RFC 7643 §7 */
export interface SchemaDefinition {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
}

/** RFC 7643 §6 */
export interface ResourceTypeDefinition {
  readonly id: string;
  readonly name: string;
  readonly endpoint: string;
  readonly description: string;
  readonly schema: string;
  readonly schemaExtensions: readonly { readonly schema: string; readonly required: boolean }[];
}

/** The detail error keywords of RFC 7644 §3.12 and RFC 9865 §2.1. */
export type ScimType =
  | "invalidFilter"
  | "tooMany"
  | "uniqueness"
  | "mutability"
  | "invalidSyntax"
  | "invalidPath"
  | "noTarget"
  | "invalidValue"
  | "invalidVers"
  | "sensitive"
  | "invalidCursor"
  | "expiredCursor"
  | "invalidCount";

const codeOf: Partial<Record<ScimType, RefusalCode>> = { sensitive: "forbidden", uniqueness: "conflict" };

/** A refusal that has a SCIM detail error keyword (RFC 7644 §3.12). */
export class ScimRefusal extends Refusal {
  readonly scimType: ScimType;

  constructor(scimType: ScimType, detail: string, code?: RefusalCode, cause?: unknown) {
    super(code ?? codeOf[scimType] ?? "invalid_request", detail, { cause });
    this.name = "ScimRefusal";
    this.scimType = scimType;
  }
}
