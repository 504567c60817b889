import type { Request, Response, Router } from "express";
import { Refusal } from "../base/errors.ts";
import { isUuid } from "../base/ids.ts";
import { readJson } from "../http/body.ts";
import { methodNotAllowed } from "../http/fallback.ts";
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
import { personIn } from "./recordedPerson.ts";
import { requestOf, type ScimRequest } from "./request.ts";
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

/** Adds the routes of one resource type (RFC 7644 §3.2): one for each path, for every route is tried by its pattern. */
export function resourceRoutes(router: Router, handlers: ResourceHandlers): void {
  const { endpoint } = handlers.type;
  router
    .route(endpoint)
    .get((_req, res) => answerGet([handlers.listing], res))
    .post((req, res) => create(handlers, req, res))
    .all(methodNotAllowed("GET", "POST"));
  searchRoute(router, `${endpoint}/.search`, [handlers.listing]);
  router
    .route(`${endpoint}/:id`)
    .get((req, res) => read(handlers, req, res))
    .put((req, res) => replace(handlers, req, res))
    .patch((req, res) => patch(handlers, req, res))
    .delete((req, res) => remove(handlers, req, res))
    .all(methodNotAllowed("GET", "PUT", "PATCH", "DELETE"));
}

async function create(handlers: ResourceHandlers, req: Request, res: Response): Promise<void> {
  const request = requestOf(res);
  const view = viewOf(handlers.type, req, request);
  const resource = await readResource(handlers.type, req, request);
  send(res, 201, view, await handlers.create(request, resource, view));
}

async function read(handlers: ResourceHandlers, req: Request, res: Response): Promise<void> {
  const request = requestOf(res);
  const view = viewOf(handlers.type, req, request);
  const resource = await handlers.read(request, idOf(handlers.type, req.params["id"]), view);
  const { location, version } = metaOf(resource);
  const known = req.headers["if-none-match"];
  // RFC 7644 §3.14 and RFC 9110 §13.1.2; §15.4.5 has a 304 carry what a 200 would have of ETag and Content-Location.
  if (known !== undefined && namesTag(known, version)) {
    res.status(304).setHeader("ETag", version).setHeader("Content-Location", location).end();
    return;
  }
  send(res, 200, view, resource);
}

async function replace(handlers: ResourceHandlers, req: Request, res: Response): Promise<void> {
  const request = requestOf(res);
  const view = viewOf(handlers.type, req, request);
  const id = idOf(handlers.type, req.params["id"]);
  send(res, 200, view, await handlers.replace(request, id, await readResource(handlers.type, req, request), view));
}

async function patch(handlers: ResourceHandlers, req: Request, res: Response): Promise<void> {
  const request = requestOf(res);
  const view = viewOf(handlers.type, req, request);
  const id = idOf(handlers.type, req.params["id"]);
  const body = await readJson(req, bodyOptions(req, request.leniency));
  const operations = parsePatchOp(handlers.type, body, request.leniency);
  const resource = await handlers.patch(request, id, operations, view);
  if (resource) send(res, 200, view, resource);
  else res.status(204).end();
}

async function remove(handlers: ResourceHandlers, req: Request, res: Response): Promise<void> {
  await handlers.remove(requestOf(res), idOf(handlers.type, req.params["id"]));
  res.status(204).end();
}

async function readResource(type: ResourceType, req: Request, request: ScimRequest): Promise<ScimObject> {
  return resourceOf(type, await readJson(req, bodyOptions(req, request.leniency)), request);
}

/** The resource that the body of a POST or PUT means. @throws as `normaliseResource` and `validate` */
export function resourceOf(type: ResourceType, body: unknown, { leniency, record }: ScimRequest): ScimObject {
  record.person = personIn(body);
  const resource = normaliseResource(type, body, leniency);
  validate(type, resource);
  return resource;
}

function viewOf(type: ResourceType, req: Request, { query, leniency }: ScimRequest): View {
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

function send(res: Response, status: number, { shown }: View, resource: ScimObject): void {
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
