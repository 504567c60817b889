/** One operation of a Bulk request: what it does is what the same request alone would do (RFC 7644 §3.7). */
import { Refusal } from "../base/errors.ts";
import type { BulkOperation } from "../scim/bulkMessage.ts";
import { resolveBulkIds, resolveTarget } from "../scim/bulkReferences.ts";
import type { Leniency } from "../scim/dialects.ts";
import { parsePatchOp } from "../scim/patchMessage.ts";
import { selection } from "../scim/project.ts";
import { quote } from "../scim/scalars.ts";
import { ScimRefusal, type ScimObject, type ScimValue } from "../scim/types.ts";
import { idOf, resourceOf, type ResourceHandlers, type View } from "./endpoint.ts";
import type { ScimRequest } from "./request.ts";

/** What an operation has come to. */
export interface Done {
  readonly status: 200 | 201 | 204;
  readonly location: string;
  /** Missing where nothing is left to have one. */
  readonly version?: string;
  /** Of a creation, to which others may refer. */
  readonly id?: string;
}

/** A creation that has succeeded. */
export type Created = Done & { readonly id: string };

/** An operation whose turn has come, as a request of its own. */
export interface Turn {
  readonly operation: BulkOperation;
  readonly request: ScimRequest;
}

/** How an operation ended: done, else by an error. */
export interface Ended extends Turn {
  readonly done?: Done;
  readonly error?: unknown;
}

/** What operations are carried out with. */
export interface BulkContext {
  /** By endpoint in lower case. */
  readonly endpoints: ReadonlyMap<string, ResourceHandlers>;
  readonly begin: ScimRequest["within"];
  readonly baseUrl: string;
  /** The id of what the operation of a bulkId has created. @throws Refusal where there is none */
  readonly created: (bulkId: string) => string;
}

/** Carries out an operation in its transaction. @throws Refusal as the same request alone would, and for what is amiss in it */
export async function carryOut(context: BulkContext, { operation, request }: Turn): Promise<Done> {
  const { method, target } = operation;
  const handlers = handlersOf(context, operation);
  if (method === "POST") return create(context, operation, request, readData(context, operation));
  if (target === undefined)
    throw invalidValue(`${method} takes the path of a resource, ${handlers.type.endpoint}/{id}`);
  const id = idOf(handlers.type, resolveTarget(target, context.created));
  const location = locationOf(context, handlers, id);
  if (method === "DELETE") {
    await handlers.remove(request, id);
    return { status: 204, location };
  }
  const data = readData(context, operation);
  const changed = await (method === "PUT" ? replace : patch)(handlers, request, id, data);
  return { status: 200, location, ...(changed && { version: versionOf(changed) }) };
}

function replace(handlers: ResourceHandlers, request: ScimRequest, id: string, data: ScimValue): Promise<ScimObject> {
  return handlers.replace(request, id, resourceOf(handlers.type, data, request), viewOf(handlers, request));
}

/** Applies a PatchOp message; undefined if the answer shows nothing. */
export function patch(
  handlers: ResourceHandlers,
  request: ScimRequest,
  id: string,
  data: ScimValue,
): Promise<ScimObject | undefined> {
  const { leniency } = request;
  const operations = parsePatchOp(handlers.type, messageOf(data, leniency), leniency);
  return handlers.patch(request, id, operations, viewOf(handlers, request));
}

/** RFC 7644 §3.7.3 shows the bare array of operations; erratum 5050 corrects it to the message that PATCH takes. */
function messageOf(data: ScimValue, leniency: Leniency): ScimValue {
  return Array.isArray(data) && leniency.allows("missingPatchSchemas") ? { Operations: data } : data;
}

/** Creates what `data` means, which may be less than the data of the operation. @throws Refusal as POST alone would */
export async function create(
  context: BulkContext,
  operation: BulkOperation,
  request: ScimRequest,
  data: ScimValue,
): Promise<Created> {
  const handlers = handlersOf(context, operation);
  const { endpoint } = handlers.type;
  if (operation.target !== undefined) throw invalidValue(`POST takes the path of an endpoint, ${endpoint}`);
  // RFC 7644 §3.7: bulkId is "REQUIRED when "method" is "POST"".
  if (!operation.bulkId) throw invalidValue("POST needs a bulkId, by which its result is told from others");
  const resource = await handlers.create(request, resourceOf(handlers.type, data, request), viewOf(handlers, request));
  const { id } = resource as { id: string };
  return { status: 201, id, location: locationOf(context, handlers, id), version: versionOf(resource) };
}

/** The path that an operation is about with an id in place of a bulkId, where that is known. */
export function pathOf({ created }: BulkContext, { path, endpoint, target }: BulkOperation): string {
  const written = path.startsWith("/") ? path : `/${path}`;
  if (endpoint === "" || target === undefined) return written;
  try {
    return `${endpoint}/${encodeURIComponent(resolveTarget(target, created) ?? target)}`;
  } catch {
    return written;
  }
}

/** The kind of resource that an operation is about. @throws Refusal `not_found`; ScimRefusal `invalidValue` for no path */
export function handlersOf({ endpoints }: BulkContext, { path, endpoint }: BulkOperation): ResourceHandlers {
  if (endpoint === "") throw invalidValue(`path ${quote(path)} is none; write it as /Users or /Users/{id}`);
  const handlers = endpoints.get(endpoint.toLowerCase());
  // Neither discovery nor Bulk itself: RFC 7644 §3.7 has "a single HTTP request against a resource endpoint".
  if (!handlers) throw new Refusal("not_found", `there are no resources at ${quote(path)}; see /ResourceTypes`);
  return handlers;
}

/** The data of an operation. @throws ScimRefusal `invalidValue` where there is none */
export function dataOf({ method, data }: BulkOperation): ScimValue {
  if (data === undefined) throw invalidValue(`${method} needs "data"`);
  return data;
}

/** The entity tag of a resource, which is its `meta.version` (RFC 7643 §3.1). */
export function versionOf(resource: ScimObject): string {
  return (resource["meta"] as { version: string }).version;
}

function readData({ created }: BulkContext, operation: BulkOperation): ScimValue {
  return resolveBulkIds(dataOf(operation), created);
}

/** Results tell where a resource is and its version: RFC 7644 §3.7 lets a server leave out the body of what succeeded. */
function viewOf({ type }: ResourceHandlers, { leniency }: ScimRequest): View {
  return { shown: selection(type, "meta", undefined, leniency), asked: true };
}

function locationOf({ baseUrl }: BulkContext, { type }: ResourceHandlers, id: string): string {
  return `${baseUrl}${type.endpoint}/${id}`;
}

function invalidValue(detail: string): ScimRefusal {
  return new ScimRefusal("invalidValue", detail);
}
