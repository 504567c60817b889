import type { ServerResponse } from "node:http";
import { Refusal } from "../base/errors.ts";
import { isUuid } from "../base/ids.ts";
import { readJson } from "../http/body.ts";
import { sendJson } from "../http/reply.ts";
import { normaliseResource } from "../scim/normalise.ts";
import { parsePatchOp } from "../scim/patchMessage.ts";
import type { PatchOperation } from "../scim/patchOperation.ts";
import { project, selection, type Selection } from "../scim/project.ts";
import type { ResourceType } from "../scim/registry.ts";
import type { ScimObject } from "../scim/types.ts";
import { validate } from "../scim/validate.ts";
import { bodyOptions, MEDIA_TYPE } from "./limits.ts";
import { namesTag } from "./etag.ts";
import { byMethod, type AddRoute, type Exchange } from "./exchange.ts";
import { personIn } from "./recordedPerson.ts";
import type { ScimRequest } from "./request.ts";
import { answerGet, searchRoute, type Listing } from "./search.ts";

/** What an endpoint needs of a kind of resource; each answer is a whole resource with its `meta`. */
export interface ResourceHandlers {
  readonly type: ResourceType;
  readonly listing: Listing;
  create(request: ScimRequest, resource: ScimObject, view: View): Promise<ScimObject>;
  read(request: ScimRequest, id: string, view: View): Promise<ScimObject>;
  replace(request: ScimRequest, id: string, resource: ScimObject, view: View): Promise<ScimObject>;
  /** Undefined = changed, and nothing to show: 204 (RFC 7644 §3.5.2), which `view.asked` rules out. */
  patch(
    request: ScimRequest,
    id: string,
    operations: readonly PatchOperation[],
    view: View,
  ): Promise<ScimObject | undefined>;
  remove(request: ScimRequest, id: string): Promise<void>;
}

/** What of a resource the answer shows: handlers need not load the rest. */
export interface View {
  readonly shown: Selection;
  /** Whether the client asked for a body: RFC 7644 §3.5.2 then demands one. */
  readonly asked: boolean;
}

/** Adds the routes of one resource type (RFC 7644 §3.2). */
export function resourceRoutes(add: AddRoute, handlers: ResourceHandlers): void {
  const { endpoint } = handlers.type;
  add(
    endpoint,
    byMethod({
      GET: (exchange) => answerGet([handlers.listing], exchange),
      POST: (exchange) => create(handlers, exchange),
    }),
  );
  searchRoute(add, `${endpoint}/.search`, [handlers.listing]);
  add(
    `${endpoint}/:id`,
    byMethod({
      GET: (exchange) => read(handlers, exchange),
      PUT: (exchange) => replace(handlers, exchange),
      PATCH: (exchange) => patch(handlers, exchange),
      DELETE: (exchange) => remove(handlers, exchange),
    }),
  );
}

async function create(handlers: ResourceHandlers, { req, res, request }: Exchange): Promise<void> {
  const view = viewOf(handlers.type, req, request);
  const resource = await readResource(handlers.type, req, request);
  send(res, 201, view, await handlers.create(request, resource, view));
}

async function read(handlers: ResourceHandlers, { req, res, request, params }: Exchange): Promise<void> {
  const view = viewOf(handlers.type, req, request);
  const resource = await handlers.read(request, idOf(handlers.type, params["id"]), view);
  const { location, version } = metaOf(resource);
  const known = req.headers["if-none-match"];
  // RFC 7644 §3.14 and RFC 9110 §13.1.2; §15.4.5 has a 304 carry what a 200 would have of ETag and Content-Location.
  if (known !== undefined && namesTag(known, version)) {
    res.writeHead(304, { ETag: version, "Content-Location": location }).end();
    return;
  }
  send(res, 200, view, resource);
}

async function replace(handlers: ResourceHandlers, { req, res, request, params }: Exchange): Promise<void> {
  const view = viewOf(handlers.type, req, request);
  const id = idOf(handlers.type, params["id"]);
  send(res, 200, view, await handlers.replace(request, id, await readResource(handlers.type, req, request), view));
}

async function patch(handlers: ResourceHandlers, { req, res, request, params }: Exchange): Promise<void> {
  const view = viewOf(handlers.type, req, request);
  const id = idOf(handlers.type, params["id"]);
  const body = await readJson(req, bodyOptions(req, request.leniency));
  const operations = parsePatchOp(handlers.type, body, request.leniency);
  const resource = await handlers.patch(request, id, operations, view);
  if (resource) send(res, 200, view, resource);
  else res.writeHead(204).end();
}

async function remove(handlers: ResourceHandlers, { res, request, params }: Exchange): Promise<void> {
  await handlers.remove(request, idOf(handlers.type, params["id"]));
  res.writeHead(204).end();
}

async function readResource(type: ResourceType, req: Exchange["req"], request: ScimRequest): Promise<ScimObject> {
  return resourceOf(type, await readJson(req, bodyOptions(req, request.leniency)), request);
}

/** The resource that the body of a POST or PUT means. @throws as `normaliseResource` and `validate` */
export function resourceOf(type: ResourceType, body: unknown, { leniency, record }: ScimRequest): ScimObject {
  record.person = personIn(body);
  const resource = normaliseResource(type, body, leniency);
  validate(type, resource);
  return resource;
}

function viewOf(type: ResourceType, req: Exchange["req"], { query, leniency }: ScimRequest): View {
  const { attributes, excludedAttributes } = query;
  // RFC 7240 §4.2
  const prefers = /(^|[,;\s])return=representation($|[,;\s])/i.test(String(req.headers["prefer"] ?? ""));
  return {
    shown: selection(type, attributes, excludedAttributes, leniency),
    asked: prefers || attributes !== undefined || excludedAttributes !== undefined,
  };
}

/** Ids are UUIDs; any other text is an id that nobody has, and never reaches the database. @throws Refusal `not_found` */
export function idOf(type: ResourceType, id: unknown): string {
  if (isUuid(id)) return id.toLowerCase();
  throw new Refusal("not_found", `no ${type.name} ${String(id).slice(0, 100)}`);
}

function send(res: ServerResponse, status: number, { shown }: View, resource: ScimObject): void {
  const { location, version } = metaOf(resource);
  // RFC 7644 §3.1: Content-Location; §3.3: Location of what was created, equal to meta.location
  res.setHeader("Content-Location", location);
  if (status === 201) res.setHeader("Location", location);
  res.setHeader("ETag", version);
  sendJson(res, status, MEDIA_TYPE, project(shown, resource));
}

function metaOf(resource: ScimObject): { location: string; version: string } {
  return resource["meta"] as { location: string; version: string };
}
