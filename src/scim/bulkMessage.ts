/** The BulkRequest message (RFC 7644 §3.7): from a request body to operations, none of which has been carried out yet. */
import { Refusal } from "../base/errors.ts";
import type { Leniency } from "./dialects.ts";
import { isObject } from "./match.ts";
import { member } from "./patchMessage.ts";
import { quote } from "./scalars.ts";
import { type ScimObject, ScimRefusal, type ScimValue } from "./types.ts";

export const BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
export const BULK_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

const methods = ["POST", "PUT", "PATCH", "DELETE"] as const;

/** One operation as the message has it; whether its path leads anywhere is not known yet. */
export interface BulkOperation {
  readonly method: (typeof methods)[number];
  readonly bulkId: string | undefined;
  /** Compared as If-Match is (RFC 7644 §3.7: "version"). */
  readonly version: string | undefined;
  /** As the client wrote it. */
  readonly path: string;
  /** First segment of the path with its slash, as `/Users`; empty where the path is none. */
  readonly endpoint: string;
  /** Second segment: an id or `bulkId:…`; undefined where there is none. */
  readonly target: string | undefined;
  readonly data: ScimValue | undefined;
}

export interface BulkRequest {
  readonly operations: readonly BulkOperation[];
  /** How many errors end the job; infinite where the client does not say. */
  readonly failOnErrors: number;
}

/**
 * Reads a Bulk body. What is wrong with one operation alone (a path that leads nowhere, no data) is left to its
 * carrying out; refused here, before anything is written, is what no single operation can answer for.
 *
 * @throws ScimRefusal invalidSyntax for a body that is no BulkRequest; invalidValue for a bulkId that is there twice or
 *   a failOnErrors that counts nothing; Refusal content_too_large above `maxOperations`
 */
export function parseBulk(body: unknown, maxOperations: number, leniency: Leniency): BulkRequest {
  if (!isObject(body as ScimValue)) throw invalidSyntax("The body must be a JSON object, a BulkRequest message.");
  const message = body as ScimObject;
  checkSchemas(member(message, "schemas", leniency));
  const given = member(message, "Operations", leniency);
  if (!Array.isArray(given) || given.length === 0) {
    throw invalidSyntax('The message needs an array "Operations" of one operation at least.');
  }
  if (given.length > maxOperations) throw tooManyOperations(given.length, maxOperations);
  const failOnErrors = readFailOnErrors(member(message, "failOnErrors", leniency));
  const operations = given.map((operation, index) => readOperation(operation, `Operations[${index}]`, leniency));
  checkUnique(operations);
  return { operations, failOnErrors };
}

/** RFC 7644 §3.7.4: the response "MUST specify the limit exceeded in the body of the error response". */
function tooManyOperations(count: number, maxOperations: number): Refusal {
  const detail = `The request holds ${count} operations; maxOperations is ${maxOperations}. Send several requests.`;
  return new Refusal("content_too_large", detail);
}

function checkSchemas(schemas: ScimValue | undefined): void {
  const isBulk = (urn: ScimValue): boolean =>
    typeof urn === "string" && urn.toLowerCase() === BULK_REQUEST.toLowerCase();
  if (!Array.isArray(schemas) || !schemas.some(isBulk)) throw invalidSyntax(`schemas must hold ${BULK_REQUEST}.`);
}

function readFailOnErrors(value: ScimValue | undefined): number {
  if (value === undefined || value === null) return Infinity;
  if (Number.isSafeInteger(value) && Number(value) > 0) return Number(value);
  throw new ScimRefusal("invalidValue", "failOnErrors must be a whole number from 1 on; leave it out for no limit.");
}

function readOperation(given: ScimValue, place: string, leniency: Leniency): BulkOperation {
  if (!isObject(given)) throw invalidSyntax(`${place} must be an object.`);
  const text = (name: string): string | undefined => {
    const value = member(given, name, leniency) ?? undefined;
    if (value === undefined || typeof value === "string") return value;
    throw invalidSyntax(`${place}.${name} must be a string.`);
  };
  const path = text("path") ?? "";
  return {
    method: readMethod(text("method"), place, leniency),
    bulkId: text("bulkId"),
    version: text("version"),
    path,
    ...readPath(path),
    data: member(given, "data", leniency) ?? undefined,
  };
}

function readMethod(given: string | undefined, place: string, leniency: Leniency): BulkOperation["method"] {
  const method = methods.find((name) => name === given?.toUpperCase());
  // RFC 9110 §9.1: a method is case-sensitive.
  if (method && (method === given || leniency.allows("operationCase"))) return method;
  throw invalidSyntax(`${place}.method must be "POST", "PUT", "PATCH" or "DELETE".`);
}

const PATH = /^\/?([^/?#]+)(?:\/([^/?#]+))?$/;

/** RFC 7644 §3.7: "the resource's relative path to the SCIM service provider's root". */
function readPath(path: string): Pick<BulkOperation, "endpoint" | "target"> {
  const [, endpoint, target] = PATH.exec(path) ?? [];
  if (endpoint === undefined) return { endpoint: "", target: undefined };
  try {
    return { endpoint: `/${endpoint}`, target: target && decodeURIComponent(target) };
  } catch {
    return { endpoint: "", target: undefined };
  }
}

/** RFC 7644 §3.7: a bulkId is "unique within a bulk request"; of two, no reference could say which it means. */
function checkUnique(operations: readonly BulkOperation[]): void {
  const seen = new Set<string>();
  for (const { bulkId } of operations) {
    if (bulkId === undefined) continue;
    if (seen.has(bulkId)) throw new ScimRefusal("invalidValue", `bulkId ${quote(bulkId)} is there more than once.`);
    seen.add(bulkId);
  }
}

function invalidSyntax(detail: string): ScimRefusal {
  return new ScimRefusal("invalidSyntax", detail);
}
