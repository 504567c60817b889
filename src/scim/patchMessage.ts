/** The PatchOp message (RFC 7644 §3.5.2): from a request body to operations that are bound to a schema. */
import { Refusal } from "../base/errors.ts";
import type { Leniency } from "./dialects.ts";
import { isObject } from "./match.ts";
import { bindOperation, type PatchOperation, type RawOperation } from "./patchOperation.ts";
import type { ResourceType } from "./registry.ts";
import { type ScimObject, ScimRefusal, type ScimValue } from "./types.ts";

export const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/** Most operations of one PATCH, each attribute of a path-less value counted; one operation may carry any number of values. */
export const MAX_OPERATIONS = 1000;

/**
 * Reads a PATCH body into operations on single attributes, in their order; all values are in canonical form.
 *
 * @throws ScimRefusal invalidSyntax for a body that is no PatchOp; invalidPath, noTarget, invalidFilter, invalidValue,
 *   mutability or sensitive for an operation that cannot be; Refusal content_too_large above MAX_OPERATIONS
 */
export function parsePatchOp(type: ResourceType, body: unknown, leniency: Leniency): PatchOperation[] {
  if (!isObject(body as ScimValue)) throw invalidSyntax("The body must be a JSON object, a PatchOp message.");
  const message = body as ScimObject;
  checkSchemas(member(message, "schemas", leniency), leniency);
  const operations = member(message, "Operations", leniency);
  if (!Array.isArray(operations)) throw invalidSyntax('The message needs an array "Operations".');
  // RFC 7644 §3.5.2: "an array of one or more PATCH operations".
  if (operations.length === 0 && !leniency.allows("emptyOperations")) {
    throw invalidSyntax('"Operations" must hold at least one operation.');
  }
  const bound: PatchOperation[] = [];
  for (const [index, operation] of operations.entries()) {
    for (const one of bindOperation(type, readOperation(operation, index, leniency), leniency)) bound.push(one);
    if (bound.length > MAX_OPERATIONS) throw tooManyOperations();
  }
  return bound;
}

function tooManyOperations(): Refusal {
  return new Refusal("content_too_large", `A PATCH may hold at most ${MAX_OPERATIONS} operations; send several.`);
}

/** RFC 7644 §3.5.2: the body "MUST contain" the PatchOp URN in `schemas`. */
function checkSchemas(schemas: ScimValue | undefined, leniency: Leniency): void {
  if (schemas === undefined && leniency.allows("missingPatchSchemas")) return;
  const isPatchOp = (urn: ScimValue): boolean =>
    typeof urn === "string" && urn.toLowerCase() === PATCH_OP.toLowerCase();
  if (!Array.isArray(schemas) || !schemas.some(isPatchOp)) throw invalidSyntax(`schemas must hold ${PATCH_OP}.`);
}

const kinds = ["add", "remove", "replace"] as const;

function readOperation(given: ScimValue, index: number, leniency: Leniency): RawOperation {
  if (!isObject(given)) throw invalidSyntax(`Operations[${index}] must be an object.`);
  const op = member(given, "op", leniency);
  const kind = kinds.find((name) => typeof op === "string" && name === op.toLowerCase());
  if (!kind || (op !== kind && !leniency.allows("operationCase"))) {
    throw invalidSyntax(`Operations[${index}].op must be "add", "remove" or "replace".`);
  }
  const path = member(given, "path", leniency) ?? undefined;
  if (path !== undefined && typeof path !== "string") {
    throw new ScimRefusal("invalidPath", `Operations[${index}].path must be a string.`);
  }
  return { op: kind, path: path?.trim(), value: member(given, "value", leniency), place: `Operations[${index}]` };
}

/** A member of a message by its name, in another case where that is forgiven. */
export function member(message: ScimObject, name: string, leniency: Leniency): ScimValue | undefined {
  if (Object.hasOwn(message, name)) return message[name];
  const key = Object.keys(message).find((it) => it.toLowerCase() === name.toLowerCase());
  return key !== undefined && leniency.allows("messageKeyCase") ? message[key] : undefined;
}

function invalidSyntax(detail: string): ScimRefusal {
  return new ScimRefusal("invalidSyntax", detail);
}
